"""Texts as people write them: blanks cleaned, headings and mistyped names matched.

Kept free of pandas: names of sites are asked for before anything is planned.
"""

import difflib
import re
from collections.abc import Iterable

# Blanks that people cannot see: zero-width ones and the byte order mark.
_UNSEEN = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff"))
_CLOSE = 0.75


def clean(text: str) -> str:
    """The text without blanks around it and with ordinary blanks and line ends within."""
    text = text.translate(_UNSEEN).replace("\xa0", " ").replace("\u202f", " ")
    return text.replace("\r\n", "\n").replace("\r", "\n").strip()


def heading_key(text: str) -> str:
    """What makes a heading the same as another: its letters, without capitals and blanks."""
    return re.sub(r"[\s_]+", "", clean(text)).casefold()


def nearest(text: str, candidates: Iterable[str]) -> str | None:
    """The candidate that a mistyped text most likely meant, or None where none is close."""
    by_key = {heading_key(candidate): candidate for candidate in candidates}
    close = difflib.get_close_matches(heading_key(text), list(by_key), n=1, cutoff=_CLOSE)
    return by_key[close[0]] if close else None


def decoded(held: bytes) -> str:
    """The text of one cell: UTF-8, or where it is not, Windows-1252."""
    try:
        return held.decode("utf-8")
    except UnicodeDecodeError:
        return held.decode("cp1252", errors="replace")
