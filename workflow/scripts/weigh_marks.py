"""Which test printed significance marks follow, and which would fall under conventional ones."""

from pathlib import Path

from medlead.performance.decisions import count_changes, regrade
from medlead.performance.hypotheses import (
    apart,
    by_cell,
    judge_hypotheses,
    load_mark_reading,
    needed,
    tally_hypotheses,
)
from medlead.performance.trusts import printed_correlations
from medlead.provenance import Job
from medlead.sources.inputs import read_yaml
from medlead.writing import read_csv, write_csv

job = snakemake
with Job(job.input, job.output, job.log[0], job.output.receipt):
    reading = load_mark_reading(read_yaml(job.input.reading[0]), file=job.input.reading[0])
    cells = printed_correlations(read_csv(Path(job.input.cells[0])))
    levels, tests = job.params.star_thresholds, reading.hypotheses
    judged = judge_hypotheses(cells, tests, levels)
    regraded = regrade(cells, reading, levels)
    found = {
        "marks": judged,
        "tally": tally_hypotheses(judged),
        "by_cell": by_cell(judged),
        "apart": apart(judged),
        "needed": needed(judged, tests, reading.largest_n, levels),
        "decisions": regraded,
        "changes": count_changes(regraded),
    }
    for name, frame in found.items():
        write_csv(Path(job.output[name]), frame)
