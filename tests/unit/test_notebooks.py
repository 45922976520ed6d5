import base64
import json
import os
import re
import struct
import subprocess
import sys
import time
import zlib
from pathlib import Path
from xml.etree import ElementTree

import nbformat
import pytest
from bs4 import BeautifulSoup
from hypothesis import given
from hypothesis import strategies as st

from medlead.present.notebook_page import Unfit, mathml, render
from medlead.present.notebook_tidy import INJECTED_ID, inject, scrub, tidy
from medlead.present.notebooks import kernel_environment, run_and_render
from medlead.sources.messages import ProblemsFound

v4 = nbformat.v4


def markdown(text):
    return v4.new_markdown_cell(text)


def code(source, *outputs, **metadata):
    return v4.new_code_cell(
        source,
        outputs=list(outputs),
        metadata=metadata,
        execution_count=7 if outputs else None,
    )


def stream(text, name="stdout"):
    return v4.new_output("stream", name=name, text=text)


def shown(**data):
    names = {"html": "text/html", "png": "image/png", "svg": "image/svg+xml"}
    names |= {"latex": "text/latex", "plain": "text/plain"}
    return v4.new_output("display_data", data={names[k]: v for k, v in data.items()})


def page_of(*cells, beside="01-sample.ipynb", source=Path("01-sample.ipynb")):
    notebook = tidy(inject(v4.new_notebook(cells=list(cells)), {}), {})
    return render(notebook, source, beside=beside)


def soup_of(*cells, **options):
    return BeautifulSoup(page_of(*cells, **options), "html.parser")


def chunk(kind, body):
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


# --- parameters and ids -------------------------------------------------------


def test_parameters_stand_below_their_cell_and_ids_tell_the_place_in_the_source():
    notebook = v4.new_notebook(
        cells=[markdown("# A"), code("a = 1\nb = 'x'", tags=["parameters"]), code("a")]
    )
    done = inject(notebook, {"a": 2.5, "b": 'it\'s "so"', "c": None, "d": [1, True]})
    assert [c.id for c in done.cells] == ["cell-001", "cell-002", INJECTED_ID, "cell-003"]
    values: dict[str, object] = {}
    exec(done.cells[2].source, values)
    assert [values[k] for k in "abcd"] == [2.5, 'it\'s "so"', None, [1, True]]
    assert len(notebook.cells) == 3


def test_what_hides_the_parameters_hides_those_that_are_injected():
    tags = ["parameters", "hide-code"]
    notebook = v4.new_notebook(cells=[markdown("# A"), code("a = 1", tags=tags), code("a")])
    done = inject(notebook, {"a": 2})
    assert done.cells[2].metadata.tags == ["injected-parameters", "hide-code"]
    text = render(tidy(done, {}), Path("a.ipynb"), beside="a.ipynb")
    page = BeautifulSoup(text, "html.parser")
    assert [d.get("id") for d in page.find_all(class_="cell")] == ["cell-003"]


def test_hidden_code_leaves_its_results_on_the_page():
    page = soup_of(markdown("# A"), code("x = 1", shown(html="<b>told</b>"), tags=["hide-code"]))
    assert "told" in page.get_text()
    assert "x = 1" not in page.get_text()
    assert page.find("details") is None
    assert "x = 1" in soup_of(markdown("# A"), code("x = 1")).get_text()


def test_parameters_injected_before_are_replaced():
    once = inject(v4.new_notebook(cells=[code("a = 1", tags=["parameters"])]), {"a": 2})
    twice = inject(once, {"a": 3})
    assert [c.source for c in twice.cells] == ["a = 1", "# Parameters\na = 3"]


# --- tidying ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("<Thing at 0x7f3a2b4c5d6e>", "<Thing at 0x…>"),
        ("id 0x55d0c8a01b20;", "id 0x…;"),
        ("colour 0xff8800 stays", "colour 0xff8800 stays"),
        ("/tmp/ipykernel_812/33.py:3: UserWarning", "<cell>:3: UserWarning"),
        ("read /home/ann/build/data/raw/a.csv", "read data/raw/a.csv"),
        ("in '/home/ann/build'", "in '.'"),
        ("/home/ann/builder/a", "~/builder/a"),
        ("/home/anna/a and x/home/ann", "/home/anna/a and x/home/ann"),
        ('File "/opt/env/lib/a.py"', 'File "<python>/lib/a.py"'),
    ],
)
def test_scrub(text, expected):
    folders = {"/home/ann/build": "", "/opt/env": "<python>", "/home/ann": "~"}
    assert scrub(text, folders) == expected


