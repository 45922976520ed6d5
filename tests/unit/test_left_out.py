"""No printed cell is left aside in silence, and no reason is given for what is held."""

from typing import Any

import pandas as pd
import pytest

from medlead.reconstruction.left_out import REASONS, not_held
from medlead.sources.messages import ProblemsFound

PRINTED = pd.DataFrame(
    [
        ("t1", "a", "n", "5", "count", "4.1", "10"),
        ("t1", "b", "n", "7", "count", "4.1", "11"),
        ("t1", "(heading)", "n", "Number", "label", "4.1", "9"),
        ("t2", "a", "n", "", "count", "4.10", "20"),
        ("t3", "a", "n", "9", "count", "40.1", "30"),
    ],
    columns=["item", "row", "column", "text", "kind", "section", "line"],
)
HEADING = {"kind": "label", "reason": "heading"}
EMPTY = {"text": "", "reason": "nothing-printed"}
OTHER = {"item": "t1", "row": "b", "reason": "no-number", "because": "It says many."}


def told(entries: list[dict[str, Any]], held: set[tuple[str, str, str]]) -> str:
    with pytest.raises(ProblemsFound) as found:
        not_held({"covers": ["4"], "not_held": entries}, PRINTED, held)
    return str(found.value)


def test_what_is_not_held_has_its_reason() -> None:
    entries = [HEADING, EMPTY, OTHER]
    found = not_held({"covers": ["4"], "not_held": entries}, PRINTED, {("t1", "a", "n")})
    assert list(found["reason"]) == ["no-number", "heading", "nothing-printed"]
    assert found.loc[0, "because"] == "It says many."
    assert found.loc[1, "because"] == REASONS["heading"]
    assert list(found["line"]) == ["11", "9", "20"]


def test_section_40_is_no_part_of_section_4() -> None:
    found = not_held(
        {"covers": ["40"], "not_held": [{"item": "t3", "reason": "no-number"}]}, PRINTED, set()
    )
    assert list(found["item"]) == ["t3"]


@pytest.mark.parametrize(
    ("entries", "held", "expected"),
    [
        ([HEADING, EMPTY], {("t1", "a", "n")}, "t1 / b / n is neither held nor listed"),
        ([HEADING, EMPTY, OTHER], {("t1", "a", "n"), ("t1", "b", "n")}, "is held by a fact"),
        ([HEADING, EMPTY, OTHER, {"item": "t9", "reason": "no-number"}], set(), "chooses no cell"),
        ([HEADING, EMPTY, {**OTHER, "reason": "lazy"}], set(), "the reason is not known"),
    ],
)
def test_gaps_and_leftovers_are_told(
    entries: list[dict[str, Any]], held: set[tuple[str, str, str]], expected: str
) -> None:
    assert expected in told(entries, held)
