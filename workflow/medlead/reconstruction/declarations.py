"""Reads what is declared about records: variables, selections and facts, one by one."""

import re
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any

from medlead.printed import Cells, number, possible_counts
from medlead.reconstruction.facts import INFINITE, Fact, Requirement, number_of
from medlead.reconstruction.space import MISSING, Level, Selection, Space
from medlead.reconstruction.tabled import Wrong, filled_from_table, unknown
from medlead.sources.messages import Problem, ProblemsFound
from medlead.survey.instrument import Instrument
from medlead.survey.table_definition import NUMBER_MARK, Each, Table

# A whole number stands for itself; halves lie between two.
_STEP = 0.25
# The least difference between two values that a cut must keep apart.
_HAIR = 1e-6

FACT_KEYS = {
    "counts": ("rows", "columns"),
    "percent": ("rows", "columns", "base"),
    "summary": ("of", "rows", "low", "high", "mode", "n"),
    "range": ("of", "row", "where", "low", "high"),
    "most": ("of", "row", "column", "low", "high", "levels"),
    "commonest": ("of", "row", "column", "after", "level", "where"),
    "ranks": ("rows", "column"),
    "none": ("row", "column", "where"),
}


class DeclarationReader:
    """Reads the declarations one by one and collects what is wrong with them."""

    def __init__(
        self, instrument: Instrument, cells: Cells, file: str, tables: Mapping[str, Table]
    ) -> None:
        self.tables = tables
        self.instrument = instrument
        self.cells = cells
        self.file = file
        self.problems: list[Problem] = []
        self.space = Space({}, ())
        self.several: Mapping[str, Mapping[str, str]] = {}

    def wrong(self, place: str, error: Wrong) -> None:
        """Keep a fault with its place."""
        self.problems.append(Problem(self.file, f"{place}: {error.what}", error.mend))

    def known(self, place: str, name: str, names: tuple[str, ...]) -> None:
        """Keep a fault where a name is none of those known."""
        if name not in names:
            self.wrong(place, unknown("key", name, names))

    def attempt(self, place: str, read: Any) -> Any:
        """What `read` returns, or None with its fault kept."""
        try:
            return read()
        except Wrong as error:
            self.wrong(place, error)
            return None

    def stop(self) -> None:
        """Raise ProblemsFound where any fault was kept."""
        if self.problems:
            raise ProblemsFound(self.problems)

    def text(self, cell: Any) -> str:
        """The printed text of a cell; a fault where there is none."""
        key = tuple(str(part) for part in cell)
        if len(key) != 3 or key not in self.cells:
            raise unknown("cell", " / ".join(key), tuple(" / ".join(k) for k in self.cells))
        return self.cells[key]

    def value(self, cell: Any) -> float:
        """The number printed in a cell."""
        return float(number(self.text(cell)))

    # -- variables

    def variables(
        self, given: Mapping[str, Any]
    ) -> tuple[dict[str, tuple[Level, ...]], dict[str, dict[str, str]], dict[str, frozenset[int]]]:
        """Levels of each variable; the variables made from one with several codes; notes."""
        known = tuple(v.name for v in self.instrument.coded)
        variables: dict[str, tuple[Level, ...]] = {}
        several: dict[str, dict[str, str]] = {}
        also: dict[str, frozenset[int]] = {}
        for name, options in given.items():
            place = f"variables / {name}"
            for key in options:
                self.known(place, key, ("missing", "counts", "also", "cuts", "multiple"))
            if name not in known:
                self.wrong(place, unknown("variable", name, known))
                continue
            if options.get("multiple"):
                several[name] = {c: f"{name}: {c}" for c in self.instrument.levels(name)}
                for made in several[name].values():
                    variables[made] = (Level("yes", "yes"), Level("no", "no"))
                continue
            levels = self.attempt(place, lambda n=name, o=options: list(self._levels(n, o)))
            if levels is None:
                continue
            extra = [Level(f"{x:g}", f"{x:g}", x, x + _STEP) for x in options.get("also", ())]
            also[name] = frozenset(range(len(levels), len(levels) + len(extra)))
            last = [Level(MISSING, "(missing)")] if options.get("missing") else []
            variables[name] = (*levels, *extra, *last)
        return variables, several, {name: found for name, found in also.items() if found}

    def _levels(self, name: str, options: Mapping[str, Any]) -> Iterator[Level]:
        coded = next(v for v in self.instrument.coded if v.name == name)
        if "counts" in options:
            first, last = options["counts"]
            for i in range(first, last + 1):
                yield Level(str(i), str(i), i, i + _STEP)
        elif coded.bands:
            cuts = sorted(self.value(cell) for cell in options.get("cuts", ()))
            for band in self.instrument.bands[coded.bands].bands:
                if band.printed:
                    top = INFINITE if band.below is None else band.below
                    yield from _cut(band.label, band.low, top, cuts)
        else:
            for level in self.instrument.levels(name):
                yield Level(level, level)

    # -- selections

    def selection(self, given: Mapping[str, Any]) -> Selection:
        """The records that a mapping of variables to levels describes."""
        chosen: dict[str, frozenset[int]] = {}
        for name, wanted in given.items():
            if name not in self.space.variables:
                raise unknown("variable", name, tuple(self.space.variables))
            levels = self.space.variables[name]
            if wanted == "answered":
                chosen[name] = self.space.answered(name)
            elif wanted == "missing":
                chosen[name] = frozenset(range(len(levels))) - self.space.answered(name)
            elif isinstance(wanted, Mapping):
                ((way, cell),) = wanted.items()
                limit = self.value(cell)
                if way not in ("above", "from", "below"):
                    raise unknown("comparison", way, ("above", "from", "below"))
                chosen[name] = frozenset(
                    i for i, level in enumerate(levels) if _stands(level, way, limit)
                )
            else:
                named = [wanted] if isinstance(wanted, str) else list(wanted)
                try:
                    chosen[name] = self.space.positions(name, [str(w) for w in named])
                except KeyError as error:
                    raise Wrong(str(error.args[0])) from None
        return chosen

    def headed(self, item: str, given: Mapping[str, Any], axis: int) -> dict[str, Selection]:
        """The records of each printed heading: those named, and those of `each` level printed."""
        printed = {key[axis] for key in self.cells if key[0] == item}
        found: dict[str, Selection] = {}
        for heading, wanted in given.items():
            if heading != "each":
                found[_as_printed(heading, printed)] = self.selection(wanted)
                continue
            each = wanted if isinstance(wanted, Each) else Each(str(wanted))
            here = printed - set(each.leave_out)
            if each.variable in self.several:
                found |= {
                    code: self.selection({made: "yes"})
                    for code, made in self.several[each.variable].items()
                    if code in here
                }
                continue
            levels = self.space.variables.get(each.variable)
            if levels is None:
                raise unknown("variable", each.variable, tuple(self.space.variables))
            headings = dict.fromkeys(lv.heading for lv in levels if lv.heading in here)
            found |= {h: self.selection({each.variable: h}) for h in headings}
        if not found:
            raise Wrong(f"no printed heading of {item} is a level of '{given.get('each')}'")
        return found

    # -- facts

    def filled(self, given: Mapping[str, Any]) -> Mapping[str, Any]:
        """A fact about a table with what the table itself says."""
        return filled_from_table(given, self.tables, FACT_KEYS[given["kind"]])

    def facts(self, given: Mapping[str, Any]) -> Iterator[Fact]:
        """The facts of one declaration."""
        kind = given.get("kind")
        if kind not in FACT_KEYS:
            raise unknown("kind", str(kind), tuple(FACT_KEYS))
        for key in given:
            if key not in ("kind", "item", *FACT_KEYS[kind]):
                raise unknown("key", key, ("kind", "item", *FACT_KEYS[kind]))
        yield from getattr(self, f"_{kind}")(given)

    def _fact(
        self, key: Any, kind: str, needed: list[Requirement], *, shared: bool = False, of: str = ""
    ) -> Fact:
        item, row, column = key
        return Fact(item, row, column, self.text(key), kind, tuple(needed), shared, of=of)

    def _counts(self, given: Mapping[str, Any]) -> Iterator[Fact]:
        given = self.filled(given)
        for key, chosen in self._crossed(given):
            yield self._fact(key, "count", [number_of(chosen, self.value(key))])

    def _percent(self, given: Mapping[str, Any]) -> Iterator[Fact]:
        given = self.filled(given)
        base = int(self.value(given["base"]))
        for key, chosen in self._crossed(given):
            if not self.text(key):
                continue
            fitting = possible_counts(self.text(key), base)
            if not fitting:
                raise Wrong(f"no count out of {base} is printed as {self.text(key)} per cent")
            yield self._fact(key, "percent", [number_of(chosen, min(fitting), max(fitting))])

    def _crossed(
        self, given: Mapping[str, Any]
    ) -> Iterator[tuple[tuple[str, str, str], Selection]]:
        item = given["item"]
        for row, by_row in self.headed(item, given["rows"], 1).items():
            for column, by_column in self.headed(item, given["columns"], 2).items():
                twice = set(by_row) & set(by_column)
                if twice:
                    raise Wrong(f"{sorted(twice)} is given by row and by column")
                yield (item, row, column), {**by_row, **by_column}

    def _summary(self, given: Mapping[str, Any]) -> Iterator[Fact]:
        given = self.filled(given)
        item, of = given["item"], given["of"]
        for row, chosen in self.headed(item, given["rows"], 1).items():
            answered = {**chosen, of: self.space.answered(of)}
            key = (item, row, given["n"])
            yield self._fact(key, "n", [number_of(answered, self.value(key))])
            yield from self._ends(item, row, of, chosen, given)
            key = (item, row, given["mode"])
            level = self._level_of(of, self.value(key))
            needed = self._most_frequent(of, level, chosen)
            yield self._fact(key, "mode", needed, shared=True, of=of)

    def _range(self, given: Mapping[str, Any]) -> Iterator[Fact]:
        where = self.selection(given.get("where", {}))
        yield from self._ends(given["item"], given["row"], given["of"], where, given)

    def _ends(
        self, item: str, row: str, of: str, where: Selection, given: Mapping[str, Any]
    ) -> Iterator[Fact]:
        levels = self.space.variables[of]
        for end, beyond in (("low", "wholly below"), ("high", "above")):
            if end not in given:
                continue
            key = (item, row, given[end])
            value = self.value(key)
            outside = frozenset(i for i, lv in enumerate(levels) if _stands(lv, beyond, value))
            needed = [number_of({**where, of: self._level_of(of, value)}, 1, INFINITE)]
            needed += [number_of({**where, of: outside}, 0)] if outside else []
            yield self._fact(key, "lowest" if end == "low" else "highest", needed, of=of)

    def _most(self, given: Mapping[str, Any]) -> Iterator[Fact]:
        of, item, row = given["of"], given["item"], given["row"]
        answered = self.space.answered(of)
        if "levels" in given:
            keys = [(item, row, given["column"])]
            inside = self.space.positions(of, given["levels"])
        else:
            keys = [(item, row, given["low"]), (item, row, given["high"])]
            low, high = (self.value(key) for key in keys)
            inside = frozenset(
                i
                for i in answered
                if _stands(self.space.variables[of][i], "from", low)
                and not _stands(self.space.variables[of][i], "above", high)
            )
        # More inside than outside, counted once although two cells say so.
        needed = Requirement(((1.0, {of: inside}), (-1.0, {of: answered - inside})), 1, INFINITE)
        yield self._fact(keys[-1], "most", [needed])

    def _commonest(self, given: Mapping[str, Any]) -> Iterator[Fact]:
        of = given["of"]
        key = (given["item"], given["row"], given["column"])
        left_out: frozenset[int] = frozenset()
        if "after" in given:
            left_out = self._level_of(of, self.value(given["after"]))
        if "level" in given:
            level = self.space.positions(of, [given["level"]])
        else:
            level = self._level_of(of, self.value(key))
        needed = self._most_frequent(of, level, self.selection(given.get("where", {})), left_out)
        yield self._fact(key, "commonest", needed, shared=True, of=of)

    def _ranks(self, given: Mapping[str, Any]) -> Iterator[Fact]:
        """No row is named less often than the row of the next rank."""
        given = self.filled(given)
        item, column = given["item"], given["column"]
        rows = self.headed(item, given["rows"], 1)
        order = sorted(rows, key=lambda row: self.value((item, row, column)))
        needed = {
            first: Requirement(((1.0, rows[first]), (-1.0, rows[next_one])), 0, INFINITE)
            for first, next_one in pairwise(order)
        }
        for row in order[:-1]:
            yield self._fact((item, row, column), "rank", [needed[row]])
        # The last rank has none to stand above, so it stands below the one before.
        yield self._fact((item, order[-1], column), "rank", [needed[order[-2]]])

    def _none(self, given: Mapping[str, Any]) -> Iterator[Fact]:
        key = (given["item"], given["row"], given["column"])
        yield self._fact(key, "none", [number_of(self.selection(given["where"]), 0)])

    def _most_frequent(
        self,
        of: str,
        level: frozenset[int],
        where: Selection,
        left_out: frozenset[int] = frozenset(),
    ) -> list[Requirement]:
        one = {**where, of: level}
        others = sorted(self.space.answered(of) - level - left_out)
        return [
            Requirement(((1.0, one), (-1.0, {**where, of: frozenset([other])})), 0, INFINITE)
            for other in others
        ]

    def _level_of(self, of: str, value: float) -> frozenset[int]:
        if of not in self.space.variables:
            raise unknown("variable", of, tuple(self.space.variables))
        found = [i for i, level in enumerate(self.space.variables[of]) if level.holds(value)]
        if not found:
            raise Wrong(f"no level of '{of}' holds {value:g}", "give it more levels")
        return frozenset(found)


def _as_printed(heading: str, printed: set[str]) -> str:
    """The printed heading that a declared one with a place for a number stands for."""
    if NUMBER_MARK not in heading:
        return heading
    pattern = re.compile(re.escape(heading).replace(re.escape(NUMBER_MARK), r"\d+"))
    return next((name for name in sorted(printed) if pattern.fullmatch(name)), heading)


def _stands(level: Level, way: str, limit: float) -> bool:
    if level.low is None or level.below is None:
        return False
    if way == "above":
        return level.low > limit
    if way == "from":
        return level.low >= limit
    # Some of the level, or all of it, lies below the limit.
    return level.low < limit if way == "below" else level.below <= limit


def _cut(label: str, low: float, below: float, cuts: list[float]) -> Iterator[Level]:
    inside = [cut for cut in cuts if low <= cut < below]
    ends = [low, *(cut + _HAIR for cut in inside), below]
    names = [label] if not inside else [f"{label}, part {i}" for i in range(1, len(ends))]
    for name, start, end in zip(names, ends, ends[1:], strict=False):
        yield Level(name, label, start, end)
