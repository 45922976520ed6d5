"""The rebuilt trusts: every condition recomputed and able to fail, and the solver's parts."""

import itertools
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import yaml
from scipy import stats

from medlead.engagement.instrument import load_instrument
from medlead.evidence import EvidenceClass
from medlead.performance.association_options import AssociationOptions
from medlead.performance.trusts import (
    N_COLUMN,
    correlate_scales,
    printed_correlations,
    rebuilt_correlations,
)
from medlead.ratings import load_rating_scales
from medlead.reconstruction.trust_check import (
    as_numbers,
    check_trusts,
    compare_solutions,
    left_free,
    read_trusts,
)
from medlead.reconstruction.trust_solver import (
    NotSolved,
    as_text,
    draw,
    freedom,
    gradients,
    solve_trusts,
)
from medlead.reconstruction.trust_targets import (
    HIDDEN,
    coded_measures,
    correlations_of,
    load_targets,
    read_targets,
    with_printed_names,
)
from medlead.sources.messages import ProblemsFound
from medlead.writing import read_csv

ROOT = Path(__file__).parents[2]
INSTRUMENTS = ROOT / "config/instruments"
FILES = SimpleNamespace(
    raw=[str(ROOT / "data/raw/trust_engagement.csv")],
    cells=[str(ROOT / "data/published/cells.csv")],
    scales=[str(INSTRUMENTS / "ratings.yaml")],
    instrument=[str(INSTRUMENTS / "mes.yaml")],
    declared=[str(INSTRUMENTS / "trusts.yaml")],
)
SET = ROOT / "data/raw/trust_scales.csv"


