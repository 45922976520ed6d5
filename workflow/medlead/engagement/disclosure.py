"""What is not shown, so that nobody's answers can be told from a table.

Doctors answer in confidence. A group with few answers is left out of everything, and so
is what would give it away by subtraction: where a site is shown as a whole and a single
small group is missing, the rest of the site tells of it. So the doctors of a site who are
left out are none or at least as many as the smallest group that is shown; otherwise the
next smallest group is left out too. This is complementary suppression (Hundepool et al.,
Statistical Disclosure Control, 2012, chapter 4).

The doctors of a site that is not shown count nowhere, neither in what is told of all sites
nor in ranks among those who answered. Their number alone would not do: mean ranks among a
known number of doctors add up to 50, so the sites that are shown would tell of the other.
"""

from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd

from medlead.engagement.responses import Responses, Unit
from medlead.sources.messages import Problem, ProblemsFound

WITHHELD = "withheld"
COLUMNS = ["site", "group", "why"]
_FEW = "fewer than {} doctors"
_OTHERS = "left out so that those of a smaller group cannot be told by subtraction"


def left_out(sizes: Mapping[str, int], smallest: int) -> list[str]:
    """The names that are not shown, of parts of a whole that is shown, the smallest first.

    Those below `smallest`, and, while their doctors together are fewer than that, the next
    smallest part. Parts of 0 give nothing away.
    """
    order = sorted(sizes, key=lambda name: (sizes[name], name))
    hidden = [name for name in order if 0 < sizes[name] < smallest]
    rest = [name for name in order if sizes[name] >= max(smallest, 1)]
    while hidden and sum(sizes[name] for name in hidden) < smallest and rest:
        hidden.append(rest.pop(0))
    return hidden


def unit_sizes(responses: Responses) -> dict[Unit, int]:
    """How many doctors answered in each group of each site."""
    sizes = pd.Series(responses.unit).value_counts()
    return {unit: int(sizes.get(place, 0)) for place, unit in enumerate(responses.units)}


def hidden_units(sizes: Mapping[Unit, int], smallest: int) -> dict[Unit, str]:
    """The units that are not shown, each with the reason; whole sites have an empty group.

    A site below `smallest` is not shown at all (see `of_shown_sites`).
    """
    if smallest < 2:
        return {}
    few, found = _FEW.format(smallest), {}
    sites: dict[str, dict[str, int]] = {}
    for (site, group), n in sizes.items():
        sites.setdefault(site, {})[group] = n
    for site, groups in sites.items():
        if sum(groups.values()) < smallest:
            found[site, ""] = few
            found |= {(site, group): few for group in groups}
            continue
        for group in left_out(groups, smallest):
            found[site, group] = few if groups[group] < smallest else _OTHERS
    return dict(sorted(found.items()))


def of_shown_sites(responses: Responses, smallest: int) -> Responses:
    """The responses without those of sites of fewer than `smallest` doctors.

    Raises `ProblemsFound` where no site is left.
    """
    hidden = hidden_units(unit_sizes(responses), smallest)
    shown = [place for place, unit in enumerate(responses.units) if (unit[0], "") not in hidden]
    if len(shown) == len(responses.units):
        return responses
    if not shown:
        what = f"no site has answers of {smallest} doctors, so nothing of them may be shown"
        mend = "wait for more answers, or name fewer and larger sites"
        raise ProblemsFound([Problem(responses.file, what, mend)])
    place = np.full(len(responses.units), -1, dtype=np.int32)
    place[shown] = np.arange(len(shown), dtype=np.int32)
    kept = place[responses.unit] >= 0
    return Responses(
        responses.items[:, kept],
        responses.statements[:, kept],
        place[responses.unit[kept]],
        tuple(responses.units[at] for at in shown),
        responses.respondents[kept],
        responses.file,
    )


def withheld_frame(hidden: Mapping[Unit, str]) -> pd.DataFrame:
    """The units that are not shown, as a table (site, group, why)."""
    rows = [(site, group, why) for (site, group), why in hidden.items()]
    return pd.DataFrame(rows, columns=COLUMNS)


def withhold(
    frame: pd.DataFrame, hidden: Iterable[Unit], smallest: int, by: str, keep: Iterable[str]
) -> pd.DataFrame:
    """A frame of units without those that are hidden, and without values that too few gave.

    `by` is the column whose every name (scale, map, statement) is a table of its own: not
    all doctors of a group have a score on every scale, so the rule holds for the `n` of
    each again, and for everybody too where sites with few are so few together that the others
    would tell of them. There, every column but `keep` is emptied and `note` says why.
    """
    if smallest < 2:
        return frame
    gone = set(hidden)
    units = list(zip(frame["site"], frame["group"], strict=True))
    sizes: dict[tuple[str, str], dict[str, int]] = {}
    for (site, group), name, n in zip(units, frame[by], frame["n"], strict=True):
        if group:
            sizes.setdefault((site, name), {})[group] = int(n)
    few = {
        (site, group, name)
        for (site, name), of_site in sizes.items()
        for group in _few(of_site, {g for s, g in gone if s == site}, smallest)
    }
    wholes = zip(units, frame[by], frame["n"], strict=True)
    whole = {(s, name): int(n) for (s, g), name, n in wholes if not g and 0 < n < smallest}
    few |= {(site, "", name) for site, name in whole}
    small: dict[str, int] = {}
    for (site, name), n in whole.items():
        small[name] = small.get(name, 0) + (n if site else 0)
    few |= {("", "", name) for name, n in small.items() if 0 < n < smallest}
    # An empty list would choose no column where it is to choose no row.
    kept = pd.Series([unit not in gone for unit in units], index=frame.index, dtype=bool)
    shown = frame[kept].copy()
    keys = zip(shown["site"], shown["group"], shown[by], strict=True)
    empty = pd.Series([key in few for key in keys], index=shown.index, dtype=bool)
    for name in shown.columns:
        if empty.any() and name not in {"site", "group", by, "note", "evidence", *keep}:
            shown[name] = shown[name].mask(empty, _nothing(shown[name]))
    if "note" in shown.columns:
        shown["note"] = shown["note"].mask(empty, WITHHELD)
    return shown.reset_index(drop=True)


def _few(sizes: Mapping[str, int], gone: set[str], smallest: int) -> list[str]:
    """The groups whose values of one scale are not shown; those `gone` are not shown anyway."""
    order = sorted(sizes, key=lambda name: (sizes[name], name))
    hidden = [name for name in order if name in gone or 0 < sizes[name] < smallest]
    rest = [name for name in order if name not in hidden and sizes[name] > 0]
    while 0 < sum(sizes[name] for name in hidden) < smallest and rest:
        hidden.append(rest.pop(0))
    return [name for name in hidden if name not in gone]


def _nothing(column: pd.Series) -> object:  # type: ignore[type-arg]
    """What an emptied cell of a column holds: no number, no text, or a count of 0."""
    if column.dtype.kind == "f":
        return float("nan")
    if str(column.dtype) == "Int64":
        return pd.NA
    return 0 if column.dtype.kind in "iu" else ""
