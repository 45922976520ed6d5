"""Clean returns → coded returns: bands, structures, committees, officers, titles.

What the variables are, and by which bands or codes they are made, stands in the
instrument. Texts that no pattern fits are listed for a human and have no code; the
pattern that gave each code is kept, so that every coding can be followed back.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from medlead.survey.answers import tidy
from medlead.survey.cleaning import Cleaned
from medlead.survey.definition import YES_NO, PartType
from medlead.survey.instrument import (
    OPTION_MARK,
    CodedVariable,
    CodeKind,
    CodeSet,
    Instrument,
    Part,
)
from medlead.survey.patterns import also_named, cut, explain_uncoded, match

MENTION_COLUMNS = ["row", "variable", "field", "text", "code", "pattern", "also"]
UNCODED_COLUMNS = ["row", "variable", "field", "text", "times", "nearest", "why"]
_UNREAD = "a box cannot be read ({})"
_NO_SET = "no code stands for this set of ticks"
JOINED = "; "


@dataclass(frozen=True)
class Coded:
    """The outcome of coding.

    `frame` has one row per return, with the index of the clean frame: the key, `row`
    (in the sheet), `returned`, `complete`, `used`, and the variables of the instrument: ordered
    categories where they have levels, else numbers (Int64, Float64); of a list, the
    codes in table order as one text. `items` has for each such list a frame of truth
    values, one column per code, missing where the question was not answered.
    `mentions` shows what each text was coded to, by which pattern, and which other codes
    (`also`) parts of an item fit; `uncoded` each text without a code, in how many answers
    it occurs (`times`), the nearest code and why it is named. `roles` are the posts
    listed, with the code of each title; in `mentions` and `uncoded` they stand under the
    name of the set of codes.
    """

    frame: pd.DataFrame
    items: Mapping[str, pd.DataFrame]
    mentions: pd.DataFrame
    uncoded: pd.DataFrame
    roles: pd.DataFrame


def code(cleaned: Cleaned, instrument: Instrument) -> Coded:
    """Code clean returns by the instrument; all returns keep their row."""
    return _Coder(cleaned, instrument).run()


class _Coder:
    def __init__(self, cleaned: Cleaned, instrument: Instrument) -> None:
        self.cleaned, self.instrument = cleaned, instrument
        self.clean = cleaned.frame
        self.mentions: list[tuple[int, str, str, str, str, str, str]] = []
        self.without: list[tuple[int, str, str, str, str, str]] = []
        self.items: dict[str, pd.DataFrame] = {}

    def run(self) -> Coded:
        key = self.instrument.part(self.instrument.key).column or ""
        index, returns = self.clean.index, self.cleaned.returns
        columns: dict[str, pd.Series[Any]] = {
            key: self.clean[key],
            "row": pd.Series(self.cleaned.rows, index=index, dtype="int64"),
            "returned": pd.Series(returns.is_return, index=index, dtype="bool"),
            "complete": pd.Series(returns.is_complete, index=index, dtype="bool"),
            "used": pd.Series(returns.is_used, index=index, dtype="bool"),
        }
        for variable in self.instrument.coded:
            columns[variable.name] = self.variable(variable)
        roles = self.roles()
        texts = dict.fromkeys(MENTION_COLUMNS[1:], "str")
        return Coded(
            frame=pd.DataFrame(columns, index=index),
            items=self.items,
            mentions=pd.DataFrame(self.mentions, columns=MENTION_COLUMNS).astype(
                {"row": "int64", **texts}
            ),
            uncoded=self.uncoded(),
            roles=roles,
        )

    def uncoded(self) -> pd.DataFrame:
        """The texts without a code: by variable, the most frequent first, then as they came."""
        order = [*(v.name for v in self.instrument.coded), *self.instrument.codes]
        times = Counter(
            (variable, tidy(text).casefold()) for _, variable, _, text, *_ in self.without
        )
        rows = [
            (*found[:4], times[found[1], tidy(found[3]).casefold()], *found[4:])
            for found in self.without
        ]
        rows.sort(key=lambda r: (order.index(r[1]), -r[4], tidy(r[3]).casefold(), r[0], r[2]))
        texts = dict.fromkeys(UNCODED_COLUMNS, "str")
        types = {**texts, "row": "int64", "times": "int64"}
        return pd.DataFrame(rows, columns=UNCODED_COLUMNS).astype(types)

    def roles(self) -> pd.DataFrame:
        """The posts listed, with the code of each title, missing where no pattern fits."""
        posts, found = self.cleaned.roles, []
        sets = {
            part.column: self.instrument.codes[part.codes]
            for part in self.instrument.parts
            if part.type is PartType.ROLES and part.codes is not None
        }
        for row, column, title in zip(posts["row"], posts["field"], posts["title"], strict=True):
            codes = sets.get(column)
            found.append(None if codes is None else self.one(codes.name, row, column, title, codes))
        return posts.assign(code=pd.Series(found, index=posts.index, dtype="str"))

    def one(self, variable: str, row: int, column: str, text: str, codes: CodeSet) -> str | None:
        """The code of one text; the mention is kept, and the text where it has none."""
        hit = match(text, codes)
        if hit is None:
            why = explain_uncoded(text, codes)
            self.without.append((row, variable, column, text, *why))
            self.mentions.append((row, variable, column, text, "", "", ""))
            return None
        several = codes.kind is CodeKind.ITEMS
        also = also_named(text, codes, hit.code) if several else ()
        self.mentions.append(
            (row, variable, column, text, hit.code, hit.pattern, JOINED.join(also))
        )
        return hit.code

    def variable(self, variable: CodedVariable) -> "pd.Series[Any]":
        """One coded variable for all returns."""
        if variable.bands is not None:
            return self.banded(variable)
        if variable.codes is not None:
            return self.coded(variable, self.instrument.codes[variable.codes])
        if variable.sum:
            return self.summed(variable)
        if variable.of is not None:
            return self.of_the_chosen(variable)
        part = self.instrument.part(variable.sources[0])
        column = self.clean[part.column or ""]
        if part.type is PartType.YES_NO:
            return self.ordered(
                [None if pd.isna(v) else YES_NO[0 if v else 1] for v in column], YES_NO
            )
        return column.rename(variable.name)

    def ordered(self, found: list[str | None], levels: tuple[str, ...]) -> "pd.Series[Any]":
        """Texts as ordered categories."""
        dtype = pd.CategoricalDtype(list(levels), ordered=True)
        return pd.Series(found, index=self.clean.index, dtype=dtype)

    def banded(self, variable: CodedVariable) -> "pd.Series[Any]":
        """The band of a number, or of a range that lies in one band."""
        bands = self.instrument.bands[variable.bands or ""]
        column = self.instrument.part(bands.of).column or ""
        ranges = self.cleaned.ranges
        ranges = ranges[(ranges["field"] == column) & (ranges["bands"] == bands.name)]
        by_row = dict(zip(ranges["row"], ranges["band"], strict=True))
        found = [
            by_row.get(row) if pd.isna(value) else bands.label_of(float(value))
            for row, value in zip(self.cleaned.rows, self.clean[column], strict=True)
        ]
        return self.ordered(found, bands.labels)

    def coded(self, variable: CodedVariable, codes: CodeSet) -> "pd.Series[Any]":
        """A variable that a set of codes makes."""
        match codes.kind:
            case CodeKind.TICKS:
                return self.ticks(variable, codes)
            case CodeKind.CHOICE:
                found: list[str | None] = []
                for option in self.chosen(codes):
                    names = [c.name for c in codes.codes if option in c.options]
                    found.append(names[0] if names else None)
                return self.ordered(found, codes.names)
            case CodeKind.TEXT:
                return self.ordered(
                    [
                        next(iter(given), None)
                        for given in self.texts(variable, codes, cut_at=False)
                    ],
                    codes.names,
                )
            case _:
                return self.lists(variable, codes)

    def ticked(self, part: Part) -> list[tuple[str, ...]]:
        """The options ticked in each return."""
        boxes = {o.name: self.clean[o.column or ""].fillna(False) for o in part.options}
        return [
            tuple(name for name, box in boxes.items() if box.iloc[place])
            for place in range(len(self.clean))
        ]

    def unread(self, part: Part) -> list[tuple[str, ...]]:
        """The options of which nobody knows whether they are ticked, beside others that are."""
        boxes = {o.name: self.clean[o.column or ""].isna() for o in part.options}
        return [
            tuple(name for name, box in boxes.items() if box.iloc[place] and ticked)
            for place, ticked in enumerate(self.ticked(part))
        ]

    def ticks(self, variable: CodedVariable, codes: CodeSet) -> "pd.Series[Any]":
        """The code of each set of ticks."""
        part = self.instrument.part(variable.sources[0])
        found: list[str | None] = []
        unread = self.unread(part)
        for place, ticked in enumerate(self.ticked(part)):
            counted = frozenset(ticked) - frozenset(codes.ignore)
            unclear = set(unread[place]) - set(codes.ignore)
            names = [c.name for c in codes.codes if c.ticks == counted and not unclear]
            found.append(names[0] if names else None)
            if ticked and not names:
                shown = {*ticked, *unclear}
                boxes = ", ".join(o.column or "" for o in part.options if o.name in shown)
                why = _UNREAD.format(", ".join(sorted(unclear))) if unclear else _NO_SET
                text = " + ".join(ticked)
                self.without.append((self.cleaned.rows[place], variable.name, boxes, text, "", why))
        return self.ordered(found, codes.names)

    def chosen(self, codes: CodeSet) -> list[str | None]:
        """The option chosen in each return, or the only one ticked where none was chosen.

        A choice that was made but cannot be read stays missing.
        """
        part = self.instrument.part(codes.of[0])
        chosen = [None if pd.isna(v) else str(v) for v in self.clean[part.column or ""]]
        if codes.otherwise_only is None:
            return chosen
        problems = self.cleaned.problems
        is_own = (problems["field"] == part.column) & (problems["kind"] == "refused")
        refused = set(problems.loc[is_own, "row"])
        part = self.instrument.part(codes.otherwise_only)
        unclear = [
            bool(unread) or row in refused
            for row, unread in zip(self.cleaned.rows, self.unread(part), strict=True)
        ]
        return [
            only[0] if option is None and len(only) == 1 and not doubt else option
            for option, only, doubt in zip(chosen, self.ticked(part), unclear, strict=True)
        ]

    def texts(
        self, variable: CodedVariable, codes: CodeSet, *, cut_at: bool
    ) -> list[dict[str, None]]:
        """The codes named in each return, in the order in which they are named."""
        found: list[dict[str, None]] = []
        columns = [self.instrument.part(name).column or "" for name in variable.sources]
        titles = self.titles() if codes.kind is CodeKind.ROLES else None
        for place, row in enumerate(self.cleaned.rows):
            given: dict[str, None] = {}
            for column in columns:
                text = self.clean[column].iloc[place]
                if pd.isna(text):
                    continue
                if titles is not None:
                    items = titles.get((row, column), ())
                else:
                    items = cut(str(text), codes) if cut_at else (str(text),)
                for item in items:
                    name = self.one(variable.name, row, column, item, codes)
                    if name is not None:
                        given[name] = None
            found.append(given)
        return found

    def titles(self) -> dict[tuple[int, str], tuple[str, ...]]:
        """The titles listed, by row and column."""
        listed: dict[tuple[int, str], tuple[str, ...]] = {}
        roles = self.cleaned.roles
        for row, column, title in zip(roles["row"], roles["field"], roles["title"], strict=True):
            listed[row, column] = (*listed.get((row, column), ()), title)
        return listed

    def lists(self, variable: CodedVariable, codes: CodeSet) -> "pd.Series[Any]":
        """All codes of a return as one text; each code's truth values go to `items`."""
        found = self.texts(variable, codes, cut_at=True)
        answered = [self.says_something(variable, place) for place in range(len(self.clean))]
        self.items[variable.name] = pd.DataFrame(
            {
                name: pd.array(
                    [
                        name in given if said else None
                        for given, said in zip(found, answered, strict=True)
                    ],
                    dtype="boolean",
                )
                for name in codes.names
            },
            index=self.clean.index,
        )
        joined = [
            JOINED.join(n for n in codes.names if n in given) if given else None for given in found
        ]
        return pd.Series(joined, index=self.clean.index, dtype="str")

    def says_something(self, variable: CodedVariable, place: int) -> bool:
        """Whether a list was answered: by a text, or by the answer that there is none."""
        for name in variable.sources:
            part = self.instrument.part(name)
            if not pd.isna(self.clean[part.column or ""].iloc[place]):
                return True
            if part.asked_if is not None:
                before = self.instrument.part(part.asked_if.part)
                given = self.cleaned.texts[before.column].iloc[place] if before.column else ""
                if given and given not in part.asked_if.options:
                    return True
        return False

    def summed(self, variable: CodedVariable) -> "pd.Series[Any]":
        """The time of all posts listed; missing where the time of one of them is."""
        columns = [self.instrument.part(name).column or "" for name in variable.sources]
        roles = self.cleaned.roles
        roles = roles[roles["field"].isin(columns)]
        totals = (roles["time"] * roles["count"]).groupby(roles["row"]).sum(min_count=1)
        unknown = set(roles.loc[roles["time"].isna(), "row"])
        found = [
            totals[row] if row in totals.index and row not in unknown else None
            for row in self.cleaned.rows
        ]
        return pd.Series(found, index=self.clean.index, dtype="Float64")

    def of_the_chosen(self, variable: CodedVariable) -> "pd.Series[Any]":
        """The answer to the part that belongs to the option chosen."""
        sets = [c for c in self.instrument.codes.values() if c.of == (variable.of,)]
        part = self.instrument.part(variable.of or "")
        chosen = (
            self.chosen(sets[0])
            if sets
            else [None if pd.isna(v) else str(v) for v in self.clean[part.column or ""]]
        )
        columns = {
            option.name: self.instrument.part(
                variable.sources[0].replace(OPTION_MARK, option.name)
            ).column
            for option in part.options
        }
        found = [
            None if option is None else self.clean[columns[option] or ""].iloc[place]
            for place, option in enumerate(chosen)
        ]
        types = [self.clean[c].dtype for c in columns.values() if c is not None]
        return pd.Series(found, index=self.clean.index, dtype=types[0])
