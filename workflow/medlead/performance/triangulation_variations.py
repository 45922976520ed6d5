"""What the text says in two ways, and whether it changes a result: all done again each time."""

from typing import Any

import pandas as pd

from medlead.evidence import EvidenceClass
from medlead.performance.triangulation import KENDALL, NO, YES, Settings, engagement_pairs, overall
from medlead.performance.triangulation_data import Material, varied

MEASURE, FAMILY = "measure", "family"
AS_IS = "as declared"
_SAME = 1e-12


def variations(material: Material, by: Settings) -> pd.DataFrame:
    """Each measure and each family of measures under each declared variation, beside as declared.

    A measure's p is Kendall's, a family's that of the mean tau-b, both by the declared tail.
    `changed`: whether coefficient, n or p differ at all; `crosses`: whether p, or Holm's p over
    all, comes to lie on the other side of alpha. What a variation leaves out has no rows there.
    """
    base = _told(material, by)
    rows: list[dict[str, Any]] = [
        {"variation": AS_IS, **row, "changed": "", "crosses": ""} for row in base.values()
    ]
    for name, variation in by.plan.variations.items():
        for key, row in _told(varied(material, variation), by).items():
            before = base.get(key)
            if before is None:
                continue
            changed = any(not _equal(row[k], before[k]) for k in ("n", "estimate", "p"))
            sides = [(row[k] < by.alpha, before[k] < by.alpha) for k in ("p", "holm_all")]
            rows.append(
                {
                    "variation": name,
                    **row,
                    "changed": YES if changed else NO,
                    "crosses": YES if any(a != b for a, b in sides) else NO,
                }
            )
    frame = pd.DataFrame(rows)
    return frame[[*(c for c in frame if c != "evidence"), "evidence"]]


def _told(material: Material, by: Settings) -> dict[tuple[str, str], dict[str, Any]]:
    found: dict[tuple[str, str], dict[str, Any]] = {}
    pairs = engagement_pairs(material, by, power=False)
    kept = pairs[(pairs["coefficient"] == KENDALL) & (pairs["sample"] == "all")]
    for row in kept.to_dict("records"):
        name = f"{row['source']}.{row['measure']}"
        told = {k: row[k] for k in ("n", "estimate", "p", "holm_all", "evidence")}
        found[(MEASURE, name)] = {"about": MEASURE, "name": name, **told}
    table = overall(material, by)
    for row in table[table["strata"] == ""].to_dict("records") if len(table) else ():
        p = row["p_two_sided" if by.plan.tail == "two-sided" else "p_greater"]
        told = {k: row[k] for k in ("n", "estimate", "evidence")} | {"p": p}
        told["holm_all"] = float("nan")
        found[(FAMILY, row["family"])] = {"about": FAMILY, "name": row["family"], **told}
    return found


def _equal(a: float, b: float) -> bool:
    return (a != a and b != b) or abs(a - b) <= _SAME


def conflicts(by: Settings, varied_rows: pd.DataFrame) -> pd.DataFrame:
    """Each declared conflict with both places of the text, and what its variation changes.

    `matters`: `yes` where a p comes to lie on the other side of alpha, `numbers only` where other
    results change, `no` where none does, `not computed` where nothing can be varied (`why`).
    """
    rows = []
    for one in by.plan.conflicts:
        part = varied_rows[varied_rows["variation"] == one.variation]
        matters = "not computed"
        if one.variation:
            crosses, changed = ((part[c] == YES).any() for c in ("crosses", "changed"))
            matters = YES if crosses else "numbers only" if changed else NO
        crossing = part.loc[part["crosses"] == YES, "name"].tolist()
        rows.append(
            {
                "about": one.about,
                "measures": " ".join(one.measures),
                "first": one.first[0],
                "first_section": one.first[1],
                "first_line": one.first[2],
                "second": one.second[0],
                "second_section": one.second[1],
                "second_line": one.second[2],
                "variation": one.variation,
                "matters": matters,
                "crosses": " ".join(crossing),
                "why": one.why,
                "evidence": str(EvidenceClass.PRINTED_AGGREGATES),
            }
        )
    columns = ["about", "measures", "first", "first_section", "first_line", "second"]
    columns += ["second_section", "second_line", "variation", "matters", "crosses", "why"]
    return pd.DataFrame(rows, columns=[*columns, "evidence"])
