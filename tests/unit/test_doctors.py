"""Simulated doctors: the shipped answers against the print, the checker against other code.

Standings are worked out again with scipy, conditions again with plain Python.
"""

import copy
import re
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm, percentileofscore

from medlead.engagement.instrument import load_instrument
from medlead.engagement.norms import norms_from_items
from medlead.engagement.scoring import score
from medlead.reconstruction.doctor_check import (
    ANSWER_KINDS,
    SCALE_KINDS,
    STUDY_KINDS,
    check_doctors,
    conditions,
    load_statements,
    sites_named,
    study_of,
)
from medlead.reconstruction.doctor_model import Model, check_model, draw_norms
from medlead.reconstruction.doctors import make_doctors
from medlead.reconstruction.on_scales import in_band, in_quadrant
from medlead.reconstruction.standing import Norms, Site, scales_of
from medlead.reconstruction.statements import Reading, Statement, Study, read_reading
from medlead.sources.messages import ProblemsFound
from medlead.sources.printed_statements import NOT_CHECKABLE, SCALE_NAME, STATEMENT_KINDS
from medlead.writing import read_csv

ROOT = Path(__file__).parents[2]
RAW, PUBLISHED = ROOT / "data" / "raw", ROOT / "data" / "published"


def definition(name: str) -> Any:
    path = ROOT / "config" / "instruments" / f"{name}.yaml"
    return yaml.safe_load(path.read_text(encoding="utf-8"))


INSTRUMENT = load_instrument(definition("mes"))
READING = read_reading(INSTRUMENT, definition("mes_statements"))
MODEL = definition("mes_model")
STATEMENTS = read_csv(PUBLISHED / "engagement.csv")
SAID = load_statements(STATEMENTS, READING)
RESPONSES = read_csv(RAW / "mes_responses.csv")
NORMS = read_csv(RAW / "mes_norms.csv")
ITEMS = list(INSTRUMENT.item_names)
CELLS = read_csv(PUBLISHED / "cells.csv")


# --- the shipped files ----------------------------------------------------------------


@pytest.fixture(scope="module")
def report() -> pd.DataFrame:
    return check_doctors(RESPONSES, NORMS, STATEMENTS, READING)


def test_every_followed_statement_holds(report: pd.DataFrame) -> None:
    followed = report[report["followed"] == "yes"]
    assert len(followed) > 100
    assert followed.loc[followed["holds"] != "yes", "statement"].tolist() == []


def test_what_was_not_followed_does_not_hold(report: pd.DataFrame) -> None:
    other = report[(report["followed"] == "no") & (report["kind"] != NOT_CHECKABLE)]
    assert set(other["holds"]) == {"no"}
    assert (report.loc[report["kind"] == NOT_CHECKABLE, "holds"] == "").all()


def test_the_files_have_the_printed_numbers_of_doctors() -> None:
    cells = CELLS[(CELLS["column"] == "n") & CELLS["row"].str.startswith("doctors of site ")]
    printed = {row[-1]: int(text) for row, text in zip(cells["row"], cells["text"], strict=True)}
    assert len(printed) == 7
    assert RESPONSES["site"].value_counts().to_dict() == printed
    assert RESPONSES["respondent"].is_unique
    assert NORMS["respondent"].is_unique
    assert len(NORMS) == MODEL["norms"]["doctors"]
    sizes = RESPONSES.groupby(["site", "group"]).size().to_dict()
    assert sizes == {(s, g): n for s, own in MODEL["sites"].items() for g, n in own.items()}


def test_sites_without_returns_are_told_and_have_no_rows() -> None:
    told = {s.site for s in SAID if s.kind == "returns" and s.value == "0"}
    sites = set(read_csv(RAW / "sites.csv")["site"])
    assert told == sites - set(RESPONSES["site"])
    assert set(sites_named(SAID)) == sites


def test_the_answers_are_those_of_the_instrument() -> None:
    points = {str(p.value) for p in INSTRUMENT.points}
    assert set(np.unique(NORMS[ITEMS].to_numpy().astype(str))) == points
    assert set(np.unique(RESPONSES[ITEMS].to_numpy().astype(str))) <= points
    assert set(NORMS.columns) == {"respondent", *ITEMS}
    assert list(RESPONSES.columns) == list(INSTRUMENT.columns)


