# Survey: the case-study sites (Tables 1, 2, 23, 24, 25), and the returns of the questionnaire.

SURVEY_ITEMS = plan.declared("tables.yaml", "tables")
SITE_ITEMS = ["table-01", "table-02", "table-23", "table-24", "table-25"]


rule tabulate_sites:
    input:
        raw=plan.raw("sites", "site_roles"),
        register=plan.published("items.csv"),
        scales=plan.instruments("ratings.yaml"),
        layouts=plan.instruments("layouts.yaml"),
        code=plan.code("tabulate_sites"),
    output:
        tables=expand(plan.result("tables/{item}.csv"), item=SITE_ITEMS),
        pages=expand(plan.result("tables/{item}.html"), item=SITE_ITEMS),
        added=expand(plan.result("tables/{item}-added.csv"), item=SITE_ITEMS),
        receipt=plan.receipt("tabulate_sites"),
    log:
        plan.log("tabulate_sites"),
    benchmark:
        "benchmarks/tabulate_sites.tsv"
    conda:
        "../../envs/medlead.yaml"
    params:
        content=plan.bytes_of(
            plan.published("items.csv"),
            plan.instruments("ratings.yaml"),
            plan.instruments("layouts.yaml"),
            plan.code("tabulate_sites"),
        ),
        names=["sites", "site_roles"],
        sheets=plan.sheets("sites", "site_roles"),
        evidence=plan.evidence("sites"),
        sums=plan.raw_sums("sites", "site_roles"),
    message:
        "Survey 2/27: tables of the case-study sites (sections 3.1.2 and 5.1)"
    script:
        "../scripts/tabulate_sites.py"


rule clean_survey:
    input:
        raw=plan.raw("survey"),
        instrument=plan.instruments("survey.yaml"),
        cleaning=plan.instruments("cleaning.yaml"),
        code=plan.code("clean_survey"),
    output:
        coded=plan.result("survey/coded.csv"),
        clean=plan.result("survey/clean.csv"),
        returns=plan.result("survey/returns.csv"),
        listed=plan.result("survey/items.csv"),
        mentions=plan.result("survey/mentions.csv"),
        roles=plan.result("survey/roles.csv"),
        uncoded=plan.result("survey/uncoded.csv"),
        changes=plan.result("survey/cleaning-log.csv"),
        ranges=plan.result("survey/ranges.csv"),
        problems=plan.result("survey/problems.csv"),
        decisions=plan.result("survey/decisions.csv"),
        receipt=plan.receipt("clean_survey"),
    log:
        plan.log("clean_survey"),
    benchmark:
        "benchmarks/clean_survey.tsv"
    conda:
        "../../envs/medlead.yaml"
    params:
        content=plan.bytes_of(
            plan.instruments("survey.yaml", "cleaning.yaml"),
            plan.code("clean_survey"),
        ),
        sheets=plan.sheets("survey"),
        evidence=plan.evidence("survey"),
        sums=plan.raw_sums("survey"),
    message:
        "Survey 3/27: the returns cleaned and coded (chapter 4)"
    script:
        "../scripts/clean_survey.py"


rule tabulate_survey:
    input:
        coded=rules.clean_survey.output.coded,
        listed=rules.clean_survey.output.listed,
        published=plan.published("items.csv", "cells.csv"),
        instrument=plan.instruments("survey.yaml"),
        declared=plan.instruments("tables.yaml"),
        code=plan.code("tabulate_survey"),
    output:
        tables=expand(plan.result("tables/{item}.csv"), item=SURVEY_ITEMS),
        pages=expand(plan.result("tables/{item}.html"), item=SURVEY_ITEMS),
        added=expand(plan.result("tables/{item}-added.csv"), item=SURVEY_ITEMS),
        association=plan.result("survey/association.csv"),
        receipt=plan.receipt("tabulate_survey"),
    log:
        plan.log("tabulate_survey"),
    benchmark:
        "benchmarks/tabulate_survey.tsv"
    conda:
        "../../envs/medlead.yaml"
    params:
        content=plan.bytes_of(
            plan.published("items.csv", "cells.csv"),
            plan.instruments("survey.yaml", "tables.yaml"),
            plan.code("tabulate_survey"),
        ),
        evidence=plan.evidence("survey"),
        samples=config["analysis"]["permutations"],
        confidence=config["analysis"]["confidence"],
        alpha=config["analysis"]["alpha"],
        seed=config["seed"],
    message:
        "Survey 4/27: tables of the returns and what goes together (chapter 4)"
    script:
        "../scripts/tabulate_survey.py"


