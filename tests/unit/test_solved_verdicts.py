"""Verdicts from records solved to a print whose faults are known, because they were planted."""

import dataclasses
import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from medlead.evidence import EvidenceClass, Reason, Verdict
from medlead.performance.significance import judge_stars
from medlead.performance.trusts import printed_correlations
from medlead.reconstruction.check import check_survey, excepted_cells
from medlead.reconstruction.facts import Fact, number_of
from medlead.reconstruction.levels import count_levels
from medlead.reconstruction.margins import Margins, load_margins
from medlead.reconstruction.margins import printed_cells as printed_texts
from medlead.reconstruction.report import slack_report
from medlead.reconstruction.space import Level, Space
from medlead.survey.instrument import load_instrument
from medlead.survey.table_definition import load_tables
from medlead.verdicts.judge import Verdicts, judge
from medlead.verdicts.relations import Cell, Key
from medlead.verdicts.solved import Solved, pools_of, solved_judgements
from medlead.writing import read_csv, write_csv

ROOT = Path(__file__).parents[2]
PUBLISHED = ROOT / "data" / "published"
INSTRUMENTS = ROOT / "config" / "instruments"
RECONSTRUCTED = EvidenceClass.RECONSTRUCTED

# --- a small survey --------------------------------------------------------------------

SPACE = Space(
    {
        "f": (Level("yes", "yes"), Level("no", "no")),
        "t": (Level("a", "a"), Level("b", "b")),
        "x": tuple(Level(str(v), str(v), v, v + 0.5) for v in (1, 2, 3)),
    },
    (("f", "t"), ("x", "f", "t")),
)


def fact(item: str, row: str, column: str, text: str, chosen: dict[str, frozenset[int]]) -> Fact:
    return Fact(item, row, column, text, "count", (number_of(chosen, float(text)),))


def sound_print(seed: int) -> list[Fact]:
    """Tables of 30 random records: every group by x, and the sizes of the groups."""
    random = np.random.default_rng(seed)
    records = pd.DataFrame({v: random.integers(len(SPACE.variables[v]), size=30) for v in "ftx"})
    counts = count_levels(SPACE, records)
    facts = []
    for by in "ft":
        for j, group in enumerate(SPACE.variables[by]):
            of_group = {by: frozenset([j])}
            sizes = (f"table-{by}", group.name, "size", of_group)
            crossed = [
                (f"table-{by}", group.name, level.name, {**of_group, "x": frozenset([i])})
                for i, level in enumerate(SPACE.variables["x"])
            ]
            for item, row, column, chosen in (sizes, *crossed):
                facts.append(fact(item, row, column, f"{SPACE.count(chosen, counts):g}", chosen))
    return facts


def solve_and_judge(facts: list[Fact], tmp_path: Path, **more: Any) -> Verdicts:
    """The verdicts on a print of these facts alone, with what the solver finds, through files."""
    slack, sets = slack_report(Margins(SPACE, tuple(facts), {}))
    frames = {"survey_slack": slack, "survey_sets": sets}
    for name, frame in frames.items():
        write_csv(tmp_path / f"{name}.csv", frame)
    # Best records miss exactly the cells of one set.
    missed = {tuple(k) for k in sets.loc[sets["set"] == 1, ["item", "row", "column"]].to_numpy()}
    check = pd.DataFrame(
        [
            (
                *f.cell,
                f.kind,
                "99" if f.cell in missed else f.text,
                "no" if f.cell in missed else "yes",
            )
            for f in facts
        ],
        columns=["item", "row", "column", "kind", "found", "holds"],
    )
    cells = pd.DataFrame(
        [(*f.cell, f.text, "count", "4", str(n)) for n, f in enumerate(facts, start=1)],
        columns=["item", "row", "column", "text", "kind", "section", "line"],
    )
    items = sorted(set(cells["item"]))
    given: dict[str, Any] = {
        "items": pd.DataFrame({"item": items, "evidence": RECONSTRUCTED, "scope": "in"}),
        "cells": cells,
        "declarations": {"relations": []},
        "tables": {},
        "significance": pd.DataFrame(
            columns=[
                *("measure", "scale", "r", "r_low", "r_high", "n", "printed"),
                *("tail", "implied", "implied_fewest", "implied_most", "match"),
            ]
        ),
        "survey_check": check,
        **{name: read_csv(tmp_path / f"{name}.csv") for name in frames},
    }
    return judge(**(given | more))


