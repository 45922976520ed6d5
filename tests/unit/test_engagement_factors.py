"""Factor models: against published fits, another library, known loadings, and their own slopes."""

import copy
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from medlead.engagement import factor_fit
from medlead.engagement.factor_fit import (
    LEAST_UNIQUENESS,
    _arrived,
    _Task,
    fit,
    fit_indices,
    fits_near,
)
from medlead.engagement.factor_model import (
    FactorModel,
    NotIdentified,
    correlated,
    groups_at,
    one_factor,
    tree,
)
from medlead.engagement.instrument import load_instrument

ROOT = Path(__file__).parents[2]
GIVEN = yaml.safe_load((ROOT / "config/instruments/mes.yaml").read_text(encoding="utf-8"))
MES = load_instrument(GIVEN)
INDEX = MES.scale("index")

# Nine tests of 301 pupils (Holzinger and Swineford 1939): the lower triangle of correlations.
# The standard example of confirmatory factor analysis; its fit is printed in the paper on lavaan
# (Rosseel 2012, J Stat Software 48(2)), with n times the discrepancy as here.
PUPILS = 301
TESTS = """
0.29734551
0.44066800 0.33984898
0.37270627 0.15293019 0.15863957
0.29344369 0.13938749 0.07719823 0.73317017
0.35677019 0.19253190 0.19766102 0.70448024 0.71995554
0.06686392 -0.07566892 0.07193105 0.17382912 0.10204475 0.12110170
0.22392677 0.09227923 0.18601263 0.10689838 0.13866998 0.14961132 0.48675793
0.39034041 0.20604057 0.32865061 0.20784831 0.22746642 0.21416174 0.34064572 0.44901545
"""
TEST_NAMES = [f"x{i}" for i in range(1, 10)]
ABILITIES = {"visual": TEST_NAMES[:3], "textual": TEST_NAMES[3:6], "speed": TEST_NAMES[6:]}


def pupils() -> np.ndarray[Any, Any]:
    lower = np.zeros((9, 9))
    lower[np.tril_indices(9, -1)] = [float(x) for x in TESTS.split()]
    return lower + lower.T + np.eye(9)


def test_the_published_fit_of_the_standard_example() -> None:
    found = fit(correlated(ABILITIES), pupils())
    seen = fit_indices(found, pupils(), PUPILS, confidence=0.90)
    assert found.converged
    assert found.held == ()
    assert (round(seen.chi_square, 3), seen.freedom) == (85.306, 24)
    assert (round(seen.cfi, 3), round(seen.tli, 3)) == (0.931, 0.896)
    ends = (seen.rmsea, seen.rmsea_low, seen.rmsea_high)
    assert [round(x, 3) for x in ends] == [0.092, 0.071, 0.114]
    assert round(seen.srmr, 3) == 0.065
    published = [0.772, 0.424, 0.581, 0.852, 0.855, 0.838, 0.570, 0.723, 0.665]
    assert found.items.round(3).tolist() == published
    between = found.correlations[np.triu_indices(3, 1)]
    assert between.round(3).tolist() == [0.459, 0.471, 0.283]


def nested(parts: dict[str, list[str]], top: list[str] | None = None) -> Any:
    """An instrument of item scales below one index, or below scales of two below it."""
    mapping = copy.deepcopy(GIVEN)
    mapping["items"] = [{"item": item} for items in parts.values() for item in items]
    mapping["scales"] = [
        {"scale": name, "level": "sub", "kind": "both", "name": f"the {name}", "means": "-",
         "items": items, "at_least": 1}
        for name, items in parts.items()
    ]  # fmt: skip
    mapping["scales"].append(
        {"scale": "whole", "level": "index", "kind": "both", "name": "the whole", "means": "-",
         "scales": top or list(parts), "at_least": 1}
    )  # fmt: skip
    mapping["typology"]["maps"] = []
    return load_instrument(mapping)


def test_a_tree_of_three_fits_as_three_correlated_factors_do() -> None:
    whole = nested(ABILITIES)
    branched = fit(tree(whole, whole.scale("whole")), pupils())
    free = fit(correlated(ABILITIES), pupils())
    assert branched.discrepancy == pytest.approx(free.discrepancy, abs=1e-9)
    assert branched.top is not None
    product = np.outer(branched.top, branched.top)[np.triu_indices(3, 1)]
    assert product == pytest.approx(free.correlations[np.triu_indices(3, 1)], abs=1e-5)


def test_one_factor_is_that_of_statsmodels() -> None:
    from statsmodels.multivariate.factor import Factor

    ours = fit(one_factor(TEST_NAMES), pupils())
    theirs = Factor(corr=pupils(), n_factor=1, method="ml", nobs=PUPILS).fit()
    assert np.abs(ours.items) == pytest.approx(np.abs(theirs.loadings[:, 0]), abs=1e-4)
    assert ours.uniquenesses == pytest.approx(theirs.uniqueness, abs=1e-4)


