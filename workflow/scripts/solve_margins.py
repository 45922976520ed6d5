"""The least slack of the survey's print, alone and with the sites, and which cells carry it."""

from pathlib import Path

from medlead.provenance import Job
from medlead.reconstruction.margins import load_margins, printed_cells
from medlead.reconstruction.report import scenario_report, slack_report
from medlead.sources.inputs import read_inputs, read_scales, read_yaml
from medlead.survey.instrument import load_instrument
from medlead.survey.table_definition import load_tables
from medlead.writing import read_csv, write_csv

job = snakemake
with Job(job.input, job.output, job.log[0], job.output.receipt):
    survey, declared = (read_yaml(file) for file in (job.input.instrument[0], job.input.margins[0]))
    cells = printed_cells(read_csv(Path(job.input.cells[0])))
    instrument = load_instrument(survey)
    tables = load_tables(read_yaml(job.input.tables[0]), instrument)
    margins = load_margins(declared, instrument, cells, tables)
    frames = read_inputs(
        job.params.names, job.input.raw, job.params.sheets, read_scales(job.input.scales[0])
    )
    key = declared["sites"]["key"]
    sites = frames["sites"].merge(frames["site_self_ratings"], on=key)
    slack, sets = slack_report(margins)
    write_csv(Path(job.output.slack), slack)
    write_csv(Path(job.output.sets), sets)
    write_csv(Path(job.output.sites), scenario_report(margins, declared, sites))
