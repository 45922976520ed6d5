"""The parts of a study's page, from the files that its stages wrote."""

from collections.abc import Mapping, Sequence
from os.path import relpath
from pathlib import Path

import pandas as pd

from medlead.engagement.instrument import Instrument, load_instrument
from medlead.evidence import EvidenceClass
from medlead.present.engagement_topic import Results, read_results
from medlead.present.study_engagement import (
    ENGAGEMENT_FILES,
    assumed,
    engagement_reading,
    engagement_tables,
)
from medlead.present.study_page import FILES, Part, figure, survey_part, table
from medlead.present.write import notebook_links, read_figures, read_fragments, read_titles
from medlead.sources.inputs import read_yaml
from medlead.without_print import study_titles
from medlead.writing import read_csv

Files = Mapping[str, Sequence[str]]


def read_survey_part(files: Files, page: Path, evidence: EvidenceClass) -> Part:
    """The part of the survey.

    `files` holds, each as a list, `declared` (tables.yaml), `register`, `tables`, `added`,
    `figures` and those of `study_page.FILES`; `page` is the page that links to them.
    """
    given = read_yaml(files["declared"][0])
    declared = given["tables"]
    own = {name: table["title"] for name, table in declared.items() if "title" in table}
    titles = dict.fromkeys(declared, "") | own | read_titles(files["register"][0])
    titles |= study_titles(given)
    returns = read_csv(Path(files["returns"][0]))
    return survey_part(
        evidence,
        titles,
        read_fragments(files["tables"], titles, files["added"]),
        read_figures(files["figures"]),
        linked(files, FILES, page),
        used=int((returns["used"] == "True").sum()),
        returned=int((returns["returned"] == "True").sum()),
    )


def read_engagement_part(
    files: Files, page: Path, *, smallest: int, confidence: float, pictures: Sequence[str]
) -> Part:
    """The part of engagement.

    `files` holds, each as a list, `instrument` (mes.yaml), `drawn` (the list of pictures),
    `pictures`, `reports` (executed notebooks) and those of `ENGAGEMENT_FILES`; `smallest` and
    `confidence` are those with which the responses were scored.
    """
    instrument = load_instrument(read_yaml(files["instrument"][0]), file=files["instrument"][0])
    names = ("standings", "placements", "endorsements", "norms")
    results = read_results(*(Path(files[name][0]) for name in names))
    measured = {n: _numbers(Path(files[n][0])) for n in ("reliability", "structure", "aggregation")}
    withheld = read_csv(Path(files["withheld"][0]))
    tables = engagement_tables(results, withheld, measured, instrument, confidence)
    listed = read_csv(Path(files["drawn"][0]))
    kinds = dict(zip(listed["figure"], listed["kind"], strict=True))
    titles = dict(zip(listed["figure"], listed["title"], strict=True))
    drawn = read_figures(files["pictures"])

    def ground(name: str) -> EvidenceClass:
        return results.responses if kinds[name] == "answers" else results.evidence

    norms = read_csv(Path(files["norms"][0]))
    _, reports = notebook_links([Path(n) for n in files["reports"]])
    return Part(
        "engagement",
        "Engagement",
        _lead(results, instrument),
        results.responses,
        engagement_reading(results, instrument, norms, smallest, confidence),
        [
            table(f"engagement-{n}", title, html, evidence)
            for n, (title, html, evidence) in tables.items()
        ],
        [figure(n, titles[n], drawn[n], ground(n)) for n in pictures],
        [(title, address) for title, address, _ in reports],
        linked(files, ENGAGEMENT_FILES, page),
        assumed(instrument),
    )


def _lead(results: Results, instrument: Instrument) -> str:
    frame = results.standings[results.standings["scale"] == instrument.scales[0].name]
    sites = frame[(frame["group"] == "") & (frame["site"] != "") & (frame["respondents"] > 0)]
    doctors, count = int(sites["respondents"].sum()), len(sites)
    who = f"{doctors:,} {'doctor' if doctors == 1 else 'doctors'} of {count:,} "
    who += "site" if count == 1 else "sites"
    return f"{who} answered the questions on engagement ({instrument.title})."


def _numbers(path: Path) -> pd.DataFrame:
    columns = pd.read_csv(path, nrows=0).columns
    return read_csv(path, **{n: "float64" for n in ("value", "low", "high") if n in columns})


def linked(files: Files, told: Mapping[str, str], page: Path) -> list[tuple[str, str]]:
    """The files that there are, by address from the page, with what stands in them."""
    here = page.parent
    return [
        (Path(relpath(file, here)).as_posix(), words)
        for name, words in told.items()
        for file in files.get(name, ())
    ]
