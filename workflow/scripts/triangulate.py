"""Engagement, self-ratings, national measures and structure of the same sites, set together."""

from pathlib import Path

from medlead.evidence import EvidenceClass
from medlead.performance.triangulate import triangulate
from medlead.performance.triangulation import Settings
from medlead.performance.triangulation_data import engagement_printed, engagement_scored, gather
from medlead.performance.triangulation_plan import read_triangulation
from medlead.present.site_profiles import draw_profiles
from medlead.present.style import write_figure
from medlead.present.triangulation import draw_triangulation
from medlead.provenance import Job, step_seed
from medlead.sources.inputs import read_inputs, read_scales, read_yaml
from medlead.without_print import triangulation_without_print
from medlead.writing import read_csv, write_csv

job = snakemake
with Job(job.input, job.output, job.log[0], job.output.receipt):
    scales, told = read_scales(job.input.scales[0]), job.params
    frames = read_inputs(told.names, job.input.raw, told.sheets, scales)
    file = job.input.declared[0]
    adapt = triangulation_without_print if told.study else lambda content: content
    plan = read_triangulation(adapt(read_yaml(file)), scales, file=file)
    if job.input.statements:
        file = job.input.statements[0]
        engagement = engagement_printed(read_csv(Path(file)), plan, file)
    else:
        engagement = engagement_scored(read_csv(Path(job.input.standings[0])), plan)
    classes = {n: EvidenceClass(e) for n, e in zip(told.names, told.evidence, strict=True)}
    material = gather(frames, scales, plan, engagement, classes)
    rules = (told.alpha, told.confidence, told.permutations)
    by = Settings(plan, *rules, step_seed(told.seed, "triangulate"))
    found = triangulate(material, by)
    for path in map(Path, job.output.tables):
        write_csv(path, found[path.stem.removeprefix("triangulation-")])
    folder = Path(job.output.figures[0]).parent
    square = draw_triangulation(found["matrix"], material.labels, plan, by.alpha)
    write_figure(draw_profiles(found["sites"], material.shown, plan), folder, "site-profiles")
    write_figure(square, folder, "triangulation")
