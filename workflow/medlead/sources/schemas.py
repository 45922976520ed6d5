"""From columns and rules to a pandera schema, and from its failures to plain problems."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
import pandera.errors
import pandera.pandas as pa

from medlead.sources.columns import Column, Kind
from medlead.sources.messages import Problem
from medlead.sources.reading import TextTable, heading_key

Explain = Callable[[pd.DataFrame, int, Sequence[int]], str]


@dataclass(frozen=True)
class Rule:
    """A rule between cells: `test` gives True for each record that keeps it.

    A record with a missing value keeps the rule unless the test says otherwise.
    `what` is told of each record that breaks it (a text, or a function of the
    frame, the record's position and the sheet rows), under the name of `column`.
    A rule is left out where one of the columns that it `needs` is not there.
    """

    name: str
    column: str
    test: Callable[[pd.DataFrame], "pd.Series[bool]"]
    what: str | Explain
    mend: str
    allowed: str | None = None
    needs: tuple[str, ...] = ()


def build_schema(name: str, columns: Sequence[Column], rules: Sequence[Rule]) -> pa.DataFrameSchema:
    """The schema of a typed frame: types, missing values, ranges, patterns and rules.

    Each check carries the name under which `problems_of` finds its words again.
    """
    return pa.DataFrameSchema(
        columns={c.name: _schema_column(c) for c in columns}
        | {c.applicable_name: pa.Column(bool) for c in columns if c.applicable_name},
        # NA is the rule's own affair; by default pandera lets records pass that are all NA.
        checks=[pa.Check(r.test, error=f"rule:{r.name}", ignore_na=False) for r in rules],
        name=name,
        strict=True,
        ordered=False,
        coerce=False,
    )


def _schema_column(column: Column) -> pa.Column:
    checks = []
    if column.low is not None:
        checks.append(pa.Check.ge(column.low, error="range"))
    if column.above is not None:
        checks.append(pa.Check.gt(column.above, error="range"))
    if column.high is not None:
        checks.append(pa.Check.le(column.high, error="range"))
    if column.pattern is not None:
        checks.append(pa.Check.str_matches(rf"\A(?:{column.pattern})\Z", error="pattern"))
    if column.scale is not None and not column.scale.levels:
        checks.append(pa.Check(column.scale.admits, element_wise=True, error="scale"))
    return pa.Column(column.dtype, checks=checks, nullable=not column.required)


def unique_rule(keys: Sequence[str]) -> Rule:
    """The rule that no two records have the same key."""

    def test(frame: pd.DataFrame) -> "pd.Series[bool]":
        known = frame[list(keys)].notna().all(axis=1)
        return ~(frame.duplicated(list(keys), keep="first") & known)

    def what(frame: pd.DataFrame, position: int, rows: Sequence[int]) -> str:
        key = frame[list(keys)]
        first = int((key == key.iloc[position]).all(axis=1).to_numpy().argmax())
        shown = ", ".join(f"{name} '{key.iloc[position][name]}'" for name in keys)
        return f"the record of {shown} stands in row {rows[first]} already"

    mend = "delete one of the two records, or correct its key"
    return Rule("unique", keys[-1], test, what, mend, needs=tuple(keys))


def spelling_rule(column: str) -> Rule:
    """The rule that a text is not written in two ways that differ in capitals and blanks."""

    def usual(frame: pd.DataFrame) -> "pd.Series[Any]":
        """The commonest spelling of each text, the first one where two are as common."""
        if frame[column].isna().all():
            return frame[column]
        like = frame[column].map(heading_key, na_action="ignore")
        return frame[column].groupby(like).transform(lambda texts: texts.value_counts().idxmax())

    def test(frame: pd.DataFrame) -> "pd.Series[bool]":
        if frame[column].isna().all():
            return frame[column].isna()  # No group of like texts, from which the usual one comes.
        return frame[column].isna() | (frame[column] == usual(frame))

    def what(frame: pd.DataFrame, position: int, rows: Sequence[int]) -> str:
        return f"the same text is written '{usual(frame).iloc[position]}' elsewhere"

    return Rule(f"spelling-{column}", column, test, what, "write it in one way", needs=(column,))


def not_empty_rule(keys: Sequence[str]) -> Rule:
    """The rule that a record tells something beside its key (a sub-heading row does not)."""

    def test(frame: pd.DataFrame) -> "pd.Series[bool]":
        marks = [c for c in frame.columns if c.endswith("_applicable")]
        told = frame.drop(columns=[*keys, *marks]).notna().any(axis=1)
        # That a measure does not apply is knowledge too.
        return told | ~frame[marks].all(axis=1) if marks else told

    return Rule(
        "not-empty",
        keys[0],
        test,
        "the row holds nothing beside its key",
        "delete the row if it is a sub-heading or a note; else fill in what is known",
        needs=tuple(keys),
    )


def problems_of(
    frame: pd.DataFrame,
    table: TextTable,
    schema: pa.DataFrameSchema,
    columns: Sequence[Column],
    rules: Sequence[Rule],
    refused: set[tuple[int, str]],
) -> list[Problem]:
    """Every failure of a typed frame against its schema, in plain words.

    `refused` are (position, column) of cells already told of by the conversion;
    their emptiness is not told a second time.
    """
    try:
        schema.validate(frame, lazy=True)
    except pandera.errors.SchemaErrors as errors:
        cases = errors.failure_cases
    else:
        return []
    by_column = {column.name: column for column in columns}
    by_rule = {f"rule:{rule.name}": rule for rule in rules}
    seen: set[tuple[str, str, int]] = set()
    unread = {position for position, _ in refused}
    problems = []
    for column, check, index in zip(cases["column"], cases["check"], cases["index"], strict=True):
        rule = by_rule.get(check)
        # Of a broken rule pandera lists every cell of the record; it is told of once.
        name = rule.column if rule else str(column)
        if index is None or pd.isna(index):
            raise ValueError(f"{table.file}: the typed frame breaks its own contract: {check}")
        position = int(index)
        if (check, name, position) in seen or (position, name) in refused:
            continue
        seen.add((check, name, position))
        if rule is not None and rule.name == "not-empty" and position in unread:
            continue
        if rule is not None:
            problems.append(_broken_rule(frame, table, rule, position))
        else:
            problems.append(_broken_check(table, by_column[name], str(check), position))
    return problems


def _broken_rule(frame: pd.DataFrame, table: TextTable, rule: Rule, position: int) -> Problem:
    what = rule.what if isinstance(rule.what, str) else rule.what(frame, position, table.rows)
    return Problem(
        table.file,
        what,
        rule.mend,
        table.rows[position],
        rule.column,
        str(table.frame[rule.column].iloc[position]),
        rule.allowed,
    )


_CHECK_WORDS: Mapping[str, tuple[str, str]] = {
    "not_nullable": ("a value is needed here", "fill in the value, or take the record out"),
    "range": ("the number is outside the range", "check the number and its unit"),
    "scale": ("the number is not on the scale", "write a number that the scale has"),
    "pattern": ("this is not written as it must be", "write it in the way shown"),
}


def _broken_check(table: TextTable, column: Column, check: str, position: int) -> Problem:
    if check not in _CHECK_WORDS:
        raise ValueError(f"{table.file}: column '{column.name}' breaks its own contract: {check}")
    what, mend = _CHECK_WORDS[check]
    if check == "range" and column.kind is Kind.NUMBER and column.says:
        mend += f" ({column.says})"
    text = str(table.frame[column.name].iloc[position])
    return Problem(table.file, what, mend, table.rows[position], column.name, text, column.allowed)
