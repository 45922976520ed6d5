"""The part of a study's page that holds engagement against performance."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from medlead.evidence import EvidenceClass
from medlead.present.association_forest import BH, HOLM, SURVIVAL, survival
from medlead.present.study_engagement import text_table
from medlead.present.study_page import Part, figure, table
from medlead.present.study_parts import Files, linked
from medlead.present.write import read_figures
from medlead.writing import read_csv

PERFORMANCE_FILES = {
    "associations": "every score with every measure: coefficients, intervals, tests, corrections",
    "strata": "the same within each type of organisation",
    "strata_summary": "the types summed up",
    "codings": "the same under other codings of the levels",
    "extremes": "organisations at both ends of each score, compared",
    "organisations": "which organisations count, and what they lack",
    "names": "what scores and measures are called, and which values they may have",
}
_NONE = "–"


def read_performance_part(
    files: Files,
    page: Path,
    *,
    shown: str,
    alpha: float,
    confidence: float,
) -> Part:
    """The part of performance.

    `files` holds, each as a list, those of `PERFORMANCE_FILES` and `forest` (the picture);
    `shown` is the coefficient that tables show.
    """
    frames = {name: read_csv(Path(files[name][0])) for name in PERFORMANCE_FILES}
    names, found = frames["names"], frames["associations"]
    labels = dict(zip(names["name"], names["label"], strict=True))
    evidence = EvidenceClass(found["evidence"].iloc[0])
    wide = {
        "associations": ("Engagement and performance", associations_frame(found, labels, shown)),
        "strata": (
            "By type of organisation",
            summary_frame(frames["strata_summary"], labels, shown),
        ),
        "within": ("Within each type", strata_frame(frames["strata"], labels, shown)),
        "codings": ("Under other codings", codings_frame(frames["codings"], labels, shown)),
        "groups": ("Both ends of each score", groups_frame(frames["extremes"], labels)),
        "organisations": ("What is missing", missing_frame(frames["organisations"])),
    }
    wide = {name: (title, _told(frame)) for name, (title, frame) in wide.items()}
    drawn = read_figures(files["forest"])
    return Part(
        "performance",
        "Performance",
        _lead(frames["organisations"], names),
        evidence,
        reading(found, shown, alpha, confidence, types=len(frames["strata"]) > 0),
        [
            table(name, title, text_table(f"performance-{name}", title, frame, evidence), evidence)
            for name, (title, frame) in wide.items()
            if len(frame)
        ],
        [
            figure(name, "Every association with its interval", picture, evidence)
            for name, picture in drawn.items()
        ],
        files=linked(files, PERFORMANCE_FILES, page),
    )


def _lead(organisations: pd.DataFrame, names: pd.DataFrame) -> str:
    both = (organisations["scores"] != "0") & (organisations["measures"] != "0")
    counts = names["kind"].value_counts()
    return (
        f"{int(both.sum())} of {len(organisations)} organisations have both engagement and "
        f"performance: {counts.get('score', 0)} scores, {counts.get('measure', 0)} measures."
    )


def reading(
    found: pd.DataFrame, shown: str, alpha: float, confidence: float, *, types: bool
) -> list[str]:
    """How the tables are read, and what they come to, counted from the associations."""
    rows = found[found["coefficient"] == shown]
    known = rows[rows["estimate"] != ""]
    passed = survival(known, alpha)
    alone, bh, holm = (
        sum(SURVIVAL.index(p) >= place for p in passed)
        for place in (1, SURVIVAL.index(BH), SURVIVAL.index(HOLM))
    )
    texts = [
        f"Each engagement score is held against each measure of performance by {shown}'s "
        f"coefficient, with {confidence * 100:g} % intervals; the files have the other "
        "coefficients too. A higher number is better on both sides, so that a positive "
        "coefficient says that more engaged organisations do better.",
        f"Of {len(known)} coefficients {alone} are below {alpha:g} by themselves, {bh} after "
        f"Benjamini-Hochberg and {holm} after Holm. Of as many tests of nothing at all about "
        f"{len(known) * alpha:.1f} would be below {alpha:g}. A coefficient says what goes together "
        "in these organisations, and not what causes what.",
    ]
    if types:
        texts.append(
            "Organisations of different types may differ in both. Within types that difference "
            "is gone: the mean over types takes each type's own coefficient, and its permutation "
            "test exchanges measures within types only."
        )
    return texts


def _told(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame without a column of notes that has none."""
    empty = "Note" in frame and not frame["Note"].astype(bool).any()
    return frame.drop(columns="Note") if empty else frame


def _number(text: str, digits: int = 2) -> str:
    return f"{float(text):z.{digits}f}".replace("-", "−") if text else _NONE