@pytest.mark.parametrize("seed", range(3))
def test_a_sound_print_agrees_by_construction_and_never_counts_as_agreement(
    seed: int, tmp_path: Path
) -> None:
    found = solve_and_judge(sound_print(seed), tmp_path)
    assert set(found.cells["verdict"]) == {str(Verdict.AGREES_BY_CONSTRUCTION)}
    assert set(found.cells["evidence"]) == {str(RECONSTRUCTED)}
    assert set(found.cells["rule"]) == {"solved-margin"}
    assert sum(found.summary["agreements_by_basis"].values()) == 0
    assert found.summary["by_construction_from"]["solved-margin"] == len(found.cells)
    assert found.audit.empty


@pytest.mark.parametrize("seed", range(4))
def test_a_planted_wrong_cell_is_the_one_that_differs(seed: int, tmp_path: Path) -> None:
    facts = sound_print(seed)
    crossed = [i for i, f in enumerate(facts) if f.column != "size"]
    planted = int(np.random.default_rng(seed).choice(crossed))
    (chosen,) = [c for _, c in facts[planted].requirements[0].terms]
    wrong = f"{float(facts[planted].text) + 3:g}"
    facts[planted] = fact(*facts[planted].cell, wrong, chosen)
    found = solve_and_judge(facts, tmp_path)
    by_cell = found.cells.set_index(["item", "row", "column"])
    row = by_cell.loc[facts[planted].cell]
    assert (row["verdict"], row["reason"]) == (Verdict.DIFFERS, Reason.CONFLICTS_WITH_PRINT)
    assert (row["rebuilt"], row["evidence"]) == ("99", EvidenceClass.PRINTED_AGGREGATES)
    others = by_cell.drop(index=facts[planted].cell)
    assert set(others["verdict"]) == {str(Verdict.AGREES_BY_CONSTRUCTION)}
    (finding,) = found.audit.to_dict("records")
    assert (finding["line"], finding["check"], finding["printed"]) == (
        planted + 1,
        "least slack",
        wrong,
    )
    assert f"{facts[planted].row}, {facts[planted].column}" in finding["explanation"]


def pool_print() -> list[Fact]:
    """One group has two sizes, and either may be wrong."""
    yes = {"f": frozenset([0])}
    return [
        fact("table-1", "yes", "n", "5", yes),
        fact("table-2", "yes", "n", "6", yes),
        fact("table-3", "all", "n", "9", {}),
    ]


def test_equally_good_cells_are_conflicting_evidence_also_where_one_is_met(tmp_path: Path) -> None:
    found = solve_and_judge(pool_print(), tmp_path)
    verdicts = found.cells[["verdict", "reason"]].to_numpy().tolist()
    conflict = [str(Verdict.NOT_DERIVABLE), str(Reason.CONFLICTING_EVIDENCE)]
    assert verdicts == [conflict, conflict, [str(Verdict.AGREES_BY_CONSTRUCTION), ""]]
    assert set(found.cells["rule"][:2]) == {"least slack: some of 2 cells, 2 equally good sets"}
    (finding,) = found.audit.to_dict("records")
    assert (
        "some of 2 cells, in 2 equally good sets: Table 1: yes, n; Table 2: yes, n."
        in (finding["explanation"])
    )
    assert finding["implied"] == ""


def test_a_conflict_that_the_print_shows_by_itself_too_is_one_finding(tmp_path: Path) -> None:
    same = {
        "relation": "sizes",
        "kind": "equal-sums",
        "says": "Both tables have one size.",
        "left": {"item": "table-1"},
        "right": {"item": "table-2"},
    }
    margins = {
        "exceptions": [
            {"item": "table-2", "row": "yes", "column": "n", "because": "One of them slipped."}
        ]
    }
    found = solve_and_judge(
        pool_print(), tmp_path, declarations={"relations": [same]}, survey_margins=margins
    )
    (finding,) = found.audit.to_dict("records")
    assert finding["check"] == "sizes; least slack"
    assert "The print adds up to 5 on one side and to 6 on the other." in (finding["explanation"])
    assert "One of them slipped." in finding["explanation"]


def test_words_without_a_conflict_are_no_finding(tmp_path: Path) -> None:
    margins = {
        "exceptions": [{"item": "table-f", "row": "yes", "column": "1", "because": "No reason."}]
    }
    assert solve_and_judge(sound_print(1), tmp_path, survey_margins=margins).audit.empty


# --- pools -----------------------------------------------------------------------------


