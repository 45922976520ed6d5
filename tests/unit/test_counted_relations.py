"""Relations that count cells, and those that bear on a cell only if the print is read so."""

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from medlead.evidence import EvidenceClass, Reason, Verdict
from medlead.verdicts.audit import audit_frame
from medlead.verdicts.compare import judge_cells, relation_frame
from medlead.verdicts.declared import expand
from medlead.verdicts.mends import smallest_mends
from medlead.verdicts.relations import Cell, DeclarationError, Outcome, numeric_values
from medlead.verdicts.relations import test_instance as decide

TABLE = (("a", "x", "1"), ("a", "y", "2"), ("b", "x", "3"), ("b", "y", "N/A"))
PARTS = {"item": "table-01", "kinds": ["rating"]}


def print_of(stated: str, *, limit: str = "3", table: Sequence[Any] = TABLE) -> list[Cell]:
    cells = [Cell(("table-01", row, column), text, "rating") for row, column, text in table]
    return [
        *cells,
        Cell(("section-1", "stated", "count"), stated, "count"),
        Cell(("section-1", "limit", "count"), limit, "count"),
    ]


def cell(row: str) -> dict[str, Any]:
    return {"item": "section-1", "rows": [row], "columns": ["count"]}


def counting(relation: str = "counted", **more: Any) -> dict[str, Any]:
    given_says = {"says": "It must be so.", "parts": PARTS, "total": cell("stated")}
    return {"relation": relation, "kind": "number-of", **given_says, **more}


def run(cells: Sequence[Cell], *declarations: dict[str, Any]) -> list[Outcome]:
    texts = {c.key: c.text for c in cells}
    return [decide(i, numeric_values(cells), texts) for i in expand(declarations, cells)]


def judged(
    cells: Sequence[Cell], *declarations: dict[str, Any]
) -> tuple[dict[str, dict[str, str]], pd.DataFrame, list[Outcome]]:
    """The verdicts on the cells of the text, and the findings."""
    outcomes = run(cells, *declarations)
    texts, values = {c.key: c.text for c in cells}, numeric_values(cells)
    mends, unresolved = smallest_mends(outcomes, values, texts)
    frame = judge_cells(
        cells,
        item_evidence=dict.fromkeys(("table-01", "section-1"), EvidenceClass.PRINTED_AGGREGATES),
        rebuilt={},
        marks={},
        outcomes=outcomes,
        mends=mends,
        unresolved=unresolved,
    )
    places = pd.DataFrame(
        [[*c.key, c.text, "1", n] for n, c in enumerate(cells, 1)],
        columns=["item", "row", "column", "text", "section", "line"],
    )
    audit = audit_frame(outcomes, mends, unresolved, frame, places)
    rows = frame[frame["item"] == "section-1"].set_index("row").to_dict("index")
    return {str(k): v for k, v in rows.items()}, audit, outcomes


# --- counting -------------------------------------------------------------------------

NUMBERS = {"item": "table-01", "columns": ["x"]}


@pytest.mark.parametrize(
    ("more", "counted"),
    [
        ({}, 4),
        ({"which": {"is": "N/A"}}, 1),
        ({"which": {"is-not": "N/A"}}, 3),
        # A number is the same number however it is written.
        ({"which": {"is": 2.0}}, 1),
        ({"which": {"is": "two"}}, 1),
        ({"which": {"is": cell("limit")}}, 1),
        ({"parts": NUMBERS, "which": {"below": 3}}, 1),
        ({"parts": NUMBERS, "which": {"below": "3.1"}}, 2),
        ({"parts": NUMBERS, "which": {"above": 1}}, 1),
        ({"parts": NUMBERS, "which": {"above": 0}}, 2),
        ({"parts": NUMBERS, "which": {"below": cell("limit")}}, 1),
        ({"parts": NUMBERS, "which": {"above": cell("limit")}}, 0),
    ],
)
def test_cells_are_counted_as_by_hand(more: dict[str, Any], counted: int) -> None:
    for stated in range(5):
        (found,) = run(print_of(str(stated)), counting(**more))
        assert (found.left, found.right, found.holds) == (
            str(counted),
            str(stated),
            stated == counted,
        )
        assert found.instance.derived == ("section-1", "stated", "count")


