"""The file of coded comments: its columns and rules.

One row for each printed answer to an open question, named by where it stands and never
quoted. What the themes mean is told in the coding frame (`comments.yaml`).
"""

from medlead.sources.columns import Column, Kind


def _codes(name: str, required: bool = True) -> Column:
    says = "themes parted by |, such as time|trust"
    return Column(name, Kind.TEXT, required, pattern=r"[\w-]+(?:\|[\w-]+)*", says=says)


COMMENT_COLUMNS = (
    Column("site"),
    Column("question"),
    Column("position", Kind.INTEGER, low=1, says="place in the list of its question, from 1"),
    Column("line", Kind.INTEGER, required=False, low=1),
    _codes("first"),
    _codes("second", required=False),
    _codes("themes"),
)
