"""A study's own file of performance by organisation: its columns, or every fault of it."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from medlead.performance.association_options import AssociationOptions, load_association_options
from medlead.ratings import RatingScale
from medlead.sources.catalogue import Contract
from medlead.sources.columns import Column, Kind
from medlead.sources.contracts import validate
from medlead.sources.inputs import Reader, read_yaml
from medlead.sources.messages import Problem, ProblemsFound
from medlead.sources.reading import nearest, read_text_table
from medlead.sources.schemas import Rule, not_empty_rule

Scales = Mapping[str, RatingScale]


def performance_columns(options: AssociationOptions, scales: Scales) -> tuple[str, ...]:
    """The columns of the file, in order: organisation, type, scores, measures."""
    kind = [options.type] if options.type else []
    return (options.organisation, *kind, *options.scores, *scales)


def declaration_problems(
    options: AssociationOptions,
    scales: Scales,
    engaged: Sequence[str],
    *,
    file: str = "associations.yaml",
    ratings: str = "ratings.yaml",
) -> list[Problem]:
    """What in the options does not go with the measures, or with the scales of the responses.

    `engaged` are these scales, none where there are no responses of the study's own.
    """
    problems = []
    if not scales:
        what, mend = "it declares no measures under `performance`", "declare at least one"
        problems.append(Problem(ratings, what, mend))
    if not options.scores and not engaged:
        what = "there are no engagement scores to hold against performance"
        mend = "name columns under `file: scores`, or give responses under inputs.mes_responses"
        problems.append(Problem(file, what, mend))
    other = {options.organisation, options.type, *options.scores} & set(scales)
    for name in sorted(other):
        what, mend = "this column is a measure too (ratings.yaml)", "give each its own column"
        problems.append(Problem(file, what, mend, value=name))

    def known(place: str, names: Sequence[str], allowed: Sequence[str]) -> None:
        for name in names:
            if name not in allowed:
                near = nearest(name, allowed)
                mend = f"did you mean '{near}'?" if near else "correct or delete it"
                what, listed = f"`{place}` names nothing that there is", ", ".join(allowed)
                problems.append(Problem(file, what, mend, value=name, allowed=listed))

    scores = tuple(options.scores) or tuple(options.scales or engaged)
    if not options.scores:
        known("engagement: scales", options.scales, engaged)
    if not isinstance(options.families, str):
        for family in options.families:
            known(f"families: {family.name}: scores", family.scores, scores)
            known(f"families: {family.name}: measures", family.measures, tuple(scales))
    known("codings: alternatives", tuple(options.codings), tuple(scales))
    for measure, codings in options.codings.items():
        levels = scales[measure].levels if measure in scales else ()
        for name, numbers in codings.items():
            if measure in scales and set(numbers) != set(levels):
                what = f"the coding '{name}' of '{measure}' does not give each level a number"
                found = ", ".join(numbers)
                mend = "write every level once" if levels else "measures in numbers have none"
                problems.append(Problem(file, what, mend, value=found, allowed=", ".join(levels)))
    return problems


def read_performance(
    path: Path,
    options: AssociationOptions,
    scales: Scales,
    sheet: str = "",
    *,
    sites: Sequence[str] | None = None,
    engaged: Sequence[str] = (),
) -> pd.DataFrame:
    """The checked, typed file of performance, one row per organisation.

    `sites` are those that answered the questions on engagement, where scores are taken from the
    answers. Raises ProblemsFound with every fault of the declaration, else of the file.
    """
    problems = declaration_problems(options, scales, engaged)
    if problems:
        raise ProblemsFound(problems)
    table = read_text_table(path, columns=performance_columns(options, scales), sheet=sheet or None)
    return validate(table, performance_contract(options, scales, sites), scales)


def performance_reader(
    options: str, scales: Mapping[str, Scales], engaged: Sequence[str], sites: Sequence[str]
) -> Reader:
    """Reads the file by the options of a file of them; see `read_performance`.

    `sites` are those that answered, none where responses are not the study's own.
    """

    def read(path: Path, sheet: str) -> pd.DataFrame:
        own = load_association_options(read_yaml(options), file=options)
        measures, among = scales.get("performance", {}), (tuple(sites), tuple(engaged))
        answered, known = among if sites else (None, ())
        return read_performance(path, own, measures, sheet, sites=answered, engaged=known)

    return read


def performance_contract(
    options: AssociationOptions, scales: Scales, sites: Sequence[str] | None = None
) -> Contract:
    """What the file must hold; each organisation is one of `sites` where these are given."""
    name, kind = options.organisation, options.type
    columns = [Column(name, one_spelling=True)]
    rules = [not_empty_rule([n for n in (name, kind) if n])]
    if kind:
        columns.append(Column(kind, required=False, one_spelling=True))
        rules.append(_typed(kind))
    for score, about in options.scores.items():
        number = Column(score, Kind.NUMBER, required=False, low=about.low, high=about.high)
        columns.append(number)
    columns += [Column(measure, Kind.RATING, required=False) for measure in scales]
    if sites is not None and not options.scores:
        rules.append(_answered(name, sites))
    return Contract("performance", tuple(columns), (name,), tuple(rules))


def _typed(kind: str) -> Rule:
    def test(frame: pd.DataFrame) -> "pd.Series[bool]":
        return frame[kind].notna() | bool(frame[kind].isna().all())

    what = "other organisations have a type, and this one has none"
    return Rule("typed", kind, test, what, "fill it in, or empty the whole column")


def _answered(name: str, sites: Sequence[str]) -> Rule:
    def test(frame: pd.DataFrame) -> "pd.Series[bool]":
        return frame[name].isna() | frame[name].isin(list(sites))

    def what(frame: pd.DataFrame, position: int, rows: Sequence[int]) -> str:
        near = nearest(str(frame[name].iloc[position]), sites)
        hint = f"; did you mean '{near}'?" if near else ""
        return f"nobody of this organisation answered the questions on engagement{hint}"

    mend = "write its name as in the responses, or delete the row"
    return Rule("answered", name, test, what, mend, allowed=", ".join(sites))
