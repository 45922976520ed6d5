"""The page of a study with its own records: a part for each stage that is built of them."""

from pathlib import Path

from medlead.evidence import EvidenceClass
from medlead.performance.association_options import load_association_options
from medlead.present.study_page import build_study_page
from medlead.present.study_parts import read_engagement_part, read_survey_part
from medlead.present.study_performance import read_performance_part
from medlead.provenance import Job
from medlead.sources.inputs import read_yaml
from medlead.writing import write_text

job = snakemake
with Job(job.input, job.output, job.log[0], job.output.receipt):
    page = Path(job.output.page)
    files = {name: list(listed) for name, listed in job.input.items()}
    parts = []
    if files["returns"]:
        parts.append(read_survey_part(files, page, EvidenceClass(job.params.evidence[0])))
    if files["standings"]:
        rules = {name: job.params[name] for name in ("smallest", "confidence", "pictures")}
        parts.append(read_engagement_part(files, page, **rules))
    if files["associations"]:
        rules = {name: job.params[name] for name in ("alpha", "confidence")}
        shown = load_association_options(read_yaml(files["chosen"][0])).shown
        parts.append(read_performance_part(files, page, shown=shown, **rules))
    write_text(page, build_study_page(job.params.title, parts))