def frames(family: list[set[str]], always: str = "") -> tuple[pd.DataFrame, pd.DataFrame]:
    """The slack and the sets of a family, as the solver writes them."""
    names = sorted(set().union(*family))
    slack = pd.DataFrame(
        [
            ("t", n, "c", "always" if n in always else "in some", str(len(family)), "True")
            for n in names
        ],
        columns=["item", "row", "column", "needed", "of_sets", "complete"],
    )
    sets = pd.DataFrame(
        [(str(i), "t", n, "c") for i, cells in enumerate(family) for n in sorted(cells)],
        columns=["set", "item", "row", "column"],
    )
    return slack, sets


def named(cells: tuple[Key, ...]) -> str:
    return "".join(row for _, row, _ in cells)


def test_conflicts_that_have_nothing_to_do_with_each_other_are_pools_of_their_own() -> None:
    family = [{"z", x, y} for x in "ab" for y in "pqr"]
    always, pools = pools_of(*frames(family, always="z"))
    assert named(tuple(always)) == "z"
    assert [(named(p.cells), p.sets) for p in pools] == [("ab", 2), ("pqr", 3)]


def test_cells_that_only_three_together_tie_are_not_taken_apart() -> None:
    """Each pair takes all four combinations, but the third is decided by the other two."""
    family = [{"z"}, {"z", "a", "b"}, {"z", "a", "c"}, {"z", "b", "c"}]
    _, (pool,) = pools_of(*frames(family, always="z"))
    assert (named(pool.cells), pool.sets) == ("abc", 4)


def test_without_the_sets_there_is_one_pool_and_an_unended_search_is_told() -> None:
    slack, _ = frames([{"a"}, {"b"}])
    _, (pool,) = pools_of(slack.assign(complete="False"), None)
    assert (named(pool.cells), pool.counted) == ("ab", "at least 2 equally good sets")
    assert pools_of(slack.iloc[:0], None) == ([], [])


PARTS = st.sets(st.frozensets(st.sampled_from("abc")), min_size=2, max_size=4)


@settings(max_examples=60, deadline=None)
@given(st.lists(PARTS, min_size=1, max_size=3))
def test_pools_are_never_tied_across_conflicts_that_were_made_apart(
    parts: list[set[frozenset[str]]],
) -> None:
    """A family of all combinations of its parts: no pool reaches over two of them."""
    own = [
        [frozenset(f"{c}{i}" for c in cells) for cells in sorted(part, key=sorted)]
        for i, part in enumerate(parts)
    ]
    family = [set().union(*chosen) for chosen in itertools.product(*own)]
    always = set.intersection(*family)
    slack, sets = frames([cells | {"z"} for cells in family])
    slack["needed"] = ["always" if n in {*always, "z"} else "in some" for n in slack["row"]]
    _, pools = pools_of(slack, sets)
    sizes = 1
    for pool in pools:
        sizes *= pool.sets
        assert len({row[-1] for _, row, _ in pool.cells}) == 1
    assert sizes == len(family)


# --- checks ----------------------------------------------------------------------------

CELL = Cell(("section-4", "range", "low"), "6,000", "count")
OTHER = Cell(("section-4", "range", "high"), "7,000", "count")


def by_check(rows: list[tuple[str, str, str, str]], cells: list[Cell], **more: Any) -> Solved:
    """The judgements from rows of column, kind, found and holds."""
    check = pd.DataFrame(
        [("section-4", "range", *row) for row in rows],
        columns=["item", "row", "column", "kind", "found", "holds"],
    )
    return solved_judgements(cells, {"section-4": RECONSTRUCTED}, check=check, **more)


def test_a_cell_with_two_conditions_agrees_only_where_both_hold() -> None:
    both = [("low", "lowest", "3", "yes"), ("low", "lowest", "6000", "yes")]
    judged = by_check(both, [CELL]).met[CELL.key]
    assert (judged.verdict, judged.rebuilt) == (Verdict.AGREES_BY_CONSTRUCTION, "6,000")
    for missed in range(2):
        rows = [(*r[:3], "no" if i == missed else "yes") for i, r in enumerate(both)]
        judged = by_check(rows, [CELL]).met[CELL.key]
        assert (judged.verdict, judged.reason) == (Verdict.NOT_DERIVABLE, Reason.RECORDS_DIFFER)


def test_records_that_miss_a_cell_say_nothing_of_the_print() -> None:
    judged = by_check([("low", "count", "5", "excepted")], [CELL]).met[CELL.key]
    assert (judged.verdict, judged.reason) == (Verdict.NOT_DERIVABLE, Reason.RECORDS_DIFFER)
    # Nor does a table made from them.
    solved = solved_judgements([CELL], {"section-4": RECONSTRUCTED}, rebuilt={CELL.key: "5,999"})
    assert solved.met[CELL.key].reason is Reason.RECORDS_DIFFER


