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
from medlead.verdicts.claim_file import sentence_problems
from medlead.writing import write_csv

job = snakemake
with Job(job.input, job.output, job.log[0], job.output.receipt):
    four = ("instrument", "cleaning", "engagement", "associations")
    survey, cleaning, engagement, own = (job.input[name][0] for name in four)
    instrument = load_instrument(read_yaml(survey), file=survey)
    rules = load_cleaning(read_yaml(cleaning), file=cleaning)
    scale, scales = load_scale(read_yaml(engagement), file=engagement), job.input.scales[0]
    given = (job.params.names, job.input.raw, job.params.sheets, read_scales(scales))
    # A study without a list of sites has those that its responses name.
    roster = (lambda: site_roster(*given)) if "sites" in job.params.names else (lambda: None)
    keys = ("names", "paths", "sheets", "scales")
    report = check_everything(
        **dict(zip(keys, given, strict=True)),
        evidence=job.params.evidence,
        published=job.input.published,
        claims=(job.input.claims, sentence_problems),
        labels=job.input.labels,
        readers={
            "survey": lambda path, sheet: checked_returns(path, instrument, rules, sheet),
            "mes_responses": lambda path, sheet: checked_responses(path, scale, roster(), sheet),
            "performance": performance_reader(own, given[3], scale.scale_names, job.params.sites),
            "mes_norms": lambda path, sheet: checked_norms(path, scale, sheet),
        },
    )
    write_csv(Path(job.output.report), report)
