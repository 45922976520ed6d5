"""Names as people type them: an item, a row or a column found without capitals or blanks."""

import difflib
import re
from collections.abc import Iterable, Sequence

from medlead.sources.texts import clean

_LISTED, _NEAREST, _CLOSE = 40, 5, 0.4


class NotFound(LookupError):
    """A name that is not there or not one: the nearest names, and all that are allowed."""

    def __init__(self, what: str, given: str, near: Sequence[str], allowed: Sequence[str]) -> None:
        self.what, self.given = what, given
        self.near, self.allowed = tuple(near), tuple(allowed)
        super().__init__(self._told())

    def _told(self) -> str:
        shown = [f"  {name}" for name in self.allowed[:_LISTED]]
        if len(self.allowed) > _LISTED:
            shown.append(f"  ... and {len(self.allowed) - _LISTED} more")
        near = [f"Nearest: {'; '.join(self.near)}."] if self.near else []
        several = f"No {self.what} is called {self.given!r}, or several begin so."
        return "\n".join([several, *near, "Allowed:", *shown])


def name_key(text: str) -> str:
    """What makes a name the same as another: no capitals, blanks, dashes, or zeros in front."""
    letters = re.sub(r"[\s_\-–—]+", "", clean(text)).casefold()
    return re.sub(r"(?<!\d)0+(?=\d)", "", letters)


def meant(what: str, given: str, allowed: Iterable[str]) -> str:
    """The allowed name that is meant: the same, else alike, else the only one that begins so.

    Raises NotFound where there is none, or several.
    """
    names = list(dict.fromkeys(allowed))
    if given in names:
        return given
    wanted = name_key(given)
    for fits in (
        [n for n in names if name_key(n) == wanted],
        [n for n in names if wanted and name_key(n).startswith(wanted)],
    ):
        if len(fits) == 1:
            return fits[0]
        if fits:
            raise NotFound(what, given, fits[:_NEAREST], names)
    by_key = {name_key(n): n for n in names}
    close = difflib.get_close_matches(wanted, list(by_key), n=_NEAREST, cutoff=_CLOSE)
    within = [n for n in names if wanted and wanted in name_key(n)]
    near = list(dict.fromkeys([*within, *(by_key[key] for key in close)]))
    raise NotFound(what, given, near[:_NEAREST], names)