def test_a_table_that_names_all_commonest_values_agrees_with_the_one_printed() -> None:
    for shown, agrees in (("6,000", True), ("5, 6,000", True), ("5, 7", False)):
        met = solved_judgements(
            [CELL], {"section-4": RECONSTRUCTED}, rebuilt={CELL.key: shown}
        ).met[CELL.key]
        assert (met.verdict is Verdict.AGREES_BY_CONSTRUCTION) is agrees


def test_a_blank_that_stays_blank_is_no_agreement() -> None:
    blank = dataclasses.replace(CELL, text="")
    solved = solved_judgements([blank], {"section-4": RECONSTRUCTED}, rebuilt={CELL.key: ""})
    assert solved.met == {}


@pytest.mark.parametrize(("kind", "both"), [("most", True), ("commonest", True), ("count", False)])
def test_a_range_is_checked_at_one_of_its_ends(kind: str, both: bool) -> None:
    solved = by_check([("high", kind, "5", "yes")], [CELL, OTHER])
    assert OTHER.key in solved.met
    assert (CELL.key in solved.met) is both
    solved = by_check([("high", kind, "5", "no")], [CELL, OTHER])
    assert {j.reason for j in solved.met.values()} == {Reason.RECORDS_DIFFER}


def test_single_records_are_not_the_survey_and_a_strange_cell_is_an_error() -> None:
    assert not by_check([("low", "record", "5", "no"), ("low", "coding", "0", "yes")], [CELL]).met
    with pytest.raises(ValueError, match="not printed"):
        by_check([("elsewhere", "count", "5", "yes")], [CELL])


def test_a_table_from_the_records_shows_what_it_would_be() -> None:
    slack = pd.DataFrame(
        [("section-4", "range", "low", "always", "1", "True")],
        columns=["item", "row", "column", "needed", "of_sets", "complete"],
    )
    solved = solved_judgements(
        [CELL], {"section-4": RECONSTRUCTED}, slack=slack, rebuilt={CELL.key: "5,000"}
    )
    assert solved.conflicts[CELL.key].rebuilt == "5,000"
    assert solved.always == (CELL.key,)
    assert not solved.met


# --- the report's own survey -----------------------------------------------------------


def loaded(name: str) -> Any:
    return yaml.safe_load((INSTRUMENTS / f"{name}.yaml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def chapter() -> pd.DataFrame:
    """The cells of the survey chapter, judged with the check of the shipped returns."""
    cells, declared = read_csv(PUBLISHED / "cells.csv"), loaded("margins")
    instrument = load_instrument(loaded("survey"))
    tables = load_tables(loaded("tables"), instrument)
    margins = load_margins(declared, instrument, printed_texts(cells), tables)
    check = check_survey(
        read_csv(ROOT / "data" / "raw" / "survey.csv"),
        instrument,
        margins,
        declared,
        printed_texts(cells),
        excepted_cells(declared),
    )
    found = judge(
        items=read_csv(PUBLISHED / "items.csv"),
        cells=cells,
        declarations=yaml.safe_load((PUBLISHED / "relations.yaml").read_text(encoding="utf-8")),
        tables={},
        significance=judge_stars(printed_correlations(cells)),
        survey_check=check,
        survey_margins=declared,
    ).cells
    return found[(cells["section"] == "4") | cells["section"].str.startswith("4.")]


def test_every_cell_of_the_chapter_is_judged(chapter: pd.DataFrame) -> None:
    waiting = chapter[chapter["reason"] == str(Reason.STAGE_NOT_BUILT)]
    assert waiting[["item", "row", "column"]].to_numpy().tolist() == []
    assert set(chapter["item"]) >= {f"table-{n:02d}" for n in range(3, 23)}


def test_no_cell_of_a_conflict_agrees_by_construction(chapter: pd.DataFrame) -> None:
    excepted = {(e["item"], e["row"], e["column"]) for e in loaded("margins")["exceptions"]}
    agreeing = chapter[chapter["verdict"].str.startswith("agrees")]
    keys = set(zip(agreeing["item"], agreeing["row"], agreeing["column"], strict=True))
    assert not keys & excepted


def test_percentages_follow_from_the_print_and_not_from_the_records(chapter: pd.DataFrame) -> None:
    solved = chapter[chapter["evidence"] == str(RECONSTRUCTED)]
    agreeing = solved[solved["verdict"] == str(Verdict.AGREES_BY_CONSTRUCTION)]
    tables = agreeing[agreeing["item"].str.startswith("table")]
    assert not tables["column"].str.contains("%|Percentage", regex=True).any()
    assert set(agreeing["rule"]) == {"solved-margin"}