# --- an independent reckoning -----------------------------------------------------------


def mean_scores(frame: pd.DataFrame) -> pd.DataFrame:
    """Every scale as the plain mean of its parts, of items turned round where they are."""
    ends = INSTRUMENT.points[0].value + INSTRUMENT.points[-1].value
    scores = frame[ITEMS].astype(int)
    for item in INSTRUMENT.items:
        if item.reverse:
            scores[item.name] = ends - scores[item.name]
    for scale in INSTRUMENT.scales:
        weights = np.array(scale.weights) / sum(scale.weights)
        scores[scale.name] = (scores[list(scale.parts)] * weights).sum(axis=1).round(9)
    return scores


@pytest.fixture(scope="module")
def standings() -> dict[tuple[str, str], dict[str, float]]:
    sample, given = mean_scores(NORMS), mean_scores(RESPONSES)
    kind = {"mean": "mean", "weak": "weak", "strict": "strict"}[str(INSTRUMENT.definition)]
    ranks = pd.DataFrame(
        {
            s.name: [percentileofscore(sample[s.name], v, kind=kind) for v in given[s.name]]
            for s in INSTRUMENT.scales
        }
    )
    found = {}
    for (site, group), rows in RESPONSES.groupby(["site", "group"]).groups.items():
        found[site, group] = ranks.loc[rows].mean().to_dict()
    for site, rows in RESPONSES.groupby("site").groups.items():
        found[site, ""] = ranks.loc[rows].mean().to_dict()
    return found


def test_standings_are_those_of_scipy(standings: dict[tuple[str, str], dict[str, float]]) -> None:
    study = study_of(RESPONSES, NORMS, READING)
    compared = 0
    for (site, group), expected in standings.items():
        own = study.sites[site]
        for scale, value in expected.items():
            found = own.standing[own.row(group), READING.scales.place[scale]]
            assert found == pytest.approx(value, abs=1e-9)
            compared += 1
    assert compared == len(standings) * len(INSTRUMENT.scales)


def test_standings_are_those_of_the_scoring_engine() -> None:
    """The small scorer that the doctors were made with, against the one that shows them."""
    points = [p.value for p in INSTRUMENT.points]

    def codes(frame: pd.DataFrame) -> Any:
        return np.array([[points.index(int(v)) + 1 for v in frame[i]] for i in ITEMS], np.uint8)

    norms = norms_from_items(codes(NORMS), INSTRUMENT)
    scored = score(codes(RESPONSES), INSTRUMENT)
    study = study_of(RESPONSES, NORMS, READING)
    for scale in INSTRUMENT.scale_names:
        ranks = pd.Series(norms.percentiles(scored, scale), index=RESPONSES.index)
        for (site, group), mean in (
            ranks.groupby([RESPONSES["site"], RESPONSES["group"]]).mean().items()
        ):
            own = study.sites[site]
            found = own.standing[own.row(group), READING.scales.place[scale]]
            assert found == pytest.approx(mean, abs=1e-9)


def groups_of(said: Statement) -> list[str]:
    if said.group == "all":
        return sorted(set(RESPONSES.loc[RESPONSES["site"] == said.site, "group"]))
    return said.group.split(" + ")


def scales_named(scale: str) -> list[str]:
    metas = ["meta-1", "meta-2", "meta-3"]
    sets = {
        "metas": metas,
        "index+metas": ["index", *metas],
        "scales": ["index", *metas, *(f"sub-{i}" for i in range(1, 7))],
        "components": [f"sub-{i}" for i in range(1, 7)],
        "b": [f"b{i}" for i in range(1, 6)],
    }
    both = ["organisational", "individual"]
    sets["scales+components"] = [*sets["scales"], *both]
    return [n for part in scale.split(" + ") for n in sets.get(part, [part])]


