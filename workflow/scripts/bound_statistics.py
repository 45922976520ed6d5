"""The exact range of each statistic that the survey's print leaves open, with witnesses."""

from pathlib import Path

from medlead.provenance import Job
from medlead.reconstruction.margins import load_margins, printed_cells
from medlead.reconstruction.sites import site_facts
from medlead.reconstruction.solved import source_digests
from medlead.reconstruction.statistics import identified_sets, part_ends
from medlead.sources.inputs import read_inputs, read_scales, read_yaml
from medlead.survey.instrument import load_instrument
from medlead.survey.table_definition import load_tables
from medlead.writing import read_csv, write_csv

job = snakemake
with Job(job.input, job.output, job.log[0], job.output.receipt):
    instrument = load_instrument(read_yaml(job.input.instrument[0]))
    tables = load_tables(read_yaml(job.input.tables[0]), instrument)
    declared = read_yaml(job.input.margins[0])
    statistics = read_yaml(job.input.statistics[0])["statistics"]
    cells = printed_cells(read_csv(Path(job.input.cells[0])))
    margins, ends = load_margins(declared, instrument, cells, tables), part_ends(declared, cells)
    frames = read_inputs(
        job.params.names, job.input.raw, job.params.sheets, read_scales(job.input.scales[0])
    )
    sites = frames["sites"].merge(frames["site_self_ratings"], on=declared["sites"]["key"])
    single = site_facts(declared["sites"], sites, margins.space)
    sources = source_digests(margins, declared, single, statistics, ends, job.params.modules)
    write_csv(Path(job.output.sources), sources)
    identified, witnesses = identified_sets(statistics, instrument, margins, ends)
    write_csv(Path(job.output.identified), identified)
    write_csv(Path(job.output.witnesses), witnesses)
