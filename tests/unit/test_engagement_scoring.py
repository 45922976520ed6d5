"""Scores and ranks: worked by hand, against plain fractions, by properties, against scipy."""

import copy
import math
from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy.stats import percentileofscore

from medlead.engagement.bands import band_labels, band_numbers, band_probabilities
from medlead.engagement.instrument import Instrument, RankKind, load_instrument
from medlead.engagement.norms import (
    Norms,
    has_scores,
    norms_from_items,
    norms_from_scores,
    read_norms,
)
from medlead.engagement.scoring import FINEST, Scored, grid_of, score
from medlead.sources.messages import ProblemsFound

ROOT = Path(__file__).parents[2]
GIVEN = yaml.safe_load((ROOT / "config/instruments/mes.yaml").read_text(encoding="utf-8"))
MES = load_instrument(GIVEN)
CODES = hnp.arrays(np.uint8, st.tuples(st.just(30), st.integers(1, 6)), elements=st.integers(0, 5))


def changed(**scales: dict[str, Any]) -> Instrument:
    """The instrument with other keys in scales (sub_1 for sub-1), items (q01) or norms."""
    mapping = copy.deepcopy(GIVEN)
    for name, keys in scales.items():
        if name == "norms":
            mapping["norms"].update(keys)
        for listed, key in (("scales", "scale"), ("items", "item")):
            for given_thing in mapping[listed]:
                if given_thing[key] == name.replace("_", "-"):
                    given_thing.update(keys)
                    if "least_share" in keys:
                        given_thing.pop("at_least")
    return load_instrument(mapping)


def by_fractions(codes: list[int], instrument: Instrument) -> dict[str, Fraction | None]:
    """Scores from 0 to 100 by the words of the definition, with fractions."""
    points = len(instrument.points)
    values: dict[str, Fraction | None] = {}
    for item, code in zip(instrument.items, codes, strict=True):
        turned = points + 1 - code if item.reverse else code
        values[item.name] = Fraction(turned) if code else None
    for scale in instrument.scales:
        there = [
            (value, weight)
            for part, weight in zip(scale.parts, scale.weights, strict=True)
            if (value := values[part]) is not None
        ]
        total = sum(weight for _, weight in there)
        enough = len(there) >= scale.at_least
        values[scale.name] = sum(v * w for v, w in there) / Fraction(total) if enough else None
    return {
        s.name: None if (v := values[s.name]) is None else (v - 1) * 100 / (points - 1)
        for s in instrument.scales
    }


def expected_scores(codes: np.ndarray[Any, Any], instrument: Instrument) -> dict[str, list[float]]:
    """Every scale's score of every doctor by plain fractions; NaN where there is none."""
    people = [by_fractions(codes[:, i].tolist(), instrument) for i in range(codes.shape[1])]
    return {
        scale.name: [
            math.nan if (value := person[scale.name]) is None else float(value) for person in people
        ]
        for scale in instrument.scales
    }


def found_scores(scored: Scored, names: Iterable[str]) -> dict[str, list[float]]:
    """What was scored, in the same form."""
    return {name: list(scored.scores(name)) for name in names}


def close(expected: dict[str, list[float]]) -> dict[str, Any]:
    """Equal to within what a score is kept to."""
    return {name: pytest.approx(values, abs=1e-4, nan_ok=True) for name, values in expected.items()}


# --- worked by hand ----------------------------------------------------------------------


def one(**answers: int) -> np.ndarray[Any, Any]:
    """One doctor with 3 everywhere but where said."""
    codes = dict.fromkeys(MES.item_names, 3) | answers
    return np.array(list(codes.values()), dtype=np.uint8)[:, None]


def test_a_doctor_worked_by_hand() -> None:
    """Sub-scale 1: 5, 4, 4, none, 3 -> mean 4 -> 75. Sub-scale 2: 2, 2, 3, 3, 3 -> 2.6 -> 40.
    Meta 1: 57.5; the others 50; index (57.5 + 50 + 50) / 3 = 52.5.
    Organisational (75 + 50 + 50) / 3 = 58.333..., individual (40 + 50 + 50) / 3 = 46.666...
    """
    scored = score(one(q01=5, q02=4, q03=4, q04=0, q05=3, q06=2, q07=2), MES)
    expected = {
        "sub-1": 75, "sub-2": 40, "sub-3": 50, "meta-1": 57.5, "meta-2": 50, "index": 52.5,
        "organisational": 175 / 3, "individual": 140 / 3,
    }  # fmt: skip
    assert {n: scored.scores(n)[0] for n in expected} == pytest.approx(expected)
    valid = dict(zip(scored.scales, scored.valid[:, 0].tolist(), strict=True))
    assert (valid["sub-1"], valid["sub-2"], valid["meta-1"], valid["index"]) == (4, 5, 9, 29)
    assert (valid["organisational"], valid["individual"]) == (14, 15)


