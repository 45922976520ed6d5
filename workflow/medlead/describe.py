"""Counts and spreads that a printed table leaves out, as tidy frames."""

from collections.abc import Sequence

import pandas as pd

from medlead.evidence import EvidenceClass
from medlead.layout import shown, tidy
from medlead.writing import plain_number

Row = tuple[str, str, object, str, int, EvidenceClass]


def counts(records: pd.DataFrame, column: str, evidence: EvidenceClass, *, label: str) -> list[Row]:
    """How many records have each value of a column, in order of the levels, else by name.

    Ordered categories keep unused levels in place with a count of 0. `n` is the
    number of records with a value; missing ones are counted under `not given`.
    """
    values = records[column]
    if isinstance(values.dtype, pd.CategoricalDtype):
        found = values.value_counts(sort=False)
    else:
        found = values.value_counts().sort_index()
    n = int(values.notna().sum())
    rows: list[Row] = [
        (label, shown(level), int(count), str(int(count)), n, evidence)
        for level, count in found.items()
    ]
    missing = len(values) - n
    if missing:
        rows.append((label, "not given", missing, str(missing), len(values), evidence))
    return rows


def spread(
    values: pd.Series, evidence: EvidenceClass, *, label: str, total: bool = False
) -> list[Row]:
    """Lowest, median and highest value, and the total where it means something."""
    known = pd.to_numeric(values).dropna().astype(float)
    n = len(known)
    if not n:
        return []
    figures = {
        "lowest": float(known.min()),
        "median": float(known.median()),
        "highest": float(known.max()),
    }
    if total:
        figures["total"] = float(known.sum())
    return [(label, name, v, plain_number(v), n, evidence) for name, v in figures.items()]


def spread_by(
    records: pd.DataFrame,
    column: str,
    by: str,
    evidence: EvidenceClass,
    *,
    label: str,
    total: bool = False,
) -> list[Row]:
    """`spread` for all records and for each group of another column."""
    rows = spread(records[column], evidence, label=label, total=total)
    for group, part in records.groupby(by, observed=True, sort=True):
        rows += spread(part[column], evidence, label=f"{label}, {group}", total=total)
    return rows


def joined(rows: Sequence[Row]) -> pd.DataFrame:
    """Rows of several descriptions as one tidy frame."""
    return tidy(list(rows))
