"""Verdicts from statements on engagement: planted contradictions, and the report's own."""

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml

from medlead.engagement.instrument import load_instrument
from medlead.engagement.scale_tables import compared_names, load_scale_tables, scale_tables
from medlead.evidence import EvidenceClass, Reason, Verdict
from medlead.performance.significance import judge_stars
from medlead.performance.trusts import printed_correlations
from medlead.reconstruction.doctor_check import check_doctors
from medlead.reconstruction.sizes import possible_sizes, sizes_allowed
from medlead.reconstruction.statements import read_reading
from medlead.sources.contracts import read_study
from medlead.sources.messages import ProblemsFound
from medlead.sources.printed_statements import NOT_CHECKABLE, statement_problems
from medlead.verdicts.judge import Verdicts, judge
from medlead.verdicts.relations import Cell, printed_cells
from medlead.verdicts.statements import (
    judged_statements,
    told_of_names,
    told_of_statements,
)
from medlead.writing import read_csv

ROOT = Path(__file__).parents[2]
PUBLISHED, RAW = ROOT / "data" / "published", ROOT / "data" / "raw"
SIMULATED = EvidenceClass.SIMULATED


def loaded(name: str) -> Any:
    path = ROOT / "config" / "instruments" / f"{name}.yaml"
    return yaml.safe_load(path.read_text(encoding="utf-8"))


MES = load_instrument(loaded("mes"))
READING = read_reading(MES, loaded("mes_statements"))
STATEMENTS = read_csv(PUBLISHED / "engagement.csv")
CELLS = read_csv(PUBLISHED / "cells.csv")
TABLES = load_scale_tables(loaded("mes_tables"), MES)

# --- a small print ------------------------------------------------------------------------

SHARE = Cell(("section-1", "share", "percent"), "40", "percent")
GROUPS = Cell(("section-1", "groups", "count"), "3", "count")
FIRST: dict[str, str] = {
    "statement": "S-01",
    "section": "1",
    "line": "5",
    "site": "S",
    "group": "ward",
    "scale": "b1",
    "kind": "b-percent",
    "value": "agree=40",
    "words": "Some agreed",
    "followed": "yes",
    "reason": "",
    "holds": "yes",
    "slack": "0",
    "found": "40",
    "item": "section-1",
    "row": "share",
    "column": "percent",
    "against": "",
    "certainty": "",
    "severity": "",
    "evidence": "simulated",
    "verdict": "agrees-by-construction",
    "why": "",
}
SECOND = FIRST | {
    "statement": "S-02",
    "line": "9",
    "group": "",
    "kind": "groups",
    "value": "3",
    "words": "Three groups",
    "followed": "no",
    "reason": "two returned",
    "holds": "no",
    "row": "groups",
    "column": "count",
    "against": "S-01",
    "certainty": "conditional",
    "severity": "minor",
    "verdict": "not-derivable",
    "why": "conflicting-evidence",
}


def told(*rows: dict[str, str], sizes: pd.DataFrame | None = None) -> Any:
    return told_of_statements(pd.DataFrame(rows), sizes, [SHARE, GROUPS])


def test_what_holds_agrees_by_construction_and_never_better() -> None:
    found = told(FIRST)
    judged = found.met[SHARE.key]
    assert judged.verdict is Verdict.AGREES_BY_CONSTRUCTION
    assert (judged.evidence, judged.rebuilt, judged.rule) == (SIMULATED, "40", "held-statement")
    assert not found.conflicts
    assert not found.findings


def test_what_the_doctors_miss_is_their_fault() -> None:
    missed = FIRST | {"holds": "no", "verdict": "not-derivable", "why": "records-differ"}
    for rows in ([missed], [FIRST, missed | {"statement": "S-03"}]):
        judged = told(*rows).met[SHARE.key]
        assert (judged.verdict, judged.reason) == (Verdict.NOT_DERIVABLE, Reason.RECORDS_DIFFER)