SIDES = {
    "index": ("organisational", "individual"),
    "meta-1": ("sub-1", "sub-2"),
    "meta-2": ("sub-3", "sub-4"),
    "meta-3": ("sub-5", "sub-6"),
}
QUADRANT = {
    (True, True): "empowered",
    (True, False): "reluctant",
    (False, True): "frustrated",
    (False, False): "indifferent",
}


def band(value: float) -> str:
    return "low" if value <= 50 else "high" if value >= 60 else "medium"


def quadrant(standing: dict[str, float], scale: str) -> str:
    organisation, person = (standing[side] for side in SIDES[scale])
    return QUADRANT[organisation > 50, person > 50]


def reckoned(said: Statement, standings: dict[tuple[str, str], dict[str, float]]) -> bool | None:
    """Whether a statement holds, worked out without the package; None for other kinds."""
    names, scales = groups_of(said), scales_named(said.scale)
    at = {g: standings[said.site, g] for g in names if (said.site, g) in standings}
    pairs = [(g, s) for g in names for s in scales]
    here = RESPONSES[RESPONSES["site"] == said.site]
    if said.kind == "quadrant":
        return all(quadrant(at[g], s) == said.value for g, s in pairs)
    if said.kind == "not-quadrant":
        return all(quadrant(at[g], s) != said.value for g, s in pairs)
    if said.kind == "ratings-in":
        wanted, number = said.value.split("=")
        return sum(quadrant(at[g], s) == wanted for g, s in pairs) == int(number)
    if said.kind == "band":
        return all(band(at[g][s]) == said.value for g, s in pairs)
    if said.kind == "component-band":
        side, wanted = said.value.split("=")
        place = ("organisational", "individual").index(side)
        return all(band(at[g][SIDES[s][place]]) == wanted for g, s in pairs)
    if said.kind == "alignment":
        gaps = [at[g][SIDES[s][0]] - at[g][SIDES[s][1]] for g, s in pairs]
        test = {
            "aligned": lambda gap: abs(gap) <= 10,
            "individual-higher": lambda gap: gap <= -10,
            "organisational-higher": lambda gap: gap >= 10,
        }[said.value]
        return all(map(test, gaps))
    if said.kind == "higher":
        others = [standings[said.site, o] for o in said.value.split(" + ")]
        return all(at[g][s] > other[s] for g, s in pairs for other in others)
    if said.kind in ("most", "least"):
        own = at[names[0]]["index"]
        rest = [v["index"] for (s, g), v in standings.items() if s == said.site and g]
        return own == (max(rest) if said.kind == "most" else min(rest))
    if said.kind == "area":
        far = [max(abs(at[g][side] - 50) for side in SIDES[s]) for g, s in pairs]
        return all((f <= 15) is (said.value == "inner") for f in far)
    if said.kind == "midpoint":
        return all(abs(at[g][side] - 50) <= 5 for g, s in pairs for side in SIDES[s])
    if said.kind == "returns":
        return len(here) == int(said.value)
    if said.kind == "groups" and said.site:
        return here["group"].nunique() == int(said.value)
    if said.kind in ("b-percent", "b-each-over"):
        category = re.split("[=>]", said.value)[0]
        chosen = {
            c.value
            for c in INSTRUMENT.categories
            if category in (c.side, c.label.replace(" ", "-"))
        }
        shares = []
        for g in names:
            part = here[here["group"] == g] if g else here
            shares += [
                Fraction(100 * int(part[q].astype(int).isin(chosen).sum()), len(part))
                for q in scales
            ]
        if said.kind == "b-percent":
            return all(abs(s - int(said.value.split("=")[1])) <= Fraction(1, 2) for s in shares)
        limit = said.value.split(">")[1]
        least = Fraction(50) if limit == "positive" else Fraction(limit)
        return all(s > least for s in shares)
    return None


def test_the_checker_agrees_with_an_independent_reckoning(
    report: pd.DataFrame, standings: dict[tuple[str, str], dict[str, float]]
) -> None:
    holds = dict(zip(report["statement"], report["holds"], strict=True))
    compared = set()
    for said in SAID:
        expected = reckoned(said, standings)
        if expected is not None:
            assert holds[said.statement] == ("yes" if expected else "no"), said
            compared.add(said.kind)
    assert len(compared) >= 14


