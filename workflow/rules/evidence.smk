# Evidence: every raw and published file read against its contract, all problems at once.

# Of a study, only the inputs that its stages use.
ALL_INPUTS = plan.used
# The sentences of the report of 2013 with their checks, its captions, and what it says more than
# once; a study has none of them.
CLAIMS = plan.of("report", *plan.published("claims.csv", "conclusions.csv"))
LABELS = plan.of("report", *plan.published("captions.csv", "repeated.csv"))


rule check_inputs:
    input:
        raw=plan.raw(*ALL_INPUTS),
        published=[
            plan.published("items.csv", "cells.csv", "relations.yaml"),
            plan.statements(),
        ],
        claims=CLAIMS,
        labels=LABELS,
        scales=plan.instruments("ratings.yaml"),
        instrument=plan.instruments("survey.yaml"),
        cleaning=plan.instruments("cleaning.yaml"),
        engagement=plan.instruments("mes.yaml"),
        associations=plan.instruments("associations.yaml"),
        code=plan.code("check_inputs"),
    output:
        report=plan.result("evidence/inputs.csv"),
        receipt=plan.receipt("check_inputs"),
    log:
        plan.log("check_inputs"),
    benchmark:
        "benchmarks/check_inputs.tsv"
    # First in line, so that all problems of all files are found before anything else.
    priority: 100
    conda:
        "../../envs/medlead.yaml"
    params:
        content=plan.bytes_of(
            plan.published("items.csv", "cells.csv", "relations.yaml"),
            LABELS,
            plan.statements(),
            CLAIMS,
            plan.instruments(
                "ratings.yaml",
                "survey.yaml",
                "cleaning.yaml",
                "mes.yaml",
                "associations.yaml",
            ),
            plan.code("check_inputs"),
        ),
        names=ALL_INPUTS,
        sheets=plan.sheets(*ALL_INPUTS),
        evidence=plan.evidence(*ALL_INPUTS),
        sums=plan.raw_sums(*ALL_INPUTS),
        sites=plan.answered_sites(),
    message:
        "Evidence 1/27: checking the records and the printed evidence"
    script:
        "../scripts/check_inputs.py"