@given(st.text(alphabet="ab /.0x<>\n", max_size=60))
def test_scrubbing_twice_is_scrubbing_once(text):
    folders = {"/a/b": "<f>"}
    assert scrub(scrub(text, folders), folders) == scrub(text, folders)


def test_an_embedded_picture_is_left_as_it_is():
    # Four letters of a picture that happen to read like a folder.
    picture = "data:image/svg+xml;base64,AAAA+/tmp/BBBB=="
    told = f'<img src="{picture}" alt="kept in /tmp/x"> and {picture}'
    expected = f'<img src="{picture}" alt="kept in <tmp>/x"> and {picture}'
    assert scrub(told, {"/tmp": "<tmp>"}) == expected


def test_scrubbing_a_long_word_takes_no_time_to_speak_of():
    long = "x" * 100_000
    begun = time.process_time()
    assert scrub(f"{long} /tmp/ipykernel_1/2.py:3", {}) == f"{long} <cell>:3"
    assert time.process_time() - begun < 2


def test_streams_are_merged_whatever_came_first():
    first = [stream("a\n"), stream("w\n", "stderr"), stream("b\n")]
    second = [stream("w\n", "stderr"), stream("a\nb\n")]
    done = [
        tidy(v4.new_notebook(cells=[code("x", *o)]), {}).cells[0].outputs for o in (first, second)
    ]
    assert done[0] == done[1]
    assert [(o.name, o.text) for o in done[0]] == [("stdout", "a\nb\n"), ("stderr", "w\n")]


def test_streams_are_not_merged_across_a_result():
    outputs = [stream("a"), shown(plain="1"), stream("b")]
    done = tidy(v4.new_notebook(cells=[code("x", *outputs)]), {}).cells[0].outputs
    assert [o.output_type for o in done] == ["stream", "display_data", "stream"]


def test_own_warnings_stay_and_words_of_the_debugger_go():
    text = "0.00s - Debugger warning: frozen\n/tmp/ipykernel_9/8.py:1: UserWarning: few\n"
    (output,) = (
        tidy(v4.new_notebook(cells=[code("x", stream(text, "stderr"))]), {}).cells[0].outputs
    )
    assert output.text == "<cell>:1: UserWarning: few\n"


