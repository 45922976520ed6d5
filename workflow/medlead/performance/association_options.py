"""How associations are computed and shown, as data: `associations.yaml`.

What a key means is told at the head of that file.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, cast

from medlead.performance.vectorised import COEFFICIENTS
from medlead.sources.messages import Problem, ProblemsFound

PSource = Literal["permutation", "analytic"]
ANALYTIC: PSource = "analytic"
PERMUTATION: PSource = "permutation"
SOURCES: tuple[PSource, ...] = (PERMUTATION, ANALYTIC)
MeasuredTail = Literal["two-sided", "greater", "less"]
TAILS: tuple[MeasuredTail, ...] = ("two-sided", "greater", "less")
StarTail = Literal["two-sided", "greater", "less", "one-sided"]
ALL, BY_SCORE, BY_MEASURE = "all", "score", "measure"
PAULE_MANDEL, DERSIMONIAN_LAIRD = "paule-mandel", "dersimonian-laird"
ESTIMATORS = (PAULE_MANDEL, DERSIMONIAN_LAIRD)
STANDINGS = ("score", "percentile")


@dataclass(frozen=True)
class Stars:
    """Which p is marked by stars, and of which tail."""

    p: PSource
    tail: StarTail


@dataclass(frozen=True)
class Family:
    """A named family of tests: its scores and its measures (empty: all of them)."""

    name: str
    scores: tuple[str, ...] = ()
    measures: tuple[str, ...] = ()

    def holds(self, score: str, measure: str) -> bool:
        """Whether the test of this pair belongs to the family."""
        return (not self.scores or score in self.scores) and (
            not self.measures or measure in self.measures
        )


@dataclass(frozen=True)
class ScoreColumn:
    """A column of engagement scores in a study's own file, and the numbers it may hold."""

    label: str
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class AssociationOptions:
    """Everything that an analyst chooses; `families` is `all`, `score`, `measure` or named."""

    coefficients: tuple[str, ...] = COEFFICIENTS
    shown: str = COEFFICIENTS[0]
    tail: MeasuredTail = "two-sided"
    bootstrap: int = 0
    adjusted: PSource = PERMUTATION
    families: str | tuple[Family, ...] = ALL
    max_t: bool = False
    stars: Stars | None = None
    smallest_stratum: int = 4
    estimator: str = PAULE_MANDEL
    hartung_knapp: bool = True
    dichotomies: bool = True
    codings: Mapping[str, Mapping[str, Mapping[str, float]]] = field(default_factory=dict)
    organisation: str = "organisation"
    type: str = ""
    scores: Mapping[str, ScoreColumn] = field(default_factory=dict)
    standing: str = "score"
    scales: tuple[str, ...] = ()

    def family(self, score: str, measure: str) -> str:
        """The family that the test of this pair is counted in; `others` where none is named."""
        if not isinstance(self.families, str):
            names = (family.name for family in self.families if family.holds(score, measure))
            return next(names, "others")
        return {BY_SCORE: score, BY_MEASURE: measure}.get(self.families, ALL)


_SECTIONS = {
    "file": ("organisation", "type", "scores"),
    "engagement": ("standing", "scales"),
    "adjustment": ("p", "families", "max_t"),
    "strata": ("smallest", "estimator", "hartung_knapp"),
    "codings": ("dichotomies", "alternatives"),
}
_PLAIN = ("coefficients", "shown", "tail", "bootstrap", "stars")
_NUMBER = (int, float)


class _Check:
    """The faults of one file, gathered while it is read."""

    def __init__(self, content: Any, file: str) -> None:
        self.file, self.problems = file, list[Problem]()
        self.content: Mapping[str, Any] = content if isinstance(content, Mapping) else {}

    def wrong(self, what: str, value: object, allowed: str, mend: str = "correct it") -> None:
        self.problems.append(Problem(self.file, what, mend, value=str(value), allowed=allowed))

    def keys(self, place: str, given: Mapping[str, Any], known: Sequence[str]) -> None:
        for key in given:
            if key not in known:
                self.wrong(f"{place}unknown key", key, ", ".join(known), "correct or delete it")
        for key in known:
            if key not in given:
                self.problems.append(Problem(self.file, f"{place}'{key}' is missing", "add it"))

    def section(self, name: str) -> Mapping[str, Any]:
        found = self.content.get(name)
        if not isinstance(found, Mapping):
            if name in self.content:
                self.wrong(f"`{name}` is no section", found, ", ".join(_SECTIONS[name]))
            return {}
        self.keys(f"{name}: ", found, _SECTIONS[name])
        return found

    def one_of(self, what: str, value: object, allowed: Sequence[str]) -> str:
        if value not in allowed:
            self.wrong(f"`{what}` is none of those known", value, ", ".join(allowed))
        return str(value)

    def yes_no(self, what: str, value: object) -> bool:
        if not isinstance(value, bool):
            self.wrong(f"`{what}` is neither true nor false", value, "true, false")
        return value is True

    def whole(self, what: str, value: object, low: int, high: int) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            self.wrong(f"`{what}` is no such number", value, f"a whole number, {low} to {high}")
            return low
        return value

    def names(self, what: str, value: object, allowed: Sequence[str] = ()) -> tuple[str, ...]:
        if not isinstance(value, list) or len(set(map(str, value))) < len(value):
            self.wrong(f"`{what}` is no list of different names", value, ", ".join(allowed) or "[]")
            return ()
        for name in value:
            if allowed and name not in allowed:
                self.wrong(f"`{what}` has an unknown name", name, ", ".join(allowed))
        return tuple(map(str, value))


