"""The report page, read back with the standard library's parser."""

import base64
import itertools
import re
from collections import Counter
from collections.abc import Mapping
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pandas as pd
import pytest

from medlead.evidence import EvidenceClass, Reason, Verdict
from medlead.present.further import Further, Sentence
from medlead.present.site import build_page
from medlead.present.slim import slim_svg
from medlead.present.tables import evidence_badge, html_table
from medlead.verdicts.relations import KIND_MEANINGS
from medlead.writing import read_csv

PUBLISHED = Path(__file__).parents[2] / "data" / "published"
VOID = {"meta", "input", "img", "br", "link"}
SVG = '<svg xmlns="http://www.w3.org/2000/svg"><g id="axes_1"/><text>50 % &amp; "é"</text></svg>'


class Element:
    """A node of the page: tag, attributes, children, texts."""

    def __init__(self, tag: str, attrs: Mapping[str, str | None], parent: "Element | None") -> None:
        self.tag, self.attrs, self.parent = tag, attrs, parent
        self.inside: list[Element | str] = []

    @property
    def text(self) -> str:
        whole = "".join(c if isinstance(c, str) else c.text for c in self.inside)
        return re.sub(r"\s+", " ", whole).strip()

    def all(self, tag: str = "", css: str = "", **attrs: str) -> "list[Element]":
        found = []
        for child in self.inside:
            if isinstance(child, str):
                continue
            classes = (child.attrs.get("class") or "").split()
            if (
                (not tag or child.tag == tag)
                and (not css or css in classes)
                and all(child.attrs.get(k) == v for k, v in attrs.items())
            ):
                found.append(child)
            found += child.all(tag, css, **attrs)
        return found


