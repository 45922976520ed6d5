"""Response files: every answer as it stands, and every fault with its row and column."""

import csv
import io
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pandas as pd
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from medlead.engagement.instrument import Instrument, load_instrument
from medlead.engagement.responses import (
    Responses,
    read_norm_items,
    read_responses,
    responses_from,
)
from medlead.sources.columnar import codes_of, layout_of, read_blocks, texts_of
from medlead.sources.messages import ProblemsFound

ROOT = Path(__file__).parents[2]
GIVEN = yaml.safe_load((ROOT / "config/instruments/mes.yaml").read_text(encoding="utf-8"))
MES = load_instrument(GIVEN)
Row = dict[str, str]


def row(name: str, site: str = "A", group: str = "Surgery", **answers: str) -> Row:
    return {
        "respondent": name,
        "site": site,
        "group": group,
        **dict.fromkeys(MES.columns[3:], "3"),
        **answers,
    }


def text_of(rows: list[Row], delimiter: str = ",", end: str = "\n", quote: int = 0) -> str:
    sink = io.StringIO()
    writer = csv.DictWriter(
        sink,
        MES.columns,
        delimiter=delimiter,
        lineterminator=end,
        quoting=csv.QUOTE_ALL if quote else csv.QUOTE_MINIMAL,
    )
    writer.writeheader()
    writer.writerows(rows)
    return sink.getvalue()


def read(tmp_path: Path, content: str | bytes, **more: Any) -> Responses:
    path = tmp_path / "mes_responses.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
    return read_responses(path, MES, **more)


def problems(tmp_path: Path, content: str, **more: Any) -> list[Any]:
    with pytest.raises(ProblemsFound) as found:
        read(tmp_path, content, **more)
    return list(found.value.problems)


ROWS = [
    row("r1", "B", "Child Health", q01="1", q30="5", b5="4"),
    row("r2", "A", "Surgery", q02="", b1=""),
    row("r3", "A", "Infectious Diseases, Ward 1", q03="NA", q04="2"),
    row("r4", "B", "Child Health", q01="5"),
]


def content(of: Responses) -> tuple[object, ...]:
    """All that was read, as plain values that can be compared."""
    lists = (of.items.tolist(), of.statements.tolist(), of.unit.tolist(), of.respondents.tolist())
    return of.units, *lists


def test_answers_are_codes_in_columns(tmp_path: Path) -> None:
    got = read(tmp_path, text_of(ROWS))
    assert got.count == 4
    assert got.items.dtype == np.uint8
    assert got.items[0].tolist() == [1, 3, 3, 5]
    assert got.items[1].tolist() == [3, 0, 3, 3]
    assert got.items[2].tolist() == [3, 3, 0, 3]
    assert got.items[29].tolist() == [5, 3, 3, 3]
    assert got.statements[:, 1].tolist() == [0, 3, 3, 3, 3]
    assert got.statements[4].tolist() == [4, 3, 3, 3]
    assert got.units == (
        ("A", "Infectious Diseases, Ward 1"), ("A", "Surgery"), ("B", "Child Health")
    )  # fmt: skip
    assert got.unit.tolist() == [2, 1, 0, 2]
    assert got.respondents.tolist() == [b"r1", b"r2", b"r3", b"r4"]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("quote", [0, 1])
@pytest.mark.parametrize("mark", ["", "\N{BOM}"])
@pytest.mark.parametrize("final", [True, False])
def test_files_that_say_the_same_read_the_same(
    tmp_path: Path, delimiter: str, end: str, quote: int, mark: str, final: bool
) -> None:
    text = mark + text_of(ROWS, delimiter, end, quote)
    got = read(tmp_path, text if final else text.removesuffix(end))
    assert content(got) == content(read(tmp_path, text_of(ROWS)))


def test_columns_in_another_order_blank_lines_and_blanks(tmp_path: Path) -> None:
    frame = pd.DataFrame(ROWS)[list(reversed(MES.columns))]
    frame["q04"] = [f" {v} " for v in frame["q04"]]
    text = frame.rename(columns={"q01": "Q01", "site": "Site"}).to_csv(index=False)
    lines = text.splitlines()
    text = "\n".join([lines[0], "", *lines[1:3], "," * 37, *lines[3:], "", ""])
    assert content(read(tmp_path, text)) == content(read(tmp_path, text_of(ROWS)))


def test_a_workbook_and_titles_above_the_heading(tmp_path: Path) -> None:
    expected = read(tmp_path, text_of(ROWS))
    titled = read(tmp_path, f"Responses of 2012{',' * 37}\n\n" + text_of(ROWS))
    assert content(titled) == content(expected)
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["Responses"])
    sheet.append(list(MES.columns))
    for record in ROWS:
        values = [record[c] for c in MES.columns]
        sheet.append([int(v) if v.isdigit() else v or None for v in values])
    book.save(tmp_path / "mes.xlsx")
    assert content(read_responses(tmp_path / "mes.xlsx", MES)) == content(expected)


