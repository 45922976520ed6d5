"""Findings: where the print contradicts itself, in plain words with the smallest mend."""

from collections.abc import Sequence
from enum import StrEnum

import pandas as pd

from medlead.evidence import Verdict, item_name
from medlead.verdicts.compare import FINGERPRINT
from medlead.verdicts.mends import Mend
from medlead.verdicts.relations import Instance, Key, Outcome

AUDIT_COLUMNS = [
    "finding",
    "section",
    "line",
    "printed",
    "implied",
    "check",
    "severity",
    "certainty",
    "explanation",
]


class Severity(StrEnum):
    """How much hangs on a finding."""

    MAJOR = "major"  # counts that cannot be what is printed, taken together
    MINOR = "minor"  # a percentage, a range, a repeated number or a significance mark
    WORDING = "wording"  # two printings of one text


_COUNTS = ("total", "equal-sums", "at-most", "none")


def _place(key: Key) -> str:
    item, row, column = key
    return f"{item_name(item)}, {row}, {column}"


def _severity(outcome: Outcome) -> Severity:
    if outcome.left.startswith(FINGERPRINT):
        return Severity.WORDING
    return Severity.MAJOR if outcome.instance.kind in _COUNTS else Severity.MINOR


def _explained(outcome: Outcome, mend: Mend | None, unresolved: bool) -> str:
    instance = outcome.instance
    if instance.kind == "share" and outcome.right == "undefined":
        told = "The printed base is 0, so there is no such percentage."
    elif instance.kind == "share":
        told = f"The printed count and base give {float(outcome.right):.3g} %."
    elif instance.kind == "same" and outcome.left.startswith(FINGERPRINT):
        told = "The two printings are not the same letter for letter."
    elif instance.kind == "same":
        told = f"One place has {outcome.left}, the other {outcome.right}."
    elif instance.kind == "at-most":
        told = f"The cells add up to {outcome.left}, but only {outcome.right} are there."
    elif instance.kind in ("lowest", "highest"):
        told = f"The {instance.kind} of the cells is {outcome.left}, not {outcome.right}."
    elif instance.kind == "commonest":
        told = f"The table has {outcome.left}, the text {outcome.right}."
    elif instance.kind.endswith("-band"):
        told = f"That band is {outcome.left}, and {outcome.right} does not lie in it."
    elif instance.kind == "none":
        told = f"There are {outcome.left}."
    elif instance.kind == "descending":
        told = f"The order is broken: {outcome.left}."
    else:
        told = f"One side adds up to {outcome.left}, the other to {outcome.right}."
    if mend is not None:
        told += (
            f" If one cell alone is wrong, it is {_place(mend.key)}: {mend.implied} instead of "
            f"{mend.printed} restores this and every other relation of that cell."
        )
    elif unresolved:
        told += " The print does not show which cell is wrong: none, or more than one, could be."
    return f"{instance.says} {told}"


def audit_frame(
    outcomes: Sequence[Outcome],
    mends: Sequence[Mend],
    unresolved: Sequence[Instance],
    judged: pd.DataFrame,
    cells: pd.DataFrame,
) -> pd.DataFrame:
    """One row per finding (columns `AUDIT_COLUMNS`), relations first, then cells.

    Every failing relation is a finding, and every significance mark that
    differs. `certainty` is `certain` for arithmetic; it is `conditional` for
    marks, which rest on the tests that are declared.
    """
    where = {
        (i, r, c): (s, int(n))
        for i, r, c, s, n in zip(
            *(cells[k] for k in ("item", "row", "column", "section", "line")), strict=True
        )
    }
    open_names = {i.name for i in unresolved}
    rows = []
    for outcome in (o for o in outcomes if not o.holds):
        instance = outcome.instance
        mend = next((m for m in mends if instance.name in m.restores), None)
        key = mend.key if mend else instance.derived or instance.left[0]
        section, line = where[key]
        printed, implied = (
            (mend.printed, str(mend.implied)) if mend else (outcome.left, outcome.right)
        )
        if instance.kind not in ("share", "equal-sums", "at-most") and not mend:
            printed, implied = outcome.right, outcome.left
        if not mend and (instance.name in open_names or instance.kind == "same"):
            implied = ""  # the other side is as doubtful as this one
        text = _explained(outcome, mend, instance.name in open_names)
        rows.append(
            [section, line, printed, implied, instance.name, _severity(outcome), "certain", text]
        )
    marks = judged[
        (judged["reason"] == "test-differs") & (judged["verdict"] == str(Verdict.DIFFERS))
    ]
    for row in marks.to_dict("records"):
        key = (row["item"], row["row"], row["column"])
        section, line = where[key]
        text = (
            f"{_place(key)}: the printed r and n give {row['rebuilt']} by the {row['rule']}, "
            "also for every r that rounds to the printed one."
        )
        printed = row["printed"] or "no star"
        rows.append(
            [section, line, printed, row["rebuilt"], "marks", Severity.MINOR, "conditional", text]
        )
    frame = pd.DataFrame(rows, columns=AUDIT_COLUMNS[1:])
    frame = frame.sort_values(["line", "check"], kind="stable", ignore_index=True)
    frame["severity"] = [str(s) for s in frame["severity"]]
    frame.insert(0, "finding", [f"finding-{n:03d}" for n in range(1, len(frame) + 1)])
    return frame
