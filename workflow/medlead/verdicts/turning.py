"""What would turn each sentence: the least change of one number or word that its check looks at.

A check that no change of its evidence can turn tests nothing; one that a single step of one
printed number turns stands by that number alone. Both are told, sentence by sentence.
"""

import ast
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd

from medlead.printed import EXACT_KINDS, decimals, number
from medlead.verdicts.claim_evidence import CELL, FRAME, RECORD, RELATION, Use
from medlead.verdicts.claim_language import Check, parse
from medlead.verdicts.claim_registry import Context
from medlead.verdicts.claim_values import Refused
from medlead.verdicts.claim_verdicts import ClaimReason, ClaimVerdict, Turns
from medlead.verdicts.claims import Decided, verdict_of
from medlead.verdicts.counterfactual import Print
from medlead.verdicts.relations import Key

_PLACE = ("kind", "item", "row", "column", "where")
_TOLD = (*_PLACE, "printed", "instead", "steps", "becomes")
TURN_COLUMNS = ("claim", "verdict", "turns", "looked_at", "can_turn", *_TOLD, "evidence")
STRANGE = "something else"
"""The word that is tried beside the other words of a column."""
LEFT_OUT, NAMED = "(left out)", "headed"
_EACH = 8
"""So many steps are tried one by one; further away they double, and what is found is narrowed."""
_SCANNED = 100
_FARTHEST, _LEAST_REACH = 2, 10
"""Numbers are moved by as much as twice the largest of their column, and ten steps at least."""
_DRAWS = 200
_STATISTIC, _PERCENT, _STARS = "statistic", "percent", "stars"
_MEASURED = (ClaimVerdict.HOLDS, ClaimVerdict.FAILS)


@dataclass(frozen=True)
class Thing:
    """One thing that a check looks at: a printed cell, or an entry of records or of a result.

    `others` are the other texts of its column. A number moves by steps of its digit number
    `places` behind the point, by no more than `reach` steps, from `low` to `high`.
    """

    kind: str
    item: str
    row: str
    column: str
    where: str
    text: str
    others: tuple[str, ...]
    places: int | None = None
    low: Fraction | None = None
    high: Fraction | None = None
    reach: int = 0

    def moved(self, steps: int) -> str:
        """The text so many steps away, or at the end that lies before it."""
        places = self.places or 0
        value = number(self.text) + Fraction(steps, 10**places)
        value = value if self.low is None else max(value, self.low)
        value = value if self.high is None else min(value, self.high)
        return f"{float(value):.{places}f}"


@dataclass(frozen=True)
class Turn:
    """One change that turns a sentence: of what, to which text, over how many steps, to what."""

    thing: Thing
    text: str
    steps: int
    becomes: ClaimVerdict


