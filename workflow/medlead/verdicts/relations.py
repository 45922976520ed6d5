"""The arithmetic that the print allows: declared relations between printed cells, tested.

Declarations say which cells must add up, agree or follow from each other. `expand`
turns them into single tests (`Instance`) and `test_instance` decides each one.
"""

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from medlead.printed import NEAREST, number, reconciling_rule
from medlead.writing import plain_number

Key = tuple[str, str, str]
"""One printed cell: item, row, column."""

_SELECTIONS = {
    "total": ("parts", "total"),
    "share": ("percent", "count", "base"),
    "equal-sums": ("left", "right"),
    "at-most": ("parts", "limit"),
    "same": ("first", "second"),
    "descending": ("parts",),
    "none": ("parts",),
    "lowest": ("parts", "total"),
    "highest": ("parts", "total"),
    "lowest-band": ("parts", "value"),
    "highest-band": ("parts", "value"),
    "commonest": ("parts", "value"),
}
KINDS = tuple(_SELECTIONS)
KIND_MEANINGS = {
    "total": "parts add up to their total",
    "share": "a percentage follows from its count",
    "equal-sums": "the same trusts counted two ways",
    "at-most": "no more trusts than there are",
    "same": "one number or text printed twice",
    "descending": "a stated order",
    "none": "nobody where the text says nobody",
    "lowest": "the lowest of several values",
    "highest": "the highest of several values",
    "lowest-band": "the low end of a stated range",
    "highest-band": "the high end of a stated range",
    "commonest": "the commonest value, or the next after it",
}
"""What each kind of relation tests, in a reader's words."""
# The sides of a test that stand for one number or one text, and so for one cell.
_SINGLE = {
    "total": ("total",),
    "share": ("percent",),
    "same": ("first", "second"),
    "lowest": ("total",),
    "highest": ("total",),
    "lowest-band": ("value",),
    "highest-band": ("value",),
    "commonest": ("value",),
}
_DERIVING = ("total", "same", "lowest", "highest", "lowest-band", "highest-band", "commonest")
_BANDS = ("lowest-band", "highest-band")
_SELECTION_KEYS = {"item", "rows", "columns", "kinds", "except_rows", "skip_empty"}
_DECLARATION_KEYS = {"relation", "kind", "says", "for_each", "match", "absent", "rank"}


class DeclarationError(ValueError):
    """A declared relation does not fit the printed cells: a fault in the declarations."""


@dataclass(frozen=True)
class Cell:
    """One printed cell as the engine sees it."""

    key: Key
    text: str
    kind: str


@dataclass(frozen=True)
class Instance:
    """One single test: two groups of cells, and for a share the base it is taken of.

    `left` and `right` are the cells of each side; for a share `left` is the
    percentage, `right` the count; for `at-most` `right` is the limit. `derived`
    is the cell whose value follows from the others, where there is one. For `lowest`
    and `highest` `right` is the extreme of `left`; for the bands it is a value that
    must lie in the lowest or highest band of `left` that counts anyone.
    """

    relation: str
    name: str
    kind: str
    says: str
    left: tuple[Key, ...]
    right: tuple[Key, ...]
    base: tuple[Key, ...] = ()
    derived: Key | None = None
    rank: int = 1

    @property
    def cells(self) -> tuple[Key, ...]:
        """All cells that the test reads."""
        return self.left + self.right + self.base


@dataclass(frozen=True)
class Outcome:
    """What a test found: both sides, whether it holds, and the rounding rule it needs."""

    instance: Instance
    holds: bool
    left: str
    right: str
    rule: str = ""


