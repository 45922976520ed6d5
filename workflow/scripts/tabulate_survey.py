"""Tables 3 to 22 from the coded returns, what they leave out, and the tests of their crossings."""

from pathlib import Path

from medlead.evidence import EvidenceClass
from medlead.present.write import read_titles, write_tables
from medlead.printed import printed_cells
from medlead.provenance import Job
from medlead.sources.inputs import read_yaml
from medlead.survey.association import association
from medlead.survey.coded import read_coded, read_items
from medlead.survey.crossings import crossings
from medlead.survey.instrument import load_instrument
from medlead.survey.left_out import population_of, tables_left_out
from medlead.survey.selection import Returns
from medlead.survey.table_definition import load_tables
from medlead.survey.tables import survey_tables
from medlead.without_print import study_titles, tables_without_print
from medlead.writing import read_csv, write_csv

job = snakemake
with Job(job.input, job.output, job.log[0], job.output.receipt):
    instrument = load_instrument(read_yaml(job.input.instrument[0]))
    evidence, sure = EvidenceClass(job.params.evidence[0]), job.params.confidence
    content, own = read_yaml(job.input.declared[0]), evidence is EvidenceClass.STUDY
    declared = load_tables(tables_without_print(content) if own else content, instrument)
    coded = read_coded(Path(job.input.coded), instrument)
    items = read_items(Path(job.input.listed), instrument)
    printed = {} if own else printed_cells(read_csv(Path(job.input.published[1])))
    given = (coded, declared, instrument, evidence)
    named = {item: table.title for item, table in declared.tables.items()}
    titles = named | read_titles(job.input.published[0]) | (study_titles(content) if own else {})
    write_tables(survey_tables(*given, items), titles, job.output.tables, job.output.pages)
    of = {"population": population_of(declared, printed), "items": items}
    write_tables(tables_left_out(*given, confidence=sure, **of), titles, job.output.added)
    crossed = crossings(Returns(coded, instrument, items), declared, printed)
    labels = {variable.name: variable.label for variable in instrument.coded}
    chance = {name: job.params[name] for name in ("seed", "samples", "confidence", "alpha")}
    found = association(crossed, labels, evidence, **chance)
    write_csv(Path(job.output.association), found)
