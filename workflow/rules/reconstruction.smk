# Reconstruction: records solved to what is printed. Nothing here is part of the default
# build: `make records` asks for the target `reconstruct` and puts the returns into the
# folder of records, where they stand as an input like any other.

RECORD_INPUTS = ["sites", "site_self_ratings", "site_roles"]


rule solve_margins:
    input:
        raw=plan.raw("sites", "site_self_ratings"),
        cells=plan.published("cells.csv"),
        scales=plan.instruments("ratings.yaml"),
        instrument=plan.instruments("survey.yaml"),
        tables=plan.instruments("tables.yaml"),
        margins=plan.instruments("margins.yaml"),
        code=plan.code("solve_margins"),
    output:
        slack=plan.result("reconstruction/slack.csv"),
        sets=plan.result("reconstruction/slack-sets.csv"),
        sites=plan.result("reconstruction/sites.csv"),
        receipt=plan.receipt("solve_margins"),
    log:
        plan.log("solve_margins"),
    benchmark:
        "benchmarks/solve_margins.tsv"
    conda:
        "../../envs/medlead.yaml"
    params:
        names=["sites", "site_self_ratings"],
        sheets=plan.sheets("sites", "site_self_ratings"),
        sums=plan.raw_sums("sites", "site_self_ratings"),
    message:
        "Records 1/4: the least slack of the survey's print"
    script:
        "../scripts/solve_margins.py"


rule make_survey:
    input:
        raw=plan.raw(*RECORD_INPUTS),
        cells=plan.published("cells.csv"),
        scales=plan.instruments("ratings.yaml"),
        instrument=plan.instruments("survey.yaml"),
        tables=plan.instruments("tables.yaml"),
        margins=plan.instruments("margins.yaml"),
        recipe=plan.instruments("records.yaml"),
        code=plan.code("make_survey"),
    output:
        returns=plan.result("reconstruction/survey.csv"),
        receipt=plan.receipt("make_survey"),
    log:
        plan.log("make_survey"),
    benchmark:
        "benchmarks/make_survey.tsv"
    conda:
        "../../envs/medlead.yaml"
    params:
        names=RECORD_INPUTS,
        sheets=plan.sheets(*RECORD_INPUTS),
        sums=plan.raw_sums(*RECORD_INPUTS),
        seed=config["seed"],
    message:
        "Records 2/4: the returns of the survey"
    script:
        "../scripts/make_survey.py"


rule check_survey:
    input:
        raw=plan.raw("sites", "site_self_ratings"),
        returns=rules.make_survey.output.returns,
        cells=plan.published("cells.csv"),
        scales=plan.instruments("ratings.yaml"),
        instrument=plan.instruments("survey.yaml"),
        tables=plan.instruments("tables.yaml"),
        margins=plan.instruments("margins.yaml"),
        code=plan.code("check_survey"),
    output:
        check=plan.result("reconstruction/check.csv"),
        receipt=plan.receipt("check_survey"),
    log:
        plan.log("check_survey"),
    benchmark:
        "benchmarks/check_survey.tsv"
    conda:
        "../../envs/medlead.yaml"
    params:
        names=["sites", "site_self_ratings"],
        sheets=plan.sheets("sites", "site_self_ratings"),
        sums=plan.raw_sums("sites", "site_self_ratings"),
    message:
        "Records 3/4: the returns against every printed cell"
    script:
        "../scripts/check_survey.py"


rule bound_statistics:
    input:
        returns=rules.make_survey.output.returns,
        cells=plan.published("cells.csv"),
        instrument=plan.instruments("survey.yaml"),
        tables=plan.instruments("tables.yaml"),
        margins=plan.instruments("margins.yaml"),
        statistics=plan.instruments("statistics.yaml"),
        code=plan.code("bound_statistics"),
    output:
        identified=plan.result("reconstruction/identified.csv"),
        receipt=plan.receipt("bound_statistics"),
    log:
        plan.log("bound_statistics"),
    benchmark:
        "benchmarks/bound_statistics.tsv"
    conda:
        "../../envs/medlead.yaml"
    message:
        "Records 4/4: what the print leaves open"
    script:
        "../scripts/bound_statistics.py"


rule reconstruct:
    input:
        rules.solve_margins.output,
        rules.make_survey.output,
        rules.check_survey.output,
        rules.bound_statistics.output,
