"""The page of a study with its own returns: tables and pictures, and no verdicts.

One HTML file that loads nothing, like the page about the report of 2013. Nothing printed in
that report stands on it: its numbers are not those of the study.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from medlead.evidence import EvidenceClass, item_name
from medlead.present.site import data_uri, local_link
from medlead.present.tables import evidence_badge, templates

# What stands in each file that the page names.
FILES = {
    "returns": "each return: whether it is used, and why not",
    "problems": "answers that a person should look at, each with its mend",
    "uncoded": "texts that no code fits yet",
    "changes": "every answer that cleaning changed",
    "association": "the test of every two-way table, with its size",
    "funnel": "how many were asked, returned and completed",
    "completed": "who completed the returns",
    "representativeness": "the returns against the population, where its numbers are given",
    "selection": "each return by size, structure, type and self-rating",
}


@dataclass(frozen=True)
class Shown:
    """One table or picture, ready for the template."""

    id: str
    label: str
    title: str
    fragment: Markup | None = None
    picture: tuple[str, str] | None = None


def build_study_page(
    title: str,
    evidence: EvidenceClass,
    titles: Mapping[str, str],
    tables: Mapping[str, str],
    figures: Mapping[str, tuple[str, str]],
    files: Sequence[tuple[str, str]],
    used: int,
    returned: int,
) -> str:
    """The whole page as one HTML text.

    `titles` names items; one that it does not name (a table or picture of the study) goes by
    its own name. `tables` maps an item to a fragment of `html_table`, `figures` to
    (SVG text, alternative text); both are shown in their order. `files` holds (link, what
    stands there); `used` and `returned` count returns.

    Raises ValueError for a link that leaves the results.
    """

    def shown(name: str, of: str) -> Shown:
        return Shown(
            id=f"{of}-{name}",
            label=item_name(name) if name in titles else "",
            title=titles.get(name, name.replace("-", " ").capitalize()),
            fragment=Markup(tables[name]) if of == "tables" else None,
            picture=(data_uri(figures[name][0]), figures[name][1]) if of == "figures" else None,
        )

    groups = [
        ("tables", "Tables", [shown(name, "tables") for name in tables]),
        ("figures", "Pictures", [shown(name, "figures") for name in figures]),
    ]
    return (
        templates()
        .get_template("study.html.j2")
        .render(
            title=title,
            evidence=evidence_badge(evidence),
            used=used,
            returned=returned,
            groups=[group for group in groups if group[2]],
            files=[(local_link(link), told) for link, told in files],
        )
    )
