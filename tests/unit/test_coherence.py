"""Coherence of printed correlations: on samples that are coherent, on broken ones, on the print."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from medlead.performance.coherence import (
    ALL_MEASURES,
    EQUAL_SHARES,
    FREE_SHARES,
    WHOLE_SAMPLE,
    base_parts,
    bounds_by_measure,
    fits,
    read_grid,
    rival_parts,
)
from medlead.performance.coherence_joint import APART, base_weights, complete_jointly, expand
from medlead.performance.semidefinite import complete, outside, positive_definite
from medlead.performance.trusts import printed_correlations
from medlead.writing import read_csv

CELLS = Path(__file__).parents[2] / "data/published/cells.csv"
PARTS = {"m1": ["a", "b"], "m2": ["c", "d"], "whole": ["m1", "m2"]}


def frame(seed=1, n=60, equal=True):
    """Correlations of a sample in which every composite is truly a sum, as they are printed."""
    rng = np.random.default_rng(seed)
    core = rng.normal(size=n)
    x = {name: core + 0.8 * rng.normal(size=n) for name in "abcd"}
    if equal:
        x = {name: (v - v.mean()) / v.std() for name, v in x.items()}
    x |= {"m1": x["a"] + x["b"], "m2": x["c"] + x["d"]}
    x["whole"] = x["m1"] + x["m2"]
    rows = []
    for j in range(4):
        y = core + (0.5 + 0.3 * j) * rng.normal(size=n)
        for name, v in x.items():
            r = round(float(np.corrcoef(v, y)[0, 1]), 2)
            rows.append((f"y{j}", name, r, r - 0.005, r + 0.005, n))
    return pd.DataFrame(rows, columns=["measure", "scale", "r", "r_low", "r_high", "n"])


@pytest.fixture(scope="module")
def printed():
    cells = printed_correlations(read_csv(CELLS))
    names = list(dict.fromkeys(cells["scale"]))
    metas = [n for n in names if n.startswith("Meta")]
    subs = [n for n in names if n.startswith("Sub")]
    parts = {m: subs[2 * i : 2 * i + 2] for i, m in enumerate(metas)}
    return read_grid(cells), parts | {names[0]: metas}


def test_a_coherent_sample_is_found_so():
    grid = read_grid(frame())
    assert set(bounds_by_measure(grid, PARTS)["inside"]) == {"yes"}
    assert set(fits(grid, PARTS)["possible"]) == {"yes"}
    done = complete_jointly(grid, PARTS).completions
    assert set(done["possible"]) == {"yes"}
    assert (done["checked_eigenvalue"] > 0).all()
    assert (done["outside"] == 0).all()
    assert set(done["proved"]) == {"yes"}


def test_unequal_shares_are_free_shares():
    cells = frame(equal=False)
    found = fits(read_grid(cells), PARTS)
    assert set(found.loc[found["shares"] == FREE_SHARES, "possible"]) == {"yes"}


def test_a_sum_stronger_than_its_parts_allow_is_found():
    cells = frame()
    row = (cells["scale"] == "m1") & (cells["measure"] == "y0")
    cells.loc[row, ["r", "r_low", "r_high"]] -= 0.3
    grid = read_grid(cells)
    table = bounds_by_measure(grid, PARTS).set_index(["composite", "measure"])
    assert table.loc[("m1", "y0"), "inside"] == "no"
    found = fits(grid, PARTS).set_index(["composite", "parts", "shares"])
    row = found.loc[("m1", "a; b", FREE_SHARES)]
    assert row["possible"] == "no"
    assert row["proved"] > 0
    assert "y0: sum too strong" in row["proof"]
    done = complete_jointly(grid, PARTS).completions.set_index("formulation")
    assert done.loc[APART, "possible"] == "yes"
    assert done.loc[FREE_SHARES, "possible"] == "no"
    # The weights that fit best would need parts that correlate by more than 1.
    assert np.isnan(done.loc[FREE_SHARES, "change"])
    assert done.loc[FREE_SHARES, "change_at_least"] > 0


def test_the_true_parts_fit_best():
    table = rival_parts(read_grid(frame(seed=4)), PARTS)
    assert set(table["composite"]) == {"m1", "m2"}
    first = table[table["place"] == 1]
    assert (first["possible"] == "yes").all()
    assert len(table) == 2 * 6
    assert table.groupby("composite")["declared"].apply(lambda c: (c == "yes").sum()).eq(1).all()


def test_composites_of_composites_come_down_to_their_base():
    assert base_parts(PARTS, "whole") == ("a", "b", "c", "d")
    grid = read_grid(frame())
    weights, widening = base_weights(grid, PARTS, grid.measures, FREE_SHARES)
    assert widening <= 0
    m1, m2, whole = (weights.loc[name].to_numpy() for name in ("m1", "m2", "whole"))
    assert (m1[2:] == 0).all()
    # The whole stands in the plane of its two parts.
    assert np.linalg.matrix_rank(np.array([m1, m2, whole]), tol=1e-9) == 2
    equal, _ = base_weights(grid, PARTS, grid.measures, EQUAL_SHARES)
    assert np.ptp(equal.loc["whole"]) < 1e-12


def test_the_full_matrix_follows_from_the_base():
    rng = np.random.default_rng(2)
    x = rng.normal(size=(3, 50))
    z = (x - x.mean(axis=1, keepdims=True)) / x.std(axis=1, keepdims=True)
    total = 0.4 * z[0] + 0.7 * z[1]
    weights = pd.DataFrame([[0.4, 0.7]], index=["s"], columns=["a", "b"]) / total.std()
    base = np.corrcoef(z)
    found = expand(base, weights, ["s", "a", "b"])
    assert found == pytest.approx(np.corrcoef(np.vstack([total, z])))


def least_eigenvalue(a, b, free):
    return np.linalg.eigvalsh(np.array([[1, a, b], [a, 1, free], [b, free, 1]]))[0]


@pytest.mark.parametrize(("a", "b"), [(0.6, 0.5), (0.9, -0.3), (-0.7, -0.6)])
def test_no_other_completion_has_a_larger_smallest_eigenvalue(a, b):
    found = complete(3, {(0, 1): (a, a), (2, 0): (b, b)})
    best = max(least_eigenvalue(a, b, free) for free in np.linspace(-1, 1, 4001))
    assert found.margin == pytest.approx(best, abs=1e-6)
    assert found.margin == pytest.approx(np.linalg.eigvalsh(found.matrix)[0], abs=1e-12)
    assert found.change < 1e-6
    assert found.proved


def test_the_change_that_restores_is_the_least():
    # Three correlations that no sample has: r12 and r13 of 0.9 and r23 of 0. All may move by d.
    found = complete(3, {(0, 1): (0.9, 0.9), (0, 2): (0.9, 0.9), (1, 2): (0.0, 0.0)})
    steps = np.linspace(0, 0.5, 50_001)
    least = next(d for d in steps if least_eigenvalue(0.9 - d, 0.9 - d, d) >= -1e-12)
    assert found.change == pytest.approx(least, abs=2e-5)
    assert not found.proved


def test_positive_definite_is_exact():
    corner = np.array([[1.0, 0.6, 0.8], [0.6, 1.0, 0.0], [0.8, 0.0, 1.0]])  # 0.36 + 0.64 = 1
    assert not positive_definite(corner)
    assert not positive_definite(corner, -1e-18 + 1e-17)
    assert positive_definite(corner, -1e-12)
    assert positive_definite(np.eye(2), 0.5)
    assert not positive_definite(np.eye(2), 1.5)


def test_how_far_a_matrix_lies_outside():
    matrix = np.array([[1.0, 0.5], [0.5, 1.0]])
    for bounds, beyond in (((0.4, 0.6), 0), ((0.5, 0.5), 0), ((0.7, 0.8), 0.2), ((0, 0.4), 0.1)):
        assert outside(matrix, {(0, 1): bounds}) == pytest.approx(beyond)


def test_missing_and_contradictory_cells_are_refused():
    cells = frame()
    with pytest.raises(ValueError, match="every scale"):
        read_grid(cells.iloc[1:])
    cells.loc[0, "n"] = 5
    with pytest.raises(ValueError, match="more than one n"):
        read_grid(cells)


def test_samples_are_told_apart_only_where_n_differs():
    cells = frame()
    assert list(read_grid(cells).samples()) == [ALL_MEASURES]
    cells.loc[cells["measure"] == "y3", "n"] = 50
    samples = read_grid(cells).samples()
    assert samples[WHOLE_SAMPLE] == ("y0", "y1", "y2")


def test_the_print_can_stand_in_one_matrix(printed):
    grid, parts = printed
    done = complete_jointly(grid, parts)
    table = done.completions.set_index(["formulation", "sample"])
    first = table.loc[(APART, ALL_MEASURES)]
    assert first["possible"] == "yes"
    # Held against the print without anything of the module but the witness.
    entries = done.witnesses
    own = entries[(entries["formulation"] == APART) & (entries["sample"] == ALL_MEASURES)]
    names = [*grid.scales, *grid.measures]
    matrix = pd.DataFrame(np.eye(len(names)), index=names, columns=names)
    for a, b, r in zip(own["first"], own["second"], own["r"], strict=True):
        matrix.loc[a, b] = matrix.loc[b, a] = r
    assert np.linalg.eigvalsh(matrix)[0] == pytest.approx(first["margin"], abs=1e-7)
    for (scale, measure), span in grid.spans.items():
        assert span.low - 1e-7 <= matrix.loc[scale, measure] <= span.high + 1e-7


def test_what_restores_the_print_is_what_must_be_changed(printed):
    grid, parts = printed
    done = complete_jointly(grid, parts).completions
    broken = done[done["possible"] == "no"]
    assert len(broken)
    assert broken["change"].to_numpy() == pytest.approx(
        broken["change_at_least"].to_numpy(), abs=1e-5
    )
    assert (done["outside"] < 1e-6).all()
    proofs = fits(grid, parts)
    failing = proofs[proofs["possible"] == "no"]
    assert (failing["proved"] > 0).all()
    assert (failing["proved"] <= failing["deviation"] + 1e-9).all()
