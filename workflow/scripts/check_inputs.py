"""Check every record file and the printed evidence against their contracts."""

from pathlib import Path

from medlead.provenance import Job
from medlead.sources.inputs import check_everything, read_scales
from medlead.writing import write_csv

job = snakemake
with Job(job.input, job.output, job.log[0], job.output.receipt):
    report = check_everything(
        names=job.params.names,
        paths=job.input.raw,
        sheets=job.params.sheets,
        evidence=job.params.evidence,
        scales=read_scales(job.input.scales[0]),
        published=job.input.published,
    )
    write_csv(Path(job.output.report), report)
