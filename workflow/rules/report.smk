# Report: the page that a reviewer reads, and the record of the run.


rule build_page:
    input:
        published=plan.published("items.csv", "cells.csv"),
        verdicts=rules.judge_cells.output.cells,
        relations=rules.judge_cells.output.relations,
        audit=rules.judge_cells.output.audit,
        summary=rules.judge_cells.output.summary,
        tables=rules.judge_cells.input.tables,
        added=[
            rules.tabulate_sites.output.added,
            rules.tabulate_survey.output.added,
            rules.tabulate_performance.output.added,
        ],
        figures=[rules.draw_survey.output.files, rules.draw_performance.output.files],
        notebooks=[rules.run_notebooks.output.notebooks, rules.report_sites.output.notebooks],
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
            plan.published("items.csv", "cells.csv"),
            plan.code("build_page"),
        ),
        title=config["study"]["title"],
    message:
        "Report 13/13: the page"
    script:
        "../scripts/build_page.py"


rule record_run:
    input:
        receipt=rules.build_page.output.receipt,
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
