# Notebooks: executed by papermill and rendered without any other host, in one process.

NOTEBOOKS = [Path(n).stem for n in plan.notebooks()]

# The trusts rebuilt from printed correlations; nothing where there are none.
CHECKED_TRUSTS = (
    [rules.check_trusts.output.check, rules.check_trusts.output.free]
    if plan.trust_scales()
    else []
)

TRIANGULATED_FILES = (
    [rules.triangulate.output.tables, rules.triangulate.output.figures]
    if plan.triangulated
    else []
)


rule run_notebooks:
    input:
        notebooks=plan.notebooks(),
        summary=rules.judge_claims.output.summary,
        results=[
            rules.compare_trusts.output.correlations,
            rules.compare_trusts.output.groups,
            rules.compare_trusts.output.cuts,
            rules.compare_trusts.output.tally,
            rules.compare_trusts.output.survivors,
            rules.compare_trusts.output.significance,
            rules.compare_trusts.output.tables,
            rules.draw_performance.output.files,
            rules.weigh_marks.output.tally,
            rules.weigh_marks.output.by_cell,
            rules.weigh_marks.output.needed,
            rules.weigh_marks.output.changes,
            rules.weigh_coherence.output.fits,
            rules.weigh_coherence.output.rivals,
            rules.weigh_coherence.output.joint,
            rules.identify_correlations.output.sets,
            rules.identify_correlations.output.levels,
            rules.identify_correlations.output.together,
            rules.identify_correlations.output.conclusion,
            rules.identify_correlations.output.figures,
            rules.examine_extremes.output.words,
            rules.examine_extremes.output.figures,
            CHECKED_TRUSTS,
            TRIANGULATED_FILES,
            rules.judge_cells.output.cells,
            rules.judge_cells.output.relations,
            rules.try_methods.output.tally,
            rules.plant_errors.output.power,
            rules.turn_claims.output.turns,
            rules.judge_claims.output.audit,
            rules.judge_claims.output.claims,
            rules.judge_claims.output.conclusions,
            rules.judge_claims.output.impact,
            rules.judge_claims.output.answer,
            rules.check_inputs.output.report,
            rules.tabulate_sites.output.added,
            rules.clean_survey.output.changes,
            rules.clean_survey.output.returns,
            rules.clean_survey.output.problems,
            rules.clean_survey.output.uncoded,
            rules.tabulate_survey.output.tables,
            rules.tabulate_survey.output.added,
            rules.tabulate_survey.output.association,
            rules.describe_response.output.funnel,
            rules.describe_response.output.representativeness,
            rules.describe_response.output.spread,
            rules.describe_response.output.parts,
            rules.describe_response.output.pictures,
            rules.draw_survey.output.files,
            CHECKED_RECORDS,
            rules.tabulate_performance.output.added,
            rules.score_engagement.output.doctors,
            rules.score_engagement.output.standings,
            rules.score_engagement.output.placements,
            rules.score_engagement.output.endorsements,
            rules.score_engagement.output.names,
            rules.measure_reliability.output.reliability,
            rules.measure_reliability.output.structure,
            rules.measure_reliability.output.aggregation,
            rules.count_comments.output.counts,
            rules.draw_engagement.output.files,
            rules.count_comments.output.agreement,
            TOLD_FRAMES,
        ],
        scales=plan.instruments("ratings.yaml"),
        engagement=plan.instruments("mes.yaml", "comments.yaml"),
        published=plan.published("items.csv", "cells.csv", "relations.yaml"),
        code=plan.code("run_notebooks"),
        used=plan.notebook_code(),
    output:
        notebooks=expand(plan.result("notebooks/{name}.ipynb"), name=NOTEBOOKS),
        pages=expand(plan.result("notebooks/{name}.html"), name=NOTEBOOKS),
        receipt=plan.receipt("run_notebooks"),
    log:
        plan.log("run_notebooks"),
    benchmark:
        "benchmarks/run_notebooks.tsv"
    conda:
        "../../envs/medlead.yaml"
    params:
        content=plan.bytes_of(
            plan.notebooks(),
            plan.instruments("ratings.yaml", "mes.yaml", "comments.yaml"),
            plan.published("items.csv", "cells.csv", "relations.yaml"),
            plan.code("run_notebooks"),
            plan.notebook_code(),
        ),
    message:
        "Notebooks 25/27: running and rendering"
    script:
        "../scripts/run_notebooks.py"


# The report of each site of the roster, from one notebook: a job of its own, so that it
# runs beside the others and only when the results of the engagement stage change.
SITE_REPORT = plan.notebook("site-report")
SITES = plan.sites()


rule report_sites:
    input:
        notebook=SITE_REPORT,
        results=[
            rules.score_engagement.output.standings,
            rules.score_engagement.output.placements,
            rules.score_engagement.output.endorsements,
            rules.score_engagement.output.norms,
            rules.score_engagement.output.withheld,
            rules.count_comments.output.counts,
            rules.draw_engagement.output.files,
            rules.draw_engagement.output.listed,
        ],
        instruments=plan.instruments("mes.yaml", "comments.yaml"),
        code=plan.code("report_sites"),
        used=plan.notebook_code(*SITE_REPORT),
    output:
        notebooks=expand(plan.result("notebooks/{page}.ipynb"), page=SITES.values()),
        pages=expand(plan.result("notebooks/{page}.html"), page=SITES.values()),
        receipt=plan.receipt("report_sites"),
    log:
        plan.log("report_sites"),
    benchmark:
        "benchmarks/report_sites.tsv"
    conda:
        "../../envs/medlead.yaml"
    params:
        content=plan.bytes_of(
            SITE_REPORT,
            plan.instruments("mes.yaml", "comments.yaml"),
            plan.code("report_sites"),
            plan.notebook_code(*SITE_REPORT),
        ),
        sites=list(SITES),
        # A study with its own returns has no page about all sites to link to.
        overview="" if plan.is_study else "03-medical-engagement.html",
        home="The page of the study" if plan.is_study else "The report, rebuilt",
        confidence=config["analysis"]["confidence"],
        sums=plan.raw_sums(*plan.roster),
    message:
        "Notebooks 26/27: the report of each site"
    script:
        "../scripts/report_sites.py"
