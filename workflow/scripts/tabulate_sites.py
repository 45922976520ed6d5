"""Tables 1, 2, 23, 24 and 25 from the records of the case-study sites."""

from medlead.evidence import EvidenceClass
from medlead.present.write import read_titles, write_tables
from medlead.provenance import Job
from medlead.sources.inputs import read_inputs, read_scales, read_yaml
from medlead.survey.sites import site_tables

job = snakemake
with Job(job.input, job.output, job.log[0], job.output.receipt):
    frames = read_inputs(
        job.params.names, job.input.raw, job.params.sheets, read_scales(job.input.scales[0])
    )
    tables, added = site_tables(
        frames["sites"],
        frames["site_roles"],
        read_yaml(job.input.layouts[0]),
        EvidenceClass(job.params.evidence[0]),
    )
    titles = read_titles(job.input.register[0])
    write_tables(tables, titles, job.output.tables, job.output.pages)
    write_tables(added, titles, job.output.added)