def test_what_was_not_followed_is_a_finding_against_what_was() -> None:
    found = told(FIRST, SECOND)
    (finding,) = found.findings
    assert finding.at == ("1", 9)
    assert (finding.certainty, str(finding.severity)) == ("conditional", "minor")
    assert (finding.printed, finding.implied) == (
        "site S: Three groups (question 1 of Section B: 3)",
        "site S, ward: Some agreed (question 1 of Section B: agree 40 %)",
    )
    assert "two returned" in finding.explanation
    assert "line 5" in finding.explanation
    assert "On one reading, this does not go with section 1, line 5" in finding.explanation
    (sure,) = told(FIRST, SECOND | {"certainty": "certain"}).findings
    assert "This cannot be true together with section 1, line 5" in sure.explanation
    judged = found.conflicts[GROUPS.key]
    assert (judged.verdict, judged.reason) == (
        Verdict.NOT_DERIVABLE,
        Reason.CONFLICTING_EVIDENCE,
    )
    assert "share" in judged.rule


def test_doctors_who_meet_both_show_that_there_is_no_contradiction() -> None:
    assert told(FIRST, SECOND | {"holds": "yes"}).findings == ()


def test_responses_that_miss_the_other_side_say_so() -> None:
    missed = FIRST | {"holds": "no", "verdict": "not-derivable", "why": "records-differ"}
    (finding,) = told(missed, SECOND).findings
    assert "do not meet S-01 either" in finding.explanation


def test_what_cannot_be_checked_is_not_said_to_be_missed() -> None:
    title = FIRST | {"kind": NOT_CHECKABLE, "holds": "", "why": NOT_CHECKABLE, "item": ""}
    (finding,) = told(title, SECOND | {"holds": ""}).findings
    assert "either" not in finding.explanation
    assert "two returned" in finding.explanation


@pytest.mark.parametrize(
    ("kind", "value", "words"),
    [
        ("b-percent", "disagree=36", "disagree 36 %"),
        ("b-over", "agree>70 in 4", "agree over 70 %, in 4"),
        ("b-each-over", "disagree>100/3", "disagree over 33.3 %"),
        ("ratings-in", "reluctant=1", "reluctant 1"),
        ("band", "high", "high"),
    ],
)
def test_the_value_of_a_statement_is_told_in_words(kind: str, value: str, words: str) -> None:
    (finding,) = told(FIRST | {"kind": kind, "value": value}, SECOND).findings
    assert f"(question 1 of Section B: {words})" in finding.implied
    assert "=" not in finding.explanation
    assert ">" not in finding.explanation


@pytest.mark.parametrize(
    ("scale", "words"),
    [
        ("index", "(index: high)"),
        ("index+metas", "(index and meta-scales: high)"),
        ("meta-1 + sub-3", "(meta-scale 1 and sub-scale 3: high)"),
        ("b", "(Section B: high)"),
        ("b2 + b4", "(questions 2 and 4 of Section B: high)"),
        ("", "(high)"),
    ],
)
def test_the_scales_of_a_statement_are_told_in_words(scale: str, words: str) -> None:
    about = FIRST | {"kind": "band", "value": "high", "scale": scale}
    (finding,) = told(about, SECOND).findings
    assert words in finding.implied


def test_what_is_printed_is_told_with_the_site_and_group_that_it_is_of() -> None:
    of_site = SECOND | {"site": "S", "group": "ward"}
    (finding,) = told(FIRST, of_site).findings
    assert finding.printed == "site S, ward: Three groups (question 1 of Section B: 3)"


def test_an_order_of_groups_names_the_second_of_them() -> None:
    (finding,) = told(FIRST | {"kind": "higher", "value": "The Night-ward"}, SECOND).findings
    assert finding.implied.endswith("(question 1 of Section B: than The Night-ward)")


