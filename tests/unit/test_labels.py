"""Captions held against what they stand with."""

import pandas as pd
import pytest
from test_published import PUBLISHED

from medlead.evidence import CERTAIN, CONDITIONAL
from medlead.sources.printed_labels import CAPTION_COLUMNS, caption_problems
from medlead.verdicts.findings import Severity
from medlead.verdicts.labels import label_checks, label_findings
from medlead.writing import read_csv

ITEMS = read_csv(PUBLISHED / "items.csv")
CAPTIONS = read_csv(PUBLISHED / "captions.csv")


def captions(*changes: dict[str, str]) -> pd.DataFrame:
    """Sound captions of some figures, each with changes."""
    rows = []
    for n, change in enumerate(changes, 1):
        row = dict.fromkeys((c.name for c in CAPTION_COLUMNS), "")
        row |= {"item": f"figure-{n:02}", "line": str(10 * n), "list_line": str(n)}
        row |= {"caption": f"sha256:{n:016x}", "subject": f"s{n}", "shows_subject": f"s{n}"}
        row |= {"certainty": CERTAIN}
        rows.append(row | {"in_list": row["caption"]} | change)
    return pd.DataFrame(rows)


def checks(frame: pd.DataFrame, **more: object) -> list[str]:
    return [f.check for f in label_findings(frame, ITEMS, **more)]  # type: ignore[arg-type]


def test_sound_captions_have_no_finding() -> None:
    assert checks(captions({}, {}, {})) == []
    assert label_findings(None, ITEMS) == []


@pytest.mark.parametrize("field", ["subject", "by", "site", "n", "year", "source"])
def test_a_caption_that_says_another_thing_than_it_shows(field: str) -> None:
    wrong = {field: "one", f"shows_{field}": "other", "certainty": CONDITIONAL, "note": "so it is"}
    (found,) = label_findings(captions({}, wrong), ITEMS)
    assert found.check == f"caption figure-02 {field}"
    assert (found.printed, found.implied) == ("one", "other")
    assert (found.certainty, found.severity) == (CONDITIONAL, Severity.WORDING)
    assert found.explanation.endswith("So it is.")
    assert found.at == ("4.1.1", 20)


def test_what_is_not_said_or_not_shown_differs_from_nothing() -> None:
    assert checks(captions({"site": "A"}, {"shows_site": "A"})) == []


def test_what_another_finding_tells_is_not_told_again() -> None:
    wrong = {"site": "B", "shows_site": "C", "told_by": "site:statements C-19"}
    assert checks(captions(wrong), told={"statements C-19"}) == []
    assert checks(captions(wrong), told={"statements C-20"}) == ["caption figure-01 site"]


def test_a_caption_that_the_list_words_otherwise() -> None:
    assert checks(captions({"in_list": f"sha256:{99:016x}"})) == ["caption-in-list figure-01"]
    assert checks(captions({"in_list": ""})) == []
    noted = {"in_list": f"sha256:{99:016x}", "note": "the list has Old where the caption has New"}
    (finding,) = label_findings(captions(noted), ITEMS)
    assert finding.printed == noted["note"]


def test_one_caption_for_several_things() -> None:
    same = {"caption": f"sha256:{7:016x}", "in_list": f"sha256:{7:016x}", "shows_subject": ""}
    apart = [{**same, "subject": "s", "shows_site": site} for site in "ABC"]
    assert checks(captions(*apart)) == ["caption-repeated figure-01"]
    # Several captions that leave the same unsaid are one finding.
    last = {"caption": f"sha256:{8:016x}", "in_list": f"sha256:{8:016x}", "subject": "s"}
    more = [{**last, "shows_subject": "", "shows_site": site} for site in "AB"]
    (found,) = label_findings(captions(*apart, *more), ITEMS)
    assert found.check == "caption-repeated figure-01; caption-repeated figure-04"
    assert found.at == ("4.1.1", 20)
    assert "line 30; Figure 4, line 40" in found.explanation
    years = [{**last, "shows_subject": "", "shows_year": year} for year in ("1", "2")]
    assert len(checks(captions(*apart, *years))) == 2
    # A diagram that is printed twice may have its caption twice.
    assert checks(captions(*({**a, "shows_site": ""} for a in apart))) == []


def test_numbers_with_a_gap_or_out_of_order() -> None:
    assert checks(captions({}, {"item": "figure-04"})) == ["caption-numbers figure-04"]
    assert checks(captions({"line": "30"}, {})) == ["caption-numbers figure-02"]


def test_figures_in_the_section_of_another_site() -> None:
    stray = {"shows_site": "B", "under_site": "A"}
    assert checks(captions({"shows_site": "A"}, stray)) == ["caption-sections"]
    assert checks(captions({"shows_site": "A", "under_site": "A"})) == []


def test_the_published_captions_are_complete() -> None:
    assert caption_problems(CAPTIONS, ITEMS) == []
    assert len(CAPTIONS) == len({*CAPTIONS["item"]}) == 32 + 90
    counts = label_checks(CAPTIONS)
    assert counts["caption-in-list"] == len(CAPTIONS)
    assert set(label_checks(None).values()) == {0}


@pytest.mark.parametrize(
    ("column", "value", "told"),
    [
        ("item", "figure-99", "there is no such item"),
        ("line", "1", "items.csv has this item at line"),
        ("told_by", "sites:x", "no field"),
    ],
)
def test_a_caption_that_does_not_fit_the_register(column: str, value: str, told: str) -> None:
    frame = CAPTIONS.copy()
    frame.loc[3, column] = value
    problems = caption_problems(frame, ITEMS)
    assert any(told in p.what for p in problems)
    # What the item had is missing now, where its name was changed.
    assert any("no caption" in p.what for p in problems) == (column == "item")


def test_the_known_faults_of_the_published_captions_are_found() -> None:
    found = {f.check for f in label_findings(CAPTIONS, ITEMS)}
    assert {
        "caption figure-18 subject",
        "caption table-28 year",
        "caption-in-list figure-89",
    } <= found
    assert "caption figure-15 subject" not in found
