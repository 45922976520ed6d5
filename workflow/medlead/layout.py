"""Records laid out as tables: the tidy frame behind every rebuilt table.

A layout (`config/instruments/layouts.yaml`) says which column of a record file
stands under which heading; the functions here know no table of their own.
"""

from collections.abc import Mapping, Sequence
from string import Formatter
from typing import Any

import pandas as pd

from medlead.evidence import EvidenceClass
from medlead.writing import plain_number

TIDY_COLUMNS = ["row", "column", "value", "text", "n", "evidence"]
NOT_APPLICABLE = "N/A"


def tidy(rows: Sequence[tuple[str, str, object, str, int, EvidenceClass]]) -> pd.DataFrame:
    """A tidy table frame from tuples in the order of `TIDY_COLUMNS`."""
    frame = pd.DataFrame(rows, columns=TIDY_COLUMNS)
    frame["evidence"] = [str(e) for e in frame["evidence"]]
    frame["value"] = [_value_text(v) for v in frame["value"]]
    return frame


def _value_text(value: object) -> str:
    if value is None or value is pd.NA or (isinstance(value, float) and pd.isna(value)):
        return ""
    return plain_number(value) if isinstance(value, float) else str(value)


def shown(value: object, *, decimals: int | None = None, applicable: bool = True) -> str:
    """The text of one record value: fixed decimals where told, empty where missing."""
    if not applicable:
        return NOT_APPLICABLE
    if decimals is not None and not pd.isna(value):  # type: ignore[call-overload]
        return f"{value:z.{decimals}f}"  # z: no minus before a rounded 0
    return _value_text(value)


def lay_out(
    records: pd.DataFrame,
    layout: Mapping[str, Any],
    evidence: EvidenceClass,
    *,
    group_size: int | None = None,
) -> pd.DataFrame:
    """One table from a checked record frame, in print order (columns `TIDY_COLUMNS`).

    Rows keep the order of the records unless the layout sorts them (ties keep it
    too). `n` is the number of records that a cell rests on. Where the layout
    names groups, the first row of the highest and of the lowest `group_size` carries
    the group's label, as the layout words it. Raises ValueError where the layout names
    a column that the records lack, or where groups of that size are empty or overlap.
    """
    for name in _columns_named(layout):
        if name not in records.columns:
            raise ValueError(f"the records have no column {name!r}")
    order = layout.get("order")
    if order:
        records = records.sort_values(order["by"], ascending=not order["descending"], kind="stable")
    rows: list[tuple[str, str, object, str, int, EvidenceClass]] = []
    labels = _group_labels(records, layout, group_size)
    for position, record in enumerate(records.to_dict("records")):
        head = str(record[layout["row"]])
        if position in labels:
            label = labels[position]
            rows.append((head, "(group)", label, label, len(records), evidence))
        if "parts" in layout:
            heading = layout["parts"]["heading"]
            for column, part in layout["parts"]["columns"].items():
                if not pd.isna(record[column]):
                    text = shown(record[column])
                    rows.append((f"{head} / {part}", heading, record[column], text, 1, evidence))
            continue
        for column in layout["columns"]:
            rows.append((head, column["heading"], *_cell(record, column), 1, evidence))
    return tidy(rows)


def _columns_named(layout: Mapping[str, Any]) -> list[str]:
    names = [layout["row"], *(layout[k]["by"] for k in ("order", "groups") if k in layout)]
    names += layout.get("parts", {}).get("columns", {})
    for column in layout.get("columns", ()):
        if "template" in column:
            names += [part for _, part, _, _ in Formatter().parse(column["template"]) if part]
        else:
            names.append(column["from"])
    return names


def _cell(record: Mapping[Any, Any], column: Mapping[str, Any]) -> tuple[object, str]:
    if "template" in column:
        texts = {str(name): shown(value) for name, value in record.items()}
        text = column["template"].format(**texts).strip()
        return text, text
    name = column["from"]
    applicable = bool(record.get(f"{name}_applicable", True))
    text = shown(record[name], decimals=column.get("decimals"), applicable=applicable)
    return record[name], text


def _group_labels(
    records: pd.DataFrame, layout: Mapping[str, Any], size: int | None
) -> dict[int, str]:
    groups = layout.get("groups")
    if not groups:
        return {}
    if size is None or size < 1 or 2 * size > len(records):
        raise ValueError(f"two groups of {size} do not fit into {len(records)} records")
    ranked = records[groups["by"]]
    if not ranked.is_monotonic_decreasing:
        raise ValueError(f"the records must stand in descending order of {groups['by']!r}")
    return {0: groups["top"], len(records) - size: groups["bottom"]}
