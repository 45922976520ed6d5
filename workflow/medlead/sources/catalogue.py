"""The contracts: what each input file must hold.

A contract lists the columns of a file, the columns that make its key, and the
rules between its cells. Rating columns take their scales from the configuration.
"""

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import pandas as pd
import pandera.pandas as pa

from medlead.evidence import EvidenceClass
from medlead.sources.columns import Column, Kind, Scale
from medlead.sources.printed_conclusions import SENTENCE_FILES
from medlead.sources.printed_labels import FURTHER_FILES
from medlead.sources.printed_statements import STATEMENT_COLUMNS, STATEMENT_RULES
from medlead.sources.reading import nearest
from medlead.sources.schemas import Rule, build_schema, not_empty_rule, spelling_rule, unique_rule

# The scales of one file, by column.
Scales = Mapping[str, Scale]


@dataclass(frozen=True)
class Contract:
    """One file: its columns in order, the columns that make its key, and its rules."""

    name: str
    columns: tuple[Column, ...]
    keys: tuple[str, ...]
    rules: tuple[Rule, ...] = ()

    @property
    def rated(self) -> bool:
        """Whether the file has rating columns, so that it needs rating scales."""
        return any(column.kind is Kind.RATING for column in self.columns)

    def columns_for(self, scales: Scales | None = None) -> tuple[Column, ...]:
        """The columns in order, each rating column with its scale.

        Rating columns are those that have a scale: one of the contract without a
        scale is not expected, and a further one with a scale follows the last.
        Raises ValueError where the file has ratings and no scales are given, or a
        scale is given for a column of another type.
        """
        if not self.rated:
            return self.columns
        if not scales:
            raise ValueError(f"'{self.name}' has rating columns: give their scales")
        other = {c.name for c in self.columns if c.kind is not Kind.RATING} & scales.keys()
        if other:
            raise ValueError(f"'{self.name}': {sorted(other)} cannot have a rating scale")
        columns: list[Column] = []
        last = 0
        for column in self.columns:
            if column.kind is not Kind.RATING:
                columns.append(column)
            elif column.name in scales:
                columns.append(dataclasses.replace(column, scale=scales[column.name]))
                last = len(columns)
        known = {column.name for column in self.columns}
        further = [_rating(name, scale) for name, scale in scales.items() if name not in known]
        return (*columns[:last], *further, *columns[last:])

    def rules_for(self, columns: Iterable[Column]) -> tuple[Rule, ...]:
        """The rules that can be tested with these columns, that of the key first."""
        listed = tuple(columns)
        names = {column.name for column in listed}
        spelling = [spelling_rule(column.name) for column in listed if column.one_spelling]
        rules = (unique_rule(self.keys), *spelling, *self.rules)
        return tuple(rule for rule in rules if names.issuperset({rule.column, *rule.needs}))

    def schema(self, scales: Scales | None = None) -> pa.DataFrameSchema:
        """The pandera schema of the typed frame."""
        columns = self.columns_for(scales)
        return build_schema(self.name, columns, self.rules_for(columns))


def _text(name: str, **options: Any) -> Column:
    return Column(name, Kind.TEXT, **options)


def _count(name: str, high: float, **options: Any) -> Column:
    return Column(name, Kind.INTEGER, **{"required": False, "low": 0, "high": high, **options})


def _rating(name: str, scale: Scale | None = None) -> Column:
    return Column(name, Kind.RATING, required=False, scale=scale)


def _true(truth: "pd.Series[Any]") -> "pd.Series[bool]":
    """Three-valued truth as two-valued: what is not known keeps the rule."""
    return truth.fillna(True).astype(bool)


def _both(first: str, second: str) -> Rule:
    def test(frame: pd.DataFrame) -> "pd.Series[bool]":
        return frame[first].notna() | frame[second].isna()

    what = f"{second} is given, but {first} is not"
    mend = "write a single figure in both columns"
    return Rule(f"{first}-with-{second}", first, test, what, mend, needs=(second,))


def _at_most(low: str, high: str, what: str) -> Rule:
    def test(frame: pd.DataFrame) -> "pd.Series[bool]":
        return _true((frame[low] <= frame[high]) | frame[low].isna() | frame[high].isna())

    def told(frame: pd.DataFrame, position: int, rows: Sequence[int]) -> str:
        return (
            f"{what} ({low} {frame[low].iloc[position]:g}, {high} {frame[high].iloc[position]:g})"
        )

    return Rule(f"{low}-{high}", low, test, told, "check both numbers", needs=(low, high))


