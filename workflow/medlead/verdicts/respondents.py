"""Records that are printed one by one, set against the survey that they should be part of."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from medlead.evidence import CERTAIN, CONDITIONAL
from medlead.verdicts.causes import Told, together
from medlead.verdicts.findings import Finding, Severity
from medlead.verdicts.places import place, places
from medlead.verdicts.relations import Cell, Key
from medlead.verdicts.solved import ALWAYS
from medlead.writing import plain_number

_AMONG, _WORDS, _LEVELS = "sites-among-respondents", "site-words", "site-levels"


def site_findings(
    conflicts: pd.DataFrame | None,
    declared: Mapping[str, Any],
    told: Sequence[Told],
    cells: Sequence[Cell],
) -> list[Finding]:
    """What the known records and the survey's print do not have in common.

    `conflicts` are the scenarios of the solver (`scenario,total,item,row,column,printed,
    needed`): a cell of a known record that needs slack cannot be true of a respondent,
    given all that the survey prints. That is conditional on the record being among the
    respondents. Words of the record that stand for several levels of the survey, and
    values that its questionnaire cannot hold, are certain.
    """
    sites = declared.get("sites", {})
    texts = {c.key: c.text for c in cells}
    found = _labels(sites, texts) + _beyond(sites, declared.get("variables", {}), texts)
    return found if conflicts is None else _among(conflicts, declared, told, texts) + found


def _shown(sites: Mapping[str, Any]) -> set[tuple[str, str]]:
    return {(g["shown"][0], g["shown"][1]) for g in sites.get("columns", ())}


def _among(
    conflicts: pd.DataFrame,
    declared: Mapping[str, Any],
    told: Sequence[Told],
    texts: Mapping[Key, str],
) -> list[Finding]:
    sites, shown = declared.get("sites", {}), _shown(declared.get("sites", {}))
    totals = dict(zip(conflicts["scenario"], conflicts["total"].astype(float), strict=True))
    relief = _Relief(totals, declared.get("scenarios", ()))
    columns = (conflicts[c].astype(str) for c in ("item", "row", "column", "needed"))
    needed = {
        (item, row, column): how
        for item, row, column, how in zip(*columns, strict=True)
        if (item, column) in shown
    }
    groups = [
        (key,) if how == ALWAYS else _stand_ins(key, needed, texts, relief)
        for key, how in needed.items()
    ]
    words = [t for t in told if any(key in needed for key in t.cells)]
    findings = []
    for members in together([*groups, *(t.cells for t in words)]):
        mine = sorted({k for m in members if m < len(groups) for k in groups[m]})
        said = [words[m - len(groups)] for m in members if m >= len(groups)]
        printed = "; ".join(dict.fromkeys(texts[k] for k in mine))
        mends = [t.mend for t in said if t.mend]
        parts = [
            f"{places(mine)}: the print says {printed}; {_fitting(said, mends)}.",
            *(t.words for t in said),
            *relief.told(mine, set(needed)),
            *([f"Conditional: {sites['condition']}"] if "condition" in sites else []),
        ]
        # Where the print is missed by as much without the record, another number may be wrong.
        eased = not all(relief.nothing(key[1]) for key in mine)
        severity = Severity.MAJOR if eased else Severity.MINOR
        findings.append(
            Finding(
                mine[0],
                printed,
                "; ".join(mends),
                _AMONG,
                severity,
                CONDITIONAL,
                " ".join(parts),
            )
        )
    return findings


def _fitting(said: Sequence[Told], mends: Sequence[str]) -> str:
    if mends:
        return f"what would fit is {'; '.join(mends)}"
    return "this does not fit" if said else "this cannot be, with all that the survey prints"


def _stand_ins(
    key: Key, needed: Mapping[Key, str], texts: Mapping[Key, str], relief: "_Relief"
) -> tuple[Key, ...]:
    """The cells of which any could be the wrong one in place of this one.

    Those of its column that another best solution could have changed: they need slack in
    some too, or print the same and ease the conflict as much where their record is left out.
    """
    alike = relief.without(key[1])
    return tuple(
        k
        for k in texts
        if (k[0], k[2]) == (key[0], key[2])
        and (
            needed.get(k) == needed[key]
            or (texts[k] == texts[key] and alike is not None and relief.without(k[1]) == alike)
        )
    )


class _Relief:
    """How many records fewer must differ where a known record, or a cell of it, is not held."""

    def __init__(self, totals: Mapping[str, float], scenarios: Sequence[Mapping[str, Any]]) -> None:
        changed = {"without", "free", "held"}
        plain = (s for s in scenarios if s.get("sites") == "all" and not changed & set(s))
        self.totals, self.scenarios = totals, scenarios
        self.all = totals.get(next((s["scenario"] for s in plain), ""))

    def _total(self, way: str, of: Any) -> float | None:
        name = next((s["scenario"] for s in self.scenarios if s.get(way) == of), "")
        return self.totals.get(name)

    def _eased(self, way: str, of: Any) -> float | None:
        total = self._total(way, of)
        return total if total is not None and self.all is not None and total < self.all else None

    def nothing(self, name: str) -> bool:
        """Whether it is known that leaving this record out eases nothing."""
        total = self._total("without", name)
        return total is not None and self.all is not None and total >= self.all

    def without(self, name: str) -> float | None:
        """The least slack without this record, None where that is no less or is not known."""
        return self._eased("without", name)

    def told(self, keys: Sequence[Key], conflicting: set[Key]) -> list[str]:
        """A sentence on what the conflict of these cells amounts to, where that is known."""
        freed = self._eased("free", [list(key) for key in keys])
        eased = {} if freed is None else {"with this cell left open": freed}
        if freed is None:
            for name in dict.fromkeys(key[1] for key in keys):
                total = self.without(name)
                # With other cells of the record in conflict, leaving it out tells of those too.
                if total is not None and not {k for k in conflicting if k[1] == name} - set(keys):
                    eased[f"without {name}"] = total
        if not eased or self.all is None:
            return []
        parts = [f"{how}, by {plain_number(total)}" for how, total in eased.items()]
        return [
            "With all known records among the respondents, the printed counts are missed by at "
            f"least {plain_number(self.all)} returns in all; {'; '.join(parts)}."
        ]


def _labels(sites: Mapping[str, Any], texts: Mapping[Key, str]) -> list[Finding]:
    """Printed words that could be any of several levels."""
    findings = []
    for given in sites.get("columns", ()):
        several = {w: v for w, v in given.get("levels", {}).items() if isinstance(v, list)}
        for key, text in texts.items():
            if (key[0], key[2]) == tuple(given["shown"]) and text in several:
                either = " or ".join(several[text])
                told = f"{place(key)}: the print says {text}, no answer of the survey; it may be "
                findings.append(
                    Finding(
                        key, text, either, _WORDS, Severity.WORDING, CERTAIN, f"{told}{either}."
                    )
                )
    return findings


def _beyond(
    sites: Mapping[str, Any], variables: Mapping[str, Any], texts: Mapping[Key, str]
) -> list[Finding]:
    """Printed values that the questionnaire has no box for."""
    boxes: dict[tuple[str, str], set[str]] = {}
    for given in sites.get("columns", ()):
        also = variables.get(given.get("of", ""), {}).get("also", ())
        boxes[(given["shown"][0], given["shown"][1])] = {plain_number(float(x)) for x in also}
    places_of: dict[tuple[str, str, str], list[Key]] = {}
    for key, text in texts.items():
        if text in boxes.get((key[0], key[2]), ()):
            places_of.setdefault((key[0], key[1], text), []).append(key)
    return [
        Finding(
            keys[0],
            text,
            "",
            _LEVELS,
            Severity.MINOR,
            CERTAIN,
            f"{places(keys)}: the print says {text}; the questionnaire has no box for it.",
        )
        for (_, _, text), keys in places_of.items()
    ]
