"""Numbers that a configuration declares: printed somewhere, written down, or counted.

`response.yaml` never holds a number of the report: it names the printed cell. A study that has
no print writes its own numbers there, or leaves them to be counted from its returns.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from medlead.evidence import EvidenceClass
from medlead.printed import number
from medlead.sources.messages import Problem, ProblemsFound
from medlead.sources.reading import nearest

FILE = "response.yaml"

Cells = Mapping[tuple[str, str, str], str]


@dataclass(frozen=True)
class Declared:
    """A declared number: its value, its text as printed (or written), and what it rests on."""

    value: float
    text: str
    evidence: EvidenceClass

    @property
    def count(self) -> int:
        """The value as a whole number."""
        return int(self.value)


class Numbers:
    """Looks declared numbers up, and keeps what cannot be found until `stop`.

    `cells` are the printed texts by item, row and column; `returns` what was counted from the
    returns by name; `evidence` the class of those returns.
    """

    def __init__(
        self,
        cells: Cells,
        returns: Mapping[str, int],
        evidence: EvidenceClass,
        *,
        file: str = FILE,
    ) -> None:
        self.cells, self.returns, self.evidence, self.file = cells, returns, evidence, file
        self.problems: list[Problem] = []

    def find(self, place: str, given: Mapping[str, Any], *, whole: bool = True) -> Declared | None:
        """The number of one declaration; None, with a problem kept, where there is none.

        With `whole` a number with a fraction is a problem, too.
        """
        if "cells" in given:
            texts = [self.text(place, cell) for cell in given["cells"]]
            values = [self._number(place, text) for text in texts if text is not None]
            if None in values or len(values) < len(texts):
                return None
            value = float(sum(v for v in values if v is not None))
            text = (texts[0] or "") if len(texts) == 1 else f"{value:g}"
            return self._checked(
                place, Declared(value, text, EvidenceClass.PRINTED_AGGREGATES), whole=whole
            )
        if "number" in given:
            value = float(given["number"])
            # What an analyst writes down is a record of the study.
            return self._checked(
                place, Declared(value, f"{given['number']}", EvidenceClass.STUDY), whole=whole
            )
        value = self.returns[given["returns"]]
        return Declared(value, str(value), self.evidence)

    def text(self, place: str, cell: Sequence[str]) -> str | None:
        """The printed text of a cell; None, with a problem kept, where there is none."""
        key = (cell[0], cell[1], cell[2])
        if key in self.cells:
            return self.cells[key]
        shown = " / ".join(key)
        near = nearest(shown, (" / ".join(known) for known in self.cells))
        self.wrong(
            place,
            f"there is no printed cell {shown}",
            f"did you mean {near}?" if near else "name a cell of cells.csv, or write a number",
        )
        return None

    def wrong(self, place: str, what: str, mend: str) -> None:
        """Keep a problem with its place in the file."""
        self.problems.append(Problem(self.file, f"{place}: {what}", mend))

    def known(self, place: str, what: str, name: str, names: Iterable[str]) -> bool:
        """Whether a name is one of those known; a problem is kept where it is not."""
        listed = list(names)
        if name in listed:
            return True
        near = nearest(name, listed)
        mend = f"did you mean '{near}'?" if near else f"use one of: {', '.join(listed)}"
        self.wrong(place, f"there is no {what} '{name}'", mend)
        return False

    def stop(self) -> None:
        """Raise ProblemsFound where any problem was kept."""
        if self.problems:
            raise ProblemsFound(dict.fromkeys(self.problems))

    def _number(self, place: str, text: str) -> float | None:
        try:
            return float(number(text))
        except ValueError:
            self.wrong(place, f"the cell says '{text}', which is no number", "name another cell")
            return None

    def _checked(self, place: str, found: Declared, *, whole: bool) -> Declared | None:
        if whole and not found.value.is_integer():
            self.wrong(place, f"{found.text} is not a whole number", "give a count")
            return None
        return found


def cell_texts(cells: pd.DataFrame) -> dict[tuple[str, str, str], str]:
    """The printed text of each cell of `cells.csv` by item, row and column."""
    keys = zip(cells["item"], cells["row"], cells["column"], strict=True)
    return dict(zip(keys, cells["text"].fillna(""), strict=True))


def tallies(coded: pd.DataFrame) -> dict[str, int]:
    """How many returns came back, hold answers, and are used, from the coded frame.

    Rows that sum up others are in the frame, and no returns.
    """
    return {
        "returned": int(coded["returned"].sum()),
        "completed": int(coded["complete"].sum()),
        "used": int(coded["used"].sum()),
    }


def level_counts(
    place: str,
    coded: pd.DataFrame,
    variable: str,
    declared: Mapping[str, Any],
    numbers: Numbers,
    *,
    missing: str = "",
) -> dict[str, Declared]:
    """How many used returns have each level of a variable, as declared or else as counted.

    Levels come in the order of the coded variable, those that are not given last, under the
    name `missing` where there is one. A problem is kept where the variable or a level is not
    known, or where only some of the levels are declared.
    """
    used = coded[coded["used"]]
    if not numbers.known(place, "coded variable", variable, used.columns):
        return {}
    values = used[variable]
    levels = (
        [str(level) for level in values.cat.categories]
        if isinstance(values.dtype, pd.CategoricalDtype)
        else sorted({str(v) for v in values.dropna()})
    )
    names = [*levels, *([missing] if missing else [])]
    if declared:
        fine = [numbers.known(f"{place} / counts", "level", name, names) for name in declared]
        left = [name for name in names if name not in declared]
        if left and all(fine):
            numbers.wrong(
                f"{place} / counts",
                f"no count for: {', '.join(left)}",
                "declare every level, or none to have them counted from the returns",
            )
        found = {
            name: numbers.find(f"{place} / counts / {name}", declared[name])
            for name in names
            if name in declared
        }
        return {name: count for name, count in found.items() if count is not None}
    texts = values.astype("str").where(values.notna(), missing)
    counted = texts.value_counts()
    return {
        name: Declared(int(counted.get(name, 0)), str(counted.get(name, 0)), numbers.evidence)
        for name in names
    }


def with_texts(frame: pd.DataFrame, names: Iterable[str]) -> pd.DataFrame:
    """The frame with these columns as text, empty where nothing was said."""
    return frame.assign(**{c: frame[c].astype("object").where(frame[c].notna(), "") for c in names})


def weakest(classes: Iterable[EvidenceClass]) -> EvidenceClass:
    """The class of what rests on several classes: the freest of them, a study's own last."""
    order = list(EvidenceClass)
    return max(classes, key=order.index)
