"""What least change of what is printed would turn each sentence that holds or fails by it."""

from pathlib import Path

import numpy as np

from medlead.provenance import Job, step_seed
from medlead.sources.inputs import read_yaml
from medlead.verdicts.claim_context import context_of, given_frames
from medlead.verdicts.claims import judge_claims, with_statements
from medlead.verdicts.counterfactual import Print
from medlead.verdicts.turning import Turning, turn_claims
from medlead.writing import read_csv, write_csv

job = snakemake
with Job(job.input, job.output, job.log[0], job.output.receipt):
    items, cells, relations, file = job.input.published
    frames = given_frames(job.params.frames, job.input.frames)
    records = given_frames(job.params.records, job.input.raw, job.params.evidence)
    context = context_of(Path(items), Path(cells), frames, records, Path(job.input.words[0]))
    claims = with_statements(read_csv(Path(file)), frames("engagement/statements"))
    found = judge_claims(claims, context, complete=job.params.complete, file=file)
    layouts, rules = read_yaml(job.input.layouts[0]), read_yaml(relations)["relations"]
    given = (rules, layouts, frames, records, context.thresholds)
    printed = Print(read_csv(Path(cells)), read_csv(Path(items)), *given)
    turns = turn_claims(
        claims,
        found.judged,
        Turning(printed, context),
        lambda claim: np.random.default_rng(step_seed(job.params.seed, f"turn {claim}")),
    )
    write_csv(Path(job.output.turns), turns)
