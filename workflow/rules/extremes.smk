# Trusts at both ends of the ranking (Table 27), each question by its own test. It is about the
# report's records: where a study has its own, nothing asks for it.

EXTREME_TABLES = {
    name: plan.result(f"performance/extremes-{name.replace('_', '-')}.csv")
    for name in (
        "spread",
        "corrected",
        "influence",
        "pairs_left_out",
        "doses",
        "ordinal",
        "cuts",
        "ratings",
        "crosstabs",
        "rules",
        "partial",
        "joint",
        "words",
    )
}


rule examine_extremes:
    input:
        raw=plan.raw("trust_engagement"),
        cells=plan.published("cells.csv"),
        scales=plan.instruments("ratings.yaml"),
        layouts=plan.instruments("layouts.yaml"),
        completions=plan.instruments("completions.yaml"),
        plan=plan.instruments("extremes.yaml"),
        code=plan.code("examine_extremes"),
    output:
        **EXTREME_TABLES,
        figures=expand(
            plan.result("figures/{item}.{suffix}"),
            item=["extremes-corrected", "extremes-influence"],
            suffix=["svg", "png", "csv", "txt"],
        ),
        receipt=plan.receipt("examine_extremes"),
    log:
        plan.log("examine_extremes"),
    benchmark:
        "benchmarks/examine_extremes.tsv"
    conda:
        "../../envs/medlead.yaml"
    params:
        **config["analysis"],
        content=plan.bytes_of(
            plan.published("cells.csv"),
            plan.instruments(
                "ratings.yaml", "layouts.yaml", "completions.yaml", "extremes.yaml"
            ),
            plan.code("examine_extremes"),
        ),
        names=["trust_engagement"],
        sheets=plan.sheets("trust_engagement"),
        evidence=plan.evidence("trust_engagement"),
        sums=plan.raw_sums("trust_engagement"),
        seed=config["seed"],
    message:
        "Performance: the two ends of the ranked trusts, each question by its own test"
    script:
        "../scripts/examine_extremes.py"
