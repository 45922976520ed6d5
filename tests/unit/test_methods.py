"""The ways to marks, coefficients and counts, against scipy and counts of our own."""

import json
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml
from scipy import stats

from medlead.configuration import check_config
from medlead.evidence import EvidenceClass, Verdict
from medlead.performance.completion_plan import CompletionPlan, read_completion_plan
from medlead.performance.hypotheses import MarkReading, load_mark_reading
from medlead.performance.significance import judge_stars
from medlead.performance.trusts import printed_correlations
from medlead.ratings import RatingScale
from medlead.sources.inputs import read_inputs, read_scales
from medlead.sources.messages import ProblemsFound
from medlead.verdicts.coefficients_tried import coefficient_numbers
from medlead.verdicts.counts_tried import declared_numbers, merged, relation_numbers
from medlead.verdicts.declared import expand
from medlead.verdicts.grid import TriedNumber, weigh
from medlead.verdicts.judge import judge_marks
from medlead.verdicts.marks_tried import mark_numbers
from medlead.verdicts.methods import Methods, try_methods
from medlead.verdicts.relations import Cell, DeclarationError, numeric_values, printed_cells
from medlead.verdicts.relations import test_instance as decide
from medlead.writing import read_csv

ROOT = Path(__file__).parents[2]
PUBLISHED, CONFIG = ROOT / "data" / "published", ROOT / "config" / "instruments"
THRESHOLDS = [0.05, 0.01, 0.001]
ROUNDING = ["half-up", "half-even", "truncation"]


