"""Pictures of section 6.3: trusts by engagement and rating, and the 80 correlations."""

from pathlib import Path

from medlead.present.figures import draw_correlations, draw_trusts, write_figure
from medlead.provenance import Job
from medlead.sources.inputs import read_scales, read_yaml
from medlead.writing import read_csv

job = snakemake
with Job(job.input, job.output, job.log[0], job.output.receipt):
    folder = Path(job.output.files[0]).parent
    significance = read_csv(Path(job.input.significance), n="int64")
    trusts = draw_trusts(
        read_csv(Path(job.input.trusts)),
        read_scales(job.input.scales[0])["trust_engagement"],
        read_yaml(job.input.layouts[0])["table-27"],
        group_size=job.params.group_size,
        # The correlations are of the whole sample, of which the printed trusts are the ends.
        sample_size=int(significance["n"].max()),
    )
    write_figure(trusts, folder, "table-27")
    correlations = draw_correlations(
        significance,
        read_csv(Path(job.input.survivors)),
        confidence=job.params.confidence,
        alpha=job.params.alpha,
    )
    write_figure(correlations, folder, "table-28")
