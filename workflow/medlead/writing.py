"""The one writer of each format: same values, same bytes, on every machine.

CSV: UTF-8, LF, numbers with ten significant digits, empty for missing. JSON:
sorted keys, two blanks of indent. Text: LF. Every file is written beside its
target and moved into place, so that nothing is ever half written.
"""

import json
import math
import os
import re
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

# Floats differ between processors in their last digits (measured: up to 2e-11
# relative), so results carry ten.
SIGNIFICANT_DIGITS = 10


def plain_number(value: float) -> str:
    """A float as text with ten significant digits: no exponent for ordinary sizes, no -0."""
    if math.isnan(value):
        return ""
    if math.isinf(value):
        return "inf" if value > 0 else "-inf"
    text = f"{value:.{SIGNIFICANT_DIGITS}g}"
    return "0" if float(text) == 0 else text


def file_stems(prefix: str, names: Iterable[str]) -> dict[str, str]:
    """A file name without suffix for each name: `site-A`, `site-St-Mary-s`.

    Letters and digits of the basic alphabet stay, so that a name is good in any folder and
    address. It hangs on the name alone, so names can give the same: see `stems_alike`.
    """
    found = {}
    for name in dict.fromkeys(names):
        plain = re.sub(r"[^A-Za-z0-9]+", "-", name).strip("-")
        found[name] = f"{prefix}-{plain}" if plain else prefix
    return found


def stems_alike(stems: Mapping[str, str]) -> list[tuple[str, ...]]:
    """The names that share a file name, together; on some disks capitals tell nothing apart."""
    sharing: dict[str, list[str]] = {}
    for name, stem in stems.items():
        sharing.setdefault(stem.casefold(), []).append(name)
    return [tuple(names) for names in sharing.values() if len(names) > 1]


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file as a whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, scratch = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        Path(scratch).chmod(0o644)
        Path(scratch).replace(path)
    except BaseException:
        Path(scratch).unlink(missing_ok=True)
        raise


def write_text(path: Path, content: str) -> None:
    """Write text as UTF-8 with LF line ends."""
    write_bytes(path, content.replace("\r\n", "\n").encode("utf-8"))


def write_json(path: Path, content: Mapping[str, Any] | Sequence[Any]) -> None:
    """Write JSON with sorted keys and a final line end."""
    text = json.dumps(content, indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False)
    write_text(path, text + "\n")


def write_csv(path: Path, frame: "pd.DataFrame") -> None:
    """Write a frame as CSV, in its own row and column order, without its index.

    Sorting is the caller's part: a table has an order that means something.
    """
    shown = frame.copy()
    for name in shown.columns:
        if shown[name].dtype.kind == "f" or shown[name].dtype == object:
            shown[name] = [
                plain_number(float(v)) if isinstance(v, float) else v for v in shown[name]
            ]
    write_text(path, shown.to_csv(index=False, lineterminator="\n", na_rep=""))


def write_sheet(path: Path, columns: Sequence[str]) -> None:
    """Write an empty sheet with a heading, as CSV or (by the suffix `.xlsx`) as a workbook."""
    if path.suffix.lower() != ".xlsx":
        write_text(path, ",".join(columns) + "\n")
        return
    from openpyxl import Workbook

    book = Workbook()
    sheet = book.active
    sheet.append(list(columns))
    sheet.freeze_panes = "A2"
    path.parent.mkdir(parents=True, exist_ok=True)
    book.save(path)


def read_csv(path: Path, **types: str) -> "pd.DataFrame":
    """Read a CSV that `write_csv` wrote; text stays text, only empty cells are missing.

    Columns named in `types` get that pandas dtype; all others are text with
    empty cells as empty strings.
    """
    import pandas as pd

    frame = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8")
    for name, dtype in types.items():
        filled = frame[name].where(frame[name] != "", None)
        frame[name] = (
            pd.to_numeric(filled).astype(pd.api.types.pandas_dtype(dtype))
            if dtype != "str"
            else frame[name]
        )
    return frame
