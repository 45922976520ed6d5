"""Printed cells named for a reader: one by one, or many in few words."""

from collections.abc import Iterable, Sequence

from medlead.evidence import item_name
from medlead.verdicts.relations import Key

_NAMED = 6


def place(key: Key) -> str:
    """One cell as a reader finds it: `Table 6, Acute, 100-149`."""
    item, row, column = key
    return f"{item_name(item)}, {row}, {column}"


def places(keys: Iterable[Key]) -> str:
    """Several cells in few words: by item, rows with the same columns taken together.

    Cells keep the order in which they come. More than a few headings are told by the
    first and the last of them, with their number.
    """
    by_item: dict[str, dict[str, list[str]]] = {}
    for item, row, column in dict.fromkeys(keys):
        by_item.setdefault(item, {}).setdefault(row, []).append(column)
    return "; ".join(
        f"{item_name(item)}: {' / '.join(_blocks(rows))}" for item, rows in by_item.items()
    )


def _blocks(rows: dict[str, list[str]]) -> Iterable[str]:
    together: dict[tuple[str, ...], list[str]] = {}
    for row, columns in rows.items():
        together.setdefault(tuple(columns), []).append(row)
    for headings, named in together.items():
        joint = ", each with " if len(named) > 1 and len(headings) > 1 else ", "
        yield f"{_listed(named)}{joint}{_listed(headings)}"


def listed(names: Sequence[str]) -> str:
    """Names as a sentence lists them: `a, b and c`."""
    return " and ".join([*([", ".join(names[:-1])] if len(names) > 1 else []), *names[-1:]])


def _listed(names: Sequence[str]) -> str:
    if len(names) > _NAMED:
        return f"{names[0]} to {names[-1]} ({len(names)} of them)"
    return listed(names)
