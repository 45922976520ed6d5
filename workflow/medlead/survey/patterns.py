"""Free text to codes: cutting lists, trying patterns, and the nearest rule for a human."""

import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from medlead.survey.answers import tidy
from medlead.survey.instrument import CodeSet

# What stands in front of an item of a list and is no part of it.
_BULLET = re.compile(r"^\s*(?:[•*·○▪-]+|\(?\d{1,2}[.)]|\(?[a-h][.)])\s+")
_EDGES = " \t.,;:-()[]\"'"
_NEAR_ENOUGH = 0.5


@dataclass(frozen=True)
class Match:
    """A code that a text was given, and the pattern that gave it."""

    code: str
    pattern: str


def cut(text: str, codes: CodeSet) -> tuple[str, ...]:
    """The items of a list: cut at the separators, not within what is kept whole."""
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
    return tuple(item for item in items if item)


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


def count_uncoded(texts: Sequence[tuple[int, str]], codes: CodeSet) -> list[tuple[str, ...]]:
    """The texts without a code, most frequent first: text, count, rows, nearest code, its words.

    `texts` are rows of the sheet and texts. The same words in other capitals are one text.
    """
    groups: dict[str, list[tuple[int, str]]] = {}
    for row, text in texts:
        groups.setdefault(tidy(text).casefold(), []).append((row, text))
    ordered = sorted(groups.items(), key=lambda item: (-len(item[1]), item[0]))
    return [
        (
            found[0][1],
            str(len(found)),
            " ".join(str(row) for row in dict.fromkeys(row for row, _ in found)),
            *nearest_rule(key, codes),
        )
        for key, found in ordered
    ]
