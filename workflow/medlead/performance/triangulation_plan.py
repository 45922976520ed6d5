"""What is set against what: the declaration `triangulation.yaml`, read and checked."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from medlead.ratings import RatingScale
from medlead.sources.messages import Problem, ProblemsFound

_KEYS = ("engagement", "sources", "strata", "shown", "counterparts", "structures", "tests")
_MORE = ("conflicts", "variations")
_STRUCTURE = ("name", "label", "from", "column", "kind", "is")
_TESTS = ("coefficient", "tail", "smallest_n", "most", "power", "draws")
_VARIED = ("drop", "levels", "within", "bands", "strata")
KENDALL = "kendall"
GROUPS, NUMBER = "groups", "number"
STRUCTURE = "structure"
TAILS = ("two-sided", "greater")
# Levels of which those in one tuple count as one, worst first.
Levels = tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class StructureMeasure:
    """One way to say how organisations are organised."""

    name: str
    label: str
    file: str
    column: str
    kind: str
    role: str
    take: str = ""
    where: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Variation:
    """One thing that is done in another way."""

    drop: tuple[str, ...] = ()
    levels: Mapping[str, Levels] = field(default_factory=dict)
    within: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    bands: Levels = ()
    strata: tuple[str, ...] = ()


@dataclass(frozen=True)
class Conflict:
    """What the text says in two ways, each as (words, section, line)."""

    about: str
    measures: tuple[str, ...]
    first: tuple[str, str, int]
    second: tuple[str, str, int]
    variation: str
    why: str


@dataclass(frozen=True)
class TriangulationPlan:
    """The declaration, whose head explains the names; measures are `source.column`."""

    engagement: str
    bands: tuple[str, ...]
    printed: Mapping[str, str]
    scored: Mapping[str, str]
    sources: Mapping[str, str]
    source_labels: Mapping[str, str]
    strata: str
    shown: tuple[str, ...]
    counterparts: tuple[tuple[str, str], ...]
    structures: tuple[StructureMeasure, ...]
    tail: str
    smallest_n: int
    most: int
    power: float
    draws: int
    conflicts: tuple[Conflict, ...]
    variations: Mapping[str, Variation]


def read_triangulation(
    content: Any,
    scales: Mapping[str, Mapping[str, RatingScale]],
    *,
    file: str = "triangulation.yaml",
) -> TriangulationPlan:
    """The checked declaration; `scales` are the rating scales by record file.

    Raises ProblemsFound with all that is wrong: keys, files and measures that are not there,
    levels that a measure does not have, numbers out of range.
    """
    if not isinstance(content, Mapping):
        raise ProblemsFound([_wrong(file, "", "the file declares nothing", "see its head")])
    problems = list(_keys(file, "", content, _KEYS, _MORE))
    if problems:
        raise ProblemsFound(problems)
    try:
        plan = _built(content)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        what = f"an entry has not the form that the head tells ({type(error).__name__}: {error})"
        raise ProblemsFound([_wrong(file, "", what, "compare it with the head")]) from None
    problems = [*_entry_keys(file, content), *_check(file, plan, scales)]
    if problems:
        raise ProblemsFound(problems)
    return plan


def measures_of(
    plan: TriangulationPlan, scales: Mapping[str, Mapping[str, RatingScale]], given: Iterable[str]
) -> dict[str, RatingScale]:
    """Each measure (`source.column`) of the files that are given, with its scale, in order."""
    files = set(given)
    return {
        f"{source}.{column}": scale
        for source, name in plan.sources.items()
        if name in files
        for column, scale in scales[name].items()
    }


def _built(content: Mapping[str, Any]) -> TriangulationPlan:
    engagement, tests = content["engagement"], content["tests"]
    if tests["coefficient"] != KENDALL:
        raise ValueError(f"the coefficient is '{tests['coefficient']}', only kendall is known")
    return TriangulationPlan(
        engagement=str(engagement["label"]),
        bands=tuple(map(str, engagement["levels"])),
        printed={str(k): str(v) for k, v in (engagement.get("printed") or {}).items()},
        scored={str(k): str(v) for k, v in engagement["scored"].items()},
        sources={str(k): str(v["file"]) for k, v in content["sources"].items()},
        source_labels={str(k): str(v["label"]) for k, v in content["sources"].items()},
        strata=str(content["strata"] or ""),
        shown=tuple(map(str, content["shown"] or ())),
        counterparts=tuple((str(a), str(b)) for a, b in content["counterparts"] or ()),
        structures=tuple(map(_structure, content["structures"] or ())),
        tail=str(tests["tail"]),
        smallest_n=int(tests["smallest_n"]),
        most=int(tests["most"]),
        power=float(tests["power"]),
        draws=int(tests["draws"]),
        conflicts=tuple(map(_conflict, content.get("conflicts") or ())),
        variations={str(k): _variation(v) for k, v in (content.get("variations") or {}).items()},
    )


def _structure(entry: Mapping[str, Any]) -> StructureMeasure:
    name, label, source, column, kind, role = (str(entry[key]) for key in _STRUCTURE)
    where = {str(k): str(v) for k, v in (entry.get("where") or {}).items()}
    take = str(entry.get("take", ""))
    return StructureMeasure(name, label, source, column, kind, role, take, where)


def _conflict(entry: Mapping[str, Any]) -> Conflict:
    first, second = (
        (str(side["says"]), str(side["section"]), int(side["line"]))
        for side in (entry["first"], entry["second"])
    )
    return Conflict(
        str(entry["about"]),
        tuple(map(str, entry["measures"] or ())),
        first,
        second,
        str(entry["variation"] or ""),
        str(entry.get("why", "")),
    )


def _variation(entry: Mapping[str, Any]) -> Variation:
    return Variation(
        drop=tuple(map(str, entry.get("drop", ()))),
        levels={str(k): _levels(v) for k, v in entry.get("levels", {}).items()},
        within={str(k): (float(v[0]), float(v[1])) for k, v in entry.get("within", {}).items()},
        bands=_levels(entry.get("bands", ())),
        strata=tuple(map(str, entry.get("strata", ()))),
    )


def _levels(given: Sequence[Any]) -> Levels:
    return tuple(tuple(map(str, v)) if isinstance(v, list) else (str(v),) for v in given)


def _entry_keys(file: str, content: Mapping[str, Any]) -> Iterable[Problem]:
    yield from _keys(
        file, "engagement", content["engagement"], ("label", "levels", "scored"), ("printed",)
    )
    yield from _keys(file, "tests", content["tests"], _TESTS)
    for entry in content["structures"] or ():
        yield from _keys(file, "structures", entry, _STRUCTURE, ("take", "where"))
    for name, entry in (content.get("variations") or {}).items():
        yield from _keys(file, f"variations / {name}", entry, (), _VARIED)


def _check(
    file: str, plan: TriangulationPlan, scales: Mapping[str, Mapping[str, RatingScale]]
) -> Iterable[Problem]:
    for source, name in plan.sources.items():
        if name not in scales:
            mend = f"one of {', '.join(scales)}"
            yield _wrong(file, "sources", f"{source}: '{name}' has no ratings", mend)
    known = measures_of(plan, {**{name: {} for name in plan.sources.values()}, **scales}, scales)
    named = [
        *(("counterparts", m) for pair in plan.counterparts for m in pair if m not in plan.sources),
        *(("conflicts", m) for conflict in plan.conflicts for m in conflict.measures),
        *(("variations", m) for v in plan.variations.values() for m in _touched(v)),
    ]
    for place, measure in dict.fromkeys(named):
        if measure not in known:
            mend = f"write source.column: {', '.join(known)}"
            yield _wrong(file, place, f"'{measure}' is no measure", mend)
    for name, variation in plan.variations.items():
        for measure, levels in variation.levels.items():
            own = known[measure].levels if measure in known else ()
            if own and sorted(level for part in levels for level in part) != sorted(own):
                mend = f"each once: {', '.join(own)}"
                yield _wrong(file, f"variations / {name}", f"other levels of '{measure}'", mend)
        joined = sorted(band for part in variation.bands for band in part)
        if variation.bands and joined != sorted(plan.bands):
            mend = f"each once: {', '.join(plan.bands)}"
            yield _wrong(file, f"variations / {name}", "other bands of engagement", mend)
    for conflict in plan.conflicts:
        if conflict.variation and conflict.variation not in plan.variations:
            what = f"'{conflict.about}': there is no variation '{conflict.variation}'"
            yield _wrong(file, "conflicts", what, f"one of {', '.join(plan.variations)}")
        if not conflict.variation and not conflict.why:
            what = f"'{conflict.about}' has neither a variation nor a reason"
            yield _wrong(file, "conflicts", what, "say under `why` why nothing can be varied")
    for one in plan.structures:
        bad = one.kind not in (GROUPS, NUMBER) or one.role not in (STRUCTURE, "context")
        if bad or one.take not in ("", "count", "max", "sum"):
            mend = "kind: groups or number; is: structure or context; take: count, max or sum"
            yield _wrong(file, "structures", f"'{one.name}' has another kind, is or take", mend)
    limits = plan.smallest_n >= 3 and plan.most >= 1 and plan.draws >= 1 and 0 < plan.power < 1
    if not limits or plan.tail not in TAILS:
        mend = "smallest_n from 3, most and draws from 1, power between 0 and 1, tail "
        yield _wrong(
            file, "tests", "a number or the tail is out of range", mend + " or ".join(TAILS)
        )


def _touched(variation: Variation) -> list[str]:
    return [*variation.drop, *variation.levels, *variation.within]


def _keys(
    file: str, place: str, entry: Mapping[str, Any], must: Sequence[str], may: Sequence[str] = ()
) -> Iterable[Problem]:
    allowed = f"the keys are {', '.join((*must, *may))}"
    for key in entry:
        if key not in (*must, *may):
            yield _wrong(file, place, f"the key '{key}' is not known", allowed)
    for key in must:
        if key not in entry:
            yield _wrong(file, place, f"the key '{key}' is missing", allowed)


def _wrong(file: str, place: str, what: str, mend: str) -> Problem:
    return Problem(file=file, what=f"{place}: {what}" if place else what, mend=mend)