def select(cells: Sequence[Cell], selection: Mapping[str, Any], where: str) -> list[Cell]:
    """The printed cells that a selection names, in the order in which it names them.

    Raises DeclarationError, naming `where`, for an unknown key, a row, column or
    kind that is not printed, or an empty selection.
    """
    unknown = set(selection) - _SELECTION_KEYS
    if unknown or "item" not in selection:
        raise DeclarationError(f"{where}: unknown key {sorted(unknown)}, or no item is named")
    here = [c for c in cells if c.key[0] == selection["item"]]
    printed = {
        "rows": list(dict.fromkeys(c.key[1] for c in here)),
        "columns": list(dict.fromkeys(c.key[2] for c in here)),
        "kinds": list(dict.fromkeys(c.kind for c in here)),
    }
    wanted = {name: selection.get(name, "*") for name in printed}
    wanted["except_rows"] = selection.get("except_rows", [])
    for name, chosen in wanted.items():
        if chosen == "*" and name != "except_rows":
            wanted[name] = printed[name]
            continue
        if not isinstance(chosen, list):
            raise DeclarationError(f"{where}: {name} must be a list, not {chosen!r}")
        missing = [w for w in chosen if w not in printed[name.removeprefix("except_")]]
        if missing:
            raise DeclarationError(f"{where}: {selection['item']} prints no {missing}")
    found = [
        c
        for c in here
        if c.key[1] in wanted["rows"]
        and c.key[1] not in wanted["except_rows"]
        and c.key[2] in wanted["columns"]
        and c.kind in wanted["kinds"]
        and not (selection.get("skip_empty") and c.text == "")
    ]
    if not found:
        raise DeclarationError(f"{where}: the selection {dict(selection)} is empty")
    # In the order in which the declaration names rows and columns, print order otherwise.
    rows, columns = wanted["rows"], wanted["columns"]
    return sorted(found, key=lambda c: (rows.index(c.key[1]), columns.index(c.key[2])))


def _grouped(cells: Iterable[Cell], place: int) -> dict[str, list[Key]]:
    groups: dict[str, list[Key]] = {}
    for cell in cells:
        groups.setdefault(cell.key[place], []).append(cell.key)
    return groups


def _sides(
    declaration: Mapping[str, Any],
    picked: Mapping[str, list[Cell]],
    names: tuple[str, ...],
) -> Iterable[tuple[str, dict[str, list[Key]]]]:
    """The single tests of one declaration: a label and the cells of each side."""
    how = declaration.get("for_each")
    keys = {name: [c.key for c in picked[name]] for name in names}
    where = declaration["relation"]
    if how is None:
        yield "", keys
    elif how == "pair":
        fixed = {n: keys[n] for n in names if len(keys[n]) == 1 and n == "limit"}
        moving = [n for n in names if n not in fixed]
        if len({len(keys[n]) for n in moving}) != 1:
            raise DeclarationError(f"{where}: the sides have different lengths, no pairs")
        for group in zip(*(keys[n] for n in moving), strict=True):
            label = " / ".join(group[-1][1:])
            yield (
                label,
                {**fixed, **{n: [k] for n, k in zip(moving, group, strict=True)}},
            )
    elif how in ("row", "column", "column-to-row"):
        first, last = (2, 2) if how == "column" else (1, 1) if how == "row" else (2, 1)
        groups = {n: _grouped(picked[n], first if n == names[0] else last) for n in names}
        for label in dict.fromkeys(g for n in names if n != "base" for g in groups[n]):
            sides = {n: groups[n].get(label, []) for n in names if n != "base"}
            empty = [n for n, side in sides.items() if not side]
            if empty and "absent" not in declaration:
                raise DeclarationError(f"{where}: {empty} prints nothing for {label!r}")
            yield (
                label,
                {**sides, **({"base": keys["base"]} if "base" in names else {})},
            )
    elif how in ("match", "match-columns"):
        place = 1 if how == "match" else 2
        left, right = _grouped(picked[names[0]], place), _grouped(picked[names[1]], 1)
        for a, b in declaration.get("match", ()):
            if a not in left or b not in right:
                raise DeclarationError(f"{where}: cannot match {a!r} with {b!r}")
            yield a, {names[0]: left[a], names[1]: right[b]}
    else:
        raise DeclarationError(f"{where}: for_each cannot be {how!r}")


