"""Whether the definition file of a questionnaire can be used: every fault, in plain words."""

import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from itertools import pairwise
from typing import Any

from medlead.sources.messages import Problem
from medlead.sources.reading import nearest


class PartType(StrEnum):
    """How a part is answered."""

    NUMBER = "number"
    COUNT = "count"
    TICKS = "ticks"
    CHOICE = "choice"
    YES_NO = "yes-no"
    RATING = "rating"
    TEXT = "text"
    ROLES = "roles"
    LIST = "list"


YES_NO = ("yes", "no")
# What the coded file says of each return itself; no variable can have these names.
RESERVED = ("row", "returned", "complete", "used")
# Columns that stand beside the key in the tables of the cleaned survey.
_TABLE_COLUMNS = ("file", "set", "field", "column", "text", "code", "line", "why")
# For each thing in the file: the keys it must have, and those it may have.
_KEYS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "instrument": (
        (
            "instrument",
            "title",
            "source",
            "frame",
            "questions",
            "returns",
            "checks",
            "bands",
            "codes",
            "coded",
            "decisions",
        ),
        (),
    ),
    "question": (("question", "asks", "parts"), ()),
    "part": (
        ("part", "label", "type"),
        (
            "column",
            "from",
            "options",
            "unit",
            "low",
            "high",
            "ends",
            "asked_if",
            "for_each",
            "specify",
            "codes",
        ),
    ),
    "option": (("option",), ("label", "also", "patterns", "column")),
    "routing": (("part",), ("is", "ticked", "ticks_from")),
    "returns": (("key", "complete_from"), ()),
    "bands": (("of", "label", "bands"), ()),
    "band": (("band", "from"), ("below", "printed")),
    "codes": (
        ("of", "kind", "label", "codes"),
        ("separators", "keep_whole", "ignore", "otherwise_only", "try_first"),
    ),
    "code": (("code",), ("patterns", "ticks", "options", "other")),
    "coded": (("variable", "from"), ("label", "bands", "codes", "sum", "of")),
    "decision": (("about", "found", "decided", "because"), ()),
}
# What each kind of check names, beside its name, kind and sentence.
CHECK_KINDS: Mapping[str, tuple[str, ...]] = {
    "at-most": ("left", "right"),
    "listed-at-most": ("list", "count"),
    "chosen-is-ticked": ("choice", "ticks"),
}
# Which key of a code each kind of set reads.
_READ_BY = {
    "ticks": "ticks",
    "choice": "options",
    "items": "patterns",
    "text": "patterns",
    "roles": "patterns",
}


def check_definition(mapping: Mapping[str, Any], file: str) -> list[Problem]:
    """Every fault of a parsed definition file, under the name `file`; empty where it is sound."""
    check = _Check(file)
    check.keys("the file", mapping, "instrument")
    if check.problems:
        return check.problems
    check.parts(mapping)
    if not check.problems:
        for name, given in mapping["bands"].items():
            check.bands(f"bands / {name}", given)
        for name, given in mapping["codes"].items():
            check.codes(f"codes / {name}", given)
        check.rest(mapping)
    return check.problems


