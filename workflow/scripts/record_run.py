"""The record of the run: when, on what machine, with which packages and configuration."""

from pathlib import Path

from medlead.provenance import run_record
from medlead.writing import write_json

write_json(
    Path(snakemake.output.run),
    run_record(snakemake.params.config, Path(snakemake.input.receipt).parent),
)
