"""Every printed statement on engagement, and whether the doctors' answers meet it."""

from pathlib import Path

from medlead.engagement.instrument import load_instrument
from medlead.provenance import Job
from medlead.reconstruction.doctor_check import check_doctors
from medlead.reconstruction.statements import read_reading
from medlead.sources.inputs import read_yaml
from medlead.writing import read_csv, write_csv

job = snakemake
with Job(job.input, job.output, job.log[0], job.output.receipt):
    instrument = load_instrument(read_yaml(job.input.instrument[0]))
    report = check_doctors(
        read_csv(Path(job.input.responses)),
        read_csv(Path(job.input.norms)),
        read_csv(Path(job.input.statements[0])),
        read_reading(instrument, read_yaml(job.input.reading[0])),
    )
    write_csv(Path(job.output.check), report)