def load_association_options(
    content: Any, *, file: str = "associations.yaml"
) -> AssociationOptions:
    """The options from the parsed file; raises ProblemsFound with every fault of it."""
    check = _Check(content, file)
    check.keys("", check.content, (*_PLAIN, *_SECTIONS))
    own, engagement, adjustment, strata, codings = (check.section(name) for name in _SECTIONS)
    if check.problems:
        raise ProblemsFound(check.problems)
    coefficients = check.names("coefficients", check.content["coefficients"], COEFFICIENTS)
    if not coefficients:
        check.wrong("`coefficients` lists none", "", ", ".join(COEFFICIENTS), "list at least one")
    tail = check.one_of("tail", check.content["tail"], TAILS)
    found = AssociationOptions(
        coefficients=tuple(name for name in COEFFICIENTS if name in coefficients),
        shown=check.one_of("shown", check.content["shown"], coefficients or COEFFICIENTS),
        tail=cast(MeasuredTail, tail),
        bootstrap=check.whole("bootstrap", check.content["bootstrap"], 0, 1_000_000),
        adjusted=cast(PSource, check.one_of("adjustment: p", adjustment["p"], SOURCES)),
        families=_families(check, adjustment["families"]),
        max_t=check.yes_no("adjustment: max_t", adjustment["max_t"]),
        stars=_stars(check, check.content["stars"], tail),
        smallest_stratum=check.whole("strata: smallest", strata["smallest"], 4, 1000),
        estimator=check.one_of("strata: estimator", strata["estimator"], ESTIMATORS),
        hartung_knapp=check.yes_no("strata: hartung_knapp", strata["hartung_knapp"]),
        dichotomies=check.yes_no("codings: dichotomies", codings["dichotomies"]),
        codings=_alternatives(check, codings["alternatives"]),
        organisation=str(own["organisation"] or "organisation"),
        type=str(own["type"] or ""),
        scores=_scores(check, own["scores"]),
        standing=check.one_of("engagement: standing", engagement["standing"], STANDINGS),
        scales=check.names("engagement: scales", engagement["scales"]),
    )
    named = [found.organisation, found.type, *found.scores]
    if len(set(named)) < len(named):
        check.wrong("one column has two meanings under `file`", ", ".join(named), "each once")
    if check.problems:
        raise ProblemsFound(check.problems)
    return found


def _families(check: _Check, given: Any) -> str | tuple[Family, ...]:
    if isinstance(given, Mapping) and given:
        families = []
        for name, entry in given.items():
            if not isinstance(entry, Mapping) or not entry or set(entry) - {"scores", "measures"}:
                what = f"the family '{name}' says neither its scores nor its measures"
                check.wrong(what, entry, "scores: [...], measures: [...]")
                continue
            parts = {key: check.names(f"families: {name}", entry[key]) for key in entry}
            families.append(Family(str(name), **parts))
        return tuple(families)
    return check.one_of("adjustment: families", given, (ALL, BY_SCORE, BY_MEASURE))


def _stars(check: _Check, given: Any, tail: str) -> Stars | None:
    if given is None or given is False:
        return None
    if not isinstance(given, Mapping) or set(given) != {"p", "tail"}:
        check.wrong("`stars` does not say whose they are", given, "no, or p: and tail:")
        return None
    p = check.one_of("stars: p", given["p"], SOURCES)
    # A permutation p is counted for one tail, the one that is declared for all.
    allowed = (*TAILS, "one-sided") if p == ANALYTIC else (tail,)
    return Stars(
        cast(PSource, p), cast(StarTail, check.one_of("stars: tail", given["tail"], allowed))
    )


def _scores(check: _Check, given: Any) -> dict[str, ScoreColumn]:
    found = {}
    for name, entry in (given or {}).items() if isinstance(given or {}, Mapping) else ():
        about = entry if isinstance(entry, Mapping) else {}
        ends = [about.get(key) for key in ("low", "high")]
        bad = [e for e in ends if e is not None and (not isinstance(e, _NUMBER) or e is True)]
        if not isinstance(about.get("label"), str) or set(about) - {"label", "low", "high"} or bad:
            what = f"the score '{name}' has no label, or ends that are no numbers"
            check.wrong(what, entry, "label:, and if wanted low: and high:")
            continue
        found[str(name)] = ScoreColumn(str(about["label"]), *ends)
    if given and not isinstance(given, Mapping):
        check.wrong("`file: scores` is no list of columns", given, "column: {label: ...}")
    return found


def _alternatives(check: _Check, given: Any) -> dict[str, dict[str, dict[str, float]]]:
    found: dict[str, dict[str, dict[str, float]]] = {}
    if given and not isinstance(given, Mapping):
        check.wrong("`codings: alternatives` is not by measure", given, "measure: {name: {...}}")
        return found
    for measure, codings in (given or {}).items():
        for name, levels in (codings if isinstance(codings, Mapping) else {"": codings}).items():
            fit = isinstance(levels, Mapping) and levels
            if not fit or not all(
                isinstance(v, _NUMBER) and v is not True for v in levels.values()
            ):
                what = f"the coding '{name}' of '{measure}' is not a number for each level"
                check.wrong(what, levels, "level: number")
                continue
            found.setdefault(str(measure), {})[str(name)] = {
                str(level): float(value) for level, value in levels.items()
            }
    return found
