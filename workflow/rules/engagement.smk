# Engagement: the responses to the engagement scale scored, placed and told (6.1 to 6.8).

RESPONSES = ["mes_responses", "mes_norms"]
# The tables of the report that tell the scales; a study has scales of its own.
SCALE_TABLES = (
    [] if plan.own_responses else plan.declared("mes_tables.yaml", "tables", "item")
)
ENGAGEMENT_FIGURES = plan.engagement_figures()


rule score_engagement:
    input:
        responses=plan.raw("mes_responses"),
        # Without norms ranks are taken among the responses, without a roster sites are theirs.
        norms=plan.raw("mes_norms"),
        sites=plan.raw(*plan.roster),
        published=plan.published("items.csv", "cells.csv"),
        instrument=plan.instruments("mes.yaml"),
        tables=[] if plan.own_responses else plan.instruments("mes_tables.yaml"),
        ratings=plan.instruments("ratings.yaml"),
        code=plan.code("score_engagement"),
    output:
        doctors=plan.results("engagement/doctors.csv") if plan.individuals else [],
        standings=plan.results("engagement/standings.csv"),
        placements=plan.results("engagement/placements.csv"),
        endorsements=plan.results("engagement/endorsements.csv"),
        norms=plan.result("engagement/norms.csv"),
        withheld=plan.results("engagement/withheld.csv"),
        names=[] if plan.own_responses else plan.results("engagement/names.csv"),
        tables=expand(plan.result("tables/{item}.csv"), item=SCALE_TABLES),
        pages=expand(plan.result("tables/{item}.html"), item=SCALE_TABLES),
        receipt=plan.receipt("score_engagement"),
    log:
        plan.log("score_engagement"),
    benchmark:
        "benchmarks/score_engagement.tsv"
    conda:
        "../../envs/medlead.yaml"
    params:
        content=plan.bytes_of(
            plan.published("items.csv", "cells.csv"),
            plan.instruments("mes.yaml", "mes_tables.yaml", "ratings.yaml"),
            plan.code("score_engagement"),
        ),
        sheets=plan.sheets(*RESPONSES, "sites"),
        evidence=plan.evidence(*RESPONSES),
        sums=plan.raw_sums(*RESPONSES, *plan.roster),
        confidence=config["analysis"]["confidence"],
        smallest=plan.smallest,
    message:
        "Engagement 8/27: doctors, groups and sites on the scales, and Section B (6.4 to 6.8)"
    script:
        "../scripts/score_engagement.py"


rule measure_reliability:
    input:
        responses=plan.raw("mes_responses"),
        norms=plan.raw("mes_norms"),
        instrument=plan.instruments("mes.yaml"),
        choices=plan.instruments("mes_reliability.yaml"),
        schema=plan.schema("mes_reliability.schema.json"),
        code=plan.code("measure_reliability"),
    output:
        reliability=plan.result("engagement/reliability.csv"),
        structure=plan.result("engagement/structure.csv"),
        aggregation=plan.result("engagement/aggregation.csv"),
        receipt=plan.receipt("measure_reliability"),
    log:
        plan.log("measure_reliability"),
    benchmark:
        "benchmarks/measure_reliability.tsv"
    conda:
        "../../envs/medlead.yaml"
    params:
        content=plan.bytes_of(
            plan.instruments("mes.yaml", "mes_reliability.yaml"),
            plan.schema("mes_reliability.schema.json"),
            plan.code("measure_reliability"),
        ),
        sheets=plan.sheets(*RESPONSES),
        evidence=plan.evidence(*RESPONSES),
        sums=plan.raw_sums(*RESPONSES),
        confidence=config["analysis"]["confidence"],
        smallest=plan.smallest,
        seed=config["seed"],
    message:
        "Engagement 9/27: reliability and structure of the engagement scale (section 6.2)"
    script:
        "../scripts/measure_reliability.py"


# What printed statements make of the responses; nothing where a study has none.
TOLD_FRAMES = (
    plan.results(*(f"engagement/{n}.csv" for n in ["statements", "sizes"]))
    if plan.told
    else []
)

if plan.told:

    rule check_statements:
        input:
            raw=plan.raw(*RESPONSES),
            statements=plan.statements(),
            instrument=plan.instruments("mes.yaml"),
            reading=plan.instruments("mes_statements.yaml"),
            code=plan.code("check_statements"),
        output:
            statements=plan.result("engagement/statements.csv"),
            sizes=plan.result("engagement/sizes.csv"),
            receipt=plan.receipt("check_statements"),
        log:
            plan.log("check_statements"),
        benchmark:
            "benchmarks/check_statements.tsv"
        conda:
            "../../envs/medlead.yaml"
        params:
            content=plan.bytes_of(
                plan.statements(),
                plan.instruments("mes.yaml", "mes_statements.yaml"),
                plan.code("check_statements"),
            ),
            sheets=plan.sheets(*RESPONSES),
            evidence=plan.evidence(*RESPONSES),
            sums=plan.raw_sums(*RESPONSES),
        message:
            "Engagement 10/27: the printed statements against the responses"
        script:
            "../scripts/check_statements.py"


rule draw_engagement:
    input:
        standings=plan.result("engagement/standings.csv"),
        placements=plan.result("engagement/placements.csv"),
        endorsements=plan.result("engagement/endorsements.csv"),
        norms=plan.result("engagement/norms.csv"),
        instrument=plan.instruments("mes.yaml"),
        figures=plan.instruments("engagement_figures.yaml"),
        code=plan.code("draw_engagement"),
    output:
        listed=plan.result("engagement/figures.csv"),
        files=expand(
            plan.result("figures/{item}.{suffix}"),
            item=ENGAGEMENT_FIGURES,
            suffix=["svg", "png", "csv", "txt"],
        ),
        receipt=plan.receipt("draw_engagement"),
    log:
        plan.log("draw_engagement"),
    benchmark:
        "benchmarks/draw_engagement.tsv"
    conda:
        "../../envs/medlead.yaml"
    params:
        content=plan.bytes_of(
            plan.instruments("mes.yaml", "engagement_figures.yaml"),
            plan.code("draw_engagement"),
        ),
        confidence=config["analysis"]["confidence"],
        part=plan.figure_part,
        sites=plan.shown_sites() if plan.own_responses else [],
    message:
        "Engagement 11/27: pictures of sites and groups (sections 6.2 to 6.8)"
    script:
        "../scripts/draw_engagement.py"


rule count_comments:
    input:
        comments=plan.comments(),
        sites=plan.raw(*plan.roster),
        coding=plan.instruments("comments.yaml"),
        instrument=plan.instruments("mes.yaml"),
        code=plan.code("count_comments"),
    output:
        counts=plan.result("engagement/comments.csv"),
        agreement=plan.result("engagement/comments-agreement.csv"),
        receipt=plan.receipt("count_comments"),
    log:
        plan.log("count_comments"),
    benchmark:
        "benchmarks/count_comments.tsv"
    conda:
        "../../envs/medlead.yaml"
    params:
        content=plan.bytes_of(
            plan.comments(),
            plan.instruments("comments.yaml", "mes.yaml"),
            plan.code("count_comments"),
        ),
        confidence=config["analysis"]["confidence"],
        sheets=plan.sheets("sites"),
        # Of a study's own doctors, those of sites too small to be shown count nowhere.
        shown=plan.shown_sites() if plan.own_responses else [],
        sums=plan.raw_sums(*plan.roster),
    message:
        "Engagement 12/27: the open comments by theme (sections 6.6.6 and 6.7.6)"
    script:
        "../scripts/count_comments.py"
