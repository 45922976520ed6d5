"""The verdicts that the tests expect; run after a change of verdicts that is meant.

Usage: python tests/expected/renew.py      (after a build; then explain it in CHANGELOG.md)
"""

import csv
import io
from pathlib import Path

HERE = Path(__file__).parent
# Which columns of which result are kept: the outcome, not the numbers behind it.
KEPT = {
    "cells.csv": ("item", "row", "column", "verdict", "rule", "reason"),
    "relations.csv": ("instance", "outcome"),
    "claims.csv": ("claim", "verdict", "reason", "judgement"),
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


if __name__ == "__main__":
    for name in KEPT:
        (HERE / name).write_text(kept(Path("results"), name), encoding="utf-8", newline="")
        print(f"{HERE / name} renewed")
