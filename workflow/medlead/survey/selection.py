"""Returns chosen by what they answer, as the declarations of tables name them."""

import math
from collections.abc import Mapping
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from medlead.survey.coding import JOINED
from medlead.survey.instrument import Instrument
from medlead.survey.table_definition import (
    ANSWERED,
    EACH,
    MISSING,
    NUMBER_MARK,
    Chosen,
    Each,
    Headings,
    Table,
    is_list,
    is_number,
)
from medlead.writing import plain_number

Mask: TypeAlias = NDArray[np.bool_]
Items: TypeAlias = Mapping[str, pd.DataFrame]


class Line(NamedTuple):
    """A row of a table: its heading, the returns it names, and its heading as declared."""

    heading: str
    chosen: Chosen
    declared: str


class Returns:
    """The returns in use, asked by what they answer."""

    def __init__(
        self, coded: pd.DataFrame, instrument: Instrument, items: Items | None = None
    ) -> None:
        used = coded["used"].astype(bool).to_numpy()
        self.instrument = instrument
        self.frame = coded[used].reset_index(drop=True)
        self.items = {
            name: frame[used].reset_index(drop=True) for name, frame in (items or {}).items()
        }

        # Tables ask the same again and again.
        self._answered: dict[str, Mask] = {}
        self._held: dict[str, list[frozenset[str]]] = {}

    def __len__(self) -> int:
        return len(self.frame)

    def label(self, variable: str) -> str:
        """What the questionnaire calls a variable."""
        return next(v.label for v in self.instrument.coded if v.name == variable)

    def answered(self, variable: str) -> Mask:
        """Which returns answer it."""
        if variable not in self._answered:
            known = self.frame[variable].notna()
            if variable in self.items:
                known = self.items[variable].notna().any(axis=1)
            self._answered[variable] = np.asarray(known, dtype=bool)
        return self._answered[variable]

    def holds(self, variable: str, levels: tuple[str, ...]) -> Mask:
        """Which returns have one of these levels."""
        if variable not in self._held:
            several = is_list(variable, self.instrument)
            self._held[variable] = [
                frozenset(str(value).split(JOINED) if several else [text_of(value)])
                if not pd.isna(value)
                else frozenset()
                for value in self.frame[variable]
            ]
        return np.array([not held.isdisjoint(levels) for held in self._held[variable]], dtype=bool)

    def chosen(self, wanted: Chosen) -> Mask:
        """Which returns a choice names."""
        mask = np.ones(len(self), dtype=bool)
        for variable, levels in wanted.items():
            if isinstance(levels, tuple):
                mask &= self.holds(variable, levels)
            else:
                mask &= self.answered(variable) == (levels == ANSWERED)
        return mask

    def asked(self, *choices: Chosen) -> int:
        """How many returns answer all that the choices ask for."""
        mask = np.ones(len(self), dtype=bool)
        for wanted in choices:
            for variable, levels in wanted.items():
                if levels != MISSING:
                    mask &= self.answered(variable)
        return int(mask.sum())

    def numbers(self, variable: str, mask: Mask) -> NDArray[np.float64]:
        """The numbers that these returns give."""
        given = self.frame.loc[mask & self.answered(variable), variable]
        return given.to_numpy(dtype=np.float64)

    def levels(self, each: Each) -> list[str]:
        """The levels that have a heading, in order; what the heading `each` says is told there."""
        name = each.variable
        coded = next(v for v in self.instrument.coded if v.name == name)
        if coded.bands:
            bands = self.instrument.bands[coded.bands].bands
            found = [b.label for b in bands if b.printed or self.holds(name, (b.label,)).any()]
        elif is_number(name, self.instrument):
            held = set(self.numbers(name, np.ones(len(self), dtype=bool)).tolist())
            if each.gaps and held:
                held |= {float(i) for i in range(math.ceil(min(held)), math.floor(max(held)))}
            found = [plain_number(value) for value in sorted(held)]
        else:
            found = list(self.instrument.levels(name))
            found = found or sorted(set(self.frame[name].dropna().map(text_of)))
        return [level for level in found if level not in each.leave_out]

    def headings(self, headings: Headings) -> list[tuple[str, Chosen]]:
        """Every heading with the returns it names, `each` unfolded."""
        found: list[tuple[str, Chosen]] = []
        for heading, wanted in headings.items():
            if isinstance(wanted, Each):
                found += [(lv, {wanted.variable: (lv,)}) for lv in self.levels(wanted)]
            else:
                found.append((heading, wanted))
        return found

    def rows(self, table: Table) -> list[Line]:
        """The rows of a table in its order, with numbers in their headings."""
        lines: list[Line] = []
        for heading, wanted in table.rows.items():
            if not isinstance(wanted, Each):
                lines.append(Line(self._numbered(heading, wanted, table), wanted, heading))
                continue
            listed = [Line(h, chosen, EACH) for h, chosen in self.headings({EACH: wanted})]
            if table.sort:
                listed.sort(key=lambda line: -int(self.chosen(line.chosen).sum()))
            lines += listed
        return lines

    def _numbered(self, heading: str, chosen: Chosen, table: Table) -> str:
        if NUMBER_MARK not in heading:
            return heading
        n = int((self.chosen(chosen) & self.answered(table.of)).sum())
        return heading.replace(NUMBER_MARK, str(n))


def text_of(value: Any) -> str:
    """A coded value as its level is written."""
    return value if isinstance(value, str) else plain_number(float(value))
