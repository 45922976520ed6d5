"""The report page: every item, printed beside rebuilt, with its verdicts."""

import json
from pathlib import Path

from medlead.present.further import read_further
from medlead.present.site import build_page
from medlead.present.site_conclusions import read_answer
from medlead.present.traced import page_traces
from medlead.present.write import notebook_links, read_figures, read_fragments, read_titles
from medlead.provenance import Job
from medlead.verdicts.trace_evidence import Paths
from medlead.verdicts.trace_reading import read_evidence
from medlead.writing import read_csv, write_text

job = snakemake
with Job(job.input, job.output, job.log[0], job.output.receipt):
    items, cells = (read_csv(Path(p)) for p in job.input.published)
    links, listed = notebook_links([Path(n) for n in job.input.notebooks])
    inputs = dict(zip(job.params.names, job.params.files, strict=True))
    given = (Paths(*job.params.folders), inputs, map(Path, job.input.receipts))
    summary = json.loads(Path(job.input.summary).read_text(encoding="utf-8"))
    titles = read_titles(job.input.published[0])
    meaning = (read_csv(Path(p)) for p in job.input.meaning)
    told = (job.input.verdicts, job.input.relations, job.input.audit, job.input.turns)
    verdicts, *more = (read_csv(Path(p)) for p in told)
    page = build_page(
        *(items, cells, verdicts, *more[:2], summary),
        tables=read_fragments(job.input.tables, titles, job.input.added),
        figures=read_figures(job.input.figures),
        notebooks=links,
        notebook_list=listed,
        further=read_further(Path(job.input.declared[0]), job.input.further),
        traces=page_traces(read_evidence(Path(), *given)),
        answer=read_answer(*meaning, summary, set(items["item"]), *more),
    )
    write_text(Path(job.output.page), page)