def test_rows_of_a_workbook_are_those_that_a_person_sees(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["Responses"])
    sheet.append(list(MES.columns))
    sheet.append(list(row("r1", q01="9").values()))
    book.save(tmp_path / "mes.xlsx")
    with pytest.raises(ProblemsFound) as found:
        read_responses(tmp_path / "mes.xlsx", MES)
    assert [(p.row, p.column) for p in found.value.problems] == [(3, "q01")]


def test_a_frame_is_read_as_a_file_is(tmp_path: Path) -> None:
    got = responses_from(pd.DataFrame(ROWS), MES)
    assert content(got) == content(read(tmp_path, text_of(ROWS)))
    with pytest.raises(ProblemsFound, match="not those of the instrument"):
        responses_from(pd.DataFrame(ROWS).drop(columns="q30"), MES)


def test_all_wrong_answers_are_told_at_once(tmp_path: Path) -> None:
    rows = [
        row("r1", q01="0", q02="6"),
        row("r2", q03="Strongly agree", q04="SA"),
        row("r3", q05="4.0", q06="-1", q07="x"),
        row("r4", b1="9", b5="Mildly agree"),
    ]
    found = {(p.row, p.column): p for p in problems(tmp_path, text_of(rows))}
    assert set(found) == {
        (2, "q01"), (2, "q02"), (3, "q03"), (3, "q04"), (4, "q05"), (4, "q06"), (4, "q07"),
        (5, "b1"), (5, "b5"),
    }  # fmt: skip
    assert found[3, "q03"].value == "Strongly agree"
    assert "write 5" in found[3, "q03"].mend
    assert "write 5" in found[3, "q04"].mend
    assert "write 4" in found[4, "q05"].mend
    assert found[2, "q01"].allowed == "1, 2, 3, 4, 5, or empty"
    assert found[2, "q01"].file.endswith("mes_responses.csv")


def test_one_fault_in_many_rows_is_told_with_its_number(tmp_path: Path) -> None:
    found = problems(tmp_path, text_of([row(f"r{i}", q01="7") for i in range(100)]))
    assert [p.row for p in found] == [*range(2, 22), 22]
    assert found[-1].what == "the same in 80 more rows, this one the first"


def test_spellings_that_the_instrument_lists_are_read(tmp_path: Path) -> None:
    mapping = yaml.safe_load(yaml.safe_dump(GIVEN))
    for point in mapping["responses"]["points"]:
        point["also"] = [f"{point['value']}.0", point["label"]]
    mapping["responses"]["missing"] += ["."]
    listed = load_instrument(mapping)
    path = tmp_path / "a.csv"
    rows = [row("r1", q01="4.0", q02="strongly agree", q03=".", q04="2"), row("r2", q02="1.0")]
    path.write_text(text_of(rows), encoding="utf-8")
    got = read_responses(path, listed)
    assert got.items[:4].T.tolist() == [[4, 5, 0, 2], [3, 1, 3, 3]]


def test_a_scale_from_0_to_10_by_configuration(tmp_path: Path) -> None:
    mapping = yaml.safe_load(yaml.safe_dump(GIVEN))
    mapping["responses"]["points"] = [{"value": v, "label": f"p{v}"} for v in range(11)]
    wide = load_instrument(mapping)
    path = tmp_path / "a.csv"
    path.write_text(text_of([row("r1", q01="0", q02="9", q03="10", q04="")]), encoding="utf-8")
    assert read_responses(path, wide).items[:5, 0].tolist() == [1, 10, 11, 0, 4]
    path.write_text(text_of([row("r1", q01="11", q02="-1")]), encoding="utf-8")
    with pytest.raises(ProblemsFound, match=r"(?s)q01.*q02"):
        read_responses(path, wide)


def test_missing_names_sites_and_groups_and_doubles(tmp_path: Path) -> None:
    rows = [row("r2"), row("  ", site=""), row("r2", group=" "), row("r1"), row("r2")]
    found = {(p.row, p.column, p.what) for p in problems(tmp_path, text_of(rows))}
    assert found == {
        (3, "respondent", "the respondent's name is missing"),
        (3, "site", "the respondent's site is missing"),
        (4, "group", "the respondent's group is missing"),
        (4, "respondent", "the respondent is already in row 2"),
        (6, "respondent", "the respondent is already in row 2"),
    }
    doubled = problems(tmp_path, text_of([row("r2"), row("r3"), row(" r2  "), row("r1")]))
    assert [(p.row, p.value) for p in doubled] == [(4, "r2")]
    assert doubled[0].what == "the respondent is already in row 2"
    nameless = problems(tmp_path, text_of([row("r2"), row(""), row("")]))
    assert {p.what for p in nameless} == {"the respondent's name is missing"}


