"""The report with some printed cells changed: which claims would have another verdict then.

A changed cell is followed to printed records that are copied from it, and to the relations that
it stands in. Results that are computed from records are not computed again: claims on such
results are told apart (`unfollowed`).
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from medlead.evidence import EvidenceClass
from medlead.verdicts.claim_evidence import (
    CELL,
    RECORD,
    RELATION,
    ClaimEvidence,
    Loader,
)
from medlead.verdicts.claim_language import parse
from medlead.verdicts.claim_registry import Context
from medlead.verdicts.claim_thresholds import Thresholds
from medlead.verdicts.claim_values import Refused
from medlead.verdicts.claim_verdicts import BETWEEN
from medlead.verdicts.claims import Decided, judged_claim
from medlead.verdicts.declared import expand
from medlead.verdicts.relations import (
    Cell,
    Instance,
    Key,
    Outcome,
    numeric_values,
    printed_cells,
    test_instance,
    tests_by_cell,
)


@dataclass(frozen=True)
class Copied:
    """Where the cell of a printed record stands in the record files: file, key column, column."""

    file: str
    key: str
    column: str


@dataclass(frozen=True)
class Turned:
    """What a change does: new verdicts of claims, and the claims that it could not follow."""

    verdicts: Mapping[str, Decided]
    unfollowed: tuple[str, ...]


class Print:
    """What is printed, with the claims on it, ready to be changed in some cells."""

    def __init__(
        self,
        cells: pd.DataFrame,
        items: pd.DataFrame,
        declarations: Sequence[Mapping[str, Any]],
        layouts: Mapping[str, Any],
        frames: Loader,
        records: Loader,
        thresholds: Thresholds,
    ) -> None:
        self.cells = printed_cells(cells)
        self.texts = {c.key: c.text for c in self.cells}
        self.kinds = {c.key: c.kind for c in self.cells}
        self.values = numeric_values(self.cells)
        self.instances = expand(declarations, self.cells)
        self.by_cell = tests_by_cell(self.instances)
        self.lines = dict(zip(self.texts, cells["line"].astype(int), strict=True))
        self.sections = dict(zip(self.texts, cells["section"].astype(str), strict=True))
        self._classes = {
            i: EvidenceClass(e) for i, e in zip(items["item"], items["evidence"], strict=True)
        }
        self._copied = copied_columns(layouts)
        self._frames, self._records, self._thresholds = frames, records, thresholds

    def outcome(self, instance: Instance) -> Outcome:
        """A relation as the print has it."""
        return test_instance(instance, self.values, self.texts)

    def repeated(self, key: Key) -> tuple[Key, ...]:
        """A cell, and the cells that print the same again by a relation that holds."""
        found = dict.fromkeys([key])
        for here in (waiting := [key]):
            for instance in self.by_cell.get(here, ()):
                alike = len({self.texts[k] for k in instance.cells}) == 1
                if instance.kind == "same" and alike:
                    waiting += [k for k in instance.cells if k not in found]
                    found |= dict.fromkeys(instance.cells)
        return tuple(found)

    def others_of_column(self, key: Key) -> list[str]:
        """The other texts that the same column of the same item prints."""
        alike = [
            c.text
            for c in self.cells
            if c.key[0] == key[0] and c.key[2] == key[2] and c.kind == self.kinds[key] and c.text
        ]
        return [text for text in dict.fromkeys(alike) if text != self.texts[key]]

    def users(self, keys: Iterable[Key], judged: Mapping[str, Decided]) -> list[str]:
        """The claims that look at any of these cells, at a copy, or at a relation of them."""
        changed = set(keys)
        related = self._related(changed)
        copies = {(c.file, c.column) for k in changed if (c := self._copy(k))}

        def looks(found: Decided) -> bool:
            return any(
                (use.kind == CELL and (use.item, use.row, use.column) in changed)
                or (use.kind == RELATION and use.item in related)
                or (use.kind == RECORD and (use.item, use.column) in copies)
                for use in found.used
            )

        return [name for name, found in judged.items() if looks(found)]

    def changed(
        self,
        texts: Mapping[Key, str],
        claims: Mapping[str, Mapping[Any, Any]],
        judged: Mapping[str, Decided],
    ) -> Turned:
        """The claims with another verdict once these cells have these texts.

        A claim whose check does not fit the changed print any more counts as not followed, as
        does one that rests on the item of the cell by a computed result.
        """
        evidence = ClaimEvidence(
            self.cells, self._classes, self._frames, self._changed_records(texts), self.lines
        ).otherwise(texts, {}, self.outcomes_with(texts))
        context = Context(evidence, self._thresholds)
        verdicts, unfollowed = {}, []
        items = {key[0] for key in texts}
        for name, found in judged.items():
            rests = set(str(claims[name]["rests_on"]).split(BETWEEN))
            computed = any(u.kind not in (CELL, RELATION, RECORD) for u in found.used)
            if computed and rests & items:
                unfollowed.append(name)
        for name in self.users(texts, judged):
            try:
                again = judged_claim(parse(str(claims[name]["check"])), context)
            except Refused:
                unfollowed.append(name)
                continue
            if again.verdict is not judged[name].verdict:
                verdicts[name] = again
        return Turned(verdicts, tuple(dict.fromkeys(n for n in unfollowed if n not in verdicts)))

    def _related(self, changed: set[Key]) -> set[str]:
        return {
            name
            for key in changed
            for i in self.by_cell.get(key, ())
            for name in (i.name, i.relation)
        }

    def _copy(self, key: Key) -> Copied | None:
        return self._copied.get((key[0], key[2]))

    def _changed_records(self, texts: Mapping[Key, str]) -> Loader:
        def load(name: str) -> pd.DataFrame | None:
            frame = self._records(name)
            for key, text in texts.items():
                copy = self._copy(key)
                if frame is None or copy is None or copy.file != name:
                    continue
                here = (frame[copy.key] == key[1]) & (frame[copy.column] == self.texts[key])
                frame = frame.assign(**{copy.column: frame[copy.column].mask(here, text)})
            return frame

        return load

    def outcomes_with(
        self, texts: Mapping[Key, str], only: Collection[str] | None = None
    ) -> dict[str, dict[str, str]]:
        """What the relations of these cells would come to with these texts, by their instances.

        `only` names the instances that are asked for. A relation with a cell that no longer
        shows a number is left as it was.
        """
        asked = (i for key in texts for i in self.by_cell.get(key, ()))
        near = {i.name: i for i in asked if only is None or i.name in only}
        if not near:
            return {}
        now = self.texts | dict(texts)
        shown = numeric_values(Cell(k, t, self.kinds[k]) for k, t in texts.items())
        values = {k: v for k, v in self.values.items() if k not in texts} | shown
        found = {}
        for name, instance in near.items():
            if all(k in values for k in instance.cells if k in self.values):
                new = test_instance(instance, values, now)
                outcome = "holds" if new.holds else "fails"
                found[name] = {"outcome": outcome, "left": new.left, "right": new.right}
        return found


def copied_columns(layouts: Mapping[str, Any]) -> dict[tuple[str, str], Copied]:
    """Where the cells of printed records come from, by item and heading (`layouts.yaml`).

    Only columns that stand in a table as they are; those put together of several are left out.
    """
    return {
        (item, str(column["heading"])): Copied(
            str(layout["source"]), str(layout["row"]), str(column["from"])
        )
        for item, layout in layouts.items()
        for column in layout.get("columns", ())
        if "from" in column and "row" in layout
    }
