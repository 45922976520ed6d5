"""What the printed ends of the sample of trusts say of the correlations printed for all of it."""

from pathlib import Path

from medlead.performance.completion_plan import read_completion_plan
from medlead.performance.identify import TABLES, identify
from medlead.performance.trusts import TRUSTS
from medlead.present.identified import draw_identified
from medlead.present.style import write_figure
from medlead.provenance import Job
from medlead.sources.inputs import read_inputs, read_scales, read_yaml
from medlead.writing import read_csv, write_csv

job = snakemake
with Job(job.input, job.output, job.log[0], job.output.receipt):
    scales = read_scales(job.input.scales[0])
    frames = read_inputs(job.params.names, job.input.raw, job.params.sheets, scales)
    rated = scales["trust_engagement"]
    path = job.input.completions[0]
    plan = read_completion_plan(read_yaml(path), rated, file=path)
    columns = read_yaml(job.input.layouts[0])[TRUSTS]["columns"]
    found = identify(
        frames["trust_engagement"],
        rated,
        read_csv(Path(job.input.cells[0])),
        plan,
        decimals=next(c["decimals"] for c in columns if c["from"] == plan.column),
        below=job.params.group_size,
    )
    for name in TABLES:
        write_csv(Path(job.output[name]), getattr(found, name))
    labels = {name: rated[name].label for name in plan.ratings}
    figure = draw_identified(found.sets, found.without_middle, labels)
    write_figure(figure, Path(job.output.figures[0]).parent, "identified-sets")