MODELS: dict[str, FactorModel] = {
    "one": one_factor([f"q{i}" for i in range(8)]),
    "pair": one_factor(["q0", "q1"]),
    "correlated": correlated(groups_at(MES, INDEX, "sub")),
    "metas": correlated(groups_at(MES, INDEX, "meta")),
    "tree": tree(MES, INDEX),
    "two parts": tree(MES, MES.scale("meta-1")),
    "component": tree(MES, MES.scale("individual")),
    "sub-scale": tree(MES, MES.scale("sub-1")),
}


@pytest.mark.parametrize(
    ("name", "freedom"),
    # By hand: p(p+1)/2 less loadings, uniquenesses, and 15, 3, 9, 1 or 3 between factors.
    [("one", 20), ("pair", 0), ("correlated", 465 - 75), ("metas", 465 - 63),
     ("tree", 465 - 69), ("two parts", 55 - 21), ("component", 120 - 33), ("sub-scale", 5)],
)  # fmt: skip
def test_degrees_of_freedom(name: str, freedom: int) -> None:
    assert MODELS[name].freedom == freedom


def random_fit(model: FactorModel, seed: int) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Parameters of a model, and the correlations that they imply."""
    rng = np.random.default_rng(seed)
    loaded, size = len(set(model.item_parameters)), len(model.items)
    theta = np.concatenate(
        [rng.uniform(0.5, 0.85, loaded), np.zeros(size), rng.uniform(0.5, 0.9, model.between)]
    )
    task = _Task(model, np.eye(size), 0.0)
    items, _, between = task.split(theta)
    if model.chains is None and model.between:
        theta[loaded + size :] = between = np.full(model.between, 0.6)
    theta[loaded : loaded + size] = 1 - items**2
    place = np.array(model.factor_of)
    implied = np.outer(items, items) * task.factors(between)[np.ix_(place, place)]
    np.fill_diagonal(implied, 1.0)
    return theta, implied


@pytest.mark.parametrize("name", MODELS)
def test_the_slope_is_that_of_the_value(name: str) -> None:
    model = MODELS[name]
    theta, implied = random_fit(model, 1)
    given = 0.8 * implied + 0.2 * np.eye(len(implied))
    task = _Task(model, given, float(np.linalg.slogdet(given)[1]))
    at = theta * np.random.default_rng(2).uniform(0.9, 1.1, len(theta))
    value, slope = task(at)
    assert value > 0
    for place in range(len(at)):
        step = np.zeros_like(at)
        step[place] = 1e-5
        difference = (task(at + step)[0] - task(at - step)[0]) / 2e-5
        assert slope[place] == pytest.approx(difference, rel=1e-4, abs=1e-6)


@pytest.mark.parametrize("name", MODELS)
def test_known_loadings_come_back(name: str) -> None:
    model = MODELS[name]
    theta, implied = random_fit(model, 3)
    found = fit(model, implied)
    seen = fit_indices(found, implied, 500)
    assert found.converged
    assert seen.chi_square == pytest.approx(0, abs=1e-6)
    assert found.implied == pytest.approx(implied, abs=1e-4)
    assert np.abs(found.start) == pytest.approx(theta, abs=1e-3)
    assert (seen.cfi, round(seen.srmr, 5)) == (1.0, 0)
    assert np.isnan(seen.rmsea) == (model.freedom == 0)


@given(st.integers(0, 10**6), st.lists(st.sampled_from([-1.0, 1.0]), min_size=9, max_size=9))
@settings(max_examples=15, deadline=None)
def test_turning_items_round_turns_their_loadings(seed: int, signs: list[float]) -> None:
    turn = np.array(signs)
    order = np.random.default_rng(seed).permutation(9)
    plain = fit(one_factor(TEST_NAMES), pupils())
    names = [TEST_NAMES[i] for i in order]
    moved = (pupils() * np.outer(turn, turn))[np.ix_(order, order)]
    again = fit(one_factor(names), moved)
    assert again.discrepancy == pytest.approx(plain.discrepancy, abs=1e-8)
    assert np.abs(again.items) == pytest.approx(np.abs(plain.items[order]), abs=1e-4)


@pytest.mark.parametrize("n", [80, 301, 2000])
def test_the_interval_of_rmsea_has_its_coverage(n: int) -> None:
    found = fit(correlated(ABILITIES), pupils())
    seen = fit_indices(found, pupils(), n, confidence=0.9)
    for end, level in ((seen.rmsea_low, 0.95), (seen.rmsea_high, 0.05)):
        away = end**2 * seen.freedom * n
        if stats.chi2.cdf(seen.chi_square, seen.freedom) < level:
            # Even a model that is true gives as little as this in more samples than that.
            assert away == 0
        else:
            chance = stats.ncx2.cdf(seen.chi_square, seen.freedom, away)
            assert chance == pytest.approx(level, abs=1e-6)
    # With few pupils the misfit cannot be told from none, with many it can.
    assert (seen.rmsea_low > 0) == (n > 80)


@pytest.mark.parametrize("name", MODELS)
def test_a_fit_near_another_is_the_fit_itself(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    model = MODELS[name]
    _, implied = random_fit(model, 4)
    rng = np.random.default_rng(5)
    root = np.linalg.cholesky(implied)
    samples = [
        np.corrcoef(rng.normal(size=(n, len(implied))) @ root.T, rowvar=False)
        for n in (400, 400, 90)
    ]
    wanted_of = [fit(model, given_r) for given_r in samples]
    refit = fits_near(wanted_of[0], samples[0])
    anew: list[FactorModel] = []
    monkeypatch.setattr(
        factor_fit, "fit", lambda model, *more: (anew.append(model), fit(model, *more))[1]
    )
    for place, (given_r, wanted) in enumerate(zip(samples, wanted_of, strict=True)):
        near = refit(given_r)
        # The next sample is met by a few steps, without a fit from scratch.
        assert not anew or place == 2
        assert near.converged == wanted.converged
        assert near.discrepancy == pytest.approx(wanted.discrepancy, abs=1e-9)
        assert near.items == pytest.approx(wanted.items, abs=1e-5)
        assert near.correlations == pytest.approx(wanted.correlations, abs=1e-5)


def test_where_no_near_fit_is_found_it_is_made_as_any_other() -> None:
    heywood = np.array([[1, 0.9, 0.8], [0.9, 1, 0.6], [0.8, 0.6, 1]])
    plain = np.array([[1, 0.5, 0.4], [0.5, 1, 0.3], [0.4, 0.3, 1]])
    model = one_factor(["a", "b", "c"])
    for first in (heywood, plain):
        refit = fits_near(fit(model, first), first)
        assert refit(heywood).held == ("uniqueness of a",)
        # Three items: the loading of the first is the root of r12 r13 / r23.
        assert refit(plain).items[0] == pytest.approx(np.sqrt(0.5 * 0.4 / 0.3), abs=1e-6)
        assert refit(plain).held == ()
        with pytest.raises(ValueError, match="positive definite"):
            refit(np.ones((3, 3)))


def test_a_uniqueness_below_nothing_is_held_and_named() -> None:
    # r12 r13 / r23 is above 1: no loading of the first item gives it.
    given = np.array([[1, 0.9, 0.8], [0.9, 1, 0.6], [0.8, 0.6, 1]])
    found = fit(one_factor(["a", "b", "c"]), given)
    assert found.held == ("uniqueness of a",)
    assert found.uniquenesses[0] == pytest.approx(LEAST_UNIQUENESS)
    assert found.converged


def test_a_fit_that_stopped_on_the_way_is_none() -> None:
    found = fit(one_factor(TEST_NAMES), pupils())
    task = _Task(found.model, pupils(), float(np.linalg.slogdet(pupils())[1]))
    assert _arrived(task, found.start).converged
    assert not _arrived(task, found.start * 1.01).converged


def test_correlations_that_cannot_be_fitted_are_refused() -> None:
    with pytest.raises(ValueError, match="positive definite"):
        fit(one_factor(["a", "b", "c"]), np.ones((3, 3)))
    with pytest.raises(ValueError, match="correlations for 3 items"):
        fit(one_factor(["a", "b", "c"]), np.eye(4))


def test_models_that_nothing_can_tell_are_refused() -> None:
    for wrong in ({"a": ["q1"], "b": ["q2", "q3"]}, {"a": ["q1"]}):
        with pytest.raises(NotIdentified, match="single item"):
            correlated(wrong)
    with pytest.raises(NotIdentified, match="two of its parts"):
        correlated({"a": ["q1", "q2"], "b": ["q2", "q3"]})
    with pytest.raises(NotIdentified, match="no scale of the level 'component'"):
        groups_at(MES, INDEX, "component")


def test_scales_with_a_single_part_are_passed_over() -> None:
    whole = nested({"only": ["a", "b", "c"]})
    model = tree(whole, whole.scale("whole"))
    assert (model.factors, model.between, model.chains) == (("whole",), 0, None)


def test_the_tree_is_that_of_the_instrument() -> None:
    model = MODELS["tree"]
    assert model.factors == tuple(f"sub-{i}" for i in range(1, 7))
    assert model.chains is not None
    named = [tuple(model.edges[e] for e in chain) for chain in model.chains]
    assert named[:3] == [("meta-1", "sub-1"), ("meta-1", "sub-2"), ("meta-2", "sub-3")]
    two = MODELS["two parts"]
    assert (two.edges, two.edge_parameters) == (("sub-1", "sub-2"), (0, 0))
