"""Who was asked and answered, whom they stand for, and how the sites were chosen."""

from json import loads
from pathlib import Path

from medlead.configuration import check_config
from medlead.evidence import EvidenceClass
from medlead.present.response import draw_funnel, draw_selection
from medlead.present.style import write_figure
from medlead.provenance import Job, step_seed
from medlead.sources.inputs import read_yaml
from medlead.survey.coded import read_clean, read_coded
from medlead.survey.description import describe_response
from medlead.survey.instrument import load_instrument
from medlead.without_print import response_without_print
from medlead.writing import read_csv, write_csv

job = snakemake
with Job(job.input, job.output, job.log[0], job.output.receipt):
    instrument = load_instrument(read_yaml(job.input.instrument[0]))
    file, declared = job.input.response[0], read_yaml(job.input.response[0])
    check_config(declared, loads(Path(job.input.schema[0]).read_text(encoding="utf-8")), file)
    evidence = EvidenceClass(job.params.evidence[0])
    found = describe_response(
        read_coded(Path(job.input.coded), instrument),
        read_clean(Path(job.input.clean), instrument),
        response_without_print(declared) if evidence is EvidenceClass.STUDY else declared,
        instrument,
        read_csv(Path(job.input.cells[0])),
        evidence,
        **{name: job.params[name] for name in ("confidence", "alpha", "draws")},
        seed=step_seed(job.params.seed, "describe_response"),
        file=file,
    )
    for name, table in found.tables.items():
        write_csv(Path(getattr(job.output, name)), table)
    folder = Path(job.output.pictures[0]).parent
    write_figure(draw_funnel(**found.funnel_picture), folder, "survey-funnel")
    write_figure(draw_selection(**found.selection_picture), folder, "survey-selection")
