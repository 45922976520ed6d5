"""The responses scored: doctors, standings, places on the grid, Section B, and the scales told."""

from pathlib import Path

from medlead.engagement.instrument import load_instrument
from medlead.engagement.intake import free_groups
from medlead.engagement.norms import read_norms
from medlead.engagement.responses import read_responses
from medlead.engagement.results import engagement_results
from medlead.engagement.scale_tables import load_scale_tables, scale_tables
from medlead.evidence import EvidenceClass
from medlead.present.write import read_titles, write_tables
from medlead.provenance import Job
from medlead.sources.inputs import read_scales, read_yaml, site_roster
from medlead.writing import write_csv

job = snakemake
with Job(job.input, job.output, job.log[0], job.output.receipt):
    file, tables = job.input.instrument[0], job.input.tables[0]
    instrument = load_instrument(read_yaml(file), file=file)
    declared = load_scale_tables(read_yaml(tables), instrument, file=tables)
    (responses, norms, _), sheets = map(Path, job.input.raw), job.params.sheets
    ratings = read_scales(job.input.ratings[0])
    roster = site_roster(job.params.names, job.input.raw, sheets, ratings)
    found = engagement_results(
        read_responses(responses, instrument, known=free_groups(roster), sheet=sheets[0]),
        read_norms(norms, instrument, sheet=sheets[1]),
        instrument,
        roster,
        responses_are=EvidenceClass(job.params.evidence[0]),
        norms_are=EvidenceClass(job.params.evidence[1]),
        confidence=job.params.confidence,
    )
    for name in ("doctors", "standings", "placements", "endorsements"):
        write_csv(Path(job.output[name]), getattr(found, name))
    titles = {t.item: t.title for t in declared} | read_titles(job.input.register[0])
    write_tables(scale_tables(declared), titles, job.output.tables, job.output.pages)
