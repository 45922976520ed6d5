# Engagement: the scale scored, and the open comments counted by theme (chapter 6).


rule count_comments:
    input:
        # A study without open comments has no such file.
        comments=[f for f in plan.published("comments.csv") if Path(f).is_file()],
        sites=plan.raw("sites"),
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
            plan.published("comments.csv"),
            plan.instruments("comments.yaml", "mes.yaml"),
            plan.code("count_comments"),
        ),
        confidence=config["analysis"]["confidence"],
        sheets=plan.sheets("sites"),
        sums=plan.raw_sums("sites"),
    message:
        "Engagement: the open comments by theme (sections 6.6.6 and 6.7.6)"
    script:
        "../scripts/count_comments.py"
