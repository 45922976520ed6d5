"""What is made once for each site: the names of sites, and declarations written out for them.

Kept free of pandas: names of pages and pictures are asked for before anything is planned.
"""

import csv
import re
from collections.abc import Callable, Mapping, Sequence
from itertools import product
from pathlib import Path
from typing import Any

from medlead.sources.messages import Problem
from medlead.sources.texts import clean, decoded
from medlead.writing import file_stems, stems_alike

EACH = ("site", "map")


def listed_entries(
    entries: Sequence[Mapping[str, Any]],
    sites: Sequence[str],
    maps: Sequence[str],
    lacking: Sequence[str] = (),
) -> list[dict[str, Any]]:
    """The entries with those that say `each:` written out, in order.

    `each` names `site`, `map` or both; the entry then stands once for each of `sites` and
    (or) `maps`, has that name under the same key, and `{site}` and `{map}` in its `figure`
    are filled with a file stem of it. Entries with `each` of a kind in `lacking` are left out.
    Raises KeyError where an entry with `each` has no `figure`, ValueError for another word
    under `each` and for a name that does not hold what it is written out by.
    """
    stems = {"site": file_stems("site", sites), "map": _stems(maps)}
    found = []
    for entry in entries:
        by = entry.get("each", ())
        if by and entry.get("kind") in lacking:
            continue
        by = [by] if isinstance(by, str) else list(by)
        for key in by:
            if key not in EACH:
                raise ValueError(f"'{key}' under `each` is not one of {', '.join(EACH)}")
            if f"{{{key}}}" not in str(entry["figure"]):
                raise ValueError(f"'{entry['figure']}' does not hold {{{key}}}, so names repeat")
        for names in product(*(stems[key] for key in by)):
            own = {k: v for k, v in entry.items() if k != "each"}
            for key, name in zip(by, names, strict=True):
                own[key] = name
                own["figure"] = str(own["figure"]).replace(f"{{{key}}}", stems[key][name])
            found.append(own)
    return found


def lacking_kinds(maps: Sequence[str], statements: Sequence[str]) -> tuple[str, ...]:
    """The kinds of pictures that an instrument without maps or without statements cannot have."""
    return (*(() if maps else ("map", "grid")), *(() if statements else ("answers",)))


def column_texts(
    path: Path,
    name: str,
    sheet: str,
    columns: Callable[[], Sequence[str]],
    ignored: Sequence[str] | None = None,
) -> list[tuple[int, str]]:
    """The row and the text of every record in the column `name`.

    A file that is more than a plain CSV is read as the jobs read it, with all its `columns`
    (asked for only then) but the `ignored`; raises ProblemsFound as they do.
    """
    if path.suffix.lower() == ".csv":
        # Cells are decoded one by one, as the reader of large files does.
        with path.open(encoding="utf-8-sig", newline="", errors="surrogateescape") as lines:
            rows = csv.reader(lines)
            heading = [text.strip() for text in next(rows, ())]
            if name in heading:
                place = heading.index(name)
                found = enumerate(rows, 2)
                return [(at, _cell(row[place])) for at, row in found if len(row) > place]
    from medlead.sources.reading import read_text_table

    table = read_text_table(path, columns=columns(), sheet=sheet or None, ignored=ignored)
    return [(at, str(t).strip()) for at, t in zip(table.rows, table.frame[name], strict=True)]


def _cell(text: str) -> str:
    return clean(decoded(text.encode("utf-8", errors="surrogateescape")))


def names_alike(file: str, stems: Mapping[str, str], rows: Mapping[str, int]) -> list[Problem]:
    """Sites that would share a page, each with the `rows` in which it stands (0: in several)."""
    return [
        Problem(
            file,
            f"the report of this site would be {stems[name]}.html, as that of '{names[0]}'",
            "name them so that they differ in letters A to Z or digits, whatever the case",
            rows[name] or None,
            "site",
            name,
        )
        for names in stems_alike(stems)
        for name in names[1:]
    ]


def _stems(names: Sequence[str]) -> dict[str, str]:
    """A file stem for each name, without a word before it."""
    return {n: re.sub("^map-", "", s) for n, s in file_stems("map", names).items()}
