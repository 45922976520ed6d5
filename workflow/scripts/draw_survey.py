"""The figures of the survey: printed counts, and coded returns where nothing is printed."""

from pathlib import Path

from medlead.evidence import EvidenceClass
from medlead.present.declared import load_figures
from medlead.present.style import write_figure
from medlead.present.survey_figures import Printed, draw_survey
from medlead.provenance import Job
from medlead.sources.inputs import read_yaml
from medlead.survey.coded import read_coded
from medlead.survey.counts import count_headings, doubted_cells
from medlead.survey.instrument import load_instrument
from medlead.survey.table_definition import load_tables
from medlead.writing import read_csv

job = snakemake
with Job(job.input, job.output, job.log[0], job.output.receipt):
    instrument = load_instrument(read_yaml(job.input.instrument[0]))
    register, cells = (read_csv(Path(file)) for file in job.input.published)
    margins = read_yaml(job.input.margins[0])
    figures = draw_survey(
        load_figures(read_yaml(job.input.figures[0]), instrument),
        read_coded(Path(job.input.coded), instrument),
        EvidenceClass(job.params.evidence[0]),
        Printed(
            cells,
            dict(zip(register["item"], register["evidence"], strict=True)),
            count_headings(margins, load_tables(read_yaml(job.input.tables[0]), instrument)),
            doubted_cells(margins),
            read_csv(Path(job.input.identified[0])) if job.input.identified else None,
        ),
        confidence=job.params.confidence,
    )
    folder = Path(job.output.files[0]).parent
    for item, figure in figures:
        write_figure(figure, folder, item)