def _sites() -> Contract:
    people = {"says": "people, by head count"}
    return Contract(
        "sites",
        (
            _text("site"),
            _text("trust_type", one_spelling=True),
            Column("foundation", Kind.CHOICE, levels=("Non-FT", "FT")),
            _text("region", required=False, one_spelling=True),
            # The largest trusts spend some 2,500 million a year; more is another unit.
            Column(
                "budget_million",
                Kind.NUMBER,
                required=False,
                above=0,
                high=10_000,
                says="in millions of pounds a year",
            ),
            # Fewer than 50 is a site or a unit; no trust had more than some 30,000.
            _count("staff", 100_000, low=50, **people),
            _count("consultants", 10_000, **people),
            _count("board_doctors", 50, **people),
            _count("management_board_doctors", 200, **people),
            _text("structure", required=False, one_spelling=True),
            _count("units", 500, low=1),
            _text("unit_name", required=False, one_spelling=True),
            _count("interviewed_doctors", 1_000, **people),
            _count("interviewed_managers", 1_000, **people),
            _count("interviewed_nurses", 1_000, **people),
            _count("interviewed_psychologists", 1_000, **people),
            _count("levels", 20, low=1),
            _text("responsible_officer", required=False),
            _text("roles_text", required=False),
            _text("time_text", required=False),
        ),
        ("site",),
        (_at_most("consultants", "staff", "there are more consultants than staff"),),
    )


def _site_roles() -> Contract:
    # A full working week is ten programmed activities; twelve occur, twenty are no week.
    activities: dict[str, Any] = {
        "kind": Kind.NUMBER,
        "required": False,
        "above": 0,
        "high": 20,
        "says": "in programmed activities a week",
    }

    def has_level(frame: pd.DataFrame) -> "pd.Series[bool]":
        return _true(frame["in_table_24"] | frame["level"].isna())

    return Contract(
        "site_roles",
        (
            _text("site"),
            _text("role", one_spelling=True),
            Column("in_table_24", Kind.YES_NO),
            Column("in_table_25", Kind.YES_NO),
            _count("level", 20, low=1),
            _count("level_to", 20, low=1),
            _count("posts", 100, low=1),
            Column("pa_low", **activities),
            Column("pa_high", **activities),
            Column("payment", Kind.YES_NO),
            _text("note", required=False),
        ),
        ("site", "role"),
        (
            _at_most("pa_low", "pa_high", "the least time is more than the most"),
            _both("pa_low", "pa_high"),
            _both("pa_high", "pa_low"),
            _at_most("level", "level_to", "the first level stands below the last"),
            _both("level", "level_to"),
            _both("level_to", "level"),
            Rule(
                "level-listed",
                "level",
                has_level,
                "a role that is not listed with its level cannot have one",
                "empty the cell, or write `yes` under in_table_24",
                needs=("in_table_24", "level"),
            ),
        ),
    )


def _trust_engagement() -> Contract:
    def above_bottom(frame: pd.DataFrame) -> "pd.Series[bool]":
        highest = frame.loc[frame["rank_group"] == "bottom", "index"].max()
        lower = (frame["rank_group"] == "top") & (frame["index"] <= highest)
        return _true(~lower)

    return Contract(
        "trust_engagement",
        (
            _text("trust"),
            Column("index", Kind.NUMBER, low=0, high=100),
            _rating("overall_quality"),
            _rating("financial_management"),
            _rating("core_standards"),
            _rating("existing_commitments"),
            _rating("national_priorities"),
            Column("rank_group", Kind.CHOICE, levels=("bottom", "top"), ordered=True),
        ),
        ("trust",),
        (
            Rule(
                "top-above-bottom",
                "index",
                above_bottom,
                "this trust of the top group is not above every trust of the bottom group",
                "check the index and the group of both",
                needs=("rank_group",),
            ),
        ),
    )


def _site_performance() -> Contract:
    def survey_named(frame: pd.DataFrame) -> "pd.Series[bool]":
        return frame["patient_experience"].isna() | frame["patient_experience_survey"].notna()

    return Contract(
        "site_performance",
        (
            _text("site"),
            _rating("financial_management"),
            _rating("financial_risk"),
            _rating("quality_of_services"),
            _rating("standardised_mortality"),
            _text(
                "patient_experience_survey",
                required=False,
                missing=("", "N/A"),
                one_spelling=True,
            ),
            _rating("patient_experience"),
            _rating("consistency_across_surveys"),
            _rating("staff_engagement"),
            _rating("job_satisfaction"),
        ),
        ("site",),
        (
            not_empty_rule(("site",)),
            Rule(
                "survey-named",
                "patient_experience_survey",
                survey_named,
                "patients' experience is rated, but not in which survey",
                "name the survey, e.g. inpatient",
                needs=("patient_experience",),
            ),
        ),
    )


