"""The figures of the engagement scale, from the scored responses."""

from pathlib import Path

from medlead.engagement.instrument import load_instrument
from medlead.present.engagement_declared import figures_frame, load_engagement_figures
from medlead.present.engagement_figures import draw_engagement
from medlead.present.engagement_topic import read_results
from medlead.present.style import write_figure
from medlead.provenance import Job
from medlead.sources.inputs import read_yaml
from medlead.writing import write_csv

job = snakemake
with Job(job.input, job.output, job.log[0], job.output.receipt):
    instrument = load_instrument(read_yaml(job.input.instrument[0]))
    plan = load_engagement_figures(
        read_yaml(job.input.figures[0]),
        instrument,
        file=str(job.input.figures[0]),
        part=job.params.part,
        sites=list(job.params.sites),
    )
    names = ("standings", "placements", "endorsements", "norms")
    results = read_results(*(Path(job.input[name]) for name in names))
    folder, classes = Path(job.output.files[0]).parent, {}
    for item, figure in draw_engagement(
        plan, results, results.evidence, confidence=job.params.confidence
    ):
        write_figure(figure, folder, item)
        classes[item] = str(figure.evidence)
    listed = figures_frame(plan)
    listed = listed.assign(evidence=listed["figure"].map(classes))
    write_csv(Path(job.output.listed), listed)
