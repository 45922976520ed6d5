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
    sheets, files = job.params.sheets, [Path(f) for f in job.input.norms]
    # Norms that are scores have no answers to look at, and those of the doctors are theirs.
    answered = [f for f in files if not has_scores(f, instrument, sheet=sheets[1])]
    found = measure(
        read_responses(Path(job.input.responses[0]), instrument, sheet=sheets[0]),
        read_norm_items(answered[0], instrument, sheet=sheets[1]) if answered else None,
        instrument,
        declared,
        evidence=(EvidenceClass(job.params.evidence[0]), EvidenceClass(job.params.evidence[1])),
        confidence=job.params.confidence,
        seed=step_seed(job.params.seed, "measure_reliability"),
        file=file,
        smallest=job.params.smallest,
    )
    for name, table in found.items():
        write_csv(Path(job.output[name]), table)
