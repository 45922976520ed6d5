"""The simulated doctors: responses and norm sample, held to the printed statements."""

from pathlib import Path

from medlead.engagement.instrument import load_instrument
from medlead.provenance import Job
from medlead.reconstruction.doctor_check import load_statements
from medlead.reconstruction.doctors import make_doctors
from medlead.reconstruction.statements import read_reading
from medlead.sources.inputs import read_yaml
from medlead.writing import read_csv, write_csv

job = snakemake
with Job(job.input, job.output, job.log[0], job.output.receipt):
    instrument = load_instrument(read_yaml(job.input.instrument[0]))
    reading = read_reading(instrument, read_yaml(job.input.reading[0]))
    statements = load_statements(read_csv(Path(job.input.statements[0])), reading)
    made = make_doctors(reading, read_yaml(job.input.model[0]), statements, job.params.seed)
    write_csv(Path(job.output.responses), made.responses)
    write_csv(Path(job.output.norms), made.norms)
    write_csv(Path(job.output.levels), made.levels)
