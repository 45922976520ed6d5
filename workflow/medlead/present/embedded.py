"""Pictures and links as they stand in a page that loads nothing."""

import re
from urllib.parse import quote

from markupsafe import Markup

from medlead.present.slim import slim_svg


def local_link(href: str) -> str:
    """A link inside the results; ValueError for one to another host or with a scheme."""
    if re.match(r"[A-Za-z][A-Za-z0-9+.-]*:|//", href):
        raise ValueError(f"not a link inside the results: {href!r}")
    return href


def data_uri(svg: str) -> str:
    """A picture as a data URI: its ids and styles cannot meet those of the page.

    The colon of a namespace's name is coded too, so that the page holds no
    address that looks as if it were fetched. Nothing is left that a quoted attribute
    would need escaped once more.
    """
    coded = quote(slim_svg(svg), safe=" !$'()*+,-./:;=?@[]_|~^`{}").replace("://", "%3A//")
    return Markup("data:image/svg+xml;charset=utf-8," + coded)