def test_metadata_keeps_names_only():
    cell = code("x", stream("a"), tags=["t"], papermill={"duration": 1.2}, alt="A line")
    notebook = v4.new_notebook(
        cells=[code("y", stream("b")), markdown("m"), cell],
        metadata={
            "papermill": {"start_time": "now"},
            "widgets": {"state": 1},
            "language_info": {"name": "python", "version": "3.11.2"},
            "kernelspec": {"name": "mine", "display_name": "Mine", "language": "python"},
        },
    )
    done = tidy(notebook, {})
    assert done.metadata == {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    assert done.cells[2].metadata == {"tags": ["t"], "alt": "A line"}
    assert [c.get("execution_count") for c in done.cells] == [1, None, 2]


def test_pictures_lose_what_their_writer_left():
    parts = [chunk(b"IHDR", b"h" * 13), chunk(b"IDAT", b"pixels"), chunk(b"IEND", b"")]
    marks = [chunk(b"tEXt", b"Software\0Drawer 1"), chunk(b"tIME", b"1234567")]
    head = b"\x89PNG\r\n\x1a\n"
    full = head + parts[0] + marks[0] + parts[1] + marks[1] + parts[2]
    svg = "<svg>\n <metadata><date>now</date></metadata>\n <g/></svg>"
    output = shown(png=base64.b64encode(full).decode(), svg=svg)
    data = tidy(v4.new_notebook(cells=[code("x", output)]), {}).cells[0].outputs[0].data
    assert base64.b64decode(data["image/png"]) == head + b"".join(parts)
    assert data["image/svg+xml"] == "<svg>\n <g/></svg>"


def test_surroundings_do_not_reach_the_kernel(tmp_path):
    outer = {"PATH": "/bin", "TZ": "Asia/Tokyo", "LANG": "de_DE", "PYTHONSTARTUP": "x.py"}
    outer |= {"MPLBACKEND": "tkagg", "OMP_NUM_THREADS": "8", "PYTHONHASHSEED": "5"}
    inner = kernel_environment(outer, tmp_path)
    assert (inner["PATH"], inner["TZ"], inner["LANG"]) == ("/bin", "UTC", "C.UTF-8")
    assert (inner["OMP_NUM_THREADS"], inner["PYTHONHASHSEED"]) == ("1", "0")
    assert "inline" in inner["MPLBACKEND"]
    assert "PYTHONSTARTUP" not in inner


# --- formulas -----------------------------------------------------------------


def shape(element):
    return [element.tag.rpartition("}")[2], *map(shape, element)] if len(element) else element.text


def test_a_fraction_is_a_fraction():
    root = ElementTree.fromstring(mathml(r"\frac{a}{b_1}", display=True))
    assert root.get("display") == "block"
    (fraction,) = [e for e in root.iter() if e.tag.endswith("mfrac")]
    assert ["".join(part.itertext()) for part in fraction] == ["a", "b1"]


@pytest.mark.parametrize("formula", [r"\frac{a", r"\nosuch{x}", r"\left( x", "a & b", r"x^"])
def test_a_formula_that_cannot_be_set_is_named(formula):
    with pytest.raises(Unfit) as caught:
        mathml(formula, display=False)
    assert repr(formula) in caught.value.what


# --- the page -----------------------------------------------------------------


def test_formulas_in_text_and_results_become_mathml():
    page = soup_of(
        markdown(
            "With $p < 0.05$ and\n\n$$r = \\frac{a}{b}$$\n\n\\begin{align}\na &= b\n\\end{align}"
        ),
        code("x", shown(latex=r"$\displaystyle \sqrt{x}$")),
    )
    assert [m["display"] for m in page.find_all("math")] == ["inline", "block", "block", "block"]
    assert page.find("math").get_text() == "p<0.05"
    assert "$" not in page.main.get_text()
    assert page.find("msqrt")


def test_anchors_headings_title_and_language():
    page = soup_of(
        markdown('# What *it* says\n\n<a id="table-27"></a>\n\n## Table 27'),
        markdown("## Table 27"),
    )
    assert page.html["lang"] == "en-GB"
    assert page.title.get_text() == "What it says"
    assert page.find("a", id="table-27") is not None
    assert page.h1["id"] == "What-it-says"
    ids = [e["id"] for e in page.find_all(id=True)]
    assert len(ids) == len(set(ids))
    assert [h["id"] for h in page.find_all("h2")] == ["Table-27", "Table-27-2"]


def test_links_to_the_report_and_to_the_notebook():
    links = [a["href"] for a in soup_of(markdown("# A"), beside="a b.ipynb").header.find_all("a")]
    assert links == ["../report/index.html", "a b.ipynb"]


def test_code_is_folded_and_results_are_not():
    page = soup_of(code("secret = 1", stream("5 < 6\n")))
    fold = page.find("details")
    assert "secret" in fold.get_text()
    assert not fold.has_attr("open")
    assert fold.summary.find(class_="shut").get_text() == "Show"
    assert fold.find_next_sibling("pre").get_text() == "5 < 6\n"


def test_tables_scroll_in_their_own_box_with_numbers_to_the_right():
    table = (
        '<div><style scoped>.a {}</style><table border="1"><thead><tr style="text-align: right;">'
        "<th></th><th>n</th><th>name</th></tr></thead>"
        "<tbody><tr><th>0</th><td>-1.5</td><td>b</td></tr></tbody></table></div>"
    )
    page = soup_of(code("x", shown(html=table)), markdown("| a |\n|---|\n| 1 |"))
    tables = page.find_all("table")
    assert all(t.parent["class"] == ["scroll"] and t.parent["tabindex"] == "0" for t in tables)
    assert [c.get_text() for c in tables[0].select(".num")] == ["n", "-1.5"]
    assert len(page.find_all("style")) == 1


def test_a_column_is_aligned_as_a_whole():
    rows = [("4", "4", "∞"), ("4.1.4", "4", "1.5"), ("x", "4", "–")]
    body = "".join("<tr>" + "".join(f"<td>{c}</td>" for c in row) + "</tr>" for row in rows)
    head = "<tr><th>section</th><th>n</th><th>ratio</th></tr>"
    table = f"<table><thead>{head}</thead><tbody>{body}</tbody></table>"
    (shown_table,) = soup_of(code("x", shown(html=table))).find_all("table")
    aligned = [c.get_text() for c in shown_table.select(".num")]
    assert sorted(aligned) == sorted(["n", "4", "4", "4", "ratio", "∞", "1.5", "–"])


def test_pictures_are_inside_with_the_text_that_stands_for_them():
    png = base64.b64encode(b"\x89PNG\r\n\x1a\n" + chunk(b"IEND", b"")).decode()
    page = soup_of(code("x", shown(png=png), shown(svg="<svg/>"), alt='A "line" < rises'))
    assert [i["src"].partition(",")[0] for i in page.find_all("img")] == [
        "data:image/png;base64",
        "data:image/svg+xml;base64",
    ]
    assert {i["alt"] for i in page.find_all("img")} == {'A "line" < rises'}


def test_a_picture_beside_the_notebook_is_taken_in(tmp_path):
    (tmp_path / "a.svg").write_text("<svg/>")
    page = soup_of(markdown("![A plan](a.svg)"), source=tmp_path / "n.ipynb")
    assert base64.b64decode(page.img["src"].partition(",")[2]) == b"<svg/>"
    assert page.img["alt"] == "A plan"


LOADING = re.compile(
    r"""<script|<link|@import|url\(|(?:src|srcset|poster)\s*=\s*(?!["']?data:)|http-equiv="refresh""",
    re.IGNORECASE,
)


def test_a_page_loads_nothing():
    page = page_of(
        markdown("# A\n\n[away](https://example.org/) $x$\n\n```mermaid\ngraph\n```"),
        code("x", shown(html="<b>1</b><script src='https://example.org/a.js'></script>")),
    )
    assert LOADING.findall(page) == []
    assert 'href="https://example.org/"' in page
    assert "default-src 'none'" in page


@pytest.mark.parametrize(
    "fragment",
    [
        '<img src="https://example.org/a.png">',
        '<img src="missing.png">',
        '<link rel="stylesheet" href="a.css">',
        "<style>@import 'a.css';</style>",
        '<p style="background: url(//example.org/a)">x</p>',
        '<svg><use href="https://example.org/a.svg#b"></use></svg>',
        '<table id="T_1a2b3"><tr><td>1</td></tr></table>',
    ],
)
def test_what_would_load_or_change_is_refused(fragment):
    with pytest.raises(Unfit):
        page_of(code("x", shown(html=fragment)))
    with pytest.raises(Unfit):
        page_of(markdown(fragment))


def test_a_page_is_small():
    assert len(page_of(markdown("# A")).encode()) < 20_000


# --- with a kernel ------------------------------------------------------------

SAMPLE = """
import os, sys, time, warnings, locale
print(results, os.environ["TZ"], time.strftime("%Z"), locale.getlocale()[1], hash("a"))
warnings.warn("few records")
print(object(), os.getcwd() + "/data", sys.prefix)
print(sorted(k for k in os.environ if k.startswith("SAMPLE")))
{"a", "b", "c", "d"}
"""
DRAWING = """
import io
import matplotlib.pyplot as plt
from IPython.display import SVG, display
figure, axes = plt.subplots(figsize=(2, 1))
axes.plot([1, 2], [1, 2], clip_on=True)
text = io.StringIO()
figure.savefig(text, format="svg")
display(SVG(text.getvalue()))
"""
RUN = """
import sys
from pathlib import Path
from medlead.present.notebooks import run_and_render
run_and_render([Path("n/01-a.ipynb")], [Path("out/01-a.ipynb")], [Path("out/01-a.html")],
    parameters={"results": str(Path("results").absolute())}, failed=Path("logs"))
"""


def write(path, *cells):
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(v4.new_notebook(cells=list(cells)), path)


@pytest.mark.workflow
def test_same_bytes_in_any_folder_zone_and_language(tmp_path):
    made = []
    for folder, zone, language, seed in (
        (tmp_path / "a", "UTC", "C.UTF-8", "0"),
        (tmp_path / "deep" / "b c", "Asia/Tokyo", "de_DE.UTF-8", "77"),
    ):
        write(
            folder / "n" / "01-a.ipynb",
            markdown("# Sample\n\n$x$"),
            code("results = 'none'", tags=["parameters"]),
            code(SAMPLE),
            code(DRAWING),
        )
        outer = {**os.environ, "TZ": zone, "LANG": language, "PYTHONHASHSEED": seed}
        outer |= {"SAMPLE_MARK": zone}
        subprocess.run([sys.executable, "-c", RUN], cwd=folder, env=outer, check=True)
        made.append({p.name: p.read_bytes() for p in (folder / "out").iterdir()})
    assert sorted(made[0]) == ["01-a.html", "01-a.ipynb"]
    assert made[0] == made[1]
    cells = json.loads(made[0]["01-a.ipynb"])["cells"]
    printed = "".join(cells[3]["outputs"][0]["text"]).splitlines()
    assert printed[0].startswith("results UTC UTC UTF-8 ")
    assert printed[1].startswith("<object object at 0x…> data <python>")
    assert printed[2] == "[]"
    assert "few records" in "".join(cells[3]["outputs"][1]["text"])
    assert [k for o in cells[4]["outputs"] for k in o["data"] if k.startswith("image")] == [
        "image/svg+xml",
        "image/png",
    ]
    everything = b"".join(made[0].values()).decode()
    assert str(tmp_path) not in everything
    assert LOADING.findall(made[0]["01-a.html"].decode()) == []


@pytest.mark.workflow
def test_a_failing_notebook_is_kept_aside_and_the_others_are_built(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names = ["01-bad", "02-dead", "03-odd", "04-good"]
    write(Path("01-bad.ipynb"), markdown("# B"), code("1"), code("raise ValueError('not <so>')"))
    write(Path("02-dead.ipynb"), code("x = 1"), code("import os; os._exit(3)"), code("2"))
    write(Path("03-odd.ipynb"), markdown(r"$\nosuch{x}$"))
    write(Path("04-good.ipynb"), code("print(a)"))
    out = [Path("out") / f"{n}.ipynb" for n in names]
    pages = [Path("out") / f"{n}.html" for n in names]
    for stale in (*out, *pages):
        stale.parent.mkdir(exist_ok=True)
        stale.write_text("of an earlier run")
    with pytest.raises(ProblemsFound) as caught:
        run_and_render(
            [Path(f"{n}.ipynb") for n in names],
            out,
            pages,
            parameters={"a": 41},
            failed=Path("logs"),
        )
    bad, dead, odd = caught.value.problems
    assert bad.file == "01-bad.ipynb"
    assert "cell 3 stopped with ValueError: not <so>" in bad.what
    assert "logs/01-bad.failed.ipynb and logs/01-bad.failed.html" in bad.mend
    assert (dead.file, "cell 2:" in dead.what) == ("02-dead.ipynb", True)
    assert (odd.file, "nosuch" in odd.what) == ("03-odd.ipynb", True)
    assert sorted(p.name for p in Path("out").iterdir()) == ["04-good.html", "04-good.ipynb"]
    assert "41" in Path("out/04-good.html").read_text(encoding="utf-8")
    kept = BeautifulSoup(Path("logs/01-bad.failed.html").read_text(encoding="utf-8"), "html.parser")
    assert "not <so>" in kept.find(class_="error").get_text()
    assert "stopped with an error" in kept.get_text()


@pytest.mark.workflow
def test_one_source_gives_a_page_for_each_set_of_parameters(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write(
        Path("site.ipynb"),
        code("site = 'none'\nshared = 0", tags=["parameters"]),
        code("print(shared, 1 / len(site))"),
    )
    names = ["site-ab", "site-", "site-abcd"]
    with pytest.raises(ProblemsFound) as caught:
        run_and_render(
            [Path("site.ipynb")] * 3,
            [Path("out") / f"{n}.ipynb" for n in names],
            [Path("out") / f"{n}.html" for n in names],
            parameters={"shared": 7, "site": "given by the one below"},
            failed=Path("logs"),
            own=[{"site": "ab"}, {"site": ""}, {"site": "abcd"}],
        )
    (problem,) = caught.value.problems
    assert problem.file == "site.ipynb (site = '')"
    assert "ZeroDivisionError" in problem.what
    assert "logs/site-.failed.html" in problem.mend
    told = {p.stem: p.read_text(encoding="utf-8") for p in Path("out").glob("*.html")}
    assert sorted(told) == ["site-ab", "site-abcd"]
    assert "7 0.5" in told["site-ab"]
    assert "7 0.25" in told["site-abcd"]
    assert 'href="site-ab.ipynb"' in told["site-ab"]


def test_what_is_no_notebook_is_named(tmp_path):
    source = tmp_path / "01-a.ipynb"
    source.write_text("a,b\n1,2\n")
    with pytest.raises(ProblemsFound, match="not a notebook"):
        run_and_render(
            [source], [tmp_path / "o.ipynb"], [tmp_path / "o.html"], parameters={}, failed=tmp_path
        )


def test_unequal_lists_run_nothing(tmp_path):
    with pytest.raises(ValueError, match="zip"):
        run_and_render([Path("no.ipynb")], [], [], parameters={}, failed=tmp_path)
    one = [Path("no.ipynb")]
    with pytest.raises(ValueError, match="zip"):
        run_and_render(one, one, one, parameters={}, failed=tmp_path, own=[{}, {}])
