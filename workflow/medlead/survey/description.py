"""All that is told of a survey's response, from one declaration (`response.yaml`)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from medlead.evidence import EvidenceClass
from medlead.survey.declared import FILE, Numbers, cell_texts, tallies
from medlead.survey.instrument import Instrument
from medlead.survey.representativeness import representativeness
from medlead.survey.response import completed_by, funnel
from medlead.survey.site_parts import site_parts
from medlead.survey.site_selection import selection_sheet, selection_spread

_PARTS = {2: "half", 3: "third", 4: "quarter", 5: "fifth", 10: "tenth"}


@dataclass(frozen=True)
class Description:
    """The tables by name, and what each of the two pictures is drawn from."""

    tables: Mapping[str, pd.DataFrame]
    funnel_picture: Mapping[str, Any]
    selection_picture: Mapping[str, Any]


def describe_response(
    coded: pd.DataFrame,
    clean: pd.DataFrame,
    declared: Mapping[str, Any],
    instrument: Instrument,
    cells: pd.DataFrame,
    evidence: EvidenceClass,
    *,
    confidence: float,
    alpha: float,
    draws: int,
    seed: int,
    file: str = FILE,
) -> Description:
    """Funnel, who completed, representativeness, selection sheet, its spread, sites' parts.

    `coded` and `clean` are the returns of the survey, one row each in the same order; `cells`
    the printed cells; `evidence` the class of the returns. The declaration must fit its schema.
    Raises ProblemsFound, under the name `file`, with everything in it that does not fit the
    returns, the instrument or the print.
    """
    numbers = Numbers(cell_texts(cells), tallies(coded), evidence, file=file)
    selection, balance = declared["selection"], declared["representativeness"]
    sheet = selection_sheet(coded, clean, selection, numbers)
    tables = {
        "funnel": funnel(declared["funnel"], numbers, confidence),
        "completed": completed_by(coded, declared["completed_by"], numbers, confidence),
        "representativeness": representativeness(
            coded, balance, numbers, confidence=confidence, alpha=alpha
        ),
        "selection": sheet,
        "spread": selection_spread(sheet, selection, numbers, draws=draws, seed=seed),
        "parts": site_parts(selection, instrument, sheet, numbers),
    }
    numbers.stop()
    labels = {v.name: v.label for v in instrument.coded}
    word = _PARTS.get(len(selection["groups"]), "part")
    labels |= {size["size"]: f"{size['label']}, {word}" for size in selection["sizes"]}
    effective = selection["effective"]
    return Description(
        tables=tables,
        funnel_picture={
            "steps": tables["funnel"],
            "completed": tables["completed"],
            "shares_of": [step["step"] for step in declared["funnel"] if step.get("shares")],
            "confidence": confidence,
        },
        selection_picture={
            "sheet": sheet,
            "picture": selection["picture"],
            "labels": labels,
            "evidence": evidence,
            "effective": f"Effective: '{labels[effective['variable']]}' rated above "
            f"{effective['above']:g}.",
        },
    )
