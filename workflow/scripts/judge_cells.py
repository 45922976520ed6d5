"""The verdict on every printed cell, every relation, and the headline counts."""

from pathlib import Path

from medlead.provenance import Job
from medlead.sources.inputs import read_yaml
from medlead.verdicts.judge import judge
from medlead.writing import read_csv, write_csv, write_json

job = snakemake
with Job(job.input, job.output, job.log[0], job.output.receipt):
    items, cells, relations = job.input.published
    captions, repeated = (read_csv(Path(f)) for f in job.input.labels)
    # None of these where no records were solved, or no statements on engagement are printed.
    check, slack, sets, sites = [read_csv(Path(f)) for f in job.input.solved] or [None] * 4
    statements, sizes = [read_csv(Path(f)) for f in job.input.told] or [None] * 2
    found = judge(
        items=read_csv(Path(items)),
        cells=read_csv(Path(cells)),
        declarations=read_yaml(relations),
        tables={Path(t).stem: read_csv(Path(t)) for t in job.input.tables},
        significance=read_csv(Path(job.input.significance)),
        survey_check=check,
        survey_slack=slack,
        survey_sets=sets,
        site_conflicts=sites,
        survey_margins=read_yaml(job.input.margins[0]) if job.input.solved else None,
        statements=statements,
        group_sizes=sizes,
        scale_names=read_csv(Path(job.input.names)),
        captions=captions,
        repeated=repeated,
        identified=read_csv(Path(job.input.identified)),
    )
    write_csv(Path(job.output.cells), found.cells)
    write_csv(Path(job.output.relations), found.relations)
    write_csv(Path(job.output.conflicts), found.audit)
    write_csv(Path(job.output.repeated), found.repeated)
    write_json(Path(job.output.counts), found.summary)
