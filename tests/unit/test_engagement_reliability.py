"""Alpha, omega and what each item adds: worked by hand, by other formulas, and by simulation."""

import copy
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy.stats import f
from statsmodels.formula.api import ols
from statsmodels.stats.anova import anova_lm

from medlead.engagement.answered import SIMULATED, Sample, complete, turned, weights_of
from medlead.engagement.factor_fit import fit
from medlead.engagement.factor_model import one_factor, tree
from medlead.engagement.instrument import Instrument, load_instrument
from medlead.engagement.reliability import (
    alpha,
    feldt_interval,
    item_rest,
    omega,
    omega_intervals,
    reliability,
)

ROOT = Path(__file__).parents[2]
GIVEN = yaml.safe_load((ROOT / "config/instruments/mes.yaml").read_text(encoding="utf-8"))
MES = load_instrument(GIVEN)

Answered = hnp.arrays(np.float64, (8, 4), elements=st.integers(1, 5).map(float))


def small(count: int = 3, **more: Any) -> Instrument:
    """An instrument of one scale of a few items."""
    mapping = copy.deepcopy(GIVEN)
    mapping["items"] = [{"item": f"q{i}"} for i in range(count)]
    items = [f"q{i}" for i in range(count)]
    mapping["scales"] = [
        {"scale": "s", "level": "sub", "kind": "both", "name": "Some scale", "means": "-",
         "items": items, "at_least": 1} | more
    ]  # fmt: skip
    mapping["typology"]["maps"] = []
    return load_instrument(mapping)


