"""Check every record file and the printed evidence against their contracts."""

from pathlib import Path

from medlead.engagement.instrument import load_instrument as load_scale
from medlead.engagement.intake import checked_norms, checked_responses
from medlead.performance.intake import performance_reader
from medlead.provenance import Job
from medlead.sources.inputs import check_everything, read_scales, read_yaml, site_roster
from medlead.survey.instrument import load_instrument
from medlead.survey.intake import checked_returns
from medlead.survey.rules import load_cleaning
from medlead.writing import write_csv

job = snakemake
with Job(job.input, job.output, job.log[0], job.output.receipt):
    files = ("instrument", "cleaning", "engagement", "associations")
    survey, cleaning, engagement, own = (job.input[name][0] for name in files)
    instrument = load_instrument(read_yaml(survey), file=survey)
    rules = load_cleaning(read_yaml(cleaning), file=cleaning)
    scale, ratings = load_scale(read_yaml(engagement), file=engagement), job.input.scales[0]
    given = (job.params.names, job.input.raw, job.params.sheets, read_scales(ratings))
    # A study without a list of sites has those that its responses name.
    roster = (lambda: site_roster(*given)) if "sites" in job.params.names else (lambda: None)
    report = check_everything(
        names=job.params.names,
        paths=job.input.raw,
        sheets=job.params.sheets,
        evidence=job.params.evidence,
        scales=given[3],
        published=job.input.published,
        readers={
            "survey": lambda path, sheet: checked_returns(path, instrument, rules, sheet),
            "mes_responses": lambda path, sheet: checked_responses(path, scale, roster(), sheet),
            "performance": performance_reader(own, given[3], scale.scale_names, job.params.sites),
            "mes_norms": lambda path, sheet: checked_norms(path, scale, sheet),
        },
    )
    write_csv(Path(job.output.report), report)
