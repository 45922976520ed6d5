# Verdicts: every printed cell against the evidence, the print against itself. They are about
# the report of 2013: where a study has its own returns, nothing asks for them.

from medlead.sources.claim_files import files_named

# What records solved to the print say of it; nothing where a study has its own returns.
SOLVED_FRAMES = [
    f"reconstruction/{n}.csv" for n in ["check", "slack", "slack-sets", "sites"]
]


rule judge_cells:
    input:
        published=plan.published("items.csv", "cells.csv", "relations.yaml"),
        labels=LABELS,
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
        # What does not hold among the cells: the sentences come to it later.
        conflicts=plan.result("verdicts/conflicts.csv"),
        counts=plan.result("verdicts/cells.json"),
        repeated=plan.result("verdicts/repeated.csv"),
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
            LABELS,
            plan.instruments("margins.yaml"),
            plan.code("judge_cells"),
        ),
    message:
        "Verdicts 20/27: every printed cell and relation"
    script:
        "../scripts/judge_cells.py"


# The results and records that the checks of claims name, read before anything is planned, so
# that a sentence is judged again when, and only when, something that it rests on changes.
# Statements on engagement join them by themselves.
NAMED = files_named(CLAIMS)
MADE = {str(file) for rule in workflow.rules for file in rule.output}
CLAIM_FRAMES = sorted(
    n
    for n in {*NAMED["frames"], *(["engagement/statements"] if plan.told else [])}
    if plan.result(f"{n}.csv") in MADE
)
CLAIM_RECORDS = {
    n: str(plan.manifest[f"{n}.csv"].evidence)
    for n in NAMED["records"]
    if f"{n}.csv" in plan.manifest
}
CLAIMED = (
    *("items.csv", "cells.csv", "relations.yaml"),
    *("claims.csv", "conclusions.csv"),
)


rule judge_claims:
    input:
        published=plan.published(*CLAIMED),
        frames=plan.results(*(f"{n}.csv" for n in CLAIM_FRAMES)),
        raw=[f"{plan.raw_folder}/{n}.csv" for n in CLAIM_RECORDS],
        cells=rules.judge_cells.output.cells,
        conflicts=rules.judge_cells.output.conflicts,
        counts=rules.judge_cells.output.counts,
        words=plan.instruments("words.yaml"),
        asked=plan.instruments("answer.yaml"),
        layouts=plan.instruments("layouts.yaml"),
        code=plan.code("judge_claims"),
    output:
        claims=plan.result("verdicts/claims.csv"),
        inputs=plan.result("verdicts/claim-inputs.csv"),
        audit=plan.result("verdicts/audit.csv"),
        conclusions=plan.result("verdicts/conclusions.csv"),
        impact=plan.result("verdicts/impact.csv"),
        answer=plan.result("verdicts/answer.csv"),
        summary=plan.result("verdicts/summary.json"),
        receipt=plan.receipt("judge_claims"),
    log:
        plan.log("judge_claims"),
    benchmark:
        "benchmarks/judge_claims.tsv"
    conda:
        "../../envs/medlead.yaml"
    params:
        content=plan.bytes_of(
            plan.published(*CLAIMED),
            plan.instruments("words.yaml", "answer.yaml", "layouts.yaml"),
            [f"{plan.raw_folder}/{n}.csv" for n in CLAIM_RECORDS],
            plan.code("judge_claims"),
        ),
        frames=CLAIM_FRAMES,
        records=list(CLAIM_RECORDS),
        evidence=list(CLAIM_RECORDS.values()),
        # Without rebuilt returns and statements some results are left out.
        complete=plan.rebuilt and plan.told,
    message:
        "Verdicts 21/27: every checkable sentence, and what the verdicts mean"
    script:
        "../scripts/judge_claims.py"


