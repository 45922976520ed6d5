"""The tables of a survey as data: rows, columns and what their cells show (`tables.yaml`).

What a key means is told at the head of that file. The same rows and columns serve the
tables counted from returns, the tests of association, and the conditions that the printed
tables set to reconstructed returns.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from medlead.sources.messages import Problem, ProblemsFound
from medlead.sources.reading import nearest
from medlead.survey.definition import PartType
from medlead.survey.instrument import OPTION_MARK, CodedVariable, CodeKind, Instrument

# Words for returns of one's own; `medlead.without_print` puts them in place.
_OF_STUDIES = ("title_study", "note_study")
_ITEM = re.compile(r"table-[A-Za-z0-9-]+")
EACH = "each"
ANSWERED, MISSING = "answered", "missing"
NUMBER_MARK = "{n}"

# Which returns: for each variable a level, a list of levels, `answered` or `missing`.
Chosen = Mapping[str, str | tuple[str, ...]]


class Statistic(StrEnum):
    """What a cell shows of the returns of its row."""

    COUNT = "count"
    PERCENT = "percent"
    RANK = "rank"
    LOWEST = "lowest"
    HIGHEST = "highest"
    MODE = "mode"
    N = "n"


_OF_NUMBERS = (Statistic.LOWEST, Statistic.HIGHEST, Statistic.MODE, Statistic.N)


@dataclass(frozen=True)
class Each:
    """One heading for each level of a variable."""

    variable: str
    leave_out: tuple[str, ...] = ()
    gaps: bool = False


Headings = Mapping[str, Chosen | Each]


@dataclass(frozen=True)
class Shown:
    """What stands under one heading.

    `of` is the row that is the base of a percentage, the returns that are it, or the
    heading of the count by which places are given.
    """

    statistic: Statistic
    of: str | Chosen = ""
    decimals: int = 0
    blank: tuple[str, ...] = ()


@dataclass(frozen=True)
class Table:
    """One table: either `columns` (counts of returns) or `show` (statistics of a row)."""

    item: str
    of: str
    rows: Headings
    columns: Headings = field(default_factory=dict)
    show: Mapping[str, Shown] = field(default_factory=dict)
    sort: str = ""
    ordered: bool = False
    title: str = ""
    note: str = ""

    def headings(self, *statistics: Statistic) -> tuple[str, ...]:
        """The headings that show one of these statistics, in order."""
        return tuple(name for name, shown in self.show.items() if shown.statistic in statistics)

    @property
    def of_numbers(self) -> bool:
        """Whether the table shows ends or modes of numbers, and not how often each occurs."""
        return bool(self.headings(*_OF_NUMBERS))


@dataclass(frozen=True)
class Tables:
    """All tables by item, and how many organisations were asked for.

    `population` is a number, a printed cell (item, row, column), or None.
    """

    tables: Mapping[str, Table]
    population: int | tuple[str, str, str] | None = None


def is_list(variable: str, instrument: Instrument) -> bool:
    """Whether a return can have several codes of the variable."""
    codes = instrument.codes.get(_coded(variable, instrument).codes or "")
    return codes is not None and codes.kind in (CodeKind.ITEMS, CodeKind.ROLES)


def is_number(variable: str, instrument: Instrument) -> bool:
    """Whether the variable is a number (and not a band, a code or a text)."""
    coded = _coded(variable, instrument)
    if coded.bands or coded.codes:
        return False
    if coded.sum:
        return True
    name = coded.sources[0]
    if coded.of is not None:
        name = name.replace(OPTION_MARK, instrument.part(coded.of).options[0].name)
    kinds = (PartType.NUMBER, PartType.COUNT, PartType.RATING)
    return instrument.part(name).type in kinds


def is_ordered(variable: str, instrument: Instrument) -> bool:
    """Whether the levels have an order of size: bands and numbers have."""
    return bool(_coded(variable, instrument).bands) or is_number(variable, instrument)


def _coded(variable: str, instrument: Instrument) -> CodedVariable:
    return next(v for v in instrument.coded if v.name == variable)


def load_tables(
    mapping: Mapping[str, Any], instrument: Instrument, *, file: str = "tables.yaml"
) -> Tables:
    """The tables that a definition file declares for a questionnaire.

    Raises ProblemsFound with every unknown key, variable, level, statistic and heading,
    and every table that lacks what it needs; the nearest right name is given.
    """
    reader = _Reader(instrument, file)
    reader.keys("the file", mapping, ("tables",), ("population",))
    reader.stop()
    population = mapping.get("population")
    cell = isinstance(population, list) and len(population) == 3
    if not (population is None or cell or (isinstance(population, int) and population > 0)):
        what = "the population is neither a cell nor a number of organisations"
        reader.wrong("population", what, "write [item, row, column], a number, or leave it out")
    tables = {
        str(item): reader.table(str(item), given) for item, given in mapping["tables"].items()
    }
    reader.stop()
    return Tables(
        {item: table for item, table in tables.items() if table is not None},
        tuple(str(part) for part in population) if isinstance(population, list) else population,  # type: ignore[arg-type]
    )


class _Reader:
    """Reads table by table and collects what is wrong."""

    def __init__(self, instrument: Instrument, file: str) -> None:
        self.instrument, self.file = instrument, file
        self.variables = tuple(v.name for v in instrument.coded)
        self.problems: list[Problem] = []

    def wrong(self, place: str, what: str, mend: str, allowed: Iterable[str] = ()) -> None:
        shown = ", ".join(allowed) or None
        self.problems.append(Problem(self.file, f"{place}: {what}", mend, allowed=shown))

    def unknown(self, place: str, what: str, name: object, known: Iterable[str]) -> None:
        listed = tuple(known)
        near = nearest(str(name), listed)
        mend = f"did you mean '{near}'?" if near else "correct it"
        self.wrong(place, f"the {what} '{name}' is not known", mend, listed)

    def stop(self) -> None:
        if self.problems:
            raise ProblemsFound(self.problems)

    def keys(
        self, place: str, given: object, needed: tuple[str, ...], further: tuple[str, ...]
    ) -> bool:
        if not isinstance(given, Mapping):
            self.wrong(place, "this is not a list of keys", "see the head of the file")
            return False
        before = len(self.problems)
        for key in given:
            if key not in (*needed, *further):
                self.unknown(place, "key", key, (*needed, *further))
        for key in needed:
            if key not in given:
                self.wrong(place, f"the key '{key}' is missing", f"add `{key}:`")
        return len(self.problems) == before

    def table(self, item: str, given: Any) -> Table | None:
        if not _ITEM.fullmatch(item):
            # It becomes the name of a file and of a place on the page.
            self.wrong(item, "this cannot be the name of a table", "name it as table-05 is")
        further = ("columns", "show", "sort", "ordered", "title", "note", *_OF_STUDIES)
        if not self.keys(item, given, ("of", "rows"), further):
            return None
        of = self.variable(item, given["of"])
        rows = self.headings(f"{item} / rows", given["rows"])
        columns = self.headings(f"{item} / columns", given.get("columns") or {})
        show = self.shown(item, given.get("show") or {}, rows)
        if bool(columns) == bool(show):
            what = "a table has either `columns` or `show`"
            self.wrong(item, what, "keep one of them, with its headings")
        counts = [name for name, s in show.items() if s.statistic is Statistic.COUNT]
        if given.get("sort", "") not in ("", *counts):
            self.unknown(f"{item} / sort", "count", given["sort"], counts)
        if of is None:
            return None
        crossed = {v for headings in (rows, columns) for v in _variables(headings)}
        if columns and of not in crossed:
            self.wrong(item, f"'{of}' is in no row or column", "correct `of:`, the rows or columns")
        numeric = [name for name, s in show.items() if s.statistic in _OF_NUMBERS]
        if numeric and not is_number(of, self.instrument):
            what = f"'{of}' is no number, so it has no '{show[numeric[0]].statistic}'"
            self.wrong(f"{item} / show / {numeric[0]}", what, "count it, or name another variable")
        return Table(
            item=item,
            of=of,
            rows=rows,
            columns=columns,
            show=show,
            sort=given.get("sort", ""),
            ordered=bool(given.get("ordered", False)) or is_ordered(of, self.instrument),
            title=str(given.get("title") or _coded(of, self.instrument).label),
            note=str(given.get("note", "")),
        )

    def variable(self, place: str, name: object) -> str | None:
        if name in self.variables:
            return str(name)
        self.unknown(place, "variable", name, self.variables)
        return None

    def headings(self, place: str, given: object) -> Headings:
        if not isinstance(given, Mapping):
            self.wrong(place, "this is not a list of headings", "see the head of the file")
            return {}
        found: dict[str, Chosen | Each] = {}
        for heading, wanted in given.items():
            at = f"{place} / {heading}"
            read = self.each(at, wanted) if heading == EACH else self.chosen(at, wanted)
            if read is not None:
                found[str(heading)] = read
        return found

    def each(self, place: str, given: Any) -> Each | None:
        if isinstance(given, str):
            given = {"variable": given}
        if not self.keys(place, given, ("variable",), ("leave_out", "gaps")):
            return None
        name = self.variable(place, given["variable"])
        if name is None:
            return None
        left = tuple(str(level) for level in given.get("leave_out", ()))
        known = self.instrument.levels(name)
        for level in left:
            if known and level not in known:
                self.unknown(place, "level", level, known)
        if given.get("gaps") and not is_number(name, self.instrument):
            self.wrong(place, f"'{name}' is no number and has no gaps", "delete `gaps:`")
        return Each(name, left, bool(given.get("gaps", False)))

    def chosen(self, place: str, given: Any) -> Chosen | None:
        if not isinstance(given, Mapping):
            self.wrong(place, "no returns are named here", "write {variable: level}, {} for all")
            return None
        found: dict[str, str | tuple[str, ...]] = {}
        for name, wanted in given.items():
            if self.variable(place, name) is None:
                continue
            if wanted in (ANSWERED, MISSING):
                found[name] = wanted
                continue
            levels = tuple(str(w) for w in (wanted if isinstance(wanted, list) else [wanted]))
            known = self.instrument.levels(name)
            for level in levels:
                if known and level not in known:
                    self.unknown(place, "level", level, (*known, ANSWERED, MISSING))
            found[name] = levels
        return found

    def shown(self, item: str, given: Any, rows: Headings) -> dict[str, Shown]:
        found: dict[str, Shown] = {}
        if not isinstance(given, Mapping):
            self.wrong(f"{item} / show", "this is not a list of headings", "see the head")
            return found
        counts = [str(name) for name, wanted in given.items() if wanted == Statistic.COUNT]
        for name, wanted in given.items():
            place = f"{item} / show / {name}"
            if isinstance(wanted, str):
                if wanted not in (Statistic.COUNT, *_OF_NUMBERS):
                    self.unknown(place, "statistic", wanted, Statistic)
                    continue
                found[str(name)] = Shown(Statistic(wanted))
            elif isinstance(wanted, Mapping) and Statistic.RANK in wanted:
                if self.keys(place, wanted, (Statistic.RANK,), ()):
                    of = str(wanted[Statistic.RANK])
                    if of not in counts:
                        self.unknown(place, "count", of, counts)
                    found[str(name)] = Shown(Statistic.RANK, of)
            elif self.keys(place, wanted, (Statistic.PERCENT,), ("decimals", "blank")):
                found[str(name)] = self._percent(place, wanted, rows)
        return found

    def _percent(self, place: str, given: Mapping[str, Any], rows: Headings) -> Shown:
        base, blank = given[Statistic.PERCENT], tuple(map(str, given.get("blank", ())))
        named = [name for name in rows if name != EACH]
        for row in (*blank, *([base] if isinstance(base, str) else [])):
            if row not in named:
                self.unknown(place, "row", row, named)
        decimals = given.get("decimals", 0)
        if not isinstance(decimals, int) or decimals < 0:
            self.wrong(place, f"'{decimals}' is no number of decimals", "write 0, 1 or 2")
            decimals = 0
        of = base if isinstance(base, str) else self.chosen(place, base) or {}
        return Shown(Statistic.PERCENT, of, decimals, blank)


def _variables(headings: Headings) -> list[str]:
    found: list[str] = []
    for wanted in headings.values():
        found += [wanted.variable] if isinstance(wanted, Each) else list(wanted)
    return found