@pytest.mark.parametrize(("gone", "expected"), [(2, 50.0), (3, math.nan)])
def test_missing_rules_at_their_edge(gone: int, expected: float) -> None:
    scored = score(one(**{f"q0{i}": 0 for i in range(1, gone + 1)}), MES)
    for name in ("sub-1", "meta-1", "index", "organisational"):
        assert scored.scores(name)[0] == pytest.approx(expected, nan_ok=True)
    for name in ("sub-2", "meta-2", "meta-3", "individual"):
        assert scored.scores(name)[0] == 50
    assert scored.valid[0, 0] == 5 - gone


def test_all_missing_is_no_score_at_all() -> None:
    scored = score(np.zeros((30, 2), dtype=np.uint8), MES)
    assert not scored.keys.any()
    assert not scored.valid.any()
    assert all(np.isnan(scored.scores(n)).all() for n in scored.scales)


def test_a_meta_scale_may_do_with_one_sub_scale_if_it_is_said() -> None:
    lenient = changed(meta_1={"at_least": 1}, index={"least_share": 0.5})
    codes = one(q01=0, q02=0, q03=0, q06=5, q07=5, q08=5, q09=5, q10=5)
    scored = score(codes, lenient)
    assert scored.scores("meta-1")[0] == 100
    assert scored.scores("index")[0] == pytest.approx((100 + 50 + 50) / 3)
    expected = expected_scores(codes, lenient)
    assert found_scores(scored, expected) == close(expected)


def test_two_of_three_parts_may_be_enough() -> None:
    """Sub-scales 1 and 3 gone leave one organisational part; sub-scale 1 gone leaves two."""
    two = changed(organisational={"at_least": 2})
    first = {f"q0{i}": 0 for i in range(1, 6)}
    third = {f"q{i}": 0 for i in range(11, 16)}
    codes = np.hstack([one(**first, q21=5, q22=5), one(**first, **third), one(**third, q01=5)])
    scored = score(codes, two).scores("organisational")
    assert scored == pytest.approx([(50 + 70) / 2, math.nan, (60 + 50) / 2], nan_ok=True)


def test_the_ends_of_the_scale() -> None:
    for code, value in ((1, 0.0), (5, 100.0), (3, 50.0)):
        scored = score(np.full((30, 1), code, dtype=np.uint8), MES)
        assert [scored.scores(n)[0] for n in scored.scales] == [value] * 12


def test_another_number_of_items_is_refused() -> None:
    with pytest.raises(ValueError, match="29 items where the instrument has 30"):
        score(np.ones((29, 2), dtype=np.uint8), MES)


def test_nobody() -> None:
    assert score(np.zeros((30, 0), dtype=np.uint8), MES).count == 0


# --- against plain fractions ---------------------------------------------------------------

VARIANTS = {
    "as shipped": MES,
    "reversed": changed(q02={"reverse": True}, q03={"reverse": True}, q30={"reverse": True}),
    "weighted": changed(
        sub_1={"weights": {"q01": 3, "q02": 2}, "at_least": 2}, index={"weights": {"meta-1": 5}}
    ),
    "lenient": changed(
        sub_2={"at_least": 1},
        meta_1={"at_least": 1},
        meta_2={"at_least": 1},
        index={"at_least": 1},
        organisational={"at_least": 2},
    ),
    "heavy": changed(sub_1={"weights": {"q01": 97}}, q01={"reverse": True}),
}


@settings(deadline=None, max_examples=60)
@given(codes=CODES, name=st.sampled_from(sorted(VARIANTS)))
def test_scores_are_those_of_the_definition(codes: np.ndarray[Any, Any], name: str) -> None:
    expected = expected_scores(codes, VARIANTS[name])
    assert found_scores(score(codes, VARIANTS[name]), expected) == close(expected)


