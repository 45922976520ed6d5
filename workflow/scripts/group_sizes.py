"""The group sizes that the printed percentages of Section B allow."""

from pathlib import Path

from medlead.engagement.instrument import load_instrument
from medlead.provenance import Job
from medlead.reconstruction.sizes import possible_sizes, printed_shares
from medlead.reconstruction.statements import read_reading
from medlead.sources.inputs import read_yaml
from medlead.writing import read_csv, write_csv

job = snakemake
with Job(job.input, job.output, job.log[0], job.output.receipt):
    instrument = load_instrument(read_yaml(job.input.instrument[0]))
    reading = read_reading(instrument, read_yaml(job.input.reading[0]))
    parts = {name: len(answers) for name, answers in reading.categories.items()}
    shares = printed_shares(read_csv(Path(job.input.statements[0])), parts)
    write_csv(Path(job.output.sizes), possible_sizes(*shares))