def answers(n: int, seed: int = 5, items: int = 30, apart: float = 0.0) -> Any:
    """Answers of 1 to 5 that have something in common, (items, respondents), and in fives
    something more.
    """
    rng = np.random.default_rng(seed)
    hidden = rng.normal(size=n) + rng.normal(size=(items, n))
    if apart:
        hidden += apart * np.repeat(rng.normal(size=(items // 5, n)), 5, axis=0)
    return np.clip(np.rint(3 + hidden), 1, 5).astype(np.uint8)


def measured(
    given: Any, instrument: Instrument = MES, *, least: int = 10, evidence: str = "study"
) -> pd.DataFrame:
    return reliability(
        [Sample("all", "", given, evidence)],
        instrument,
        respondents_from=least,
        per_parameter=5,
        resamples=20,
        confidence=0.95,
        rng_of=lambda name: np.random.default_rng(len(name)),
    )


def one(table: pd.DataFrame, statistic: str, scale: str, item: str = "") -> Any:
    rows = table[
        (table["statistic"] == statistic) & (table["scale"] == scale) & (table["item"] == item)
    ]
    assert len(rows) == 1
    return rows.iloc[0]


def test_alpha_by_hand() -> None:
    # Variances 1 and 1; sums 2, 5, 5 with variance 3: 2 (1 - 2/3).
    assert alpha(np.array([[1.0, 1], [2, 3], [3, 2]])) == pytest.approx(2 / 3)
    # Items that say the same agree fully; those that speak against each other have no sum.
    assert alpha(np.array([[1.0, 1, 1], [2, 2, 2], [4, 4, 4]])) == pytest.approx(1)
    assert np.isnan(alpha(np.array([[1.0, 5], [5, 1], [3, 3]])))
    assert np.isnan(alpha(np.array([[1.0], [2]])))


@given(Answered)
def test_alpha_of_standardised_items_is_that_of_their_mean_correlation(values: Any) -> None:
    assume(values.std(axis=0).min() > 0)
    z = (values - values.mean(axis=0)) / values.std(axis=0, ddof=1)
    r = np.corrcoef(values, rowvar=False)[np.triu_indices(4, 1)].mean()
    assume(1 + 3 * r > 1e-6)
    assert alpha(z) == pytest.approx(4 * r / (1 + 3 * r), abs=1e-9)


@given(Answered, st.permutations(range(8)), st.permutations(range(4)), st.floats(-9, 9))
def test_alpha_does_not_know_order_or_level(values: Any, rows: Any, columns: Any, by: Any) -> None:
    assume(values.sum(axis=1).std() > 0)
    moved = values[np.ix_(rows, columns)] + by
    assert alpha(moved) == pytest.approx(alpha(values), abs=1e-9)


def test_the_interval_of_alpha_is_that_of_a_mean_in_a_table_of_respondents_and_items() -> None:
    """Alpha is 1 less the error mean square by that of respondents (Hoyt 1941)."""
    values = answers(7, items=4).T.astype(float)
    frame = pd.DataFrame(
        [(r, i, v) for r, row in enumerate(values) for i, v in enumerate(row)], columns=[*"riv"]
    )
    table = anova_lm(ols("v ~ C(r) + C(i)", frame).fit())
    square, df = table["mean_sq"], table["df"]
    ratio = square["C(r)"] / square["Residual"]
    assert alpha(values) == pytest.approx(1 - 1 / ratio)
    ends = [1 - f.ppf(p, df["C(r)"], df["Residual"]) / ratio for p in (0.95, 0.05)]
    assert feldt_interval(alpha(values), 7, 4, 0.9) == pytest.approx(ends)


def test_the_interval_of_alpha_covers_as_often_as_it_says() -> None:
    rng = np.random.default_rng(11)
    n, k, r, times = 15, 4, 0.4, 4000
    true = k * r / (1 + (k - 1) * r)
    shared, own = rng.normal(size=(times, n, 1)), rng.normal(size=(times, n, k))
    found = [
        feldt_interval(alpha(values), n, k, 0.9)
        for values in np.sqrt(r) * shared + np.sqrt(1 - r) * own
    ]
    below = np.mean([high < true for _, high in found])
    above = np.mean([low > true for low, _ in found])
    # Three standard errors of a share of one in twenty.
    assert (below, above) == pytest.approx((0.05, 0.05), abs=3 * np.sqrt(0.05 * 0.95 / times))


@given(Answered)
def test_item_rest_is_the_correlation_with_the_others(values: Any) -> None:
    found = item_rest(values)
    for place in range(4):
        rest = np.delete(values, place, axis=1).sum(axis=1)
        if values[:, place].std() == 0 or rest.std() == 0:
            assert np.isnan(found[place])
        else:
            wanted = np.corrcoef(values[:, place], rest)[0, 1]
            assert found[place] == pytest.approx(wanted, abs=1e-9)


def test_omega_of_one_factor_by_its_formula() -> None:
    loadings = np.array([0.9, 0.7, 0.6, 0.5, 0.4])
    given = np.outer(loadings, loadings)
    np.fill_diagonal(given, 1.0)
    found = omega(fit(one_factor("abcde"), given), np.ones(5))
    # (0.9 + 0.7 + 0.6 + 0.5 + 0.4)² = 9.61; uniquenesses 0.19 + 0.51 + 0.64 + 0.75 + 0.84 = 2.93.
    assert found.total == pytest.approx(9.61 / 12.54, abs=1e-6)
    assert np.isnan(found.hierarchical)
    # An item that counts twice: 3.1 + 0.9 = 4 for the loadings, 4 · 0.19 for its rest.
    doubled = omega(fit(one_factor("abcde"), given), np.array([2.0, 1, 1, 1, 1]))
    assert doubled.total == pytest.approx(16 / (16 + 2.93 + 3 * 0.19), abs=1e-6)


def test_omega_of_a_tree_by_the_formula_of_schmid_and_leiman() -> None:
    model = tree(MES, MES.scale("organisational"))
    rng = np.random.default_rng(2)
    first, top = rng.uniform(0.5, 0.9, 15), np.array([0.9, 0.8, 0.7])
    place = np.repeat([0, 1, 2], 5)
    general = first * top[place]
    group = first * np.sqrt(1 - top[place] ** 2)
    given = np.outer(general, general) + np.outer(group, group) * (place[:, None] == place)
    np.fill_diagonal(given, 1.0)
    found = omega(fit(model, given), np.ones(15))
    by_group = sum(group[place == f].sum() ** 2 for f in range(3))
    assert found.total == pytest.approx((general.sum() ** 2 + by_group) / given.sum(), abs=1e-5)
    assert found.hierarchical == pytest.approx(general.sum() ** 2 / given.sum(), abs=1e-5)


@given(st.lists(st.floats(0.35, 0.9), min_size=3, max_size=8))
@settings(max_examples=25, deadline=None)
def test_omega_is_at_least_alpha_and_equal_where_loadings_are(loadings: list[float]) -> None:
    def both(of: np.ndarray[Any, Any]) -> tuple[float, float]:
        given = np.outer(of, of)
        np.fill_diagonal(given, 1.0)
        k = len(of)
        by_alpha = k / (k - 1) * (1 - k / given.sum())
        return omega(fit(one_factor(list(map(str, range(k)))), given), np.ones(k)).total, by_alpha

    found, by_alpha = both(np.array(loadings))
    assert found >= by_alpha - 1e-5
    found, by_alpha = both(np.full(len(loadings), loadings[0]))
    assert found == pytest.approx(by_alpha, abs=1e-5)


def test_the_interval_of_omega_covers_about_as_often_as_it_says() -> None:
    rng = np.random.default_rng(3)
    loadings = np.array([0.8, 0.7, 0.6, 0.7])
    rest = np.sqrt(1 - loadings**2)
    # The first item is spread so widely that the sum is mostly it.
    spread = np.array([4.0, 0.5, 0.5, 0.5])
    shared = (loadings * spread).sum() ** 2
    true = shared / (shared + ((rest * spread) ** 2).sum())
    hit, times = 0, 40
    for _ in range(times):
        values = rng.normal(size=(200, 1)) * loadings + rng.normal(size=(200, 4)) * rest
        found = fit(one_factor("abcd"), np.corrcoef(values, rowvar=False))
        (low, high), _, failed = omega_intervals(
            found, values * spread, np.ones(4), resamples=60, confidence=0.9, rng=rng
        )
        assert failed == 0
        hit += low <= true <= high
    assert 0.8 <= hit / times <= 0.99


@pytest.mark.parametrize(("failing", "told"), [(5, True), (6, False)])
def test_an_interval_of_omega_needs_a_fit_in_half_of_the_samples(
    monkeypatch: pytest.MonkeyPatch, failing: int, told: bool
) -> None:
    values = answers(40, items=4).T.astype(float)
    found = fit(one_factor("abcd"), np.corrcoef(values, rowvar=False))
    calls: list[int] = []

    def near(*_: Any) -> Any:
        def refit(_: Any) -> Any:
            calls.append(1)
            if len(calls) <= failing:
                raise ValueError("no fit")
            return found

        return refit

    monkeypatch.setattr("medlead.engagement.reliability.fits_near", near)
    (low, high), _, failed = omega_intervals(
        found,
        values,
        np.ones(4),
        resamples=10,
        confidence=0.9,
        rng=np.random.default_rng(2),
    )
    assert failed == failing
    assert (low < high) is told


def test_weights_are_those_of_the_score() -> None:
    assert weights_of(MES, MES.scale("index")) == pytest.approx(
        dict.fromkeys(MES.item_names, 1 / 30)
    )
    weighed = small(weights={"q0": 2})
    assert weights_of(weighed, weighed.scale("s")) == pytest.approx(
        {"q0": 0.5, "q1": 0.25, "q2": 0.25}
    )
    given = answers(60, items=3)
    values = turned(given, weighed, ["q0", "q1", "q2"]) * [2, 1, 1]
    assert one(measured(given, weighed), "alpha", "s")["value"] == pytest.approx(alpha(values))


def test_omega_in_the_table_is_of_the_answers_as_they_weigh_and_spread() -> None:
    weighed = small(weights={"q0": 2})
    rng = np.random.default_rng(8)
    hidden = rng.normal(size=300)
    # Items of very different spread: the second hardly moves.
    moved = [2.5 * hidden, 0.4 * hidden, 1.2 * hidden]
    noise = rng.normal(size=(3, 300)) * [[1.2], [0.4], [0.9]]
    given = np.clip(np.rint(3 + np.array(moved) + noise), 1, 5).astype(np.uint8)
    # Three items fit exactly: a loading is the root of r12 r13 / r23, a score's shared variance
    # the square of the sum of loadings in points, times weights.
    r = np.corrcoef(given.astype(float))
    loadings = np.sqrt([r[0, 1] * r[0, 2] / r[1, 2], r[0, 1] * r[1, 2] / r[0, 2],
                        r[0, 2] * r[1, 2] / r[0, 1]])  # fmt: skip
    by = np.array([2, 1, 1]) * given.std(axis=1, ddof=1)
    shared = (loadings * by).sum() ** 2
    wanted = shared / (shared + ((1 - loadings**2) * by**2).sum())
    row = one(measured(given, weighed), "omega-total", "s")
    assert row["value"] == pytest.approx(wanted, abs=1e-5)
    assert row["low"] < row["value"] < row["high"]
    unweighed = one(measured(given, small()), "omega-total", "s")["value"]
    assert abs(unweighed - wanted) > 0.005


def test_the_table_has_every_value_of_every_scale() -> None:
    given = answers(120, apart=0.8)
    found = measured(given)
    assert set(found["scale"]) == set(MES.scale_names)
    for name, items in {"sub-1": 5, "meta-2": 10, "individual": 15, "index": 30}.items():
        values = complete(given, MES, MES.scale(name)).values
        row = one(found, "alpha", name)
        assert (row["items"], row["n"]) == (items, 120)
        assert row["value"] == pytest.approx(alpha(values))
        assert row["low"] < row["value"] < row["high"]
        item = complete(given, MES, MES.scale(name)).items[2]
        without = one(found, "alpha-without", name, item)["value"]
        assert without == pytest.approx(alpha(np.delete(values, 2, axis=1)))
        rest = one(found, "item-rest", name, item)["value"]
        assert rest == pytest.approx(item_rest(values)[2])
    low, value, high = one(found, "omega-total", "meta-1")[["low", "value", "high"]]
    assert low < value < high
    hierarchical = one(found, "omega-hierarchical", "meta-1")
    assert hierarchical["low"] < hierarchical["value"] < hierarchical["high"] < value
    # 69 parameters, five respondents for each.
    assert one(found, "omega-total", "index")["note"] == "120 complete respondents, 345 needed"
    assert (found["evidence"] == "study").all()


def test_an_item_turned_round_twice_is_the_item() -> None:
    given = answers(80)
    mapping = copy.deepcopy(GIVEN)
    mapping["items"][1]["reverse"] = mapping["items"][8]["reverse"] = True
    round_again = given.copy()
    round_again[[1, 8]] = 6 - round_again[[1, 8]]
    pd.testing.assert_frame_equal(
        measured(round_again, load_instrument(mapping)), measured(given), rtol=1e-9
    )


def test_who_answered_a_part_is_left_out_and_told() -> None:
    given = answers(80)
    partly = given.copy()
    partly[0, :7] = 0
    partly[:, 7] = 0
    found = measured(partly)
    row = one(found, "alpha", "sub-1")
    assert (row["n"], row["note"]) == (72, "7 left out, who answered a part")
    assert row["value"] == pytest.approx(one(measured(given[:, 8:]), "alpha", "sub-1")["value"])
    assert (one(found, "alpha", "sub-2")["n"], one(found, "alpha", "sub-2")["note"]) == (79, "")


@pytest.mark.parametrize(
    ("given", "instrument", "reason"),
    [
        (answers(9, items=3), small(), "9 complete respondents, 10 needed"),
        (np.full((3, 40), 4, np.uint8), small(), "no spread"),
        (np.zeros((3, 40), np.uint8), small(), "0 complete respondents, 10 needed"),
        (answers(40, items=1), small(1), "a single item"),
    ],
)
def test_where_there_is_no_value_there_is_a_reason(
    given: Any, instrument: Instrument, reason: str
) -> None:
    row = one(measured(given, instrument), "alpha", "s")
    assert np.isnan(row["value"])
    assert row["note"] == reason
    assert measured(given, instrument)["value"].isna().all()


def test_an_item_without_spread_has_no_correlation_and_the_others_have() -> None:
    given = answers(60, items=3)
    given[1] = 4
    found = measured(given, small())
    assert one(found, "item-rest", "s", "q1")["note"] == "no spread"
    assert one(found, "item-rest", "s", "q0")["value"] > 0
    assert one(found, "omega-total", "s")["note"] == "no spread"


def test_simulated_answers_are_cautioned_wherever_there_is_a_value() -> None:
    given = answers(60, items=3)
    given[0, 0] = 0
    found = measured(given, small(), evidence="simulated")
    assert (found["note"] == f"1 left out, who answered a part; {SIMULATED}").all()
    few = measured(given[:, :8], small(), evidence="simulated")
    assert not few["note"].str.contains(SIMULATED).any()


def test_the_same_seed_gives_the_same_table() -> None:
    given = answers(70)
    pd.testing.assert_frame_equal(measured(given), measured(given))
