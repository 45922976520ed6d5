"""The page of a study with its own records: tables and pictures, and no verdicts.

One HTML file that loads nothing, like the page about the report of 2013. Nothing printed in
that report stands on it: its numbers are not those of the study. The page has a part for each
stage that is built of the study's own records.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from markupsafe import Markup

from medlead.evidence import EvidenceClass, item_name
from medlead.present.embedded import data_uri, local_link
from medlead.present.tables import Badge, evidence_badge, templates

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
_SURVEY_READING = (
    "All that is told of the survey is counted from the returns of this study, by the questions, "
    "bands and codes of its configuration. What the configuration takes from the report of 2013 is "
    "left out; where the study writes its own number instead, it appears.",
    "Below each table unfolds what it leaves out: how many answered, exact intervals, and notes. "
    "Intervals speak of trusts like these, if those that answered were a random part of them.",
)


@dataclass(frozen=True)
class Shown:
    """One table or picture, ready for the template."""

    id: str
    label: str
    title: str
    badge: Badge
    fragment: Markup | None = None
    picture: tuple[str, str] | None = None


@dataclass(frozen=True)
class Part:
    """What the page tells of one stage: `lead` in a sentence, `reading` in paragraphs.

    `links` are (title, address) of pages, `files` (address, what stands there).
    """

    key: str
    name: str
    lead: str
    evidence: EvidenceClass
    reading: Sequence[str] = ()
    tables: Sequence[Shown] = ()
    figures: Sequence[Shown] = ()
    links: Sequence[tuple[str, str]] = ()
    files: Sequence[tuple[str, str]] = ()
    assumed: Sequence[tuple[str, str]] = field(default=())


def table(name: str, title: str, fragment: str, evidence: EvidenceClass, label: str = "") -> Shown:
    """A table from a fragment of `html_table`."""
    return Shown(f"tables-{name}", label, title, evidence_badge(evidence), Markup(fragment))


def figure(
    name: str, title: str, drawn: tuple[str, str], evidence: EvidenceClass, label: str = ""
) -> Shown:
    """A picture from its SVG and its alternative text."""
    badge, picture = evidence_badge(evidence), (data_uri(drawn[0]), drawn[1])
    return Shown(f"figures-{name}", label, title, badge, picture=picture)


def survey_part(
    evidence: EvidenceClass,
    titles: Mapping[str, str],
    tables: Mapping[str, str],
    figures: Mapping[str, tuple[str, str]],
    files: Sequence[tuple[str, str]],
    used: int,
    returned: int,
) -> Part:
    """The part of the survey.

    `titles` names items; one that it does not name (a table or picture of the study) goes by
    its own name. `tables` maps an item to a fragment of `html_table`, `figures` to
    (SVG text, alternative text); both are shown in their order. `files` holds (link, what
    stands there); `used` and `returned` count returns.
    """

    def named(name: str) -> tuple[str, str]:
        title = titles.get(name, name.replace("-", " ").capitalize())
        return title, item_name(name) if name in titles else ""

    lead = f"{returned:,} {'return' if returned == 1 else 'returns'} came in, and {used:,} "
    return Part(
        "survey",
        "Survey",
        lead + f"{'is' if used == 1 else 'are'} used.",
        evidence,
        _SURVEY_READING,
        [table(n, named(n)[0], html, evidence, named(n)[1]) for n, html in tables.items()],
        [figure(n, named(n)[0], drawn, evidence, named(n)[1]) for n, drawn in figures.items()],
        files=files,
    )


def build_study_page(title: str, parts: Sequence[Part]) -> str:
    """The whole page as one HTML text; each part is shown under its name.

    Raises ValueError for a link that leaves the results.
    """
    groups = [
        (f"{part.key}-{kind}", f"{part.name}: {name}" if len(parts) > 1 else title, members)
        for part in parts
        for kind, name, title, members in (
            ("tables", "tables", "Tables", part.tables),
            ("figures", "pictures", "Pictures", part.figures),
        )
        if members
    ]
    return (
        templates()
        .get_template("study.html.j2")
        .render(
            title=title,
            parts=[(part, evidence_badge(part.evidence)) for part in parts],
            groups=groups,
            links=[(text, local_link(to)) for part in parts for text, to in part.links],
            files=[(local_link(to), told) for part in parts for to, told in part.files],
        )
    )
