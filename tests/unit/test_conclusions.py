"""How conclusions stand on claims: parts, standings, judgement, and the file itself."""

import itertools
import re
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from medlead.evidence import EvidenceClass
from medlead.sources.contracts import read_study
from medlead.sources.messages import ProblemsFound
from medlead.verdicts.claim_evidence import ClaimEvidence
from medlead.verdicts.claim_file import conclusion_problems, sentence_problems
from medlead.verdicts.claim_language import parse
from medlead.verdicts.claim_registry import TRUTH, WORDS, Context
from medlead.verdicts.claim_values import Refused
from medlead.verdicts.claim_verdicts import ClaimReason, ClaimVerdict
from medlead.verdicts.conclusion_words import CLAIM_WORDS
from medlead.verdicts.conclusions import (
    CONCLUSION_COLUMNS,
    NEEDED,
    Standing,
    claims_named,
    conclusion_counts,
    judge_conclusions,
    parts_of,
    rows_of,
    standing_of,
)
from medlead.writing import read_csv

ROOT = Path(__file__).parents[2]
PUBLISHED = ROOT / "data" / "published"
HOLDS, FAILS, OPEN, NOT = "holds", "fails", "undecidable", "not-checkable"
HELD = "by-construction"
CONTEXT = Context(ClaimEvidence([], {}, lambda _: None, lambda _: None), {})
REASONS = {OPEN: "within-rounding", NOT: "interviews", HELD: HELD}


def claims(*states: str, ours: tuple[int, ...] = ()) -> pd.DataFrame:
    """Claims 1-01, 1-02, ... of these states; those of `ours` by a threshold of ours."""
    rows = [
        {
            "claim": f"1-{n:02d}",
            "section": "1",
            "line": str(n),
            "statement": f"Statement {n}",
            "verdict": HOLDS if state == HELD else state,
            "evidence": "conceptual" if state == NOT else "printed-records",
            "computed": "" if state == NOT else f"{n} of 9",
            "reason": REASONS.get(state, ""),
            "judgement": "yes" if n in ours else "",
            "turns_at": "few at 3 % (ours: at most 15 %)" if n in ours else "",
            "rests_on": "t",
            "check": "",
        }
        for n, state in enumerate(states, 1)
    ]
    return pd.DataFrame(rows)


def every(count: int) -> str:
    return " and ".join(f'claim("1-{n:02d}")' for n in range(1, count + 1))


def standing(check: str, frame: pd.DataFrame) -> str:
    return standing_of(parse(check), rows_of(frame), CONTEXT).standing


@pytest.mark.parametrize(
    ("states", "wanted"),
    [
        ((HOLDS, HOLDS), Standing.STANDS),
        ((HOLDS, FAILS), Standing.IN_PART),
        ((HOLDS, OPEN), Standing.IN_PART),
        ((HOLDS, NOT), Standing.IN_PART),
        ((HOLDS, HELD), Standing.IN_PART),
        ((HELD, HELD), Standing.BY_CONSTRUCTION),
        ((HELD, OPEN), Standing.OPEN),
        ((HELD, NOT), Standing.NOT_CHECKABLE),
        ((HELD, FAILS), Standing.FAILS),
        ((FAILS, FAILS), Standing.FAILS),
        ((FAILS, OPEN), Standing.FAILS),
        ((OPEN, NOT), Standing.OPEN),
        ((NOT, NOT), Standing.NOT_CHECKABLE),
    ],
)
def test_a_conclusion_stands_by_its_parts(states: tuple[str, ...], wanted: Standing) -> None:
    assert standing(every(len(states)), claims(*states)) == wanted
    assert standing(every(len(states)), claims(*reversed(states))) == wanted


def test_only_the_outermost_and_makes_parts() -> None:
    one = 'all_claims(["1-01", "1-02"])'
    assert len(parts_of(parse(one))) == 1
    assert len(parts_of(parse(f'{one} and (claim("1-03") and claim("1-04"))'))) == 2
    assert len(parts_of(parse('claim("1-01") or claim("1-02")'))) == 1
    assert standing(one, claims(HOLDS, FAILS)) == Standing.FAILS
    assert standing('claim("1-01") or claim("1-02")', claims(FAILS, HOLDS)) == Standing.STANDS


def test_a_count_of_claims_is_open_by_those_that_are() -> None:
    check = 'claims_holding(["1-01", "1-02", "1-03"]) >= 2'
    assert standing(check, claims(HOLDS, HOLDS, NOT)) == Standing.STANDS
    assert standing(check, claims(HOLDS, OPEN, NOT)) == Standing.OPEN
    assert standing(check, claims(HOLDS, NOT, NOT)) == Standing.NOT_CHECKABLE
    assert standing(check, claims(FAILS, FAILS, NOT)) == Standing.FAILS
    # With one that holds by construction it would not be two.
    assert standing(check, claims(HOLDS, HELD, FAILS)) == Standing.BY_CONSTRUCTION


