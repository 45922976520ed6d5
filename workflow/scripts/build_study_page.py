"""The page of a study with its own returns: its tables and pictures."""

from os.path import relpath
from pathlib import Path

from medlead.evidence import EvidenceClass
from medlead.present.study_page import FILES, build_study_page
from medlead.present.write import read_figures, read_fragments, read_titles
from medlead.provenance import Job
from medlead.sources.inputs import read_yaml
from medlead.without_print import study_titles
from medlead.writing import read_csv, write_text

job = snakemake
with Job(job.input, job.output, job.log[0], job.output.receipt):
    given = read_yaml(job.input.declared[0])
    declared = given["tables"]
    own = {name: table["title"] for name, table in declared.items() if "title" in table}
    titles = dict.fromkeys(declared, "") | own | read_titles(job.input.register[0])
    titles |= study_titles(given)
    returns = read_csv(Path(job.input.returns))
    here = Path(job.output.page).parent
    page = build_study_page(
        job.params.title,
        EvidenceClass(job.params.evidence[0]),
        titles,
        read_fragments(job.input.tables, titles, job.input.added),
        read_figures(job.input.figures),
        [(Path(relpath(job.input[n], here)).as_posix(), told) for n, told in FILES.items()],
        used=int((returns["used"] == "True").sum()),
        returned=int((returns["returned"] == "True").sum()),
    )
    write_text(Path(job.output.page), page)
