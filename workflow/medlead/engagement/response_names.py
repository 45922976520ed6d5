"""Names of sites and groups in a response file: what is no name, and what is one name twice.

A study lists its sites and groups by naming them in each row, so that a slip of the pen is
a group of its own. With few doctors it would not even be seen, since small groups are not
shown. So what can only be a slip is a problem.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from medlead.sources.messages import Problem
from medlead.sources.texts import heading_key

MISSING = "the respondent's {} is missing"
A_DATE = "this is a date, perhaps one that a spreadsheet made of a name"
NO_DOCTOR = "the row names neither site nor group, so it is no doctor's answers"

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}([ T]00:00(:00)?)?")


def is_date(text: str) -> bool:
    """Whether a name is a date, as a spreadsheet makes them of names such as `3-4`."""
    return _DATE.fullmatch(text) is not None


def of_rows_without_a_place(problems: Sequence[Problem], site: str, group: str) -> list[Problem]:
    """The problems, with one in place of all of a row that has neither site nor group.

    Such a row is a total, a mean or a note below the table; `site` and `group` are columns.
    """
    lacking = Counter(
        p.row
        for p in problems
        if p.row is not None and p.column in (site, group) and p.what == MISSING.format(p.column)
    )
    rows = {row: p.file for p in problems if (row := p.row) is not None and lacking[row] == 2}
    mend = f"delete the row if it is a total or a note, else write '{site}' and '{group}'"
    kept = [p for p in problems if p.row not in rows]
    return kept + [Problem(file, NO_DOCTOR, mend, row) for row, file in rows.items()]


def spelt_alike(counts: Mapping[str, int]) -> list[tuple[str, str]]:
    """Names that differ in capitals and blanks only: each with the commonest of its kind."""

    def key(name: str) -> str:
        return heading_key(name)

    found = []
    for _, alike in groupby(sorted(counts, key=lambda n: (key(n), -counts[n], n)), key=key):
        first, *others = alike
        found += [(name, first) for name in others]
    return found


def alike_names(
    file: str,
    columns: Sequence[str],
    units: Sequence[tuple[str, str]],
    unit: NDArray[np.int32],
    at: NDArray[np.int64],
) -> list[Problem]:
    """A problem for each site, and each group of one site, that is another one but for that.

    `columns` are those of site and group; `unit` is each doctor's place in `units`, `at` the
    row.
    """
    _, first, sizes = np.unique(unit, return_index=True, return_counts=True)
    rows, counts = at[first].tolist(), sizes.tolist()
    found: list[Problem] = []
    sites: dict[str, list[int]] = {}
    for place, (site, group) in enumerate(units):
        if site and group:
            sites.setdefault(site, []).append(place)
    groups = [
        (columns[1], f" of site '{site}'", {units[p][1]: [p] for p in places})
        for site, places in sites.items()
    ]
    for column, beside, named in ((columns[0], "", sites), *groups):
        size = {name: sum(counts[p] for p in places) for name, places in named.items()}
        for name, usual in spelt_alike(size):
            what = f"this differs from '{usual}'{beside} in capitals and blanks only"
            mend = f"write both alike ('{usual}' stands in {size[usual]} rows, this in "
            mend += f"{size[name]})"
            row = min(rows[p] for p in named[name])
            found.append(Problem(file, what, mend, row, column, name))
    return found
