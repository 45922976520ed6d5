"""What would turn a sentence, on a small print whose answers are known by hand."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medlead.present.turned import turned_by_claim, turned_counts
from medlead.sources.inputs import read_yaml
from medlead.verdicts.claim_evidence import ClaimEvidence
from medlead.verdicts.claim_language import truth_words
from medlead.verdicts.claim_registry import Context
from medlead.verdicts.claim_thresholds import load_words
from medlead.verdicts.claim_verdicts import Turns
from medlead.verdicts.claims import judge_claims
from medlead.verdicts.conclusions import rows_of
from medlead.verdicts.counterfactual import Print
from medlead.verdicts.relations import printed_cells
from medlead.verdicts.turning import LEFT_OUT, STRANGE, TURN_COLUMNS, Turning, turn_claims

ROOT = Path(__file__).parents[2]
THRESHOLDS = load_words(
    read_yaml(ROOT / "config/instruments/words.yaml"),
    truth_words(ours=True),
    truth_words(ours=False),
)
ITEMS = pd.DataFrame({"item": ["t", "r"], "evidence": ["printed-aggregates"] * 2})
CELLS = pd.DataFrame(
    [
        ("t", "a", "n", "30", "count"),
        ("t", "b", "n", "20", "count"),
        ("t", "c", "n", "10", "count"),
        ("t", "all", "n", "60", "count"),
        ("t", "a", "share", "50", "percent"),
        ("t", "c", "word", "Only", "label"),
        ("r", "first", "r", "0.68", "statistic"),
        ("r", "second", "r", "-0.47", "statistic"),
        ("r", "first", "name", "Grand Scale", "label"),
        ("r", "second", "name", "Small Scale", "label"),
    ],
    columns=["item", "row", "column", "text", "kind"],
).assign(line="10", section="4")
DECLARED = [
    {
        "relation": "sum",
        "kind": "total",
        "says": "They add up.",
        "parts": {"item": "t", "rows": ["a", "b", "c"], "columns": ["n"]},
        "total": {"item": "t", "rows": ["all"], "columns": ["n"]},
    }
]
FRAMES = {
    "verdicts/relations": pd.DataFrame(
        {
            "relation": ["sum"],
            "instance": ["sum"],
            "says": ["They add up."],
            "outcome": ["holds"],
            "left": ["60"],
            "right": ["60"],
            "evidence": ["printed-aggregates"],
        }
    ),
    "performance/p": pd.DataFrame(
        {"who": ["x"], "p": ["0.03214567891"], "evidence": ["printed-records"]}
    ),
    "engagement/statements": pd.DataFrame(
        {
            "statement": ["A-01"],
            "verdict": ["agrees-by-construction"],
            "found": ["so"],
            "evidence": ["simulated"],
        }
    ),
}
RECORDS = {"people": pd.DataFrame({"who": ["x", "y"], "board": ["3", "5"], "kind": ["one", "two"]})}
A, B = 'cell("t", "a", "n")', 'cell("t", "b", "n")'


def _turned(*checks: str, follow: bool = True) -> pd.DataFrame:
    claims = pd.DataFrame(
        [(f"q-{n}", "4", "10", "It is so.", "t", check) for n, check in enumerate(checks)],
        columns=["claim", "section", "line", "statement", "rests_on", "check"],
    )
    printed = Print(CELLS, ITEMS, DECLARED, {}, FRAMES.get, RECORDS.get, THRESHOLDS)
    evidence = ClaimEvidence(
        printed_cells(CELLS),
        dict(zip(ITEMS["item"], ITEMS["evidence"], strict=True)),
        FRAMES.get,
        RECORDS.get,
        printed.lines,
    )
    context = Context(evidence, THRESHOLDS)
    judged = judge_claims(claims, context).judged
    frame = turn_claims(
        claims, judged, Turning(printed, context), lambda name: np.random.default_rng(7)
    )
    # What is told is tried again by the way that weighs what wrong cells change.
    for row in frame[frame["kind"] == "cell"].to_dict("records") if follow else []:
        key = (row["item"], row["row"], row["column"])
        again = printed.changed({key: row["instead"]}, rows_of(claims), judged)
        assert str(again.verdicts[row["claim"]].verdict) == row["becomes"]
    return frame


def test_the_least_change_is_told_with_its_steps_and_what_it_makes_of_the_sentence() -> None:
    frame = _turned(f'most({A} + {B}, cell("t", "all", "n"))')
    assert list(frame.columns) == list(TURN_COLUMNS)
    (row,) = frame.to_dict("records")
    # 50 of 60: no longer more than half once 30 are left, so 10 for a; or 100 in all, 40 steps.
    assert (row["row"], row["printed"], row["instead"], row["steps"]) == ("a", "30", "10", 20)
    assert (row["turns"], row["becomes"]) == (Turns.ONE, "fails")
    assert (row["looked_at"], row["can_turn"]) == (3, 3)


def test_one_step_of_a_count_or_one_word_is_told_as_such() -> None:
    frame = _turned(
        f"{A} == 30",
        'same_text(text("r", "first", "name"), "Grand Scale")',
    )
    assert frame["turns"].tolist() == [Turns.ONE_STEP] * 2
    assert frame["instead"].tolist() == ["31", "Small Scale"]
    assert frame["printed"].tolist() == ["30", "Grand Scale"]


def test_a_failing_sentence_tells_what_would_make_it_hold() -> None:
    (row,) = _turned(f"{B} > {A}").to_dict("records")
    assert (row["verdict"], row["becomes"]) == ("fails", "holds")
    assert (row["row"], row["instead"], row["steps"]) == ("b", "31", 11)


def test_rounded_numbers_move_by_their_last_digit_and_stay_within_their_scale() -> None:
    frame = _turned('cell("r", "first", "r") > 0.5', 'cell("r", "second", "r") > -1.2')
    holds, always = frame.to_dict("records")
    # 0.51 may have been 0.505, which is more; 0.50 may have been 0.495.
    assert (holds["instead"], holds["steps"], holds["becomes"]) == ("0.50", 18, "undecidable")
    assert always["turns"] == Turns.NEVER


def test_what_several_changes_turn_together_is_told_from_what_nothing_turns() -> None:
    frame = _turned(f"{A} > 0 or {B} > 0", f"{A} >= 0", f"{A} + 1 > {A}")
    assert frame["turns"].tolist() == [Turns.SEVERAL, Turns.NEVER, Turns.NEVER]
    assert frame["can_turn"].tolist() == [0, 0, 0]
    assert set(frame["instead"]) == {""}


def test_what_only_counts_what_is_printed_turns_by_leaving_something_out() -> None:
    (row,) = _turned('size(texts("t", "*", "n")) == 4', follow=False).to_dict("records")
    assert (row["instead"], row["becomes"], row["can_turn"]) == (LEFT_OUT, "fails", 4)


def test_what_looks_for_a_heading_turns_by_a_heading() -> None:
    frame = _turned('contains(cells("t", "a", "*"), "Missing")', follow=False)
    (row,) = frame.to_dict("records")
    assert (row["instead"], row["becomes"]) == ("headed 'Missing'", "holds")
    assert "headed 'Missing', it would hold" in turned_by_claim(frame)["q-0"]


def test_numbers_that_must_all_be_alike_to_turn_it_are_tried_alike() -> None:
    (row,) = _turned('differs_between(cells("t", ["a", "b", "c"], "n"))').to_dict("records")
    assert row["turns"] == Turns.SEVERAL


def test_relations_turn_by_their_cells_and_records_and_results_by_their_entries() -> None:
    frame = _turned(
        'relation("sum")',
        'lowest(records("people", "board", by="who")) == 3',
        'value(records("people", "board", by="who"), "y") > 0',
        'found("performance/p", "p", who="x") < 0.05',
    )
    relation, record, other, result = frame.to_dict("records")
    assert frame["kind"].tolist() == ["cell", "record", "record", "frame"]
    assert (relation["looked_at"], relation["can_turn"], relation["steps"]) == (4, 4, 1)
    assert (record["where"], record["printed"], record["instead"]) == ("who x", "3", "4")
    assert (other["where"], other["instead"], other["can_turn"]) == ("who y", "0", 1)
    # A computed number moves by about a hundredth of it: 0.032 to 0.051 in nineteen steps.
    assert (result["instead"], result["steps"]) == ("0.050", 18)


def test_a_failing_search_for_words_holds_where_the_text_has_what_the_check_asks_for() -> None:
    (row,) = _turned('contains(text("t", "c", "word"), "Missing")').to_dict("records")
    assert (row["verdict"], row["instead"], row["becomes"]) == ("fails", "Missing", "holds")


def test_what_holds_by_construction_or_is_open_has_no_row() -> None:
    frame = _turned('statement("A-01")', 'not_checkable("interviews")', f"{A} > 1")
    assert frame["claim"].tolist() == ["q-2"]


@settings(max_examples=25)
@given(st.integers(min_value=0, max_value=120))
def test_the_least_change_is_that_of_trying_every_number(limit: int) -> None:
    (row,) = _turned(f"{A} > {limit}").to_dict("records")
    # Counts go from 0 to 30 + twice the largest of the column.
    turning = [n for n in range(151) if (n > limit) != (limit < 30)]
    assert row["instead"] == str(min(turning, key=lambda n: abs(n - 30)))
    assert row["steps"] == abs(int(row["instead"]) - 30)


def test_a_word_alone_in_its_column_is_tried_against_a_strange_one() -> None:
    (row,) = _turned('same_text(text("t", "c", "word"), "Only")').to_dict("records")
    assert (row["instead"], row["becomes"]) == (STRANGE, "fails")


def test_what_would_turn_a_sentence_is_told_in_words() -> None:
    frame = _turned(
        f"{A} == 30",
        f"{A} > 0 or {B} > 0",
        f"{A} >= 0",
        'lowest(records("people", "board", by="who")) == 3',
        f"{B} > {A}",
    )
    told = turned_by_claim(frame)
    assert told == {
        "q-0": "with 31 instead of 30 in T , a, n, it would fail",
        "q-1": "none of 2 values alone, several together",
        "q-2": "nothing that was tried",
        "q-3": "with 4 instead of 3 in people.csv, who x, board, it would fail",
        "q-4": "with 31 instead of 20 in T , b, n, it would hold",
    }
    counts = [(Turns.ONE_STEP, 2, 0), (Turns.ONE, 0, 1), (Turns.SEVERAL, 1, 0), (Turns.NEVER, 1, 0)]
    assert turned_counts(frame) == counts


def test_a_file_without_what_is_told_is_refused() -> None:
    with pytest.raises(ValueError, match="no column becomes"):
        turned_by_claim(_turned(f"{A} == 30").drop(columns="becomes"))
