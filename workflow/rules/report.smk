# Report: the page that a reviewer reads, and the record of the run. A study with its own
# records gets a page of its own: a part for each stage that is built of them, and no
# verdicts on the 2013 report.

PAGE = "build_study_page" if plan.is_study else "build_page"

# What the way of a printed cell is put together from, besides the verdicts: results in which
# values stand, what the returns were counted by, and what each job before recorded.
TRACED = [
    "engagement/names.csv",
    "performance/identified.csv",
    "performance/significance.csv",
    "survey/coded.csv",
    "survey/items.csv",
    *(["engagement/statements.csv"] if plan.told else []),
    *(["reconstruction/check.csv", "reconstruction/slack.csv"] if plan.rebuilt else []),
]
TRACED_RULES = [
    *("tabulate_sites", "clean_survey", "tabulate_survey", "score_engagement"),
    *("compare_trusts", "identify_correlations", "tabulate_performance"),
    *("judge_cells", "judge_claims", "try_methods"),
    *(["check_records"] if plan.rebuilt else []),
    *(["check_statements"] if plan.told else []),
    *(["check_trusts"] if plan.trust_scales() else []),
]


if plan.is_study:

    rule build_study_page:
        input:
            register=plan.published("items.csv"),
            declared=plan.instruments("tables.yaml"),
            tables=plan.of("survey", *rules.tabulate_survey.output.tables),
            added=plan.of("survey", *rules.tabulate_survey.output.added),
            figures=plan.of(
                "survey",
                *rules.draw_survey.output.files,
                *rules.describe_response.output.pictures,
            ),
            returns=plan.of("survey", rules.clean_survey.output.returns),
            problems=plan.of("survey", rules.clean_survey.output.problems),
            uncoded=plan.of("survey", rules.clean_survey.output.uncoded),
            changes=plan.of("survey", rules.clean_survey.output.changes),
            association=plan.of("survey", rules.tabulate_survey.output.association),
            funnel=plan.of("survey", rules.describe_response.output.funnel),
            completed=plan.of("survey", rules.describe_response.output.completed),
            representativeness=plan.of(
                "survey", rules.describe_response.output.representativeness
            ),
            selection=plan.of("survey", rules.describe_response.output.selection),
            instrument=plan.instruments("mes.yaml"),
            standings=plan.of("engagement", *rules.score_engagement.output.standings),
            placements=plan.of("engagement", *rules.score_engagement.output.placements),
            endorsements=plan.of(
                "engagement", *rules.score_engagement.output.endorsements
            ),
            norms=plan.of("engagement", rules.score_engagement.output.norms),
            withheld=plan.of("engagement", *rules.score_engagement.output.withheld),
            doctors=plan.of("engagement", *rules.score_engagement.output.doctors),
            reliability=plan.of(
                "engagement", rules.measure_reliability.output.reliability
            ),
            structure=plan.of("engagement", rules.measure_reliability.output.structure),
            aggregation=plan.of(
                "engagement", rules.measure_reliability.output.aggregation
            ),
            counts=plan.of("engagement", rules.count_comments.output.counts),
            drawn=plan.of("engagement", rules.draw_engagement.output.listed),
            pictures=plan.of("engagement", *rules.draw_engagement.output.files),
            reports=plan.of("engagement", *rules.report_sites.output.notebooks),
            associations=plan.of(
                "associations", *rules.associate_performance.output.associations
            ),
            strata=plan.of("associations", *rules.associate_performance.output.strata),
            strata_summary=plan.of(
                "associations", *rules.associate_performance.output.strata_summary
            ),
            codings=plan.of("associations", *rules.associate_performance.output.codings),
            extremes=plan.of(
                "associations", *rules.associate_performance.output.extremes
            ),
            organisations=plan.of(
                "associations", *rules.associate_performance.output.organisations
            ),
            names=plan.of("associations", *rules.associate_performance.output.names),
            forest=plan.of("associations", *rules.associate_performance.output.forest),
            chosen=plan.instruments("associations.yaml"),
            code=plan.code("build_study_page"),
        output:
            page=plan.result("report/index.html"),
            receipt=plan.receipt("build_study_page"),
        log:
            plan.log("build_study_page"),
        benchmark:
            "benchmarks/build_study_page.tsv"
        conda:
            "../../envs/medlead.yaml"
        params:
            content=plan.bytes_of(
                plan.published("items.csv"),
                plan.instruments("tables.yaml", "mes.yaml", "associations.yaml"),
                plan.code("build_study_page"),
            ),
            title=config["study"]["title"],
            evidence=plan.evidence("survey"),
            smallest=plan.smallest,
            confidence=config["analysis"]["confidence"],
            alpha=config["analysis"]["alpha"],
            pictures=ENGAGEMENT_FIGURES,
        message:
            "Report 27/27: the page of the study"
        script:
            "../scripts/build_study_page.py"

