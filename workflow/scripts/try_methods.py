"""Every declared method for every printed number, and the chance that one fits by luck."""

from json import loads
from pathlib import Path

from medlead.configuration import check_config
from medlead.performance.completion_plan import read_completion_plan
from medlead.performance.hypotheses import load_mark_reading
from medlead.provenance import Job
from medlead.sources.inputs import read_inputs, read_scales, read_yaml
from medlead.verdicts.methods import try_methods
from medlead.writing import read_csv, write_csv

job = snakemake
with Job(job.input, job.output, job.log[0], job.output.receipt):
    cells, relations = job.input.published
    file, declared = job.input.methods[0], read_yaml(job.input.methods[0])
    check_config(declared, loads(Path(job.input.schema[0]).read_text(encoding="utf-8")), file)
    scales = read_scales(job.input.scales[0])
    rated, path = scales["trust_engagement"], job.input.completions[0]
    found = try_methods(
        read_csv(Path(cells)),
        read_yaml(relations)["relations"],
        declared,
        reading=load_mark_reading(read_yaml(job.input.reading[0]), file=job.input.reading[0]),
        thresholds=job.params.star_thresholds,
        trusts=read_inputs(job.params.names, job.input.trusts, job.params.sheets, scales)[
            "trust_engagement"
        ],
        scales=rated,
        plan=read_completion_plan(read_yaml(path), rated, file=path),
        returns=read_csv(Path(job.input.returns[0])) if job.input.returns else None,
        judged=read_csv(Path(job.input.judged)),
    )
    for name in ("tries", "numbers", "tally", "percentages"):
        write_csv(Path(job.output[name]), getattr(found, name))
