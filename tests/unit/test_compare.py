"""The verdict on single cells: which evidence decides, and whom a contradiction blames."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import pytest

from medlead.evidence import EvidenceClass, Reason, Verdict
from medlead.verdicts.compare import (
    RELATION_COLUMNS,
    VERDICT_COLUMNS,
    judge_cells,
    rebuilt_cells,
    relation_frame,
)
from medlead.verdicts.declared import expand
from medlead.verdicts.judgement import Judgement
from medlead.verdicts.mends import smallest_mends
from medlead.verdicts.relations import Cell, Key, numeric_values
from medlead.verdicts.relations import test_instance as decide
from medlead.verdicts.solved import Solved

RECORDS, AGGREGATES = EvidenceClass.PRINTED_RECORDS, EvidenceClass.PRINTED_AGGREGATES


def judged(
    cells: Sequence[Cell],
    declarations: Sequence[Mapping[str, Any]] = (),
    *,
    rebuilt: Mapping[Key, tuple[str, EvidenceClass]] | None = None,
    marks: Mapping[Key, Judgement] | None = None,
    outside: frozenset[Key] = frozenset(),
    evidence: EvidenceClass = EvidenceClass.RECONSTRUCTED,
) -> dict[Key, dict[str, str]]:
    texts, values = {c.key: c.text for c in cells}, numeric_values(cells)
    outcomes = [decide(i, values, texts) for i in expand(declarations, cells)]
    mends, unresolved = smallest_mends(outcomes, values, texts)
    frame = judge_cells(
        cells,
        item_evidence={c.key[0]: evidence for c in cells},
        rebuilt=rebuilt or {},
        marks=marks or {},
        outcomes=outcomes,
        mends=mends,
        unresolved=unresolved,
        outside=outside,
    )
    assert list(frame.columns) == VERDICT_COLUMNS
    assert [tuple(k) for k in frame[["item", "row", "column"]].to_numpy()] == [c.key for c in cells]
    return {(r["item"], r["row"], r["column"]): r for r in frame.to_dict("records")}


def counts(**numbers: str | int) -> list[Cell]:
    return [Cell(("t", name, "n"), str(text), "count") for name, text in numbers.items()]


SUM = {
    "relation": "sum",
    "kind": "total",
    "says": "",
    "parts": {"item": "t", "rows": ["a", "b"], "columns": ["n"]},
    "total": {"item": "t", "rows": ["whole"], "columns": ["n"]},
}


def repeats(first: str, second: str) -> dict[str, Any]:
    return {
        "relation": f"{first} again",
        "kind": "same",
        "says": "",
        "first": {"item": "t", "rows": [first], "columns": ["n"]},
        "second": {"item": "t", "rows": [second], "columns": ["n"]},
    }


def share(row: str) -> dict[str, Any]:
    return {
        "relation": f"share of {row}",
        "kind": "share",
        "says": "",
        "percent": {"item": "t", "rows": [row], "columns": ["%"]},
        "count": {"item": "t", "rows": [row], "columns": ["n"]},
        "base": {"item": "t", "rows": ["whole"], "columns": ["n"]},
    }


def percent(row: str, text: str) -> Cell:
    return Cell(("t", row, "%"), text, "percent")


@pytest.mark.parametrize(
    ("evidence", "text", "verdict", "rule", "reason"),
    [
        (RECORDS, "7", Verdict.AGREES_BY_CONSTRUCTION, "copied-record", ""),
        (EvidenceClass.RECONSTRUCTED, "7", Verdict.AGREES_BY_CONSTRUCTION, "copied-record", ""),
        (AGGREGATES, "7", Verdict.AGREES, "arithmetic: exact", ""),
        (RECORDS, "8", Verdict.DIFFERS, "exact", Reason.CONFLICTS_WITH_PRINT),
        (RECORDS, "7.0", Verdict.DIFFERS, "exact", Reason.CONFLICTS_WITH_PRINT),
    ],
)
def test_a_rebuilt_table_decides(
    evidence: EvidenceClass, text: str, verdict: Verdict, rule: str, reason: str
) -> None:
    row = judged(counts(a=7), rebuilt={("t", "a", "n"): (text, evidence)})[("t", "a", "n")]
    assert (row["verdict"], row["rule"], row["reason"]) == (verdict, rule, reason)
    assert (row["printed"], row["rebuilt"], row["evidence"]) == ("7", text, evidence)


def test_the_records_of_a_study_are_never_held_against_the_print() -> None:
    for text in ("7", "8"):
        with pytest.raises(ValueError, match="of a study"):
            judged(counts(a=7), rebuilt={("t", "a", "n"): (text, EvidenceClass.STUDY)})


def test_a_copied_record_is_no_reproduction_whatever_relations_say() -> None:
    cells = counts(a=1, b=2, whole=3)
    rebuilt: dict[Key, tuple[str, EvidenceClass]] = {("t", "whole", "n"): ("3", RECORDS)}
    row = judged(cells, [SUM], rebuilt=rebuilt)[("t", "whole", "n")]
    assert row["verdict"] == Verdict.AGREES_BY_CONSTRUCTION


def test_a_total_that_follows_agrees_and_its_parts_are_not_derivable() -> None:
    found = judged(counts(a=1, b=2, whole=3), [SUM])
    assert found[("t", "whole", "n")]["verdict"] == Verdict.AGREES
    assert found[("t", "whole", "n")]["rebuilt"] == "3"
    assert found[("t", "whole", "n")]["rule"] == "arithmetic: exact"
    assert found[("t", "whole", "n")]["evidence"] == AGGREGATES
    for part in "ab":
        assert found[("t", part, "n")]["verdict"] == Verdict.NOT_DERIVABLE
        assert found[("t", part, "n")]["reason"] == Reason.STAGE_NOT_BUILT


def test_a_failing_total_blames_none_of_its_cells() -> None:
    found = judged(counts(a=1, b=2, whole=4), [SUM])
    for row in found.values():
        assert row["verdict"] == Verdict.NOT_DERIVABLE
        assert row["reason"] == Reason.CONFLICTING_EVIDENCE
        assert row["rebuilt"] == ""


def test_a_wrong_part_that_is_known_does_not_count_against_the_total() -> None:
    # The shares fix the part a and the whole; only b can be wrong.
    cells = [*counts(a=30, b=75, whole=100), percent("a", "30"), percent("b", "70")]
    found = judged(cells, [SUM, share("a"), share("b")])
    wrong = found[("t", "b", "n")]
    assert (wrong["verdict"], wrong["rebuilt"]) == (Verdict.DIFFERS, "70")
    assert wrong["reason"] == Reason.CONFLICTS_WITH_PRINT
    # Neither the total nor the percentage of b may be called wrong for the error of b.
    for innocent in (("t", "whole", "n"), ("t", "b", "%")):
        assert found[innocent]["verdict"] == Verdict.NOT_DERIVABLE
        assert found[innocent]["reason"] == Reason.STAGE_NOT_BUILT
    assert found[("t", "a", "%")]["verdict"] == Verdict.AGREES


def test_of_two_tests_that_derive_a_cell_the_failing_one_decides() -> None:
    cells = counts(a=1, b=2, whole=3, again=4)
    found = judged(cells, [SUM, repeats("again", "whole")])
    # The sum holds, but of two printings that disagree neither is the better one.
    for name in ("whole", "again"):
        row = found[("t", name, "n")]
        assert (row["verdict"], row["reason"]) == (
            Verdict.NOT_DERIVABLE,
            Reason.CONFLICTING_EVIDENCE,
        )
        assert (row["rebuilt"], row["rule"]) == ("", "")


def test_a_percentage_that_fails_is_blamed_though_it_is_repeated() -> None:
    cells = [*counts(a=1, whole=2), percent("a", "51"), percent("told", "51")]
    told = repeats("told", "a")
    for side in ("first", "second"):
        told[side] = {**told[side], "columns": ["%"]}
    found = judged(cells, [told, share("a")])
    row = found[("t", "a", "%")]
    assert (row["verdict"], row["reason"]) == (Verdict.DIFFERS, Reason.CONFLICTS_WITH_PRINT)
    assert (row["rebuilt"], row["rule"]) == ("50", "against T : a and whole, n")


@pytest.mark.parametrize(
    ("first", "second", "verdict", "rule"),
    [
        ("4", "4", Verdict.AGREES, "printed twice: exact"),
        ("Four", "4", Verdict.AGREES, "printed twice: exact"),
        ("4.4", "4", Verdict.AGREES_BY_ROUNDING, "printed twice: nearest"),
        ("4.5", "4", Verdict.AGREES_BY_ROUNDING, "printed twice: half-even"),
        ("4.5", "5", Verdict.AGREES_BY_ROUNDING, "printed twice: half-up"),
        ("4.8", "4", Verdict.AGREES_BY_ROUNDING, "printed twice: truncation"),
    ],
)
def test_a_number_that_is_merely_repeated_says_so(
    first: str, second: str, verdict: Verdict, rule: str
) -> None:
    found = judged(counts(a=first, b=second), [repeats("a", "b")])
    row = found[("t", "b", "n")]
    assert (row["verdict"], row["rule"], row["rebuilt"]) == (verdict, rule, first)
    # The first printing rests on nothing else.
    assert found[("t", "a", "n")]["verdict"] == Verdict.NOT_DERIVABLE


@pytest.mark.parametrize(("first", "second"), [("4", "5"), ("5", "4"), ("4.1", "5"), ("4", "x")])
def test_two_printings_that_disagree_blame_neither(first: str, second: str) -> None:
    for row in judged(counts(a=first, b=second), [repeats("a", "b")]).values():
        assert (row["verdict"], row["reason"]) == (
            Verdict.NOT_DERIVABLE,
            Reason.CONFLICTING_EVIDENCE,
        )
        assert row["rebuilt"] == ""


def test_a_known_culprit_clears_the_other_printing() -> None:
    cells = [*counts(a=30, b=75, whole=100, again=70), percent("a", "30"), percent("b", "70")]
    found = judged(cells, [SUM, share("a"), share("b"), repeats("again", "b")])
    wrong = found[("t", "b", "n")]
    assert (wrong["verdict"], wrong["rebuilt"]) == (Verdict.DIFFERS, "70")
    assert found[("t", "again", "n")]["reason"] == Reason.STAGE_NOT_BUILT


def test_arithmetic_is_named_before_a_repetition() -> None:
    found = judged(counts(a=1, b=2, whole=3, again=3), [repeats("again", "whole"), SUM])
    row = found[("t", "whole", "n")]
    assert (row["verdict"], row["rule"]) == (Verdict.AGREES, "arithmetic: exact")


@pytest.mark.parametrize(
    ("text", "verdict", "rebuilt", "rule", "reason"),
    [
        ("2", Verdict.AGREES, "2", "arithmetic: exact", ""),
        ("1", Verdict.DIFFERS, "2", "against U : 1 and 2, n", Reason.CONFLICTS_WITH_PRINT),
    ],
)
def test_the_commonest_number_follows_from_the_counts(
    text: str, verdict: Verdict, rebuilt: str, rule: str, reason: str
) -> None:
    cells = [Cell(("u", head, "n"), n, "count") for head, n in (("1", "4"), ("2", "9"))]
    told = {
        "relation": "most",
        "kind": "commonest",
        "says": "",
        "parts": {"item": "u"},
        "value": {"item": "t"},
    }
    found = judged([*cells, *counts(most=text)], [told])
    row = found[("t", "most", "n")]
    assert (row["verdict"], row["rebuilt"], row["rule"], row["reason"]) == (
        verdict,
        rebuilt,
        rule,
        reason,
    )
    # The counts themselves are not blamed for what the text says of them.
    assert found[("u", "1", "n")]["reason"] == Reason.STAGE_NOT_BUILT


def test_two_tests_that_both_hold_name_the_rounding_that_was_needed() -> None:
    cells = [
        *counts(a=2, whole=3),
        percent("a", "67"),
        Cell(("t", "told", "%"), "66.7", "percent"),
    ]
    told = repeats("told", "a")
    for side in ("first", "second"):
        told[side] = {**told[side], "columns": ["%"]}
    row = judged(cells, [share("a"), told])[("t", "a", "%")]
    assert row["verdict"] == Verdict.AGREES_BY_ROUNDING
    assert row["rule"] == "arithmetic: nearest"
    assert row["rebuilt"] == "66.66666667"
    assert (row["low"], row["high"]) == ("66.5", "67.5")


def test_a_wrong_percentage_shows_what_follows() -> None:
    row = judged([*counts(a=2, whole=245), percent("a", "0.1")], [share("a")])[("t", "a", "%")]
    assert row["verdict"] == Verdict.DIFFERS
    assert float(row["rebuilt"]) == pytest.approx(100 * 2 / 245)


def test_a_percentage_of_nothing_differs_without_a_value() -> None:
    row = judged([*counts(a=0, whole=0), percent("a", "0")], [share("a")])[("t", "a", "%")]
    assert (row["verdict"], row["rebuilt"]) == (Verdict.DIFFERS, "")


def test_reasons_of_what_cannot_be_derived() -> None:
    cells = [
        Cell(("t", "(heading)", "Budget"), "Budget", "label"),
        Cell(("t", "(note)", "n"), "Rounded", "label"),
        Cell(("t", "Acute", "(sub-heading)"), "Acute", "label"),
        Cell(("t", "a", "says"), "sha256:0123456789abcdef", "label"),
        Cell(("t", "far", "n"), "9", "count"),
        Cell(("t", "a", "n"), "9", "count"),
        Cell(("t", "b", "n"), "", "count"),
    ]
    found = judged(cells, outside=frozenset({("t", "far", "n")}), evidence=AGGREGATES)
    assert [r["reason"] for r in found.values()] == [
        Reason.NAMES_ONLY,
        Reason.NAMES_ONLY,
        Reason.NAMES_ONLY,
        Reason.SENTENCE_NOT_CARRIED,
        Reason.OUTSIDE_INFORMATION,
        Reason.STAGE_NOT_BUILT,
        Reason.PRINTED_BLANK,
    ]
    assert {r["verdict"] for r in found.values()} == {Verdict.NOT_DERIVABLE}


def test_a_basic_fact_is_a_number_of_the_text_from_which_others_follow() -> None:
    sections = [Cell(("section-1", row, "n"), "9", "count") for row in ("read", "unread")]
    told = repeats("", "again")
    told["first"] = {"item": "section-1", "rows": ["read"]}
    found = judged([*sections, *counts(again=9, b=1)], [told])
    assert {key[:2]: row["reason"] for key, row in found.items()} == {
        ("section-1", "read"): Reason.BASIC_FACT,
        # Nothing is derived from it, so that it is no basis of anything.
        ("section-1", "unread"): Reason.STAGE_NOT_BUILT,
        ("t", "again"): "",
        ("t", "b"): Reason.STAGE_NOT_BUILT,
    }
    # A table's cell is none, though a relation reads it.
    found = judged(counts(a=9, again=9), [repeats("a", "again")])
    assert found[("t", "a", "n")]["reason"] == Reason.STAGE_NOT_BUILT


def test_a_fingerprint_is_never_an_agreement() -> None:
    key: Key = ("t", "a", "says")
    row = judged(
        [Cell(key, "sha256:0123456789abcdef", "label")],
        rebuilt={key: ("sha256:0123456789abcdef", RECORDS)},
    )[key]
    assert row["verdict"] == Verdict.NOT_DERIVABLE


def test_marks_carry_their_own_judgement() -> None:
    key: Key = ("t", "a / stars", "n")
    rule = "test: t of r, two-sided"
    mark = Judgement(Verdict.DIFFERS, AGGREGATES, "*", rule, Reason.TEST_DIFFERS)
    row = judged([Cell(key, "**", "stars")], marks={key: mark})[key]
    assert (row["verdict"], row["rebuilt"], row["rule"]) == ("differs", "*", rule)
    assert (row["low"], row["high"]) == ("", "")


@pytest.mark.parametrize(
    ("text", "kind", "low", "high"),
    [
        ("-0.30", "statistic", "-0.305", "-0.295"),
        ("12", "count", "12", "12"),
        ("Two", "count", "2", "2"),
        ("23,782", "n", "23782", "23782"),
        ("", "percent", "", ""),
        ("Fully Met", "rating", "", ""),
        ("7", "label", "", ""),
        ("5 Divisions", "value", "", ""),
    ],
)
def test_bounds_of_the_printed_number(text: str, kind: str, low: str, high: str) -> None:
    row = judged([Cell(("t", "a", "n"), text, kind)])[("t", "a", "n")]
    assert (row["low"], row["high"]) == (low, high)


def test_a_cell_of_an_unknown_item_is_an_error() -> None:
    with pytest.raises(KeyError):
        judge_cells(
            counts(a=1),
            item_evidence={},
            rebuilt={},
            marks={},
            outcomes=[],
            mends=[],
            unresolved=[],
        )


@pytest.mark.parametrize("strange", [("t", "b", "n"), ("t", "a", "%"), ("u", "a", "n")])
def test_what_is_rebuilt_but_printed_nowhere_is_an_error(strange: Key) -> None:
    known: Key = ("t", "a", "n")
    judged(counts(a=1), rebuilt={known: ("1", RECORDS)})
    with pytest.raises(ValueError, match="not printed") as raised:
        judged(counts(a=1), rebuilt={known: ("1", RECORDS), strange: ("1", RECORDS)})
    assert str(strange) in str(raised.value)
    assert str(known) not in str(raised.value)
    mark = Judgement(Verdict.AGREES, AGGREGATES, "*", "test: t of r, two-sided")
    with pytest.raises(ValueError, match="not printed") as raised:
        judged(counts(a=1), marks={strange: mark})
    assert str(strange) in str(raised.value)


def test_rebuilt_tables_give_each_cell_once() -> None:
    frame = pd.DataFrame(
        {"row": ["a", "b"], "column": ["n", "n"], "text": ["1", ""], "evidence": ["study"] * 2}
    )
    assert rebuilt_cells({"t": frame}) == {
        ("t", "a", "n"): ("1", EvidenceClass.STUDY),
        ("t", "b", "n"): ("", EvidenceClass.STUDY),
    }
    with pytest.raises(ValueError, match="twice"):
        rebuilt_cells({"t": pd.concat([frame, frame])})
    with pytest.raises(ValueError, match="guess"):
        rebuilt_cells({"t": frame.assign(evidence="guess")})


def test_every_test_is_listed_with_its_outcome_even_none() -> None:
    assert list(relation_frame([]).columns) == RELATION_COLUMNS
    cells = counts(a=1, b=2, whole=4)
    texts, values = {c.key: c.text for c in cells}, numeric_values(cells)
    outcomes = [decide(i, values, texts) for i in expand([SUM, repeats("a", "a")], cells)]
    frame = relation_frame(outcomes)
    assert frame["outcome"].tolist() == ["fails", "holds"]
    assert frame["cells"].tolist() == [3, 2]
    assert (frame["left"][0], frame["right"][0]) == ("3", "4")


# --- what solved records add ------------------------------------------------------------

MET = Judgement(Verdict.AGREES_BY_CONSTRUCTION, EvidenceClass.RECONSTRUCTED, "1", "solved-margin")
CONFLICT = Judgement(
    Verdict.NOT_DERIVABLE,
    EvidenceClass.RECONSTRUCTED,
    rule="least slack: one of 2 cells, 2 equally good sets",
    reason=Reason.CONFLICTING_EVIDENCE,
)


def with_records(
    cells: Sequence[Cell], declarations: Sequence[Mapping[str, Any]] = (), **conflicts: Judgement
) -> dict[Key, dict[str, str]]:
    """Judged where solved records meet every cell but those of the conflicts."""
    texts, values = {c.key: c.text for c in cells}, numeric_values(cells)
    outcomes = [decide(i, values, texts) for i in expand(declarations, cells)]
    mends, unresolved = smallest_mends(outcomes, values, texts)
    frame = judge_cells(
        cells,
        item_evidence={c.key[0]: EvidenceClass.RECONSTRUCTED for c in cells},
        rebuilt={},
        marks={},
        outcomes=outcomes,
        mends=mends,
        unresolved=unresolved,
        solved=Solved(
            {("t", name, "n"): found for name, found in conflicts.items()},
            {c.key: MET for c in cells},
        ),
    )
    return {(r["item"], r["row"], r["column"]): r for r in frame.to_dict("records")}


def test_what_the_print_determines_is_no_agreement_by_construction() -> None:
    found = with_records(counts(a=1, b=2, whole=3), [SUM])
    assert found["t", "whole", "n"]["verdict"] == Verdict.AGREES
    assert found["t", "a", "n"]["verdict"] == Verdict.AGREES_BY_CONSTRUCTION
    wrong = with_records([*counts(a=1, whole=2), percent("a", "51")], [share("a")])
    assert wrong["t", "a", "%"]["verdict"] == Verdict.DIFFERS


LIMIT = {
    "relation": "limit",
    "kind": "at-most",
    "says": "",
    "parts": {"item": "t", "rows": ["a", "b"], "columns": ["n"]},
    "limit": {"item": "t", "rows": ["whole"], "columns": ["n"]},
}
ORDER = {
    "relation": "order",
    "kind": "descending",
    "says": "",
    "parts": {"item": "t", "rows": ["a", "b", "whole"], "columns": ["n"]},
}


@pytest.mark.parametrize("declared", [SUM, LIMIT, ORDER], ids=lambda d: d["kind"])
def test_records_that_meet_a_cell_do_not_hide_that_a_relation_fails(
    declared: dict[str, Any],
) -> None:
    found = with_records(counts(a=1, b=2, whole=2, other=1), [declared])
    conflict = (str(Verdict.NOT_DERIVABLE), str(Reason.CONFLICTING_EVIDENCE))
    for name in ("a", "b", "whole"):
        row = found["t", name, "n"]
        assert (row["verdict"], row["reason"]) == conflict
    assert found["t", "other", "n"]["verdict"] == Verdict.AGREES_BY_CONSTRUCTION


def test_a_range_that_the_counts_refuse_is_in_doubt_and_its_counts_are_not() -> None:
    cells = [Cell(("u", band, "n"), n, "count") for band, n in (("1", "9"), ("2", "1"))]
    ends = {"item": "t"}
    declared = {"relation": "r", "kind": "most-within", "says": "", "parts": {"item": "u"}}
    found = with_records([*cells, *counts(low=2, high=3)], [{**declared, "ends": ends}])
    assert [row["reason"] for row in found.values()] == [
        *["", ""],
        *[Reason.CONFLICTING_EVIDENCE] * 2,
    ]
    # Where it holds, other ranges would do as well.
    found = judged([*cells, *counts(low=1, high=3)], [{**declared, "ends": ends}])
    assert found["t", "low", "n"]["reason"] == Reason.ONLY_BOUNDED


def test_a_conflict_of_all_the_print_stands_before_an_agreement() -> None:
    found = with_records(counts(a=1, b=2, whole=3), [SUM], whole=CONFLICT, a=CONFLICT)
    assert found["t", "whole", "n"]["reason"] == Reason.CONFLICTING_EVIDENCE
    assert found["t", "a", "n"]["rule"] == CONFLICT.rule
    # A cell that its own relation shows wrong needs no further doubt.
    cells = [*counts(a=1, whole=2), percent("a", "51")]
    key: Key = ("t", "a", "%")
    solved = Solved({key: CONFLICT})
    texts, values = {c.key: c.text for c in cells}, numeric_values(cells)
    outcomes = [decide(i, values, texts) for i in expand([share("a")], cells)]
    frame = judge_cells(
        cells,
        item_evidence={"t": AGGREGATES},
        rebuilt={},
        marks={},
        outcomes=outcomes,
        mends=[],
        unresolved=[],
        solved=solved,
    )
    assert frame.set_index("column").loc["%", "verdict"] == Verdict.DIFFERS


def test_a_tied_rank_is_open_and_another_follows() -> None:
    cells = [
        Cell(("t", name, column), str(text), "count")
        for name, n, rank in (("a", 5, 1), ("b", 3, 2), ("c", 3, 3), ("d", 1, 3))
        for column, text in (("n", n), ("rank", rank))
    ]
    declared = {
        "relation": "ranked",
        "kind": "ranked",
        "says": "",
        "for_each": "row",
        "place": {"item": "t", "columns": ["rank"]},
        "value": {"item": "t", "columns": ["n"]},
        "base": {"item": "t", "columns": ["n"]},
    }
    found = judged(cells, [declared])
    assert found["t", "a", "rank"]["rule"] == "arithmetic: exact"
    assert found["t", "b", "rank"]["reason"] == found["t", "c", "rank"]["reason"] == Reason.TIED
    assert found["t", "d", "rank"]["verdict"] == Verdict.DIFFERS
    assert found["t", "d", "rank"]["rebuilt"] == "4"


def test_a_figure_that_nothing_bears_on_says_so_where_it_is_declared() -> None:
    cells = counts(alone=12)
    frame = judge_cells(
        cells,
        item_evidence={"t": AGGREGATES},
        rebuilt={},
        marks={},
        outcomes=[],
        mends=[],
        unresolved=[],
        stated_once=frozenset({("t", "alone", "n")}),
    )
    assert frame["reason"].tolist() == [Reason.STATED_ONCE]
