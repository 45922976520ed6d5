# Verdicts: every printed cell against the evidence, the print against itself. They are about
# the report of 2013: where a study has its own returns, nothing asks for them.

# What records solved to the print say of it; nothing where a study has its own returns.
SOLVED_FRAMES = [
    f"reconstruction/{n}.csv" for n in ["check", "slack", "slack-sets", "sites"]
]


rule judge_cells:
    input:
        published=plan.published("items.csv", "cells.csv", "relations.yaml"),
        tables=expand(
            plan.result("tables/{item}.csv"),
            item=[
                *SITE_ITEMS,
                *SURVEY_ITEMS,
                *SCALE_TABLES,
                "table-27",
                "table-28",
                "table-31",
                "table-32",
            ],
        ),
        significance=plan.result("performance/significance.csv"),
        identified=rules.identify_correlations.output.sets,
        solved=plan.results(*SOLVED_FRAMES) if plan.rebuilt else [],
        told=TOLD_FRAMES,
        names=plan.result("engagement/names.csv"),
        margins=plan.instruments("margins.yaml"),
        code=plan.code("judge_cells"),
    output:
        cells=plan.result("verdicts/cells.csv"),
        relations=plan.result("verdicts/relations.csv"),
        audit=plan.result("verdicts/audit.csv"),
        methods=plan.result("verdicts/methods.csv"),
        summary=plan.result("verdicts/summary.json"),
        receipt=plan.receipt("judge_cells"),
    log:
        plan.log("judge_cells"),
    benchmark:
        "benchmarks/judge_cells.tsv"
    conda:
        "../../envs/medlead.yaml"
    params:
        content=plan.bytes_of(
            plan.published("items.csv", "cells.csv", "relations.yaml"),
            plan.instruments("margins.yaml"),
            plan.code("judge_cells"),
        ),
    message:
        "Verdicts 20/23: every printed cell and relation"
    script:
        "../scripts/judge_cells.py"
