"""Trusts at both ends of the ranking: corrected readings, influence, doses, odds, dependence."""

from pathlib import Path

from medlead.evidence import EvidenceClass
from medlead.performance.completion_plan import read_completion_plan
from medlead.performance.extremes import EXTREME_TABLES, examine_extremes, wholes_of
from medlead.performance.extremes_plan import read_extremes_plan
from medlead.performance.identified import rows_of
from medlead.performance.trusts import TRUSTS
from medlead.present.extremes import draw_extremes
from medlead.present.style import write_figure
from medlead.provenance import Job
from medlead.sources.inputs import read_inputs, read_scales, read_yaml
from medlead.writing import read_csv, write_csv

job = snakemake
with Job(job.input, job.output, job.log[0], job.output.receipt):
    scales = read_scales(job.input.scales[0])
    trusts = read_inputs(job.params.names, job.input.raw, job.params.sheets, scales)
    ((name, frame),) = trusts.items()
    rated, kind = scales[name], EvidenceClass(job.params.evidence[0])
    plan = read_extremes_plan(read_yaml(job.input.plan[0]), rated, file=job.input.plan[0])
    path = job.input.completions[0]
    printed = read_completion_plan(read_yaml(path), rated, file=path)
    columns = read_yaml(job.input.layouts[0])[TRUSTS]["columns"]
    digits = next(c["decimals"] for c in columns if c["from"] == plan.score)
    half, below = 0.5 * 10.0**-digits, job.params.extreme_group_size
    cells = read_csv(Path(job.input.cells[0]))
    wholes = wholes_of(rows_of(frame, rated, cells, printed, half=half, below=below))
    options = {"decimals": digits, "seed": job.params.seed, "settings": dict(job.params.items())}
    found = examine_extremes(frame, rated, plan, wholes, kind, **options)
    for table in EXTREME_TABLES:
        write_csv(Path(job.output[table]), getattr(found, table))
    for stem, figure in draw_extremes(found, rated, plan, kind, dict(job.params.items())).items():
        write_figure(figure, Path(job.output.figures[0]).parent, stem)
