"""How often the comments raise each theme, and how well two codings of them agree."""

from pathlib import Path

from medlead.engagement.comments import (
    agreement,
    load_coding_frame,
    of_sites,
    read_codes,
    theme_counts,
)
from medlead.engagement.instrument import load_instrument
from medlead.provenance import Job
from medlead.sources.contracts import read_study
from medlead.sources.inputs import read_yaml
from medlead.writing import write_csv

job = snakemake
with Job(job.input, job.output, job.log[0], job.output.receipt):
    coding = load_coding_frame(read_yaml(job.input.coding[0]), file=str(job.input.coding[0]))
    instrument = load_instrument(read_yaml(job.input.instrument[0]))
    questions = [q.name for q in instrument.open_questions]
    comments, file = None, ""
    # A study without open comments has no such file.
    if job.input.comments:
        file = str(job.input.comments[0])
        paths = {"comments": Path(file)}
        if job.input.sites:
            paths["sites"] = Path(job.input.sites[0])
        sheets = {"sites": job.params.sheets[0]} if job.params.sheets[0] else {}
        comments = read_study(paths, sheets=sheets)["comments"]
    coded = read_codes(comments, coding, questions, file=file)
    if job.params.shown:
        coded = of_sites(coded, job.params.shown)
    write_csv(Path(job.output.counts), theme_counts(coded, coding, questions))
    shared = agreement(coded, coding, confidence=job.params.confidence)
    write_csv(Path(job.output.agreement), shared)