class Tree(HTMLParser):
    """Builds the tree and refuses tags that are not closed in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.root = self.at = Element("", {}, None)
        self.feed(text)
        self.close()
        assert self.at is self.root, f"<{self.at.tag}> is not closed"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, dict(attrs), self.at)
        self.at.inside.append(element)
        if tag not in VOID:
            self.at = element

    def handle_endtag(self, tag: str) -> None:
        assert tag == self.at.tag, f"</{tag}> closes <{self.at.tag}>"
        assert self.at.parent is not None
        self.at = self.at.parent

    def handle_data(self, data: str) -> None:
        self.at.inside.append(data)


def tree(text: str) -> Element:
    return Tree(text).root


def by_id(root: Element, name: str) -> Element:
    (found,) = root.all(id=name)
    return found


def table(columns: str, *rows: tuple[object, ...]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=columns.split(","))


def summary_of(verdicts: pd.DataFrame, **more: int) -> dict[str, Any]:
    crossed = Counter(zip(verdicts["verdict"], verdicts["evidence"], strict=True))
    return {
        "cells_total": len(verdicts),
        "cells_by_verdict": dict(Counter(verdicts["verdict"])),
        "cells_by_verdict_and_evidence": [
            {"verdict": v, "evidence": e, "cells": n} for (v, e), n in crossed.items()
        ],
        "cells_by_reason": dict(Counter(r for r in verdicts["reason"] if r)),
        "relations_total": 2,
        "relations_holding": 1,
        "relations_failing": 1,
        "items_total": 4,
        "items_in_scope": 3,
        "items_rebuilt": 1,
    } | more


@pytest.fixture
def parts() -> dict[str, Any]:
    """A small report: a table, a figure, a passage and a figure out of scope."""
    items = table(
        "item,title,section,line,evidence,scope,reason",
        ("table-01", "Bands & <types>", "4.1", 10, "reconstructed", "in", "Counted."),
        ("figure-02", "A chart", "4.2", 20, "printed-aggregates", "in", "drawn from NHS counts."),
        ("figure-03", "A framework", "7", 30, "conceptual", "out", "Out: from NHS England."),
        ("section-4.1", "In the text", "4.1", 40, "printed-aggregates", "in", "Numbers."),
    )
    cells = table(
        "item,row,column,text,kind,section,line",
        ("table-01", "a < b & c", "count", "<5 & 6>", "label", "4.1", 11),
        ("table-01", "Acute", "count", "50", "count", "4.1", 12),
        ("table-01", "Acute", "%", "69", "percent", "4.1", 12),
        ("table-01", "Specialist", "%", "7", "percent", "4.1", 13),
        ("table-01", "Meaning", "count", "sha256:0123abcd", "label", "4.1", 14),
        ("section-4.1", "completed", "percent", "40", "percent", "4.1", 40),
        ("section-4.1", "sent", "count", "179", "count", "4.1", 40),
    )
    r, a = "reconstructed", "printed-aggregates"
    low_high = ("", "")
    verdicts = table(
        "item,row,column,printed,low,high,rebuilt,evidence,verdict,rule,reason",
        (*cells.iloc[0, :4], *low_high, "", r, "not-derivable", "", "stage-not-built"),
        (*cells.iloc[1, :4], "50", "50", "50", r, "agrees-by-construction", "copied-record", ""),
        (
            *cells.iloc[2, :4],
            "68.5",
            "69.5",
            "69.4",
            a,
            "agrees-by-rounding",
            "arithmetic: nearest",
            "",
        ),
        (*cells.iloc[3, :4], "6.5", "7.5", "5.6", a, "differs", "", "conflicts-with-print"),
        (*cells.iloc[4, :4], *low_high, "", r, "not-derivable", "", "sentence-not-carried"),
        (*cells.iloc[5, :4], "40", "40", "40", a, "agrees", "printed twice: exact", ""),
        (*cells.iloc[6, :4], "179", "179", "", a, "not-derivable", "", "basic-fact"),
    )
    relations = table(
        "relation,instance,kind,items,cells,left,right,outcome,says",
        ("sums", "sums[ok]", "total", "table-01", 3, "72", "72", "holds", "They add up."),
        ("same", "same[no]", "same", "table-01;section-4.1", 2, "1", "2", "fails", "Told twice."),
    )
    audit = table(
        "finding,section,line,printed,implied,check,severity,certainty,explanation",
        ("finding-001", "4.1", 13, "7", "5.6", "shares", "minor", "certain", "4 of 72 is < 7 %."),
    )
    rebuilt = table("row,column,value,text,n,evidence", ("Acute", "count", 50, "50", 72, r))
    return {
        "items": items,
        "cells": cells,
        "verdicts": verdicts,
        "relations": relations,
        "audit": audit,
        "summary": summary_of(verdicts),
        "tables": {
            "table-01": html_table(
                rebuilt, identifier="table-01", title="Bands", evidence=EvidenceClass.RECONSTRUCTED
            )
        },
        "figures": {"figure-02": (SVG, 'Bars with "quotes" & <angles>')},
        "notebooks": {"table-01": "../notebooks/01-survey.html#table-01"},
        "notebook_list": [("Survey", "../notebooks/01-survey.html", "How answers are counted.")],
    }


def test_every_item_stands_once_with_its_id(parts: dict[str, Any]) -> None:
    root = tree(build_page(**parts))
    assert [e.attrs["id"] for e in root.all("section", css="item")] == list(parts["items"]["item"])
    ids = [e.attrs["id"] for e in root.all() if "id" in e.attrs]
    assert not [name for name, times in Counter(ids).items() if times > 1]


def test_inner_links_arrive(parts: dict[str, Any]) -> None:
    root = tree(build_page(**parts))
    ids = {e.attrs.get("id") for e in root.all()}
    inner = [h[1:] for e in root.all("a") if (h := e.attrs["href"]) and h.startswith("#")]
    assert len(inner) > len(parts["items"])
    assert set(inner) <= ids


def test_badges_carry_words_and_the_legend_explains_each(parts: dict[str, Any]) -> None:
    root = tree(build_page(**parts))
    assert all(len(b.text) > 2 for b in root.all("span", css="badge"))
    told = dict(
        zip(
            (e.text for e in by_id(root, "reading").all("dt")),
            (e.text for e in by_id(root, "reading").all("dd")),
            strict=True,
        )
    )
    for word in (*Verdict, *EvidenceClass):
        (meaning,) = [m for k, m in told.items() if k.endswith(" " + word.replace("-", " "))]
        assert meaning == word.meaning


def test_headline_numbers_are_those_of_the_summary(parts: dict[str, Any]) -> None:
    parts["verdicts"]["verdict"] = "agrees"
    parts["verdicts"]["reason"] = ""
    counts = {"agrees": 1200, "agrees-by-construction": 30, "differs": 4, "not-derivable": 500}
    parts["summary"] = {
        "cells_total": 1734,
        "cells_by_verdict": counts,
        "cells_by_verdict_and_evidence": [
            {"verdict": "agrees", "evidence": "printed-aggregates", "cells": 1000},
            {"verdict": "agrees", "evidence": "printed-records", "cells": 200},
            {"verdict": "agrees-by-construction", "evidence": "reconstructed", "cells": 30},
            {"verdict": "differs", "evidence": "printed-aggregates", "cells": 4},
            {"verdict": "not-derivable", "evidence": "simulated", "cells": 500},
        ],
        "cells_by_reason": {"stage-not-built": 450, "basic-fact": 50, "test-differs": 0},
        "relations_total": 354,
        "relations_holding": 344,
        "relations_failing": 10,
        "items_total": 156,
        "items_in_scope": 153,
        "items_rebuilt": 11,
        "agreements_by_basis": {"arithmetic": 1010, "test": 150, "printed twice": 40},
    }
    headline = by_id(tree(build_page(**parts)), "headline")
    shown = {e.attrs["id"]: (e.attrs["value"], e.text) for e in headline.all("data")}
    assert shown == {
        "count-total": ("1734", "1,734"),
        "count-agrees": ("1200", "1,200"),
        "count-agrees-by-rounding": ("0", "0"),
        "count-agrees-by-construction": ("30", "30"),
        "count-differs": ("4", "4"),
        "count-not-derivable": ("500", "500"),
        "count-waiting": ("450", "450"),
    }
    rows = {
        r.all("th")[0].text[2:]: [c.text for c in r.all("td")]
        for r in by_id(headline, "crossed").all("tr")[1:]
    }
    assert rows["agrees"] == ["200", "1,000", "0", "0", "0", "0", "1,200"]
    assert rows["agrees by construction"] == ["0", "0", "30", "0", "0", "0", "30"]
    # Agreement by construction is never added to agreement.
    assert "1,230" not in headline.text
    assert "1230" not in headline.text
    for sentence in (
        "25.9 %",
        "Of 156 tables and figures, 153 are in scope and 11 are laid out again from records "
        "as tables; 1 figure is drawn.",
        "344 hold",
        "10 fail",
        "arithmetic on other cells (1,010)",
        "a significance test of r and n, whichever tail (150)",
        "printed in two places (40)",
    ):
        assert sentence in headline.text


def test_a_headline_without_bases_does_not_name_any(parts: dict[str, Any]) -> None:
    parts["summary"].pop("agreements_by_basis", None)
    assert "The agreements rest on" not in by_id(tree(build_page(**parts)), "headline").text


D, A, R, C, N = "differs", "agrees", "agrees-by-rounding", "agrees-by-construction", "not-derivable"


@pytest.mark.parametrize(
    ("verdicts", "mark"),
    [
        # One cell that differs is more than any number of others.
        ((D, A, A, N, N), D),
        ((N, N, N, N, D), D),
        # Otherwise the commonest, so that one agreement does not speak for many others.
        ((A, N, N, N, N), N),
        ((A, A, N, N, N), N),
        ((A, C, C, C, N), C),
        ((A, R, R, N, C), R),
        ((N, A, A, A, N), A),
        # Where two are as frequent, the one that says more.
        ((N, N, A, A, R), A),
        ((N, N, C, C, A), C),
        ((C, C, R, R, N), R),
    ],
)
def test_the_mark_of_an_item_in_the_index(
    parts: dict[str, Any], verdicts: tuple[str, ...], mark: str
) -> None:
    frame = parts["verdicts"]
    frame.loc[frame["item"] == "table-01", "verdict"] = list(verdicts)
    parts["summary"] = summary_of(frame)
    (entry,) = by_id(tree(build_page(**parts)), "all-table").all("ul", css="index")[0].all("li")
    assert [e.attrs["aria-label"] for e in entry.all(role="img")] == [mark.replace("-", " ")]
    assert entry.all("a")[0].attrs["class"] == f"v-{mark}"


def test_an_item_without_judged_cells_has_no_mark(parts: dict[str, Any]) -> None:
    index = by_id(tree(build_page(**parts)), "all-figure").all("ul", css="index")[0]
    assert index.all(role="img") == []
    assert "out of scope" in index.text


def test_headline_that_does_not_add_up_is_refused(parts: dict[str, Any]) -> None:
    parts["summary"]["cells_total"] += 1
    with pytest.raises(ValueError, match="do not add up"):
        build_page(**parts)


def test_all_but_one_waiting_is_not_called_all(parts: dict[str, Any]) -> None:
    waiting = parts["summary"]["cells_total"] = 100_000
    parts["summary"]["cells_by_verdict"] = {"not-derivable": waiting}
    parts["summary"]["cells_by_verdict_and_evidence"] = [
        {"verdict": "not-derivable", "evidence": "simulated", "cells": waiting}
    ]
    parts["summary"]["cells_by_reason"] = {"stage-not-built": waiting - 1, "basic-fact": 1}
    assert "(99.9 %)" in by_id(tree(build_page(**parts)), "headline").text


def test_a_differing_cell_shows_printed_rebuilt_reason_and_interval(parts: dict[str, Any]) -> None:
    item = by_id(tree(build_page(**parts)), "table-01")
    (listed,) = item.all("ul", css="differ")[0].all("li")
    for part in ("Specialist", "7", "6.5 to 7.5", "5.6", Reason.CONFLICTS_WITH_PRINT.meaning):
        assert part in listed.text
    (chip,) = item.all("table", css="printed")[0].all("span", css="v-differs")
    assert "5.6" in str(chip.attrs["title"])
    assert chip.all(role="img")[0].attrs["aria-label"] == "differs"


def test_every_printed_cell_stands_in_the_grid_with_its_verdict(parts: dict[str, Any]) -> None:
    root = tree(build_page(**parts))
    for name, cells in parts["verdicts"].groupby("item"):
        grid = by_id(root, name).all("table", css="printed")[0]
        marks = Counter(e.attrs["aria-label"] for e in grid.all(role="img"))
        assert marks == Counter(v.replace("-", " ") for v in cells["verdict"])
        bar = by_id(root, name).all("ul", css="counts")[0]
        told = {t.partition(" ")[2]: int(t.partition(" ")[0]) for t in _counts(bar)}
        assert told == marks


def _counts(bar: Element) -> list[str]:
    return [e.text.partition(" ")[2] for e in bar.all("li")]


def test_text_of_cells_is_escaped(parts: dict[str, Any]) -> None:
    text = build_page(**parts)
    grid = by_id(tree(text), "table-01").all("table", css="printed")[0]
    assert "<5 & 6>" in grid.text
    assert "a < b & c" in [e.text for e in grid.all("th")]
    assert "&lt;5 &amp; 6&gt;" in text
    assert "Bands & <types>" in by_id(tree(text), "table-01-title").text


def test_nothing_is_loaded_from_any_host(parts: dict[str, Any]) -> None:
    text = build_page(**parts)
    for element in tree(text).all():
        assert element.tag not in ("link", "iframe", "object", "embed", "base")
        for name in ("src", "srcset", "poster", "action", "background"):
            assert (element.attrs.get(name) or "data:").startswith("data:")
        if element.tag == "a":
            assert not re.match(r"[a-z]+:|//", str(element.attrs["href"]))
    assert "@import" not in text
    assert "url(" not in text
    assert "http://" not in text
    assert "https://" not in text


def test_a_picture_is_carried_whole_with_its_alternative(parts: dict[str, Any]) -> None:
    (image,) = by_id(tree(build_page(**parts)), "figure-02").all("img")
    head, _, body = str(image.attrs["src"]).partition(",")
    decoded = base64.b64decode(body).decode() if head.endswith("base64") else unquote(body)
    assert decoded == slim_svg(SVG)
    assert '>50 % &amp; "é"<' in decoded
    assert image.attrs["alt"] == 'Bars with "quotes" & <angles>'


def test_what_goes_beyond_the_report_stands_with_its_item(parts: dict[str, Any]) -> None:
    told = Sentence("the ends", "They <overstate>.", evidence_badge(EvidenceClass.SIMULATED))
    further = {"table-01": Further("Beyond", (told,), (("<svg>ü</svg>", "Both ends"),))}
    item = by_id(tree(build_page(**parts, further=further)), "table-01")
    (block,) = item.all("details", css="further")
    assert "Beyond" in block.text
    assert "The ends. They <overstate>." in block.text
    assert "simulated" in block.text
    (image,) = block.all("img")
    assert image.attrs["alt"] == "Both ends"
    assert "%C3%BC" in image.attrs["src"]
    with pytest.raises(ValueError, match="further: not in the register of items: table-99"):
        build_page(**parts, further={"table-99": further["table-01"]})


def test_what_is_not_there_is_said(parts: dict[str, Any]) -> None:
    parts |= {"tables": {}, "figures": {}}
    root = tree(build_page(**parts))
    assert "Not rebuilt yet" in by_id(root, "figure-02").text
    assert "Drawn from NHS counts." in by_id(root, "figure-02").text
    assert "other printed figures give 3 of its 5 cells" in by_id(root, "table-01").text
    assert "Stated in running text" in by_id(root, "section-4.1").text
    out = by_id(root, "figure-03").text
    assert "out of scope" in out
    assert "From NHS England." in out
    assert "Not rebuilt yet" not in out
    assert "sentence not carried (fingerprint 0123abcd)" in by_id(root, "table-01").text


def test_only_items_with_something_computed_are_unfolded(parts: dict[str, Any]) -> None:
    def unfolded() -> set[str | None]:
        items = tree(build_page(**parts)).all("section", css="item")
        return {e.attrs["id"] for e in items if "open" in e.all("details")[0].attrs}

    assert unfolded() == {"table-01", "figure-02", "section-4.1"}
    parts |= {"tables": {}, "figures": {}}
    assert unfolded() == {"table-01", "section-4.1"}


def test_an_unjudged_cell_is_shown_as_such(parts: dict[str, Any]) -> None:
    parts["verdicts"] = parts["verdicts"].iloc[:-1]
    parts["summary"] = summary_of(parts["verdicts"])
    grid = by_id(tree(build_page(**parts)), "section-4.1").all("table", css="printed")[0]
    (chip,) = [e for e in grid.all("span", css="c") if e.attrs["title"] == "Not judged."]
    assert chip.text == "179"


def test_findings_are_told_whole(parts: dict[str, Any]) -> None:
    told = by_id(tree(build_page(**parts)), "finding-1").text
    for part in ("4.1", "line 13", "4 of 72 is < 7 %.", "7", "5.6", "certain", "minor"):
        assert part in told


def test_findings_stand_by_weight_and_are_counted(parts: dict[str, Any]) -> None:
    given = (
        ("finding-001", "minor", "certain", 9, "shares"),
        ("finding-002", "wording", "certain", 2, "said again: a name / name"),
        ("finding-003", "major", "conditional", 3, "shares; said again: a name / name"),
        ("finding-004", "major", "certain", 40, "shares"),
        ("finding-005", "minor", "certain", 5, "shares"),
    )
    first = parts["audit"].iloc[0].to_dict()
    names = ("finding", "severity", "certainty", "line", "check")
    rows = [first | dict(zip(names, one, strict=True)) for one in given]
    section = by_id(tree(build_page(**parts | {"audit": pd.DataFrame(rows)})), "findings")
    cards = [li.attrs["id"] for li in section.all("ol", css="findings")[0].all("li")]
    # The numbers are those of the audit, so that links to them arrive whatever the order.
    assert cards == [f"finding-{n}" for n in (4, 3, 5, 1, 2)]
    counts = "2 major (1 certain, 1 conditional); 2 minor (2 certain); 1 wording (1 certain)."
    assert f"5 causes were found, 4 of them certain: {counts}" in section.text
    assert "Other places say" in by_id(section, "finding-2").text
    assert "Implied" in by_id(section, "finding-3").text


def test_relations_stand_by_outcome_failing_first(parts: dict[str, Any]) -> None:
    section = by_id(tree(build_page(**parts)), "relations")
    assert [e.text for e in section.all("h3")] == ["Fail: 1", "Hold: 1"]
    fail, hold = section.all("table")
    assert "same[no]" in fail.text
    assert "Told twice." in fail.text
    assert KIND_MEANINGS["same"] in fail.text
    assert KIND_MEANINGS["total"] in hold.text
    assert "sums[ok]" in hold.text
    assert [a.attrs["href"] for a in fail.all("a")] == ["#table-01", "#section-4.1"]


def test_headings_step_down_one_at_a_time(parts: dict[str, Any]) -> None:
    levels = [int(e.tag[1]) for e in tree(build_page(**parts)).all() if re.match("h[1-6]$", e.tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(b - a <= 1 for a, b in itertools.pairwise(levels))


def test_nothing_found_is_said_too(parts: dict[str, Any]) -> None:
    parts["verdicts"] = parts["verdicts"].assign(verdict="agrees", reason="")
    parts["summary"] = summary_of(parts["verdicts"], relations_holding=2, relations_failing=0)
    parts["relations"] = parts["relations"].assign(outcome="holds")
    parts["audit"] = parts["audit"].iloc[:0]
    root = tree(build_page(**parts))
    assert "Nothing so far" in by_id(root, "findings").text
    assert "No cell waits" in by_id(root, "headline").text


def test_same_input_gives_the_same_text(parts: dict[str, Any]) -> None:
    assert build_page(**parts) == build_page(**parts)


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("tables", {"table-99": "<figure>"}, "table-99"),
        ("figures", {"figure-99": (SVG, "")}, "figure-99"),
        ("notebooks", {"table-01": "https://example.org/"}, "link inside the results"),
        ("notebook_list", [("A", "javascript:alert(1)", "b")], "link inside the results"),
        ("tables", {"table-01": "<script>"}, "not a table fragment"),
    ],
)
def test_parts_that_do_not_fit_are_refused(
    parts: dict[str, Any], name: str, value: object, told: str
) -> None:
    with pytest.raises(ValueError, match=told):
        build_page(**(parts | {name: value}))


def test_verdicts_that_do_not_fit_the_cells_are_refused(parts: dict[str, Any]) -> None:
    verdicts = parts["verdicts"]
    twice = pd.concat([verdicts, verdicts.iloc[:1]])
    with pytest.raises(ValueError, match="two for one cell"):
        build_page(**(parts | {"verdicts": twice}))
    with pytest.raises(ValueError, match="no such printed cell"):
        build_page(**(parts | {"cells": parts["cells"].iloc[1:]}))


def test_the_published_registers_make_one_page_of_modest_size(parts: dict[str, Any]) -> None:
    items = read_csv(PUBLISHED / "items.csv")
    cells = read_csv(PUBLISHED / "cells.csv")
    verdicts = cells[["item", "row", "column"]].assign(
        printed=cells["text"],
        low="",
        high="",
        rebuilt="",
        evidence=cells["item"].map(dict(zip(items["item"], items["evidence"], strict=True))),
        verdict=str(Verdict.NOT_DERIVABLE),
        rule="",
        reason=str(Reason.STAGE_NOT_BUILT),
    )
    text = build_page(
        items,
        cells,
        verdicts,
        parts["relations"].assign(items="table-01"),
        parts["audit"],
        summary_of(verdicts),
        {},
        {},
        {},
        [],
    )
    root = tree(text)
    assert [e.attrs["id"] for e in root.all("section", css="item")] == list(items["item"])
    marks = sum(len(t.all(role="img")) for t in root.all("figure", css="table"))
    assert marks == len(cells)
    assert len(text.encode()) < 2_000_000
