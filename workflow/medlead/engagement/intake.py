"""Responses and norms as the check of all inputs reads them: their columns, or every fault."""

from collections.abc import Iterable, Mapping
from pathlib import Path

import pandas as pd

from medlead.engagement.instrument import Instrument
from medlead.engagement.norms import has_scores, norms_from_items, read_norms
from medlead.engagement.responses import read_norm_items, read_responses
from medlead.engagement.results import answers_frame, items_frame


def free_groups(roster: Iterable[str]) -> Mapping[str, tuple[str, ...]]:
    """The sites of a roster as the reader of responses knows them: their groups are free."""
    return dict.fromkeys(roster, ())


def checked_responses(
    path: Path, instrument: Instrument, roster: Iterable[str], sheet: str = ""
) -> pd.DataFrame:
    """The responses as text; ProblemsFound as `read_responses`, sites beyond the roster too."""
    known = free_groups(roster)
    return answers_frame(read_responses(path, instrument, known=known, sheet=sheet), instrument)


def checked_norms(path: Path, instrument: Instrument, sheet: str = "") -> pd.DataFrame:
    """The norm sample, its items as text or its scores as ranked; ProblemsFound as `read_norms`."""
    if has_scores(path, instrument):
        scales = read_norms(path, instrument).scales
        return pd.DataFrame({name: pd.Series(norm.keys) for name, norm in scales.items()})
    items = read_norm_items(path, instrument, sheet=sheet)
    norms_from_items(items, instrument)
    return items_frame(items, instrument)