def test_every_kind_can_fail() -> None:
    """Doctors of other units, or answers turned round: each kind of statement breaks somewhere."""
    turned = RESPONSES.copy()
    ends = INSTRUMENT.points[0].value + INSTRUMENT.points[-1].value
    for column in [*ITEMS, *READING.questions]:
        turned[column] = (ends - turned[column].astype(int)).astype(str)
    alike = RESPONSES.copy()
    alike[[*ITEMS, *READING.questions]] = "3"
    shuffled = RESPONSES.copy()
    shuffled["group"] = shuffled["group"].to_numpy()[::-1]
    fewer = RESPONSES[RESPONSES["site"] == "A"].iloc[::2].copy()
    fewer[ITEMS[:5]] = "5"
    reports = [
        check_doctors(frame, sample, STATEMENTS, READING)
        for frame, sample in (
            (turned, NORMS),
            (alike, NORMS),
            (shuffled, NORMS),
            (fewer, NORMS.iloc[:4000]),
        )
    ]
    broken = {k for r in reports for k in r.loc[r["holds"] == "no", "kind"]}
    # The names of scales do not hang on the doctors.
    assert set(STATEMENTS["kind"]) - broken == {NOT_CHECKABLE, SCALE_NAME}


# --- the printed statements -------------------------------------------------------------


def test_the_slack_of_a_statement_is_that_of_its_tightest_condition(report: pd.DataFrame) -> None:
    study = study_of(RESPONSES, NORMS, READING)
    several = 0
    for said, row in zip(SAID, report.to_dict("records"), strict=True):
        met = conditions(READING, study, said)
        if said.followed == "yes" and len({c.slack for c in met}) > 1:
            several += 1
            assert row["slack"] == min(c.slack for c in met), said
            assert row["found"] in {c.found for c in met if c.slack == row["slack"]}
    assert several > 20


def test_every_kind_is_known_to_contract_and_checker_alike() -> None:
    kinds = {*SCALE_KINDS, *ANSWER_KINDS, *STUDY_KINDS, NOT_CHECKABLE}
    assert kinds == set(STATEMENT_KINDS)
    assert set(STATEMENTS["kind"]) == kinds


def test_percentages_are_those_of_the_transcribed_cells() -> None:
    """The cells name site, group or none, and question; the statements must say the same."""
    cells = {}
    for row, text in zip(CELLS["row"], CELLS["text"], strict=True):
        found = re.fullmatch(
            r"site (\w), (?:([A-Z]\w+) )?(\w*ly )?(dis)?agreeing, question (\d)", row
        )
        if found:
            site, group, how, no, question = found.groups()
            name = (how.strip() + "-" if how else "") + ("disagree" if no else "agree")
            cells[site, group or "", f"b{question}", f"{name}={text}"] = row
    said = {(s.site, s.group, s.scale, s.value) for s in SAID if s.kind == "b-percent"}
    assert said == set(cells)
    assert len(said) >= 15


def test_statements_stand_in_the_order_of_the_report_and_name_known_groups() -> None:
    lines = STATEMENTS["line"].astype(int)
    assert STATEMENTS["statement"].is_unique
    assert lines.between(1863, 2800).all()
    names = {(s.site, s.group) for s in SAID if s.kind == "group-name"}
    for said in SAID:
        for group in said.group.split(" + "):
            if group not in ("", "all"):
                assert (said.site, group) in names, said


