"""Clean returns as levels of a space, and as counts.

A small coding of its own, for answers that are written as the questionnaire has them:
so records are checked without the coding that the analysis uses.
"""

import re
from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd

from medlead.reconstruction.programme import Vector
from medlead.reconstruction.space import MISSING, Space
from medlead.survey.definition import PartType
from medlead.survey.instrument import OPTION_MARK, CodedVariable, CodeKind, Instrument, Part

TICKED = "1"
_TIME = re.compile(r"(\d+(?:\.\d+)?)\s*$")


def used_returns(raw: pd.DataFrame, instrument: Instrument) -> pd.DataFrame:
    """The returns that answer enough questions to count as completed; the index is kept."""
    asked = [column for part in instrument.asked for column in part.columns]
    given = (raw[asked].fillna("").astype(str) != "").sum(axis=1)
    return raw[given >= instrument.complete_from]


def role_times(text: str, separators: Iterable[str] = (";",)) -> list[float | None]:
    """The time of each role in a list such as "Medical Director 8; Clinical Director 2".

    None for a role without a time.
    """
    items = re.split("|".join(re.escape(s) for s in separators), text)
    found = [_TIME.search(item.strip()) for item in items if item.strip()]
    return [float(match[1]) if match else None for match in found]


def numbers(raw: pd.DataFrame, name: str, instrument: Instrument) -> pd.Series:
    """The numbers that answer a part, or the sums of a coded variable; NaN where none is."""
    coded = next((v for v in instrument.coded if v.name == name), None)
    if coded is None:
        return pd.to_numeric(raw[instrument.part(name).column or name].replace("", None))
    if coded.sum:
        column = instrument.part(coded.sources[0]).column or ""
        return pd.Series([_total(str(text)) for text in raw[column]], index=raw.index)
    if coded.of:
        return pd.Series(
            [_chosen(record, coded, instrument) for _, record in raw.iterrows()],
            index=raw.index,
            dtype=float,
        )
    return pd.to_numeric(raw[instrument.part(coded.sources[0]).column or ""].replace("", None))


def as_levels(
    raw: pd.DataFrame,
    instrument: Instrument,
    space: Space,
    several: Mapping[str, Mapping[str, str]],
) -> pd.DataFrame:
    """The position of the level that each return holds of each variable; -1 for none.

    A value that no level holds (a band that no table has) is -1, an answer that is
    missing is the level for missing answers.
    """
    made = {name: (of, code) for of, by_code in several.items() for code, name in by_code.items()}
    needed = {made[name][0] for name in space.variables if name in made}
    listed = {of: _items(raw, instrument, of) for of in needed}
    columns: dict[str, list[int]] = {}
    for name, levels in space.variables.items():
        if name in made:
            of, code = made[name]
            named = [code in codes for codes in listed[of]]
            columns[name] = [0 if yes else 1 for yes in named]
            continue
        by_name = {level.name: i for i, level in enumerate(levels)}
        if any(level.low is not None for level in levels):
            columns[name] = [
                by_name.get(MISSING, -1)
                if pd.isna(value)
                else next((i for i, lv in enumerate(levels) if lv.holds(float(value))), -1)
                for value in numbers(raw, name, instrument)
            ]
        else:
            columns[name] = [by_name.get(text, -1) for text in _texts(raw, instrument, name)]
    return pd.DataFrame(columns, index=raw.index)


def count_levels(space: Space, levels: pd.DataFrame) -> Vector:
    """The counts of records that hold each combination of levels, block by block.

    A record without a level of one of a block's variables is left out of that block.
    """
    counts = np.zeros(space.size)
    for number, block in enumerate(space.blocks):
        held = levels[list(block)].to_numpy()
        held = held[(held >= 0).all(axis=1)]
        cells = np.ravel_multi_index(tuple(held.T), space.shape(block)) + space.starts[number]
        np.add.at(counts, cells, 1.0)
    return counts


def _total(text: str) -> float:
    times = [time for time in role_times(text) if time is not None]
    return sum(times) if times else float("nan")


def _chosen(record: pd.Series, coded: CodedVariable, instrument: Instrument) -> float:
    choice = instrument.part(coded.of or "")
    option = _option(str(record[choice.column or ""]), choice)
    if not option:
        return float("nan")
    value = record[coded.sources[0].replace(OPTION_MARK, option)]
    return float(value) if str(value) != "" and not pd.isna(value) else float("nan")


def _option(text: str, part: Part) -> str:
    return next((o.name for o in part.options if text in o.spellings), "")


def _ticks(raw: pd.DataFrame, part: Part, ignore: Iterable[str]) -> list[frozenset[str]]:
    options = [o for o in part.options if o.name not in set(ignore)]
    return [
        frozenset(o.name for o in options if str(record[o.column or ""]) == TICKED)
        for _, record in raw.iterrows()
    ]


def _texts(raw: pd.DataFrame, instrument: Instrument, name: str) -> list[str]:
    """The name of the level of a variable without numbers, for each return."""
    coded = next(v for v in instrument.coded if v.name == name)
    part = instrument.part(coded.sources[0])
    codes = instrument.codes[coded.codes] if coded.codes else None
    if codes is None:
        found = [str(text) for text in raw[part.column or ""].fillna("")]
        if part.type is PartType.YES_NO:
            return [text.lower() for text in found]
        return [_option(text, part) if text else MISSING for text in found]
    if codes.kind is CodeKind.TICKS:
        by_set = {code.ticks: code.name for code in codes.codes}
        return [by_set.get(ticks, MISSING) for ticks in _ticks(raw, part, codes.ignore)]
    if codes.kind is CodeKind.CHOICE:
        by_option = {option: code.name for code in codes.codes for option in code.options}
        found = [_option(str(text), part) for text in raw[part.column or ""].fillna("")]
        if codes.otherwise_only:
            sets = _ticks(raw, instrument.part(codes.otherwise_only), ())
            found = [
                option or (next(iter(ticks)) if len(ticks) == 1 else "")
                for option, ticks in zip(found, sets, strict=True)
            ]
        return [by_option.get(option, MISSING) for option in found]
    return [
        next(
            (
                code.name
                for code in codes.in_order_of_trial
                if any(re.search(p, str(text), re.IGNORECASE) for p in code.patterns)
            ),
            MISSING,
        )
        for text in raw[part.column or ""].fillna("")
    ]


def _items(raw: pd.DataFrame, instrument: Instrument, name: str) -> list[frozenset[str]]:
    """The codes of the things that each return lists."""
    coded = next(v for v in instrument.coded if v.name == name)
    codes = instrument.codes[coded.codes or ""]
    columns = [instrument.part(source).column or "" for source in coded.sources]
    found: list[frozenset[str]] = []
    for _, record in raw[columns].fillna("").iterrows():
        texts = [item.strip() for text in record for item in str(text).split(";")]
        found.append(
            frozenset(
                next(
                    (
                        code.name
                        for code in codes.in_order_of_trial
                        if any(re.search(p, item, re.IGNORECASE) for p in code.patterns)
                    ),
                    "",
                )
                for item in texts
                if item
            )
        )
    return found