def test_statements_alike_but_for_scale_and_value_are_told_as_one() -> None:
    again = FIRST | {"statement": "S-03", "line": "7", "scale": "b2", "value": "agree=50"}
    other = again | {"statement": "S-04", "group": "clinic"}
    against = {"against": "S-01 + S-03 + S-04"}
    same = (FIRST, again | {"value": "agree=40"}, other, SECOND | against)
    assert "questions 1 and 2 of Section B: agree 40 %)" in told(*same).findings[0].implied
    (finding,) = told(FIRST, again, other, SECOND | against).findings
    both = "site S, ward: Some agreed (question 1 of Section B: agree 40 % / question 2 of Section "
    assert finding.implied == (
        f"{both}B: agree 50 %); site S, clinic: Some agreed (question 2 of Section B: agree 50 %)"
    )
    assert f"section 1, lines 5, 7: {both}" in finding.explanation


def test_a_statement_on_what_is_not_printed_is_refused() -> None:
    with pytest.raises(ValueError, match="not printed"):
        told(FIRST | {"row": "elsewhere"})


def test_a_percentage_that_no_size_gives_is_a_finding() -> None:
    from medlead.reconstruction.sizes import Share

    def sizes(text: str) -> pd.DataFrame:
        share = {"S": {"ward": [Share("b1", text)]}}
        return possible_sizes(share, {"S": ["ward", "other"]}, {"S": 5})

    # Of at most four doctors (the other group has one), none gives 40 %; two give 50 %.
    found = told(FIRST, sizes=sizes("40"))
    assert found.conflicts[SHARE.key].reason is Reason.CONFLICTING_EVIDENCE
    (finding,) = found.findings
    assert (finding.check, finding.certainty) == ("group-sizes", "certain")
    assert not told(FIRST, sizes=sizes("50")).findings


def test_without_statements_nothing_is_told() -> None:
    for nothing in (told_of_statements(None, None, [SHARE]), told_of_names(None, [SHARE])):
        assert (nothing.conflicts, nothing.met, nothing.findings) == ({}, {}, ())


def test_statements_that_name_what_is_not_there_are_told_at_once() -> None:
    changed = STATEMENTS.copy()
    at = changed.index[changed["item"] != ""][0]
    changed.loc[at, "column"] = "cuont"
    told_by = changed.index[changed["against"] != ""][-1]
    changed.loc[told_by, "against"] += " + Z-99"
    found = statement_problems(changed, CELLS)
    assert {(p.row, p.column) for p in found} == {(at + 2, "item"), (told_by + 2, "against")}
    assert statement_problems(STATEMENTS, CELLS) == []


@pytest.mark.parametrize(
    ("column", "text"), [("certainty", ""), ("severity", "huge"), ("against", "")]
)
def test_what_is_not_followed_is_weighed(tmp_path: Path, column: str, text: str) -> None:
    changed = STATEMENTS.copy()
    changed.loc[changed["followed"] == "no", column] = text
    path = tmp_path / "engagement.csv"
    changed.to_csv(path, index=False)
    with pytest.raises(ProblemsFound):
        read_study({"engagement": path})
    read_study({"engagement": PUBLISHED / "engagement.csv"})


# --- names ---------------------------------------------------------------------------------


def test_a_name_that_stands_elsewhere_in_another_way_differs() -> None:
    names = pd.DataFrame(
        [
            ("table-01", "a", "name", "s", "Some Scale", "Some Scale", "yes"),
            ("table-02", "a", "name", "s", "Same Scale", "Some Scale", "no"),
        ],
        columns=["item", "row", "column", "scale", "printed", "name", "same"],
    )
    found = told_of_names(names, [])
    other = found.conflicts["table-02", "a", "name"]
    assert (other.verdict, other.rebuilt) == (Verdict.DIFFERS, "Some Scale")
    assert "Table 1" in other.rule
    assert found.met["table-01", "a", "name"].verdict is Verdict.AGREES_BY_CONSTRUCTION
    (finding,) = found.findings
    assert (finding.printed, finding.implied, str(finding.severity)) == (
        "Same Scale",
        "Some Scale",
        "wording",
    )
    assert told_of_names(names[names["same"] == "yes"], []).findings == ()


def named(number: int, **given: str) -> dict[str, str]:
    return FIRST | {"statement": f"S-{number:02}", "line": str(number), "item": ""} | given


