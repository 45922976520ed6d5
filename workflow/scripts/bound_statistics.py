"""The exact range of each statistic that the survey's print leaves open."""

from pathlib import Path

from medlead.provenance import Job
from medlead.reconstruction.margins import load_margins, printed_cells
from medlead.reconstruction.statistics import identified_sets, part_ends
from medlead.sources.inputs import read_yaml
from medlead.survey.instrument import load_instrument
from medlead.survey.table_definition import load_tables
from medlead.writing import read_csv, write_csv

job = snakemake
with Job(job.input, job.output, job.log[0], job.output.receipt):
    instrument = load_instrument(read_yaml(job.input.instrument[0]))
    tables = load_tables(read_yaml(job.input.tables[0]), instrument)
    declared = read_yaml(job.input.margins[0])
    cells = printed_cells(read_csv(Path(job.input.cells[0])))
    found = identified_sets(
        read_yaml(job.input.statistics[0])["statistics"],
        instrument,
        load_margins(declared, instrument, cells, tables),
        part_ends(declared, cells),
        read_csv(Path(job.input.returns)),
    )
    write_csv(Path(job.output.identified), found)
