"""Every condition that the print sets to the survey's returns, and whether they meet it."""

from pathlib import Path

from medlead.provenance import Job
from medlead.reconstruction.check import check_survey
from medlead.reconstruction.margins import load_margins, printed_cells
from medlead.reconstruction.sites import site_facts
from medlead.reconstruction.survey import excepted_cells
from medlead.sources.inputs import read_inputs, read_scales, read_yaml
from medlead.survey.instrument import load_instrument
from medlead.survey.table_definition import load_tables
from medlead.writing import read_csv, write_csv

job = snakemake
with Job(job.input, job.output, job.log[0], job.output.receipt):
    instrument = load_instrument(read_yaml(job.input.instrument[0]))
    tables = load_tables(read_yaml(job.input.tables[0]), instrument)
    declared = read_yaml(job.input.margins[0])
    cells = printed_cells(read_csv(Path(job.input.cells[0])))
    margins = load_margins(declared, instrument, cells, tables)
    frames = read_inputs(
        job.params.names, job.input.raw, job.params.sheets, read_scales(job.input.scales[0])
    )
    sites = frames["sites"].merge(frames["site_self_ratings"], on=declared["sites"]["key"])
    report = check_survey(
        read_csv(Path(job.input.returns)),
        instrument,
        margins,
        declared,
        cells,
        excepted_cells(declared),
        site_facts(declared["sites"], sites, margins.space),
    )
    write_csv(Path(job.output.check), report)
