"""What a rebuilt set of trusts must meet: scales that are sums, measures, printed correlations.

The report lists 20 of 30 trusts with index and ratings (section 6.3, Table 27) and the
correlations of ten scales with eight measures over the 30 (Table 28).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from medlead.engagement.instrument import Instrument, load_instrument
from medlead.performance.trusts import printed_correlations
from medlead.ratings import RatingScale, code
from medlead.sources.contracts import read_checked
from medlead.sources.inputs import read_scales, read_yaml
from medlead.sources.messages import Problem, ProblemsFound
from medlead.writing import read_csv

FloatArray: TypeAlias = NDArray[np.float64]
BoolArray: TypeAlias = NDArray[np.bool_]
_KEYS = (
    "item",
    "measures",
    "trusts",
    "missing",
    "decimals",
    "room",
    "spread",
    "tries",
    "solutions",
)
TOP, HIDDEN, BOTTOM = "top", "hidden", "bottom"


@dataclass(frozen=True)
class Measure:
    """A measure: its column in the set, its printed row, the rating it is taken from, its n."""

    column: str
    printed: str
    rated: str | None
    n: int


@dataclass(frozen=True)
class Targets:
    """All that binds a set of trusts.

    `scales` are the columns of the scales in print order (all sums included), `base` those that
    are no sums, `loading` (scales × base) makes each scale from the base. `low` and `high`
    (measures × scales) bound the correlations, `printed` is their text as a number. `listed` are
    the printed trusts in falling order of the index, coded; `levels` the numbers of levels.
    """

    scales: tuple[str, ...]
    headings: tuple[str, ...]
    base: tuple[str, ...]
    index: str
    loading: FloatArray
    measures: tuple[Measure, ...]
    printed: FloatArray
    low: FloatArray
    high: FloatArray
    listed: pd.DataFrame
    rating_scales: Mapping[str, RatingScale]
    size: int
    numbers: tuple[int, ...]
    hidden_between: tuple[float, float]
    missing: str
    decimals: Mapping[str, int]
    room: Mapping[str, float]
    spread: float
    tries: Mapping[str, int]
    solutions: int

    @property
    def columns(self) -> list[str]:
        """The columns of the set in order."""
        return ["trust", "rank", "rank_group", *self.scales, *(m.column for m in self.measures)]

    @property
    def at_top(self) -> int:
        """How many of the listed trusts stand above those that are not listed."""
        return int((self.listed["rank_group"] == TOP).sum())


def load_targets(
    content: Mapping[str, Any],
    *,
    instrument: Instrument,
    correlations: pd.DataFrame,
    listed: pd.DataFrame,
    rating_scales: Mapping[str, RatingScale],
    file: str = "trusts.yaml",
) -> Targets:
    """The targets from the declaration, the instrument and the print.

    `correlations` has the columns measure, scale, r, r_low, r_high, n (one row per printed
    correlation), `listed` the columns trust, index, rank_group and the ratings as text or
    categories. Raises ProblemsFound where the declaration does not fit the print.
    """
    problems = [
        Problem(file, f"the key '{key}' is not known", "delete it", allowed=", ".join(_KEYS))
        for key in content
        if key not in _KEYS
    ]
    problems += [
        Problem(file, f"the key '{k}' is missing", "add it") for k in _KEYS if k not in content
    ]
    if problems:
        raise ProblemsFound(problems)
    rows = tuple(dict.fromkeys(correlations["measure"].astype(str)))
    headings = tuple(dict.fromkeys(correlations["scale"].astype(str)))
    sizes = dict(zip(correlations["measure"].astype(str), correlations["n"], strict=True))
    measures = []
    for column, entry in content["measures"].items():
        printed, rated = str(entry.get("printed", "")), entry.get("rated")
        if printed not in rows:
            what, mend = f"measures / {column}: no such row is printed", "copy a row of the table"
            problems.append(Problem(file, what, mend, value=printed, allowed="; ".join(rows)))
        elif rated is not None and (rated not in rating_scales or rated not in listed.columns):
            what, mend = f"measures / {column}: the trusts have no such rating", "name one of them"
            allowed = ", ".join(rating_scales)
            problems.append(Problem(file, what, mend, value=str(rated), allowed=allowed))
        else:
            measures.append(Measure(str(column), printed, rated, int(sizes[printed])))
    if sorted(m.printed for m in measures) != sorted(rows) and not problems:
        problems.append(Problem(file, "measures: not each printed row once", "declare each once"))
    called = {heading: instrument.scale_called(heading) for heading in headings}
    for heading, scale in called.items():
        if scale is None:
            what, mend = "the instrument has no such scale", "add the name to its aliases"
            problems.append(Problem(file, what, mend, value=heading))
    if problems:
        raise ProblemsFound(problems)
    names = [s.name for s in called.values() if s is not None]
    if content["missing"] not in listed.columns:
        raise ProblemsFound([Problem(file, "missing: no such rating", "name one of the trusts'")])
    base = [n for n in names if not set(instrument.scale(n).parts) & set(names)]
    loading = {n: np.eye(len(base))[i] for i, n in enumerate(base)}
    for name in sorted(set(names) - set(base), key=lambda n: _depth(n, instrument, names)):
        scale = instrument.scale(name)
        weights = np.array(scale.weights, dtype=np.float64)
        loading[name] = weights @ np.array([loading[p] for p in scale.parts]) / weights.sum()
    grid = correlations.set_index(["measure", "scale"])
    order = pd.MultiIndex.from_product([[m.printed for m in measures], headings])
    shape = (len(measures), len(headings))
    ordered = listed.sort_values("index", ascending=False, kind="stable", ignore_index=True)
    numbers = range(int(content["trusts"]["first"]), int(content["trusts"]["last"]) + 1)
    top = ordered.loc[ordered["rank_group"] == TOP, "index"].min()
    bottom = ordered.loc[ordered["rank_group"] == BOTTOM, "index"].max()
    return Targets(
        scales=tuple(n.replace("-", "_") for n in names),
        headings=headings,
        base=tuple(n.replace("-", "_") for n in base),
        index=max(names, key=lambda n: np.count_nonzero(loading[n])).replace("-", "_"),
        loading=np.array([loading[n] for n in names]),
        measures=tuple(measures),
        printed=grid.loc[order, "r"].to_numpy(dtype=float).reshape(shape),
        low=grid.loc[order, "r_low"].to_numpy(dtype=float).reshape(shape),
        high=grid.loc[order, "r_high"].to_numpy(dtype=float).reshape(shape),
        listed=ordered,
        rating_scales=rating_scales,
        size=len(numbers),
        numbers=tuple(numbers),
        hidden_between=(float(bottom), float(top)),
        missing=str(content["missing"]),
        decimals=content["decimals"],
        room=content["room"],
        spread=float(content["spread"]),
        tries=content["tries"],
        solutions=int(content["solutions"]),
    )


def read_targets(files: Any) -> Targets:
    """The targets from the files that a rule names.

    `files` has the lists `raw` (the listed trusts), `cells`, `scales` (rating scales), `instrument`
    and `declared`, one path each.
    """
    scales = read_scales(files.scales[0])["trust_engagement"]
    return load_targets(
        read_yaml(files.declared[0]),
        instrument=load_instrument(read_yaml(files.instrument[0])),
        correlations=printed_correlations(read_csv(Path(files.cells[0]))),
        listed=read_checked(Path(files.raw[0]), "trust_engagement", scales),
        rating_scales=scales,
        file=files.declared[0],
    )


def _depth(name: str, instrument: Instrument, known: Sequence[str]) -> int:
    parts = [p for p in instrument.scale(name).parts if p in known]
    return 1 + max((_depth(p, instrument, known) for p in parts), default=0)


def coded_measures(trusts: pd.DataFrame, targets: Targets) -> FloatArray:
    """The measures of a set as numbers (trusts × measures), ratings from 1 upwards; NaN missing."""
    columns = [
        code(trusts[m.column], targets.rating_scales[m.rated])
        if m.rated is not None
        else pd.to_numeric(trusts[m.column].replace("", np.nan))
        for m in targets.measures
    ]
    return np.column_stack([np.asarray(c, dtype=np.float64) for c in columns])


def with_printed_names(trusts: pd.DataFrame, targets: Targets) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The scales and the coded measures of a set, each column named as the table prints it."""
    scores = pd.DataFrame(
        {h: pd.to_numeric(trusts[s]) for s, h in zip(targets.scales, targets.headings, strict=True)}
    )
    names = [m.printed for m in targets.measures]
    return scores, pd.DataFrame(coded_measures(trusts, targets), columns=names, index=scores.index)


def correlations_of(parts: FloatArray, measures: FloatArray, targets: Targets) -> FloatArray:
    """Pearson's r of each measure with each scale (measures × scales), over those that have it.

    `parts` are the base scales (trusts × base), `measures` the numbers (trusts × measures).
    """
    scales = parts @ targets.loading.T
    found = np.empty((measures.shape[1], scales.shape[1]))
    for j, values in enumerate(measures.T):
        has = ~np.isnan(values)
        found[j] = unit(scales[has]).T @ unit(values[has])
    return found


def unit(values: FloatArray) -> FloatArray:
    """Each column centred and of length 1."""
    centred = values - values.mean(axis=0)
    return np.asarray(centred / np.linalg.norm(centred, axis=0), dtype=np.float64)