def test_unknown_sites_and_groups(tmp_path: Path) -> None:
    known = {"A": ["Surgery", "Radiology"], "F": []}
    rows = [row("r1"), row("r2", group="Surgry"), row("r3", site="Z")]
    found = problems(tmp_path, text_of(rows), known=known)
    assert {(p.column, p.value) for p in found} == {("group", "Surgry"), ("site", "Z")}
    assert any("did you mean 'Surgery'?" in p.mend for p in found)
    assert read(tmp_path, text_of(rows[:1]), known=known).count == 1


def test_a_group_of_which_nobody_answered(tmp_path: Path) -> None:
    got = read(tmp_path, text_of(ROWS))
    assert got.number_of("A", "Surgery") == 1
    with pytest.raises(ProblemsFound, match="did you mean 'A / Surgery'"):
        got.number_of("A", "Surgerie")


def test_rows_of_another_length_are_named(tmp_path: Path) -> None:
    lines = text_of([row(f"r{i}") for i in range(6)]).splitlines()
    lines[2] += ",4"
    lines[4] = ",".join(lines[4].split(",")[:-2])
    found = problems(tmp_path, "\n".join(lines))
    assert [(p.row, p.what) for p in found] == [
        (3, "the row has 39 cells where the heading has 38"),
        (5, "the row has 36 cells where the heading has 38"),
    ]
    # One too many and one too few in a file must not cancel out.
    lines = text_of([row("r1"), row("r2")]).splitlines()
    lines[1] += ",4"
    lines[2] = lines[2].rpartition(",")[0]
    found = problems(tmp_path, "\n".join([*lines, ""]))
    assert [(p.row, p.what) for p in found] == [
        (2, "the row has 39 cells where the heading has 38"),
        (3, "the row has 37 cells where the heading has 38"),
    ]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (text_of([]), "no records"),
        ("", "empty"),
        (text_of(ROWS).replace("q07", "q7x", 1), "q07"),
        (text_of(ROWS).replace('"Infectious', '"Inf"ectious', 1).replace('1"', "1", 1), ""),
    ],
)
def test_files_that_cannot_be_read_say_why(tmp_path: Path, content: str, said: str) -> None:
    assert any(said in str(p) for p in problems(tmp_path, content))


def test_the_columns_of_norm_items(tmp_path: Path) -> None:
    path = tmp_path / "norms.csv"
    heading = ",".join(MES.item_names)
    path.write_text(f"{heading}\n{','.join('12345' * 6)}\n{','.join('54321' * 6)}\n")
    assert read_norm_items(path, MES).T.tolist() == [[1, 2, 3, 4, 5] * 6, [5, 4, 3, 2, 1] * 6]


# --- the blocks beneath ------------------------------------------------------------------

CELL = st.text(st.sampled_from('ab,";\né1 '), max_size=12)


@settings(deadline=None, max_examples=150)
@given(
    rows=st.lists(st.tuples(CELL, CELL, CELL), min_size=1, max_size=12),
    size=st.sampled_from([1, 7, 64, 4096]),
    end=st.sampled_from(["\n", "\r\n"]),
)
def test_blocks_read_what_the_csv_module_reads(
    rows: list[tuple[str, str, str]], size: int, end: str
) -> None:
    sink = io.StringIO()
    csv.writer(sink, lineterminator=end).writerows([("x", "y", "z"), *rows])
    text = sink.getvalue().encode("utf-8")
    source = io.BytesIO(text)
    layout = layout_of(source.readline(), ["x", "y", "z"])
    assert layout is not None
    got = []
    for block in read_blocks(source, layout, "a.csv", size):
        columns = []
        for column in range(3):
            codes, words = codes_of(block.words(column))
            texts = texts_of(words, block.quoted)
            columns.append([texts[code] for code in codes])
        got += list(zip(*columns, strict=True))
    expected = [tuple(cell.strip() for cell in row) for row in rows]
    assert got == [row for row, raw in zip(expected, rows, strict=True) if any(raw)]


def test_words_tell_texts_apart_and_sort_as_texts() -> None:
    names = ["b", "a", "abcdefgh", "abcdefghi", "abcdefgg", "", "zz" * 20, "a"]
    text = "x\n" + "\n".join(names) + "\n"
    source = io.BytesIO(text.encode())
    layout = layout_of(source.readline(), ["x"])
    assert layout is not None
    (block,) = read_blocks(source, layout, "a.csv")
    words = block.words(0)
    kept = [n for n in names if n]
    assert [texts_of(w[None])[0] for w in words] == kept
    order = sorted(range(len(kept)), key=lambda i: words[i].tolist())
    assert [kept[i] for i in order] == sorted(kept)
    codes, _ = codes_of(words)
    assert codes.tolist() == [0, 1, 2, 3, 4, 5, 1]