def test_a_scale_of_thirty_items_at_once_is_scored_too() -> None:
    mapping = copy.deepcopy(GIVEN)
    mapping["scales"].append(
        {"scale": "all", "level": "index", "kind": "both", "name": "All", "means": "all items",
         "items": list(MES.item_names), "least_share": 0.5}
    )  # fmt: skip
    wide = load_instrument(mapping)
    assert not grid_of(wide).exact
    assert grid_of(wide).unit == FINEST
    codes = np.random.default_rng(1).integers(0, 6, (30, 40)).astype(np.uint8)
    expected = expected_scores(codes, wide)
    assert found_scores(score(codes, wide), expected) == close(expected)


def test_scores_are_exact_multiples() -> None:
    """Two ways to the same mean give the same key, which floats would not."""
    assert 1.2 + 2.2 != 1.4 + 2.0
    a, b = one(), one()
    a[0:5, 0], a[5:10, 0] = [1, 1, 1, 1, 2], [2, 2, 2, 2, 3]
    b[0:5, 0], b[5:10, 0] = [1, 1, 1, 2, 2], [2, 2, 2, 2, 2]
    assert score(a, MES).keys[6] == score(b, MES).keys[6]
    grid = grid_of(MES)
    assert grid.exact
    # Means of 3, 4 or 5 items, of 2 sub-scales, of 3 meta-scales: 60 * 2 * 3.
    assert grid.unit == 360


# --- properties ----------------------------------------------------------------------------


@settings(deadline=None, max_examples=40)
@given(codes=CODES, seed=st.integers(0, 9))
def test_the_order_of_respondents_does_not_matter(codes: np.ndarray[Any, Any], seed: int) -> None:
    order = np.random.default_rng(seed).permutation(codes.shape[1])
    assert np.array_equal(score(codes[:, order], MES).keys, score(codes, MES).keys[:, order])


def test_slices_do_not_show() -> None:
    codes = np.random.default_rng(2).integers(0, 6, (30, 70_000)).astype(np.uint8)
    part = score(codes[:, 65_530:65_542], MES).keys
    assert np.array_equal(score(codes, MES).keys[:, 65_530:65_542], part)


@settings(deadline=None, max_examples=40)
@given(codes=CODES)
def test_reversing_every_item_twice_changes_nothing(codes: np.ndarray[Any, Any]) -> None:
    turned = np.where(codes > 0, 6 - codes, 0).astype(np.uint8)
    all_reversed = changed(**{name: {"reverse": True} for name in MES.item_names})
    assert np.array_equal(score(turned, all_reversed).keys, score(codes, MES).keys)
    # Once turned, scores lie as far from the middle on the other side.
    once = score(codes, all_reversed)
    for name in once.scales:
        assert once.scores(name) == pytest.approx(100 - score(codes, MES).scores(name), nan_ok=True)


@settings(deadline=None, max_examples=40)
@given(codes=hnp.arrays(np.uint8, (30, 4), elements=st.integers(1, 3)), by=st.integers(1, 2))
def test_a_constant_on_all_items_moves_scores_as_the_transformation_says(
    codes: np.ndarray[Any, Any], by: int
) -> None:
    low, high = score(codes, MES), score(codes + np.uint8(by), MES)
    for name in low.scales:
        assert high.scores(name) - low.scores(name) == pytest.approx([25 * by] * 4)


@settings(deadline=None, max_examples=60)
@given(codes=CODES, item=st.integers(0, 29))
def test_scores_rise_with_every_item(codes: np.ndarray[Any, Any], item: int) -> None:
    higher = codes.copy()
    higher[item] = np.where((codes[item] > 0) & (codes[item] < 5), codes[item] + 1, codes[item])
    low, high = score(codes, MES).keys, score(higher, MES).keys
    assert (high >= low).all()
    moved = (higher != codes).any(axis=0)
    own = next(i for i, s in enumerate(MES.scales) if MES.item_names[item] in s.parts)
    assert ((high[own] > low[own]) == (moved & (low[own] > 0))).all()


# --- percentile ranks ------------------------------------------------------------------------

KINDS = {"weak": RankKind.WEAK, "strict": RankKind.STRICT, "mean": RankKind.MEAN}


@pytest.fixture(scope="module")
def sample() -> np.ndarray[Any, Any]:
    codes = np.random.default_rng(7).integers(0, 6, (30, 301)).astype(np.uint8)
    codes[:, :200] = np.maximum(codes[:, :200], 1)
    return codes


