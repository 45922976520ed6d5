"""From a subject to its sheet, and from the sheet to the finished figure."""

import pandas as pd

from medlead.present.sheet import Sheet, draw_ranges, new_sheet, ranges_height
from medlead.present.style import Figure
from medlead.present.subject import Subject


def framed(
    subject: Subject, chart: float, *about: str, ends: tuple[float, float] | None = None
) -> Sheet:
    """A sheet with `chart` inches for the chart; warning, caption and ranges are already there.

    `about` are sentences on how to read the chart; `ends` those of the axis of the ranges. Call
    within `style.style()`.
    """
    sheet = new_sheet(
        subject.declared.title,
        subject.evidence,
        subject.caption(*about),
        chart + ranges_height(subject.ranges),
        warning=subject.warning,
    )
    draw_ranges(sheet, subject.ranges, str(subject.plan.warnings.get("ranges", "")), ends)
    return sheet


def finished(subject: Subject, sheet: Sheet, alt: str, *extra: pd.DataFrame) -> Figure:
    """The figure of a sheet that is drawn; `extra` is drawn data beside the counts."""
    return Figure(
        sheet.drawing, subject.data(*extra), alt, subject.declared.title, subject.evidence
    )
