"""What a fact about a table takes from the declaration of the table itself."""

from collections.abc import Mapping, Sequence
from typing import Any

from medlead.sources.reading import nearest
from medlead.survey.table_definition import Statistic, Table

# Which statistic of a table is which end of a summary.
_SUMMARY = {
    "low": Statistic.LOWEST,
    "high": Statistic.HIGHEST,
    "mode": Statistic.MODE,
    "n": Statistic.N,
}


class Wrong(Exception):
    """A declaration that cannot be read: what is wrong, and how to mend it."""

    def __init__(self, what: str, mend: str = "correct it") -> None:
        super().__init__(what)
        self.what, self.mend = what, mend


def unknown(what: str, name: str, known: tuple[str, ...]) -> Wrong:
    """The fault of a name that is none of those known, with the nearest of them."""
    near = nearest(name, known)
    return Wrong(
        f"the {what} '{name}' is not known", f"did you mean '{near}'?" if near else "correct it"
    )


def filled_from_table(
    given: Mapping[str, Any], tables: Mapping[str, Table], keys: Sequence[str]
) -> Mapping[str, Any]:
    """The declaration with the rows and columns of its table, unless it has rows of its own.

    `keys` are those that its kind needs. Raises Wrong where there is no such table, or
    neither of the two says what is needed.
    """
    if "rows" in given:
        return given
    table, kind = tables.get(given["item"]), given["kind"]
    if table is None:
        raise unknown("table", str(given["item"]), tuple(tables))
    filled: dict[str, Any] = {**given, "rows": table.rows}
    if kind == "summary":
        ends = {end: table.headings(statistic) for end, statistic in _SUMMARY.items()}
        filled |= {"of": table.of, **{end: found[0] for end, found in ends.items() if found}}
    elif kind == "ranks":
        filled |= dict(zip(["column"], table.headings(Statistic.RANK), strict=False))
    elif kind == "counts" and table.columns:
        filled["columns"] = table.columns
    else:
        counts = table.headings(Statistic.COUNT)
        shares = table.headings(Statistic.PERCENT)
        filled["columns"] = {name: {} for name in (counts if kind == "counts" else shares)}
        bases = {str(table.show[name].of): table.show[name].of for name in shares}
        if kind == "percent" and len(bases) > 1:
            raise Wrong("the percentages of the table have several bases", "give them rows")
        base = next(iter(bases.values()), None)
        if kind == "percent" and counts and isinstance(base, str):
            filled.setdefault("base", [table.item, base, counts[0]])
    missing = [key for key in keys if not filled.get(key)]
    if missing:
        what = f"neither this fact nor the table {table.item} says '{missing[0]}'"
        raise Wrong(what, f"add `{missing[0]}:`")
    return filled