class Turning:
    """The print and the evidence, ready to be otherwise in a few things."""

    def __init__(self, printed: Print, context: Context) -> None:
        self.printed, self.context = printed, context
        self._cells_of: dict[str, list[Key]] = {i.name: [*i.cells] for i in printed.instances}

    def things(self, found: Decided) -> list[Thing]:
        """What a check looked at that can be otherwise, relations by their cells."""
        cells: dict[Key, None] = {}
        entries = []
        for use in found.used:
            if use.kind == CELL:
                cells[use.item, use.row, use.column] = None
            elif use.kind == RELATION:
                cells |= dict.fromkeys(self._cells_of.get(use.item, ()))
            elif use.kind in (RECORD, FRAME):
                entries.append(self._entry(use))
        return [*map(self._cell, cells), *entries]

    def _cell(self, key: Key) -> Thing:
        text, kind = self.printed.texts[key], self.printed.kinds[key]
        others = self.printed.others_of_column(key)
        if kind == _STARS and text:
            others.append("")
        thing = Thing(CELL, *key, f"line {self.printed.lines[key]}", text, (*others, STRANGE))
        if key not in self.printed.values:
            return thing
        return _number(thing, decimals(text), kind, kind in EXACT_KINDS)

    def _entry(self, use: Use) -> Thing:
        text = self.context.evidence.text_of_entry(use)
        column = self.context.evidence.texts_of(use.kind, use.item, use.column)
        others = tuple(t for t in column if t not in (text, ""))
        thing = Thing(use.kind, use.item, "", use.column, use.where, text, (*others, STRANGE))
        try:
            value = abs(number(text))
        except ValueError:
            return thing
        whole = value.denominator == 1
        # A computed number has no last digit that means something: it moves by a hundredth.
        digits = 2 if not value else max(0, 1 - math.floor(math.log10(value)))
        places = decimals(text) if use.kind == RECORD else 0 if whole else digits
        return _number(thing, places, use.kind, exact=False)

    def becomes(
        self,
        check: Check,
        found: Decided,
        texts: Mapping[Thing, str | None],
        headings: Mapping[Key, Key] | None = None,
    ) -> ClaimVerdict | None:
        """The other verdict that a check has with other texts; None where it stays or cannot be.

        A printed cell whose text is None is left out; `headings` names cells otherwise.
        """
        related = {use.item for use in found.used if use.kind == RELATION}
        cells = {(t.item, t.row, t.column): text for t, text in texts.items() if t.kind == CELL}
        entries = {
            (t.kind, t.item, t.column, t.where): text
            for t, text in texts.items()
            if t.kind != CELL and text is not None
        }
        shown = {key: text for key, text in cells.items() if text is not None}
        try:
            outcomes = self.printed.outcomes_with(shown, related)
            evidence = self.context.evidence.otherwise(cells, entries, outcomes, headings)
            verdict = verdict_of(check, replace(self.context, evidence=evidence))
        except (Refused, KeyError, ValueError):
            return None
        return verdict if verdict is not found.verdict else None

    def nearest(self, check: Check, found: Decided, thing: Thing) -> Turn | None:
        """The least change of one thing that turns a check; None where none was found.

        A number is taken to turn the check on its way to the farthest that is tried, or by one
        step; far from the print, to turn it once.
        """

        def tried(text: str, steps: int) -> Turn | None:
            other = self.becomes(check, found, {thing: text}) if text != thing.text else None
            return Turn(thing, text, steps, other) if other else None

        def moved(side: int) -> Turn | None:
            # A sentence that fails may hold in a window of what can be printed alone.
            window = found.verdict is ClaimVerdict.FAILS and thing.kind != FRAME
            search = _every if window else _first
            return search(lambda steps: tried(thing.moved(side * steps), steps), thing.reach)

        turned = [t for side in (1, -1) if thing.places is not None and (t := moved(side))]
        if turned:
            return min(turned, key=lambda t: t.steps)
        # What is computed is a number to its check, never a word.
        words = (
            (*thing.others, *_asked(check)) if thing.kind != FRAME or thing.places is None else ()
        )
        return next((t for text in words if (t := tried(text, 1))), None)

    def left_out(self, check: Check, found: Decided, thing: Thing) -> Turn | None:
        """The turn that comes of leaving one printed cell out."""
        other = self.becomes(check, found, {thing: None}) if thing.kind == CELL else None
        return Turn(thing, LEFT_OUT, 1, other) if other else None

    def named(self, check: Check, found: Decided, thing: Thing) -> Turn | None:
        """The turn that comes of one heading of a printed cell being what the check asks for."""
        if thing.kind != CELL:
            return None
        item, row, column = key = (thing.item, thing.row, thing.column)
        for text in _asked(check):
            for name in ((item, row, text), (item, text, column)):
                if other := self.becomes(check, found, {}, {key: name}):
                    return Turn(thing, f"{NAMED} '{text}'", 1, other)
        return None

    def together(
        self, check: Check, found: Decided, things: Sequence[Thing], rng: np.random.Generator
    ) -> bool:
        """Whether all things changed at once turn a check: all alike, all extreme, or at random."""
        changes = _all_changed(things, _asked(check), rng)
        return any(self.becomes(check, found, texts) for texts in changes)


def _all_changed(
    things: Sequence[Thing], asked: Sequence[str], rng: np.random.Generator
) -> Iterator[Mapping[Thing, str | None]]:
    for text in dict.fromkeys([*(t.text for t in things), *asked, STRANGE]):
        yield dict.fromkeys(things, text)
    for side in (-1, 1):
        yield {t: t.moved(side * t.reach) if t.places is not None else STRANGE for t in things}
    for _ in range(_DRAWS):
        texts: dict[Thing, str | None] = {}
        for thing in things:
            steps = int(rng.integers(-thing.reach, thing.reach + 1))
            moved = [thing.moved(steps)] if thing.places is not None else []
            texts[thing] = str(rng.choice([*thing.others, *moved]))
        yield texts