@pytest.mark.parametrize(
    ("change", "column"),
    [
        ({"kind": "quadrnt"}, "kind"),
        ({"scale": "meta-9"}, "scale"),
        ({"value": "empowred"}, "value"),
        ({"kind": "b-percent", "scale": "b1", "value": "disagre=80"}, "value"),
        ({"kind": "b-percent", "scale": "b1", "value": "80"}, "value"),
        ({"kind": "b-percent", "scale": "b9", "value": "disagree=80"}, "scale"),
        ({"kind": "b-each-over", "scale": "b", "value": "agree>lots"}, "value"),
        ({"kind": "b-most", "scale": "b", "value": "disagre"}, "value"),
        ({"kind": "scale-name", "scale": "meta-9", "value": "Some Name"}, "scale"),
    ],
)
def test_statements_that_cannot_be_read_are_told(change: dict[str, str], column: str) -> None:
    frame = STATEMENTS[STATEMENTS["kind"] == "quadrant"].head(2).copy()
    frame.loc[frame.index[1], list(change)] = list(change.values())
    with pytest.raises(ProblemsFound) as raised:
        load_statements(frame, READING, "x.csv")
    (problem,) = raised.value.problems
    assert (problem.file, problem.row, problem.column) == ("x.csv", 3, column)


def test_answers_that_the_instrument_lacks_are_all_told() -> None:
    bad = RESPONSES.copy()
    bad.loc[3, "q07"], bad.loc[5, "b2"], bad.loc[6, "b3"] = "7", "x", ""
    with pytest.raises(ProblemsFound) as raised:
        study_of(bad.drop(columns="q01"), NORMS, READING, "r.csv")
    found = {(p.row, p.column, p.value) for p in raised.value.problems}
    # An empty answer to Section B is no answer; to an item it would be a problem.
    assert found == {(None, "q01", None), (5, "q07", "7"), (7, "b2", "x")}


def test_what_is_said_of_an_unknown_group_or_site_does_not_hold() -> None:
    study = study_of(RESPONSES, NORMS, READING)
    for site, group in (("A", "Cardiology"), ("Z", "")):
        said = Statement("x", site, group, "index", "band", "low")
        assert [c.holds for c in conditions(READING, study, said)] == [False]


# --- conditions at their edges ------------------------------------------------------------

VALUES = st.one_of(
    st.sampled_from([0.0, 40.0, 49.999, 50.0, 50.001, 59.999, 60.0, 100.0]),
    st.floats(0, 100, allow_nan=False),
)


@given(VALUES)
def test_each_standing_lies_in_exactly_one_band(value: float) -> None:
    inside = [
        b.label
        for b in INSTRUMENT.bands
        if all(c.holds for c in in_band(READING, b.label, value, ""))
    ]
    assert inside == [band(value)]


@given(VALUES, VALUES)
def test_each_rating_lies_in_exactly_one_quadrant(organisation: float, person: float) -> None:
    inside = [q for q in READING.quadrants if in_quadrant(READING, (organisation, person), q) >= 0]
    assert inside == [QUADRANT[organisation > 50, person > 50]]


def site_at(**standing: tuple[float, float]) -> Study:
    """A study of one site S: of each group the sides of every scale, organisation and person."""
    rows = [np.full(len(READING.scales.columns), 50.0)]
    for organisation, person in standing.values():
        row = np.full(len(READING.scales.columns), (organisation + person) / 2)
        for own, other in SIDES.values():
            row[READING.scales.place[own]] = organisation
            row[READING.scales.place[other]] = person
        rows.append(row)
    tallies = np.ones((len(rows), len(READING.questions), len(READING.answers)), dtype=np.int64)
    site = Site(tuple(standing), (10, *(5 for _ in standing)), np.array(rows), tallies)
    return Study({"S": site}, 100)


def holds(study: Study, kind: str, value: str, scale: str = "meta-1", group: str = "g") -> bool:
    said = Statement("x", "S", group, scale, kind, value)
    found = conditions(READING, study, said)
    assert found
    return all(c.holds for c in found)


