"""What was solved and is kept: true of the print and the returns, and refused where it is not."""

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml

from medlead.reconstruction.check import check_survey, excepted_cells, unreadable_numbers
from medlead.reconstruction.facts import Fact, number_of
from medlead.reconstruction.margins import Margins, load_margins, printed_cells
from medlead.reconstruction.parts import take_apart
from medlead.reconstruction.sites import site_column, site_facts
from medlead.reconstruction.solved import (
    Solved,
    check_slack,
    check_sources,
    identified_with_shipped,
    records_report,
    source_digests,
)
from medlead.reconstruction.space import Level, Space
from medlead.reconstruction.statistics import part_ends
from medlead.reconstruction.witnesses import (
    ANY_KEY,
    REST,
    Conditions,
    WitnessWriter,
    ends_of,
    read_counts,
    read_witness,
    write_counts,
)
from medlead.sources.manifest import verify
from medlead.sources.messages import ProblemsFound
from medlead.survey.instrument import load_instrument
from medlead.survey.table_definition import load_tables
from medlead.writing import read_csv

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "data" / "solved"


def definition(name: str) -> Any:
    text = (ROOT / "config" / "instruments" / f"{name}.yaml").read_text(encoding="utf-8")
    return yaml.safe_load(text)


SURVEY = load_instrument(definition("survey"))
DECLARED = definition("margins")
STATISTICS = definition("statistics")["statistics"]
CELLS = printed_cells(read_csv(ROOT / "data" / "published" / "cells.csv"))
TABLES = load_tables(definition("tables"), SURVEY)
MARGINS = load_margins(DECLARED, SURVEY, CELLS, TABLES)
ENDS = part_ends(DECLARED, CELLS)
RETURNS = read_csv(ROOT / "data" / "raw" / "survey.csv")
SITES = pd.read_csv(ROOT / "data" / "raw" / "sites.csv").merge(
    pd.read_csv(ROOT / "data" / "raw" / "site_self_ratings.csv"), on="site"
)
SITE_FACTS = site_facts(DECLARED["sites"], SITES, MARGINS.space)
NAMES = ("slack", "slack-sets", "sites", "identified", "witnesses", "solved-from")
KEPT = Solved(*(read_csv(FOLDER / f"{name}.csv") for name in NAMES))
# One statistic of each kind.
FEW = list({s["kind"]: s for s in STATISTICS}.values())


def told(found: pytest.ExceptionInfo[ProblemsFound]) -> str:
    return str(found.value)


# --- a small world ---------------------------------------------------------------------

SMALL = Space(
    {v: tuple(Level(n, n) for n in names) for v, names in
     {"f": "yn", "t": "ab", "x": "123", "y": "12", "z": "pq"}.items()},
    (("f", "t"), ("x", "f", "t"), ("y",), ("z", "y")),
)  # fmt: skip


def a_count(selection: dict[str, set[int]], n: float) -> Fact:
    frozen = {name: frozenset(levels) for name, levels in selection.items()}
    return Fact("i", str(selection), "c", f"{n:g}", "count", (number_of(frozen, n),))


SMALL_FACTS = (
    a_count({}, 5),
    a_count({"f": {0}}, 3),
    a_count({"x": {0}}, 2),
    a_count({"y": {0}}, 4),
)
SMALL_MARGINS = Margins(SMALL, SMALL_FACTS, {})


def test_counts_are_read_as_they_were_written() -> None:
    random = np.random.default_rng(8)
    counts = np.floor(random.random(SMALL.size) * 3)
    for number in range(len(SMALL.blocks)):
        text = write_counts(SMALL, number, counts)
        found = read_counts(SMALL, number, text)
        assert (found == counts[SMALL.cells({}, number)]).all()
        assert ":0" not in text
    assert write_counts(SMALL, 0, np.eye(1, SMALL.size)[0] * 7) == "1.1:7"


@pytest.mark.parametrize("text", ["3.1:2", "1.1.1:2", "1.1:0", "1.1:x", "0.1:2", "1.1"])
def test_counts_that_say_nothing_are_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        read_counts(SMALL, 0, text)


def test_a_witness_is_completed_to_a_whole_set_of_records() -> None:
    parts = take_apart(SMALL, SMALL_FACTS, {})
    assembled, held = parts.about([{"x", "f"}])
    writer = WitnessWriter(parts)
    for end in ("low", "high"):
        _, columns = held.minimise({})
        writer.add("s", end, assembled.space, assembled.counts(columns))
    rows = writer.frame()
    assert set(rows.loc[rows["statistic"] == REST, "end"]) == {ANY_KEY}
    assert {name: list(ends) for name, ends in ends_of(rows).items()} == {"s": ["low", "high"]}
    whole, counts = read_witness(rows, SMALL, "s", "high")
    assert Conditions(SMALL_MARGINS).faults(whole, counts, 0.0) == []
    with pytest.raises(ValueError, match="are missing"):
        read_witness(rows[rows["block"] != "z x y"], SMALL, "s", "high")


