"""The organisations and all their measures in one place, numbers so that higher is better."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from medlead.evidence import EvidenceClass, resting_on
from medlead.performance.arrangements import FloatArray
from medlead.performance.triangulation_plan import (
    GROUPS,
    TriangulationPlan,
    Variation,
    measures_of,
)
from medlead.ratings import RatingScale, code
from medlead.sources.messages import Problem, ProblemsFound


def numbers(column: "pd.Series[Any] | pd.DataFrame") -> FloatArray:
    """A column or a table as floats, NaN where it is missing."""
    return np.asarray(column.to_numpy(dtype="float64", na_value=np.nan), dtype=np.float64)


@dataclass(frozen=True)
class Material:
    """Organisations (rows, by name) and what is known of them.

    `values`: numbers in which higher is better, NaN where there is none; columns `source.column`.
    `texts`: the same as written, "" for not known and the mark of what does not apply.
    `places`: the same from 0 (worst possible) to 1 (best). `engagement`: numbers, NaN where not
    measured; `bands` the words for them. `structures`: as given, text or numbers.
    `evidence`: class of each source, of `engagement` and of `structures`.
    """

    values: pd.DataFrame
    texts: pd.DataFrame
    places: pd.DataFrame
    labels: Mapping[str, str]
    engagement: "pd.Series[float]"
    bands: "pd.Series[str]"
    strata: "pd.Series[str]"
    shown: pd.DataFrame
    structures: pd.DataFrame
    evidence: Mapping[str, EvidenceClass]

    @property
    def banded(self) -> bool:
        """Whether engagement is known only as the order of bands."""
        known = self.engagement.dropna()
        return len(known) > 0 and known.is_unique is False

    def source(self, measure: str) -> str:
        """The source of a measure."""
        return measure.partition(".")[0]

    def resting(self, *parts: str) -> str:
        """The evidence class of what rests on these sources, `engagement` or `structures`."""
        first, *others = (self.evidence[p] for p in parts)
        return str(resting_on(first, *others))


def gather(
    frames: Mapping[str, pd.DataFrame],
    scales: Mapping[str, Mapping[str, RatingScale]],
    plan: TriangulationPlan,
    engagement: pd.DataFrame,
    evidence: Mapping[str, EvidenceClass],
) -> Material:
    """The material from checked record frames (by file) and `engagement_printed` or `_scored`.

    `evidence` gives the class of each file. Organisations are those of the rating files, most
    engaged first, then by name, those without engagement last. A file that is not there leaves
    its measures, strata or structures out. Raises ProblemsFound where a declared column of an
    organisation is not there.
    """
    known = measures_of(plan, scales, frames)
    rated = [frames[name] for name in plan.sources.values() if name in frames]
    names = sorted({str(site) for frame in rated for site in frame["site"]})
    told = engagement.set_index("site").reindex(names)
    order = sorted(names, key=lambda s: (-_number(told.at[s, "value"], -math.inf), s))
    told = told.loc[order]
    columns: dict[str, list[pd.Series]] = {"values": [], "texts": [], "places": []}
    for measure, scale in known.items():
        source, _, column = measure.partition(".")
        frame = frames[plan.sources[source]].assign(site=lambda f: f["site"].astype(str))
        frame = frame.set_index("site").reindex(order)
        values = code(frame[column], scale)
        applies = frame.get(f"{column}_applicable")
        mark = (scale.not_applicable or ("",))[0]
        texts = [
            _text(v) if not pd.isna(v) else mark if applies is not None and a is False else ""
            for v, a in zip(
                frame[column],
                [None] * len(frame) if applies is None else map(_truth, applies),
                strict=True,
            )
        ]
        columns["values"].append(values.rename(measure))
        columns["texts"].append(pd.Series(texts, index=order, name=measure, dtype=object))
        columns["places"].append((values - _low(scale)) / (_high(scale) - _low(scale)))
        columns["places"][-1].name = measure
    tables = {name: pd.concat(parts, axis=1) for name, parts in columns.items()}
    sites = _by_site(frames.get("sites"), order)
    classes = {source: evidence[name] for source, name in plan.sources.items() if name in frames}
    classes["engagement"] = EvidenceClass(next(iter(engagement["evidence"])))
    classes["structures"] = evidence.get("sites", classes["engagement"])
    return Material(
        **tables,
        labels={m: scale.label for m, scale in known.items()},
        engagement=pd.to_numeric(told["value"]).astype(float),
        bands=told["band"].fillna("").astype(str),
        strata=_column(sites, plan.strata, order),
        shown=pd.DataFrame({c: _column(sites, c, order) for c in plan.shown}, index=order),
        structures=_structures(frames, plan, order),
        evidence=classes,
    )


def engagement_printed(
    statements: pd.DataFrame, plan: TriangulationPlan, file: str
) -> pd.DataFrame:
    """The printed band of each site: `site`, `value` (1 the lowest), `band`, `evidence`.

    `statements` is the file of printed statements as text. Raises ProblemsFound where a band is
    not a declared one, a site has two, or there is none at all.
    """
    rows = statements[(statements["site"] != "") & (statements["group"] == "")]
    for column, value in plan.printed.items():
        rows = rows[rows[column] == value]
    problems = [
        Problem(file, "this is no declared band", "one of `engagement: levels`", value=str(value))
        for value in rows["value"]
        if value not in plan.bands
    ]
    twice = rows.loc[rows["site"].duplicated(), "site"].tolist()
    problems += [
        Problem(file, f"site {site} has more than one printed band", "declare one section")
        for site in twice
    ]
    if rows.empty:
        mend = "see `engagement: printed` of triangulation.yaml"
        problems.append(Problem(file, "no statement gives a band of a site", mend))
    if problems:
        raise ProblemsFound(problems)
    return pd.DataFrame(
        {
            "site": rows["site"].tolist(),
            "value": [float(plan.bands.index(v) + 1) for v in rows["value"]],
            "band": rows["value"].tolist(),
            # What the report says of each site by itself.
            "evidence": str(EvidenceClass.PRINTED_RECORDS),
        }
    )


def engagement_scored(standings: pd.DataFrame, plan: TriangulationPlan) -> pd.DataFrame:
    """The scores of a study's own sites, from engagement/standings.csv as text.

    Columns as of `engagement_printed`; a site that is not shown, or has no score, is left out.
    Raises ProblemsFound where no site has one.
    """
    chosen = plan.scored
    rows = standings[(standings["site"] != "") & (standings["group"] == "")]
    rows = rows[(rows["scale"] == chosen["scale"]) & (rows[chosen["column"]] != "")]
    if rows.empty:
        what = f"no site has a {chosen['column']} on the scale '{chosen['scale']}'"
        mend = "see `engagement: scored` of triangulation.yaml"
        raise ProblemsFound([Problem("engagement/standings.csv", what, mend)])
    return pd.DataFrame(
        {
            "site": rows["site"].tolist(),
            "value": pd.to_numeric(rows[chosen["column"]]).tolist(),
            "band": rows[chosen["band"]].tolist(),
            "evidence": rows["evidence"].tolist(),
        }
    )


def composites(values: pd.DataFrame, *, smallest: int) -> "pd.Series[float]":
    """The mean relative rank of each organisation over the measures that it has.

    A relative rank is (mid-rank - 1/2)/n among the n organisations that have the measure. Measures
    of fewer than `smallest`, and constant ones, tell nothing and are left out; NaN where none is
    left.
    """
    parts = []
    for measure in values.columns:
        column = values[measure].dropna()
        if len(column) >= smallest and column.nunique() > 1:
            parts.append((column.rank() - 0.5) / len(column))
    if not parts:
        return pd.Series(np.nan, index=values.index, dtype=float)
    return pd.concat(parts, axis=1).reindex(values.index).mean(axis=1)


def varied(material: Material, variation: Variation) -> Material:
    """The material with one thing changed."""
    kept = [m for m in material.values.columns if m not in variation.drop]
    values, engagement = material.values[kept].copy(), material.engagement
    for measure, levels in variation.levels.items():
        if measure in kept:
            place = {level: float(i) for i, part in enumerate(levels, 1) for level in part}
            values[measure] = material.texts[measure].map(place).astype(float)
    for measure, (low, high) in variation.within.items():
        if measure in kept:
            values[measure] = values[measure].where(values[measure].between(low, high))
    if variation.bands:
        place = {band: float(i) for i, part in enumerate(variation.bands, 1) for band in part}
        engagement = material.bands.map(place).astype(float)
    found = replace(
        material,
        values=values,
        texts=material.texts[kept],
        places=material.places[kept],
        engagement=engagement,
    )
    return only(found, variation.strata) if variation.strata else found


def only(material: Material, strata: tuple[str, ...]) -> Material:
    """The material of the organisations of these strata."""
    here = material.strata.isin(strata)
    return replace(
        material,
        **{
            name: getattr(material, name)[here]
            for name in ("values", "texts", "places", "engagement", "bands", "strata", "shown")
        },
        structures=material.structures[here],
    )


def _structures(
    frames: Mapping[str, pd.DataFrame], plan: TriangulationPlan, order: list[str]
) -> pd.DataFrame:
    found: dict[str, pd.Series] = {}
    for one in plan.structures:
        frame = frames.get(one.file)
        if frame is None:
            continue
        for key, value in one.where.items():
            frame = frame[frame[key].astype(str) == value]
        grouped = frame.assign(site=frame["site"].astype(str)).groupby("site")[one.column]
        column: pd.Series[Any] = grouped.agg(one.take or "first")
        found[one.name] = (
            column.map(_text) if one.kind == GROUPS else column.astype(float)
        ).reindex(order)
    return pd.DataFrame(found, index=order)


def _by_site(frame: pd.DataFrame | None, order: list[str]) -> pd.DataFrame | None:
    if frame is None:
        return None
    return frame.assign(site=frame["site"].astype(str)).set_index("site").reindex(order)


def _column(sites: pd.DataFrame | None, column: str, order: list[str]) -> "pd.Series[str]":
    if sites is None or not column:
        return pd.Series("", index=order, dtype=object)
    return sites[column].map(_text).fillna("").astype(str)


def _text(value: object) -> str:
    if isinstance(value, float):
        return "" if math.isnan(value) else f"{value:g}"
    return "" if value is None or value is pd.NA else str(value)


def _truth(value: object) -> bool:
    return bool(value)


def _number(value: object, otherwise: float) -> float:
    number = float(value)  # type: ignore[arg-type]
    return otherwise if math.isnan(number) else number


def _low(scale: RatingScale) -> float:
    return 1.0 if scale.low is None else scale.low


def _high(scale: RatingScale) -> float:
    return float(len(scale.levels)) if scale.high is None else scale.high