@pytest.mark.parametrize(
    ("sides", "kind", "value", "expected"),
    [
        ((60, 50), "alignment", "aligned", True),
        ((60.1, 50), "alignment", "aligned", False),
        ((39.9, 50), "alignment", "aligned", False),
        ((60, 50), "alignment", "organisational-higher", True),
        ((59.9, 50), "alignment", "organisational-higher", False),
        ((40, 50), "alignment", "individual-higher", True),
        ((50, 40), "alignment", "individual-higher", False),
        ((45, 55), "midpoint", "", True),
        ((44.9, 50), "midpoint", "", False),
        ((65, 35), "area", "inner", True),
        ((65.1, 50), "area", "inner", False),
        ((65.1, 50), "area", "outer", True),
        ((65, 50), "area", "outer", False),
        ((50, 50), "both-components", "low", True),
        ((50, 50.1), "both-components", "low", False),
        ((50, 50.1), "both-components", "not-low", True),
        ((50, 50.1), "both-components", "good", False),
        ((50.1, 50.1), "both-components", "good", True),
        ((56, 56), "not-all-in", "empowered", False),
        ((55, 56), "not-all-in", "empowered", True),
        ((50, 70), "not-quadrant", "empowered", True),
        ((50.1, 70), "not-quadrant", "empowered", False),
        ((50, 50), "component-band", "organisational=low", True),
        ((60, 50), "component-band", "organisational=medium", False),
    ],
)
def test_conditions_at_their_edges(
    sides: tuple[float, float], kind: str, value: str, expected: bool
) -> None:
    assert holds(site_at(g=sides), kind, value) is expected


def test_conditions_between_groups() -> None:
    near = site_at(g=(60, 60), h=(50, 50))
    assert holds(near, "differ", "", "index", "all")
    assert not holds(site_at(g=(59.9, 59.9), h=(50, 50)), "differ", "", "index", "all")
    assert holds(near, "higher", "h")
    assert not holds(near, "higher", "g", group="h")
    assert not holds(site_at(g=(50, 50), h=(50, 50)), "higher", "h")
    assert holds(near, "most", "")
    assert not holds(near, "least", "")
    assert holds(near, "clusters", "2", "index+metas", "all")
    assert not holds(near, "clusters", "3", "index+metas", "all")
    assert not holds(site_at(g=(50, 50), h=(50, 50)), "clusters", "2", "index+metas", "all")
    gaps = site_at(g=(60, 50), h=(70, 50), i=(50, 55))
    assert holds(gaps, "aligned-groups", "2", "metas", "all")
    assert not holds(gaps, "aligned-groups", "1", "metas", "all")
    assert not holds(gaps, "aligned-groups", "3", "metas", "all")
    assert holds(near, "ratings-in", "empowered=4", "index+metas", "all")
    assert not holds(near, "ratings-in", "empowered=3", "index+metas", "all")
    assert not holds(near, "most-ratings", "empowered", "index+metas", "all")


def tallied(*counts: list[int]) -> Study:
    """Site S with groups g, h, ... that answer every question alike: counts from 1 to 5."""
    tallies = np.array([[row] * len(READING.questions) for row in ([1] * 5, *counts)])
    names = "ghi"[: len(counts)]
    standing = np.full((len(counts) + 1, len(READING.scales.columns)), 50.0)
    sizes = (5, *(sum(c) for c in counts))
    return Study({"S": Site(tuple(names), sizes, standing, tallies)}, 100)


@pytest.mark.parametrize(
    ("counts", "kind", "value", "expected"),
    [
        ([2, 2, 0, 1, 0], "b-percent", "disagree=80", True),
        ([2, 1, 1, 1, 0], "b-percent", "disagree=80", False),
        # 10 of 22 are 45, but 5 and 5 of 22 are 23 each.
        ([5, 5, 0, 12, 0], "b-percent", "disagree=46", True),
        ([1, 0, 0, 7, 0], "b-percent", "strongly-disagree=13", True),
        ([1, 0, 0, 7, 0], "b-percent", "strongly-disagree=12", True),
        ([1, 0, 1, 1, 0], "b-each-over", "disagree>100/3", False),
        ([1, 0, 0, 1, 0], "b-each-over", "disagree>100/3", True),
        ([1, 0, 1, 1, 0], "b-none-over", "disagree>100/3", True),
        ([1, 0, 0, 1, 0], "b-none-over", "disagree>100/3", False),
        ([0, 0, 1, 1, 1], "b-lean", "positive", True),
        ([0, 1, 1, 1, 1], "b-lean", "positive", False),
        ([0, 1, 2, 0, 1], "b-lean", "negative", True),
        ([1, 1, 1, 1, 0], "b-categories", "all", False),
        ([1, 1, 1, 1, 1], "b-categories", "all", True),
        ([0, 0, 1, 0, 3], "b-over", "agree>70 in 5", True),
        ([0, 0, 1, 0, 3], "b-over", "agree>70 in 4", False),
        ([0, 0, 1, 0, 0], "b-questions-with", "agree=0", True),
        ([0, 0, 1, 0, 1], "b-questions-with", "agree=0", False),
    ],
)
def test_conditions_on_section_b(counts: list[int], kind: str, value: str, expected: bool) -> None:
    assert holds(tallied(counts), kind, value, "b") is expected


