"""The returns of the survey, rebuilt from what is printed about them."""

from pathlib import Path

from medlead.provenance import Job
from medlead.reconstruction.margins import load_margins, printed_cells
from medlead.reconstruction.sites import first_times
from medlead.reconstruction.survey import make_survey
from medlead.sources.inputs import read_inputs, read_scales, read_yaml
from medlead.survey.instrument import load_instrument
from medlead.survey.table_definition import load_tables
from medlead.writing import read_csv, write_csv

job = snakemake
with Job(job.input, job.output, job.log[0], job.output.receipt):
    survey, declared, recipe = (
        read_yaml(file[0]) for file in (job.input.instrument, job.input.margins, job.input.recipe)
    )
    instrument = load_instrument(survey)
    tables = load_tables(read_yaml(job.input.tables[0]), instrument)
    cells = printed_cells(read_csv(Path(job.input.cells[0])))
    frames = read_inputs(
        job.params.names, job.input.raw, job.params.sheets, read_scales(job.input.scales[0])
    )
    key = declared["sites"]["key"]
    returns = make_survey(
        instrument,
        load_margins(declared, instrument, cells, tables),
        declared,
        recipe,
        cells,
        frames["sites"].merge(frames["site_self_ratings"], on=key),
        first_times(frames["site_roles"], declared["sites"]),
        job.params.seed,
    )
    write_csv(Path(job.output.returns), returns)
