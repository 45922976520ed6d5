"""Declarations that are made once for several tables, filled in for each."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from medlead.verdicts.instances import DeclarationError

_PLACE = re.compile(r"\{(\w+)\}")


def filled(declarations: Iterable[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    """Every declaration, those with `over` once for each of its entries.

    An entry names values; where a text of the declaration has one of the names in braces,
    its value is put in, and a text that is nothing else becomes the value, a list for
    instance. Raises DeclarationError for an entry that is not used, a name that no entry
    gives, or `over` without entries.
    """
    for declaration in declarations:
        if "over" not in declaration:
            yield declaration
            continue
        rest = {key: value for key, value in declaration.items() if key != "over"}
        where = str(declaration.get("relation"))
        if not isinstance(declaration["over"], list) or not declaration["over"]:
            raise DeclarationError(f"{where}: over needs a list of entries")
        for entry in declaration["over"]:
            used: set[str] = set()
            yield _put(rest, entry, used, where)
            idle = sorted(set(entry) - used)
            if idle:
                raise DeclarationError(f"{where}: {idle} of over is nowhere used")


def _put(part: Any, entry: Mapping[str, Any], used: set[str], where: str) -> Any:
    if isinstance(part, Mapping):
        return {_put(k, entry, used, where): _put(v, entry, used, where) for k, v in part.items()}
    if isinstance(part, list):
        return [_put(item, entry, used, where) for item in part]
    if not isinstance(part, str):
        return part

    def value(name: str) -> Any:
        if name not in entry:
            raise DeclarationError(f"{where}: over gives no {{{name}}}")
        used.add(name)
        return entry[name]

    whole = _PLACE.fullmatch(part)
    if whole:
        return value(whole[1])
    return _PLACE.sub(lambda found: str(value(found[1])), part)
