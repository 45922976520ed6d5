# Performance: engagement and ratings of trusts (Tables 27, 28), the sites' ratings (31, 32).


rule compare_trusts:
    input:
        raw=plan.raw("trust_engagement"),
        register=plan.published("items.csv"),
        cells=plan.published("cells.csv"),
        scales=plan.instruments("ratings.yaml"),
        layouts=plan.instruments("layouts.yaml"),
        code=plan.code("compare_trusts"),
    output:
        tables=plan.results("tables/table-27.csv", "tables/table-28.csv"),
        pages=plan.results("tables/table-27.html", "tables/table-28.html"),
        correlations=plan.result("performance/correlations.csv"),
        groups=plan.result("performance/groups.csv"),
        cuts=plan.result("performance/cuts.csv"),
        significance=plan.result("performance/significance.csv"),
        tally=plan.result("performance/significance-tally.csv"),
        survivors=plan.result("performance/survivors.csv"),
        receipt=plan.receipt("compare_trusts"),
    log:
        plan.log("compare_trusts"),
    benchmark:
        "benchmarks/compare_trusts.tsv"
    conda:
        "../../envs/medlead.yaml"
    params:
        **config["analysis"],
        content=plan.bytes_of(
            plan.published("items.csv"),
            plan.published("cells.csv"),
            plan.instruments("ratings.yaml"),
            plan.instruments("layouts.yaml"),
            plan.code("compare_trusts"),
        ),
        names=["trust_engagement"],
        sheets=plan.sheets("trust_engagement"),
        evidence=plan.evidence("trust_engagement"),
        sums=plan.raw_sums("trust_engagement"),
        seed=config["seed"],
    message:
        "Performance 13/19: engagement and ratings of the trusts (section 6.3)"
    script:
        "../scripts/compare_trusts.py"


rule tabulate_performance:
    input:
        raw=plan.raw("site_self_ratings", "site_performance"),
        register=plan.published("items.csv"),
        scales=plan.instruments("ratings.yaml"),
        layouts=plan.instruments("layouts.yaml"),
        code=plan.code("tabulate_performance"),
    output:
        tables=plan.results("tables/table-31.csv", "tables/table-32.csv"),
        pages=plan.results("tables/table-31.html", "tables/table-32.html"),
        added=plan.results("tables/table-31-added.csv", "tables/table-32-added.csv"),
        receipt=plan.receipt("tabulate_performance"),
    log:
        plan.log("tabulate_performance"),
    benchmark:
        "benchmarks/tabulate_performance.tsv"
    conda:
        "../../envs/medlead.yaml"
    params:
        content=plan.bytes_of(
            plan.published("items.csv"),
            plan.instruments("ratings.yaml"),
            plan.instruments("layouts.yaml"),
            plan.code("tabulate_performance"),
        ),
        names=["site_self_ratings", "site_performance"],
        sheets=plan.sheets("site_self_ratings", "site_performance"),
        evidence=plan.evidence("site_self_ratings", "site_performance"),
        sums=plan.raw_sums("site_self_ratings", "site_performance"),
    message:
        "Performance 14/19: self-ratings and national measures of the sites (section 6.9)"
    script:
        "../scripts/tabulate_performance.py"


rule draw_performance:
    input:
        trusts=plan.result("tables/table-27.csv"),
        survivors=plan.result("performance/survivors.csv"),
        significance=plan.result("performance/significance.csv"),
        scales=plan.instruments("ratings.yaml"),
        layouts=plan.instruments("layouts.yaml"),
        code=plan.code("draw_performance"),
    output:
        files=expand(
            plan.result("figures/{item}.{suffix}"),
            item=["table-27", "table-28"],
            suffix=["svg", "png", "csv", "txt"],
        ),
        receipt=plan.receipt("draw_performance"),
    log:
        plan.log("draw_performance"),
    benchmark:
        "benchmarks/draw_performance.tsv"
    conda:
        "../../envs/medlead.yaml"
    params:
        content=plan.bytes_of(
            plan.instruments("ratings.yaml"),
            plan.instruments("layouts.yaml"),
            plan.code("draw_performance"),
        ),
        confidence=config["analysis"]["confidence"],
        alpha=config["analysis"]["alpha"],
        group_size=config["analysis"]["extreme_group_size"],
    message:
        "Performance 15/19: pictures of section 6.3"
    script:
        "../scripts/draw_performance.py"
