"""Printed statements on engagement against the doctors, the sizes and the names they allow."""

from pathlib import Path

from medlead.engagement.instrument import load_instrument
from medlead.engagement.responses import read_norm_items, read_responses
from medlead.engagement.results import answers_frame, items_frame
from medlead.engagement.scale_tables import compared_names, load_scale_tables
from medlead.evidence import EvidenceClass, resting_on
from medlead.provenance import Job
from medlead.reconstruction.doctor_check import check_doctors
from medlead.reconstruction.sizes import sizes_allowed
from medlead.reconstruction.statements import read_reading
from medlead.sources.inputs import read_yaml
from medlead.verdicts.statements import judged_statements
from medlead.writing import read_csv, write_csv

job = snakemake
with Job(job.input, job.output, job.log[0], job.output.receipt):
    instrument = load_instrument(read_yaml(job.input.instrument[0]))
    reading = read_reading(instrument, read_yaml(job.input.reading[0]))
    tables = load_scale_tables(read_yaml(job.input.tables[0]), instrument)
    (responses, norms), (own, other) = map(Path, job.input.raw), job.params.sheets
    statements = read_csv(Path(job.input.statements[0]))
    report = check_doctors(
        answers_frame(read_responses(responses, instrument, sheet=own), instrument),
        items_frame(read_norm_items(norms, instrument, sheet=other), instrument),
        statements,
        reading,
    )
    evidence = resting_on(*map(EvidenceClass, job.params.evidence))
    write_csv(Path(job.output.statements), judged_statements(report, statements, evidence))
    write_csv(Path(job.output.sizes), sizes_allowed(statements, reading))
    write_csv(Path(job.output.names), compared_names(tables, read_csv(Path(job.input.cells[0]))))
