# Trusts rebuilt from printed correlations: solved once, kept among the records, and held
# against the print by each build. Solving is no part of the default build: `make trusts` asks for
# `make_trusts` and puts the set into the folder of records, where it stands as an input.


rule make_trusts:
    input:
        raw=plan.raw("trust_engagement"),
        cells=plan.published("cells.csv"),
        scales=plan.instruments("ratings.yaml"),
        instrument=plan.instruments("mes.yaml"),
        declared=plan.instruments("trusts.yaml"),
        code=plan.code("make_trusts"),
    output:
        trusts=plan.result("solved/trust_scales.csv"),
        varies=plan.result("solved/trust-varies.csv"),
        receipt=plan.receipt("make_trusts"),
    log:
        plan.log("make_trusts"),
    benchmark:
        "benchmarks/make_trusts.tsv"
    conda:
        "../../envs/medlead.yaml"
    params:
        content=plan.bytes_of(
            plan.published("cells.csv"),
            plan.instruments("ratings.yaml", "mes.yaml", "trusts.yaml"),
            plan.code("make_trusts"),
        ),
        sums=plan.raw_sums("trust_engagement"),
        seed=config["seed"],
    message:
        "Trusts: sets solved to the printed correlations, and what differs between them"
    script:
        "../scripts/make_trusts.py"


if plan.trust_scales():

    rule check_trusts:
        input:
            trusts=plan.trust_scales(),
            raw=plan.raw("trust_engagement"),
            cells=plan.published("cells.csv"),
            scales=plan.instruments("ratings.yaml"),
            instrument=plan.instruments("mes.yaml"),
            declared=plan.instruments("trusts.yaml"),
            associations=plan.instruments("associations.yaml"),
            code=plan.code("check_trusts"),
        output:
            check=plan.result("reconstruction/trust-check.csv"),
            free=plan.result("reconstruction/trust-freedom.csv"),
            correlations=plan.result("performance/trust-correlations.csv"),
            receipt=plan.receipt("check_trusts"),
        log:
            plan.log("check_trusts"),
        benchmark:
            "benchmarks/check_trusts.tsv"
        conda:
            "../../envs/medlead.yaml"
        params:
            **config["analysis"],
            content=plan.bytes_of(
                plan.trust_scales(),
                plan.published("cells.csv"),
                plan.instruments(
                    "ratings.yaml", "mes.yaml", "trusts.yaml", "associations.yaml"
                ),
                plan.code("check_trusts"),
            ),
            sums=plan.raw_sums("trust_engagement"),
            seed=config["seed"],
        message:
            "Performance 13/27: the rebuilt trusts against the print, and their correlations"
        script:
            "../scripts/check_trusts.py"