@pytest.mark.parametrize("kind", list(KINDS))
def test_ranks_are_those_of_scipy(sample: np.ndarray[Any, Any], kind: str) -> None:
    instrument = changed(norms={"definition": kind})
    norms = norms_from_items(sample, instrument)
    people = np.random.default_rng(8).integers(0, 6, (30, 60)).astype(np.uint8)
    scored = score(people, instrument)
    assert norms.kind is KINDS[kind]
    for row, name in enumerate(scored.scales):
        keys = score(sample, instrument).keys[row]
        expected = [
            percentileofscore(keys[keys > 0], key, kind=kind) if key else math.nan
            for key in scored.keys[row].tolist()
        ]
        assert norms.percentiles(scored, name) == pytest.approx(expected, nan_ok=True, abs=1e-12)
        between = scored.keys[row][:20] + 0.25
        expected = [percentileofscore(keys[keys > 0], key, kind=kind) for key in between]
        assert norms.scales[name].rank(between) == pytest.approx(expected, abs=1e-12)
        assert norms.scales[name].size == int((keys > 0).sum())


def test_ranks_worked_by_hand() -> None:
    """Norm scores 0, 25, 25, 100 on every scale: 25 has one below and three at or below."""
    norm = np.repeat(np.array([[1, 2, 2, 5]], dtype=np.uint8), 30, axis=0)
    people = np.repeat(np.array([[1, 2, 3, 5]], dtype=np.uint8), 30, axis=0)
    expected = {
        "strict": [0, 25, 75, 75], "weak": [25, 75, 75, 100], "mean": [12.5, 50, 75, 87.5]
    }  # fmt: skip
    for kind, ranks in expected.items():
        instrument = changed(norms={"definition": kind})
        norms = norms_from_items(norm, instrument)
        assert norms.percentiles(score(people, instrument), "index").tolist() == ranks


def test_the_mean_definition_gives_the_norm_sample_itself_fifty(
    sample: np.ndarray[Any, Any],
) -> None:
    norms, scored = norms_from_items(sample, MES), score(sample, MES)
    for name in scored.scales:
        assert np.nanmean(norms.percentiles(scored, name)) == pytest.approx(50)


@settings(deadline=None, max_examples=25)
@given(codes=CODES)
def test_a_higher_score_has_no_lower_rank(codes: np.ndarray[Any, Any]) -> None:
    norms = norms_from_items(np.maximum(codes, 1), MES)
    for norm in norms.scales.values():
        ranks = norm.rank(np.arange(1, norms.grid.top + 1))
        assert (np.diff(ranks) >= 0).all()


def crossing_by_trial(norms: Norms, name: str, percentile: float, includes: bool) -> float:
    norm = norms.scales[name]
    for key in sorted(set(norm.keys.tolist())):
        weak = 100 * (norm.keys <= key).sum() / norm.size
        if weak > percentile or (weak == percentile and not includes):
            return float(key)
    return math.inf


def test_where_ranks_cross_a_percentile(sample: np.ndarray[Any, Any]) -> None:
    for people in (sample[:, :200], sample[:, :7]):
        norms = norms_from_items(people, MES)
        for name, norm in norms.scales.items():
            for percentile in (0.5, 14, 25, 50, 60, 75, 99.5):
                for includes in (True, False):
                    got = norm.crossing(percentile, includes=includes)
                    assert got == crossing_by_trial(norms, name, percentile, includes)


def test_norms_from_scores_are_those_from_items(
    sample: np.ndarray[Any, Any], tmp_path: Path
) -> None:
    scored = score(sample, MES)
    frame = pd.DataFrame({name: scored.scores(name) for name in scored.scales})
    by_items = norms_from_items(sample, MES)
    by_scores = norms_from_scores({n: frame[n].to_numpy() for n in frame}, MES)
    frame.round(6).to_csv(tmp_path / "scores.csv", index=False)
    items = pd.DataFrame(sample.T, columns=list(MES.item_names))
    items.astype(str).replace("0", "").to_csv(tmp_path / "items.csv", index=False)
    for other in (
        by_scores,
        read_norms(tmp_path / "scores.csv", MES),
        read_norms(tmp_path / "items.csv", MES),
    ):
        for name in scored.scales:
            assert np.array_equal(other.scales[name].doubled, by_items.scales[name].doubled)


