"""All that a trace is put together from: the print, the verdicts, the receipts, the relations."""

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import pandas as pd

from medlead.lineage import Disk, Lineage
from medlead.verdicts.claim_evidence import RECORD, RELATION
from medlead.verdicts.relations import Instance, Key
from medlead.verdicts.trace_names import meant
from medlead.verdicts.trace_records import FIRST_ROW, Found

CELL, CLAIM, ITEM = "cell", "claim", "item"
KEY = ("item", "row", "column")
Way = dict[str, Any]
Record = Mapping[Hashable, Any]


@dataclass(frozen=True)
class Paths:
    """The folders of one run, as the receipts name them."""

    results: str
    published: str
    raw: str
    solved: str
    instruments: str

    def kind(self, file: str) -> str:
        """What a file is: records, print, solved records, instruments, or other."""
        folders = {
            "records": self.raw,
            "print": self.published,
            "solved": self.solved,
            "instrument": self.instruments,
        }
        inside = (k for k, folder in folders.items() if folder and file.startswith(f"{folder}/"))
        return next(inside, "other")


@dataclass
class Evidence:
    """All that a trace is put together from.

    `items` and `cells` are the registers of the print; `verdicts`, `relations`, `audit`,
    `methods`, `claims` and `used` (which cells a claim rests on) are frames as text, None where
    they are not built. `instances` are the declared relations, `declared` is the content of
    `trace.yaml`, `read` gives a result by its path (None where it is not built), and
    `records` finds the rows of a record file, by its path. `listed` is the file and row in which
    each claim is published. `changed` keeps, by rule, what was found to be changed since.
    """

    items: pd.DataFrame
    cells: pd.DataFrame
    paths: Paths
    declared: Mapping[str, Any]
    lineage: Lineage
    disk: Disk
    read: Callable[[str], pd.DataFrame | None]
    instances: Sequence[Instance] = ()
    verdicts: pd.DataFrame | None = None
    relations: pd.DataFrame | None = None
    audit: pd.DataFrame | None = None
    methods: pd.DataFrame | None = None
    claims: pd.DataFrame | None = None
    used: pd.DataFrame | None = None
    records: Mapping[str, Found] = field(default_factory=dict)
    listed: Mapping[str, tuple[str, int]] = field(default_factory=dict)
    changed: dict[str, list[str]] = field(default_factory=dict)
    _indexed: dict[tuple[str, ...], dict[Key, list[tuple[int, Record]]]] = field(
        default_factory=dict
    )

    def at(self, file: str, columns: Sequence[str]) -> dict[Key, list[tuple[int, Record]]]:
        """The rows of a result by the columns that name a cell, with their numbers in the file."""
        name = (file, *columns)
        if name not in self._indexed:
            self._indexed[name] = keyed(self.read(file), columns)
        return self._indexed[name]

    @cached_property
    def printed(self) -> dict[Key, tuple[int, Record]]:
        """The row of each printed cell."""
        return {key: rows[0] for key, rows in keyed(self.cells, KEY).items()}

    @cached_property
    def judged(self) -> dict[Key, tuple[int, Record]]:
        """The row of the verdict of each cell."""
        return {key: rows[0] for key, rows in keyed(self.verdicts, KEY).items()}

    @cached_property
    def tried(self) -> dict[Key, list[tuple[int, Record]]]:
        """The rows of the methods tried for each cell."""
        return keyed(self.methods, KEY)

    @cached_property
    def tested(self) -> dict[str, tuple[Key, ...]]:
        """The cells of each relation."""
        return {i.name: i.cells for i in self.instances}

    @cached_property
    def titles(self) -> dict[str, str]:
        """What each item is called, in our words."""
        return dict(zip(self.items["item"], self.items["title"], strict=True))

    @cached_property
    def findings(self) -> list[Record]:
        """The rows of the audit."""
        return [] if self.audit is None else list(self.audit.to_dict("records"))

    @cached_property
    def tests(self) -> dict[Key, list[tuple[int, Record, bool]]]:
        """The relations of each cell: row, outcome, and whether the cell follows from the rest."""
        rows = self.relations.to_dict("records") if self.relations is not None else []
        by_name = {str(r["instance"]): (n, r) for n, r in enumerate(rows, start=FIRST_ROW)}
        tests: dict[Key, list[tuple[int, Record, bool]]] = {}
        for instance in self.instances:
            if instance.name in by_name:
                number, row = by_name[instance.name]
                for key in dict.fromkeys(instance.cells):
                    tests.setdefault(key, []).append((number, row, instance.derived == key))
        return tests

    @cached_property
    def uses(self) -> dict[str, list[Record]]:
        """What each claim used."""
        uses: dict[str, list[Record]] = {}
        for row in self.used.to_dict("records") if self.used is not None else []:
            uses.setdefault(str(row["claim"]), []).append(row)
        return uses

    @cached_property
    def rested(self) -> dict[str, dict[Key, str]]:
        """The cells that each claim rests on, with what leads to them.

        It is empty where the claim names the cell itself, else the relation that it names.
        """
        rested: dict[str, dict[Key, str]] = {}
        for claim, uses in self.uses.items():
            cells = rested.setdefault(claim, {})
            keys = [(str(u["item"]), str(u["row"]), str(u["column"])) for u in uses]
            cells.update({key: "" for key in keys if key in self.printed})
            for name in (str(u["item"]) for u in uses if u["kind"] == RELATION):
                for key in self.tested.get(name, ()):
                    cells.setdefault(key, f"relation {name}")
        return rested

    @cached_property
    def claimed(self) -> dict[Key, dict[str, str]]:
        """The claims that rest on each cell, with what leads from the one to the other."""
        claimed: dict[Key, dict[str, str]] = {}
        for claim, cells in self.rested.items():
            for key, through in cells.items():
                claimed.setdefault(key, {})[claim] = through
        return claimed

    @cached_property
    def read_by(self) -> dict[str, list[Record]]:
        """What was used of each result, by the result's name without folder and ending."""
        read: dict[str, list[Record]] = {}
        for uses in self.uses.values():
            for use in uses:
                if use["kind"] not in (RELATION, RECORD):
                    for name in (str(use["item"]), str(use.get("where", ""))):
                        read.setdefault(name, []).append(use)
        return read

    @cached_property
    def claim_rows(self) -> dict[str, tuple[int, Record]]:
        """The row of each claim, and its place in the frame."""
        rows = [] if self.claims is None else self.claims.to_dict("records")
        return {str(row["claim"]): (number, row) for number, row in enumerate(rows)}


