"""The findings of the audit as the page shows them: in the order of their weight, and counted."""

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from medlead.evidence import CERTAIN, CERTAINTIES
from medlead.present.tables import records
from medlead.verdicts.findings import Severity
from medlead.verdicts.repeated import CHECK

if TYPE_CHECKING:
    import pandas as pd

_AUDIT = (
    *("finding", "section", "line", "printed", "implied"),
    *("check", "severity", "certainty", "explanation"),
)


def findings_told(frame: "pd.DataFrame") -> dict[str, Any]:
    """The findings (`told`), the severest first, of these the surest, then by line.

    `frame` has the columns of results/verdicts/audit.csv. Each is told with its `number` and with
    what its other text is called; `counts` holds (severity, number, [(certainty, number)]) and
    `certain` how many are certain. Raises ValueError for a missing column.
    """
    severities, certainties = [s.value for s in Severity], list(CERTAINTIES)

    def order(words: Sequence[str], word: str) -> int:
        return words.index(word) if word in words else len(words)

    told = sorted(
        records(frame, _AUDIT, "audit"),
        key=lambda f: (
            order(severities, f["severity"]),
            order(certainties, f["certainty"]),
            int(f["line"]) if f["line"].isdigit() else 0,
        ),
    )
    found = Counter((f["severity"], f["certainty"]) for f in told)
    return {
        "told": [
            f
            | {
                "number": int(f["finding"].rpartition("-")[2]),
                # What other places of the report say instead need not be right.
                "other": "Other places say" if f["check"].startswith(CHECK) else "Implied",
            }
            for f in told
        ],
        "certain": sum(n for (_, certainty), n in found.items() if certainty == CERTAIN),
        "counts": [
            (s, sum(parts.values()), [(c, n) for c, n in parts.items() if n])
            for s in severities
            if any((parts := {c: found[s, c] for c in certainties}).values())
        ],
    }