@given(
    st.lists(st.integers(0, 9), min_size=1, max_size=12),
    st.integers(0, 9),
    st.sampled_from(["below", "above", "is", "is-not"]),
)
def test_below_above_and_alike_share_out_all_cells(
    numbers: list[int], limit: int, which: str
) -> None:
    table = [(str(n), "x", str(number)) for n, number in enumerate(numbers)]
    (found,) = run(print_of("0", table=table), counting(which={which: limit}))
    by_hand = {
        "below": [n for n in numbers if n < limit],
        "above": [n for n in numbers if n > limit],
        "is": [n for n in numbers if n == limit],
        "is-not": [n for n in numbers if n != limit],
    }
    assert found.left == str(len(by_hand[which]))


def test_one_number_stated_of_each_row() -> None:
    found = run(print_of("two"), counting(for_each="row"))
    assert [(o.instance.name, o.left, o.holds) for o in found] == [
        ("counted[a]", "2", True),
        ("counted[b]", "2", True),
    ]
    found = run(print_of("two"), counting(for_each="row", which={"is-not": "N/A"}))
    assert [o.holds for o in found] == [True, False]


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"which": {"below": 3}}, "not one printed number"),
        ({"parts": NUMBERS, "which": {"below": "few"}}, "not one printed number"),
        (
            {
                "parts": NUMBERS,
                "which": {"above": {"item": "table-01", "rows": ["b"], "columns": ["y"]}},
            },
            "not one",
        ),
        ({"which": {"is": PARTS}}, "one cell"),
        ({"which": {"near": 3}}, "which is one of"),
        ({"which": {"below": 3, "above": 1}}, "which is one of"),
        ({"which": "N/A"}, "which is one of"),
        ({"which": {"is": ""}}, "needs a number"),
        ({"which": {"is": ["N/A"]}}, "needs a number"),
        ({"total": {"item": "section-1"}}, "one cell"),
        ({"total": {"item": "table-01", "rows": ["b"], "columns": ["y"]}}, "not one printed"),
    ],
)
def test_what_cannot_be_counted_is_refused(more: dict[str, Any], message: str) -> None:
    with pytest.raises(DeclarationError, match=message):
        run(print_of("1"), counting(**more))


def test_which_and_readings_belong_to_what_can_have_them() -> None:
    same = {
        "relation": "r",
        "kind": "same",
        "says": "",
        "first": cell("limit"),
        "second": cell("stated"),
    }
    with pytest.raises(DeclarationError, match="which belongs to number-of"):
        run(print_of("3"), {**same, "which": {"is": 3}})
    limit = {
        "relation": "r",
        "kind": "at-most",
        "says": "",
        "parts": cell("limit"),
        "limit": cell("stated"),
    }
    sums = {"relation": "r", "kind": "equal-sums", "says": ""}
    sums |= {"left": cell("limit"), "right": cell("stated")}
    with pytest.raises(DeclarationError, match="reading belongs to"):
        run(print_of("3"), {**sums, "reading": "so"})
    # Whom a limit bears on, and what percentages are of, can be a matter of reading.
    assert run(print_of("3"), {**limit, "reading": "so"})[0].instance.reading == "so"
    whole = {"relation": "r", "kind": "whole", "says": "", "parts": cell("limit"), "reading": "so"}
    assert run(print_of("3"), whole)[0].instance.reading == "so"