else:

    rule build_page:
        input:
            published=plan.published("items.csv", "cells.csv"),
            verdicts=rules.judge_cells.output.cells,
            relations=rules.judge_cells.output.relations,
            audit=rules.judge_claims.output.audit,
            summary=rules.judge_claims.output.summary,
            meaning=[
                rules.judge_claims.output.conclusions,
                rules.judge_claims.output.impact,
                rules.judge_claims.output.claims,
                rules.judge_claims.output.inputs,
                rules.judge_claims.output.answer,
            ],
            turns=rules.turn_claims.output.turns,
            tables=rules.judge_cells.input.tables,
            added=[
                rules.tabulate_sites.output.added,
                rules.tabulate_survey.output.added,
                rules.tabulate_performance.output.added,
            ],
            figures=[
                rules.draw_survey.output.files,
                rules.draw_engagement.output.files,
                rules.draw_performance.output.files,
            ],
            notebooks=[
                rules.run_notebooks.output.notebooks,
                rules.report_sites.output.notebooks,
            ],
            declared=plan.instruments("further.yaml"),
            further=[
                rules.examine_extremes.output.figures,
                rules.examine_extremes.output.words,
                rules.identify_correlations.output.figures,
                rules.identify_correlations.output.conclusion,
                rules.triangulate.output.figures,
                plan.result("performance/triangulation-says.csv"),
            ],
            methods=rules.try_methods.output.tries,
            claims=rules.judge_claims.output.claims,
            used=rules.judge_claims.output.inputs,
            traced=plan.results(*TRACED),
            receipts=[plan.receipt(name) for name in TRACED_RULES],
            declarations=plan.published("relations.yaml"),
            raw=plan.raw(*plan.used),
            instruments=plan.instruments(
                "trace.yaml", "survey.yaml", "tables.yaml", "margins.yaml"
            ),
            code=plan.code("build_page"),
        output:
            page=plan.result("report/index.html"),
            receipt=plan.receipt("build_page"),
        log:
            plan.log("build_page"),
        benchmark:
            "benchmarks/build_page.tsv"
        conda:
            "../../envs/medlead.yaml"
        params:
            content=plan.bytes_of(
                plan.published("items.csv", "cells.csv", "relations.yaml"),
                plan.instruments("further.yaml", "trace.yaml"),
                plan.instruments("survey.yaml", "tables.yaml", "margins.yaml"),
                plan.code("build_page"),
            ),
            title=config["study"]["title"],
            folders=[
                config["paths"]["results"],
                config["study"]["published"],
                *(config["paths"][n] for n in ["raw", "solved", "instruments"]),
            ],
            names=[*config["inputs"], "trust_scales"],
            files=[
                *(given["file"] for given in config["inputs"].values()),
                config["study"]["trust_scales"],
            ],
            sums=plan.raw_sums(*plan.used),
        message:
            "Report 27/27: the page"
        script:
            "../scripts/build_page.py"


rule record_run:
    input:
        receipt=plan.receipt(PAGE),
        code=plan.code("record_run"),
    output:
        run=plan.result("provenance/run.json"),
    log:
        plan.log("record_run"),
    benchmark:
        "benchmarks/record_run.tsv"
    conda:
        "../../envs/medlead.yaml"
    params:
        content=plan.bytes_of(
            plan.code("record_run"),
        ),
        config=config,
    message:
        "Recording the run"
    script:
        "../scripts/record_run.py"