def test_an_open_quotation_mark_is_named_with_its_row(tmp_path: Path) -> None:
    text = text_of([row("r1"), row("r2"), row("r3")]).replace("r2", '"r2', 1)
    found = problems(tmp_path, text)
    assert any(p.row == 3 and "quotation mark" in p.what for p in found)


def test_a_million_cells_are_read_without_one_object_each(tmp_path: Path) -> None:
    """Reading allocates by the byte: fifty bytes a respondent, not fifty an answer."""
    import tracemalloc

    rng = np.random.default_rng(5)
    answers = rng.integers(1, 6, (30_000, 35))
    lines = [f"R{i:06d},A,G{i % 7}," + ",".join(map(str, r)) for i, r in enumerate(answers)]
    path = tmp_path / "many.csv"
    path.write_text(",".join(MES.columns) + "\n" + "\n".join(lines) + "\n", encoding="utf-8")
    tracemalloc.start()
    got = read_responses(path, MES)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert np.array_equal(got.items, answers[:, :30].T)
    assert np.array_equal(got.statements, answers[:, 30:].T)
    # What one block needs does not grow with the file.
    assert peak < 25e6 + 150 * len(answers)


def test_instruments_need_not_have_section_b(tmp_path: Path) -> None:
    mapping = yaml.safe_load(yaml.safe_dump(GIVEN))
    mapping["section_b"].update(statements=[], categories=[])
    bare: Instrument = load_instrument(mapping)
    path = tmp_path / "a.csv"
    frame = pd.DataFrame(ROWS)[list(bare.columns)]
    frame.to_csv(path, index=False)
    assert read_responses(path, bare).statements.shape == (0, 4)


# --- names of sites and groups, and rows that are no doctor's -----------------------------------


def faults(
    tmp_path: Path, rows: list[Row], **more: Any
) -> list[tuple[int | None, str | None, str]]:
    with pytest.raises(ProblemsFound) as found:
        read(tmp_path, text_of(rows), **more)
    return [(p.row, p.column, p.what) for p in found.value.problems]


def test_one_name_spelt_in_two_ways_is_told_where_it_is_rarer(tmp_path: Path) -> None:
    rows = [row(f"d{n}", "North General", "Medicine") for n in range(4)]
    rows += [row("d4", "north general", "Surgery"), row("d5", "North General", "medicine ")]
    rows += [row("d6", "Hill", "MEDICINE")]
    found = faults(tmp_path, rows)
    assert sorted(found) == [
        (6, "site", "this differs from 'North General' in capitals and blanks only"),
        (7, "group", "this differs from 'Medicine' of site 'North General' in capitals and "
                     "blanks only"),
    ]  # fmt: skip


def test_groups_of_two_sites_may_be_spelt_as_their_sites_do(tmp_path: Path) -> None:
    assert read(tmp_path, text_of([row("1", "A", "A&E"), row("2", "B", "a & e")])).count == 2


def test_a_date_is_no_name_of_a_site_or_group(tmp_path: Path) -> None:
    rows = [row("1"), row("2", group="2026-03-04"), row("3", site="2026-03-04 00:00:00")]
    found = faults(tmp_path, rows)
    assert [(r, c) for r, c, _ in sorted(found)] == [(3, "group"), (4, "site")]
    assert all("this is a date" in what for _, _, what in found)
    assert read(tmp_path, text_of([row("2026-03-04", group="Ward 2026-03")])).count == 1


def test_a_row_of_totals_is_one_problem(tmp_path: Path) -> None:
    means = dict.fromkeys(MES.columns[3:], "3.4")
    found = faults(tmp_path, [row("1"), row("Mean", "", "", **means), row("2", "A", "", q01="8")])
    assert sorted((r, c) for r, c, _ in found if c) == [(4, "group"), (4, "q01")]
    ((at, _, what),) = [p for p in found if p[1] is None]
    assert at == 3
    assert "no doctor's answers" in what


def test_an_unknown_site_is_told_once_for_all_its_rows(tmp_path: Path) -> None:
    rows = [row(str(n), "Nrth", "x") for n in range(30)] + [row("z", "North", "x")]
    found = faults(tmp_path, rows, known={"North": ()})
    assert [(r, c) for r, c, _ in found] == [(2, "site"), (3, "site")]
    assert "29 more rows" in found[1][2]


def test_a_heading_that_may_be_another_is_told_with_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(text_of([row("1")]).replace("group", "specialty"), encoding="utf-8")
    with pytest.raises(ProblemsFound) as found:
        read_responses(path, MES)
    mends = {p.column: p.mend for p in found.value.problems}
    assert mends["group"].startswith("rename the column that holds it ('specialty')")
    assert mends["specialty"].startswith("if it holds 'group', rename it")
    assert "`ignored`" in mends["specialty"]
