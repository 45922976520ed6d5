"""From counts to records and back: declarations, dealing, the shipped returns."""

from pathlib import Path
from typing import Any

import hypothesis
import numpy as np
import pandas as pd
import pytest
import yaml
from hypothesis import strategies as st
from small_world import RECORDS, SMALL, counts_of, random_records

from medlead.reconstruction.check import check_survey, excepted_cells
from medlead.reconstruction.deal import deal
from medlead.reconstruction.levels import (
    as_levels,
    count_levels,
    numbers,
    role_times,
    used_returns,
)
from medlead.reconstruction.margins import load_margins, printed_cells
from medlead.reconstruction.programme import assemble
from medlead.reconstruction.returns import _set_total
from medlead.reconstruction.sites import first_times, site_facts
from medlead.reconstruction.slack import least_slack
from medlead.reconstruction.space import Level, Space
from medlead.reconstruction.statistics import identified_sets, part_ends, value_in
from medlead.sources.messages import ProblemsFound
from medlead.survey.cleaning import clean
from medlead.survey.coding import code
from medlead.survey.instrument import load_instrument
from medlead.survey.table_definition import Statistic, load_tables
from medlead.writing import read_csv

ROOT = Path(__file__).parents[2]
INSTRUMENTS = ROOT / "config" / "instruments"


def definition(name: str) -> Any:
    return yaml.safe_load((INSTRUMENTS / f"{name}.yaml").read_text(encoding="utf-8"))


SURVEY = load_instrument(definition("survey"))
DECLARED = definition("margins")
CELLS = printed_cells(read_csv(ROOT / "data" / "published" / "cells.csv"))
TABLES = load_tables(definition("tables"), SURVEY)
MARGINS = load_margins(DECLARED, SURVEY, CELLS, TABLES)
RETURNS = read_csv(ROOT / "data" / "raw" / "survey.csv")
ELSEWHERE = yaml.safe_load((ROOT / "data/published/relations.yaml").read_text("utf-8"))["outside"]
OUTSIDE = {
    (item, row, column)
    for item, row, column in CELLS
    for one in ELSEWHERE
    if item == one["item"]
    and row in one.get("rows", [row])
    and column in one.get("columns", [column])
}
SITES = pd.read_csv(ROOT / "data" / "raw" / "sites.csv").merge(
    pd.read_csv(ROOT / "data" / "raw" / "site_self_ratings.csv"), on="site"
)
SITE_FACTS = site_facts(DECLARED["sites"], SITES, MARGINS.space)


# --- from counts to records ------------------------------------------------------------


@pytest.mark.parametrize("seed", range(3))
def test_dealt_records_have_the_counts_they_were_dealt_from(seed: int) -> None:
    records = random_records(np.random.default_rng(seed), 30)
    counts = counts_of(SMALL, records)
    single = counts_of(SMALL, records[:1])
    recipe = {"size": {"x": 0.9}, "attitude": {"y": 0.5}}
    dealt = deal(SMALL, counts, {"S": single}, recipe, seed)
    assert (count_levels(SMALL, dealt) == counts).all()
    assert dealt.iloc[0][list("ftxy")].to_dict() == records[0]
    assert list(dealt["single"]).count("S") == 1
    again = deal(SMALL, counts, {"S": single}, recipe, seed)
    pd.testing.assert_frame_equal(dealt, again)


RATED = Space(
    {
        "known": tuple(Level(str(i), str(i), i, i + 1) for i in range(5)),
        "asked": (*(Level(str(i), str(i), i, i + 1) for i in range(5)), Level("", "")),
    },
    (("known",), ("asked",)),
)


@pytest.mark.parametrize(("held", "at_least", "at_most"), [(4, 3, 4), (0, 0, 1)])
def test_what_is_not_known_of_a_single_record_goes_with_what_is(
    held: int, at_least: int, at_most: int
) -> None:
    # One in six leaves the question out, but none that is known to have rated.
    records = [{"known": i % 5, "asked": i % 6} for i in range(60)]
    counts = counts_of(RATED, records)
    # Whatever the solution gave the record for a question of which nothing is known.
    for answer in range(5):
        single = counts_of(RATED, [{"known": held, "asked": answer}])
        recipe = {"size": {}, "attitude": {"known": 0.99, "asked": 0.99}}
        dealt = deal(RATED, counts, {"S": single}, recipe, 7, ["asked"])
        assert (count_levels(RATED, dealt) == counts).all()
        assert dealt.loc[0, "known"] == held
        assert at_least <= dealt.loc[0, "asked"] <= at_most
        kept = deal(RATED, counts, {"S": single}, recipe, 7)
        assert kept.loc[0, "asked"] == answer


