"""Declarations of relations, expanded to single tests on named printed cells."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from medlead.printed import number
from medlead.verdicts.instances import (
    BANDS,
    BOUNDING,
    KINDS,
    ORDERED,
    SELECTIONS,
    TERMS,
    WHICH,
    WITHIN,
    Cell,
    DeclarationError,
    Instance,
    Key,
    band_of,
)
from medlead.verdicts.templates import filled

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
    "ranked": ("place", "value"),
    "number-of": ("total",),
    "within": ("low", "high"),
    **dict.fromkeys(("together", "goes-with"), ("first", "second")),
    **dict.fromkeys(("listed", "product"), ("parts",)),
    "possible-share": ("n",),
    "composite": ("whole",),
}
# Of some kinds only one side holds numbers, or none.
_NUMBERS: dict[str, Callable[[Instance], tuple[Key, ...]]] = {
    **dict.fromkeys(
        ("same", "on-scale", "together", "goes-with", "listed", "product"), lambda _: ()
    ),
    "counted": lambda i: i.right,
    "monotone": lambda i: i.left,
}
# What is named once for all rows or columns.
_SHARED = {
    "number-of": ("base", "total"),
    "counted": ("counts",),
    "within": ("low", "high"),
}
_DERIVING = (
    *("total", "same", "lowest", "highest", "lowest-band", "highest-band", "commonest"),
    "number-of",
)
# Kinds that derive no cell, and can still rest on how the print is meant.
_READ = (*BOUNDING, "whole", "at-most")
_SELECTION_KEYS = {"item", "rows", "columns", "kinds", "except_rows", "skip_empty"}
_DECLARATION_KEYS = {
    *("relation", "kind", "says", "for_each", "match", "absent", "rank", "differs"),
    *("which", "reading", "terms", "per", "to", "leading"),
}
# Keys that belong to one kind only, each with what it may be.
_OF_KIND = {"per": ("share", (1, 100)), "leading": ("same", (True, False)), "to": ("same", ())}


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
        fixed = {n: keys[n] for n in names if len(keys[n]) == 1 and n in ("limit", "base")}
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
        # One base serves all rows, and so does one number that is stated of each of them.
        shared = {n for n in _SHARED.get(declaration["kind"], ("base",)) if n in names}
        if declaration["kind"] == "within":
            shared = {n for n in shared if len(keys[n]) == 1}
        for label in dict.fromkeys(g for n in names if n not in shared for g in groups[n]):
            sides = {n: groups[n].get(label, []) for n in names if n not in shared}
            empty = [n for n, side in sides.items() if not side]
            if empty and "absent" not in declaration:
                raise DeclarationError(f"{where}: {empty} prints nothing for {label!r}")
            yield label, {**sides, **{n: keys[n] for n in names if n in shared}}
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
    for declaration in filled(declarations):
        where, kind = declaration["relation"], declaration["kind"]
        if kind not in KINDS:
            raise DeclarationError(f"{where}: kind {kind!r} is none of {', '.join(KINDS)}")
        names = SELECTIONS[kind]
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
        _check_own_keys(declaration)
        which, against = _which(declaration)
        value = "" if isinstance(against, Mapping) else str(against)
        compared = [c.key for c in select(cells, against, where)] if against and not value else []
        picked = {n: select(cells, declaration[n], where) for n in names}
        terms = _terms(declaration)
        keys = {n: [c.key for c in picked[n]] for n in names}
        tests = list(_sides(declaration, picked, names))
        if not tests:
            raise DeclarationError(f"{where}: nothing is tested")
        _check_differs(declaration, [label for label, _ in tests])
        for label, sides in tests:
            if kind in _BASES:
                sides = {**sides, "base": compared or _BASES[kind](sides, keys)}
            instance = replace(
                _instance(declaration, label, names, sides),
                which=which,
                value=value,
                terms=terms,
            )
            if instance.reading and instance.derived is None and kind not in _READ:
                raise DeclarationError(f"{where}: reading belongs to what derives a cell")
            _check_cells(instance, kind, sides, texts)
            if instance.name in taken:
                raise DeclarationError(f"{instance.name}: two tests have this name")
            taken.add(instance.name)
            instances.append(instance)
    return instances


# What stands as base of a test: what is counted with, the high end, all records.
_Sides = Mapping[str, list[Key]]
_BASES: dict[str, Callable[[_Sides, _Sides], list[Key]]] = {
    "number-of": lambda sides, keys: [],
    "within": lambda sides, keys: sides["high"],
    "counted": lambda sides, keys: keys["record"],
}


def _terms(declaration: Mapping[str, Any]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """The words and numbers of a declaration besides its cells, as text."""
    where, given = declaration["relation"], declaration.get("terms", {})
    if given and declaration["kind"] not in TERMS:
        raise DeclarationError(f"{where}: terms do not belong to {declaration['kind']}")
    known = TERMS.get(declaration["kind"])
    strange = [] if known is None else sorted(set(map(str, given)) - set(known))
    if strange:
        raise DeclarationError(f"{where}: unknown term {strange}")
    if declaration["kind"] in _NEEDED and not set(given) & set(_NEEDED[declaration["kind"]]):
        needed = " or ".join(_NEEDED[declaration["kind"]])
        raise DeclarationError(f"{where}: terms need {needed}")
    return tuple(
        (str(name), tuple(map(str, words if isinstance(words, list) else [words])))
        for name, words in given.items()
    )


_NEEDED = {
    "on-scale": ("scale", "low"),
    "together": ("first",),
    "product": ("pattern",),
}


def _check_own_keys(declaration: Mapping[str, Any]) -> None:
    for key, (kind, allowed) in _OF_KIND.items():
        given = declaration.get(key, 1)
        whole = isinstance(given, int) and given >= 1
        if key in declaration and declaration["kind"] != kind:
            raise DeclarationError(f"{declaration['relation']}: {key} belongs to {kind}")
        if key in declaration and not (given in allowed if allowed else whole):
            raise DeclarationError(f"{declaration['relation']}: {key} cannot be {given!r}")


def _which(declaration: Mapping[str, Any]) -> tuple[str, Any]:
    """Which cells are counted, and what they are held against: a value or a selection."""
    given = declaration.get("which")
    if given is None:
        return "", ""
    where = declaration["relation"]
    if declaration["kind"] != "number-of":
        raise DeclarationError(f"{where}: which belongs to number-of")
    if not isinstance(given, Mapping) or len(given) != 1 or not set(given) <= set(WHICH):
        raise DeclarationError(f"{where}: which is one of {', '.join(WHICH)}, with its value")
    ((which, against),) = given.items()
    if isinstance(against, bool | list) or against in (None, ""):
        raise DeclarationError(f"{where}: {which} needs a number, a text or a selection")
    if which in ORDERED and not isinstance(against, Mapping):
        _check_number(str(against), f"{where}: {which}")
    return which, against


def _check_number(text: str, where: str) -> None:
    try:
        number(text)
    except ValueError as error:
        raise DeclarationError(f"{where}: {error}") from error


def _check_differs(declaration: Mapping[str, Any], labels: Sequence[str]) -> None:
    if "differs" in declaration and declaration["kind"] != "same":
        raise DeclarationError(f"{declaration['relation']}: differs belongs to same")
    stray = sorted(set(declaration.get("differs", ())) - set(labels))
    if stray:
        raise DeclarationError(f"{declaration['relation']}: differs names no test by {stray}")


def _instance(
    declaration: Mapping[str, Any], label: str, names: tuple[str, ...], sides: dict[str, list[Key]]
) -> Instance:
    name, kind = declaration["relation"], declaration["kind"]
    left = tuple(sides[names[0]])
    right = tuple(sides[names[1]]) if len(names) > 1 else ()
    derived = left if kind in ("share", "ranked") else right if kind in _DERIVING else ()
    if kind in BANDS and any(low != high for low, high in map(band_of, left)):
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
        differs=declaration.get("differs", {}).get(label, ""),
        reading=declaration.get("reading", ""),
        per=declaration.get("per", 100),
        to=declaration.get("to", 1),
        leading=declaration.get("leading", False),
    )


def _check_cells(
    instance: Instance, kind: str, sides: Mapping[str, list[Key]], texts: Mapping[Key, str]
) -> None:
    for side in _SINGLE.get(kind, ()):
        if len(sides[side]) != 1:
            raise DeclarationError(
                f"{instance.name}: {side} must be one cell, not {len(sides[side])}"
            )
    if kind in WITHIN and len(instance.right) != 2:
        raise DeclarationError(
            f"{instance.name}: ends must be two cells, not {len(instance.right)}"
        )
    if kind == "ranked" and instance.right[0] not in instance.base:
        raise DeclarationError(f"{instance.name}: the count is none of those in base")
    if kind == "descending" and len(instance.left) < 2:
        raise DeclarationError(f"{instance.name}: an order needs at least two cells")
    if kind == "number-of" and len(instance.base) > 1:
        raise DeclarationError(f"{instance.name}: {instance.which} must be one cell")
    if kind == "monotone" and len(instance.left) != len(instance.right):
        raise DeclarationError(f"{instance.name}: as many marks are needed as coefficients")
    # What is only counted, or only compared with a text, need not be a number.
    counted = kind == "number-of" and instance.which not in ORDERED
    numbers = instance.right if counted else instance.cells
    for key in _NUMBERS[kind](instance) if kind in _NUMBERS else numbers:
        _check_number(texts[key], f"{instance.name}: {key}")
