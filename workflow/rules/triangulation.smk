# Triangulation: engagement, self-ratings, national measures and structure of the same sites.
# Of a study it is built where responses and ratings are its own; engagement is then scored, not
# taken from print.

TRIANGULATED = [
    *("pairs", "overall", "agreement", "counterparts", "matrix", "structure", "power"),
    *("strengths", "sites", "ahead", "bands", "variations", "conflicts", "says"),
]

if plan.triangulated:

    rule triangulate:
        input:
            raw=plan.raw(*plan.triangulated),
            statements=plan.statements(),
            standings=[] if plan.told else rules.score_engagement.output.standings,
            scales=plan.instruments("ratings.yaml"),
            declared=plan.instruments("triangulation.yaml"),
            code=plan.code("triangulate"),
        output:
            tables=expand(
                plan.result("performance/triangulation-{name}.csv"), name=TRIANGULATED
            ),
            figures=expand(
                plan.result("figures/{item}.{suffix}"),
                item=["site-profiles", "triangulation"],
                suffix=["svg", "png", "csv", "txt"],
            ),
            receipt=plan.receipt("triangulate"),
        log:
            plan.log("triangulate"),
        benchmark:
            "benchmarks/triangulate.tsv"
        conda:
            "../../envs/medlead.yaml"
        params:
            **config["analysis"],
            content=plan.bytes_of(
                plan.statements(),
                plan.instruments("ratings.yaml", "triangulation.yaml"),
                plan.code("triangulate"),
            ),
            names=plan.triangulated,
            sheets=plan.sheets(*plan.triangulated),
            evidence=plan.evidence(*plan.triangulated),
            sums=plan.raw_sums(*plan.triangulated),
            seed=config["seed"],
            study=plan.is_study,
        message:
            "Performance: engagement, ratings and structure of the sites (section 6.10)"
        script:
            "../scripts/triangulate.py"