def _site_self_ratings() -> Contract:
    keys = ("site",)
    rated = ("quality", "financial_management", "overall_performance", "patient_experience")
    columns = (_text("site"), *map(_rating, rated))
    return Contract("site_self_ratings", columns, keys, (not_empty_rule(keys),))


_SECTION = r"(?:Appendix )?\d+(?:\.\d+)*"
_ITEM = r"(?:table|figure)-\d\d+|section-\d+(?:\.\d+)*|appendix-\d+"
_ITEM_SAYS = "table-01, figure-05, section-4.1.2 or appendix-2"


def _items() -> Contract:
    def reasoned(frame: pd.DataFrame) -> "pd.Series[bool]":
        return (frame["scope"] != "out") | frame["reason"].notna()

    def titled_once(frame: pd.DataFrame) -> "pd.Series[bool]":
        return frame["title"].isna() | ~frame["title"].duplicated(keep="first")

    return Contract(
        "items",
        (
            _text("item", pattern=_ITEM, says=_ITEM_SAYS),
            _text("title"),
            _text("section", pattern=_SECTION, says="a number such as 4.1.2"),
            Column("line", Kind.INTEGER, required=False, low=1),
            Column("evidence", Kind.CHOICE, levels=tuple(EvidenceClass)),
            Column("scope", Kind.CHOICE, levels=("in", "out")),
            _text("reason", required=False),
        ),
        ("item",),
        (
            Rule(
                "reasoned",
                "reason",
                reasoned,
                "an item that is out of scope needs a reason",
                "say why it is not rebuilt",
                needs=("scope",),
            ),
            Rule(
                "titled-once",
                "title",
                titled_once,
                "another item has this title already",
                "give each item its own title",
            ),
        ),
    )


CELL_KINDS = ("count", "percent", "statistic", "stars", "n", "rating", "value", "label")

_WORDS = (
    "no|none|zero|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen"
    "|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen|twenty"
)
_COUNTED = r"(?:\d+|\d{1,3}(?:,\d{3})+)"
_PRINTED = rf"[-+\N{{MINUS SIGN}}]?(?:{_COUNTED}(?:\.\d+)?|\.\d+)"
# Running text prints small counts as words and groups the digits of large ones.
_CELL_TEXTS: Mapping[str, tuple[str, str]] = {
    "count": (rf"{_COUNTED}|(?i:{_WORDS})", "a whole number, or its word up to twenty"),
    "n": (_COUNTED, "a whole number"),
    "percent": (rf"{_PRINTED}|", "a number without its sign, or empty"),
    "statistic": (rf"{_PRINTED}|", "a number, or empty"),
    "stars": (r"\*{0,3}", "*, **, *** or empty"),
}


def _cells() -> Contract:
    return Contract(
        "cells",
        (
            _text("item", pattern=_ITEM, says=_ITEM_SAYS),
            _text("row"),
            _text("column"),
            _text("text", keep_empty=True),
            Column("kind", Kind.CHOICE, levels=CELL_KINDS),
            _text("section", pattern=_SECTION, says="a number such as 4.1.2"),
            Column("line", Kind.INTEGER, low=1),
        ),
        ("item", "row", "column"),
        tuple(_cell_rule(kind, *shape) for kind, shape in _CELL_TEXTS.items()),
    )


def _cell_rule(kind: str, pattern: str, allowed: str) -> Rule:
    def test(frame: pd.DataFrame) -> "pd.Series[bool]":
        return (frame["kind"] != kind) | frame["text"].str.fullmatch(pattern)

    what = f"a cell of the kind '{kind}' is not printed like this"
    return Rule(
        f"text-{kind}", "text", test, what, "correct the text or the kind", allowed, ("kind",)
    )


CONTRACTS: Mapping[str, Contract] = MappingProxyType(
    {
        contract.name: contract
        for contract in (
            _sites(),
            _site_roles(),
            _trust_engagement(),
            _site_performance(),
            _site_self_ratings(),
            _items(),
            _cells(),
            Contract("engagement", STATEMENT_COLUMNS, ("statement",), STATEMENT_RULES),
            *(Contract(*file) for file in (*SENTENCE_FILES, *FURTHER_FILES)),
        )
    }
)


def contract_named(name: str) -> Contract:
    """The contract of that name; raises ValueError that names the nearest one."""
    if name not in CONTRACTS:
        near = nearest(name, CONTRACTS)
        hint = f"did you mean '{near}'?" if near else f"there are {', '.join(CONTRACTS)}"
        raise ValueError(f"there is no contract '{name}'; {hint}")
    return CONTRACTS[name]