def declared():
    return yaml.safe_load((INSTRUMENTS / "trusts.yaml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def targets():
    return read_targets(FILES)


@pytest.fixture(scope="module")
def kept():
    return read_csv(SET)


@pytest.fixture(scope="module")
def solved(targets):
    return solve_trusts(targets, np.random.default_rng(11))


def test_the_kept_set_meets_every_condition(kept, targets):
    check = check_trusts(read_trusts(kept, targets, "x"), targets)
    assert set(check["holds"]) == {"yes"}
    assert (check["kind"] == "correlation").sum() == targets.printed.size


def test_the_kept_set_gives_the_printed_correlations_without_the_package(kept):
    """Only pandas, scipy and the two files: nothing of the solver or the checker."""
    cells = pd.read_csv(FILES.cells[0], dtype=str, keep_default_na=False)
    table = cells[(cells["item"] == "table-28") & (cells["kind"] == "statistic")]
    levels = {
        text: code
        for scale in (
            ("Poor", "Fair", "Good", "Excellent"),
            ("Not Met", "Partly Met", "Almost Met", "Fully Met"),
        )
        for code, text in enumerate(scale, start=1)
    }
    heads = {"Medical Engagement Index": "index"}
    for name in table["column"].unique():
        if ":" in name:
            kind, number = name.split(":")[0].split()
            heads[name] = f"{kind.lower()}_{number}"
    columns = [c["printed"] for c in declared()["measures"].values()]
    measures = dict(zip(columns, declared()["measures"], strict=True))
    for row, column, text in zip(table["row"], table["column"], table["text"], strict=True):
        y = kept[measures[row]].map(lambda t: levels[t] if t in levels else float(t or "nan"))
        has = y.notna()
        r = stats.pearsonr(kept.loc[has, heads[column]].astype(float), y[has]).statistic
        assert f"{r:.2f}" == text, (row, column, r)


def test_every_sum_is_exact(kept):
    for row in kept.to_dict("records"):
        parts = [Fraction(row[f"sub_{i}"]) for i in range(1, 7)]
        metas = [Fraction(row[f"meta_{i}"]) for i in range(1, 4)]
        assert metas == [(a + b) / 2 for a, b in zip(parts[::2], parts[1::2], strict=True)]
        assert Fraction(row["index"]) == sum(metas) / 3 == sum(parts) / 6


def test_the_printed_trusts_are_as_printed_and_the_others_between(kept):
    printed = pd.read_csv(FILES.raw[0], dtype=str, keep_default_na=False).set_index("trust")
    mine = kept.set_index("trust")
    shared = ["overall_quality", "financial_management", "core_standards", "existing_commitments"]
    assert mine.loc[printed.index, [*shared, "index", "rank_group"]].equals(
        printed[[*shared, "index", "rank_group"]]
    )
    hidden = mine[mine["rank_group"] == HIDDEN]
    assert len(hidden) == len(kept) - len(printed)
    value = hidden["index"].astype(float)
    ends = printed["index"].astype(float).groupby(printed["rank_group"])
    assert ends.max()["bottom"] <= value.min() <= value.max() <= ends.min()["top"]


@pytest.mark.parametrize(
    ("column", "text", "kind"),
    [
        ("trust", "99", "trusts"),
        ("rank", "7", "order"),
        ("sub_1", "60.00", "sum"),
        ("index", "66.5", "printed index"),
        ("overall_quality", "Poor", "printed rating"),
        ("rank_group", "bottom", "printed index"),
        ("indicators_achieved", "", "n"),
        ("indicators_achieved", "9", "correlation"),
        ("indicators_achieved", "-9", "correlation"),
    ],
)
def test_each_condition_can_fail(kept, targets, column, text, kind):
    broken = kept.copy()
    broken.loc[0, column] = text
    check = check_trusts(read_trusts(broken, targets, "x"), targets)
    if text == "-9":  # an outlier that only lowers what it touches
        wrong = check[(check["holds"] == "no") & (check["kind"] == "correlation")]
        assert (wrong["found"].astype(float) < wrong["wanted"].astype(float)).all()
    assert kind in set(check.loc[check["holds"] == "no", "kind"])


def test_a_hidden_trust_beyond_its_neighbours_is_found(kept, targets):
    broken = kept.copy()
    broken.loc[broken.index[broken["rank_group"] == HIDDEN][0], "index"] = "59.0"
    check = check_trusts(broken, targets)
    assert "hidden index" in set(check.loc[check["holds"] == "no", "kind"])


def test_trusts_out_of_order_are_found(kept, targets):
    broken = kept.iloc[[1, 0, *range(2, len(kept))]].reset_index(drop=True)
    broken["rank"] = kept["rank"]
    check = check_trusts(broken, targets)
    assert set(check.loc[check["holds"] == "no", "kind"]) == {"order"}


def test_another_start_meets_the_print_too_and_is_another_set(solved, kept, targets):
    text = as_text(solved, targets)
    assert set(check_trusts(text, targets)["holds"]) == {"yes"}
    assert not text["sub_1"].equals(kept["sub_1"])
    again = solve_trusts(targets, np.random.default_rng(11))
    pd.testing.assert_frame_equal(again, solved)


def test_gradients_are_finite_differences(solved, targets):
    parts = solved[list(targets.base)].to_numpy()
    measures = coded_measures(solved, targets)
    by_parts, by_measures = gradients(parts, measures, targets)
    step = 1e-5
    rng = np.random.default_rng(0)
    for _ in range(12):
        i, k, j = rng.integers(len(parts)), rng.integers(parts.shape[1]), rng.integers(8)
        moved = parts.copy()
        moved[i, k] += step
        back = parts.copy()
        back[i, k] -= step
        rise = correlations_of(moved, measures, targets) - correlations_of(back, measures, targets)
        assert by_parts[:, i, k] == pytest.approx(rise.ravel() / (2 * step), abs=1e-8)
        if not np.isnan(measures[i, j]):
            up, down = measures.copy(), measures.copy()
            up[i, j] += step
            down[i, j] -= step
            rise = correlations_of(parts, up, targets) - correlations_of(parts, down, targets)
            assert by_measures[:, i, j] == pytest.approx(rise.ravel() / (2 * step), abs=1e-8)


def test_the_free_directions_change_no_printed_correlation(solved, targets):
    told = freedom(solved, targets).set_index("quantity")["value"]
    parts = solved[list(targets.base)].to_numpy()
    measures = coded_measures(solved, targets)
    by_parts, by_measures = gradients(parts, measures, targets)
    count = len(by_parts)
    open_measures = [j for j, m in enumerate(targets.measures) if m.rated is None]
    listed = np.flatnonzero((solved["rank_group"] != HIDDEN).to_numpy())
    rows = np.zeros((len(listed), by_parts[0].size))
    for row, i in enumerate(listed):
        rows[row, i * parts.shape[1] : (i + 1) * parts.shape[1]] = 1
    moves = by_measures[:, :, open_measures].reshape(count, -1)
    moves = moves[:, ~np.isnan(measures[:, open_measures]).ravel()]
    matrix = np.vstack(
        [
            np.hstack([by_parts.reshape(count, -1), moves]),
            np.hstack([rows, np.zeros((len(listed), moves.shape[1]))]),
        ]
    )
    # QR with pivots, not singular values, counts the independent conditions.
    from scipy.linalg import qr

    diagonal = np.abs(np.diag(qr(matrix.T, mode="r", pivoting=True)[0]))
    rank = int((diagonal > 1e-9 * diagonal[0]).sum())
    assert told["independent conditions"] == rank
    assert told["numbers"] == matrix.shape[1]
    assert told["free directions"] == matrix.shape[1] - rank - 2 * len(open_measures)


def test_what_varies_lies_between_its_ends(kept, solved, targets):
    numbers = as_numbers(kept, targets)
    table = compare_solutions(numbers, [solved], targets)
    assert (table["least"] <= table["kept"]).all()
    assert (table["kept"] <= table["greatest"]).all()
    row = table[(table["kind"] == "correlation of scales") & (table["name"] == "sub_1, sub_2")]
    both = [np.corrcoef(t["sub_1"], t["sub_2"])[0, 1] for t in (numbers, solved)]
    assert row[["least", "greatest"]].to_numpy()[0] == pytest.approx(sorted(both))
    assert set(left_free(kept, targets)["evidence"]) == {"reconstructed"}


def test_the_ordinary_step_rebuilds_the_table(kept, targets):
    scores, measures = with_printed_names(kept, targets)
    settings = {"confidence": 0.95, "permutations": 9, "star_thresholds": [0.05, 0.01, 0.001]}
    found = correlate_scales(
        scores,
        measures,
        EvidenceClass.RECONSTRUCTED,
        AssociationOptions(),
        seed=1,
        settings=settings,
    )
    table = rebuilt_correlations(found)
    cells = read_csv(Path(FILES.cells[0]))
    cells = cells[cells["item"] == "table-28"]
    printed = {
        (r, c): t for r, c, t in zip(cells["row"], cells["column"], cells["text"], strict=True)
    }
    wanted = set(itertools.product(measures.columns, [*scores.columns, N_COLUMN]))
    assert set(zip(table["row"], table["column"], strict=True)) == wanted
    for row in table.to_dict("records"):
        assert row["text"] == printed[row["row"], row["column"]]
    assert set(table["evidence"]) == {"reconstructed"}


def test_what_cannot_be_solved_is_told(targets):
    hasty = replace(targets, tries={**targets.tries, "steps": 0})
    with pytest.raises(NotSolved, match="steps"):
        solve_trusts(hasty, np.random.default_rng(1))
    luckless = replace(targets, low=targets.high, tries={**targets.tries, "ratings": 5})
    with pytest.raises(NotSolved, match="no ratings"):
        draw(luckless, np.random.default_rng(1))
    few = replace(targets, measures=tuple(replace(m, n=3) for m in targets.measures))
    with pytest.raises(NotSolved, match="can have it"):
        draw(few, np.random.default_rng(1))


def test_all_faults_of_a_set_are_told_at_once(kept, targets):
    broken = kept.copy()
    broken.loc[3, "sub_1"] = "high"
    broken.loc[4, "overall_quality"] = "Superb"
    broken.loc[5, "rank_group"] = "middle"
    with pytest.raises(ProblemsFound) as found:
        read_trusts(broken, targets, "set.csv")
    assert {(p.row, p.column) for p in found.value.problems} == {
        (5, "sub_1"),
        (6, "overall_quality"),
        (7, "rank_group"),
    }
    with pytest.raises(ProblemsFound, match="missing"):
        read_trusts(kept.drop(columns=["sub_2"]), targets, "set.csv")


def test_a_declaration_that_does_not_fit_the_print_is_refused(targets):
    def load(content):
        return load_targets(
            content,
            instrument=load_instrument(
                yaml.safe_load((INSTRUMENTS / "mes.yaml").read_text(encoding="utf-8"))
            ),
            correlations=printed_correlations(read_csv(Path(FILES.cells[0]))),
            listed=targets.listed,
            rating_scales=load_rating_scales(
                yaml.safe_load((INSTRUMENTS / "ratings.yaml").read_text(encoding="utf-8"))
            )["trust_engagement"],
        )

    content = declared()
    content["measures"]["overall_quality"]["printed"] = "Overall quality"
    content["measures"]["core_standards"]["rated"] = "standards"
    with pytest.raises(ProblemsFound) as found:
        load(content)
    assert len(found.value.problems) == 2
    with pytest.raises(ProblemsFound, match="once"):
        load({**declared(), "measures": dict(list(declared()["measures"].items())[1:])})
    with pytest.raises(ProblemsFound, match="surplus"):
        load({**declared(), "surplus": 1})
