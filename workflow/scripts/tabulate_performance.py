"""Tables 31 and 32 from the sites' self-ratings and national measures."""

from medlead.evidence import EvidenceClass
from medlead.performance.sites import performance_tables
from medlead.present.write import read_titles, write_tables
from medlead.provenance import Job
from medlead.sources.inputs import read_inputs, read_scales, read_yaml

job = snakemake
with Job(job.input, job.output, job.log[0], job.output.receipt):
    scales = read_scales(job.input.scales[0])
    frames = read_inputs(job.params.names, job.input.raw, job.params.sheets, scales)
    tables, added = performance_tables(
        frames["site_self_ratings"],
        frames["site_performance"],
        scales,
        read_yaml(job.input.layouts[0]),
        [EvidenceClass(e) for e in job.params.evidence],
    )
    titles = read_titles(job.input.register[0])
    write_tables(tables, titles, job.output.tables, job.output.pages)
    write_tables(added, titles, job.output.added)
