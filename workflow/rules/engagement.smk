# Engagement: the doctors scored, placed and drawn (sections 6.1 to 6.8).

ENGAGEMENT_FIGURES = plan.declared("engagement_figures.yaml", "figures", "figure")


rule draw_engagement:
    input:
        standings=plan.result("engagement/standings.csv"),
        placements=plan.result("engagement/placements.csv"),
        endorsements=plan.result("engagement/endorsements.csv"),
        instrument=plan.instruments("mes.yaml"),
        figures=plan.instruments("engagement_figures.yaml"),
        code=plan.code("draw_engagement"),
    output:
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
    message:
        "Engagement 3/3: pictures of sites and groups (sections 6.2 to 6.8)"
    script:
        "../scripts/draw_engagement.py"
