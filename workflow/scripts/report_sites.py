"""The report of each site: one notebook, run once for each."""

from pathlib import Path

from medlead.present.notebooks import run_and_render
from medlead.provenance import Job

job = snakemake
with Job(job.input, job.output, job.log[0], job.output.receipt):
    run_and_render(
        [Path(job.input.notebook[0])] * len(job.output.notebooks),
        [Path(n) for n in job.output.notebooks],
        [Path(p) for p in job.output.pages],
        parameters={
            "results": Path(job.output.receipt).parents[2].as_posix(),
            "instruments": Path(job.input.instruments[0]).parent.as_posix(),
            "confidence": job.params.confidence,
            "overview": job.params.overview,
        },
        own=[{"site": site} for site in job.params.sites],
        home=job.params.home,
        failed=Path(job.log[0]).parent,
    )
