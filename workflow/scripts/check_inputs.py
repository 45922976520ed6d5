"""Check every record file and the printed evidence against their contracts."""

from pathlib import Path

from medlead.provenance import Job
from medlead.sources.inputs import check_everything, read_scales, read_yaml
from medlead.survey.instrument import load_instrument
from medlead.survey.intake import checked_returns
from medlead.survey.rules import load_cleaning
from medlead.writing import write_csv

job = snakemake
with Job(job.input, job.output, job.log[0], job.output.receipt):
    instrument = load_instrument(
        read_yaml(job.input.instrument[0]), file=str(job.input.instrument[0])
    )
    rules = load_cleaning(read_yaml(job.input.cleaning[0]), file=str(job.input.cleaning[0]))
    report = check_everything(
        names=job.params.names,
        paths=job.input.raw,
        sheets=job.params.sheets,
        evidence=job.params.evidence,
        scales=read_scales(job.input.scales[0]),
        published=job.input.published,
        readers={"survey": lambda path, sheet: checked_returns(path, instrument, rules, sheet)},
    )
    write_csv(Path(job.output.report), report)
