"""Every base that a percentage could have been taken of, by hand and on the report's own print."""

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
import yaml

from medlead.verdicts.bases import percentage_numbers
from medlead.verdicts.declared import expand
from medlead.verdicts.grid import TriedNumber
from medlead.verdicts.relations import Cell, DeclarationError, numeric_values, printed_cells
from medlead.writing import read_csv

ROOT = Path(__file__).parents[2]
PUBLISHED, CONFIG = ROOT / "data" / "published", ROOT / "config" / "instruments"

CELLS = [
    Cell(("t", "a", "n"), "18", "count"),
    Cell(("t", "a", "%"), "25", "percent"),
    Cell(("t", "all", "n"), "72", "count"),
    Cell(("u", "back", "n"), "73", "count"),
    Cell(("u", "few", "n"), "10", "count"),
    Cell(("u", "more", "n"), "60", "count"),
    Cell(("u", "again", "n"), "72", "count"),
]
SHARE = {
    "relation": "share",
    "kind": "share",
    "says": "",
    "percent": {"item": "t", "rows": ["a"], "columns": ["%"]},
    "count": {"item": "t", "rows": ["a"], "columns": ["n"]},
    "base": {"item": "t", "rows": ["all"], "columns": ["n"]},
}


def u(*rows: str) -> dict[str, Any]:
    return {"item": "u", "rows": list(rows)}


BASES: dict[str, Any] = {
    "bases": [
        {"base": "returned", "cells": u("back")},
        {"base": "answering", "by_item": {"t": u("few", "more")}},
        {"base": "too few", "cells": u("few")},
        {"base": "the same", "cells": u("again")},
    ],
    "remainder": False,
}
ROUNDING = ["half-up", "half-even", "truncation"]


def tried(declared: dict[str, Any], cells: Sequence[Cell] = CELLS) -> TriedNumber:
    (found,) = percentage_numbers(
        declared, ROUNDING, expand([SHARE], cells), cells, numeric_values(cells)
    )
    return found


def test_every_base_is_tried_with_every_rounding() -> None:
    found = tried(BASES)
    # The cells of a base are added up; fewer than the count cannot be one. Another cell of the
    # same size is no other try, and is named with the declared base.
    bases = ["72, T : all, n; the same", "73, returned", "70, answering"]
    assert [t.method for t in found.tries] == [f"18 of {b}; {r}" for b in bases for r in ROUNDING]
    assert [t.plain for t in found.tries] == [True, True, *[False] * 7]
    assert [t.match("25") for t in found.tries] == [
        *["exact"] * 3,
        *("within rounding", "within rounding", "no"),
        *("no", "no", "within rounding"),
    ]
    assert found.tries[3].result == "24.65753425"


def test_a_base_with_several_names_is_one_try() -> None:
    named = [{"base": name, "cells": u("back")} for name in ("completed", "used")]
    found = tried({"bases": named, "remainder": False})
    assert found.tries[3].method == "18 of 73, completed; used; half-up"
    assert len(found.tries) == 6


def test_what_the_other_percentages_leave_is_tried() -> None:
    cells = [
        *(Cell(("t", r, "n"), n, "count") for r, n in (("a", "2"), ("b", "73"), ("all", "100"))),
        *(Cell(("t", r, "%"), n, "percent") for r, n in (("a", "27"), ("b", "73"))),
    ]
    rows = {"item": "t", "rows": ["a", "b"]}
    both = SHARE | {
        "for_each": "row",
        "percent": {**rows, "columns": ["%"]},
        "count": {**rows, "columns": ["n"]},
    }
    declared = {"bases": [], "remainder": True}
    found = percentage_numbers(
        declared, ROUNDING, expand([both], cells), cells, numeric_values(cells)
    )
    assert [n.tries[-1].result for n in found] == ["27", "73"]
    assert found[0].tries[-1].match("27") == "exact"
    # What luck is measured by are the other percentages.
    assert [n.others for n in found] == [("73",), ("27",)]


def test_a_mean_is_no_percentage() -> None:
    mean = expand([SHARE | {"per": 1}], CELLS)
    assert not percentage_numbers(BASES, ROUNDING, mean, CELLS, numeric_values(CELLS))


@pytest.mark.parametrize(
    "wrong",
    [
        [{"base": "x", "cells": u("nowhere")}],
        [{"base": "x", "by_item": {"v": u("back")}}],
    ],
)
def test_a_base_that_is_not_printed_is_refused(wrong: list[dict[str, Any]]) -> None:
    with pytest.raises(DeclarationError, match="bases"):
        tried({"bases": wrong, "remainder": False})


def test_the_published_percentages_are_all_tried() -> None:
    frame = read_csv(PUBLISHED / "cells.csv")
    cells = printed_cells(frame)
    relations = yaml.safe_load((PUBLISHED / "relations.yaml").read_text("utf-8"))["relations"]
    declared = yaml.safe_load((CONFIG / "methods.yaml").read_text(encoding="utf-8"))
    found = percentage_numbers(
        declared["percentages"],
        declared["rounding"],
        expand(relations, cells),
        cells,
        numeric_values(cells),
    )
    chapters = frame[frame["section"].str.match(r"[345](\.|$)")]
    # A share of trusts or of a contract, and not a figure from elsewhere or the end of a range.
    percent = chapters[
        (chapters["kind"] == "percent")
        & (chapters["text"] != "")
        & ~chapters["column"].isin(["low", "high", "% of national trusts"])
    ]
    wanted = set(zip(percent["item"], percent["row"], percent["column"], strict=True))
    assert wanted == {n.key for n in found}
    # By an own reckoning: what is printed, against the count and the base that the method names.
    for number in found:
        places = len(number.printed.partition(".")[2])
        assert any(t.plain for t in number.tries)
        for one in (t for t in number.tries if t.rule in ROUNDING[:2]):
            count, _, base = one.method.partition(",")[0].partition(" of ")
            share = Fraction(100) * int(count) / int(base)
            near = abs(share - Fraction(number.printed)) <= Fraction(1, 2 * 10**places)
            assert (one.match(number.printed) != "no") <= near
    # A share of 72 is often printed as one of 73 would be: no base is proved by one percentage.
    fits = [sum(t.match(n.printed) != "no" for t in n.tries if not t.plain) for n in found]
    assert any(fits)
