"""Marks that differ over alike coefficients, against levels counted by scipy."""

import pandas as pd
import pytest
from scipy import stats

from medlead.evidence import CONDITIONAL
from medlead.performance.significance import judge_stars
from medlead.verdicts.audit import audit_frame
from medlead.verdicts.compare import VERDICT_COLUMNS
from medlead.verdicts.marks_alike import CHECK, alike_marks

ITEM = "table-09"
LEVELS = (0.05, 0.01, 0.001)


def judged(*marks: tuple[str, str, float, int, str], half: float = 0.005) -> pd.DataFrame:
    frame = pd.DataFrame(marks, columns=["measure", "scale", "r", "n", "printed"])
    return judge_stars(frame.assign(r_low=frame["r"] - half, r_high=frame["r"] + half))


def level_between(low: float, high: float, n: int) -> bool:
    """Whether a level of the t test of r, of either tail, lies between two coefficients."""
    found = False
    for tails in (1, 2):
        t = stats.t.isf([level / tails for level in LEVELS], n - 2)
        found |= any(low < r < high for r in t / (t**2 + n - 2) ** 0.5)
    return found


@pytest.mark.parametrize("sign", [1, -1])
def test_unlike_marks_of_alike_coefficients_are_told(sign: int) -> None:
    assert not level_between(0.405, 0.415, 30)
    found = alike_marks(judged(("M", "a", 0.41, 30, "**"), ("N", "b", sign * 0.41, 30, "*")), ITEM)
    (one,) = found
    assert one.keys == ((ITEM, "M / stars", "a"), (ITEM, "N / stars", "b"))
    assert one.printed == "** and *"
    for part in ("0.41 with n = 30", "** (Table 9, M / stars, a)", "* (Table 9, N / stars, b)"):
        assert part in one.words
    assert "between 0.405 and 0.415" in one.words


def test_alike_marks_other_numbers_and_other_sizes_are_no_finding() -> None:
    first = ("M", "a", 0.41, 30, "**")
    for second in (
        ("N", "b", 0.41, 30, "**"),
        ("N", "b", 0.41, 25, "*"),
        ("N", "b", 0.42, 30, "*"),
    ):
        assert alike_marks(judged(first, second), ITEM) == ()


def test_a_level_within_the_rounding_explains_unlike_marks() -> None:
    assert level_between(0.455, 0.465, 30)
    assert alike_marks(judged(("M", "a", 0.46, 30, "**"), ("N", "b", 0.46, 30, "*")), ITEM) == ()


def test_it_is_told_with_a_mark_that_no_test_gives_and_else_by_itself() -> None:
    significance = judged(("M", "a", 0.41, 30, "**"), ("N", "b", 0.41, 30, "*"))
    (alike,) = alike_marks(significance, ITEM)
    keys = [(*key, text) for key, text in zip(alike.keys, ("**", "*"), strict=True)]
    cells = pd.DataFrame(keys, columns=["item", "row", "column", "text"])
    cells = cells.assign(section="9", line=["4", "6"])
    row = [*keys[0], "", "", "*", "", "differs", "test: t", "test-differs"]
    differing = pd.DataFrame([row], columns=VERDICT_COLUMNS)
    for given, checks in ((differing, [f"marks; {CHECK}"]), (differing.iloc[:0], [CHECK])):
        found = audit_frame([], [], [], given, cells, alike=(alike,))
        assert found["check"].tolist() == checks
        assert found["explanation"].iloc[0].endswith(alike.words)
        assert found["certainty"].tolist() == [CONDITIONAL]
