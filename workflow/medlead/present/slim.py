"""SVG pictures in fewer bytes, for a page that holds them all.

Drawn text is most of a picture: one reference to a glyph for each letter, with a long name
and a transformation. What is shown stays the same to a hundredth of a point.
"""

import re
from itertools import count

_METADATA = re.compile(r"<metadata>.*?</metadata>\s*", re.DOTALL)
_COMMENT = re.compile(r"<!--.*?-->\s*", re.DOTALL)
_ID = re.compile(r'\sid="([^"]*)"')
_REFERENCE = re.compile(r'(?<=")#([^"]+)(?=")|(?<=url\(#)([^)]+)(?=\))')
_GLYPH = re.compile(r'(<use [^>]*?)\stransform="translate\((-?[\d.]+)(?: (-?[\d.]+))?\)"/>')
_PATH = re.compile(r'\sd="([^"]*)"')
_TAG = re.compile(r"<[^<>]*>")
_BETWEEN = re.compile(r">\s+<")
_LONG = re.compile(r"(-?\d+\.\d\d)\d+")


def slim_svg(svg: str) -> str:
    """The same picture without notes, unused names and digits that nobody sees.

    Names are given anew and short, so that two pictures may hold the same: each needs a
    document of its own, as in a data URI. Only for viewers that read `href` (SVG 2).
    """
    svg = _COMMENT.sub("", _METADATA.sub("", svg))
    used = {a or b for a, b in _REFERENCE.findall(svg)}
    numbers = count()
    short = {name: f"i{next(numbers)}" for name in dict.fromkeys(_ID.findall(svg)) if name in used}
    svg = _ID.sub(lambda m: f' id="{short[m[1]]}"' if m[1] in short else "", svg)
    svg = _REFERENCE.sub(lambda m: _named(m, short), svg)
    svg = svg.replace(" xlink:href=", " href=")
    svg = _GLYPH.sub(_moved, svg)
    svg = _PATH.sub(lambda m: f' d="{_path(m[1])}"', svg)
    svg = _BETWEEN.sub("><", svg)
    # An address has to code each double quotation mark, and none of the others.
    return _TAG.sub(lambda m: m[0] if "'" in m[0] else m[0].replace('"', "'"), svg)


def _named(found: re.Match[str], short: dict[str, str]) -> str:
    name = found[1] or found[2]
    mark = "#" if found[1] else ""
    return mark + short.get(name, name)


def _moved(found: re.Match[str]) -> str:
    y = f' y="{_number(found[3])}"' if found[3] not in (None, "0") else ""
    return f'{found[1]} x="{_number(found[2])}"{y}/>'


def _path(drawn: str) -> str:
    return " ".join(_LONG.sub(lambda m: _number(m[0]), drawn).split())


def _number(text: str) -> str:
    """A number with at most two decimals."""
    return f"{float(text):.2f}".rstrip("0").rstrip(".")
