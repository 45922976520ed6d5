# The whole flow on one page: printed evidence and raw records -> checked -> analysed
# -> judged -> shown. Stages stand in workflow/rules, one file each, in this order.

import os
from pathlib import Path

from medlead.plan import prepare
from medlead.provenance import show_last, show_problems_last
from medlead.sources.messages import ProblemsFound
from medlead.steady import steady_numbers
from snakemake.exceptions import WorkflowError
from snakemake.utils import min_version

min_version("9.0")
steady_numbers(os.environ)


configfile: "config/config.yaml"


# Checked before anything is planned: the configuration, and every raw byte.
try:
    given = map(Path, workflow.config_settings.configfiles or ())
    plan = prepare(config, root=Path(workflow.current_basedir), overlays=list(given))
except ProblemsFound as found:
    show_last(found.problems)
    raise WorkflowError("Nothing was run, because the input has problems.") from None


include: "workflow/rules/evidence.smk"
include: "workflow/rules/survey.smk"
include: "workflow/rules/reconstruction.smk"
include: "workflow/rules/doctors.smk"
include: "workflow/rules/engagement.smk"
include: "workflow/rules/trusts.smk"
include: "workflow/rules/performance.smk"
include: "workflow/rules/extremes.smk"
include: "workflow/rules/triangulation.smk"
include: "workflow/rules/verdicts.smk"
include: "workflow/rules/notebooks.smk"
include: "workflow/rules/report.smk"


rule all:
    default_target: True
    input:
        plan.result("evidence/inputs.csv"),
        plan.results("survey/coded.csv") if plan.builds("survey") else [],
        plan.results("reconstruction/check.csv") if plan.builds("records") else [],
        (
            plan.results("engagement/standings.csv", "engagement/reliability.csv")
            if plan.builds("engagement")
            else []
        ),
        (
            plan.results(
                "performance/marks.csv",
                "performance/coherence.csv",
                "performance/extremes-words.csv",
            )
            if plan.builds("report")
            else []
        ),
        plan.results("performance/triangulation-says.csv") if plan.triangulated else [],
        (
            plan.results(
                "verdicts/summary.json",
                "verdicts/audit-power.csv",
                "verdicts/methods.csv",
            )
            if plan.builds("report")
            else []
        ),
        plan.result("report/index.html"),
        plan.result("provenance/run.json"),


onerror:
    show_problems_last(plan.log("problems"))
