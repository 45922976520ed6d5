"""How many errors that are planted in the print the audit sees, and which cells nothing tests."""

from pathlib import Path

import numpy as np

from medlead.evidence import EvidenceClass
from medlead.provenance import Job, step_seed
from medlead.sources.inputs import read_yaml
from medlead.verdicts.power import Audit, planted_errors, power_frame, unrelated_frame
from medlead.writing import read_csv, write_csv

job = snakemake
with Job(job.input, job.output, job.log[0], job.output.receipt):
    items, cells, relations, captions = job.input.published
    audit = Audit(
        read_csv(Path(cells)),
        read_yaml(relations),
        items=read_csv(Path(items)),
        captions=read_csv(Path(captions)),
        names=read_csv(Path(job.input.names)),
    )
    rng = np.random.default_rng(step_seed(job.params.seed, "plant_errors"))
    power = power_frame(planted_errors(audit, rng, job.params.each))
    write_csv(Path(job.output.power), power.assign(evidence=str(EvidenceClass.SIMULATED)))
    unrelated = unrelated_frame(audit).assign(evidence=str(EvidenceClass.PRINTED_AGGREGATES))
    write_csv(Path(job.output.unrelated), unrelated)
