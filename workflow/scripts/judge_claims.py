"""The verdict on every checkable sentence, and what the verdicts on cells and sentences mean."""

import json
from pathlib import Path

from medlead.provenance import Job
from medlead.sources.inputs import read_yaml
from medlead.verdicts.answer import load_answer
from medlead.verdicts.claim_context import context_of, given_frames
from medlead.verdicts.claim_findings import audit_with_claims
from medlead.verdicts.claims import judge_claims, with_statements
from medlead.verdicts.counterfactual import Print
from medlead.verdicts.meaning import what_it_means
from medlead.writing import read_csv, write_csv, write_json

job = snakemake
with Job(job.input, job.output, job.log[0], job.output.receipt):
    items, cells, relations, file, concluded = job.input.published
    frames = given_frames(job.params.frames, job.input.frames)
    records = given_frames(job.params.records, job.input.raw, job.params.evidence)
    context = context_of(Path(items), Path(cells), frames, records, Path(job.input.words[0]))
    # None where there are no printed statements on engagement.
    claims = with_statements(read_csv(Path(file)), frames("engagement/statements"))
    found = judge_claims(claims, context, complete=job.params.complete, file=file)
    cells, layouts = read_csv(Path(cells)), read_yaml(job.input.layouts[0])
    rules, register = read_yaml(relations)["relations"], read_csv(Path(items))
    printed = Print(cells, register, rules, layouts, frames, records, context.thresholds)
    given = (found.claims, found.judged, printed.instances, cells, layouts)
    audit = audit_with_claims(read_csv(Path(job.input.conflicts)), *given)
    judged, stated = read_csv(Path(job.input.cells)), read_csv(Path(concluded))
    asked = load_answer(read_yaml(job.input.asked[0]), job.input.asked[0])
    means = what_it_means(stated, found, printed, context, judged, audit, concluded, asked)
    frames = (found.claims, found.inputs, audit, means.conclusions, means.impact, means.answer)
    names = ("claims", "inputs", "audit", "conclusions", "impact", "answer")
    for name, frame in zip(names, frames, strict=True):
        write_csv(Path(job.output[name]), frame)
    counts = json.loads(Path(job.input.counts).read_text(encoding="utf-8"))
    write_json(Path(job.output.summary), counts | found.summary | means.summary)
