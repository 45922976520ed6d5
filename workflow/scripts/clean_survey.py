"""The survey's returns, cleaned and coded, with a log of every change."""

from pathlib import Path

from medlead.provenance import Job
from medlead.sources.inputs import read_yaml
from medlead.survey.coding import code
from medlead.survey.instrument import load_instrument
from medlead.survey.intake import cleaned_tables, read_returns
from medlead.survey.rules import load_cleaning
from medlead.writing import write_csv

job = snakemake
with Job(job.input, job.output, job.log[0], job.output.receipt):
    instrument = load_instrument(
        read_yaml(job.input.instrument[0]), file=str(job.input.instrument[0])
    )
    rules = load_cleaning(read_yaml(job.input.cleaning[0]), file=str(job.input.cleaning[0]))
    cleaned, notes = read_returns(Path(job.input.raw[0]), instrument, rules, job.params.sheets[0])
    tables = cleaned_tables(
        cleaned,
        code(cleaned, instrument),
        instrument,
        file=job.input.raw[0],
        evidence=job.params.evidence[0],
        notes=notes,
    )
    for name, table in tables.items():
        write_csv(Path(getattr(job.output, name)), table)
