"""Percentile ranks against a norm sample, in three definitions (report, section 6.4).

The rank of a score is the share of the norm sample below it (strict), at or below it (weak),
or the mean of the two, in per cent; the same as `scipy.stats.percentileofscore`. The report
fits the strict one in one sentence and the mean in another, so the definition is a choice.
A rank is held as a whole number, `doubled`: twice the count behind it, so that means of
ranks are exact at the edges of bands.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from medlead.engagement.instrument import Instrument, RankKind
from medlead.engagement.responses import Responses, read_norm_items
from medlead.engagement.scoring import Grid, Scored, grid_of, score
from medlead.sources.columnar import layout_of
from medlead.sources.messages import Problem, ProblemsFound
from medlead.sources.reading import read_text_table
from medlead.sources.sheets import heading_share

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class NormScale:
    """The norm sample of one scale: its keys in order, and the doubled rank of every key.

    `doubled[0]`, that of a missing score, is -1.
    """

    keys: FloatArray
    doubled: NDArray[np.int32]
    kind: RankKind

    @property
    def size(self) -> int:
        """The number of doctors of the norm sample with a score on this scale."""
        return len(self.keys)

    def rank(self, keys: NDArray[np.generic]) -> FloatArray:
        """The percentile ranks of keys that need not be whole; NaN for missing ones (0)."""
        values = np.asarray(keys, dtype=np.float64)
        found = 50.0 * _doubled(self.keys, values, self.kind) / self.size
        return np.where(values > 0, found, np.nan)

    def crossing(self, percentile: float, *, includes: bool) -> float:
        """The key above which ranks are above a percentile.

        With `includes`, a stretch of keys whose rank is the percentile itself counts as not
        above it. Ranks rise in steps at the sample's keys, so it is one of these; infinite
        where no rank is above.
        """
        count = percentile * self.size / 100
        place = math.floor(count) if includes else math.ceil(count) - 1
        return float(self.keys[place]) if place < self.size else math.inf


@dataclass(frozen=True)
class Norms:
    """A norm sample: one `NormScale` for each scale, in the order of the instrument."""

    scales: Mapping[str, NormScale]
    kind: RankKind
    grid: Grid

    def percentiles(self, scored: Scored, scale: str) -> FloatArray:
        """The percentile rank of each respondent on a scale, NaN where there is no score."""
        norm = self.scales[scale]
        # One value for each score there is, then one look-up for each respondent.
        ranks = np.where(norm.doubled < 0, np.nan, 50.0 * norm.doubled / norm.size)
        found: FloatArray = ranks[scored.keys[scored.place(scale)]]
        return found


def norms_from_items(items: NDArray[np.uint8], instrument: Instrument) -> Norms:
    """Norms from the answers of a norm sample, (items, doctors) of codes.

    Scored as the respondents are; doctors without a score on a scale are left out of it.
    Raises `ProblemsFound` where a scale has no score at all.
    """
    scored = score(items, instrument)
    samples = {name: scored.keys[i].astype(np.float64) for i, name in enumerate(scored.scales)}
    return _norms(samples, instrument, "norm sample")


def norms_among(responses: Responses, instrument: Instrument, smallest: int = 0) -> Norms:
    """Norms of the respondents themselves, each ranked among all.

    On each scale without the sites of which fewer than `smallest` have a score: the mean
    ranks of the others would tell of them, since all together add up to 50. Raises
    `ProblemsFound` where a scale has no score left.
    """
    scored = score(responses.items, instrument)
    sites = sorted({site for site, _ in responses.units})
    at = np.array([sites.index(site) for site, _ in responses.units], dtype=np.intp)
    site = at[responses.unit]
    samples = {}
    for name, keys in zip(scored.scales, scored.keys, strict=True):
        there = np.bincount(site, keys > 0, len(sites))
        samples[name] = np.where(there[site] < smallest, 0, keys).astype(np.float64)
    if not any(keys.any() for keys in samples.values()):
        what, mend = "no respondent answered enough items of any scale", "add the answers"
        raise ProblemsFound([Problem(responses.file, what, mend)])
    return _norms(samples, instrument, responses.file)


def norms_from_scores(
    scores: Mapping[str, FloatArray],
    instrument: Instrument,
    *,
    file: str = "norm sample",
    rows: Sequence[int] = (),
    told: Sequence[Problem] = (),
) -> Norms:
    """Norms from scores on the shown range, by scale; NaN is missing.

    Every scale of the instrument needs its scores. `rows` are those of the scores in their
    file (else counted from 2), `told` what is wrong with it besides. Raises `ProblemsFound` for
    all that, scales that are missing, unknown or without a score, and scores outside the range.
    """
    grid = grid_of(instrument)
    problems = list(told)
    for name in instrument.scale_names:
        if name not in scores:
            problems.append(
                Problem(file, "the scores of a scale are missing", "add them", None, name)
            )
            continue
        values = np.asarray(scores[name], dtype=np.float64)
        outside = (values < grid.lowest) | (values > grid.highest)
        for row in np.flatnonzero(outside)[:20]:
            what, mend = "the score is outside the range of scores", "correct it, or leave it empty"
            allowed = f"{grid.lowest:g} to {grid.highest:g}"
            shown = f"{values[row]:g}"
            at = rows[row] if rows else int(row) + 2
            problems.append(Problem(file, what, mend, at, name, shown, allowed))
    for name in scores:
        if name not in instrument.scale_names:
            allowed = ", ".join(instrument.scale_names)
            what, mend = "there is no such scale", "rename or remove it"
            problems.append(Problem(file, what, mend, None, name, allowed=allowed))
    if problems:
        raise ProblemsFound(problems)
    samples = {name: grid.keys(np.asarray(scores[name], dtype=np.float64)) for name in scores}
    return _norms({n: samples[n] for n in instrument.scale_names}, instrument, file)


def read_norms(path: Path, instrument: Instrument, *, sheet: str = "") -> Norms:
    """The norms of a file: the items of the instrument, or its scales as scores.

    `sheet` is that of a workbook ("": the only one that fits).

    Raises `ProblemsFound` with everything that is wrong with it.
    """
    if has_scores(path, instrument, sheet=sheet):
        table = read_text_table(path, columns=instrument.scale_names, sheet=sheet or None)
        scores, told = _numbers(table.frame, table.rows, path, instrument.missing)
        shown = path.as_posix()
        return norms_from_scores(scores, instrument, file=shown, rows=table.rows, told=told)
    return norms_from_items(read_norm_items(path, instrument, sheet=sheet), instrument)


def has_scores(path: Path, instrument: Instrument, *, sheet: str = "") -> bool:
    """Whether the headings of a norm file are the scales of the instrument, not its items.

    Of a file with faults: whether it has more of the former, so that these are told.
    """
    items, scales = instrument.item_names, instrument.scale_names
    if not path.is_file():
        return False
    if path.suffix.lower() in (".csv", ".tsv", ".txt"):
        with path.open("rb") as source:
            heading = source.readline(1 << 16)
        if layout_of(heading, scales) is not None:
            return True
        if any(layout_of(heading, (*who, *items)) for who in ((), (instrument.respondent,))):
            return False
    try:
        of_scales, of_items = (heading_share(path, n, sheet or None) for n in (scales, items))
    except (ProblemsFound, ValueError):
        return False
    return of_scales > of_items


def _numbers(
    frame: pd.DataFrame, rows: tuple[int, ...], path: Path, missing: Sequence[str]
) -> tuple[dict[str, FloatArray], list[Problem]]:
    problems, found = [], {}
    for name in frame.columns:
        text = frame[name].where(~frame[name].isin(missing), "")
        values = pd.to_numeric(text.where(text != "", None), errors="coerce")
        for at in np.flatnonzero(values.isna() & (text != ""))[:20]:
            mend = "write a number with a decimal point, or leave the cell empty"
            row, shown = rows[at], str(text.iloc[at])
            problems.append(Problem(path.as_posix(), "this is no number", mend, row, name, shown))
        found[str(name)] = values.to_numpy(dtype=np.float64)
    return found, problems


def _norms(samples: Mapping[str, FloatArray], instrument: Instrument, file: str) -> Norms:
    grid = grid_of(instrument)
    kind = instrument.definition
    scales, problems = {}, []
    whole = np.arange(grid.top + 1, dtype=np.float64)
    for name, keys in samples.items():
        ordered = np.sort(keys[keys > 0])
        if not len(ordered):
            what = "nobody has a score on this scale who could be ranked against"
            mend = "give a norm sample with answers to its items"
            problems.append(Problem(file, what, mend, None, name))
            continue
        doubled = _doubled(ordered, whole, kind).astype(np.int32)
        doubled[0] = -1
        scales[name] = NormScale(ordered, doubled, kind)
    if problems:
        raise ProblemsFound(problems)
    return Norms(scales, kind, grid)


def _doubled(ordered: FloatArray, keys: FloatArray, kind: RankKind) -> NDArray[np.int64]:
    """Twice the number of the sample that counts as below each key."""
    below = np.searchsorted(ordered, keys, side="left")
    if kind is RankKind.STRICT:
        return 2 * below
    upto = np.searchsorted(ordered, keys, side="right")
    return 2 * upto if kind is RankKind.WEAK else below + upto
