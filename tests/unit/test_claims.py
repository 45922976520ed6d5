"""Sentences judged: verdict, reason, evidence and turning point; the findings; the file itself."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from medlead.__main__ import main
from medlead.evidence import EvidenceClass
from medlead.sources.contracts import read_study
from medlead.sources.inputs import read_yaml
from medlead.sources.messages import ProblemsFound
from medlead.verdicts.audit import AUDIT_COLUMNS
from medlead.verdicts.claim_command import claims_told, told, tried
from medlead.verdicts.claim_context import built_context
from medlead.verdicts.claim_evidence import ClaimEvidence
from medlead.verdicts.claim_file import claim_problems
from medlead.verdicts.claim_findings import SAME_CAUSE, audit_with_claims
from medlead.verdicts.claim_language import truth_words
from medlead.verdicts.claim_registry import Context
from medlead.verdicts.claim_thresholds import load_words
from medlead.verdicts.claims import (
    CLAIM_COLUMNS,
    INPUT_COLUMNS,
    claim_counts,
    judge_claims,
    with_statements,
)
from medlead.verdicts.declared import expand
from medlead.verdicts.relations import Cell
from medlead.writing import read_csv

ROOT = Path(__file__).parents[2]
PUBLISHED = ROOT / "data" / "published"
ITEMS, CELLS = read_csv(PUBLISHED / "items.csv"), read_csv(PUBLISHED / "cells.csv")
CLAIMS = read_csv(PUBLISHED / "claims.csv")
REPEATED = read_csv(PUBLISHED / "repeated.csv")
RELATIONS = read_yaml(PUBLISHED / "relations.yaml")
THRESHOLDS = load_words(
    read_yaml(ROOT / "config/instruments/words.yaml"),
    truth_words(ours=True),
    truth_words(ours=False),
)

COUNTS = {"a": "3", "b": "2", "sum": "6", "c": "1"}
PRINT = [Cell(("t", row, "n"), text, "count") for row, text in COUNTS.items()]
DECLARED = [
    {
        "relation": "parts",
        "kind": "total",
        "says": "They add up.",
        "parts": {"item": "t", "rows": ["a", "b"], "columns": ["n"]},
        "total": {"item": "t", "rows": ["sum"], "columns": ["n"]},
    }
]
FRAMES = {
    "survey/solved": pd.DataFrame({"who": ["p"], "n": ["3"], "evidence": ["reconstructed"]}),
    "performance/x": pd.DataFrame({"who": ["p"], "n": ["3"], "evidence": ["printed-records"]}),
    "reconstruction/identified": pd.DataFrame(
        {"statistic": ["s"], "low": ["3"], "high": ["7.5"], "evidence": ["reconstructed"]}
    ),
    "verdicts/relations": pd.DataFrame(
        {
            "relation": ["parts"],
            "instance": ["parts"],
            "outcome": ["fails"],
            "left": ["5"],
            "right": ["6"],
            "evidence": ["printed-aggregates"],
        }
    ),
    "engagement/statements": pd.DataFrame(
        {
            "statement": ["A-01", "A-02"],
            "section": "6.5",
            "line": ["2100", "9"],
            "site": "A",
            "group": ["all", "Surgery"],
            "scale": "",
            "kind": "band",
            "value": "",
            "words": ["It is high", "It is low"],
            "item": ["", "section-6.5"],
            "found": ["high", ""],
            "verdict": ["agrees-by-construction", "not-derivable"],
            "why": ["", "conflicting-evidence"],
            "reason": ["", "another says otherwise"],
            "evidence": "simulated",
        }
    ),
}


LAYOUTS = {
    "t": {
        "source": "people",
        "row": "who",
        "columns": [
            {"from": "size", "heading": "n"},
            {"template": "{size} {kind}", "heading": "k"},
        ],
    }
}
PEOPLE = pd.DataFrame({"who": ["c"], "size": ["1"], "evidence": ["printed-records"]})


def context() -> Context:
    return Context(ClaimEvidence(PRINT, {}, FRAMES.get, {"people": PEOPLE}.get), THRESHOLDS)


def claims(*checks: str, line: int = 5) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {
                "claim": f"1-{n:02d}",
                "section": "1",
                "line": line,
                "statement": f"Statement {n}",
                "rests_on": "t",
                "check": check,
            }
            for n, check in enumerate(checks, 1)
        ]
    )


A, B, SUM = ('cell("t", "a", "n")', 'cell("t", "b", "n")', 'cell("t", "sum", "n")')
OUTCOMES = {
    f"{A} == 3": ("holds", "printed-aggregates", "", ""),
    f"{A} == 4": ("fails", "printed-aggregates", "conflicts-with-print", ""),
    'identified("s") > 5': ("undecidable", "reconstructed", "identified-set-contains-both", ""),
    'identified("s") > 2': ("holds", "reconstructed", "", ""),
    'found("survey/solved", "n", who="p") == 3': (
        "undecidable",
        "reconstructed",
        "records-at-hand",
        "",
    ),
    'found("performance/x", "n", who="p") == 4': ("fails", "printed-records", "other-result", ""),
    'most_frequent("a", cells("t", "*", "n"))': (
        "fails",
        "printed-aggregates",
        "conflicts-with-print",
        "",
    ),
    f"few({A}, {SUM})": ("fails", "printed-aggregates", "our-threshold", "yes"),
    f"{A} == 4 and few({A}, {SUM})": ("fails", "printed-aggregates", "conflicts-with-print", ""),
    f"{A} == 3 or few({A}, {SUM})": ("holds", "printed-aggregates", "", ""),
    'statement("A-01")': ("holds", "simulated", "by-construction", ""),
    'statement("A-02")': ("undecidable", "simulated", "conflicting-evidence", ""),
    'not_checkable("figure")': ("not-checkable", "conceptual", "figure", ""),
    'needs("x")': ("not-checkable", "conceptual", "not-built", ""),
}


def test_each_outcome_has_its_verdict_evidence_and_reason() -> None:
    found = judge_claims(claims(*OUTCOMES), context())
    assert list(found.claims.columns) == list(CLAIM_COLUMNS)
    columns = ["verdict", "evidence", "reason", "judgement"]
    rows = [tuple(r) for r in found.claims[columns].itertuples(index=False)]
    assert dict(zip(OUTCOMES, rows, strict=True)) == OUTCOMES


def test_it_is_told_where_a_threshold_of_ours_would_turn_the_verdict() -> None:
    checks = (f"few({A}, {SUM})", f"few({A}, {SUM}) and many({A}, {SUM})", f"not few({B}, {SUM})")
    found = judge_claims(claims(*checks), context()).claims["turns_at"].tolist()
    assert found[0] == "few at 50 % (ours: at most 15 %)"
    # With the other word as it is, only the one that fails turns the verdict.
    assert found[1] == "few at 50 % (ours: at most 15 %)"
    assert found[2] == "few at 33.33 % (ours: at most 15 %)"


def test_what_each_claim_used_is_listed() -> None:
    found = judge_claims(claims(f"{A} > {B}", 'identified("s") > 2'), context()).inputs
    assert list(found.columns) == list(INPUT_COLUMNS)
    assert found[["claim", "kind", "item", "row"]].to_numpy().tolist() == [
        ["1-01", "cell", "t", "a"],
        ["1-01", "cell", "t", "b"],
        ["1-02", "identified", "s", ""],
    ]


def test_all_faults_of_all_checks_are_told_at_once() -> None:
    given = claims(
        "nosuch()", 'cell("t", "z", "n") == 1', 'found("survey/none", "n", who="p") == 1'
    )
    with pytest.raises(ProblemsFound) as found:
        judge_claims(given, context())
    told_ = " ".join(f"{p.file} {p.what}" for p in found.value.problems)
    for part in ("1-01", "no word 'nosuch'", "1-02", "'z'", "1-03", "survey/none.csv is not there"):
        assert part in told_


def test_a_run_without_a_stage_cannot_check_what_rests_on_it() -> None:
    found = judge_claims(
        claims('found("survey/none", "n", who="p") == 1'), context(), complete=False
    )
    assert found.claims[["verdict", "reason"]].to_numpy().tolist() == [
        ["not-checkable", "not-built"]
    ]


def test_statements_join_once_in_the_order_of_the_lines() -> None:
    given = claims(f"{A} == 3", 'statement("A-02")', line=100)
    joined = with_statements(given, FRAMES["engagement/statements"])
    assert joined["claim"].tolist() == ["1-01", "1-02", "A-01"]
    assert joined["statement"].tolist()[-1] == "site A: It is high"
    alone = with_statements(claims(f"{A} == 3", line=100), FRAMES["engagement/statements"])
    assert alone["line"].tolist() == [9, 100, 2100]
    assert with_statements(given, None)["claim"].tolist() == ["1-01", "1-02"]


def test_the_counts_add_up() -> None:
    frame = judge_claims(claims(*OUTCOMES), context()).claims
    counts = claim_counts(frame)
    assert counts["claims_total"] == len(OUTCOMES)
    assert sum(counts["claims_by_verdict"].values()) == len(OUTCOMES)
    assert sum(r["claims"] for r in counts["claims_by_verdict_and_evidence"]) == len(OUTCOMES)
    assert counts["claims_by_section"] == {"1": counts["claims_by_verdict"]}
    assert counts["claims_judgement"]["fails"] == 1


# -- findings

AUDIT = pd.DataFrame(
    [
        ["finding-001", "1", 5, "6", "5", "parts", "major", "certain", "It does not add up.", "e"],
        ["finding-002", "1", 9, "x", "", "names b", "wording", "certain", "Two names.", "e"],
    ],
    columns=[*AUDIT_COLUMNS, "evidence"],
)


def audited(
    *checks: str, line: int = 7, audit: pd.DataFrame = AUDIT, rests_on: str = "t"
) -> pd.DataFrame:
    given = claims(*checks, line=line).assign(rests_on=rests_on)
    found = judge_claims(given, context())
    rows = [(*c.key, c.text, "21") for c in PRINT]
    cells = pd.DataFrame(rows, columns=["item", "row", "column", "text", "line"])
    return audit_with_claims(
        audit, found.claims, found.judged, expand(DECLARED, PRINT), cells, LAYOUTS
    )


def test_what_fails_by_the_print_is_a_finding_and_nothing_else_is() -> None:
    same = audited(*(c for c, o in OUTCOMES.items() if o[0] != "fails" or o[3]))
    pd.testing.assert_frame_equal(same, AUDIT)
    added = audited('cell("t", "c", "n") == 2', 'found("performance/x", "n", who="p") == 4')
    assert added["finding"].tolist()[2:] == ["finding-003", "finding-004"]
    assert added["check"].tolist()[2:] == ["claim 1-01", "claim 1-02"]
    assert added["certainty"].tolist()[2:] == ["certain", "conditional"]
    assert added["explanation"].tolist()[2] == (
        "Section 1, line 7: Statement 1. By what is printed elsewhere: 1 (T , c, n) is not 2."
    )
    pd.testing.assert_frame_equal(added.iloc[:2], AUDIT, check_dtype=False)
    (bound,) = audited('identified("s") > 8').to_dict("records")[2:]
    assert bound["certainty"] == "conditional"
    assert "leaves possible" in bound["explanation"]


@pytest.mark.parametrize(
    "check",
    [
        'relation("parts")',  # the test itself
        f"{A} + {B} == {SUM}",  # the same cells
        f"{SUM} == 5",  # some of them
        f'{A} + {B} + cell("t", "c", "n") == {SUM} + 3',  # and more of them
    ],
)
def test_a_sentence_joins_the_finding_of_the_same_cells(check: str) -> None:
    found = audited(check)
    assert len(found) == len(AUDIT)
    first = found.to_dict("records")[0]
    assert first["check"] == "parts; claim 1-01"
    assert first["explanation"] == (
        "It does not add up. The same is wrong in section 1, line 7: Statement 1."
    )
    here = audited(check, line=5).to_dict("records")[0]
    assert here["explanation"] == "It does not add up. The sentence says: Statement 1."
    assert found.to_dict("records")[1] == AUDIT.to_dict("records")[1]


def test_a_shared_cell_joins_only_on_the_same_line() -> None:
    check = f'{SUM} == cell("t", "c", "n")'
    assert len(audited(check, line=5)) == len(AUDIT)
    assert len(audited(check, line=7)) == len(AUDIT) + 1


def test_a_finding_without_a_test_is_joined_by_what_uses_its_cell() -> None:
    solved = AUDIT.assign(line=21, printed="1", check="least slack", severity="major")
    check = 'cell("t", "c", "n") == 2'
    joined = ["least slack; claim 1-01", "least slack"]
    assert audited(check, audit=solved)["check"].tolist() == joined
    # A record is the printed cell that it was copied from.
    of_record = 'value(records("people", "size", by="who"), "c") == 2'
    assert audited(of_record, audit=solved)["check"].tolist() == joined
    assert len(audited(check, audit=solved.assign(line=22))) == 3
    assert len(audited(check, audit=solved.assign(severity="wording"))) == 3
    assert len(audited(f"{A} == 7", audit=solved)) == 3


def test_an_assumption_makes_a_finding_conditional_and_is_told() -> None:
    check = 'cell("t", "c", "n") == 2'
    (row,) = audited(check, rests_on="t; conditional: nothing was changed").to_dict("records")[2:]
    assert row["certainty"] == "conditional"
    assert row["explanation"].endswith("1 (T , c, n) is not 2. Conditional: nothing was changed.")


def test_a_sentence_can_name_the_severity_of_what_it_finds() -> None:
    check = 'cell("t", "c", "n") == 2'
    assert audited(check)["severity"].tolist()[2:] == ["minor"]
    assert audited(check, rests_on="t; severity: major")["severity"].tolist()[2:] == ["major"]
    joined = audited(check, rests_on="t; severity: major; same cause as: names b")
    assert joined["severity"].tolist() == ["major", "major"]
    with pytest.raises(ValueError, match="huge"):
        audited(check, rests_on="t; severity: huge")


def test_sentences_that_fail_by_the_same_cells_are_one_finding() -> None:
    check = 'cell("t", "c", "n") == '
    found = audited(f"{check} 2", f"{check} 3", f"{check} {B}")
    assert found["check"].tolist()[2:] == ["claim 1-01; claim 1-02", "claim 1-03"]


def test_a_sentence_joins_the_finding_that_it_names_as_its_cause() -> None:
    check = 'cell("t", "c", "n") == '
    named = audited(f"{check} 2", rests_on="t; same cause as: names b")
    assert named["check"].tolist() == ["parts", "names b; claim 1-01"]
    # A finding is as severe as the severer of what it tells.
    assert named["severity"].tolist() == ["major", "minor"]
    both = audited(f"{check} 2", rests_on="t; same cause as: parts; same cause as: names b")
    assert both["check"].tolist() == ["parts; claim 1-01", "names b; claim 1-01"]
    assert both["severity"].tolist() == ["major", "minor"]
    alone = audited(f"{check} 2", rests_on="t; same cause as: names c")
    assert alone["check"].tolist()[2:] == ["claim 1-01"]


def test_a_sentence_whose_cause_several_findings_are_joins_none_and_makes_none() -> None:
    several = AUDIT.assign(check=["parts", "parts"])
    found = audited('cell("t", "c", "n") == 2', audit=several, rests_on="t; same cause as: parts")
    pd.testing.assert_frame_equal(found, several)


def test_a_sentence_joins_another_that_fails_for_the_same_cause() -> None:
    given = ('cell("t", "c", "n") == 2', 'found("performance/x", "n", who="p") == 4')
    found = audited(*given, rests_on="t; same cause as: claim 1-01")
    assert found["check"].tolist()[2:] == ["claim 1-01; claim 1-02"]
    told = found["explanation"].tolist()[2]
    assert told.endswith("what is printed: 3 (n in x, who p) is not 4.")
    assert "Section 1, line 7: Statement 2. By what is computed here" in told
    assert len(audited(*given)) == 4


def test_what_the_published_sentences_name_as_their_cause_is_there() -> None:
    facts = {f"said again: {t} / {a}" for t, a in REPEATED[["thing", "aspect"]].to_numpy()}
    known = {*facts, "marks", *(f"claim {name}" for name in CLAIMS["claim"])}
    parts = CLAIMS["rests_on"].str.split("; ").explode()
    named = parts[parts.str.startswith(SAME_CAUSE)].str.removeprefix(SAME_CAUSE)
    assert len(named) > 5
    assert set(named) <= known


# -- the file


def test_the_file_of_claims_holds_its_contract_and_all_that_it_names_is_there() -> None:
    read_study({"claims": PUBLISHED / "claims.csv"})
    assert claim_problems(CLAIMS, ITEMS, CELLS, RELATIONS) == []


def broken(tmp_path: Path, changes: Mapping[str, Any]) -> list[str]:
    frame = CLAIMS.head(4).copy()
    for column, values in changes.items():
        frame[column] = values
    file = tmp_path / "claims.csv"
    frame.to_csv(file, index=False)
    try:
        read_study({"claims": file})
    except ProblemsFound as found:
        return [p.what for p in found.problems]
    return []


def test_ids_follow_their_sections_and_rows_follow_the_lines(tmp_path: Path) -> None:
    same = {"section": "4.1", "line": [1, 1, 2, 3]}
    good = {**same, "claim": ["4.1-01", "4.1-02", "4.1-02a", "4.1-10"]}
    assert broken(tmp_path, good) == []
    (what,) = broken(tmp_path, {**good, "line": [1, 3, 2, 3]})
    assert "later line" in what
    (what,) = broken(tmp_path, {**good, "claim": ["4.1-01", "4.1-03", "4.1-02", "4.1-10"]})
    assert "not numbered in their order" in what
    told_ = broken(tmp_path, {**good, "claim": ["4.1-01", "4.1-02", "4.2-03", "4.1-10"]})
    assert told_ == ["the id of this claim begins with another section"]
    assert broken(tmp_path, {**good, "claim": ["4.1-01", "4.1-01", "4.1-02", "4.1-03"]})
    assert broken(tmp_path, {**good, "check": ["", "x", "x", "x"]})
    assert broken(tmp_path, {**same, "claim": ["es-01"] * 4, "section": "summary"})


def test_checks_that_name_what_is_not_printed_are_all_told() -> None:
    checks = ('cell("table-03", "Londn", "x") == 1', 'relation("no-such")', "nosuch()", "4 == 4")
    given = claims(*checks).assign(line=["999999", "1", "1", "1"])
    found = claim_problems(given, ITEMS, CELLS, RELATIONS)
    told_ = " ".join(f"{p.row} {p.column} {p.what}" for p in found)
    for part in (
        "2 line the report has no such line",
        "2 check there is no row of Table 3 'Londn'",
        "3 check there is no relation 'no-such'",
        "4 check place 1: there is no word 'nosuch'",
        "5 check the check looks at no evidence",
    ):
        assert part in told_
    assert found[1].mend == "did you mean 'London'?"


# -- tried by hand


def test_a_check_can_be_tried_on_what_was_built(tmp_path: Path) -> None:
    folders = (tmp_path, PUBLISHED, ROOT / "data/raw", ROOT / "config/instruments/words.yaml")
    given = built_context(*folders)
    check = 'most(cell("table-04", "Acute", "Number of responses"), 72)'
    shown = told(tried(check, given))
    assert "verdict:   holds" in shown
    assert "more than half is 37" in shown
    assert "cell: table-04 | Acute | Number of responses" in shown
    staff = 'records("sites", "staff", by="site")'
    value = f"number_of({staff}, above=0) == size({staff})"
    assert tried(value, given).evidence is EvidenceClass.PRINTED_RECORDS
    with pytest.raises(ProblemsFound, match="no printed item"):
        tried('cell("x", "y", "z") == 1', given)
    # Rebuilt and simulated records are none that the print has.
    assert tried('size(records("survey", "q7", by="respondent")) == 1', given).reason == "not-built"
    listed = claims_told(PUBLISHED / "claims.csv", "", given)
    assert f"{CLAIMS['claim'].iloc[0]}: " in listed
    one = claims_told(PUBLISHED / "claims.csv", str(CLAIMS["claim"].iloc[0]), given)
    assert "verdict:" in one
    with pytest.raises(ProblemsFound, match="no claim"):
        claims_told(PUBLISHED / "claims.csv", "9.9-99", given)


def test_the_commands_tell_what_was_found_or_what_is_wrong(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folders = ["--results", str(tmp_path), "--published", str(PUBLISHED)]
    folders += ["--raw", str(ROOT / "data/raw")]
    folders += ["--words", str(ROOT / "config/instruments/words.yaml")]
    check = 'most(cell("table-04", "Acute", "Number of responses"), 72)'
    assert main(["check", check, *folders]) == 0
    assert "verdict:   holds" in capsys.readouterr().out
    assert main(["check", "nosuch()", *folders]) == 1
    assert "no word 'nosuch'" in capsys.readouterr().err
    file, first = str(PUBLISHED / "claims.csv"), str(CLAIMS["claim"].iloc[0])
    assert main(["claims", first, "--file", file, *folders]) == 0
    assert first in capsys.readouterr().out
