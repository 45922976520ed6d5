"""Simulated doctors: drawn from a stated model, then held to the printed statements.

Levels of groups are searched for so that every followed statement holds with a margin;
what is still missed is mended by changes of single answers. Only the shape of the result
means anything. The model itself stands in `doctor_model`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from medlead.provenance import step_seed
from medlead.reconstruction.doctor_check import SITE_KINDS, conditions
from medlead.reconstruction.doctor_model import Model, check_model, draw_norms, draw_section_b
from medlead.reconstruction.standing import Norms, Numbers, Site, Whole, site_of
from medlead.reconstruction.statements import SITES_JOIN, Reading, Statement, Study


class Unmet(ValueError):
    """The declared number of changes does not make a site meet its statements."""


# A miss of one answer of Section B weighs as much as this many percentile points.
_HARD = 5.0


@dataclass
class Draft:
    """One site while it is made: its doctors' answers, and what its statements miss."""

    model: Model
    norms: Norms
    groups: tuple[str, ...]
    member: Whole
    tendencies: Numbers
    statements: Sequence[Statement]
    name: str
    margin: float

    def site(self, answers: Whole, section_b: Whole) -> Site:
        """The standing of the site and its groups."""
        return site_of(
            self.groups,
            self.member,
            self.norms.percentiles(answers),
            section_b,
            self.model.reading.answers,
        )

    def missed(self, site: Site) -> float:
        """The sum of squared misses over all conditions, with the margin: zero if all hold."""
        study = Study({self.name: site}, self.norms.size)
        total = 0.0
        for said in self.statements:
            for condition in conditions(self.model.reading, study, said):
                if condition.exact:
                    miss = 0.0 if condition.holds else _HARD * (1 - condition.slack)
                else:
                    miss = max(0.0, self.margin - condition.slack)
                total += miss * miss
        return total

    def answers_at(self, levels: Numbers) -> Whole:
        """The answers to the items with the groups at these levels (groups x sub-scales)."""
        shift = levels[self.member][:, self.model.sub_of_item]
        return self.model.answers(self.tendencies + shift)


def search_levels(
    draft: Draft, search: Mapping[str, Any], blank: Whole, random: np.random.Generator
) -> Numbers:
    """The levels of the groups on the sub-scales: least missed, and no farther than needed.

    A random search with steps that shrink: a step moves one group as a whole, on one side
    or on one sub-scale. Returns groups x sub-scales, in standard deviations of a tendency.
    """
    subs = draft.model.subs
    directions = [np.ones(len(subs))]
    for kind in sorted({sub.kind for sub in subs}):
        directions.append(np.array([float(sub.kind == kind) for sub in subs]))
    directions += list(np.eye(len(subs)))
    cost = search["cost"]

    def loss(levels: Numbers) -> float:
        own = levels.mean(axis=1, keepdims=True)
        apart = cost["level"] * (own**2).sum() + cost["sub"] * ((levels - own) ** 2).sum()
        return draft.missed(draft.site(draft.answers_at(levels), blank)) + float(apart)

    levels = np.zeros((len(draft.groups), len(subs)))
    best = loss(levels)
    for step in search["steps"]:
        for _ in range(search["tries"]):
            trial = levels.copy()
            direction = directions[random.integers(len(directions))]
            trial[random.integers(len(levels))] += step * random.standard_normal() * direction
            value = loss(trial)
            if value < best:
                levels, best = trial, value
    return levels


def mend(
    draft: Draft,
    start: Whole,
    other: Whole,
    allowed: Sequence[int],
    of_items: bool,
    tries: int,
    random: np.random.Generator,
) -> tuple[Whole, int]:
    """Change single answers until no condition is missed; the answers and how many changes.

    `start` are the answers to the items (`of_items`), changed by one step at a time, or
    those to Section B; `other` are the rest, which stay. A change is kept where less is
    missed. Raises Unmet where the tries do not suffice.
    """
    answers = start.copy()

    def missed(trial: Whole) -> float:
        return draft.missed(draft.site(trial, other) if of_items else draft.site(other, trial))

    best, changes = missed(answers), 0
    for _ in range(tries):
        if best == 0:
            return answers, changes
        trial = answers.copy()
        # One or two answers at once: some conditions are met only by an exchange.
        for _ in range(int(random.integers(1, 3))):
            row, column = random.integers(len(trial)), random.integers(trial.shape[1])
            place = allowed.index(int(trial[row, column])) + (1 if random.integers(2) else -1)
            if not of_items:
                place = int(random.integers(len(allowed)))
            trial[row, column] = allowed[min(max(place, 0), len(allowed) - 1)]
        value = missed(trial)
        if value < best:
            answers, best, changes = trial, value, changes + 1
    raise Unmet(f"site {draft.name}: {tries} changes do not meet every statement")


def statements_of(statements: Sequence[Statement], site: str, of_items: bool) -> list[Statement]:
    """The followed statements about a site that its own doctors can meet, of items or answers."""
    return [
        said
        for said in statements
        if said.followed == "yes"
        and said.kind in SITE_KINDS
        and said.kind.startswith("b-") is not of_items
        and (not said.site or site in said.site.split(SITES_JOIN))
    ]


