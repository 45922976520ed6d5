"""The verdict on every checkable sentence, with the findings and the headline counts of all."""

import json
from pathlib import Path

from medlead.provenance import Job
from medlead.sources.inputs import read_yaml
from medlead.verdicts.claim_command import context_of, given_frames
from medlead.verdicts.claim_findings import audit_with_claims
from medlead.verdicts.claims import judge_claims, with_statements
from medlead.verdicts.declared import expand
from medlead.verdicts.relations import printed_cells
from medlead.writing import read_csv, write_csv, write_json

job = snakemake
with Job(job.input, job.output, job.log[0], job.output.receipt):
    items, cells, relations, file = job.input.published
    frames = given_frames(job.params.frames, job.input.frames)
    records = given_frames(job.params.records, job.input.raw, job.params.evidence)
    context = context_of(Path(items), Path(cells), frames, records, Path(job.input.words[0]))
    # None where there are no printed statements on engagement.
    claims = with_statements(read_csv(Path(file)), frames("engagement/statements"))
    found = judge_claims(claims, context, complete=job.params.complete, file=file)
    printed, conflicts = read_csv(Path(cells)), read_csv(Path(job.input.conflicts))
    instances = expand(read_yaml(relations)["relations"], printed_cells(printed))
    given = (found.claims, found.judged, instances, printed, read_yaml(job.input.layouts[0]))
    audit = audit_with_claims(conflicts, *given)
    write_csv(Path(job.output.claims), found.claims)
    write_csv(Path(job.output.inputs), found.inputs)
    write_csv(Path(job.output.audit), audit)
    counts = json.loads(Path(job.input.counts).read_text(encoding="utf-8"))
    write_json(Path(job.output.summary), counts | found.summary)
