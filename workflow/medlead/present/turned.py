"""What would turn a sentence, in a reader's words, and how many sentences take how much."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from medlead.verdicts.claim_evidence import CELL
from medlead.verdicts.claim_verdicts import ClaimVerdict, Turns
from medlead.verdicts.places import place
from medlead.verdicts.turning import LEFT_OUT, NAMED, TURN_COLUMNS

if TYPE_CHECKING:
    import pandas as pd

_BECOMES = {
    ClaimVerdict.HOLDS: "it would hold",
    ClaimVerdict.FAILS: "it would fail",
    ClaimVerdict.UNDECIDABLE: "it would be open",
}


def turned_words(row: Mapping[Any, Any]) -> str:
    """What would turn one sentence, a row of claim-turns.csv: `with 36 instead of 34 in ...`."""
    how = Turns(row["turns"])
    if how is Turns.SEVERAL:
        return f"none of {row['looked_at']} values alone, several together"
    if how is Turns.NEVER:
        return "nothing that was tried"
    cell = row["kind"] == CELL
    key = str(row["item"]), str(row["row"]), str(row["column"])
    where = place(key) if cell else f"{key[0]}.csv, {row['where']}, {key[2]}"
    becomes = _BECOMES[ClaimVerdict(row["becomes"])]
    if row["instead"] == LEFT_OUT:
        return f"without {where}, {becomes}"
    if str(row["instead"]).startswith(NAMED):
        return f"with {where} {row['instead']}, {becomes}"
    instead, printed = (str(row[n]) or "nothing" for n in ("instead", "printed"))
    return f"with {instead} instead of {printed} in {where}, {becomes}"


def turned_by_claim(turns: "pd.DataFrame") -> dict[str, str]:
    """The words of each claim that has a row; raises ValueError for a missing column."""
    missing = [name for name in TURN_COLUMNS if name not in turns]
    if missing:
        raise ValueError(f"claim-turns.csv has no column {', '.join(missing)}")
    return {str(row["claim"]): turned_words(row) for row in turns.to_dict("records")}


def turned_counts(turns: "pd.DataFrame") -> list[tuple[Turns, int, int]]:
    """How many sentences that hold, and that fail, take how much to turn."""

    def number(how: Turns, verdict: ClaimVerdict) -> int:
        return int(((turns["turns"] == how) & (turns["verdict"] == verdict)).sum())

    return [
        (how, number(how, ClaimVerdict.HOLDS), number(how, ClaimVerdict.FAILS)) for how in Turns
    ]
