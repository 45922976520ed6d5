"""The model behind simulated doctors: hidden tendencies with thresholds.

An answer follows a normal tendency that passes thresholds (the graded response model of
Samejima, 1969, with normal factors): a general factor, one for each side, meta-scale and
sub-scale, and the item's own part. Everything declared about it is ours.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from medlead.engagement.instrument import Scale
from medlead.reconstruction.standing import Numbers, Whole
from medlead.reconstruction.statements import Reading, Statement
from medlead.sources.messages import Problem, ProblemsFound
from medlead.sources.reading import nearest

# What must be declared: numbers, lists of rising numbers, and the sizes of the groups by site.
_NUMBER, _RISING, _SIZES = "number", "rising", "sizes"
_WANTED: Mapping[str, Any] = {
    "variance": {"general": _NUMBER, "side": _NUMBER, "meta": _NUMBER, "sub": _NUMBER},
    "thresholds": _RISING,
    "item_shift": _NUMBER,
    "within": _NUMBER,
    "norms": {"doctors": _NUMBER},
    "section_b": {"correlation": _NUMBER, "thresholds": _RISING},
    "sites": _SIZES,
    "search": {
        "margins": "numbers",
        "cost": {"level": _NUMBER, "sub": _NUMBER},
        "steps": "numbers",
        "tries": _NUMBER,
        "repairs": _NUMBER,
        "draws": _NUMBER,
    },
}


def check_model(
    declared: Mapping[str, Any],
    reading: Reading,
    statements: Iterable[Statement],
    file: str = "mes_model.yaml",
) -> None:
    """Raise ProblemsFound with every fault of a declared model.

    Missing and unknown keys, values of another type, shares of variance above 1, numbers
    of thresholds that do not fit the answers, and sites whose groups or numbers of
    doctors are not those that the followed statements tell.
    """
    problems = list(_faults(declared, _WANTED, "", file))
    if not problems:
        if sum(declared["variance"].values()) > 1:
            what = "the shares of variance add up to more than 1"
            problems.append(Problem(file, what, "make them smaller", column="variance"))
        answers = {
            "thresholds": (declared["thresholds"], len(reading.instrument.points)),
            "section_b.thresholds": (declared["section_b"]["thresholds"], len(reading.answers)),
        }
        for name, (given, number) in answers.items():
            if len(given) != number - 1:
                what = f"{len(given)} thresholds where {number} answers need {number - 1}"
                problems.append(Problem(file, what, "give one between any two", column=name))
        problems += _wrong_sites(declared["sites"], statements, file)
    if problems:
        raise ProblemsFound(problems)


def _wrong_sites(
    sites: Mapping[str, Mapping[str, int]], statements: Iterable[Statement], file: str
) -> list[Problem]:
    problems = []
    for said in statements:
        groups = sites.get(said.site, {})
        place = f"sites.{said.site}"
        if said.followed != "yes":
            continue
        if said.kind == "returns" and sum(groups.values()) != int(said.value):
            what = f"the groups have {sum(groups.values())} doctors together"
            mend = "change the sizes of the groups"
            problems.append(Problem(file, what, mend, None, place, allowed=said.value))
        if said.kind == "group-name" and said.group not in groups:
            what, mend = "a group of the site is missing", "add it with its number of doctors"
            problems.append(Problem(file, what, mend, None, place, allowed=said.group))
    return list(dict.fromkeys(problems))


def _faults(given: Any, wanted: Any, place: str, file: str) -> list[Problem]:
    if isinstance(wanted, Mapping):
        if not isinstance(given, Mapping):
            return [Problem(file, "this is no list of keys", "see the shipped file", column=place)]
        found = []
        for key in given:
            if key not in wanted:
                near = nearest(str(key), list(wanted))
                mend = f"did you mean '{near}'?" if near else "remove it"
                where = ", ".join(wanted)
                found.append(Problem(file, "unknown key", mend, None, place, str(key), where))
        for key, inner in wanted.items():
            name = f"{place}.{key}" if place else key
            if key not in given:
                found.append(Problem(file, "the key is missing", f"add `{key}:`", column=name))
            else:
                found += _faults(given[key], inner, name, file)
        return found
    sound, allowed = _sound(given, wanted)
    if sound:
        return []
    return [Problem(file, "this cannot be used", "correct it", None, place, str(given), allowed)]


def _sound(given: Any, wanted: str) -> tuple[bool, str]:
    def number(value: Any) -> bool:
        return isinstance(value, int | float) and not isinstance(value, bool) and value >= 0

    if wanted == _NUMBER:
        return number(given), "a number from 0 on"
    if wanted == _SIZES:
        sizes = [
            size
            for groups in (given.values() if isinstance(given, Mapping) else [None])
            for size in (groups.values() if isinstance(groups, Mapping) and groups else [None])
        ]
        whole = all(isinstance(s, int) and not isinstance(s, bool) and s > 0 for s in sizes)
        return bool(sizes) and whole, "for each site, its groups and their doctors"
    if not isinstance(given, list) or not all(isinstance(v, int | float) for v in given):
        return False, "a list of numbers"
    if wanted == _RISING:
        return given == sorted(set(given)), "a list of rising numbers"
    return bool(given) and all(map(number, given)), "a list of numbers from 0 on"


@dataclass(frozen=True)
class Model:
    """The model of hidden tendencies, its thresholds drawn: items x (answers - 1)."""

    reading: Reading
    declared: Mapping[str, Any]
    thresholds: Numbers

    @classmethod
    def of(cls, reading: Reading, declared: Mapping[str, Any], seed: int) -> "Model":
        """The model as declared (see `check_model`), each item with its own shift."""
        random = np.random.default_rng(seed)
        shifts = declared["item_shift"] * random.standard_normal(len(reading.scales.items))
        return cls(reading, declared, np.asarray(declared["thresholds"]) + shifts[:, None])

    @cached_property
    def subs(self) -> tuple[Scale, ...]:
        """The sub-scales."""
        return tuple(s for s in self.reading.instrument.scales if s.of_items)

    @cached_property
    def sub_of_item(self) -> Whole:
        """The number of each item's sub-scale."""
        owner = {item: number for number, sub in enumerate(self.subs) for item in sub.parts}
        return np.array([owner[item] for item in self.reading.scales.items])

    def tendencies(self, number: int, random: np.random.Generator) -> Numbers:
        """Doctors x items: hidden tendencies of doctors at large, each normal with variance 1."""
        share = self.declared["variance"]
        metas = [s for s in self.reading.instrument.scales if s.level == "meta"]
        kinds = sorted({sub.kind for sub in self.subs})
        meta_of = [next(m for m, s in enumerate(metas) if sub.name in s.parts) for sub in self.subs]
        side_of = [kinds.index(sub.kind) for sub in self.subs]

        def factors(name: str, count: int) -> Numbers:
            return np.asarray(np.sqrt(share[name]) * random.standard_normal((number, count)))

        by_sub = (
            factors("general", 1)
            + factors("side", len(kinds))[:, side_of]
            + factors("meta", len(metas))[:, meta_of]
            + factors("sub", len(self.subs))
        )
        own = random.standard_normal((number, len(self.sub_of_item)))
        rest = np.sqrt(1 - sum(share.values()))
        return np.asarray(by_sub[:, self.sub_of_item] + rest * own, dtype=np.float64)

    def answers(self, tendencies: Numbers) -> Whole:
        """The answers to the items, written as the questionnaire asks (reversed items turned)."""
        scales = self.reading.scales
        keyed = scales.low + (tendencies[:, :, None] > self.thresholds).sum(axis=2)
        return np.asarray(np.where(scales.backward, scales.low + scales.high - keyed, keyed))


def draw_norms(model: Model, seed: int) -> Whole:
    """The norm sample: doctors x items."""
    random = np.random.default_rng(seed)
    return model.answers(model.tendencies(int(model.declared["norms"]["doctors"]), random))


def draw_section_b(model: Model, tendencies: Numbers, random: np.random.Generator) -> Whole:
    """Answers to Section B (doctors x questions) that follow each doctor's mean tendency."""
    declared, reading = model.declared["section_b"], model.reading
    spread = np.sqrt(model.declared["variance"]["general"])
    level = tendencies.mean(axis=1, keepdims=True) / spread
    share = declared["correlation"]
    noise = random.standard_normal((len(tendencies), len(reading.questions)))
    wish = share * level + np.sqrt(1 - share**2) * noise
    ranks = (wish[:, :, None] > np.asarray(declared["thresholds"])).sum(axis=2)
    return np.asarray(np.asarray(reading.answers)[ranks], dtype=np.int64)