@dataclass(frozen=True)
class Doctors:
    """The simulated doctors: responses, norm sample, and the levels that the search found."""

    responses: pd.DataFrame
    norms: pd.DataFrame
    levels: pd.DataFrame


def make_doctors(
    reading: Reading, declared: Mapping[str, Any], statements: Sequence[Statement], seed: int
) -> Doctors:
    """Norm sample and responses of all sites, so that every followed statement holds.

    `seed` is the project's; each step takes its own stream. Sites that returned nothing
    are those that are not declared. Raises ProblemsFound for a declaration that cannot be
    used, and Unmet where a site cannot be made to meet its statements within the declared
    number of changes, even with the least margin.
    """
    check_model(declared, reading, statements)
    model = Model.of(reading, declared, step_seed(seed, "doctors/thresholds"))
    sample = draw_norms(model, step_seed(seed, "doctors/norms"))
    norms = Norms.of(reading.scales, sample)
    respondent, site_column, group_column = reading.instrument.frame
    responses, levels = [], []
    for name, groups in declared["sites"].items():
        random = np.random.default_rng(step_seed(seed, f"doctors/{name}"))
        answers, found, (margin, changes) = _make_site(
            model, norms, name, groups, statements, random
        )
        responses.append(answers)
        frame = pd.DataFrame(found, columns=list(reading.scales.subs))
        frame.insert(0, "changes", changes)
        frame.insert(0, "margin", margin)
        frame.insert(0, group_column, list(groups))
        frame.insert(0, site_column, name)
        levels.append(frame)
    together = pd.concat(responses, ignore_index=True)
    names = _numbered(together[site_column])
    together.insert(0, respondent, [f"{site}{i + 1:02}" for site, i in names])
    norm_frame = pd.DataFrame(sample, columns=list(reading.scales.items))
    norm_frame.insert(0, respondent, [f"N{number + 1:04}" for number in range(len(norm_frame))])
    return Doctors(together, norm_frame, pd.concat(levels, ignore_index=True))


def _numbered(sites: "pd.Series[Any]") -> list[tuple[str, int]]:
    return list(zip(sites, sites.groupby(sites).cumcount(), strict=True))


def _make_site(
    model: Model,
    norms: Norms,
    name: str,
    groups: Mapping[str, int],
    statements: Sequence[Statement],
    random: np.random.Generator,
) -> tuple[pd.DataFrame, Numbers, tuple[float, int]]:
    """A site's answers, the levels found, and the margin and number of changes behind them."""
    reading = model.reading
    member = np.repeat(np.arange(len(groups)), list(groups.values()))
    tendencies = model.declared["within"] * model.tendencies(len(member), random)
    about = [statements_of(statements, name, of_items) for of_items in (True, False)]
    draft = Draft(model, norms, tuple(groups), member, tendencies, about[0], name, 0.0)
    blank = np.full((len(member), len(reading.questions)), reading.answers[0])
    levels, answers, changes = _with_margin(draft, blank, random)
    draft.statements = about[1]
    at_levels = tendencies + levels[member][:, model.sub_of_item]
    section_b, further = _answer_section_b(draft, at_levels, answers, random)
    frame = pd.DataFrame(
        np.column_stack([answers, section_b]),
        columns=[*reading.scales.items, *reading.questions],
    )
    _, site_column, group_column = reading.instrument.frame
    frame.insert(0, group_column, [list(groups)[m] for m in member])
    frame.insert(0, site_column, name)
    return frame, levels, (draft.margin, changes + further)


def _answer_section_b(
    draft: Draft, tendencies: Numbers, answers: Whole, random: np.random.Generator
) -> tuple[Whole, int]:
    """Answers to Section B and number of changes; drawn anew where the changes lead nowhere."""
    search, allowed = draft.model.declared["search"], list(draft.model.reading.answers)
    for _ in range(int(search["draws"])):
        drawn = draw_section_b(draft.model, tendencies, random)
        try:
            return mend(draft, drawn, answers, allowed, False, int(search["repairs"]), random)
        except Unmet:
            continue
    raise Unmet(f"site {draft.name}: Section B cannot be made to meet its statements")


def _with_margin(
    draft: Draft, blank: Whole, random: np.random.Generator
) -> tuple[Numbers, Whole, int]:
    """Levels, answers to the items and number of changes, with the first margin that can be met."""
    search, scales = draft.model.declared["search"], draft.model.reading.scales
    allowed = list(range(scales.low, scales.high + 1))
    for margin in search["margins"]:
        draft.margin = float(margin)
        levels = search_levels(draft, search, blank, random)
        start = draft.answers_at(levels)
        try:
            answers, changes = mend(
                draft, start, blank, allowed, True, int(search["repairs"]), random
            )
        except Unmet:
            continue
        return levels, answers, changes
    raise Unmet(f"site {draft.name}: no margin of {search['margins']} can be met")
