"""Free text to codes: cutting lists, trying patterns, and the nearest rule for a human."""

import difflib
import re
from dataclasses import dataclass, replace
from functools import cache

from medlead.survey.answers import tidy
from medlead.survey.instrument import CodeSet

# What stands in front of an item of a list and is no part of it.
_BULLET = re.compile(r"^\s*(?:[•*·○▪-]+|\(?\d{1,2}[.)]|\(?[a-h][.)])\s+")
# A number that begins the next item of a list written in one line: `1) Risk 2) Audit`.
_NUMBERED = re.compile(r"(?:^|\s)\(?\d{1,2}[.)]\s+(?=\S)")
_SLASH = re.compile(r"\s*[/+]\s*")
_AND = re.compile(r"\s+and\s+|\s*&\s*", re.I)
_EDGES = " \t.,;:-()[]\"'"
_NEAR_ENOUGH = 0.5


@dataclass(frozen=True)
class Match:
    """A code that a text was given, and the pattern that gave it."""

    code: str
    pattern: str


def cut(text: str, codes: CodeSet) -> tuple[str, ...]:
    """The items of a list: cut at the separators and before the numbers of a numbered list.

    What is kept whole is not cut; at a slash or plus an item is cut only if every piece
    has a code, and not all the same.
    """
    if len(_NUMBERED.findall(text)) > 1:
        text = _NUMBERED.sub("\n", text)
        codes = replace(codes, separators=(*codes.separators, "\n"))
    kept = [m.span() for pattern in codes.keep_whole for m in re.finditer(pattern, text, re.I)]
    if not codes.separators:
        pieces = [text]
    else:
        at = re.compile("|".join(map(re.escape, codes.separators)))
        pieces, start = [], 0
        for found in at.finditer(text):
            if not any(first < found.start() < last for first, last in kept):
                pieces.append(text[start : found.start()])
                start = found.end()
        pieces.append(text[start:])
    items = (_BULLET.sub("", tidy(piece)).strip(_EDGES) for piece in pieces)
    return tuple(one for item in items if item for one in _cut_at_slashes(item, codes))


def _cut_at_slashes(item: str, codes: CodeSet) -> tuple[str, ...]:
    pieces = tuple(piece.strip(_EDGES) for piece in _SLASH.split(item))
    hits = [match(piece, codes) for piece in pieces if piece]
    named = {hit.code for hit in hits if hit is not None}
    return pieces if len(named) > 1 and len(hits) == len(pieces) and None not in hits else (item,)


def match(text: str, codes: CodeSet) -> Match | None:
    """The first code one of whose patterns is found in the text, in the order of trial.

    A text in the plural is also tried in the singular.
    """
    key = tidy(text)
    for form in dict.fromkeys((key, re.sub(r"(?<=[a-rt-z])s\b", "", key))):
        for code in codes.in_order_of_trial:
            for pattern in code.patterns:
                if _compiled(pattern).search(form):
                    return Match(code.name, pattern)
    return None


def also_named(text: str, codes: CodeSet, given: str) -> tuple[str, ...]:
    """Further codes that parts of a text have, parted at `and` or `&`, in the order of the tables.

    `given` is the code of the whole text. One thing may have two names, so this is for a
    person to decide.
    """
    pieces = [piece for piece in _AND.split(text) if piece.strip(_EDGES)]
    hits = (
        match(piece.strip(_EDGES), codes) for piece in pieces[: len(pieces) * (len(pieces) > 1)]
    )
    found = {hit.code for hit in hits if hit is not None} - {given}
    return tuple(name for name in codes.names if name in found)


def nearest_rule(text: str, codes: CodeSet) -> tuple[str, str]:
    """The code, and its words, that a text without a code is most like; empty if none is."""
    key = tidy(text).casefold()
    best, found = _NEAR_ENOUGH, ("", "")
    for code in codes.codes:
        for words in (code.name.casefold(), *(w for p in code.patterns for w in _words(p))):
            ratio = difflib.SequenceMatcher(None, key, words, autojunk=False).ratio()
            if ratio > best:
                best, found = ratio, (code.name, words)
    return found


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.I)


@cache
def _words(pattern: str) -> tuple[str, ...]:
    """The plain words of a pattern, one text for each alternative at its top."""
    plain = re.sub(r"\(\?[!=<].*?\)", " ", pattern)
    texts = (re.sub(r"\\[a-zA-Z]|[^\w\s&/-]", " ", part) for part in plain.split("|"))
    words = (re.sub(r"\s+", " ", text).strip().casefold() for text in texts)
    return tuple(w for w in words if len(w) > 3)


def explain_uncoded(text: str, codes: CodeSet) -> tuple[str, str]:
    """For a text without a code: the nearest code, empty if none is near, and why it is named."""
    code, words = nearest_rule(text, codes)
    if code:
        return code, f"no pattern fits; the text is most like '{words}'"
    return "", "no pattern fits, and no code has words like these"
