"""The verdicts that the tests expect; run after a change of verdicts that is meant.

Usage: python tests/expected/renew.py      (after a build; then explain it in CHANGELOG.md)
"""

import csv
import io
from collections import Counter
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
# Which columns of which result are kept: the outcome, not the numbers behind it.
KEPT = {
    "cells.csv": ("item", "row", "column", "verdict", "rule", "reason"),
    "relations.csv": ("instance", "outcome"),
    "claims.csv": ("claim", "verdict", "reason", "judgement"),
    "conclusions.csv": ("conclusion", "standing", "parts", "judgement"),
    "answer.csv": ("part", "about", "stands", "says"),
}


def kept(results: Path, name: str) -> str:
    """The kept columns of one verdict file, as CSV text."""
    with (results / "verdicts" / name).open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, KEPT[name], extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def counts() -> dict[str, Any]:
    """The headline counts of the kept verdicts, as summary.json has them."""
    rows = {}
    for name in KEPT:
        with (HERE / name).open(encoding="utf-8", newline="") as lines:
            rows[name.removesuffix(".csv")] = list(csv.DictReader(lines))

    def by(name: str, column: str) -> dict[str, int]:
        return dict(Counter(row[column] for row in rows[name]))

    relations = by("relations", "outcome")
    return {
        "answer": [
            {
                "about": row["about" if not at else "part"],
                "stands": row["stands"],
                "says": row["says"],
            }
            for at, row in enumerate(rows["answer"])
        ],
        "cells_total": len(rows["cells"]),
        "cells_by_verdict": by("cells", "verdict"),
        "relations_total": len(rows["relations"]),
        "relations_holding": relations.get("holds", 0),
        "relations_failing": relations.get("fails", 0),
        "claims_total": len(rows["claims"]),
        "claims_by_verdict": by("claims", "verdict"),
        "claims_by_reason": by("claims", "reason"),
        "conclusions_by_standing": by("conclusions", "standing"),
    }


if __name__ == "__main__":
    for name in KEPT:
        (HERE / name).write_text(kept(Path("results"), name), encoding="utf-8", newline="")
        print(f"{HERE / name} renewed")