class _Check:
    """The faults found so far, and the names known so far."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.problems: list[Problem] = []
        # The options of each part by its name, with `for_each` parts under their own pattern.
        self.options: dict[str, tuple[str, ...]] = {}
        self.types: dict[str, str] = {}
        # Between which values an answer is taken as it is.
        self.ends: dict[str, tuple[float, float]] = {}

    def wrong(self, place: str, what: str, mend: str, allowed: Iterable[str] = ()) -> None:
        shown = ", ".join(allowed) or None
        self.problems.append(Problem(self.file, f"{place}: {what}", mend, allowed=shown))

    def unknown(self, place: str, what: str, name: object, known: Iterable[str]) -> None:
        listed = tuple(known)
        near = nearest(str(name), listed)
        mend = f"did you mean '{near}'?" if near else "correct it, or define it first"
        self.wrong(place, f"the {what} '{name}' is not known", mend, listed)

    def keys(self, place: str, given: object, thing: str) -> bool:
        return self.keys_of(place, given, *_KEYS[thing])

    def keys_of(
        self, place: str, given: object, needed: tuple[str, ...], further: tuple[str, ...]
    ) -> bool:
        if not isinstance(given, Mapping):
            self.wrong(place, "this is not a list of keys", "see the head of the file")
            return False
        before = len(self.problems)
        for key in given:
            if key not in (*needed, *further):
                self.unknown(place, "key", key, (*needed, *further))
        for key in needed:
            if key not in given:
                self.wrong(place, f"the key '{key}' is missing", f"add `{key}:`")
        return len(self.problems) == before

    def twice(self, place: str, what: str, names: Iterable[Any]) -> None:
        seen: set[Any] = set()
        for name in names:
            if name in seen:
                self.wrong(place, f"the {what} '{name}' is used twice", "give each its own")
            seen.add(name)

    def parts(self, mapping: Mapping[str, Any]) -> None:
        listed = [(f"frame / {_name(p, 'part')}", p) for p in mapping["frame"]]
        for question in mapping["questions"]:
            place = str(_name(question, "question"))
            if self.keys(place, question, "question"):
                listed += [(f"{place} / {_name(p, 'part')}", p) for p in question["parts"]]
        sound = [(place, p) for place, p in listed if self.keys(place, p, "part")]
        for place, part in sound:
            self._options(place, part)
        if self.problems:
            return
        self.twice("questions", "question", [q["question"] for q in mapping["questions"]])
        self.twice("parts", "part", [p["part"] for _, p in sound])
        self.twice("parts", "column", _columns(p for _, p in sound))
        for place, part in sound:
            self._links(place, part, mapping)

    def _options(self, place: str, part: Mapping[str, Any]) -> None:
        kind = part["type"]
        if kind not in list(PartType):
            self.unknown(place, "type", kind, PartType)
            return
        given = part.get("options", [])
        has_options = kind in (PartType.TICKS, PartType.CHOICE)
        if has_options != bool(given):
            what = "needs options" if has_options else "takes no options"
            self.wrong(place, f"a part of the type '{kind}' {what}", "see the head of the file")
        names, spellings = [], []
        for option in given:
            if isinstance(option, str):
                names.append(option)
                spellings.append([option])
            elif self.keys(f"{place} / options", option, "option"):
                names.append(option["option"])
                words = [option["option"], option.get("label", ""), *option.get("also", [])]
                spellings.append([w for w in words if w])
                self._patterns(place, option.get("patterns", []))
                if (kind == PartType.TICKS) != ("column" in option):
                    what = "each option of ticks, and no other, has a column"
                    self.wrong(f"{place} / options", what, "add or delete `column:`")
        self.twice(place, "option", names)
        self.twice(place, "spelling", [w for s in spellings for w in {w.lower() for w in s}])
        if kind != PartType.TICKS and not part.get("column"):
            self.wrong(place, "the part has no column", "add `column:` with the raw column")
        if kind == PartType.RATING and not _ends(part):
            self.wrong(place, "a rating needs its ends", "add `low:` and `high:`, the lower first")
        words = part.get("ends", ["", " "])
        if kind != PartType.RATING and "ends" in part:
            self.wrong(place, "only a rating has `ends`", "delete `ends:`")
        elif not isinstance(words, list) or len(words) != 2 or words[0] == words[1]:
            self.wrong(place, "`ends` are not two texts", "write the words at both ends")
        if kind == PartType.YES_NO:
            names = list(YES_NO)
        self.options[part["part"]] = tuple(names)
        self.types[part["part"]] = kind
        low, high = part.get("low", 0), part.get("high", math.inf)
        if isinstance(low, int | float) and isinstance(high, int | float):
            self.ends[part["part"]] = low, high

    def _links(self, place: str, part: Mapping[str, Any], mapping: Mapping[str, Any]) -> None:
        if "for_each" in part:
            if self.types.get(part["for_each"]) != PartType.TICKS:
                ticks = [n for n, t in self.types.items() if t == PartType.TICKS]
                self.unknown(place, "ticks part", part["for_each"], ticks)
            elif "{option}" not in part["part"] or "{option}" not in part["column"]:
                self.wrong(place, "{option} is missing", "put {option} into `part` and `column`")
        if "codes" in part and part["codes"] not in mapping["codes"]:
            self.unknown(place, "set of codes", part["codes"], mapping["codes"])
        if "specify" in part and "other" not in self.options[part["part"]]:
            self.wrong(place, "`specify` needs the option 'other'", "add it, or delete `specify`")
        routing = part.get("asked_if")
        if routing is None or not self.keys(f"{place} / asked_if", routing, "routing"):
            return
        if routing["part"] not in self.options:
            self.unknown(f"{place} / asked_if", "part", routing["part"], self.options)
            return
        known = self.options[routing["part"]]
        wanted = [*routing.get("is", ()), *filter(None, [routing.get("ticked")])]
        for option in wanted:
            if option not in known:
                self.unknown(f"{place} / asked_if", "option", option, known)
        if len(routing) != 2:
            self.wrong(
                f"{place} / asked_if",
                "exactly one condition is needed",
                "keep one",
                ("is", "ticked", "ticks_from"),
            )

    def bands(self, place: str, given: object) -> None:
        if not self.keys(place, given, "bands") or not isinstance(given, Mapping):
            return
        if self.types.get(given["of"]) not in (PartType.NUMBER, PartType.COUNT):
            self.unknown(place, "number or count", given["of"], self.types)
        listed = [b for b in given["bands"] if self.keys(place, b, "band")]
        for band in listed:
            for key in ("from", "below"):
                if not isinstance(band.get(key, 0), int | float):
                    self.wrong(place, f"`{key}` of '{band['band']}' is no number", "correct it")
                    return
        self.twice(place, "band", [str(b["band"]) for b in listed])
        for lower, upper in pairwise(listed):
            pair = f"'{lower['band']}' and '{upper['band']}'"
            end = lower.get("below", upper["from"])
            if upper["from"] <= lower["from"] or end > upper["from"]:
                self.wrong(place, f"the bands {pair} overlap", "order them, and correct the ends")
            elif end < upper["from"]:
                self.wrong(place, f"there is a gap between the bands {pair}", "close the gap")
        if listed and given["of"] in self.ends:
            self._beyond(place, listed, *self.ends[given["of"]])

    def _beyond(
        self, place: str, bands: Sequence[Mapping[str, Any]], low: float, high: float
    ) -> None:
        """Values that are taken as answers and that no band holds would be lost unheard."""
        first, last = bands[0]["from"], bands[-1].get("below", math.inf)
        for lost in (
            *([f"values from {low:g} to below {first:g}"] if low < first else []),
            *([f"values from {last:g} on"] if last <= high and last < math.inf else []),
        ):
            mend = "add a band (`printed: false` shows it only where a return is in it)"
            self.wrong(place, f"{lost} have no band", mend)

    def codes(self, place: str, given: object) -> None:
        if not self.keys(place, given, "codes") or not isinstance(given, Mapping):
            return
        if given["kind"] not in _READ_BY:
            self.unknown(place, "kind", given["kind"], _READ_BY)
            return
        parts = [given["of"]] if isinstance(given["of"], str) else given["of"]
        for part in [*parts, *filter(None, [given.get("otherwise_only")])]:
            if part not in self.types:
                self.unknown(place, "part", part, self.types)
        listed = [c for c in given["codes"] if self.keys(place, c, "code")]
        names = [c["code"] for c in listed]
        self.twice(place, "code", names)
        for name in given.get("try_first", ()):
            if name not in names:
                self.unknown(place, "code", name, names)
        read = _READ_BY[given["kind"]]
        known = {o for p in parts for o in self.options.get(p, ())}
        meanings: list[Any] = []
        for code in listed:
            at = f"{place} / {code['code']}"
            values = code.get(read)
            if not values:
                self.wrong(at, f"the code has no {read}", f"add `{read}:`")
                continue
            if read == "patterns":
                self._patterns(at, values)
                meanings += values
            else:
                for option in values:
                    if option not in known:
                        self.unknown(at, "option", option, sorted(known))
                meanings += [frozenset(values)] if read == "ticks" else values
        if given["kind"] == "choice":
            taken = {option for code in listed for option in code.get("options", ())}
            for option in sorted({o for p in parts for o in self.options.get(p, ())} - taken):
                self.wrong(place, f"the option '{option}' has no code", "name it in a code")
        for pattern in given.get("keep_whole", ()):
            self._patterns(place, [pattern])
        self.twice(place, "meaning", [_shown(m) for m in meanings])

    def _patterns(self, place: str, patterns: Iterable[str]) -> None:
        for pattern in patterns:
            try:
                re.compile(pattern)
            except re.error as error:
                what = f"the pattern {pattern!r} cannot be read ({error})"
                self.wrong(place, what, "correct the regular expression")

    def rest(self, mapping: Mapping[str, Any]) -> None:
        """The key, checks, coded variables and decisions."""
        returns = mapping["returns"]
        if self.keys("returns", returns, "returns") and returns["key"] not in self.types:
            self.unknown("returns", "part", returns["key"], self.types)
        for given in mapping["checks"]:
            place = f"checks / {_name(given, 'check')}"
            kind = str(_name(given, "kind"))
            if kind not in CHECK_KINDS:
                self.unknown(place, "kind", kind, CHECK_KINDS)
                continue
            if self.keys_of(place, given, ("check", "kind", "says", *CHECK_KINDS[kind]), ()):
                for key in CHECK_KINDS[kind]:
                    if given[key] not in self.types:
                        self.unknown(place, "part", given[key], self.types)
        self.twice("checks", "check", [_name(c, "check") for c in mapping["checks"]])
        for given in mapping["coded"]:
            place = f"coded / {_name(given, 'variable')}"
            if not self.keys(place, given, "coded"):
                continue
            parts = [given["from"]] if isinstance(given["from"], str) else given["from"]
            for part in [*parts, *filter(None, [given.get("of")])]:
                if part not in self.types:
                    self.unknown(place, "part", part, self.types)
            for key in ("bands", "codes"):
                if key in given and given[key] not in mapping[key]:
                    self.unknown(place, f"set of {key}", given[key], mapping[key])
            if not {"label", "bands", "codes"} & given.keys():
                self.wrong(place, "the variable has no label", "add `label:`")
        first = _key_column(mapping, returns.get("key"))
        taken = [*RESERVED, "evidence", first]
        if first in (*taken[:-1], *_TABLE_COLUMNS):
            self.wrong("returns", f"the column '{first}' cannot be the key", "give it another name")
        names = [_name(c, "variable") for c in mapping["coded"]]
        self.twice("coded", "variable", [*names, *(t for t in taken if t in names)])
        for given in mapping["decisions"]:
            self.keys(f"decisions / {_name(given, 'about')}", given, "decision")


def _name(given: object, key: str) -> object:
    return given.get(key, "?") if isinstance(given, Mapping) else "?"


def _columns(parts: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    for part in parts:
        options = [o for o in part.get("options", ()) if isinstance(o, Mapping)]
        yield from filter(None, [part.get("column"), part.get("specify")])
        yield from (o["column"] for o in options if "column" in o)


def _key_column(mapping: Mapping[str, Any], key: object) -> object:
    parts = [*mapping["frame"], *(p for q in mapping["questions"] for p in q["parts"])]
    return next((p.get("column") for p in parts if p["part"] == key), None)


def _ends(part: Mapping[str, Any]) -> bool:
    low, high = part.get("low"), part.get("high")
    return isinstance(low, int | float) and isinstance(high, int | float) and low < high


def _shown(meaning: object) -> str:
    return " + ".join(sorted(meaning)) if isinstance(meaning, frozenset) else str(meaning)