def test_a_count_that_does_not_follow_is_wrong_and_the_counted_cells_are_not() -> None:
    below = counting(parts=NUMBERS, which={"below": cell("limit")})
    rows, audit, _ = judged(print_of("1"), below)
    assert (rows["stated"]["verdict"], rows["stated"]["rule"]) == (
        Verdict.AGREES,
        "arithmetic: exact",
    )
    assert rows["limit"]["reason"] == Reason.BASIC_FACT
    assert audit.empty
    rows, audit, _ = judged(print_of("2"), below)
    assert (rows["stated"]["verdict"], rows["stated"]["rebuilt"]) == (Verdict.DIFFERS, "1")
    assert rows["limit"]["reason"] == Reason.BASIC_FACT
    (finding,) = audit.to_dict("records")
    assert (finding["printed"], finding["implied"]) == ("2", "1")
    assert (finding["severity"], finding["certainty"]) == ("minor", "certain")


def mended(cells: Sequence[Cell], *declarations: dict[str, Any]) -> tuple[list[Any], list[str]]:
    texts, values = {c.key: c.text for c in cells}, numeric_values(cells)
    mends, unresolved = smallest_mends(run(cells, *declarations), values, texts)
    return [(m.key, m.implied) for m in mends], [i.name for i in unresolved]


def in_table(row: str, column: str = "x") -> dict[str, Any]:
    return {"item": "table-01", "rows": [row], "columns": [column]}


def test_counts_decide_which_cell_of_a_failing_sum_is_wrong() -> None:
    # x adds up to 4 and 5 is stated: any of the three could be wrong, but a count says 5.
    table = [("a", "x", "1"), ("b", "x", "3"), *((str(n), "z", "0") for n in range(5))]
    parts = {"item": "table-01", "columns": ["x"]}
    add_up = {"relation": "sum", "kind": "total", "says": "", "total": cell("stated")}
    counted = counting(parts={"item": "table-01", "columns": ["z"]})
    both = ({**add_up, "parts": parts}, counted)
    assert mended(print_of("5", table=table), *both) == ([], ["sum"])
    # With a second count that needs `a` below 2 no more than one value of `b` is left.
    kept = counting("kept", parts=in_table("a"), which={"is": 1}, total=cell("limit"))
    found = mended(print_of("5", limit="1", table=table), *both, kept)
    assert found == ([(("table-01", "b", "x"), Fraction(4))], [])


# `a` must not be above `stated`; were it 3, that and a count of it would hold.
TOO_MANY = {
    "relation": "most",
    "kind": "at-most",
    "says": "",
    "parts": in_table("a"),
    "limit": cell("stated"),
}
THREE = counting("three", parts=in_table("a"), which={"is": 3}, total=cell("limit"))


def test_a_value_far_from_all_that_is_printed_is_a_mend_too() -> None:
    table = [("a", "x", "30"), *((str(n), "z", "0") for n in range(40))]
    cells = print_of("5", limit="1", table=table)
    assert mended(cells, TOO_MANY, THREE) == ([], ["most"])
    # 5 may be wrong as well: a count of others makes it 40 ...
    forty = counting("forty", parts={"item": "table-01", "columns": ["z"]})
    assert mended(cells, TOO_MANY, THREE, forty) == ([], ["most"])
    # ... or anything above a limit that no cell prints.
    above = counting("above", parts=cell("stated"), which={"above": 90}, total=cell("limit"))
    assert mended(cells, TOO_MANY, THREE, above) == ([], ["most"])
    # Only where nothing else can be is `a` to blame.
    five = counting("five", parts=cell("stated"), which={"is": 5}, total=cell("limit"))
    wrong = [(("table-01", "a", "x"), Fraction(3))]
    assert mended(cells, TOO_MANY, THREE, five) == (wrong, [])


# --- readings -------------------------------------------------------------------------


def read(name: str, reading: str, **more: Any) -> dict[str, Any]:
    return counting(name, reading=reading, **more)


ALL_OF_THEM = read("all", "what is missing counts")
PRESENT = read("present", "only what is there counts", which={"is-not": "N/A"})


