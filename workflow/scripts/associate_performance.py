"""A study's engagement scores against its measures of performance: frames and the forest."""

from pathlib import Path

from medlead.engagement.instrument import load_instrument
from medlead.performance.association_options import load_association_options
from medlead.performance.intake import read_performance
from medlead.performance.study import organisations, study_results, told
from medlead.present.association_forest import draw_associations
from medlead.present.style import write_figure
from medlead.provenance import Job
from medlead.sources.inputs import read_scales, read_yaml
from medlead.writing import read_csv, write_csv

job = snakemake
with Job(job.input, job.output, job.log[0], job.output.receipt):
    file, chosen = Path(job.input.raw[0]), job.input.associations[0]
    options = load_association_options(read_yaml(chosen), file=chosen)
    scales, settings = read_scales(job.input.ratings[0])["performance"], dict(job.params.items())
    instrument = load_instrument(read_yaml(job.input.instrument[0]))
    titles = {scale.name: scale.title for scale in instrument.scales}
    standings = [(read_csv(Path(path)), titles) for path in job.input.standings]
    sites = list(job.params.sites) if standings else None
    frame = read_performance(
        file, options, scales, job.params.sheets[0], sites=sites, engaged=list(titles)
    )
    given = organisations(frame, scales, options, job.params.evidence[0], *standings)
    results = study_results(given, scales, options, seed=job.params.seed, settings=settings)
    for name, found in (results | told(given, scales)).items():
        write_csv(Path(job.output[name][0]), found)
    forest = draw_associations(
        results["associations"],
        given.labels,
        options.shown,
        settings["confidence"],
        alpha=settings["alpha"],
        evidence=given.evidence,
    )
    write_figure(forest, Path(job.output.forest[0]).parent, "associations")