@hypothesis.given(
    st.lists(st.integers(0, 12).map(float), min_size=1, max_size=6), st.integers(1, 40).map(float)
)
def test_posts_share_the_total_of_a_return(times: list[float], total: float) -> None:
    shared = list(times)
    _set_total(shared, total)
    assert sum(shared) == total
    assert min(shared) >= 0
    if total >= sum(times):
        # No post gets more than it had, while another has two activities less.
        raised = [now for now, then in zip(shared, times, strict=True) if now > then]
        assert max(raised, default=0) <= min(shared) + 1


def test_a_single_record_that_is_not_among_all_is_refused() -> None:
    records = [r for r in RECORDS if r["x"] == 0][:5]
    stranger = counts_of(SMALL, [r for r in RECORDS if r["x"] == 2][:1])
    with pytest.raises(ValueError, match="not among"):
        deal(SMALL, counts_of(SMALL, records), {"S": stranger}, {"size": {}, "attitude": {}}, 0)


def test_times_of_roles_stand_at_the_end() -> None:
    assert role_times("Medical Director 8; Clinical Director 2.5") == [8, 2.5]
    assert role_times("Medical Director; Lead 1") == [None, 1]
    assert role_times("") == []


def test_each_post_of_the_first_role_has_its_time() -> None:
    roles = pd.read_csv(ROOT / "data" / "raw" / "site_roles.csv")
    times = first_times(roles, DECLARED["sites"])
    given = DECLARED["sites"]["first_role"]
    chosen = roles[roles["role"] == given["role"]]
    for site, part in chosen.groupby("site"):
        posts = part["posts"].fillna(1).iloc[0]
        assert times[str(site)] == [part["pa_low"].iloc[0]] * int(posts)


# --- the declarations ------------------------------------------------------------------


def told(mapping: dict[str, Any]) -> str:
    with pytest.raises(ProblemsFound) as found:
        load_margins(mapping, SURVEY, CELLS)
    return str(found.value)


def test_facts_about_tables_take_their_rows_from_the_tables_alone() -> None:
    assert "the table 'table-03' is not known" in told(DECLARED)
    other = {
        **definition("tables")["tables"],
        "table-15": {**definition("tables")["tables"]["table-15"]},
    }
    del other["table-15"]["show"]["%"]
    fewer = load_tables({"tables": other}, SURVEY)
    with pytest.raises(ProblemsFound, match="table-15 says 'columns'"):
        load_margins(DECLARED, SURVEY, CELLS, fewer)
    held = {fact.cell for fact in MARGINS.facts}
    for item, table in TABLES.tables.items():
        printed = {key for key, text in CELLS.items() if key[0] == item and text.isdecimal()}
        ranks = table.headings(Statistic.RANK)
        elsewhere = {key for key in printed if key in OUTSIDE}
        assert {key for key in printed - elsewhere if key[2] not in ranks} <= held, item


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"kind": "count"}, "did you mean 'counts'?"),
        ({"item": "table-99"}, "no printed heading of table-99"),
        ({"rows": {"Acute": {"trust_typ": "Acute"}}}, "did you mean 'trust_type'?"),
        ({"rows": {"Acute": {"trust_type": "Acutte"}}}, "no level 'Acutte'"),
        ({"colums": {}}, "did you mean 'columns'?"),
    ],
)
def test_a_declaration_that_names_nothing_is_refused(change: dict[str, Any], expected: str) -> None:
    fact = {
        "kind": "counts",
        "item": "table-06",
        "rows": {"Acute": {"trust_type": "Acute"}},
        "columns": {"each": "budget"},
    }
    assert expected in told({**DECLARED, "facts": [{**fact, **change}]})


@pytest.mark.parametrize(
    ("key", "value", "told_as"),
    [
        ("blocks", [["foundation", "trust_type"], ["budget", "foundation"],
                    ["budget", "trust_type"]], "form no tree"),
        ("impossible", [{"budget": "50-99", "staff": "0-999"}], "no block counts budget, staff"),
    ],
)  # fmt: skip
def test_declarations_that_would_pass_unheard_are_refused(
    key: str, value: Any, told_as: str
) -> None:
    assert told_as in told({**DECLARED, key: value})