def _asked(check: Check) -> list[str]:
    """The texts that a check itself writes out: one of them may be what it looks for."""
    constants = (node for node in ast.walk(check.tree) if isinstance(node, ast.Constant))
    return list(dict.fromkeys(c.value for c in constants if isinstance(c.value, str)))


def _number(thing: Thing, places: int, kind: str, exact: bool) -> Thing:
    """A thing whose text is a number, with the ends that its column keeps to."""
    column = []
    for text in (thing.text, *thing.others):
        try:
            column.append(number(text))
        except ValueError:
            continue
    sizes = [abs(v) for v in column]
    reach = max(_LEAST_REACH, int(_FARTHEST * max(sizes) * 10**places))
    bounded = kind in (_STATISTIC, FRAME) and max(sizes) <= 1
    positive = exact or (kind != _STATISTIC and min(column) >= 0)
    low = Fraction(0) if positive else Fraction(-1) if bounded else None
    high = Fraction(100) if kind == _PERCENT else Fraction(1) if bounded else None
    return replace(thing, places=places, low=low, high=high, reach=reach)


def _ladder(reach: int) -> Iterator[int]:
    """Steps to try: one by one, then doubling, the farthest last."""
    steps = 1
    while steps < reach:
        yield steps
        steps = steps + 1 if steps < _EACH else 2 * steps
    yield reach


def _every(tried: Callable[[int], Turn | None], reach: int) -> Turn | None:
    """The first turn of all steps, so far as they are tried one by one."""
    return next((t for steps in range(1, min(reach, _SCANNED) + 1) if (t := tried(steps))), None)


def _first(tried: Callable[[int], Turn | None], reach: int) -> Turn | None:
    """The first turn up the ladder, narrowed down to the step behind one that does not turn.

    Where neither one step nor the farthest turns it, nothing between them is looked for.
    """
    if found := tried(1):
        return found
    if not tried(reach):
        return None
    last = 1
    for steps in _ladder(reach):
        if found := tried(steps):
            while found.steps - last > 1:
                middle = (last + found.steps) // 2
                nearer = tried(middle)
                last, found = (last, nearer) if nearer else (middle, found)
            return found
        last = steps
    return None


def turn_claims(
    claims: pd.DataFrame,
    judged: Mapping[str, Decided],
    turning: Turning,
    rng: Callable[[str], np.random.Generator],
) -> pd.DataFrame:
    """What would turn each claim that holds or fails by what is printed or computed from it.

    `claims` has the columns of claims.csv, `rng` gives the generator of a claim by its name.
    One row for each claim (columns `TURN_COLUMNS`): `turns` is a value of `Turns`, `looked_at`
    the number of things that its check looks at and `can_turn` how many of them turn it
    alone; the rest tells the least of these changes. A claim that holds by construction, and one
    that was decided by nothing that can be otherwise, has no row.
    """
    rows = []
    for claim in claims.to_dict("records"):
        name = str(claim["claim"])
        found = judged[name]
        things = turning.things(found)
        made = found.reason is ClaimReason.BY_CONSTRUCTION
        if found.verdict not in _MEASURED or made or not things:
            continue
        check = parse(str(claim["check"]), name)
        turns = [t for thing in things if (t := turning.nearest(check, found, thing))]
        for other in (turning.left_out, turning.named):
            turns = turns or [t for thing in things if (t := other(check, found, thing))]
        several = not turns and turning.together(check, found, things, rng(name))
        least = min(turns, key=lambda t: t.steps, default=None)
        rows.append(
            {
                "claim": name,
                "verdict": str(found.verdict),
                "turns": str(_how(least, several)),
                "looked_at": len(things),
                "can_turn": len(turns),
                **_told(least),
                "evidence": str(found.evidence),
            }
        )
    return pd.DataFrame(rows, columns=list(TURN_COLUMNS))


def _how(least: Turn | None, several: bool) -> Turns:
    if least is None:
        return Turns.SEVERAL if several else Turns.NEVER
    return Turns.ONE_STEP if least.steps == 1 else Turns.ONE


def _told(least: Turn | None) -> dict[str, Any]:
    if least is None:
        return dict.fromkeys(_TOLD, "")
    thing = least.thing
    return {
        **{name: getattr(thing, name) for name in _PLACE},
        "printed": thing.text,
        "instead": least.text,
        "steps": least.steps,
        "becomes": str(least.becomes),
    }