@pytest.mark.parametrize("seed", range(5))
def test_the_slack_in_one_go_is_that_of_the_facts_one_by_one(seed: int) -> None:
    random = np.random.default_rng(seed)
    counts = np.floor(random.random(MARGINS.space.size) * 3)
    expected = sum(fact.slack(MARGINS.space, counts) for fact in MARGINS.facts)
    assert Conditions(MARGINS).slack(counts) == expected > 0


def test_counts_that_are_no_records_are_found_out() -> None:
    good = np.zeros(SMALL.size)
    for selection, number in (
        ({"f": {0}, "t": {0}}, 0), ({"f": {0}, "t": {0}, "x": {0}}, 1), ({"y": {0}}, 2),
        ({"y": {0}, "z": {0}}, 3),
    ):  # fmt: skip
        frozen = {k: frozenset(v) for k, v in selection.items()}
        good[SMALL.cells(frozen, number)] = 5
    facts = (a_count({}, 5),)
    judge = Conditions(Margins(SMALL, facts, {}))
    assert judge.faults(SMALL, good, 0.0) == []
    bad = good.copy()
    bad[SMALL.cells({"y": frozenset([0])}, 2)] = 4
    assert "do not agree" in judge.faults(SMALL, bad, 0.0)[0]
    assert "the slack is 0, the least is 1" in judge.faults(SMALL, good, 1.0)[0]
    never = Space(SMALL.variables, SMALL.blocks, ({"y": frozenset([0]), "z": frozenset([0])},))
    assert "cannot be" in Conditions(Margins(never, facts, {})).faults(never, good, 0.0)[0]
    noted = Margins(SMALL, facts, {"x": frozenset([0])})
    assert "only a known record" in Conditions(noted).faults(SMALL, good, 0.0)[0]


# --- what is kept ----------------------------------------------------------------------


def test_the_folder_is_as_its_manifest_says() -> None:
    assert verify(FOLDER) == []


def sources(margins: Margins = MARGINS, statistics: Any = STATISTICS, modules: str = "m") -> Any:
    return source_digests(margins, DECLARED, SITE_FACTS, statistics, ENDS, modules)


def test_what_is_kept_was_solved_from_the_present_declarations() -> None:
    found = check_sources(KEPT.sources, sources(), "data/solved").set_index("row")
    assert list(found.loc[["conditions", "sites", "statistics"], "holds"]) == ["yes"] * 3
    assert found.loc["modules", "holds"] == "other code"


@pytest.mark.parametrize("part", ["conditions", "sites", "statistics"])
def test_what_belongs_to_others_is_refused(part: str) -> None:
    present = sources()
    present.loc[present["part"] == part, "sha256"] = "0" * 64
    with pytest.raises(ProblemsFound) as found:
        check_sources(KEPT.sources, present, "data/solved")
    assert f"belong to other {part}" in told(found)
    assert "make records" in told(found)


def test_a_digest_follows_meanings_and_not_bytes() -> None:
    def digest(name: str, table: pd.DataFrame) -> str:
        return str(table.set_index("part").loc[name, "sha256"])

    now = digest("conditions", sources())
    again = load_margins(dict(reversed(list(DECLARED.items()))), SURVEY, CELLS, TABLES)
    assert digest("conditions", sources(again)) == now
    # A cell that sets no condition, and one that does.
    national = {**CELLS, ("table-04", "Acute", "% of national trusts"): "75"}
    assert digest("conditions", sources(load_margins(DECLARED, SURVEY, national, TABLES))) == now
    printed = {**CELLS, ("table-06", "Acute", "100-149"): "12"}
    assert digest("conditions", sources(load_margins(DECLARED, SURVEY, printed, TABLES))) != now
    fewer = Margins(MARGINS.space, MARGINS.facts[1:], MARGINS.also)
    assert digest("conditions", sources(fewer)) != now
    said = [{**s, "says": "In other words"} for s in STATISTICS]
    assert digest("statistics", sources(statistics=said)) == digest("statistics", sources())
    assert digest("statistics", sources(statistics=STATISTICS[1:])) != digest(
        "statistics", sources()
    )


def shipped(solved: Solved = KEPT, statistics: Any = FEW, returns: Any = RETURNS) -> Any:
    return identified_with_shipped(
        solved, statistics, returns, SURVEY, MARGINS, ENDS, "data/solved"
    )


def test_every_end_is_reached_and_every_shipped_value_lies_within() -> None:
    found = shipped(statistics=STATISTICS)
    assert list(found["statistic"]) == [s["statistic"] for s in STATISTICS]
    assert (found["attained"] == "True").all()
    assert (found["low"] <= found["shipped"] + 1e-9).all()
    assert (found["shipped"] <= found["high"] + 1e-9).all()