def test_a_group_with_several_names_is_one_finding_and_one_with_one_is_none() -> None:
    ward = {"kind": "group-name", "scale": "", "group": "Ward"}
    rows = [
        named(11, **ward, value="Ward"),
        named(12, **ward, value="The Wards"),
        named(13, **ward, value="The Wards"),
        named(14, **(ward | {"group": "Hall"}), value="Hall"),
        named(15, **(ward | {"site": "T"}), value="Ward"),
    ]
    (finding,) = told(*rows).findings
    assert (finding.printed, finding.implied, finding.at) == ("The Wards", "Ward", ("1", 12))
    assert (finding.check, str(finding.severity)) == ("group-names S Ward", "wording")
    for number in ("11", "12", "13"):
        assert f"line {number}" in finding.explanation
    assert told(rows[0], rows[3]).findings == ()


def test_a_name_in_the_text_counts_as_one_of_a_table_does() -> None:
    names = pd.DataFrame(
        [("table-01", "a", "name", "s", "Some Scale", "Some Scale", "yes")],
        columns=["item", "row", "column", "scale", "printed", "name", "same"],
    )
    text = {"kind": "scale-name", "scale": "s"}
    other = pd.DataFrame([named(21, **text, value="Scale"), named(22, **text, value="Some scale")])
    (finding,) = told_of_names(names, [], other).findings
    assert (finding.printed, finding.implied, finding.at) == ("Scale", "Some Scale", ("1", 21))
    assert "line 22" not in finding.explanation
    assert told_of_names(names, [], other.iloc[1:]).findings == ()


# --- the report's own statements -----------------------------------------------------------


def as_text(frame: pd.DataFrame, folder: Path) -> pd.DataFrame:
    """A frame as the judge reads it."""
    from medlead.writing import write_csv

    write_csv(folder / "frame.csv", frame)
    return read_csv(folder / "frame.csv")


