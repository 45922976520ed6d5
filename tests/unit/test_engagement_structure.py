"""Polychoric correlations, parallel analysis, and structures fitted to the items of a scale."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from medlead.engagement.answered import Sample
from medlead.engagement.instrument import load_instrument
from medlead.engagement.polychoric import both_below, from_tables, polychoric
from medlead.engagement.reliability import correlations_of
from medlead.engagement.structure import BUILT_IN, parallel_analysis, structure

ROOT = Path(__file__).parents[2]
MES = load_instrument(
    yaml.safe_load((ROOT / "config/instruments/mes.yaml").read_text(encoding="utf-8"))
)
MODELS = [
    {"model": "tree", "kind": "hierarchical"},
    {"model": "six", "kind": "correlated", "level": "sub"},
    {"model": "one", "kind": "one"},
]


@pytest.mark.parametrize("rho", [-0.9, -0.3, 0.0, 0.5, 0.95])
def test_the_chance_below_both_is_scipys(rho: float) -> None:
    cuts = np.array([-8, -1.7, -0.2, 0.0, 0.9, 2.5])
    found = both_below(cuts[None], cuts[None], np.array([rho]))[0]
    normal = stats.multivariate_normal([0, 0], [[1, rho], [rho, 1]], abseps=1e-9, releps=1e-9)
    wanted = [[normal.cdf([h, k]) for k in cuts] for h in cuts]
    assert found == pytest.approx(np.array(wanted), abs=2e-6)


@given(st.floats(-0.95, 0.95))
@settings(max_examples=30, deadline=None)
def test_two_halves_have_the_correlation_of_sheppard(rho: float) -> None:
    # Cut in the middle, both lie on one side with chance 1/2 + arcsin(rho)/π (Sheppard 1899).
    same = 0.25 + np.arcsin(rho) / (2 * np.pi)
    tables = np.zeros((2, 2, 2, 2))
    tables[0, :, 0, :] = tables[1, :, 1, :] = np.eye(2) * 500
    tables[0, :, 1, :] = tables[1, :, 0, :] = 1000 * np.array(
        [[same, 0.5 - same], [0.5 - same, same]]
    )
    assert from_tables(tables)[0, 1] == pytest.approx(rho, abs=1e-5)


def cut(hidden: Any, cuts: list[float]) -> Any:
    return np.searchsorted(cuts, hidden) + 1


def test_the_hidden_correlation_comes_back_where_pearsons_is_lower() -> None:
    rng = np.random.default_rng(4)
    rho = np.array([[1, 0.7, 0.2], [0.7, 1, -0.4], [0.2, -0.4, 1]])
    hidden = rng.multivariate_normal(np.zeros(3), rho, 40_000)
    codes = np.column_stack(
        [cut(hidden[:, 0], [-1, 0, 1.5]), cut(hidden[:, 1], [0, 1, 2]), cut(hidden[:, 2], [-1, 1])]
    )
    found = polychoric(codes, 4)
    assert found == pytest.approx(rho, abs=0.02)
    assert abs(correlations_of(codes.astype(float))[0, 1]) < 0.65


def test_items_turned_round_turn_the_sign() -> None:
    codes = cut(np.random.default_rng(1).normal(size=(400, 1)) + np.zeros((1, 2)), [-1, 0, 1])
    codes[:, 1] = np.random.default_rng(2).permutation(codes[:, 1])
    codes[:200, 1] = codes[:200, 0]
    plain = polychoric(codes, 4)[0, 1]
    codes[:, 1] = 5 - codes[:, 1]
    assert plain > 0.3
    assert polychoric(codes, 4)[0, 1] == pytest.approx(-plain, abs=1e-6)


def test_an_item_without_spread_has_no_correlation() -> None:
    codes = np.array([[1, 2], [2, 2], [3, 2]])
    with pytest.raises(ValueError, match="no spread"):
        polychoric(codes, 3)
    with pytest.raises(ValueError, match="no spread"):
        correlations_of(codes.astype(float))


def doctors(n: int, factors: int, seed: int = 6, items: int = 30) -> Any:
    """Answers that hang on some unrelated factors, (respondents, items)."""
    rng = np.random.default_rng(seed)
    own = rng.normal(size=(n, items))
    if factors:
        own = 0.6 * own + 0.8 * np.repeat(rng.normal(size=(n, factors)), items // factors, axis=1)
    return cut(own, [-1.2, -0.4, 0.4, 1.2]).astype(np.int64)


@pytest.mark.parametrize("factors", [0, 1, 3, 5])
def test_parallel_analysis_finds_as_many_factors_as_there_are(factors: int) -> None:
    codes = doctors(600, factors, items=15)
    seen = parallel_analysis(
        codes,
        lambda of: correlations_of(of.astype(np.float64)),
        replicates=40,
        percentile=99.9,
        rng=np.random.default_rng(8),
    )
    assert seen.factors == factors
    assert seen.eigenvalues.sum() == pytest.approx(15)
    assert (np.diff(seen.eigenvalues) <= 0).all()
    # Chance alone is spread about 1 and lies above the last eigenvalues of real factors.
    assert seen.chance[0] > 1 > seen.chance[-1]


@pytest.mark.parametrize("percentile", [50, 90])
def test_parallel_analysis_is_a_plain_loop(percentile: float) -> None:
    codes = doctors(80, 2, items=6)
    seen = parallel_analysis(
        codes,
        lambda of: correlations_of(of.astype(np.float64)),
        replicates=21,
        percentile=percentile,
        rng=np.random.default_rng(12),
    )
    rng, chance = np.random.default_rng(12), []
    for _ in range(21):
        shuffled = rng.permuted(codes, axis=0)
        # Each item keeps its answers, and only what goes together is lost.
        assert (np.sort(shuffled, axis=0) == np.sort(codes, axis=0)).all()
        chance.append(sorted(np.linalg.svd(np.corrcoef(shuffled.T))[1], reverse=True))
    # Of 21 in order, the 11th is the median and the 19th has nine tenths of the rest below it.
    wanted = np.sort(np.array(chance), axis=0)[{50: 10, 90: 18}[percentile]]
    assert seen.chance == pytest.approx(wanted)
    own = sorted(np.linalg.svd(np.corrcoef(codes.T))[1], reverse=True)
    assert seen.eigenvalues == pytest.approx(own)


def test_factors_count_only_up_to_the_first_that_chance_reaches() -> None:
    shuffled = iter([np.diag([9.0, 1, 1]), *[np.diag([2.0, 1.5, 0.2])] * 20])
    seen = parallel_analysis(
        np.zeros((4, 3), np.int64),
        lambda _: next(shuffled),
        replicates=20,
        percentile=95,
        rng=np.random.default_rng(1),
    )
    # 9 > 2, then 1 < 1.5; that 1 > 0.2 in the third place counts no more.
    assert seen.factors == 1


def looked_at(codes: Any, evidence: str = "study", **more: Any) -> pd.DataFrame:
    choices: dict[str, Any] = {
        "of": "index",
        "models": MODELS,
        "respondents_from": 10,
        "per_item": 3,
        "per_parameter": 5,
        "replicates": 20,
        "percentile": 95,
        "confidence": 0.9,
        "rng_of": lambda name: np.random.default_rng(len(name)),
    }
    given = codes.T.astype(np.uint8)
    return structure([Sample("all", "", given, evidence)], MES, **choices | more)


def values(table: pd.DataFrame, **where: str) -> pd.Series:
    for column, value in where.items():
        table = table[table[column] == value]
    return table.set_index("statistic")["value"]


def test_the_structure_that_answers_have_fits_and_the_others_do_not() -> None:
    found = looked_at(doctors(700, 6))
    six, one = values(found, model="six", part=""), values(found, model="one", part="")
    assert six["CFI"] > 0.98
    assert one["CFI"] < 0.7
    assert six["RMSEA"] < 0.03 < one["RMSEA"]
    assert (six["degrees of freedom"], one["degrees of freedom"]) == (390, 405)
    loadings = values(found, model="six").loc["loading"]
    assert len(loadings) == 30
    # The loading 0.8 of what lies behind the answers; answers of five points give it a bit lower.
    assert loadings.mean() == pytest.approx(0.76, abs=0.04)
    for kind in ("Pearson", "polychoric"):
        seen = values(found, analysis=f"parallel analysis, {kind}")
        assert seen["factors"] == 6
        assert len(seen["eigenvalue"]) == len(seen["chance"]) == 30
    assert (found["evidence"] == "study").all()
    assert (found["note"] == "").all() or not found["note"].str.contains("drawn").any()


def test_the_percentile_of_chance_is_a_choice() -> None:
    codes = doctors(120, 6)
    low, high = (
        values(
            looked_at(codes, models=[], replicates=9, percentile=percentile, rng_of=same),
            analysis="parallel analysis, Pearson",
        )["chance"].to_numpy()
        for percentile in (0, 100)
    )
    assert (low < high).all()


def same(_: str) -> np.random.Generator:
    return np.random.default_rng(1)


def test_simulated_answers_say_that_the_fit_was_put_in() -> None:
    found = looked_at(doctors(400, 6), "simulated", models=MODELS[2:], replicates=2)
    assert found["note"].str.contains(BUILT_IN, regex=False).all()


def test_too_few_respondents_are_told() -> None:
    found = looked_at(doctors(80, 6))
    assert found["value"].isna().all()
    notes = dict(
        zip(zip(found["analysis"], found["model"], strict=True), found["note"], strict=True)
    )
    assert notes["parallel analysis, Pearson", ""] == "80 complete respondents, 90 needed"
    assert notes["confirmatory fit", "tree"] == "80 complete respondents, 345 needed"
    assert notes["confirmatory fit", "six"] == "80 complete respondents, 375 needed"


def test_an_item_that_all_answer_alike_is_told() -> None:
    codes = doctors(400, 6)
    codes[:, 3] = 4
    found = looked_at(codes)
    assert found["value"].isna().all()
    assert (found["note"] == "no spread").all()


def test_a_level_that_a_scale_does_not_have_is_told() -> None:
    wrong = [{"model": "parts", "kind": "correlated", "level": "component"}]
    found = looked_at(doctors(400, 6), models=wrong, replicates=2)
    row = found[found["model"] == "parts"].iloc[0]
    assert row["note"] == "no scale of the level 'component' below 'index'"
