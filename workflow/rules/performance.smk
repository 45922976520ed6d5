# Performance: engagement and ratings of trusts (Tables 27, 28), the sites' ratings (31, 32).

# The correlations of the rebuilt trusts; nothing where there are none (rules/trusts.smk).
TRUST_CORRELATIONS = (
    plan.results("performance/trust-correlations.csv") if plan.trust_scales() else []
)


rule weigh_marks:
    input:
        cells=plan.published("cells.csv"),
        reading=plan.instruments("significance.yaml"),
        code=plan.code("weigh_marks"),
    output:
        marks=plan.result("performance/marks.csv"),
        tally=plan.result("performance/marks-tally.csv"),
        by_cell=plan.result("performance/marks-by-cell.csv"),
        apart=plan.result("performance/marks-apart.csv"),
        needed=plan.result("performance/marks-needed.csv"),
        decisions=plan.result("performance/decisions.csv"),
        changes=plan.result("performance/decisions-counted.csv"),
        receipt=plan.receipt("weigh_marks"),
    log:
        plan.log("weigh_marks"),
    benchmark:
        "benchmarks/weigh_marks.tsv"
    conda:
        "../../envs/medlead.yaml"
    params:
        content=plan.bytes_of(
            plan.published("cells.csv"),
            plan.instruments("significance.yaml"),
            plan.code("weigh_marks"),
        ),
        star_thresholds=config["analysis"]["star_thresholds"],
    message:
        "Performance 14/27: the test behind the printed stars, and what a stricter one leaves"
    script:
        "../scripts/weigh_marks.py"


rule weigh_coherence:
    input:
        cells=plan.published("cells.csv"),
        instrument=plan.instruments("mes.yaml"),
        code=plan.code("weigh_coherence"),
    output:
        bounds=plan.result("performance/composites.csv"),
        fits=plan.result("performance/composite-fits.csv"),
        rivals=plan.result("performance/composite-rivals.csv"),
        joint=plan.result("performance/coherence.csv"),
        witnesses=plan.result("performance/coherence-witnesses.csv"),
        receipt=plan.receipt("weigh_coherence"),
    log:
        plan.log("weigh_coherence"),
    benchmark:
        "benchmarks/weigh_coherence.tsv"
    conda:
        "../../envs/medlead.yaml"
    params:
        content=plan.bytes_of(
            plan.published("cells.csv"),
            plan.instruments("mes.yaml"),
            plan.code("weigh_coherence"),
        ),
    message:
        "Performance 15/27: whether the printed correlations can stand together"
    script:
        "../scripts/weigh_coherence.py"


rule compare_trusts:
    input:
        raw=plan.raw("trust_engagement"),
        register=plan.published("items.csv"),
        cells=plan.published("cells.csv"),
        scales=plan.instruments("ratings.yaml"),
        layouts=plan.instruments("layouts.yaml"),
        rebuilt=TRUST_CORRELATIONS,
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
        "Performance 16/27: engagement and ratings of the trusts (section 6.3)"
    script:
        "../scripts/compare_trusts.py"


# What the printed ends of the sample say of the coefficients printed for all of it. It is about
# the report's records: where a study has its own, nothing asks for it.
rule identify_correlations:
    input:
        raw=plan.raw("trust_engagement"),
        cells=plan.published("cells.csv"),
        scales=plan.instruments("ratings.yaml"),
        layouts=plan.instruments("layouts.yaml"),
        completions=plan.instruments("completions.yaml"),
        code=plan.code("identify_correlations"),
    output:
        sets=plan.result("performance/identified.csv"),
        middle=plan.result("performance/middle-ten.csv"),
        levels=plan.result("performance/middle-ten-levels.csv"),
        witnesses=plan.result("performance/identified-witnesses.csv"),
        together=plan.result("performance/identified-together.csv"),
        together_witness=plan.result("performance/identified-together-witness.csv"),
        without_middle=plan.result("performance/without-middle.csv"),
        conclusion=plan.result("performance/identified-conclusion.csv"),
        figures=expand(
            plan.result("figures/identified-sets.{suffix}"),
            suffix=["svg", "png", "csv", "txt"],
        ),
        receipt=plan.receipt("identify_correlations"),
    log:
        plan.log("identify_correlations"),
    benchmark:
        "benchmarks/identify_correlations.tsv"
    conda:
        "../../envs/medlead.yaml"
    params:
        content=plan.bytes_of(
            plan.published("cells.csv"),
            plan.instruments("ratings.yaml"),
            plan.instruments("layouts.yaml"),
            plan.instruments("completions.yaml"),
            plan.code("identify_correlations"),
        ),
        names=["trust_engagement"],
        sheets=plan.sheets("trust_engagement"),
        sums=plan.raw_sums("trust_engagement"),
        group_size=config["analysis"]["extreme_group_size"],
    message:
        "Performance 17/27: bounds of the correlations over the trusts that are not printed (section 6.3)"
    script:
        "../scripts/identify_correlations.py"


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
        "Performance 18/27: self-ratings and national measures of the sites (section 6.9)"
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
        "Performance 19/27: pictures of section 6.3"
    script:
        "../scripts/draw_performance.py"


# A study's own organisations: engagement held against performance. Nothing asks
# for it where there is no such file.


rule associate_performance:
    input:
        raw=plan.raw("performance"),
        standings=plan.of("engagement", *rules.score_engagement.output.standings),
        ratings=plan.instruments("ratings.yaml"),
        instrument=plan.instruments("mes.yaml"),
        associations=plan.instruments("associations.yaml"),
        code=plan.code("associate_performance"),
    output:
        associations=plan.results("performance/associations.csv"),
        strata=plan.results("performance/strata.csv"),
        strata_summary=plan.results("performance/strata-summary.csv"),
        codings=plan.results("performance/codings.csv"),
        extremes=plan.results("performance/extreme-groups.csv"),
        organisations=plan.results("performance/organisations.csv"),
        names=plan.results("performance/names.csv"),
        forest=expand(
            plan.result("figures/associations.{suffix}"),
            suffix=["svg", "png", "csv", "txt"],
        ),
        receipt=plan.receipt("associate_performance"),
    log:
        plan.log("associate_performance"),
    benchmark:
        "benchmarks/associate_performance.tsv"
    conda:
        "../../envs/medlead.yaml"
    params:
        **config["analysis"],
        content=plan.bytes_of(
            plan.instruments("ratings.yaml", "mes.yaml", "associations.yaml"),
            plan.code("associate_performance"),
        ),
        sheets=plan.sheets("performance"),
        evidence=plan.evidence("performance"),
        sums=plan.raw_sums("performance"),
        sites=plan.answered_sites(),
        seed=config["seed"],
    message:
        "Performance: the study's engagement scores with its measures of performance"
    script:
        "../scripts/associate_performance.py"
