"""Sets of trusts solved to the printed correlations: the one that is kept, and what varies."""

from pathlib import Path

from medlead.provenance import Job, step_seed
from medlead.reconstruction.trust_check import compare_solutions, several_solutions
from medlead.reconstruction.trust_solver import as_text
from medlead.reconstruction.trust_targets import read_targets
from medlead.writing import write_csv

job = snakemake
with Job(job.input, job.output, job.log[0], job.output.receipt):
    targets = read_targets(job.input)
    kept, *others = several_solutions(targets, step_seed(job.params.seed, "make_trusts"))
    write_csv(Path(job.output.trusts), as_text(kept, targets))
    write_csv(Path(job.output.varies), compare_solutions(kept, others, targets))