def test_the_more_positive_group_has_the_higher_mean_answer() -> None:
    study = tallied([1, 0, 0, 0, 1], [0, 1, 0, 0, 0], [0, 0, 0, 1, 0])
    assert holds(study, "b-least", "", "b", "h")
    assert holds(study, "b-most", "", "b", "i")
    assert not holds(study, "b-most", "", "b", "g")


def test_by_a_kind_of_answer_the_share_decides_and_not_the_mean() -> None:
    # Means 2.5 and 3: the first is less positive, and the second disagrees more often.
    study = tallied([1, 0, 0, 1, 0], [0, 2, 0, 0, 1])
    assert holds(study, "b-least", "", "b", "g")
    assert holds(study, "b-most", "disagree", "b", "h")
    assert not holds(study, "b-most", "disagree", "b", "g")
    # Who disagrees more often is mostly lower on average: most by the share, least by the mean.
    study = tallied([2, 0, 0, 1, 0], [0, 1, 0, 0, 1])
    assert holds(study, "b-most", "disagree", "b", "g")
    assert not holds(study, "b-most", "", "b", "g")
    assert holds(study, "b-least", "disagree", "b", "h")
    assert not holds(study, "b-least", "", "b", "h")


def test_a_scale_has_the_names_that_the_instrument_knows() -> None:
    study, scale = site_at(g=(50, 50)), READING.instrument.scales[0]
    assert holds(study, "scale-name", scale.aliases[0].text, scale.name)
    other = READING.instrument.scales[1].name
    assert not holds(study, "scale-name", scale.aliases[0].text, other)
    assert not holds(study, "scale-name", "No Such Scale", scale.name)


# --- scorer and model ----------------------------------------------------------------------


def test_reversed_items_and_weights_count_as_declared() -> None:
    mapping = copy.deepcopy(definition("mes"))
    mapping["items"][0]["reverse"] = True
    mapping["scales"][0]["weights"] = {"q01": 2, "q02": 1, "q03": 1, "q04": 1, "q05": 1}
    scales = scales_of(load_instrument(mapping))
    answers = np.full((2, 30), 3)
    answers[:, 0] = [1, 5]
    scores = scales.scores(answers)
    place = scales.place["sub-1"]
    # 2 x (6 - 1) + 4 x 3 = 22 and 2 x (6 - 5) + 4 x 3 = 14.
    assert Fraction(int(scores[0, place]), int(scores[1, place])) == Fraction(22, 14)
    other = scales.place["sub-2"]
    assert scores[0, other] == scores[1, other]


@given(st.lists(st.integers(1, 5), min_size=30, max_size=30), st.integers(0, 29))
def test_no_percentile_falls_when_an_answer_rises(answers: list[int], item: int) -> None:
    norms = Norms.of(READING.scales, NORMS[ITEMS].iloc[:300].to_numpy().astype(np.int64))
    higher = list(answers)
    higher[item] = min(5, higher[item] + 1)
    low, high = norms.percentiles(np.array([answers, higher]))
    assert (high >= low).all()


