"""Rating scales: definitions, codes and the scales that are configured."""

import math
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from medlead.ratings import RatingScale, code, load_rating_scales
from medlead.sources.messages import ProblemsFound

ROOT = Path(__file__).parents[2]
QUALITY = RatingScale("Quality", levels=("Poor", "Fair", "Good"), not_applicable=("N/A",))
RISK = RatingScale("Risk", low=1, high=5, best="low", step=1)


def configured() -> dict[str, dict[str, RatingScale]]:
    path = ROOT / "config" / "instruments" / "ratings.yaml"
    return load_rating_scales(yaml.safe_load(path.read_text(encoding="utf-8")))


def test_levels_are_numbered_from_worst_to_best() -> None:
    coded = code(pd.Series(["Good", "Poor", "Fair"], index=[7, 3, 5], name="q"), QUALITY)
    assert coded.to_dict() == {7: 3.0, 3: 1.0, 5: 2.0}
    assert coded.name == "q"
    assert coded.dtype == "float64"


def test_marks_and_na_become_nan_and_nothing_else_does() -> None:
    coded = code(pd.Series(["N/A", "", None, pd.NA, math.nan, "Fair"], dtype=object), QUALITY)
    assert coded.isna().tolist() == [True, True, True, True, True, False]


def test_every_unknown_value_is_named_at_once() -> None:
    with pytest.raises(ValueError, match=r"'Excelent', 'good'.*Poor, Fair, Good, N/A"):
        code(pd.Series(["good", "Fair", "Excelent"]), QUALITY)


def test_a_mark_of_another_scale_is_unknown() -> None:
    with pytest.raises(ValueError, match="N/A"):
        code(pd.Series(["N/A"]), RatingScale("x", levels=("a", "b")))


def test_an_ordered_categorical_is_coded_by_its_level_and_not_by_its_position() -> None:
    # The column lists another order and an unused level; the scale decides.
    column = pd.Series(pd.Categorical(["Good", None, "Poor"], ["Good", "Poor"], ordered=True))
    assert code(column, QUALITY).fillna(-1).tolist() == [3.0, -1.0, 1.0]


def test_a_number_is_not_a_level() -> None:
    with pytest.raises(ValueError, match="2"):
        code(pd.Series([2, 1]), QUALITY)


def test_a_scale_whose_low_end_is_good_is_mirrored() -> None:
    assert code(pd.Series(["1", "5", "4"]), RISK).tolist() == [5.0, 1.0, 2.0]
    assert code(pd.Series([1.0, 5.0]), RISK).tolist() == [5.0, 1.0]


@pytest.mark.parametrize("value", ["0", "6", "2.5", "two", "nan", "inf", "1,5"])
def test_numbers_outside_a_scale_are_refused(value: str) -> None:
    with pytest.raises(ValueError, match="not on the scale"):
        code(pd.Series([value]), RISK)


@given(st.lists(st.sampled_from(QUALITY.levels), min_size=1))
def test_codes_keep_the_order_of_the_levels(values: list[str]) -> None:
    order = {level: place for place, level in enumerate(QUALITY.levels)}
    coded = code(pd.Series(values), QUALITY).tolist()
    ranked = sorted(range(len(values)), key=lambda i: order[values[i]])
    assert [coded[i] for i in ranked] == sorted(coded)
    assert all(1 <= c <= len(QUALITY.levels) for c in coded)


@given(st.integers(0, 40))
def test_steps_are_counted_from_the_low_end(quarter: int) -> None:
    scale = RatingScale("x", low=0, high=10, step=0.5)
    assert scale.admits(quarter / 4) == (quarter % 2 == 0)


def test_configured_scales_read_every_published_rating() -> None:
    scales = configured()
    # Those of a study's own file have no published ratings.
    scales.pop("performance")
    assert set(scales) == {"trust_engagement", "site_performance", "site_self_ratings"}
    for name, columns in scales.items():
        frame = pd.read_csv(ROOT / "data" / "raw" / f"{name}.csv", dtype=str, keep_default_na=False)
        for column, scale in columns.items():
            coded = code(frame[column], scale)
            marks = frame[column].isin([*scale.missing, *scale.not_applicable])
            assert coded.isna().tolist() == marks.tolist(), (name, column)


def test_configured_order_of_mortality_counts_a_high_ratio_as_worse() -> None:
    scale = configured()["site_performance"]["standardised_mortality"]
    coded = code(pd.Series(["Below Average", "Average", "Above Average"]), scale)
    assert coded.is_monotonic_decreasing


def definition(**changes: Any) -> dict[str, Any]:
    given: dict[str, Any] = {"label": "Quality", "levels": ["Poor", "Good"]}
    given.update(changes)
    return {"trusts": {"quality": {k: v for k, v in given.items() if v is not None}}}


NUMERIC = {"levels": None, "low": 0, "high": 10, "best": "high"}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"level": ["x"]}, "did you mean 'levels'?"),
        ({"label": None}, "no label"),
        ({"levels": None}, "no values"),
        ({"low": 1}, "both levels and ends"),
        ({"levels": [1, 2]}, "not a list of texts"),
        ({"levels": ["Poor"]}, "at least two levels"),
        ({"levels": ["Poor", "Good", "Poor"]}, "'Poor' stands more than once"),
        ({"levels": ["Poor", "Good "]}, "blanks around"),
        ({"missing": ["*"], "not_applicable": ["*"]}, "'*' stands more than once"),
        ({"best": "high"}, "neither `best` nor `step`"),
        ({**NUMERIC, "best": None}, "which end is the good one"),
        ({**NUMERIC, "high": 0}, "are no range"),
        ({**NUMERIC, "high": True}, "are no range"),
        ({**NUMERIC, "step": 0}, "not a positive number"),
    ],
)
def test_a_wrong_definition_is_told_with_its_place(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(ProblemsFound) as raised:
        load_rating_scales(definition(**changes), file="config/ratings.yaml")
    text = str(raised.value)
    assert said in text
    assert "config/ratings.yaml" in text
    assert "trusts / quality" in text


def test_all_wrong_definitions_are_raised_together() -> None:
    with pytest.raises(ProblemsFound) as raised:
        load_rating_scales({"a": {"x": {}}, "b": [], "c": {"y": 1}})
    places = [p.what.split(":")[0] for p in raised.value.problems]
    assert set(places) == {"a / x", "b", "c / y"}


def test_a_right_definition_is_read_as_written() -> None:
    scale = load_rating_scales(definition(**NUMERIC, step=0.5, missing=["", "-"]))["trusts"][
        "quality"
    ]
    assert scale == RatingScale("Quality", (), 0.0, 10.0, "high", 0.5, ("", "-"), ())
    assert scale.allowed == "0 to 10 in steps of 0.5, -"
