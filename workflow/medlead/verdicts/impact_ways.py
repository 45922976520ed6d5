"""The ways in which a finding can be mended: which printed cells or claims would be otherwise."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from medlead.verdicts.claim_findings import CLAIM
from medlead.verdicts.counterfactual import Print
from medlead.verdicts.findings import BETWEEN_CHECKS
from medlead.verdicts.mends import possible_mends
from medlead.verdicts.relations import Instance, Key
from medlead.verdicts.statements import CONTRADICTION
from medlead.writing import plain_number

_OR = re.compile(r"\s+or\s+")
_NUMBER = re.compile(r"[-−]?\d[\d,]*(?:\.\d+)?")


@dataclass(frozen=True)
class Way:
    """One way to mend: other texts of cells, or other verdicts of claims."""

    texts: Mapping[Key, str] = field(default_factory=dict)
    verdicts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Ways:
    """What a finding is about, and the ways to mend it.

    `implied` is false where nothing says what should stand there: then the ways are the other
    values that the same column prints. `cells` are those where it is printed, else all that
    its tests look at.
    """

    cells: tuple[Key, ...]
    claims: tuple[str, ...]
    instances: tuple[Instance, ...]
    ways: tuple[Way, ...]
    implied: bool = True


def other_texts(printed: str, implied: str, numeric: bool) -> list[str]:
    """The texts that a cell would have: every alternative of `implied` that can stand there.

    Of `320 or less` it is the number, the least change. A text that begins with a number keeps
    what follows it.
    """
    if not implied:
        return []
    found = _NUMBER.match(implied.strip())
    if numeric or (found and _NUMBER.match(printed.strip())):
        if not found or (not numeric and implied.strip() == found.group()):
            return [implied] if found else []
        bare = found.group()
        return [bare if numeric else _NUMBER.sub(bare, printed.strip(), count=1)]
    return _OR.split(implied.strip())


def sentences_of(finding: Mapping[Any, Any]) -> list[str]:
    """The sentences that a finding of the audit tells."""
    checks = str(finding["check"]).split(BETWEEN_CHECKS)
    return [c.removeprefix(f"{CLAIM} ") for c in checks if c.startswith(f"{CLAIM} ")]


def ways_of_finding(
    finding: Mapping[Any, Any],
    printed: Print,
    rebuilt: Mapping[Key, str],
    asking: Mapping[str, list[str]],
    shared: Collection[str] = (),
) -> Ways:
    """What one finding of the audit is about, and how it could be mended.

    `rebuilt` are the values that the evidence gives for cells that differ, `asking` the
    claims that ask for a statement on engagement, by its name. The claims of `shared` are told
    by several findings: to mend one of these does not make the sentence right.
    """
    checks = str(finding["check"]).split(BETWEEN_CHECKS)
    by_name = {i.name: i for i in printed.instances}
    instances = tuple(by_name[c] for c in checks if c in by_name)
    claims = [c for c in sentences_of(finding) if c not in shared]
    for check in checks:
        if check.startswith(f"{CONTRADICTION} "):
            claims += asking.get(check.removeprefix(f"{CONTRADICTION} "), [])
    concerned = dict.fromkeys(k for i in instances for k in i.cells)
    here = [
        key
        for key, text in printed.texts.items()
        if printed.lines[key] == int(finding["line"]) and text.strip() == str(finding["printed"])
    ]
    ways = []
    for key in here if not instances else [k for k in here if k in concerned]:
        numeric = key in printed.values
        for text in other_texts(printed.texts[key], str(finding["implied"]), numeric):
            ways.append(Way({key: text}))
    ways += [Way({key: rebuilt[key]}) for key in (*concerned, *here) if key in rebuilt]
    for instance in instances:
        if printed.outcome(instance).holds:
            continue
        if instance.kind == "same":
            one, other = instance.left[0], instance.right[0]
            ways += [Way({one: printed.texts[other]}), Way({other: printed.texts[one]})]
        mends = possible_mends(instance, printed.by_cell, printed.values, printed.texts)
        ways += [Way({key: plain_number(float(value))}) for key, value in mends]
    located = [k for k in here if not instances or k in concerned]
    return Ways(
        tuple(located or concerned or here),
        tuple(claims),
        instances,
        *_tried(ways, located, claims, printed),
    )


def _tried(
    ways: list[Way], located: list[Key], claims: list[str], printed: Print
) -> tuple[tuple[Way, ...], bool]:
    different = [w for w in ways if any(printed.texts[k] != t for k, t in w.texts.items())]
    implied = bool(different or claims)
    if not implied:
        different = [Way({k: t}) for k in located for t in printed.others_of_column(k)]
    unique = {tuple(w.texts.items()): w for w in different}.values()
    # A number or text that is printed twice is wrong, or right, in both places.
    whole = [
        Way({same: t for k, t in w.texts.items() for same in printed.repeated(k)}) for w in unique
    ]
    return (*whole, *(Way(verdicts={c: v}) for c in claims for v in ("holds", "fails"))), implied