def keyed(
    frame: pd.DataFrame | None, columns: Sequence[str]
) -> dict[Key, list[tuple[int, Record]]]:
    """The rows of a frame by three columns; an empty name stands for no column."""
    rows: dict[Key, list[tuple[int, Record]]] = {}
    if frame is None:
        return rows
    for number, row in enumerate(frame.to_dict("records"), start=FIRST_ROW):
        item, heading, column = (str(row[c]) if c else "" for c in columns)
        rows.setdefault((item, heading, column), []).append((number, row))
    return rows


# --- finding what is asked for ----------------------------------------------------------------


def key_of(evidence: Evidence, names: Sequence[str]) -> tuple[str, tuple[str, ...]]:
    """What the given names mean: a cell (item, row, column), a claim, or an item with a row.

    Raises `trace_names.NotFound` for a name that is not there, with the nearest ones.
    """
    cells = evidence.cells
    claims = [] if evidence.claims is None else evidence.claims["claim"].astype(str).tolist()
    items = evidence.items["item"].astype(str).tolist()
    what = "item or claim" if len(names) == 1 else "item"
    item = meant(what, names[0], [*items, *(claims if len(names) == 1 else [])])
    if item in claims and item not in items:
        return CLAIM, (item,)
    if len(names) == 1:
        return ITEM, (item,)
    here = cells[cells["item"] == item]
    row = meant(f"row of {item}", names[1], here["row"].astype(str))
    if len(names) == 2:
        return ITEM, (item, row)
    columns = here.loc[here["row"] == row, "column"].astype(str)
    return CELL, (item, row, meant(f"column of {item}, row {row!r},", names[2], columns))