def test_wrong_norms_are_told_at_once(tmp_path: Path) -> None:
    scores = {name: np.array([1.0, 2.0]) for name in MES.scale_names if name != "sub-3"}
    scores["sub-1"] = np.array([1.0, 101.0])
    scores["sub-9"] = np.array([1.0])
    with pytest.raises(ProblemsFound) as found:
        norms_from_scores(scores, MES)
    assert {(p.column, p.row) for p in found.value.problems} == {
        ("sub-3", None), ("sub-1", 3), ("sub-9", None)
    }  # fmt: skip
    with pytest.raises(ProblemsFound, match="nobody has a score"):
        norms_from_items(np.zeros((30, 3), dtype=np.uint8), MES)
    path = tmp_path / "scores.csv"
    path.write_text(",".join(MES.scale_names) + "\n" + ",".join(["1"] * 11) + ",abc\n")
    with pytest.raises(ProblemsFound) as told:
        read_norms(path, MES)
    assert [(p.row, p.value) for p in told.value.problems] == [(2, "abc")]


def test_a_file_of_scores_with_faults_is_told_as_one(tmp_path: Path) -> None:
    """A missing scale is told as missing, and a mark, a text and a number too high together."""
    path = tmp_path / "scores.csv"
    lacking = [name for name in MES.scale_names if name != "meta-2"]
    path.write_text(",".join(lacking) + "\n" + ",".join(["50"] * 11) + "\n", encoding="utf-8")
    assert has_scores(path, MES)
    with pytest.raises(ProblemsFound) as found:
        read_norms(path, MES)
    assert [(p.column, p.what) for p in found.value.problems] == [
        ("meta-2", "the column is missing")
    ]
    rows = [["50"] * 12, ["140", "NA", "55%", *["50"] * 9], ["", "40", *["50"] * 10]]
    text = "\n".join(["Scores of spring", "", ",".join(MES.scale_names), *map(",".join, rows)])
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ProblemsFound) as found:
        read_norms(path, MES)
    assert {(p.file, p.row, p.value) for p in found.value.problems} == {
        (path.as_posix(), 5, "140"), (path.as_posix(), 5, "55%")
    }  # fmt: skip
    path.write_text(text.replace("140", "14").replace("55%", "55"), encoding="utf-8")
    assert read_norms(path, MES).scales[MES.scale_names[1]].size == 2
    items = [name for name in MES.item_names if name != "q07"]
    path.write_text(",".join(items) + "\n" + ",".join(["3"] * 29) + "\n", encoding="utf-8")
    assert not has_scores(path, MES)


# --- bands -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("percentile", "band"),
    [
        (0, "low"), (49.999, "low"), (50, "low"), (np.nextafter(50, 51), "medium"),
        (50.001, "medium"), (59.999, "medium"), (np.nextafter(60, 59), "medium"),
        (60, "high"), (60.001, "high"), (100, "high"), (math.nan, ""),
    ],
)  # fmt: skip
def test_band_edges(percentile: float, band: str) -> None:
    assert band_labels(np.array([percentile]), MES.bands) == [band]


def test_bands_honour_both_inclusive_clauses_and_leave_no_gap() -> None:
    values = np.linspace(0, 100, 20_001)
    numbers = band_numbers(values, MES.bands)
    assert (np.diff(numbers) >= 0).all()
    labels = np.array([b.label for b in MES.bands])[numbers]
    assert (labels[values >= 60] == "high").all()
    assert (labels[values <= 50] == "low").all()
    assert (labels[(values > 50) & (values < 60)] == "medium").all()


def test_other_bands_by_configuration() -> None:
    mapping = copy.deepcopy(GIVEN)
    mapping["bands"] = [
        {"band": "a", "to": 25, "includes_end": False},
        {"band": "b", "to": 50, "includes_end": True},
        {"band": "c", "to": 75},
        {"band": "d"},
    ]
    bands = load_instrument(mapping).bands
    values = np.array([24.9, 25, 50, 50.1, 75, 75.1])
    assert band_labels(values, bands) == ["a", "b", "b", "c", "c", "d"]


def test_probabilities_of_bands_add_up() -> None:
    from scipy.stats import norm

    def below(end: float, _: bool) -> np.ndarray[Any, Any]:
        return np.asarray(norm.cdf(end, [40, 55, math.nan], 10))

    chances = band_probabilities(below, MES.bands)
    assert len(chances) == 3
    assert np.sum(chances, axis=0)[:2] == pytest.approx([1, 1])
    assert np.isnan([c[2] for c in chances]).all()
    assert chances[1][1] == pytest.approx(norm.cdf(0.5) - norm.cdf(-0.5))
    assert np.array_equal(band_probabilities(below, MES.bands[-1:])[0][:2], [1, 1])
