"""The figures of the survey as they are declared (`figures.yaml`), checked and with their looks."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from medlead.present import style
from medlead.sources.messages import Problem, ProblemsFound
from medlead.sources.reading import nearest
from medlead.survey.instrument import Instrument

Cell = tuple[str, str, str]

_COMMON = ("figure", "kind", "title", "of", "note", "note_study")
_COUNTED = ("by", "printed", "sum", "ranges")
# For each kind of picture the keys that it reads beside the common ones.
KINDS: Mapping[str, tuple[str, ...]] = {
    "columns": (*_COUNTED, "marks"),
    "rows": _COUNTED,
    "shares": ("printed", "sum", "national"),
    "stacked": ("by", "whole", "ranges"),
    "ratings": ("pairs", "ranges"),
    "tiles": ("printed", "totals", "counts", "unknown", "unknown_study"),
}
_TOP = ("returns", "warnings", "looks", "series", "places", "figures")
_ALL = "all"


@dataclass(frozen=True)
class Declared:
    """One figure: what it counts, by what, and what stands beside it."""

    figure: str
    kind: str
    title: str
    of: tuple[str, ...]
    by: tuple[str, ...] = ()
    printed: str = ""
    over: str = ""
    ranges: tuple[str, ...] = ()
    marks: tuple[Mapping[str, Any], ...] = ()
    national: Mapping[str, Cell] = field(default_factory=dict)
    totals: Mapping[str, Any] = field(default_factory=dict)
    counts: Mapping[str, int] = field(default_factory=dict)
    unknown: str = ""
    unknown_study: str = ""
    pairs: bool = False
    whole: bool = False
    note: str = ""
    note_study: str = ""


@dataclass(frozen=True)
class FigurePlan:
    """All figures, the looks of levels and series, and the places of tiles."""

    figures: tuple[Declared, ...]
    instrument: Instrument
    returns: Cell | None
    warnings: Mapping[str, str]
    looks: Mapping[str, Mapping[str, Mapping[str, str]]]
    series: Mapping[str, str]
    places: Mapping[str, Mapping[str, tuple[int, int]]]

    def label(self, variable: str, level: str) -> str:
        """The name of a level as it is shown."""
        look = self.looks.get(variable, {}).get(level, {})
        if "label" in look:
            return look["label"]
        coded = next((v for v in self.instrument.coded if v.name == variable), None)
        part = next(
            (p for p in self.instrument.parts if coded and p.name == coded.sources[0]), None
        )
        options = part.options if part is not None and coded and not coded.codes else ()
        return next((o.label for o in options if o.name == level), level)

    def heading(self, variable: str) -> str:
        """The name of a variable as it is shown."""
        return next(v.label for v in self.instrument.coded if v.name == variable)

    def colour(self, variable: str, level: str) -> str:
        """The colour of a level: the declared one, else one by its place among the levels."""
        look = self.looks.get(variable, {}).get(level, {})
        if "colour" in look:
            return look["colour"]
        levels = self.instrument.levels(variable) if variable else ()
        if level not in levels:
            return self.one(_ALL)
        taken = {look.get("colour") for look in self.looks.get(variable, {}).values()}
        free = [c for c in style.COLOURS.values() if c not in taken] or [style.SOFT]
        return free[levels.index(level) % len(free)]

    def one(self, name: str) -> str:
        """The colour of a single series."""
        return self.series.get(name, self.series.get(_ALL, style.SOFT))


def load_figures(
    mapping: Mapping[str, Any], instrument: Instrument, *, file: str = "figures.yaml"
) -> FigurePlan:
    """The figures of a parsed declaration file.

    Raises ProblemsFound with every unknown key, kind, variable and level (the nearest right
    one is named), figures declared twice, and tiles without a place.
    """
    check = _Check(file, instrument)
    check.known("the file", mapping, _TOP)
    for name, levels in {**mapping.get("looks", {}), **mapping.get("places", {})}.items():
        check.variable("looks and places", name)
        check.levels(f"looks and places / {name}", name, levels)
    places = {
        name: {level: (int(at[0]), int(at[1])) for level, at in given.items()}
        for name, given in mapping.get("places", {}).items()
    }
    figures = [check.figure(given, places) for given in mapping.get("figures", ())]
    names = [f.figure for f in figures if f]
    for name in sorted({n for n in names if names.count(n) > 1}):
        check.wrong(name, "the figure is declared twice", "delete one of them")
    if check.problems:
        raise ProblemsFound(check.problems)
    returns = mapping.get("returns")
    return FigurePlan(
        figures=tuple(f for f in figures if f is not None),
        instrument=instrument,
        returns=_cell(returns) if returns else None,
        warnings=mapping.get("warnings", {}),
        looks=mapping.get("looks", {}),
        series=mapping.get("series", {}),
        places=places,
    )


def _cell(given: Sequence[Any]) -> Cell:
    item, row, column = (str(part) for part in given)
    return item, row, column


class _Check:
    """Reads figure by figure and collects what is wrong."""

    def __init__(self, file: str, instrument: Instrument) -> None:
        self.file, self.instrument = file, instrument
        self.variables = tuple(v.name for v in instrument.coded)
        self.problems: list[Problem] = []

    def wrong(self, place: str, what: str, mend: str, allowed: Iterable[str] = ()) -> None:
        shown = ", ".join(allowed) or None
        self.problems.append(Problem(self.file, f"{place}: {what}", mend, allowed=shown))

    def unknown(self, place: str, what: str, name: str, known: Sequence[str]) -> None:
        near = nearest(str(name), known)
        mend = f"did you mean '{near}'?" if near else "correct it"
        self.wrong(place, f"the {what} '{name}' is not known", mend, known)

    def known(self, place: str, given: Mapping[str, Any], keys: Sequence[str]) -> None:
        for key in given:
            if key not in keys:
                self.unknown(place, "key", key, keys)

    def variable(self, place: str, name: str) -> None:
        if name not in self.variables:
            self.unknown(place, "variable", name, self.variables)

    def levels(self, place: str, variable: str, names: Iterable[str]) -> None:
        known = self.instrument.levels(variable) if variable in self.variables else ()
        for name in names if known else ():
            if name not in known:
                self.unknown(place, "level", name, known)

    def figure(
        self, given: Mapping[str, Any], places: Mapping[str, Mapping[str, tuple[int, int]]]
    ) -> Declared | None:
        place = str(given.get("figure", "a figure without a name"))
        before = len(self.problems)
        for key in ("figure", "kind", "title", "of"):
            if not given.get(key):
                self.wrong(place, f"the key '{key}' is missing", f"add `{key}:`")
        kind = str(given.get("kind"))
        if kind not in KINDS:
            self.unknown(place, "kind", kind, tuple(KINDS))
            return None
        self.known(place, given, (*_COMMON, *KINDS[kind]))
        of = given.get("of", ())
        counted = (of,) if isinstance(of, str) else tuple(of)
        for name in (*counted, *given.get("by", ()), *filter(None, [given.get("sum")])):
            self.variable(place, name)
        if len(counted) > 1 and kind != "ratings":
            self.wrong(place, "this kind draws one variable", "name one under `of:`")
        if given.get("pairs") and len(counted) != 2:
            self.wrong(place, "pairs need two variables", "name two under `of:`, or delete `pairs`")
        if len(self.problems) > before:
            return None
        if kind == "tiles":
            for level in self.instrument.levels(counted[0]):
                if level not in places.get(counted[0], {}):
                    what = f"the level '{level}' has no place in the grid"
                    self.wrong(place, what, f"add it under `places: {counted[0]}:`")
        self.levels(place, counted[0], [*given.get("national", {}), *given.get("counts", {})])
        return Declared(
            figure=place,
            kind=kind,
            title=given["title"],
            of=counted,
            by=tuple(given.get("by", ())),
            printed=given.get("printed", ""),
            over=given.get("sum", ""),
            ranges=tuple(given.get("ranges", ())),
            marks=tuple(given.get("marks", ())),
            national={k: _cell(v) for k, v in given.get("national", {}).items()},
            totals=given.get("totals", {}),
            counts=given.get("counts", {}),
            unknown=given.get("unknown", ""),
            unknown_study=given.get("unknown_study", given.get("unknown", "")),
            pairs=bool(given.get("pairs")),
            whole=bool(given.get("whole")),
            note=given.get("note", ""),
            note_study=given.get("note_study", given.get("note", "")),
        )
