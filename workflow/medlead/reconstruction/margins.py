"""The declarations of what the print says about records (`margins.yaml`), as a space and facts.

Nothing of a questionnaire or a report stands here: levels come from the instrument,
numbers from the printed cells, and which cell counts which records from the file.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from medlead.printed import Cells, printed_cells
from medlead.reconstruction.declarations import DeclarationReader
from medlead.reconstruction.facts import Fact
from medlead.reconstruction.space import Selection, Space, forms_tree
from medlead.reconstruction.tabled import Wrong
from medlead.survey.instrument import Instrument
from medlead.survey.table_definition import Tables

__all__ = ["Cells", "Margins", "load_margins", "printed_cells"]

_PARTS = (
    "variables",
    "blocks",
    "impossible",
    "fewest",
    "facts",
    "values",
    "exceptions",
    "sites",
    "scenarios",
    "covers",
    "not_held",
    "sentences",
)


@dataclass(frozen=True)
class Margins:
    """The space of the coded records, what is printed about them, and levels with a note.

    `also` are levels, by variable, that no record holds unless it is known to; `fewest`
    are records that are kept as few as can be; `several` names the variables made from
    one with several codes, by code.
    """

    space: Space
    facts: tuple[Fact, ...]
    also: Mapping[str, frozenset[int]]
    fewest: tuple[Selection, ...] = ()
    several: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


def load_margins(
    mapping: Mapping[str, Any],
    instrument: Instrument,
    cells: Cells,
    tables: Tables | None = None,
    *,
    file: str = "margins.yaml",
) -> Margins:
    """The space and the facts that a declaration file describes.

    A fact about a table that has no rows of its own takes them from `tables`.

    Raises ProblemsFound with every declaration that names a variable, level, cell or
    kind that is not there.
    """
    reader = DeclarationReader(instrument, cells, file, tables.tables if tables else {})
    for key in mapping:
        reader.known("the file", key, _PARTS)
    for key in ("variables", "blocks", "facts"):
        if key not in mapping:
            reader.wrong("the file", Wrong(f"'{key}' is missing", f"add `{key}:`"))
    reader.stop()
    variables, several, also = reader.variables(mapping["variables"])
    reader.stop()
    blocks = [
        tuple(block)
        for given in mapping["blocks"]
        for block in ([[v] for v in several[given[0]].values()] if given[0] in several else [given])
    ]
    for block in blocks:
        for name in block:
            reader.known("blocks", name, tuple(variables))
    if not forms_tree(blocks):
        what = "the blocks form no tree, so counts that agree need not belong to records"
        reader.wrong("blocks", Wrong(what, "put the variables of a circle into one block"))
    reader.stop()
    reader.space = Space(variables, tuple(blocks))
    reader.several = several
    impossible = [
        reader.attempt("impossible", lambda given=given: reader.selection(given))
        for given in mapping.get("impossible", ())
    ]
    fewest = [
        reader.attempt("fewest", lambda given=given: reader.selection(given))
        for given in mapping.get("fewest", ())
    ]
    reader.stop()
    for place, chosen in (("impossible", impossible), ("fewest", fewest)):
        for selection in chosen:
            if not any(set(selection) <= set(block) for block in blocks):
                what = f"no block counts {', '.join(sorted(selection))} together"
                reader.wrong(place, Wrong(what, "add a block, or leave the line out"))
    reader.stop()
    reader.space = Space(variables, tuple(blocks), tuple(impossible))
    facts: list[Fact] = []
    for position, given in enumerate(mapping["facts"], start=1):
        place = f"facts, number {position} ({given.get('item', '?')})"
        facts += reader.attempt(place, lambda given=given: list(reader.facts(given))) or []
    reader.stop()
    return Margins(reader.space, tuple(facts), also, tuple(fewest), several)
