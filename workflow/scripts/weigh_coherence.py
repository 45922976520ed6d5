"""Whether the printed correlations of an index, its scales and their parts can stand together."""

from pathlib import Path

from medlead.engagement.instrument import load_instrument
from medlead.performance.coherence import (
    bounds_by_measure,
    fits,
    printed_parts,
    read_grid,
    rival_parts,
)
from medlead.performance.coherence_joint import complete_jointly
from medlead.performance.trusts import printed_correlations
from medlead.provenance import Job
from medlead.sources.inputs import read_yaml
from medlead.writing import read_csv, write_csv

job = snakemake
with Job(job.input, job.output, job.log[0], job.output.receipt):
    instrument = load_instrument(read_yaml(job.input.instrument[0]))
    grid = read_grid(printed_correlations(read_csv(Path(job.input.cells[0]))))
    called = {h: s.name for h in grid.scales if (s := instrument.scale_called(h))}
    parts = printed_parts(called, {n: instrument.scale(n).parts for n in called.values()})
    joint = complete_jointly(grid, parts)
    write_csv(Path(job.output.bounds), bounds_by_measure(grid, parts))
    write_csv(Path(job.output.fits), fits(grid, parts))
    write_csv(Path(job.output.rivals), rival_parts(grid, parts))
    write_csv(Path(job.output.joint), joint.completions)
    write_csv(Path(job.output.witnesses), joint.witnesses)
