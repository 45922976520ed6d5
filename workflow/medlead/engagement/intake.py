"""Responses and norms as the check of all inputs reads them: their columns, or every fault."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import pandas as pd

from medlead.engagement.disclosure import of_shown_sites
from medlead.engagement.instrument import Instrument
from medlead.engagement.norms import Norms, has_scores, norms_among, norms_from_items, read_norms
from medlead.engagement.responses import Responses, read_norm_items, read_responses
from medlead.engagement.results import POOL, SAMPLE, SCORES, answers_frame, items_frame


def free_groups(roster: Iterable[str] | None) -> Mapping[str, tuple[str, ...]] | None:
    """The sites of a roster as the reader of responses knows them: their groups are free.

    Without a roster the sites are free too.
    """
    return None if roster is None else dict.fromkeys(roster, ())


def norms_of(
    files: Sequence[Path],
    responses: Responses,
    instrument: Instrument,
    sheet: str = "",
    smallest: int = 0,
) -> tuple[Norms, str]:
    """The norms of the only file, or without a file those of the respondents themselves.

    Doctors of sites of fewer than `smallest` are not among those. The second is their kind:
    `sample` (answers), `scores`, or `own doctors`. Raises ProblemsFound as `read_norms`.
    """
    if not files:
        shown = of_shown_sites(responses, smallest)
        return norms_among(shown, instrument, smallest), POOL
    (file,) = files
    kind = SCORES if has_scores(file, instrument, sheet=sheet) else SAMPLE
    return read_norms(file, instrument, sheet=sheet), kind


def checked_responses(
    path: Path, instrument: Instrument, roster: Iterable[str] | None, sheet: str = ""
) -> pd.DataFrame:
    """The responses as text; ProblemsFound as `read_responses`, sites beyond the roster too."""
    known = free_groups(roster)
    return answers_frame(read_responses(path, instrument, known=known, sheet=sheet), instrument)


def checked_norms(path: Path, instrument: Instrument, sheet: str = "") -> pd.DataFrame:
    """The norm sample, its items as text or its scores as ranked; ProblemsFound as `read_norms`."""
    if has_scores(path, instrument, sheet=sheet):
        scales = read_norms(path, instrument, sheet=sheet).scales
        return pd.DataFrame({name: pd.Series(norm.keys) for name, norm in scales.items()})
    items = read_norm_items(path, instrument, sheet=sheet)
    norms_from_items(items, instrument)
    return items_frame(items, instrument)