def _span(row: Mapping[Any, str], low: str = "low", high: str = "high") -> str:
    return f"{_number(row[low])} to {_number(row[high])}" if row[low] else _NONE


def _p(text: str) -> str:
    return _NONE if not text else "<0.001" if float(text) < 0.001 else f"{float(text):.3f}"


def _pair(row: Mapping[Any, str], labels: Mapping[str, str]) -> str:
    return f"{labels.get(row['measure'], row['measure'])}: {labels.get(row['score'], row['score'])}"


def associations_frame(found: pd.DataFrame, labels: Mapping[str, str], shown: str) -> pd.DataFrame:
    """Every pair with its coefficient, intervals, p and corrections, as text."""
    rows = found[found["coefficient"] == shown].sort_values("measure", key=_places, kind="stable")
    marks = (rows["stars"] != "").any()
    return pd.DataFrame(
        {
            "Measure and score": _pair(row, labels),
            "n": row["n"],
            shown: _number(row["estimate"]) + (row["stars"] if marks else ""),
            "Interval": _span(row),
            "Bootstrap": _span(row, "bootstrap_low", "bootstrap_high"),
            "p": _p(row["p_analytic"]),
            "p, permutation": _p(row["p_value"]),
            "p, Holm": _p(row["p_holm"]),
            "p, Benjamini-Hochberg": _p(row["p_bh"]),
            **({"p, max-T": _p(row["p_max_t"])} if (rows["p_max_t"] != "").any() else {}),
            "Note": row["note"],
        }
        for row in rows.to_dict("records")
    )


def _places(column: "pd.Series[str]") -> "pd.Series[int]":
    order = {name: place for place, name in enumerate(dict.fromkeys(column))}
    return column.map(order)


def summary_frame(found: pd.DataFrame, labels: Mapping[str, str], shown: str) -> pd.DataFrame:
    """The types summed up: random-effects mean, heterogeneity, permutation within types."""
    rows = found[found["coefficient"] == shown].sort_values("measure", key=_places, kind="stable")
    return pd.DataFrame(
        {
            "Measure and score": _pair(row, labels),
            "Types": row["strata"],
            "Left out": row["strata_left_out"],
            "n": row["n"],
            "Mean": _number(row["estimate"]),
            "Interval": _span(row),
            "p": _p(row["p_analytic"]),
            "I²": f"{_number(row['i2'], 0)} %" if row["i2"] else _NONE,
            "Within types": _number(row["within"]),
            "p, permutation": _p(row["p_value"]),
            "Note": row["note"],
        }
        for row in rows.to_dict("records")
    )


def strata_frame(found: pd.DataFrame, labels: Mapping[str, str], shown: str) -> pd.DataFrame:
    """Every pair within each type; a type that is not in the mean says why."""
    rows = found[found["coefficient"] == shown].sort_values("measure", key=_places, kind="stable")
    return pd.DataFrame(
        {
            "Measure, score and type": f"{_pair(row, labels)} / {row['stratum']}",
            "n": row["n"],
            shown: _number(row["estimate"]),
            "Interval": _span(row),
            "In the mean": "yes" if row["pooled"] == "True" else "no",
            "Note": row["note"],
        }
        for row in rows.to_dict("records")
    )


def codings_frame(found: pd.DataFrame, labels: Mapping[str, str], shown: str) -> pd.DataFrame:
    """Every pair under each coding of the measure's levels."""
    rows = found[found["coefficient"] == shown].sort_values("measure", key=_places, kind="stable")
    return pd.DataFrame(
        {
            "Measure, score and coding": f"{_pair(row, labels)} / {row['coding']}",
            "n": row["n"],
            shown: _number(row["estimate"]),
            "Interval": _span(row),
            "p, permutation": _p(row["p_value"]),
            "Note": row["note"],
        }
        for row in rows.to_dict("records")
    )


def groups_frame(found: pd.DataFrame, labels: Mapping[str, str]) -> pd.DataFrame:
    """Both ends of each score on each measure; a score without such groups says why."""
    return pd.DataFrame(
        {
            "Score and measure": f"{labels.get(row['score'], row['score'])}: "
            + (labels.get(row["measure"], row["measure"]) or "all measures"),
            "Top": row["median_level_top"] or _NONE,
            "Bottom": row["median_level_bottom"] or _NONE,
            "Cliff's delta": _number(row["estimate"]),
            "Interval": _span(row),
            "p": _p(row["p_value"]),
            "Note": row["note"],
        }
        for row in found.to_dict("records")
    )


def missing_frame(organisations: pd.DataFrame) -> pd.DataFrame:
    """The organisations that lack something."""
    rows = organisations[organisations["note"] != ""]
    return pd.DataFrame(
        {"Organisation": row["organisation"], "What it lacks": row["note"]}
        for row in rows.to_dict("records")
    )
