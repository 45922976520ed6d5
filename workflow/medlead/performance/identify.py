"""The step as a whole: identified sets of a printed table, and all that follows from them."""

from collections.abc import Mapping
from dataclasses import dataclass, fields

import pandas as pd

from medlead.performance.completion_plan import ANY_CODING, CompletionPlan
from medlead.performance.identified import (
    NO,
    SET_COLUMNS,
    WITNESS_COLUMNS,
    Row,
    Way,
    level_rows,
    possible_rows,
    rows_of,
    set_row,
    solve,
    witness_rows,
)
from medlead.performance.identified_joint import joint, other_sizes, without_middle
from medlead.performance.identified_words import conclusion
from medlead.ratings import RatingScale


@dataclass(frozen=True)
class Identified:
    """Tables of the step: see the functions that make them for their columns."""

    sets: pd.DataFrame
    middle: pd.DataFrame
    levels: pd.DataFrame
    witnesses: pd.DataFrame
    together: pd.DataFrame
    together_witness: pd.DataFrame
    without_middle: pd.DataFrame
    conclusion: pd.DataFrame


TABLES = tuple(field.name for field in fields(Identified))


def identify(
    trusts: pd.DataFrame,
    scales: Mapping[str, RatingScale],
    cells: pd.DataFrame,
    plan: CompletionPlan,
    *,
    decimals: int,
    below: int,
) -> Identified:
    """What printed records of both ends of a sample say of the coefficients printed for all.

    `trusts` has the printed records (`trust`, the score, the ratings), of which `below` are the
    lower end; `decimals` are the printed ones of the score. Raises ValueError where a declared
    row is not printed, or its n does not fit the records.
    """
    rows = rows_of(trusts, scales, cells, plan, half=0.5 * 10.0**-decimals, below=below)
    hidden = max(row.ends.n for row in rows) - len(trusts)
    sets: list[dict[str, object]] = []
    middle: list[dict[str, object]] = []
    levels: list[dict[str, object]] = []
    witnesses: list[dict[str, object]] = []
    for row in rows:
        for way, found in solve(row, plan):
            line = set_row(row, way, found, plan)
            if line["inside"] == NO:
                line["other_n"] = _sizes(row, way, plan, hidden)
            sets.append(line)
            middle += possible_rows(row, way, found)
            levels += level_rows(row, way, found)
            witnesses += witness_rows(row, way, found)
    table = pd.DataFrame(sets, columns=SET_COLUMNS)
    levels_table = pd.DataFrame(levels)
    together, together_witness = joint(rows, table, plan)
    without = without_middle(rows, plan)
    return Identified(
        sets=table,
        middle=pd.DataFrame(middle),
        levels=levels_table,
        witnesses=pd.DataFrame(witnesses, columns=WITNESS_COLUMNS),
        together=together,
        together_witness=together_witness,
        without_middle=without,
        conclusion=conclusion(rows, table, together, without, levels_table, plan),
    )


def _sizes(row: Row, way: Way, plan: CompletionPlan, hidden: int) -> str:
    if way.coding == ANY_CODING:
        return ""
    return ", ".join(map(str, other_sizes(row, way, plan.codings, hidden)))
