"""Identified sets of the printed correlations: random completions, witnesses, words, verdicts."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from scipy import stats

from medlead.evidence import Reason, Verdict
from medlead.performance.completion_plan import (
    ANY_CODING,
    CompletionPlan,
    read_completion_plan,
)
from medlead.performance.completion_ranks import GAMMA, RANKED, SPEARMAN, TAU_A, TAU_B
from medlead.performance.identified import (
    HIGH,
    LOW,
    NO,
    NO_TIES,
    OPEN,
    PEARSON,
    PRINTED,
    TIES,
    YES,
    Row,
    level_rows,
    possible_rows,
    rows_of,
    set_row,
    solve,
    witness_rows,
)
from medlead.performance.identified_joint import (
    ALL_SHOWN,
    TWO_GROUPS,
    joint,
    other_sizes,
    without_middle,
)
from medlead.performance.identified_words import bounds_text, conclusion, way_words
from medlead.performance.resampling import kendall, pearson, spearman
from medlead.ratings import load_rating_scales
from medlead.sources.messages import ProblemsFound
from medlead.verdicts.bounded import told_of_bounds
from medlead.verdicts.relations import Cell
from medlead.writing import read_csv

ROOT = Path(__file__).parents[2]
INSTRUMENTS = ROOT / "config" / "instruments"
SCALES = load_rating_scales(yaml.safe_load((INSTRUMENTS / "ratings.yaml").read_text()))[
    "trust_engagement"
]
DECLARED = yaml.safe_load((INSTRUMENTS / "completions.yaml").read_text())
CELLS = read_csv(ROOT / "data" / "published" / "cells.csv")
TRUSTS = read_csv(ROOT / "data" / "raw" / "trust_engagement.csv").astype({"index": float})
WAY = ["rating", "method", "coding", "ties"]


@pytest.fixture(scope="module")
def plan() -> CompletionPlan:
    # A coarse gap, for speed: what is proved is told as such, whatever the gap.
    whole = read_completion_plan(DECLARED, SCALES)
    wanted = {"overall_quality", "existing_commitments"}
    ratings = {name: row for name, row in whole.ratings.items() if name in wanted}
    codings = dict(list(whole.codings.items())[:1])
    return replace(whole, gap=0.05, ratings=ratings, codings=codings)


@pytest.fixture(scope="module")
def rows(plan: CompletionPlan) -> list[Row]:
    return rows_of(TRUSTS, SCALES, CELLS, plan, half=0.05, below=10)


@pytest.fixture(scope="module")
def found(plan, rows) -> dict[str, pd.DataFrame]:
    lines, possible, levels, witnesses = [], [], [], []
    for row in rows:
        for way, each in solve(row, plan):
            lines.append(set_row(row, way, each, plan))
            possible += possible_rows(row, way, each)
            levels += level_rows(row, way, each)
            witnesses += witness_rows(row, way, each)
    names = ("sets", "possible", "levels", "witnesses")
    frames = (lines, possible, levels, witnesses)
    return {name: pd.DataFrame(frame) for name, frame in zip(names, frames, strict=True)}


def coefficient(method: str, frame: pd.DataFrame, levels: tuple[str, ...]) -> float:
    """By scipy where it has the method, by counting pairs where it has not."""
    x, y = frame["score"].to_numpy(), frame["level"].map(levels.index).to_numpy()
    if method == PEARSON:
        return float(stats.pearsonr(x, frame["counts_as"]).statistic)
    if method == SPEARMAN:
        return float(stats.spearmanr(x, y).statistic)
    if method == TAU_B:
        return float(stats.kendalltau(x, y).statistic)
    first, second = np.triu_indices(len(x), k=1)
    signs = np.sign(x[first] - x[second]) * np.sign(y[first] - y[second])
    return float(signs.sum() / (np.abs(signs).sum() if method == GAMMA else len(signs)))


def test_every_bound_and_printed_value_has_a_completion(found, rows) -> None:
    by_rating = {row.rating: row for row in rows}
    sets = found["sets"].set_index(WAY)
    for key, frame in found["witnesses"].groupby([*WAY, "at"], sort=False):
        *way, at = key
        row, line = by_rating[way[0]], sets.loc[tuple(way)]
        value = coefficient(way[1], frame, row.levels)
        if at == PRINTED:
            assert line["printed_low"] - 1e-9 <= value <= line["printed_high"] + 1e-9
        else:
            assert value == pytest.approx(line[at], abs=1e-8)
        # It is a completion: printed scores by rounding, printed ratings, the rest between.
        printed = TRUSTS.set_index("trust")
        shown = frame[~frame["unit"].str.startswith("hidden")]
        middle = frame.loc[frame["unit"].str.startswith("hidden"), "score"]
        assert (shown["level"] == shown["unit"].map(printed[row.rating])).all()
        assert ((shown["score"] - shown["unit"].map(printed["index"])).abs() <= 0.05 + 1e-9).all()
        ends = shown.set_index("unit")["score"]
        edges = TRUSTS.sort_values("index")["trust"].iloc[[9, 10]]
        assert ends[edges.iloc[0]] - 1e-9 <= middle.min()
        assert middle.max() <= ends[edges.iloc[1]] + 1e-9
        assert len(frame) == line["n"]
    asked = found["witnesses"].groupby(WAY, sort=False)["at"].unique()
    for way, line in sets.iterrows():
        assert {LOW, HIGH} <= set(asked[way])
        assert (PRINTED in asked[way]) == (line["attained"] == YES)


def test_ten_thousand_random_completions_lie_inside(found, rows, plan) -> None:
    rng = np.random.default_rng(27)
    scores = np.array(next(iter(plan.codings.values())))
    for row in rows:
        ends, many = row.ends, 10_000
        shown = rng.uniform(ends.low, ends.high, (many, len(ends.low)))
        floor, ceiling = shown[:, [ends.below - 1]], shown[:, [ends.below]]
        # Some spread out, some crowded at the neighbours, some tied.
        place = rng.beta(*rng.choice([0.2, 1, 3], (2, many, 1)), (many, ends.hidden))
        place = np.where(rng.random((many, 1)) < 0.3, np.round(place * 3) / 3, place)
        x = np.column_stack([shown[:, ends.rated], floor + (ceiling - floor) * place])
        shares = rng.dirichlet([0.6] * ends.levels, many).cumsum(axis=1)
        codes = (rng.random((many, ends.hidden))[:, :, None] > shares[:, None, :-1]).sum(axis=2)
        y = np.column_stack([np.tile(ends.codes[ends.rated], (many, 1)), codes])
        bounds = found["sets"].set_index(WAY).loc[row.rating]
        for method, values in {
            (PEARSON, next(iter(plan.codings)), "makes no difference"): pearson(x, scores[y]),
            (PEARSON, ANY_CODING, "makes no difference"): pearson(x, scores[y] ** 2),
            (SPEARMAN, "", TIES): spearman(x, y.astype(float)),
            (TAU_B, "", TIES): kendall(x, y.astype(float)),
        }.items():
            line = bounds.loc[method]
            assert values.min() >= line["low_proved"] - 1e-9
            assert values.max() <= line["high_proved"] + 1e-9
            # The bounds are not empty words: random completions come near to them.
            assert np.ptp(values) > 0.5 * (line["high"] - line["low"]) or method[1] == ANY_CODING


def test_possible_ratings_are_those_whose_bounds_hold_the_printed_value(found) -> None:
    sets = found["sets"].set_index(WAY)
    for way, part in found["possible"].groupby(WAY, sort=False):
        line = sets.loc[way]
        assert len(part) == line["possible"] <= line["possible_at_most"]
        assert (part["low"] <= line["printed_high"] + 1e-9).all()
        assert (part["high"] >= line["printed_low"] - 1e-9).all()
        counts = part[[c for c in part.columns if c.startswith("level_")]]
        assert (counts.sum(axis=1) == line["hidden_rated"]).all()
        levels = found["levels"].set_index(WAY).loc[[way]]
        assert levels["fewest"].tolist() == counts.min().tolist()
        assert levels["most"].tolist() == counts.max().tolist()


def test_what_gives_all_at_once_is_a_completion(found, rows, plan) -> None:
    together, witness = joint(rows, found["sets"], plan)
    for line in together.to_dict("records"):
        assert line["can_give"] == len([n for n in line["given"].split("; ") if n])
        assert (line["together"] == NO) == bool(line["not_given"])
    scores = next(iter(plan.codings.values()))
    for _, part in witness.groupby(["method", "coding"]):
        for row in rows:
            told = part[part[row.rating] != ""]
            assert len(told) == row.ends.hidden
            shown = TRUSTS[TRUSTS[row.rating] != ""]
            x = [*shown["index"], *told["score"]]
            y = [scores[row.levels.index(t)] for t in [*shown[row.rating], *told[row.rating]]]
            low, high = row.target
            assert low <= stats.pearsonr(x, y).statistic <= high
    assert set(together.loc[together["together"] == YES, "method"]) >= set(witness["method"])


def test_ties_that_only_one_rating_needs_leave_the_whole_open(found, rows, plan) -> None:
    sets = found["sets"].assign(attained=YES)
    plain = (sets["method"] == TAU_B) & (sets["ties"] == NO_TIES)
    # One printed value that needs ties: whether another rating can share them is not known.
    needs = sets.assign(attained=sets["attained"].mask(plain & ~plain.duplicated(), NO))
    assert (needs["attained"] == NO).sum() == 1
    for table, told in ((sets, (YES, YES)), (needs, (NO, OPEN))):
        lines = joint(rows, table, plan)[0].set_index(["method", "ties"])["together"]
        assert (lines[TAU_B, NO_TIES], lines[TAU_B, TIES]) == told


def test_the_printed_ends_alone_are_what_scipy_gives(rows, plan) -> None:
    table = without_middle(rows, plan).set_index(["rating", "sample", "method", "coding"])
    coding = next(iter(plan.codings))
    for row in rows:
        shown = TRUSTS[TRUSTS[row.rating] != ""]
        y = shown[row.rating].map(row.levels.index)
        line = table.loc[(row.rating, ALL_SHOWN, PEARSON, coding)]
        assert line["low"] < stats.pearsonr(shown["index"], y).statistic < line["high"]
        assert line["n"] == len(shown) < line["printed_n"]
        line = table.loc[(row.rating, ALL_SHOWN, TAU_B, "")]
        tau = stats.kendalltau(shown["index"], y).statistic
        assert line["low"] == line["high"] == pytest.approx(tau, abs=1e-12)
        line = table.loc[(row.rating, TWO_GROUPS, PEARSON, coding)]
        group = (shown["rank_group"] == "top").astype(float)
        assert line["low"] == pytest.approx(stats.pearsonr(group, y).statistic, abs=1e-9)


def test_the_sample_of_each_row_is_the_printed_one(rows, plan) -> None:
    printed = CELLS[(CELLS["item"] == plan.item) & (CELLS["column"] == plan.sizes)]
    sizes = printed.set_index("row")["text"]
    for row in rows:
        rated = TRUSTS.loc[TRUSTS[row.rating] != "", row.rating]
        assert row.ends.n == int(sizes[row.measure]) == len(rated) + row.ends.hidden
        assert row.ends.shown_counts().tolist() == [(rated == lv).sum() for lv in row.levels]


def test_bounds_are_rounded_outwards() -> None:
    assert bounds_text(0.3053, 0.6612) == "0.30 to 0.67"
    assert bounds_text(-0.1486, -0.001) == "-0.15 to 0.00"
    # What is written with ten digits may end a hair beyond a round number.
    assert bounds_text(0.4066666667, 0.3 + 1e-10) == "0.40 to 0.30"
    assert bounds_text(0.05499, 0.5437, 3) == "0.054 to 0.544"


def test_a_refuted_way_is_told_with_its_bounds(found, rows, plan) -> None:
    together, _ = joint(rows, found["sets"], plan)
    told = conclusion(
        rows, found["sets"], together, without_middle(rows, plan), found["levels"], plan
    ).set_index("about")["says"]
    for line in together.to_dict("records"):
        words = way_words(line["method"], line["coding"], line["ties"])
        said = {YES: "which ways can give all", NO: "what refutes the others"}[line["together"]]
        if line["coding"] != ANY_CODING:
            assert words in told[said]
    # A value between the bounds that no completion has is told to lie in a gap, others not.
    missed = found["sets"][(found["sets"]["attained"] == NO) & (found["sets"]["coding"] == "")]
    said = told["what refutes the others"]
    assert said.count("in steps that pass it by") == (missed["inside"] == YES).sum()
    one, row = found["sets"].index[found["sets"]["method"] == SPEARMAN][0], rows[0]
    sets = found["sets"].copy()
    sets.loc[one, ["attained", "inside"]] = [NO, YES]
    table, _ = joint(rows, sets, plan)
    words = conclusion(rows, sets, table, without_middle(rows, plan), found["levels"], plan)
    said = words.set_index("about")["says"]["what refutes the others"]
    part = said.partition("Spearman without ties cannot: ")[2]
    assert part.startswith(f"'{row.measure}' is printed {row.printed} and can be ")
    assert "in steps that pass it by" in part.partition(";")[0]
    for row in rows:
        assert (
            row.measure in told["what refutes the others"]
            or row.measure in told["what the middle must be"]
        )


def test_information_from_outside_is_told_as_such_and_with_its_chances(found, rows, plan) -> None:
    together, _ = joint(rows, found["sets"], plan)
    parts = (rows, found["sets"], together, without_middle(rows, plan), found["levels"])
    told = conclusion(*parts, plan).set_index("about").loc["outside information"]
    assert told["evidence"] == "simulated"
    assert told["says"].startswith(f"From outside the report ({plan.source})")
    known = found["sets"][(found["sets"]["attained"] == YES) & (found["sets"]["method"] == PEARSON)]
    for line in known[known["coding"] == next(iter(plan.codings))].to_dict("records"):
        if line["rating"] in plan.shares:
            assert f"{line['chance_outside']:.2g}" in told["says"]
    nothing = conclusion(*parts, replace(plan, source="", shares={})).set_index("about")
    assert "compared with none" in nothing.loc["outside information", "says"]
    assert set(nothing["evidence"]) == {"printed-aggregates"}


def test_another_n_is_told_where_it_would_do(rows, found) -> None:
    sets = found["sets"]
    codings = {"equal steps": [1.0, 2.0, 3.0, 4.0]}
    for row in rows:
        for line in sets[(sets["rating"] == row.rating) & (sets["method"] == TAU_A)].to_dict(
            "records"
        ):
            way = next(w for w, _ in [(_way(line), 0)])
            sizes = other_sizes(row, way, codings, row.ends.hidden)
            assert (row.ends.n in sizes) == (line["inside"] == YES)


def _way(line):
    from medlead.performance.identified import Way

    return Way(line["method"], line["coding"], line["ties"])


def test_a_way_beyond_the_bounds_differs_and_one_within_is_only_bounded(found) -> None:
    sets = found["sets"]
    key = tuple(sets[["item", "row", "column"]].iloc[0])
    cells = [
        Cell(k, "", "statistic")
        for k in sets[["item", "row", "column"]]
        .drop_duplicates()
        .itertuples(index=False, name=None)
    ]
    told = told_of_bounds(sets, cells)
    assert told.met[key].verdict is Verdict.NOT_DERIVABLE
    assert told.met[key].reason is Reason.ONLY_BOUNDED
    assert way_words(PEARSON, "equal steps", "") in told.met[key].rule
    none = told_of_bounds(sets.assign(attained=NO), cells)
    assert none.conflicts[key].verdict is Verdict.DIFFERS
    assert not none.met
    open_ = told_of_bounds(sets.assign(attained="open"), cells)
    assert not open_.met
    assert not open_.conflicts
    assert told_of_bounds(None, cells).met == {}
    with pytest.raises(ValueError, match="not printed"):
        told_of_bounds(sets, [])


def test_every_fault_of_the_declaration_is_told_at_once() -> None:
    wrong = {
        **DECLARED,
        "ratings": {"overall_qualty": "x"},
        "codings": {"falling": [2, 1]},
        "gap": 0,
        "outside": {"source": "", "shares": {"overall_qualty": [1.0]}},
    }
    with pytest.raises(ProblemsFound) as raised:
        read_completion_plan(wrong, SCALES)
    said = " ".join(p.what for p in raised.value.problems)
    for part in ("overall_qualty", "falling", "0 is no gap", "no source", "no shares"):
        assert part in said
    with pytest.raises(ProblemsFound, match="codngs"):
        read_completion_plan({**DECLARED, "codngs": {}}, SCALES)


def test_shares_from_outside_give_a_chance(plan, rows) -> None:
    row = rows[1]
    told = replace(plan, source="here", shares={row.rating: (0.0, 0.0, 1.0, 0.0)})
    way, each = next(iter(solve(row, told)))
    counts = row.ends.counts()
    only = int(np.flatnonzero(counts[:, 2] == row.ends.hidden)[0])
    assert set_row(row, way, each, told)["chance_outside"] == float(each.possible[only])
    nothing = replace(plan, source="", shares={})
    assert np.isnan(set_row(row, way, each, nothing)["chance_outside"])


def test_a_row_that_is_not_printed_or_does_not_fit_is_refused(plan) -> None:
    with pytest.raises(ValueError, match="has no row"):
        rows_of(TRUSTS, SCALES, CELLS, replace(plan, apart=("nothing",)), half=0.05, below=10)
    few = CELLS.assign(
        text=CELLS["text"].where(
            ~((CELLS["item"] == plan.item) & (CELLS["column"] == plan.sizes)), "12"
        )
    )
    with pytest.raises(ValueError, match="n = 12 does not fit"):
        rows_of(TRUSTS, SCALES, few, plan, half=0.05, below=10)


def test_all_rank_methods_are_asked(found) -> None:
    assert set(RANKED) | {PEARSON} == set(found["sets"]["method"])
