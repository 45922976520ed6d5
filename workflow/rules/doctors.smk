# Simulated doctors: answers drawn from a stated model and held to the printed statements.
# Not part of the default build: the target `simulate` makes them, and they are then put
# into the folder of records, where they stand as an input like any other.


rule make_doctors:
    input:
        statements=plan.published("engagement.csv"),
        instrument=plan.instruments("mes.yaml"),
        reading=plan.instruments("mes_statements.yaml"),
        model=plan.instruments("mes_model.yaml"),
        code=plan.code("make_doctors"),
    output:
        responses=plan.result("reconstruction/mes_responses.csv"),
        norms=plan.result("reconstruction/mes_norms.csv"),
        levels=plan.result("reconstruction/doctors-levels.csv"),
        receipt=plan.receipt("make_doctors"),
    log:
        plan.log("make_doctors"),
    benchmark:
        "benchmarks/make_doctors.tsv"
    conda:
        "../../envs/medlead.yaml"
    params:
        content=plan.bytes_of(
            plan.published("engagement.csv"),
            plan.instruments("mes.yaml", "mes_statements.yaml", "mes_model.yaml"),
            plan.code("make_doctors"),
        ),
        seed=config["seed"],
    message:
        "Doctors 1/2: answers drawn from the model, held to the statements"
    script:
        "../scripts/make_doctors.py"


rule check_doctors:
    input:
        responses=rules.make_doctors.output.responses,
        norms=rules.make_doctors.output.norms,
        statements=plan.published("engagement.csv"),
        instrument=plan.instruments("mes.yaml"),
        reading=plan.instruments("mes_statements.yaml"),
        code=plan.code("check_doctors"),
    output:
        check=plan.result("reconstruction/doctors-check.csv"),
        receipt=plan.receipt("check_doctors"),
    log:
        plan.log("check_doctors"),
    benchmark:
        "benchmarks/check_doctors.tsv"
    conda:
        "../../envs/medlead.yaml"
    params:
        content=plan.bytes_of(
            plan.published("engagement.csv"),
            plan.instruments("mes.yaml", "mes_statements.yaml"),
            plan.code("check_doctors"),
        ),
    message:
        "Doctors 2/2: the answers against every printed statement"
    script:
        "../scripts/check_doctors.py"


rule simulate:
    input:
        rules.make_doctors.output,
        rules.check_doctors.output,
