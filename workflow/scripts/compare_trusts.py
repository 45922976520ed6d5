"""Tables 27 and 28: ratings of the trusts by engagement, and what the printed stars imply."""

from pathlib import Path

from medlead.evidence import EvidenceClass
from medlead.performance.trusts import compare_trusts
from medlead.present.write import read_titles, write_tables
from medlead.provenance import Job
from medlead.sources.inputs import read_inputs, read_scales, read_yaml
from medlead.writing import read_csv, write_csv

job = snakemake
with Job(job.input, job.output, job.log[0], job.output.receipt):
    scales = read_scales(job.input.scales[0])
    frames = read_inputs(job.params.names, job.input.raw, job.params.sheets, scales)
    found = compare_trusts(
        frames["trust_engagement"],
        scales["trust_engagement"],
        read_csv(Path(job.input.cells[0])),
        read_yaml(job.input.layouts[0]),
        EvidenceClass(job.params.evidence[0]),
        seed=job.params.seed,
        settings=dict(job.params.items()),
        # None where no set of trusts was rebuilt from the printed correlations.
        rebuilt=read_csv(Path(job.input.rebuilt[0])) if job.input.rebuilt else None,
    )
    titles = read_titles(job.input.register[0])
    write_tables(found.tables, titles, job.output.tables, job.output.pages)
    for name in ("correlations", "groups", "cuts", "significance", "tally", "survivors"):
        write_csv(Path(job.output[name]), found.results[name])