def test_every_counted_cell_of_the_survey_tables_is_a_fact() -> None:
    """No table from 3 to 18 has a count or a percentage that nothing asks for."""
    cells = read_csv(ROOT / "data" / "published" / "cells.csv")
    tables = [f"table-{i:02d}" for i in range(3, 19)]
    national = "% of national trusts"
    wanted = cells[
        cells["item"].isin(tables)
        & cells["kind"].isin(["count", "percent"])
        & (cells["text"] != "")
        & (cells["column"] != national)
    ]
    keys = set(zip(wanted["item"], wanted["row"], wanted["column"], strict=True))
    assert keys <= {fact.cell for fact in MARGINS.facts}
    ratings = cells[
        cells["item"].isin([f"table-{i}" for i in range(19, 23)]) & (cells["kind"] != "label")
    ]
    keys = set(zip(ratings["item"], ratings["row"], ratings["column"], strict=True))
    assert keys <= {fact.cell for fact in MARGINS.facts}


# --- the shipped returns ---------------------------------------------------------------


def checked(returns: pd.DataFrame) -> pd.DataFrame:
    return check_survey(
        returns, SURVEY, MARGINS, DECLARED, CELLS, excepted_cells(DECLARED), SITE_FACTS
    )


def test_the_returns_meet_everything_but_the_named_cells() -> None:
    report = checked(RETURNS)
    assert report[report["holds"] == "no"].to_dict("records") == []
    excepted = report[report["holds"] == "excepted"]
    cells = set(zip(excepted["item"], excepted["row"], excepted["column"], strict=True))
    assert cells == excepted_cells(DECLARED)


def test_no_returns_would_need_less_slack() -> None:
    total, _ = least_slack(assemble(MARGINS.space, MARGINS.facts, only_singles=MARGINS.also))
    used = used_returns(RETURNS, SURVEY)
    counts = count_levels(MARGINS.space, as_levels(used, SURVEY, MARGINS.space, MARGINS.several))
    assert sum(fact.slack(MARGINS.space, counts) for fact in MARGINS.facts) == total


def test_ranks_are_held_by_frequency() -> None:
    facts = [f for f in MARGINS.facts if f.kind == "rank"]
    ranked = [c for c in CELLS if c[0] == "table-15" and c[2] == "Rank"]
    assert {f.cell for f in facts} == set(ranked)
    made = next(iter(MARGINS.several.values()))
    first, last = (facts[i].row for i in (0, -1))
    for fact, named_here, expected in (
        (facts[0], {first: 5}, 0.0),
        (facts[-1], {last: 5}, 5.0),
    ):
        counts = np.zeros(MARGINS.space.size)
        for name, n in named_here.items():
            counts[MARGINS.space.cells({made[name]: frozenset([0])})] = n
        assert fact.slack(MARGINS.space, counts) == expected


def test_commonest_values_stand_alone() -> None:
    report = checked(RETURNS)
    shown = report[report["kind"].isin(["mode", "commonest"])]
    assert not shown["found"].str.contains(" or ").any()
    held = shown[(shown["holds"] == "yes") & (shown["kind"] == "mode")]
    assert (held["found"] == held["printed"]).all()


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("q1_budget", "999999"),
        ("region", "London"),
        ("q2b_doctors", "19"),
        ("q11_quality", "0"),
        ("q9", ""),
        ("q3a_forums", ""),
        ("q8_responsible_officer", "Triumvirate"),
    ],
)
def test_a_changed_answer_is_found(column: str, value: str) -> None:
    other = RETURNS.copy()
    row = next(i for i in other.index if other.loc[i, column] not in ("", value))
    other.loc[row, column] = value
    assert "no" in set(checked(other)["holds"])


def test_a_lost_return_is_found() -> None:
    report = checked(RETURNS.iloc[1:])
    assert (report["holds"] == "no").sum() > 10


def test_every_site_is_a_return_with_its_known_numbers() -> None:
    excepted = excepted_cells(DECLARED)
    for fact in SITE_FACTS:
        if fact.cell in excepted:
            continue
        given = next(
            g for g in DECLARED["sites"]["columns"] if tuple(g["shown"]) == (fact.item, fact.column)
        )
        variable = next((v for v in SURVEY.coded if v.name == given.get("of")), None)
        if variable is None or variable.bands is None:
            continue
        (held,) = RETURNS.loc[RETURNS["case_study"] == fact.population].index
        column = SURVEY.part(variable.sources[0]).column or ""
        assert float(RETURNS.loc[held, column]) == float(fact.text)


def test_the_analysis_codes_the_returns_as_the_check_does() -> None:
    coded = code(clean(RETURNS, SURVEY), SURVEY)
    used = used_returns(RETURNS, SURVEY)
    levels = as_levels(used, SURVEY, MARGINS.space, MARGINS.several)
    for of, by_code in MARGINS.several.items():
        for name, made in by_code.items():
            named_here = coded.items[of].loc[used.index, name].fillna(False).astype(bool)
            assert (named_here == (levels[made] == 0)).all()
    several = {made for by_code in MARGINS.several.values() for made in by_code.values()}
    for name, known in MARGINS.space.variables.items():
        if name in several:
            continue
        headings = [known[i].heading if known[i].name else "" for i in levels[name]]
        values = coded.frame.loc[used.index, name]
        shown = ["" if pd.isna(v) else str(v) if isinstance(v, str) else f"{v:g}" for v in values]
        assert shown == headings, name


