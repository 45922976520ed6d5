"""Answers of one return that do not go together, and returns that are there twice."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from medlead.survey.definition import PartType
from medlead.survey.instrument import Check, Instrument, Part
from medlead.survey.records import Record
from medlead.survey.returned import SheetRows, respondent_key
from medlead.survey.rules import CleaningRules

# The option that stands for whatever the others do not name.
OTHER = "other"


@dataclass(frozen=True)
class Finding:
    """Something a person should look at: where, what was written, what kind, what is wrong."""

    row: int
    field: str
    value: str
    kind: str
    problem: str


def contradictions(
    records: Sequence[Record],
    instrument: Instrument,
    rules: CleaningRules,
    returns: SheetRows,
) -> list[Finding]:
    """All findings that need more than one cell.

    Answers though not asked and missing though asked (by the routing), breaches of the
    instrument's checks, returns without a name, with the same name or with the same
    answers, and returns with nothing filled in.
    """
    found: list[Finding] = []
    key = instrument.part(instrument.key).column or ""
    for place, record in enumerate(records):
        if not returns.is_complete[place]:
            here, why = returns.is_return[place], returns.why[place]
            value = "" if here else record.cells[key].raw
            field, kind = ("", "empty") if here else (key, "not-a-return")
            found.append(Finding(record.row, field, value, kind, why))
            continue
        for part in instrument.parts:
            found += _routing(record, part, instrument, rules)
            found += _specified(record, part)
        for check in instrument.checks:
            found += _check(record, check, instrument)
    kept = [r for r, here in zip(records, returns.is_return, strict=True) if here]
    complete = [c for c, here in zip(returns.is_complete, returns.is_return, strict=True) if here]
    return found + list(_duplicates(kept, instrument, complete))


def _routing(
    record: Record, part: Part, instrument: Instrument, rules: CleaningRules
) -> Iterator[Finding]:
    if part.asked_if is None:
        return
    of = instrument.part(part.asked_if.part)
    asked = record.was_asked(part.asked_if, of)
    column = part.columns[0]
    value = record.cells[column].raw
    if record.answered(part):
        if asked is None:
            said = f"this is answered, but '{of.name}', on which it depends, is not"
            yield Finding(record.row, column, value, "routing", said)
        elif not asked and not _is_the_only_tick(record, part, of):
            said = f"this is answered, but after the answer to '{of.name}' it was not asked"
            yield Finding(record.row, column, value, "routing", said)
    elif asked and part.type in rules.report_unanswered:
        said = f"this is not answered, but after the answer to '{of.name}' it was asked"
        yield Finding(record.row, column, value, "unanswered", said)


def _is_the_only_tick(record: Record, part: Part, of: Part) -> bool:
    """Whether a choice that was not due repeats the only box ticked, which is no conflict."""
    if part.type is not PartType.CHOICE or of.type is not PartType.TICKS:
        return False
    return record.ticked(of) == (record.cells[part.column or ""].text,)


def _specified(record: Record, part: Part) -> Iterator[Finding]:
    """A text to the option `other` where that option was not taken."""
    if part.specify is None or not record.cells[part.specify].filled:
        return
    if part.type is PartType.TICKS:
        taken = OTHER in (record.ticked(part) or ())
    else:
        taken = record.cells[part.column or ""].text == OTHER
    if not taken:
        said = f"a text to 'other' is given, but 'other' is not chosen in '{part.name}'"
        value = record.cells[part.specify].raw
        yield Finding(record.row, part.specify, value, "routing", said)


def _check(record: Record, check: Check, instrument: Instrument) -> Iterator[Finding]:
    parts = {role: instrument.part(name) for role, name in check.parts.items()}
    match check.kind:
        case "at-most":
            first, second = parts["left"], parts["right"]
            left, right = _value(record, first), _value(record, second)
        case "listed-at-most":
            first, second = parts["list"], parts["count"]
            listed = record.cells[first.column or ""].read.value
            left = None if listed is None else float(sum(role.count for role in listed))
            right = _value(record, second)
        case "chosen-is-ticked":
            yield from _chosen_is_ticked(record, check, parts["choice"], parts["ticks"])
            return
        case _:
            raise ValueError(f"no such kind of check: {check.kind}")
    if left is not None and right is not None and left > right:
        said = f"{check.says} ({left:g} against {right:g} in '{second.name}')"
        column = first.column or ""
        yield Finding(record.row, column, record.cells[column].raw, "contradiction", said)


def _value(record: Record, part: Part) -> float | None:
    value = record.cells[part.column or ""].read.value
    return None if value is None else float(value)


def _chosen_is_ticked(record: Record, check: Check, choice: Part, ticks: Part) -> Iterator[Finding]:
    cell, ticked = record.cells[choice.column or ""], record.ticked(ticks)
    # `other` may be a combination of what was ticked.
    if not cell.text or ticked is None or cell.text == OTHER or cell.text in ticked:
        return
    said = f"{check.says} ('{cell.text}' against {', '.join(ticked) or 'none'})"
    yield Finding(record.row, choice.column or "", cell.raw, "contradiction", said)


def _duplicates(
    records: Sequence[Record], instrument: Instrument, is_complete: Sequence[bool]
) -> Iterator[Finding]:
    key = instrument.part(instrument.key).column or ""
    asked = [column for part in instrument.asked for column in part.columns]
    names: dict[str, int] = {}
    answers: dict[tuple[str, ...], int] = {}
    for record, complete in zip(records, is_complete, strict=True):
        name = record.cells[key].text
        same = respondent_key(name)
        if not name:
            yield Finding(record.row, key, record.cells[key].raw, "key", "the return has no name")
        elif same in names:
            said = f"row {names[same]} is a return of the same respondent"
            yield Finding(record.row, key, name, "duplicate", said)
        else:
            names[same] = record.row
        given = tuple(record.cells[column].text for column in asked)
        if given in answers:
            said = f"all answers are the same as in row {answers[given]}"
            yield Finding(record.row, key, name, "duplicate", said)
        elif complete:
            answers[given] = record.row
