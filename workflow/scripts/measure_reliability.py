"""Reliability and structure of the engagement scale, and whether groups may be averaged."""

from json import loads
from pathlib import Path

from medlead.configuration import check_config
from medlead.engagement.instrument import load_instrument
from medlead.engagement.norms import has_scores
from medlead.engagement.quality import measure
from medlead.engagement.responses import read_norm_items, read_responses
from medlead.evidence import EvidenceClass
from medlead.provenance import Job, step_seed
from medlead.sources.inputs import read_yaml
from medlead.writing import write_csv

job = snakemake
with Job(job.input, job.output, job.log[0], job.output.receipt):
    given, file = job.input.instrument[0], job.input.choices[0]
    instrument = load_instrument(read_yaml(given), file=given)
    declared = read_yaml(file)
    check_config(declared, loads(Path(job.input.schema[0]).read_text(encoding="utf-8")), file)
    (responses, norms), sheets = map(Path, job.input.raw), job.params.sheets
    # Norms that are scores have no answers to look at.
    scores_only = has_scores(norms, instrument)
    found = measure(
        read_responses(responses, instrument, sheet=sheets[0]),
        None if scores_only else read_norm_items(norms, instrument, sheet=sheets[1]),
        instrument,
        declared,
        evidence=(EvidenceClass(job.params.evidence[0]), EvidenceClass(job.params.evidence[1])),
        confidence=job.params.confidence,
        seed=step_seed(job.params.seed, "measure_reliability"),
        file=file,
    )
    for name, table in found.items():
        write_csv(Path(job.output[name]), table)