SHAPES = (
    'claim("1-01") and (claim("1-02") or not claim("1-03"))',
    'all_claims(["1-01", "1-02"]) or claim("1-03")',
    'not (claim("1-01") and claim("1-02")) and claim("1-03")',
)


@given(st.sampled_from(SHAPES), st.tuples(*[st.sampled_from([HOLDS, FAILS, OPEN])] * 3))
def test_parts_agree_with_trying_all_that_the_open_claims_can_be(
    shape: str, states: tuple[str, ...]
) -> None:
    """Kleene's truth is never firmer than what all completions agree on."""
    found = standing_of(parse(shape), rows_of(claims(*states)), CONTEXT)
    for part, state in zip(parts_of(parse(shape)), found.parts, strict=True):
        ends = set()
        for values in itertools.product(*[[s] if s != OPEN else [HOLDS, FAILS] for s in states]):
            (whole,) = standing_of(part, rows_of(claims(*values)), CONTEXT).parts
            ends.add(whole)
        assert state == OPEN or ends == {state}
        # Each claim stands once in a part here, so that Kleene's truth is exact.
        assert (state == OPEN) == (len(ends) == 2)


def test_a_threshold_of_ours_is_told_where_it_decides_a_part() -> None:
    frame = claims(HOLDS, FAILS, HOLDS, ours=(2, 3))
    found = standing_of(parse(every(3)), rows_of(frame), CONTEXT)
    assert found.judgement
    assert found.turning == ("1-02", "1-03")
    either = 'claim("1-01") or claim("1-02")'
    found = standing_of(parse(either), rows_of(frame), CONTEXT)
    assert (found.judgement, found.turning) == (False, ())


def conclusion(check: str, **more: str) -> dict[str, str]:
    row = {"conclusion": "c-01", "section": "7", "line": "9", "statement": "It is so"}
    return row | {"check": check, "note": ""} | more


def judged(check: str, frame: pd.DataFrame) -> dict[str, Any]:
    rows = pd.DataFrame([conclusion(check)])
    (found,) = judge_conclusions(rows, frame, CONTEXT, "c.csv").to_dict("records")
    return {str(k): v for k, v in found.items()}


def test_what_a_conclusion_says_is_computed_from_its_claims() -> None:
    found = judged(every(5), claims(HOLDS, FAILS, OPEN, NOT, HELD, ours=(1,)))
    assert list(found) == list(CONCLUSION_COLUMNS)
    assert found["standing"] == "stands-in-part"
    assert found["parts"] == (
        "5 parts: 1 holding, 1 by construction, 1 failing, 1 open, 1 not checkable"
    )
    assert found["says"].startswith("Does not hold: Statement 2 (2 of 9). Open: Statement 3")
    assert "Holds by construction only: Statement 5 (5 of 9)." in found["says"]
    assert found["says"].endswith("Cannot be checked: Statement 4 (interviews).")
    assert (found["fails"], found["by_construction"]) == ("1-02", "1-05")
    assert found["judgement"] == "yes"
    assert found["turns_at"] == "1-01: few at 3 % (ours: at most 15 %)"
    assert found["needs"] == "the numbers before they were rounded; the records of the interviews"
    assert found["evidence"] == "printed-records"


def test_the_freest_class_of_what_decided_is_told() -> None:
    frame = claims(HOLDS, HOLDS, NOT).assign(
        evidence=["printed-aggregates", "simulated", "conceptual"]
    )
    assert judged(every(3), frame)["evidence"] == "simulated"
    assert judged('claim("1-03")', frame)["evidence"] == "conceptual"
    assert judged(every(1), frame)["evidence"] == str(EvidenceClass.PRINTED_AGGREGATES)


def test_counts_of_conclusions_add_up() -> None:
    rows = pd.DataFrame(
        [conclusion(every(2)), conclusion('claim("1-02")'), conclusion('claim("1-03")')]
    )
    frame = judge_conclusions(rows, claims(HOLDS, FAILS, OPEN, ours=(2,)), CONTEXT, "c.csv")
    found = conclusion_counts(frame)
    assert found["conclusions_total"] == sum(found["conclusions_by_standing"].values()) == 3
    assert found["conclusions_by_standing"]["stands-in-part"] == 1
    assert found["conclusions_by_standing"]["open"] == 1
    assert found["conclusions_judgement"] == 2