def test_the_norm_sample_follows_the_model() -> None:
    model = Model.of(READING, MODEL, 7)
    answers = draw_norms(model, 8)
    size = len(answers)
    # How often each answer is at most k is the normal share below the item's threshold.
    for k in range(4):
        expected = norm.cdf(model.thresholds[:, k])
        found = (answers <= k + 1).mean(axis=0)
        spread = np.sqrt(expected * (1 - expected) / size)
        assert (np.abs(found - expected) < 4.5 * spread).all()
    random = np.random.default_rng(9)
    together = np.corrcoef(model.tendencies(20_000, random).T)
    share = MODEL["variance"]
    general = share["general"]
    # Items 1 and 2 share a sub-scale; 1 and 6 a meta-scale; 1 and 11 a side; 1 and 16 neither.
    assert together[0, 1] == pytest.approx(sum(share.values()), abs=0.03)
    assert together[0, 5] == pytest.approx(general + share["meta"], abs=0.03)
    assert together[0, 10] == pytest.approx(general + share["side"], abs=0.03)
    assert together[0, 15] == pytest.approx(general, abs=0.03)


def small_model(**sites: dict[str, int]) -> dict[str, Any]:
    model = copy.deepcopy(MODEL)
    model["sites"], model["norms"] = sites, {"doctors": 400}
    model["search"] |= {"tries": 120, "steps": [0.8, 0.3], "margins": [0.5]}
    return model


def about(site: str) -> list[Statement]:
    return [s for s in SAID if s.site == site]


def test_a_site_is_made_to_meet_its_statements_and_always_the_same() -> None:
    model = small_model(E={"Elderly Services": 6, "Anaesthetics": 5})
    made = make_doctors(READING, model, about("E"), 2013)
    again = make_doctors(READING, model, about("E"), 2013)
    assert made.responses.equals(again.responses)
    assert made.norms.equals(again.norms)
    other = make_doctors(READING, model, about("E"), 2014)
    assert not made.responses.equals(other.responses)
    study = study_of(made.responses.astype(str), made.norms.astype(str), READING)
    for said in about("E"):
        assert all(c.holds for c in conditions(READING, study, said)), said


def test_statements_that_contradict_each_other_end_in_a_plain_error() -> None:
    model = small_model(E={"Elderly Services": 6, "Anaesthetics": 5})
    model["search"] |= {"repairs": 30}
    both = [Statement(f"x{b}", "E", "", "index", "band", b) for b in ("low", "high")]
    with pytest.raises(ValueError, match="site E"):
        make_doctors(READING, model, both, 1)


def test_a_model_that_cannot_be_used_is_told_with_all_its_faults() -> None:
    model = copy.deepcopy(MODEL)
    model["variance"] = {"general": 0.9, "side": 0.1, "meta": 0.1, "sub": 0.1}
    model["thresholds"] = [-1, 0, 1]
    model["sites"]["E"] = {"Elderly Services": 6}
    with pytest.raises(ProblemsFound) as raised:
        check_model(model, READING, SAID)
    assert {p.column for p in raised.value.problems} == {"variance", "thresholds", "sites.E"}
    model["serch"] = model.pop("search")
    model["within"] = "little"
    model["sites"]["A"] = {"Emergency": 0}
    with pytest.raises(ProblemsFound) as raised:
        check_model(model, READING, SAID)
    wrong = {(p.column, p.value) for p in raised.value.problems}
    assert {("", "serch"), ("search", None), ("within", "little")} <= wrong
    assert any(column == "sites" for column, _ in wrong)


def test_figures_that_are_missing_or_no_numbers_are_told() -> None:
    declared = copy.deepcopy(definition("mes_statements"))
    del declared["readings"]["aligned"]
    declared["readings"]["apart"] = "ten"
    with pytest.raises(ProblemsFound) as raised:
        read_reading(INSTRUMENT, declared)
    assert len(raised.value.problems) == 2


def test_statements_can_be_read_with_other_figures() -> None:
    declared = copy.deepcopy(definition("mes_statements"))
    declared["readings"]["aligned"] = 0.001
    strict: Reading = read_reading(INSTRUMENT, declared)
    found = check_doctors(RESPONSES, NORMS, STATEMENTS, strict)
    alignment = found[(found["kind"] == "alignment") & (found["value"] == "aligned")]
    assert (alignment["holds"] == "no").any()