@pytest.mark.parametrize("given", FEW, ids=lambda given: given["kind"])
def test_a_wider_end_is_not_reached(given: dict[str, Any]) -> None:
    other = KEPT.identified.copy()
    chosen = other["statistic"] == given["statistic"]
    other.loc[chosen, "low"] = str(float(other.loc[chosen, "low"].iloc[0]) - 0.001)
    with pytest.raises(ProblemsFound) as found:
        shipped(dataclasses.replace(KEPT, identified=other), [given])
    assert f"the witness of {given['statistic']}, low: it reaches" in told(found)


def test_a_range_that_leaves_the_shipped_value_out_is_refused() -> None:
    given = next(s for s in STATISTICS if s["statistic"] == "foundation-acute")
    other = KEPT.identified.copy()
    other.loc[other["statistic"] == "foundation-acute", "low"] = "33"
    with pytest.raises(ProblemsFound) as found:
        shipped(dataclasses.replace(KEPT, identified=other), [given])
    assert "outside its range" in told(found)


def test_a_changed_or_lost_witness_is_refused() -> None:
    given = next(s for s in STATISTICS if s["statistic"] == "quality-overall")
    rows = KEPT.witnesses.copy()
    chosen = (
        (rows["statistic"] == "quality-overall")
        & (rows["end"] == "high")
        & (rows["block"] == "quality x principal")
    )
    assert chosen.sum() == 1
    first, _, rest = rows.loc[chosen, "counts"].iloc[0].partition(" ")
    place, _, number = first.partition(":")
    rows.loc[chosen, "counts"] = f"{place}:{int(number) + 1} {rest}"
    with pytest.raises(ProblemsFound) as found:
        shipped(dataclasses.replace(KEPT, witnesses=rows), [given])
    assert "quality-overall, high: two blocks do not agree" in told(found)
    lost = KEPT.witnesses[~((rows["statistic"] == "quality-overall") & (rows["end"] == "low"))]
    with pytest.raises(ProblemsFound) as found:
        shipped(dataclasses.replace(KEPT, witnesses=lost), [given])
    assert "quality-overall, low: it is not there" in told(found)


def checked() -> pd.DataFrame:
    excepted = excepted_cells(DECLARED)
    return check_survey(RETURNS, SURVEY, MARGINS, DECLARED, CELLS, excepted, SITE_FACTS)


def test_the_returns_have_the_least_slack_alone_and_with_the_sites() -> None:
    report = checked()
    found = check_slack(KEPT, MARGINS, report, "data/solved")
    assert list(found["holds"]) == ["yes", "yes"]
    # An excepted cell may differ, but not by more than it must.
    worse = report.copy()
    worse.loc[worse["holds"] == "excepted", "slack"] += 1
    assert set(check_slack(KEPT, MARGINS, worse, "data/solved")["holds"]) == {"no"}


def test_a_total_that_is_not_the_least_is_refused() -> None:
    other = KEPT.slack.assign(total="11")
    with pytest.raises(ProblemsFound) as found:
        check_slack(dataclasses.replace(KEPT, slack=other), MARGINS, checked(), "data/solved")
    assert "not the least" in told(found)
    (problem,) = found.value.problems
    # The heading is row 1.
    assert (problem.row, problem.column, problem.value) == (2, "total", "11")


def test_every_answer_that_is_no_number_is_named_with_its_place() -> None:
    wrong = RETURNS.copy()
    wrong.loc[3, "q1_budget"] = "lots"
    wrong.loc[5, "q11_quality"] = "nan"
    wrong.loc[7, "q3b"] = "7"
    with pytest.raises(ProblemsFound) as found:
        records_report(
            KEPT,
            wrong,
            SURVEY,
            MARGINS,
            DECLARED,
            STATISTICS,
            read_csv(ROOT / "data" / "published" / "cells.csv"),
            SITES,
            "m",
            "data/solved",
            "returns.csv",
        )
    places = [(p.file, p.row, p.column, p.value) for p in found.value.problems]
    assert places == [
        ("returns.csv", 5, "q1_budget", "lots"),
        ("returns.csv", 7, "q11_quality", "nan"),
    ]
    assert "£ million" in str(found.value.problems[0].allowed)
    assert "0 to 10" in str(found.value.problems[1].allowed)
    assert all(p.mend for p in found.value.problems)
    assert unreadable_numbers(RETURNS, SURVEY, "returns.csv") == []


def test_the_column_that_names_a_site_is_the_questionnaire_s() -> None:
    parts = tuple(
        dataclasses.replace(part, column="letter") if part.name == "case_study" else part
        for part in SURVEY.parts
    )
    other = dataclasses.replace(SURVEY, parts=parts)
    renamed = RETURNS.rename(columns={"case_study": "letter"})
    found = check_survey(
        renamed, other, MARGINS, DECLARED, CELLS, excepted_cells(DECLARED), SITE_FACTS
    )
    pd.testing.assert_frame_equal(found, checked())
    with pytest.raises(ValueError, match="did you mean 'case_study'"):
        site_column({"part": "case_stud"}, SURVEY)
