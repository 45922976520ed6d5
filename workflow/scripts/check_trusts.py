"""The rebuilt trusts against the print, what the print leaves free, and their correlations."""

from pathlib import Path

from medlead.evidence import EvidenceClass
from medlead.performance.association_options import load_association_options
from medlead.performance.trusts import correlate_scales
from medlead.provenance import Job
from medlead.reconstruction.trust_check import check_trusts, left_free, read_trusts
from medlead.reconstruction.trust_targets import read_targets, with_printed_names
from medlead.sources.inputs import read_yaml
from medlead.writing import read_csv, write_csv

job = snakemake
with Job(job.input, job.output, job.log[0], job.output.receipt):
    targets, file = read_targets(job.input), job.input.trusts[0]
    trusts = read_trusts(read_csv(Path(file)), targets, file)
    scores, measures = with_printed_names(trusts, targets)
    chosen = job.input.associations[0]
    correlations = correlate_scales(
        scores,
        measures,
        EvidenceClass.RECONSTRUCTED,
        load_association_options(read_yaml(chosen), file=chosen),
        seed=job.params.seed,
        settings=dict(job.params.items()),
    )
    write_csv(Path(job.output.check), check_trusts(trusts, targets))
    write_csv(Path(job.output.free), left_free(trusts, targets))
    write_csv(Path(job.output.correlations), correlations)
