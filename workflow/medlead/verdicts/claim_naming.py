"""What a number of a check is, in a few words: a reader has the number, not the check."""

import ast
from collections.abc import Callable, Mapping
from typing import Any

from medlead.evidence import item_name
from medlead.verdicts.claim_language import literal_of
from medlead.verdicts.places import listed

_LISTED, _LONGEST = 4, 120
_ALL = "*"
_SUMMED: Mapping[str, str] = {
    "total": "sum of",
    "mean": "mean of",
    "weighted_mean": "mean of",
    "middle": "middle one of",
    "spread": "spread of",
    "size": "number of entries of",
    "highest": "highest of",
    "lowest": "lowest of",
}
_CONDITIONS: Mapping[str, str] = {
    "above": "are above {}",
    "below": "are below {}",
    "at_least": "are at least {}",
    "at_most": "are at most {}",
    "equal": "are {}",
    "like": "say '{}'",
    "unlike": "do not say '{}'",
    "containing": "have '{}'",
}


def named(node: ast.expr) -> str:
    """What this part of a check is; empty where it is written out, or takes too many words."""
    words = _words(node) if isinstance(node, ast.Call) else ""
    return words if len(words) <= _LONGEST else ""


def _words(node: ast.expr) -> str:
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name)):
        return ""
    name = node.func.id
    if name in _SUMMED:
        inner = _words(node.args[0])
        return f"{_SUMMED[name]} {inner}" if inner else ""
    maker = _MAKERS.get(name)
    return maker(node, [literal_of(a) for a in node.args]) if maker else ""


def _printed(node: ast.Call, given: list[Any]) -> str:
    parts = [item_name(str(given[0])), *(_names(g) for g in given[1:])]
    return ", ".join(part for part in parts if part)


def _names(given: Any) -> str:
    names = given if isinstance(given, list) else [given]
    if names == [_ALL]:
        return ""
    if len(names) > _LISTED:
        return f"{names[0]} to {names[-1]}"
    return listed([str(n) for n in names])


def _of_result(node: ast.Call, given: list[Any]) -> str:
    return _keyed(node, f"{_plain(given[1])} in {_stem(given)}")


def _of_ends(node: ast.Call, given: list[Any]) -> str:
    return _keyed(node, _stem(given))


def _stem(given: list[Any]) -> str:
    return str(given[0]).rpartition("/")[2].replace("-", " ").replace("_", " ")


def _keyed(node: ast.Call, column: str) -> str:
    keys = {str(k.arg): literal_of(k.value) for k in node.keywords if k.arg not in (None, "by")}
    told = [_plain(f"{k} {_names(v)}") for k, v in keys.items() if v]
    return ", ".join(part for part in (column, *told) if part)


def _plain(text: str) -> str:
    return str(text).replace("_", " ")


def _one_label(node: ast.Call, given: list[Any]) -> str:
    inner = _words(node.args[0])
    return f"{inner}, {given[1]}" if inner else str(given[1])


def _picked(node: ast.Call, given: list[Any]) -> str:
    inner = _words(node.args[0])
    return f"{inner}, {_names(given[1])}" if inner and len(given) > 1 else inner


def _place(node: ast.Call, given: list[Any]) -> str:
    inner = _words(node.args[1])
    return f"place of {given[0]}" + (f" in {inner}" if inner else "")


def _counted(node: ast.Call, given: list[Any]) -> str:
    inner = _words(node.args[0])
    conditions = [
        _CONDITIONS[str(k.arg)].format(k.value.value)
        for k in node.keywords
        if k.arg in _CONDITIONS and isinstance(k.value, ast.Constant)
    ]
    if not inner or len(conditions) < len(node.keywords):
        return f"how many of {inner} are as wanted" if inner else ""
    return f"how many of {inner} {' and '.join(conditions)}"


_MAKERS: Mapping[str, Callable[[ast.Call, list[Any]], str]] = {
    **dict.fromkeys(("cell", "text", "cells", "texts", "row_sums", "column_sums"), _printed),
    **dict.fromkeys(("found", "found_text", "frame", "frame_texts", "records"), _of_result),
    "record_texts": _of_result,
    "found_set": _of_ends,
    "value": _one_label,
    "pick": _picked,
    "rank_of": _place,
    "number_of": _counted,
}