@pytest.mark.parametrize(
    ("check", "what"),
    [
        ('claim("1-09")', "there is no claim '1-09'"),
        ("1 < 2", "it names no claim"),
        ('claims("1-01")', "there is no word 'claims'"),
    ],
)
def test_a_check_that_cannot_be_evaluated_is_told_with_its_row(check: str, what: str) -> None:
    rows = pd.DataFrame([conclusion(every(1)), conclusion(check)])
    with pytest.raises(ProblemsFound) as found:
        judge_conclusions(rows, claims(HOLDS), CONTEXT, "c.csv")
    (problem,) = found.value.problems
    assert what in problem.what
    assert (problem.file, problem.row, problem.column) == ("c.csv", 3, "check")
    (problem,) = conclusion_problems(rows, "c.csv", ["1-01"])
    assert what in problem.what
    assert problem.row == 3


def test_claims_cannot_ask_for_claims() -> None:
    with pytest.raises(Refused) as refused:
        standing_of(parse('claim("1-01")'), {}, CONTEXT)
    assert "only the check of a conclusion" in refused.value.mend


def test_claims_are_named_in_their_order_once() -> None:
    check = parse('claim("b-02") and all_claims(["a-01", "b-02"]) and claims_holding(["z-01"]) > 0')
    assert claims_named(check) == ["b-02", "a-01", "z-01"]
    assert {w for w in WORDS if "claim" in w} == set(CLAIM_WORDS)


def test_whatever_is_not_decided_has_something_that_would_settle_it() -> None:
    held = {ClaimReason.BY_CONSTRUCTION, ClaimReason.CONFLICTS_WITH_PRINT}
    decided = held | {ClaimReason.OTHER_RESULT, ClaimReason.OUR_THRESHOLD}
    assert set(NEEDED) == set(ClaimReason) - decided
    assert all(s.meaning for s in Standing)


def test_every_word_that_is_a_truth_tells_what_it_settles() -> None:
    asked = {"relation", "sentence", "statement", "not_checkable", "needs", *CLAIM_WORDS}
    asked.add("by_all_readings")  # What its readings settle.
    without = {w.name for w in WORDS.values() if w.returns == TRUTH and w.touches is None}
    assert without == asked - {"claims_holding"}


# -- the published file


def published() -> pd.DataFrame:
    return read_csv(PUBLISHED / "conclusions.csv")


def test_the_published_conclusions_meet_their_contract_and_name_claims() -> None:
    assert len(read_study({"conclusions": PUBLISHED / "conclusions.csv"})["conclusions"]) >= 20
    named = read_csv(PUBLISHED / "claims.csv")["claim"]
    assert conclusion_problems(published(), "conclusions.csv", named) == []


def test_the_published_conclusions_are_numbered_and_each_claim_is_of_a_part() -> None:
    frame = published()
    assert list(frame["conclusion"]) == [f"c-{n:02d}" for n in range(1, len(frame) + 1)]
    assert all(re.fullmatch(r"[^.]+", s.rstrip()) for s in frame["statement"])
    for check in frame["check"]:
        parts = [set(claims_named(p)) for p in parts_of(parse(check))]
        assert sum(map(len, parts)) == len(set().union(*parts)), check


@pytest.mark.parametrize(
    ("column", "value", "says"),
    [("conclusion", "seven", "c and a number"), ("line", "0", "1"), ("check", "", "")],
)
def test_a_broken_file_of_conclusions_is_told(
    tmp_path: Path, column: str, value: str, says: str
) -> None:
    frame = published()
    frame.loc[1, column] = value
    file = tmp_path / "conclusions.csv"
    frame.to_csv(file, index=False)
    with pytest.raises(ProblemsFound) as found:
        read_study({"conclusions": file})
    assert any(p.row == 3 and p.column == column for p in found.value.problems)
    assert says in str(found.value)


def test_lines_out_of_order_are_told(tmp_path: Path) -> None:
    frame = published().iloc[::-1]
    file = tmp_path / "conclusions.csv"
    frame.to_csv(file, index=False)
    with pytest.raises(ProblemsFound, match="behind one of a later line"):
        read_study({"conclusions": file})


def test_claims_and_conclusions_are_checked_together() -> None:
    frame = claims(HOLDS)[["claim", "section", "line", "statement", "rests_on"]].assign(
        check='cell("nowhere", "a", "b") > 1'
    )
    bad = pd.DataFrame([conclusion('claim("1-02")')])
    items = pd.DataFrame({"item": ["t"], "line": ["10"], "evidence": ["printed-records"]})
    cells = pd.DataFrame(
        {"item": ["t"], "row": ["r"], "column": ["c"], "text": ["1"], "kind": ["count"]}
    )
    files = {"claims": (frame, "claims.csv"), "conclusions": (bad, "conclusions.csv")}
    found = sentence_problems(files, items, cells, {"relations": []})
    assert {p.file for p in found} == {"claims.csv", "conclusions.csv"}
    assert sentence_problems({}, items, cells, {"relations": []}) == []


def test_verdicts_of_claims_are_all_known() -> None:
    assert {HOLDS, FAILS, OPEN, NOT} == set(map(str, ClaimVerdict))