# What least change of the print would turn each sentence: a check that nothing turns is none.
rule turn_claims:
    input:
        published=plan.published(*CLAIMED[:4]),
        frames=plan.results(*(f"{n}.csv" for n in CLAIM_FRAMES)),
        raw=[f"{plan.raw_folder}/{n}.csv" for n in CLAIM_RECORDS],
        words=plan.instruments("words.yaml"),
        layouts=plan.instruments("layouts.yaml"),
        code=plan.code("turn_claims"),
    output:
        turns=plan.result("verdicts/claim-turns.csv"),
        receipt=plan.receipt("turn_claims"),
    log:
        plan.log("turn_claims"),
    benchmark:
        "benchmarks/turn_claims.tsv"
    conda:
        "../../envs/medlead.yaml"
    params:
        content=plan.bytes_of(
            plan.published(*CLAIMED[:4]),
            plan.instruments("words.yaml", "layouts.yaml"),
            [f"{plan.raw_folder}/{n}.csv" for n in CLAIM_RECORDS],
            plan.code("turn_claims"),
        ),
        frames=CLAIM_FRAMES,
        records=list(CLAIM_RECORDS),
        evidence=list(CLAIM_RECORDS.values()),
        complete=plan.rebuilt and plan.told,
        seed=config["seed"],
    message:
        "Verdicts 22/27: what would turn each sentence"
    script:
        "../scripts/turn_claims.py"


# Errors planted in a copy of the print: how many of them its tests see.
rule plant_errors:
    input:
        published=plan.published(
            "items.csv", "cells.csv", "relations.yaml", "captions.csv"
        ),
        names=plan.result("engagement/names.csv"),
        code=plan.code("plant_errors"),
    output:
        power=plan.result("verdicts/audit-power.csv"),
        unrelated=plan.result("verdicts/audit-unrelated.csv"),
        receipt=plan.receipt("plant_errors"),
    log:
        plan.log("plant_errors"),
    benchmark:
        "benchmarks/plant_errors.tsv"
    conda:
        "../../envs/medlead.yaml"
    params:
        content=plan.bytes_of(
            plan.published("items.csv", "cells.csv", "relations.yaml", "captions.csv"),
            plan.code("plant_errors"),
        ),
        each=config["analysis"]["planted_errors"],
        seed=config["seed"],
    message:
        "Verdicts 23/27: errors planted in the print, and how many are seen"
    script:
        "../scripts/plant_errors.py"


# Every declared method for every printed number, and the chance that one fits by luck.
rule try_methods:
    input:
        published=plan.published("cells.csv", "relations.yaml"),
        methods=plan.instruments("methods.yaml"),
        schema=plan.schema("methods.schema.json"),
        reading=plan.instruments("significance.yaml"),
        completions=plan.instruments("completions.yaml"),
        scales=plan.instruments("ratings.yaml"),
        trusts=plan.raw("trust_engagement"),
        returns=plan.results("survey/coded.csv") if plan.rebuilt else [],
        judged=rules.judge_cells.output.cells,
        code=plan.code("try_methods"),
    output:
        tries=plan.result("verdicts/methods.csv"),
        numbers=plan.result("verdicts/methods-numbers.csv"),
        tally=plan.result("verdicts/methods-tally.csv"),
        percentages=plan.result("verdicts/percentages.csv"),
        receipt=plan.receipt("try_methods"),
    log:
        plan.log("try_methods"),
    benchmark:
        "benchmarks/try_methods.tsv"
    conda:
        "../../envs/medlead.yaml"
    params:
        content=plan.bytes_of(
            plan.published("cells.csv", "relations.yaml"),
            plan.instruments(
                "methods.yaml", "significance.yaml", "completions.yaml", "ratings.yaml"
            ),
            plan.schema("methods.schema.json"),
            plan.code("try_methods"),
        ),
        star_thresholds=config["analysis"]["star_thresholds"],
        names=["trust_engagement"],
        sheets=plan.sheets("trust_engagement"),
        sums=plan.raw_sums("trust_engagement"),
    message:
        "Verdicts 24/27: the methods that could be behind the printed numbers"
    script:
        "../scripts/try_methods.py"
