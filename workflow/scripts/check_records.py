"""The rebuilt returns against the print, and what was solved about them, held to be true."""

from pathlib import Path

from medlead.provenance import Job
from medlead.reconstruction.margins import load_margins, printed_cells
from medlead.reconstruction.solved import Solved, records_report
from medlead.sources.inputs import read_inputs, read_scales, read_yaml
from medlead.survey.instrument import load_instrument
from medlead.survey.table_definition import load_tables
from medlead.writing import read_csv, write_csv

job = snakemake
with Job(job.input, job.output, job.log[0], job.output.receipt):
    instrument = load_instrument(read_yaml(job.input.instrument[0]))
    tables = load_tables(read_yaml(job.input.tables[0]), instrument)
    declared = read_yaml(job.input.margins[0])
    printed = read_csv(Path(job.input.cells[0]))
    frames = read_inputs(
        job.params.names, job.input.raw, job.params.sheets, read_scales(job.input.scales[0])
    )
    found = records_report(
        Solved(*(read_csv(Path(file)) for file in job.input.solved)),
        read_csv(Path(job.input.returns[0])),
        instrument,
        load_margins(declared, instrument, printed_cells(printed), tables),
        declared,
        read_yaml(job.input.statistics[0])["statistics"],
        printed,
        frames["sites"].merge(frames["site_self_ratings"], on=declared["sites"]["key"]),
        job.params.modules,
        str(Path(job.input.solved[0]).parent),
        job.input.returns[0],
    )
    for name, table in found.items():
        write_csv(Path(job.output[name]), table)