def test_the_analysis_reads_every_time_that_the_check_adds_up() -> None:
    """A time that cleaning finds impossible is read by the check and by nothing else."""
    coded = code(clean(RETURNS, SURVEY), SURVEY)
    used = used_returns(RETURNS, SURVEY)
    summed = {v.get("of") for v in DECLARED["values"]} & {v.name for v in SURVEY.coded if v.sum}
    assert summed
    for name in summed:
        added = numbers(used, name, SURVEY)
        assert added.notna().any()
        read = coded.frame.loc[used.index, name].astype(float)
        pd.testing.assert_series_equal(read, added, check_names=False)


def test_identified_sets_are_the_sharp_bounds_of_tables_that_share_a_key() -> None:
    """For tables of one variable with status and with type, Frechet's bounds are exact."""
    items = {"section-4.1.2", "table-04", "table-11", "table-12"}
    names = ["foundation", "trust_type", "board_doctors"]
    few = {
        **DECLARED,
        "variables": {name: DECLARED["variables"][name] for name in names},
        "blocks": [names[:2], ["board_doctors", *names[:2]]],
        "impossible": [],
        "fewest": [],
        "facts": [fact for fact in DECLARED["facts"] if fact["item"] in items],
    }
    statistics = [
        s
        for s in definition("statistics")["statistics"]
        if s["statistic"] in ("foundation-acute", "acute-foundation-board-doctors")
    ]
    margins = load_margins(few, SURVEY, CELLS, TABLES)
    ends = part_ends(DECLARED, CELLS)
    found, _ = identified_sets(statistics, SURVEY, margins, ends)
    assert found["attained"].all()
    used = used_returns(RETURNS, SURVEY)
    shipped = [value_in(given, used, SURVEY, margins, ends) for given in statistics]
    assert (found["low"] <= shipped).all()
    assert (shipped <= found["high"]).all()
    table = {
        row: [int(CELLS["table-12", row, str(k)]) for k in range(1, 5)]
        for row in ("Foundation", "Non-Foundation", "Acute")
    }
    rows = zip(table["Foundation"], table["Acute"], table["Non-Foundation"], strict=True)
    ends = [(max(0, f + a - (f + n)), min(f, a)) for f, a, n in rows]
    count = found.set_index("statistic").loc["foundation-acute"]
    assert count["low"] == sum(low for low, _ in ends)
    assert count["high"] == sum(high for _, high in ends)


def test_every_declared_statistic_can_be_built_and_says_how_it_correlates() -> None:
    declared = definition("statistics")["statistics"]
    assert len({s["statistic"] for s in declared}) == len(declared) >= 20
    used, ends = used_returns(RETURNS, SURVEY), part_ends(DECLARED, CELLS)
    for given in declared:
        assert np.isfinite(value_in(given, used, SURVEY, MARGINS, ends))
        if given["kind"] == "correlation":
            assert "number" in given["says"]
            assert "the returns that give both" in given["says"]


def test_values_of_statistics_are_those_of_the_answers() -> None:
    """By another way: from the coded returns, with pandas."""
    coded = code(clean(RETURNS, SURVEY), SURVEY).frame.loc[used_returns(RETURNS, SURVEY).index]
    used, ends = used_returns(RETURNS, SURVEY), part_ends(DECLARED, CELLS)
    declared = {s["statistic"]: s for s in definition("statistics")["statistics"]}

    def value(name: str) -> float:
        return value_in(declared[name], used, SURVEY, MARGINS, ends)

    rating = {n: pd.to_numeric(coded[n]) for n in ("quality", "finance", "performance")}
    assert value("quality-less-finance") == pytest.approx(
        rating["quality"].mean() - rating["finance"].mean()
    )
    assert value("mean-staff") == pytest.approx(pd.to_numeric(used["q1_staff"]).mean())
    labels = [list(SURVEY.bands[n].labels) for n in ("budget", "staff")]
    both = coded[["budget", "staff"]].astype(object).dropna()
    x, y = (
        [known.index(v) for v in both[n]]
        for n, known in zip(("budget", "staff"), labels, strict=True)
    )
    assert value("budget-with-staff") == pytest.approx(np.corrcoef(x, y)[0, 1])
    high = (rating["quality"] >= 7) & rating["performance"].notna()
    assert value("performance-where-quality-high") == pytest.approx(
        (rating["performance"][high] >= 7).mean()
    )