def expand(declarations: Iterable[Mapping[str, Any]], cells: Sequence[Cell]) -> list[Instance]:
    """The single tests of all declarations, in their order.

    Raises DeclarationError where a declaration names an unknown kind, key, row or
    column, gives several cells where one is meant, or reads a cell that shows no
    number, so that no declared test can silently test nothing.
    """
    instances: list[Instance] = []
    taken: set[str] = set()
    texts = {c.key: c.text for c in cells}
    for declaration in declarations:
        where, kind = declaration["relation"], declaration["kind"]
        if kind not in KINDS:
            raise DeclarationError(f"{where}: kind {kind!r} is none of {', '.join(KINDS)}")
        names = _SELECTIONS[kind]
        extra = set(declaration) - _DECLARATION_KEYS - set(names)
        if extra:
            raise DeclarationError(f"{where}: unknown key {sorted(extra)}")
        lacking = [n for n in ("says", *names) if n not in declaration]
        if lacking:
            raise DeclarationError(f"{where}: {lacking} is missing")
        rank = declaration.get("rank", 1)
        if not isinstance(rank, int) or rank < 1 or ("rank" in declaration and kind != "commonest"):
            raise DeclarationError(f"{where}: rank must be 1 or more, and belongs to commonest")
        if declaration.get("absent", 0) != 0 or ("absent" in declaration and kind in _SINGLE):
            raise DeclarationError(f"{where}: absent must be 0, and belongs to sums on both sides")
        picked = {n: select(cells, declaration[n], where) for n in names}
        tests = list(_sides(declaration, picked, names))
        if not tests:
            raise DeclarationError(f"{where}: nothing is tested")
        for label, sides in tests:
            instance = _instance(declaration, label, names, sides)
            _check_cells(instance, kind, sides, texts)
            if instance.name in taken:
                raise DeclarationError(f"{instance.name}: two tests have this name")
            taken.add(instance.name)
            instances.append(instance)
    return instances


def _instance(
    declaration: Mapping[str, Any], label: str, names: tuple[str, ...], sides: dict[str, list[Key]]
) -> Instance:
    name, kind = declaration["relation"], declaration["kind"]
    left = tuple(sides[names[0]])
    right = tuple(sides[names[1]]) if len(names) > 1 else ()
    derived = left if kind == "share" else right if kind in _DERIVING else ()
    if kind in _BANDS and any(low != high for low, high in map(_band, left)):
        derived = ()  # a band bounds the value, it does not give it
    return Instance(
        relation=name,
        name=f"{name}[{label}]" if label else name,
        kind=kind,
        says=declaration["says"],
        left=left,
        right=right,
        base=tuple(sides.get("base", ())),
        derived=derived[0] if derived else None,
        rank=declaration.get("rank", 1),
    )


def _check_cells(
    instance: Instance, kind: str, sides: Mapping[str, list[Key]], texts: Mapping[Key, str]
) -> None:
    for side in _SINGLE.get(kind, ()):
        if len(sides[side]) != 1:
            raise DeclarationError(
                f"{instance.name}: {side} must be one cell, not {len(sides[side])}"
            )
    if kind == "descending" and len(instance.left) < 2:
        raise DeclarationError(f"{instance.name}: an order needs at least two cells")
    if kind == "same":
        return
    for key in instance.cells:
        try:
            number(texts[key])
        except ValueError as error:
            raise DeclarationError(f"{instance.name}: {key}: {error}") from error


def sum_of(keys: Iterable[Key], values: Mapping[Key, Fraction]) -> Fraction:
    """The exact sum of some cells, 0 for none."""
    return sum((values[k] for k in keys), Fraction(0))


def share_of(instance: Instance, values: Mapping[Key, Fraction]) -> Fraction | None:
    """The exact percentage that a share's count and base imply; None where the base is 0."""
    base = sum_of(instance.base, values)
    return 100 * sum_of(instance.right, values) / base if base else None