rule describe_response:
    input:
        coded=rules.clean_survey.output.coded,
        clean=rules.clean_survey.output.clean,
        cells=plan.published("cells.csv"),
        instrument=plan.instruments("survey.yaml"),
        response=plan.instruments("response.yaml"),
        schema=plan.schema("response.schema.json"),
        code=plan.code("describe_response"),
    output:
        funnel=plan.result("survey/funnel.csv"),
        completed=plan.result("survey/completed-by.csv"),
        representativeness=plan.result("survey/representativeness.csv"),
        selection=plan.result("survey/selection.csv"),
        spread=plan.result("survey/selection-spread.csv"),
        parts=plan.result("survey/site-thirds.csv"),
        pictures=expand(
            plan.result("figures/{name}.{suffix}"),
            name=["survey-funnel", "survey-selection"],
            suffix=["svg", "png", "csv", "txt"],
        ),
        receipt=plan.receipt("describe_response"),
    log:
        plan.log("describe_response"),
    benchmark:
        "benchmarks/describe_response.tsv"
    conda:
        "../../envs/medlead.yaml"
    params:
        content=plan.bytes_of(
            plan.published("cells.csv"),
            plan.instruments("survey.yaml", "response.yaml"),
            plan.schema("response.schema.json"),
            plan.code("describe_response"),
        ),
        evidence=plan.evidence("survey"),
        confidence=config["analysis"]["confidence"],
        alpha=config["analysis"]["alpha"],
        draws=config["analysis"]["permutations"],
        seed=config["seed"],
    message:
        "Survey 6/27: who answered, whom they stand for, how the sites were chosen (3.1, 4.1)"
    script:
        "../scripts/describe_response.py"


SURVEY_FIGURES = plan.declared("figures.yaml", "figures", "figure")


rule draw_survey:
    input:
        coded=rules.clean_survey.output.coded,
        # Ranges that the print leaves open; a study with own returns has none.
        identified=plan.results("reconstruction/identified.csv") if plan.rebuilt else [],
        published=plan.published("items.csv", "cells.csv"),
        instrument=plan.instruments("survey.yaml"),
        tables=plan.instruments("tables.yaml"),
        margins=plan.instruments("margins.yaml"),
        figures=plan.instruments("figures.yaml"),
        code=plan.code("draw_survey"),
    output:
        files=expand(
            plan.result("figures/{item}.{suffix}"),
            item=SURVEY_FIGURES,
            suffix=["svg", "png", "csv", "txt"],
        ),
        receipt=plan.receipt("draw_survey"),
    log:
        plan.log("draw_survey"),
    benchmark:
        "benchmarks/draw_survey.tsv"
    conda:
        "../../envs/medlead.yaml"
    params:
        content=plan.bytes_of(
            plan.published("items.csv", "cells.csv"),
            plan.instruments("survey.yaml"),
            plan.instruments("tables.yaml", "margins.yaml", "figures.yaml"),
            plan.code("draw_survey"),
        ),
        evidence=plan.evidence("survey"),
        confidence=config["analysis"]["confidence"],
    message:
        "Survey 7/27: pictures of the survey (chapter 4)"
    script:
        "../scripts/draw_survey.py"
