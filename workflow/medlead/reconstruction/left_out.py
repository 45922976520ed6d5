"""Printed cells that are no condition on the records, each with its reason.

So that no printed number is left aside in silence: a cell of the covered sections that
is neither held nor listed with a reason stops the check.
"""

from collections.abc import Collection, Mapping
from typing import Any

import pandas as pd

from medlead.reconstruction.check import Cell
from medlead.sources.messages import Problem, ProblemsFound

COLUMNS = ("item", "row", "column", "kind", "printed", "section", "line", "reason", "because")
REASONS: Mapping[str, str] = {
    "not-about-returns": "A figure about the country or the questionnaire, not about the returns.",
    "nothing-printed": "The cell is printed empty.",
    "heading": "A word that heads other cells.",
    "held-with": "Two cells set one condition together; the other one holds it.",
    "no-number": "The words set no number.",
}
_CHOOSE = ("item", "row", "column", "kind", "text")


def not_held(
    declarations: Mapping[str, Any],
    printed: pd.DataFrame,
    held: Collection[Cell],
    *,
    file: str = "margins.yaml",
) -> pd.DataFrame:
    """Each cell of the covered sections that sets no condition, in printed order, with why.

    `printed` are the printed cells (`cells.csv`), `held` the cells that do set one.
    Raises ProblemsFound for every cell that has no reason, and for every declaration
    that chooses no cell, chooses one that is held, or gives no known reason.
    """
    sections = [str(section) for section in declarations.get("covers", ())]
    given = declarations.get("not_held", ())
    covered = printed[[_within(section, sections) for section in printed["section"]]]
    known = set(held)
    used: set[int] = set()
    problems = [
        Problem(
            file,
            f"not_held, number {n}: the reason is not known",
            "write one of the allowed reasons",
            value=str(entry.get("reason")),
            allowed=", ".join(REASONS),
        )
        for n, entry in enumerate(given, start=1)
        if entry.get("reason") not in REASONS
    ]
    rows = []
    for _, cell in covered.iterrows():
        place: Cell = (cell["item"], cell["row"], cell["column"])
        fitting = [
            n
            for n, entry in enumerate(given)
            if all(str(entry[key]) == cell[key] for key in _CHOOSE if key in entry)
        ]
        if place in known:
            # A general line (all headings) may pass a held cell by; one for this cell may not.
            named = [n for n in fitting if "item" in given[n]]
            problems += [_both(file, n, place) for n in named]
            continue
        if not fitting:
            problems.append(_neither(file, place, str(cell["text"])))
            continue
        used.add(fitting[0])
        entry = given[fitting[0]]
        because = entry.get("because") or REASONS.get(entry.get("reason"), "")
        shown = (cell["kind"], cell["text"], cell["section"], cell["line"])
        rows.append((*place, *shown, entry.get("reason"), because))
    problems += [
        Problem(file, f"not_held, number {n + 1} chooses no cell", "correct it or leave it out")
        for n in range(len(given))
        if n not in used
    ]
    if problems:
        raise ProblemsFound(problems)
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _within(section: str, sections: Collection[str]) -> bool:
    return any(section == whole or section.startswith(f"{whole}.") for whole in sections)


def _both(file: str, number: int, place: Cell) -> Problem:
    return Problem(
        file,
        f"not_held, number {number + 1}: the cell {' / '.join(place)} is held by a fact",
        "take away the line or the fact",
    )


def _neither(file: str, place: Cell, text: str) -> Problem:
    return Problem(
        file,
        f"the cell {' / '.join(place)} is neither held nor listed",
        "add a fact, or a line to not_held with its reason",
        value=text,
        allowed=", ".join(REASONS),
    )
