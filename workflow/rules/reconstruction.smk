# Reconstruction: records solved to what is printed. Solving takes minutes and is no part of
# the default build: `make records` asks for the target `reconstruct` and puts the returns
# into the folder of records and the rest into that of solved tables, where they stand as
# inputs like any other. Each build holds them against the print again (check_records).

KNOWN = ["sites", "site_self_ratings"]
RECORD_INPUTS = [*KNOWN, "site_roles"]
CHECKED = [
    "check",
    "slack",
    "slack-sets",
    "sites",
    "identified",
    "not-held",
    "sentences",
]
SOLVED = ["slack", "slack-sets", "sites", "identified", "witnesses", "solved-from"]
SOLVERS = plan.code_sum("reconstruction", "solve_margins", "bound_statistics")

# What each build finds of the rebuilt returns; nothing where a study has its own.
CHECKED_RECORDS = (
    plan.results(*(f"reconstruction/{name}.csv" for name in CHECKED))
    if plan.rebuilt
    else []
)

if plan.rebuilt:

    rule check_records:
        input:
            raw=plan.raw(*KNOWN),
            returns=plan.raw("survey"),
            solved=plan.solved(*SOLVED),
            cells=plan.published("cells.csv"),
            scales=plan.instruments("ratings.yaml"),
            instrument=plan.instruments("survey.yaml"),
            tables=plan.instruments("tables.yaml"),
            margins=plan.instruments("margins.yaml"),
            statistics=plan.instruments("statistics.yaml"),
            code=plan.code("check_records"),
        output:
            check=plan.result("reconstruction/check.csv"),
            slack=plan.result("reconstruction/slack.csv"),
            sets=plan.result("reconstruction/slack-sets.csv"),
            sites=plan.result("reconstruction/sites.csv"),
            identified=plan.result("reconstruction/identified.csv"),
            not_held=plan.result("reconstruction/not-held.csv"),
            sentences=plan.result("reconstruction/sentences.csv"),
            receipt=plan.receipt("check_records"),
        log:
            plan.log("check_records"),
        benchmark:
            "benchmarks/check_records.tsv"
        conda:
            "../../envs/medlead.yaml"
        params:
            content=plan.bytes_of(
                plan.solved(*SOLVED),
                plan.published("cells.csv"),
                plan.instruments("ratings.yaml", "survey.yaml", "tables.yaml"),
                plan.instruments("margins.yaml", "statistics.yaml"),
                plan.code("check_records"),
            ),
            names=KNOWN,
            sheets=plan.sheets(*KNOWN),
            sums=plan.raw_sums("survey", *KNOWN),
            modules=SOLVERS,
        message:
            "Survey 5/27: the rebuilt returns against the print, and what was solved about them"
        script:
            "../scripts/check_records.py"


rule solve_margins:
    input:
        raw=plan.raw(*KNOWN),
        cells=plan.published("cells.csv"),
        scales=plan.instruments("ratings.yaml"),
        instrument=plan.instruments("survey.yaml"),
        tables=plan.instruments("tables.yaml"),
        margins=plan.instruments("margins.yaml"),
        code=plan.code("solve_margins"),
    output:
        slack=plan.result("solved/slack.csv"),
        sets=plan.result("solved/slack-sets.csv"),
        sites=plan.result("solved/sites.csv"),
        receipt=plan.receipt("solve_margins"),
    log:
        plan.log("solve_margins"),
    benchmark:
        "benchmarks/solve_margins.tsv"
    conda:
        "../../envs/medlead.yaml"
    params:
        content=plan.bytes_of(
            plan.published("cells.csv"),
            plan.instruments("ratings.yaml", "survey.yaml", "tables.yaml"),
            plan.instruments("margins.yaml"),
            plan.code("solve_margins"),
        ),
        names=KNOWN,
        sheets=plan.sheets(*KNOWN),
        sums=plan.raw_sums(*KNOWN),
    message:
        "Records 1/3: the least slack of the survey's print"
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
        returns=plan.result("solved/survey.csv"),
        receipt=plan.receipt("make_survey"),
    log:
        plan.log("make_survey"),
    benchmark:
        "benchmarks/make_survey.tsv"
    conda:
        "../../envs/medlead.yaml"
    params:
        content=plan.bytes_of(
            plan.published("cells.csv"),
            plan.instruments("ratings.yaml", "survey.yaml", "tables.yaml"),
            plan.instruments("margins.yaml", "records.yaml"),
            plan.code("make_survey"),
        ),
        names=RECORD_INPUTS,
        sheets=plan.sheets(*RECORD_INPUTS),
        sums=plan.raw_sums(*RECORD_INPUTS),
        seed=config["seed"],
    message:
        "Records 2/3: the returns of the survey"
    script:
        "../scripts/make_survey.py"


rule bound_statistics:
    input:
        raw=plan.raw(*KNOWN),
        cells=plan.published("cells.csv"),
        scales=plan.instruments("ratings.yaml"),
        instrument=plan.instruments("survey.yaml"),
        tables=plan.instruments("tables.yaml"),
        margins=plan.instruments("margins.yaml"),
        statistics=plan.instruments("statistics.yaml"),
        code=plan.code("bound_statistics"),
    output:
        identified=plan.result("solved/identified.csv"),
        witnesses=plan.result("solved/witnesses.csv"),
        sources=plan.result("solved/solved-from.csv"),
        receipt=plan.receipt("bound_statistics"),
    log:
        plan.log("bound_statistics"),
    benchmark:
        "benchmarks/bound_statistics.tsv"
    conda:
        "../../envs/medlead.yaml"
    params:
        content=plan.bytes_of(
            plan.published("cells.csv"),
            plan.instruments("ratings.yaml", "survey.yaml", "tables.yaml"),
            plan.instruments("margins.yaml", "statistics.yaml"),
            plan.code("bound_statistics"),
        ),
        names=KNOWN,
        sheets=plan.sheets(*KNOWN),
        sums=plan.raw_sums(*KNOWN),
        modules=SOLVERS,
    message:
        "Records 3/3: what the print leaves open"
    script:
        "../scripts/bound_statistics.py"


rule reconstruct:
    input:
        rules.solve_margins.output,
        rules.make_survey.output,
        rules.bound_statistics.output,
