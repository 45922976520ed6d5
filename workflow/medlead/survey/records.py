"""One return while it is cleaned: its cells as they were read."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from medlead.survey.answers import Parsed
from medlead.survey.definition import PartType
from medlead.survey.instrument import Part, Routing


@dataclass(frozen=True)
class Cell:
    """One cell: as it came, as it was read, and in the standard way of writing.

    `bands` are the bands that hold a range, by the name of the set.
    """

    raw: str
    read: Parsed[Any]
    text: str
    bands: Mapping[str, str] = field(default_factory=dict)

    @property
    def rule(self) -> str:
        """What was done, in one line for the log."""
        said = list(self.read.rules)
        if self.read.problem is not None:
            said.append(f"not read: {self.read.problem}")
        elif not said and self.read.missing is not None:
            said.append(self.read.missing)
        return "; ".join(said) or "written the standard way"

    @property
    def filled(self) -> bool:
        """Whether the respondent wrote an answer, readable or not."""
        return self.read.value is not None or self.read.is_range or self.read.problem is not None


@dataclass(frozen=True)
class Record:
    """One return: its row in the sheet and its cells by raw column."""

    row: int
    cells: Mapping[str, Cell]

    def answered(self, part: Part) -> bool:
        """Whether a part has an answer; of boxes, whether one is ticked or not readable."""
        if part.type is PartType.TICKS:
            boxes = [self.cells[o.column or ""].read for o in part.options]
            return any(box.value or box.problem is not None for box in boxes)
        return self.cells[part.column or ""].filled

    def ticked(self, part: Part) -> tuple[str, ...] | None:
        """The options ticked, None where no box says anything."""
        boxes = {o.name: self.cells[o.column or ""].read.value for o in part.options}
        if all(value is None for value in boxes.values()):
            return None
        return tuple(name for name, value in boxes.items() if value)

    def was_asked(self, routing: Routing, of: Part) -> bool | None:
        """Whether a part was asked after the answer to `of`; None where that is missing."""
        if of.type is PartType.TICKS:
            ticked = self.ticked(of)
            if ticked is None:
                return None
            if routing.ticked is not None:
                return routing.ticked in ticked
            return len(ticked) >= (routing.ticks_from or 0)
        value = self.cells[of.column or ""].text
        return value in routing.options if value else None