def configured(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((CONFIG / name).read_text(encoding="utf-8"))
    return loaded


def by_name(number: TriedNumber) -> Mapping[str, Any]:
    assert len({t.method for t in number.tries}) == len(number.tries)
    return {t.method: t for t in number.tries}


# --- marks ----------------------------------------------------------------------------

CORRELATIONS = pd.DataFrame(
    [
        ("one", "a", 0.45, 25, "*"),
        ("one", "b", 0.40, 25, "*"),
        ("two", "a", 0.62, 30, "***"),
        ("two", "b", 0.10, 30, ""),
    ],
    columns=["measure", "scale", "r", "n", "printed"],
).assign(r_low=lambda f: f["r"] - 0.005, r_high=lambda f: f["r"] + 0.005)


@pytest.fixture(scope="module")
def reading() -> MarkReading:
    return load_mark_reading(configured("significance.yaml"))


def stars_of(p: float) -> str:
    return "*" * sum(p < limit for limit in THRESHOLDS) or "no star"


def test_marks_by_test_tail_and_size_are_those_of_the_t_distribution(reading: MarkReading) -> None:
    found = mark_numbers(CORRELATIONS, reading, THRESHOLDS, ["as printed", "largest"])
    assert [n.printed for n in found] == ["*", "*", "***", "no star"]
    assert found[0].others == ("*", "***", "no star")
    assert found[0].key == (reading.item, "one / stars", "a")
    for number, row in zip(found, CORRELATIONS.to_dict("records"), strict=True):
        tries = by_name(number)
        for n in {row["n"], 30}:
            t = row["r"] * np.sqrt((n - 2) / (1 - row["r"] ** 2))
            for tail, sides in (("two-sided", 2), ("one-sided", 1)):
                tried = tries[f"Pearson's r, t, {tail}, n = {n}"]
                assert tried.result == stars_of(sides * stats.t.sf(t, n - 2))
                assert tried.plain == (n == row["n"])
                assert tried.result in tried.within
        assert sum(t.plain for t in number.tries) == 2


def test_adjusted_marks_are_those_of_other_implementations(reading: MarkReading) -> None:
    found = mark_numbers(CORRELATIONS, reading, THRESHOLDS, ["as printed"])
    r, n = CORRELATIONS["r"].to_numpy(), CORRELATIONS["n"].to_numpy()
    p = 2 * stats.t.sf(r * np.sqrt((n - 2) / (1 - r**2)), n - 2)
    bh = stats.false_discovery_control(p)
    order = np.argsort(p)
    holm = np.empty(4)
    holm[order] = np.minimum(1, np.maximum.accumulate(p[order] * [4, 3, 2, 1]))
    halves = [np.sort(p[:2]), np.sort(p[2:])]
    for place, number in enumerate(found):
        tries = by_name(number)
        name = "Pearson's r, t, two-sided, {} over {}"
        assert tries[name.format("holm", "all")].result == stars_of(holm[place])
        assert tries[name.format("benjamini-hochberg", "all")].result == stars_of(bh[place])
        small, large = halves[place // 2]
        alone = 2 * small if p[place] == small else max(large, 2 * small)
        assert tries[name.format("holm", "measure")].result == stars_of(alone)


def test_the_plain_tries_are_those_that_the_verdicts_rest_on(reading: MarkReading) -> None:
    cells = printed_correlations(read_csv(PUBLISHED / "cells.csv"))
    tails = ("two-sided", "one-sided")
    judged = judge_marks(judge_stars(cells, tails, THRESHOLDS), "table-28")
    weighed = [weigh(n) for n in mark_numbers(cells, reading, THRESHOLDS, ["as printed"])]
    assert {w.number.key for w in weighed} == set(judged)
    for w in weighed:
        fits = [m for t, m in zip(w.number.tries, w.matches, strict=True) if t.plain]
        assert len(fits) == 2
        verdict = judged[w.number.key].verdict
        assert (verdict == Verdict.AGREES) == (set(fits) == {"exact"})
        assert (verdict == Verdict.DIFFERS) == (set(fits) == {"no"})
        assert w.met_by_plain == (verdict is not Verdict.DIFFERS)


# --- coefficients ---------------------------------------------------------------------


@pytest.fixture(scope="module")
def scales() -> Mapping[str, RatingScale]:
    return read_scales(str(CONFIG / "ratings.yaml"))["trust_engagement"]


@pytest.fixture(scope="module")
def trusts() -> pd.DataFrame:
    rated = read_scales(str(CONFIG / "ratings.yaml"))
    path = str(ROOT / "data/raw/trust_engagement.csv")
    return read_inputs(["trust_engagement"], [path], [""], rated)["trust_engagement"]


@pytest.fixture(scope="module")
def plan(scales: Mapping[str, RatingScale]) -> CompletionPlan:
    return read_completion_plan(configured("completions.yaml"), scales)


def test_coefficients_are_those_of_scipy(
    trusts: pd.DataFrame, scales: Mapping[str, RatingScale], plan: CompletionPlan
) -> None:
    cells = printed_cells(read_csv(PUBLISHED / "cells.csv"))
    declared = configured("methods.yaml")["coefficients"]
    found = coefficient_numbers(trusts, scales, plan, declared, ["half-up"], cells)
    assert {n.key[1] for n in found} == {m for m in plan.ratings.values() if m}
    checked = 0
    for rating, measure in plan.ratings.items():
        if not measure:
            continue
        (number,) = (n for n in found if n.key[1] == measure)
        # Luck is measured by every coefficient of the table but its own.
        rest = [
            c.text
            for c in cells
            if c.key[0] == plan.item and c.kind == "statistic" and c.key != number.key
        ]
        assert list(number.others) == rest
        levels = list(scales[rating].levels)
        for text, tried in by_name(number).items():
            name, coding, of, missing, score, *_ = text.split("; ")
            records = trusts
            if of != "all records":
                records = trusts[trusts["rank_group"] == of.split()[0]]
            given = records[rating].astype(object).fillna("").astype(str)
            if missing == "missing left out":
                kept = given != ""
            else:
                kept = given == given
                given = given.replace("", levels[0 if "worst" in missing else -1])
            y = [plan.codings[coding][levels.index(v)] for v in given[kept]]
            x = records[plan.column][kept].astype(float)
            if score == "top against bottom":
                x = (records["rank_group"][kept] == "top").astype(float)
            computed = {
                "Pearson": stats.pearsonr,
                "Spearman": stats.spearmanr,
                "Kendall tau-b": stats.kendalltau,
            }[name](x, y)[0]
            assert float(Fraction(tried.value)) == pytest.approx(computed)
            assert tried.evidence is EvidenceClass.PRINTED_RECORDS
            assert not tried.plain
            checked += 1
    assert checked > 100


# --- counts ---------------------------------------------------------------------------

PRINT = [
    *(Cell(("t", r, "n"), v, "count") for r, v in (("1", "3"), ("2", "5"), ("3", "5"), ("7", "1"))),
    *(Cell(("u", r, "n"), v, "count") for r, v in (("all", "13"), ("low", "1"), ("high", "7"))),
]


def whole(item: str, *rows: str) -> dict[str, Any]:
    return {"item": item, "rows": list(rows)}


def declared(*ways: dict[str, Any], **more: Any) -> dict[str, Any]:
    luck = more or {"between": [whole("u", "low", "high")]}
    return {"number": "x", "kind": "k", "cells": [whole("u", "all")], "ways": list(ways), **luck}


def test_cells_are_added_and_taken_away() -> None:
    way = {"says": "so", "add": [{"item": "t"}], "less": [whole("t", "7")], "plain": True}
    (found,) = declared_numbers([declared(way)], ROUNDING, PRINT, None)
    (tried,) = found.tries
    assert (tried.method, tried.result, tried.plain) == ("so", "13", True)
    assert weigh(found).met_by_plain
    assert found.alternatives == tuple("1234567")


def test_statistics_of_a_printed_distribution() -> None:
    # 1 1 1 2 2 2 2 2 3 3 3 3 3 7: two values are commonest, the median is 2, the mean 35/14.
    names = ["mode", "second mode", "third mode", "fourth mode", "mean", "median"]
    way = {"says": "T", "distribution": {"item": "t"}, "statistics": names}
    (found,) = declared_numbers([declared(way)], ["half-up"], PRINT, None)
    assert [(t.method, t.result) for t in found.tries] == [
        *(("mode, T", "2"), ("mode, T", "3"), ("second mode, T", "1"), ("third mode, T", "7")),
        *(("mean, T; half-up", "2.5"), ("median, T; half-up", "2")),
    ]
    values = [1] * 3 + [2] * 5 + [3] * 5 + [7]
    assert found.tries[-2].value == Fraction(sum(values), len(values))
    assert found.tries[-1].value == np.median(values)


RETURNS = pd.DataFrame(
    {
        "kind": ["a", "a", "b", "", "b", "a"],
        "time": ["4", "8", "8", "1", "", "5.5"],
        "evidence": ["reconstructed"] * 6,
    }
)


@pytest.mark.parametrize(
    ("where", "number"),
    [({}, "6"), ({"kind": "a"}, "3"), ({"kind": ["a", "b"]}, "5"), ({"kind": "answered"}, "5")],
)
def test_returns_are_counted(where: dict[str, Any], number: str) -> None:
    way = {"says": "r", "records": {"where": where}}
    (found,) = declared_numbers([declared(way)], ROUNDING, PRINT, RETURNS)
    (tried,) = found.tries
    assert tried.result == number
    assert tried.evidence is EvidenceClass.RECONSTRUCTED


def test_statistics_of_returns_with_and_without_missing_answers() -> None:
    records = {"where": {}, "of": "time", "missing": ["left out", "as zero"]}
    way = {"says": "r", "records": records, "statistics": ["mean", "median", "mode"]}
    (found,) = declared_numbers([declared(way)], ["half-up"], PRINT, RETURNS)
    kept = pd.to_numeric(RETURNS["time"]).dropna()
    zeros = pd.to_numeric(RETURNS["time"]).fillna(0)
    shown = [float(t.result) for t in found.tries]
    expected = [kept.mean(), kept.median(), 8, zeros.mean(), zeros.median(), 8]
    assert shown == pytest.approx(expected)
    # Where every answer is there, filling in is no other way.
    answered = {"says": "r", "statistics": ["mean"]}
    answered["records"] = records | {"where": {"kind": "a"}}  # type: ignore[assignment]
    (found,) = declared_numbers([declared(answered)], ["half-up"], PRINT, RETURNS)
    assert len(found.tries) == 1
    # Without returns there is nothing to count.
    (found,) = declared_numbers([declared(way)], ["half-up"], PRINT, None)
    assert found.tries == ()


def test_numbers_put_in_place_are_those_declared_but_for_its_own() -> None:
    way = {"says": "so", "add": [{"item": "t"}]}
    luck = {"among": [{"item": "t"}, whole("u", "all")]}
    (found,) = declared_numbers([declared(way, **luck)], ROUNDING, PRINT, None)
    assert found.others == ("3", "5", "5", "1")
    assert found.between is None


@pytest.mark.parametrize(
    ("wrong", "error", "told"),
    [
        (declared(between=[whole("u", "low")]), DeclarationError, "two cells"),
        (declared({"says": "", "add": [whole("t", "9")]}), DeclarationError, "prints no"),
        (declared({"says": "", "records": {"where": {"x": "1"}}}), ValueError, "no column 'x'"),
        (
            declared({"says": "", "records": {"where": {}, "of": "x", "missing": []}}),
            ValueError,
            "no column 'x'",
        ),
    ],
)
def test_what_is_not_there_is_refused(
    wrong: dict[str, Any], error: type[Exception], told: str
) -> None:
    with pytest.raises(error, match=told):
        declared_numbers([wrong], ROUNDING, PRINT, RETURNS)


def test_relations_are_the_plain_way_to_what_they_derive() -> None:
    cells = [
        *PRINT,
        Cell(("v", "place", "n"), "1", "count"),
        Cell(("v", "mode", "n"), "2", "count"),
    ]
    relations = [
        {"relation": "a", "kind": "total", "parts": {"item": "t"}, "total": whole("u", "all")},
        {
            "relation": "b",
            "kind": "number-of",
            "reading": "only some count",
            "parts": {"item": "t"},
            "total": whole("u", "high"),
        },
        {
            "relation": "c",
            "kind": "ranked",
            "place": whole("v", "place"),
            "value": whole("t", "2"),
            "base": {"item": "t"},
        },
        {"relation": "d", "kind": "commonest", "parts": {"item": "t"}, "value": whole("v", "mode")},
    ]
    values, texts = numeric_values(cells), {c.key: c.text for c in cells}
    outcomes = [
        decide(i, values, texts) for i in expand([{**r, "says": ""} for r in relations], cells)
    ]
    kinds = {"counts": ["total", "number-of"], "places": ["ranked"], "modes": ["commonest"]}
    found = {n.key: n for n in relation_numbers(kinds, outcomes, cells)}
    total, seven = found["u", "all", "n"], found["u", "high", "n"]
    assert [(t.result, t.plain) for t in total.tries] == [("14", True)]
    assert total.others == ("7",)
    assert [(t.result, t.plain) for t in seven.tries] == [("4", False)]
    assert seven.tries[0].method.endswith(", if only some count")
    # Equal counts leave the place and the commonest value open: each of them fits.
    assert [t.result for t in found["v", "place", "n"].tries] == ["1", "2"]
    assert [t.result for t in found["v", "mode", "n"].tries] == ["2", "3"]
    # A way declared beside a relation is one more try for the same number.
    way = {"says": "so", "add": [whole("u", "all")]}
    (one,) = merged([total, *declared_numbers([declared(way)], ROUNDING, cells, None)])
    assert [(t.result, t.plain) for t in one.tries] == [("14", True), ("13", False)]
    assert one.between == (1, 7)


# --- all of it ------------------------------------------------------------------------


@pytest.fixture(scope="module")
def published(
    reading: MarkReading,
    trusts: pd.DataFrame,
    scales: Mapping[str, RatingScale],
    plan: CompletionPlan,
) -> Methods:
    return try_methods(
        read_csv(PUBLISHED / "cells.csv"),
        yaml.safe_load((PUBLISHED / "relations.yaml").read_text("utf-8"))["relations"],
        configured("methods.yaml"),
        reading=reading,
        thresholds=THRESHOLDS,
        trusts=trusts,
        scales=scales,
        plan=plan,
    )


def test_every_number_is_told_once_and_adds_up(published: Methods) -> None:
    keys = ["item", "row", "column"]
    numbers, tries, tally = published.numbers, published.tries, published.tally
    assert not numbers.duplicated(keys).any()
    counted = tries.groupby(keys).size()
    assert counted.to_dict() == numbers[numbers["tries"] > 0].set_index(keys)["tries"].to_dict()
    matching = tries[tries["match"] != "no"].groupby(keys).size()
    assert (
        matching.to_dict() == numbers[numbers["matching"] > 0].set_index(keys)["matching"].to_dict()
    )
    by_kind = numbers.groupby("kind", sort=False).size()
    assert tally.set_index("kind")["numbers"].to_dict() == by_kind.to_dict()
    assert (tally["met_by_plain"] + tally["not_met_by_plain"] == tally["numbers"]).all()
    assert (tally[["lucky", "telling", "constructed"]].sum(axis=1) == tally["met_by_another"]).all()
    assert (tries["word"] == "").equals(tries["match"] == "no")
    assert tries["chance"].between(0, 1).all()
    # In the order of the print.
    cells = read_csv(PUBLISHED / "cells.csv")
    order = {key: i for i, key in enumerate(zip(*(cells[k] for k in keys), strict=True))}
    places = [order[key] for key in zip(*(numbers[k] for k in keys), strict=True)]
    assert places == sorted(places)


def test_the_declaration_fits_its_schema_and_a_slip_is_told() -> None:
    path = ROOT / "workflow/schemas/methods.schema.json"
    schema = json.loads(path.read_text(encoding="utf-8"))
    check_config(configured("methods.yaml"), schema, "methods.yaml")
    wrong = configured("methods.yaml")
    wrong["percentages"]["remaider"] = True
    wrong["rounding"] = ["up"]
    wrong["numbers"][0]["ways"][0]["distribution"] = {"item": "table-13"}
    with pytest.raises(ProblemsFound) as found:
        check_config(wrong, schema, "methods.yaml")
    assert len(found.value.problems) >= 3
    assert "did you mean 'remainder'?" in str(found.value)
