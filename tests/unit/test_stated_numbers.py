"""Numbers of a table that a text repeats: rounded to a unit, from the head of a text, as a mean."""

from fractions import Fraction
from typing import Any

import pytest

from medlead.verdicts.audit import audit_frame
from medlead.verdicts.bounding import first_number
from medlead.verdicts.declared import expand
from medlead.verdicts.mends import smallest_mends
from medlead.verdicts.relations import (
    Cell,
    DeclarationError,
    Outcome,
    numeric_values,
)
from medlead.verdicts.relations import test_instance as decide

SAME = {"kind": "same", "says": ""}
MEAN = {"kind": "share", "per": 1, "says": ""}


def at(row: str) -> dict[str, Any]:
    return {"item": "t", "rows": [row]}


def same(first: str, second: str, **more: Any) -> Outcome:
    cells = [Cell(("t", "first", "n"), first, "value"), Cell(("t", "second", "n"), second, "count")]
    declared = {"relation": "r", "first": at("first"), "second": at("second"), **SAME, **more}
    (instance,) = expand([declared], cells)
    return decide(instance, numeric_values(cells), {c.key: c.text for c in cells})


def mean(stated: str, total: str, number: str) -> Outcome:
    rows = {"stated": stated, "total": total, "number": number}
    cells = [Cell(("t", row, "n"), text, "count") for row, text in rows.items()]
    sides = {"percent": at("stated"), "count": at("total"), "base": at("number")}
    (instance,) = expand([{"relation": "r", **sides, **MEAN}], cells)
    return decide(instance, numeric_values(cells), {c.key: c.text for c in cells})


@pytest.mark.parametrize(
    ("first", "second", "to", "rule"),
    [
        ("2808", "2800", 100, "nearest"),
        ("2808", "2,800", 100, "nearest"),
        ("2800", "2800", 100, "exact"),
        ("2850", "2900", 100, "half-up"),
        ("2850", "2800", 100, "half-even"),
        ("2899", "2800", 100, "truncation"),
        ("2808", "2800", 10, "truncation"),
        ("2808", "2790", 10, None),
        ("2700", "2800", 100, None),
        ("2808", "2800", 1, None),
        # To hundreds, 2810 is not printed, whatever lies near it.
        ("2808", "2810", 100, None),
    ],
)
def test_a_number_told_as_about_so_many_is_rounded_to_its_unit(
    first: str, second: str, to: int, rule: str | None
) -> None:
    outcome = same(first, second, to=to)
    assert (outcome.holds, outcome.rule) == (rule is not None, rule or "")
    assert (outcome.left, outcome.right) == (first, second)


@pytest.mark.parametrize(
    ("text", "value"),
    [("36 Directorates", 36), ("5", 5), ("four Units", 4), ("Units 5", None), ("", None)],
)
def test_the_number_that_a_text_begins_with(text: str, value: int | None) -> None:
    assert first_number(text) == value


def test_a_count_at_the_head_of_a_text_is_compared_as_a_number() -> None:
    found = same("36 Directorates", "36", leading=True)
    assert found.holds
    assert found.left == "36"
    assert not same("36 Directorates", "35", leading=True).holds
    # Without it the two are texts, letter for letter; and a text without a number is one still.
    assert not same("36 Directorates", "36").holds
    assert not same("Directorates", "36", leading=True).holds


@pytest.mark.parametrize(
    ("stated", "rule"), [("five", "nearest"), ("5.1", "nearest"), ("4", None), ("511", None)]
)
def test_a_mean_is_no_percentage(stated: str, rule: str | None) -> None:
    outcome = mean(stated, "46", "9")
    assert (outcome.holds, outcome.rule) == (rule is not None, rule or "")
    assert outcome.instance.derived == ("t", "stated", "n")


def test_a_mean_that_does_not_follow_is_told_without_a_per_cent_sign() -> None:
    import pandas as pd

    from medlead.verdicts.compare import VERDICT_COLUMNS

    printed = pd.DataFrame(
        [["t", row, "n", "x", "count", "1", 1] for row in ("stated", "total", "number")],
        columns=["item", "row", "column", "text", "kind", "section", "line"],
    )
    judged = pd.DataFrame([], columns=VERDICT_COLUMNS)
    (told,) = audit_frame([mean("7", "46", "9")], [], [], judged, printed)["explanation"]
    assert "The print says 7; its count and base imply 5.1." in told
    assert "%" not in told


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"kind": "total", "to": 10}, "to belongs to same"),
        ({"kind": "total", "per": 1}, "per belongs to share"),
        ({"kind": "total", "leading": True}, "leading belongs to same"),
        ({"kind": "same", "to": 0}, "to cannot be 0"),
        ({"kind": "same", "to": "ten"}, "to cannot be 'ten'"),
        ({"kind": "same", "leading": "yes"}, "leading cannot be 'yes'"),
        ({"kind": "share", "per": 2}, "per cannot be 2"),
    ],
)
def test_keys_belong_to_their_kind(more: dict[str, Any], told: str) -> None:
    cells = [Cell(("t", row, "n"), "1", "count") for row in ("a", "b", "c")]
    sides = {
        "total": {"parts": at("a"), "total": at("b")},
        "same": {"first": at("a"), "second": at("b")},
        "share": {"percent": at("a"), "count": at("b"), "base": at("c")},
    }[more["kind"]]
    with pytest.raises(DeclarationError, match=told):
        expand([{"relation": "r", "says": "", **sides, **more}], cells)


def test_a_mend_may_be_as_far_off_as_the_second_printing_is_rounded() -> None:
    # The parts miss their total by 8; the total, printed again to hundreds, may be mended so far.
    rows = {"a": "1000", "b": "1808", "sum": "2800", "again": "2800"}
    cells = [Cell(("t", row, "n"), text, "count") for row, text in rows.items()]
    parts = {"item": "t", "rows": ["a", "b"]}
    declared = [
        {"relation": "adds", "kind": "total", "says": "", "parts": parts, "total": at("sum")},
        {"relation": "again", "first": at("sum"), "second": at("again"), "to": 100, **SAME},
        # The parts themselves are printed twice elsewhere and cannot give way.
        {"relation": "none", "kind": "at-most", "says": "", "parts": parts, "limit": at("sum")},
    ]
    values, texts = numeric_values(cells), {c.key: c.text for c in cells}
    outcomes = [decide(i, values, texts) for i in expand(declared, cells)]
    assert [o.holds for o in outcomes] == [False, True, False]
    mends, unresolved = smallest_mends(outcomes, values, texts)
    # Either part could be 8 smaller, and the sum 8 greater: three mends, so none is told.
    assert mends == []
    assert len(unresolved) == 2
    fixed = [*cells, *(Cell(("t", f"{r} too", "n"), rows[r], "count") for r in ("a", "b"))]
    declared += [
        {"relation": f"{r} twice", "first": at(r), "second": at(f"{r} too"), **SAME}
        for r in ("a", "b")
    ]
    values, texts = numeric_values(fixed), {c.key: c.text for c in fixed}
    outcomes = [decide(i, values, texts) for i in expand(declared, fixed)]
    (mend,), _ = smallest_mends(outcomes, values, texts)
    assert (mend.key, mend.implied) == (("t", "sum", "n"), Fraction(2808))