@pytest.fixture(scope="module")
def statements(tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    responses, norms = (read_csv(RAW / f"mes_{n}.csv") for n in ("responses", "norms"))
    report = check_doctors(responses, norms, STATEMENTS, READING)
    frame = judged_statements(report, STATEMENTS, SIMULATED)
    return as_text(frame, tmp_path_factory.mktemp("statements"))


@pytest.fixture(scope="module")
def judged(statements: pd.DataFrame) -> Verdicts:
    return judge(
        items=read_csv(PUBLISHED / "items.csv"),
        cells=CELLS,
        declarations=yaml.safe_load((PUBLISHED / "relations.yaml").read_text(encoding="utf-8")),
        tables=scale_tables(TABLES),
        significance=judge_stars(printed_correlations(CELLS)),
        statements=statements,
        group_sizes=sizes_allowed(STATEMENTS, READING),
        scale_names=compared_names(TABLES, CELLS),
    )


def test_every_statement_has_a_verdict_that_is_no_reproduction(statements: pd.DataFrame) -> None:
    assert list(statements["statement"]) == list(STATEMENTS["statement"])
    assert set(statements["verdict"]) == {"agrees-by-construction", "not-derivable"}
    assert set(statements["evidence"]) == {"simulated"}
    followed = (statements["followed"] == "yes") & (statements["kind"] != NOT_CHECKABLE)
    assert (followed == (statements["verdict"] == "agrees-by-construction")).all()


def test_what_is_followed_and_does_not_hold_never_agrees() -> None:
    responses, norms = (read_csv(RAW / f"mes_{n}.csv") for n in ("responses", "norms"))
    percent = STATEMENTS[STATEMENTS["kind"] == "b-percent"].iloc[0]
    here = (responses["site"] == percent["site"]) & (responses["group"] == percent["group"])
    assert percent["value"].startswith("disagree=")
    responses.loc[here, percent["scale"]] = "5"
    report = check_doctors(responses, norms, STATEMENTS, READING)
    frame = judged_statements(report, STATEMENTS, SIMULATED).set_index("statement")
    row = frame.loc[percent["statement"]]
    assert (row["followed"], row["holds"]) == ("yes", "no")
    assert (row["verdict"], row["why"]) == ("not-derivable", "records-differ")


def test_a_statement_and_its_cell_print_one_number() -> None:
    words = {w: n for n, w in enumerate(("one", "two", "three", "four", "five"), 1)}
    texts = {c.key: c.text for c in printed_cells(CELLS)}
    told_in = STATEMENTS[(STATEMENTS["item"] != "") & (STATEMENTS["value"] != "")]
    assert len(told_in) > 30
    for row in told_in.to_dict("records"):
        text = texts[row["item"], row["row"], row["column"]]
        number = str(words.get(text.lower(), text.replace(",", "")))
        said = row["value"].split(" in ")[0]
        assert number == said.split("=")[-1].split(">")[-1], row["statement"]


def test_no_cell_of_the_sections_waits_and_none_agrees_by_simulation(judged: Verdicts) -> None:
    cells = judged.cells.merge(CELLS[["item", "row", "column", "section"]])
    assert len(cells) == len(judged.cells)
    here = cells[
        cells["section"].str.match(r"6\.[4-8](\.|$)")
        | cells["item"].isin([table.item for table in TABLES])
    ]
    assert len(here) > 90
    assert here.loc[here["reason"] == str(Reason.STAGE_NOT_BUILT), "row"].tolist() == []
    agreeing = here[here["verdict"].isin([str(Verdict.AGREES), str(Verdict.AGREES_BY_ROUNDING)])]
    assert not set(agreeing["evidence"]) & {"simulated", "conceptual", "reconstructed"}
    percentages = here[here["section"].str.match(r"6\.(6\.5|7\.5|8\.7|8\.9)")]
    assert set(percentages["verdict"]) == {"agrees-by-construction"}
    assert set(percentages["evidence"]) == {"simulated"}
    definitions = here[here["column"] == "Scale Definition"]
    assert set(definitions["reason"]) == {str(Reason.SENTENCE_NOT_CARRIED)}


def test_every_contradiction_of_the_statements_is_one_finding(judged: Verdicts) -> None:
    audit = judged.audit
    refused = STATEMENTS[STATEMENTS["followed"] == "no"].set_index("statement")
    found = audit[audit["check"].str.startswith("statements ")]
    names = found["check"].str.removeprefix("statements ")
    assert sorted(names) == sorted(refused.index)
    for name, row in zip(names, found.to_dict("records"), strict=True):
        assert str(row["line"]) == refused.loc[name, "line"]
        assert row["certainty"] == refused.loc[name, "certainty"]
    assert list(audit["line"]) == sorted(audit["line"])
    scales = audit.loc[audit["check"].str.startswith("scale-names "), "check"]
    assert set(scales) == {f"scale-names {s}" for s in ("meta-1", "meta-2", "meta-3", "sub-6")}
    groups = audit.loc[audit["check"].str.startswith("group-names "), "check"]
    spelt = STATEMENTS[STATEMENTS["kind"] == "group-name"].groupby(["site", "group"])["value"]
    several = spelt.nunique()[lambda n: n > 1].index
    assert set(groups) == {f"group-names {site} {group}" for site, group in several}
    assert len(groups) >= 2


def test_what_is_said_against_a_statement_is_never_refused_itself(judged: Verdicts) -> None:
    """Nothing is a finding against something that was given up as well."""
    refused = set(STATEMENTS.loc[STATEMENTS["followed"] == "no", "statement"])
    for against in STATEMENTS.loc[STATEMENTS["against"] != "", "against"]:
        assert not refused & set(against.split(" + "))
    text = " ".join(judged.audit["explanation"])
    assert "do not meet" not in text


def test_no_percentage_excludes_every_size() -> None:
    sizes = sizes_allowed(STATEMENTS, READING)
    assert set(sizes["evidence"]) == {"printed-aggregates"}
    fits = sizes.groupby(["site", "group"])["fits_site"].agg(lambda f: (f == "yes").any())
    assert fits.all()