@pytest.mark.parametrize(("stated", "held"), [("4", "all"), ("three", "present")])
def test_a_cell_that_one_reading_gives_depends_on_it(stated: str, held: str) -> None:
    rows, audit, outcomes = judged(print_of(stated), ALL_OF_THEM, PRESENT)
    assert [o.instance.name for o in outcomes if o.holds] == [held]
    assert rows["stated"]["verdict"] == Verdict.NOT_DERIVABLE
    assert rows["stated"]["reason"] == Reason.DEPENDS_ON_READING
    assert (rows["stated"]["rebuilt"], rows["stated"]["rule"]) == (
        "4, 3",
        "arithmetic: by 1 of 2 readings",
    )
    (finding,) = audit.to_dict("records")
    assert (finding["certainty"], finding["implied"]) == ("conditional", "")
    failed, fits = (PRESENT, ALL_OF_THEM) if held == "all" else (ALL_OF_THEM, PRESENT)
    assert finding["check"] == failed["relation"]
    assert f"supposes that {failed['reading']}." in finding["explanation"]
    assert f"It holds if {fits['reading']}." in finding["explanation"]
    said = relation_frame(outcomes).set_index("relation")["says"]
    assert said["all"] == "It must be so. (If what is missing counts.)"


def test_a_cell_that_no_reading_gives_differs_but_conditionally() -> None:
    rows, audit, _ = judged(print_of("5"), ALL_OF_THEM, PRESENT)
    assert rows["stated"]["verdict"] == Verdict.DIFFERS
    (finding,) = audit.to_dict("records")
    assert finding["certainty"] == "conditional"
    assert "It holds if" not in finding["explanation"]


def test_a_cell_that_every_reading_gives_agrees() -> None:
    found = read("also", "otherwise", parts={"item": "table-01", "rows": ["a", "b"]})
    rows, audit, _ = judged(print_of("4"), ALL_OF_THEM, found)
    assert rows["stated"]["verdict"] == Verdict.AGREES
    assert audit.empty


def test_a_reading_holds_only_where_all_its_tests_do() -> None:
    half = read("half", PRESENT["reading"], parts=NUMBERS)
    for order in ((PRESENT, half), (ALL_OF_THEM, half, PRESENT)):
        rows, _, _ = judged(print_of("3"), *order)
        assert rows["stated"]["verdict"] == Verdict.DIFFERS
    rows, _, _ = judged(print_of("4"), PRESENT, half, ALL_OF_THEM)
    assert rows["stated"]["rule"] == "arithmetic: by 1 of 2 readings"


def test_what_fails_without_a_reading_is_not_excused_by_one() -> None:
    rows, audit, _ = judged(print_of("4"), ALL_OF_THEM, PRESENT, counting("plain", parts=NUMBERS))
    assert (rows["stated"]["verdict"], rows["stated"]["rebuilt"]) == (Verdict.DIFFERS, "2")
    assert audit["certainty"].tolist() == ["certain"]


def test_a_repetition_by_one_reading_throws_no_doubt_on_the_other_cell() -> None:
    again = {
        "relation": "again",
        "kind": "same",
        "says": "",
        "reading": "both are the same thing",
        "first": cell("limit"),
        "second": cell("stated"),
    }
    rows, _, _ = judged(print_of("4"), ALL_OF_THEM, again)
    assert rows["stated"]["reason"] == Reason.DEPENDS_ON_READING
    assert rows["limit"]["reason"] == Reason.BASIC_FACT


def test_a_reading_neither_mends_nor_binds_a_cell() -> None:
    table = [("a", "x", "1"), ("b", "x", "3")]
    add_up = {
        "relation": "sum",
        "kind": "total",
        "says": "",
        "parts": {"item": "table-01"},
        "total": cell("stated"),
        "reading": "these are all",
    }
    assert mended(print_of("5", table=table), add_up) == ([], [])
    none = {"relation": "none", "kind": "none", "says": "", "parts": in_table("a")}
    some = read("some", "so", parts=in_table("a"), which={"above": 0}, total=cell("limit"))
    wrong = [(("table-01", "a", "x"), Fraction(0))]
    assert mended(print_of("5", limit="1", table=table), none, some) == (wrong, [])
