"""The responses scored: doctors, standings, places on the grid, Section B, and the scales told."""

from pathlib import Path

from medlead.engagement.instrument import load_instrument
from medlead.engagement.intake import free_groups, norms_of
from medlead.engagement.responses import read_responses
from medlead.engagement.results import engagement_results, norms_frame
from medlead.engagement.scale_tables import compared_names, load_scale_tables, scale_tables
from medlead.evidence import EvidenceClass
from medlead.present.write import read_titles, write_tables
from medlead.provenance import Job
from medlead.sources.inputs import read_scales, read_yaml, site_roster
from medlead.writing import read_csv, write_csv

job = snakemake
with Job(job.input, job.output, job.log[0], job.output.receipt):
    file, tables = job.input.instrument[0], job.input.tables
    instrument = load_instrument(read_yaml(file), file=file)
    declared = load_scale_tables(read_yaml(tables[0]), instrument, file=tables[0]) if tables else ()
    sheets, evidence = job.params.sheets, [EvidenceClass(e) for e in job.params.evidence]
    ratings, sites = read_scales(job.input.ratings[0]), list(job.input.sites)
    roster = site_roster(["sites"], sites, sheets[2:], ratings) if sites else None
    given, known = Path(job.input.responses[0]), free_groups(roster)
    responses = read_responses(given, instrument, known=known, sheet=sheets[0])
    files, least = list(map(Path, job.input.norms)), job.params.smallest
    norms, kind = norms_of(files, responses, instrument, sheets[1], least)
    rules = {"confidence": job.params.confidence, "smallest": least}
    rules |= {"responses_are": evidence[0], "norms_are": evidence[1]}
    found = engagement_results(responses, norms, instrument, roster or (), **rules)
    write_csv(Path(job.output.norms), norms_frame(norms, kind, evidence[1]))
    for name in ("doctors", "standings", "placements", "endorsements", "withheld"):
        # Single doctors of a study are written only where it asks for them.
        for target in map(Path, job.output.get(name, ())):
            write_csv(target, getattr(found, name))
    for target in map(Path, job.output.names):
        cells = read_csv(Path(job.input.published[1]))
        write_csv(target, compared_names(declared, cells))
    titles = {t.item: t.title for t in declared} | read_titles(job.input.published[0])
    write_tables(scale_tables(declared), titles, job.output.tables, job.output.pages)
