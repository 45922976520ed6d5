"""Run the notebooks and render them to pages that need no other host."""

from pathlib import Path

from medlead.present.notebooks import run_and_render
from medlead.provenance import Job

job = snakemake
with Job(job.input, job.output, job.log[0], job.output.receipt):
    run_and_render(
        [Path(n) for n in job.input.notebooks],
        [Path(n) for n in job.output.notebooks],
        [Path(p) for p in job.output.pages],
        parameters={
            "results": Path(job.input.summary).parents[1].as_posix(),
            "published": Path(job.input.published[0]).parent.as_posix(),
            "instruments": Path(job.input.scales[0]).parent.as_posix(),
        },
        failed=Path(job.log[0]).parent,
    )