def _band(key: Key) -> tuple[Fraction, Fraction]:
    """The numbers that a cell's heading stands for: `50-99`, or `3`."""
    for heading in (key[2], key[1]):
        low, mark, high = heading.partition("-")
        try:
            return number(low), number(high if mark else low)
        except ValueError:
            continue
    raise DeclarationError(f"{key}: neither heading is a number or a band of numbers")


def _occupied(instance: Instance, values: Mapping[Key, Fraction]) -> tuple[Fraction, ...] | None:
    """The lowest or highest band that counts anyone, None where all are empty."""
    bands = [_band(k) for k in instance.left if values[k] > 0]
    return (min if instance.kind == "lowest-band" else max)(bands, default=None)


def _commonest(instance: Instance, values: Mapping[Key, Fraction]) -> str:
    """The number that heads the count of the instance's rank; all of them where counts tie."""
    counts = sorted({values[k] for k in instance.left}, reverse=True)
    if len(counts) < instance.rank:
        return "none"
    wanted = counts[instance.rank - 1]
    return " or ".join(_exact(_band(k)[0]) for k in instance.left if values[k] == wanted)


def _exact(value: Fraction) -> str:
    return str(value) if value.denominator == 1 else plain_number(float(value))


def test_instance(
    instance: Instance, values: Mapping[Key, Fraction], texts: Mapping[Key, str]
) -> Outcome:
    """Decide one single test on the printed cells.

    `same` compares numbers by value under the rounding rules, and any other
    text letter for letter. A share of a base of 0 fails: there is no such
    percentage. `values` may differ from what `texts` show, to try a change.
    """

    def text(key: Key) -> str:
        unchanged = key not in values or number(texts[key]) == values[key]
        return texts[key] if unchanged else _exact(values[key])

    left, right, rule = "", "", None
    if instance.kind == "same":
        (first,), (second,) = instance.left, instance.right
        left, right = text(first), text(second)
        if first in values and second in values:
            rule = reconciling_rule(values[first], right)
        else:
            rule = "exact" if left == right else None
    elif instance.kind == "share":
        share = share_of(instance, values)
        left = text(instance.left[0])
        right = "undefined" if share is None else plain_number(float(share))
        rule = None if share is None else reconciling_rule(share, left, NEAREST)
    elif instance.kind in _BANDS:
        right, band = text(instance.right[0]), _occupied(instance, values)
        left = "none" if band is None else "-".join(dict.fromkeys(map(_exact, band)))
        if band is not None and band[0] <= values[instance.right[0]] <= band[1]:
            rule = "exact"
    elif instance.kind == "commonest":
        left, right = _commonest(instance, values), text(instance.right[0])
        rule = "exact" if left == _exact(values[instance.right[0]]) else None
    elif instance.kind in ("lowest", "highest"):
        ends = [values[k] for k in instance.left]
        end = min(ends) if instance.kind == "lowest" else max(ends)
        left, right = _exact(end), text(instance.right[0])
        rule = reconciling_rule(end, right)
    elif instance.kind == "none":
        left, right = _exact(sum_of(instance.left, values)), "0"
        rule = "exact" if left == right else None
    elif instance.kind == "descending":
        left = " ".join(text(k) for k in instance.left)
        ordered = [values[k] for k in instance.left]
        rule = "exact" if all(a >= b for a, b in itertools.pairwise(ordered)) else None
    else:
        first_sum, second_sum = sum_of(instance.left, values), sum_of(instance.right, values)
        left, right = _exact(first_sum), _exact(second_sum)
        fits = first_sum <= second_sum if instance.kind == "at-most" else first_sum == second_sum
        rule = "exact" if fits else None
    return Outcome(instance, rule is not None, left, right, rule or "")


test_instance.__test__ = False  # type: ignore[attr-defined]


def numeric_values(cells: Iterable[Cell]) -> dict[Key, Fraction]:
    """The cells whose text is one number, with its exact value."""
    values = {}
    for cell in cells:
        try:
            values[cell.key] = number(cell.text)
        except ValueError:
            continue
    return values
