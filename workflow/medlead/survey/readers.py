"""How the cells of one part of a questionnaire are read, by its type."""

import re
from collections.abc import Sequence
from dataclasses import replace

from medlead.sources.reading import ERROR_CELLS, UNSTORED
from medlead.sources.reading import clean as clean_text
from medlead.survey import values
from medlead.survey.answers import Parsed, missing_reason, no_value, refused
from medlead.survey.definition import PartType
from medlead.survey.instrument import BandSet, Instrument, Part
from medlead.survey.records import Cell
from medlead.survey.roles import KnownTitle, Role, parse_roles, roles_text
from medlead.survey.rules import CleaningRules, Ranges


class Reader:
    """Reads the cells of one part; what is the same for all returns is made once."""

    def __init__(self, part: Part, instrument: Instrument, rules: CleaningRules) -> None:
        self.part, self.rules = part, rules
        self.unit = rules.unit_of(part)
        self.bands = [bands for bands in instrument.bands.values() if bands.of == part.name]
        self.options, self.option_unit = choice_options(part)
        codes = instrument.codes.get(part.codes or "")
        self.separators = codes.separators if codes and codes.separators else (";", "\n")
        self.known = known_title([p for c in codes.codes for p in c.patterns]) if codes else None

    def read(self, raw: str) -> Cell:
        """The cell of the part's own column."""
        return _fault(raw) or self._read(raw)

    def _read(self, raw: str) -> Cell:
        match self.part.type:
            case PartType.NUMBER | PartType.COUNT:
                return self._number(raw)
            case PartType.CHOICE:
                choice = values.parse_choice(
                    raw, self.options, unit=self.option_unit, marks=self.rules.marks
                )
                return Cell(raw, choice, choice.value or "")
            case PartType.YES_NO:
                answer = values.parse_yes_no(raw, self.rules.marks)
                text = "" if answer.value is None else ("yes" if answer.value else "no")
                return Cell(raw, answer, text)
            case PartType.RATING:
                part, half = self.part, self.rules.half_steps
                low, high = part.low or 0, 10 if part.high is None else part.high
                rating = values.parse_rating(
                    raw, low, high, halves=half, ends=part.ends, marks=self.rules.marks
                )
                return Cell(raw, rating, number_text(rating.value))
            case PartType.ROLES:
                return self._roles(raw)
            case _:
                return self.text(raw)

    def text(self, raw: str) -> Cell:
        """A cell of free text."""
        if fault := _fault(raw):
            return fault
        reason = missing_reason(raw, self.rules.marks)
        if reason is not None:
            return Cell(raw, no_value(reason), "")
        kept = clean_text(raw)
        rule = () if kept == raw else ("blanks put in order",)
        return Cell(raw, Parsed(value=kept, rules=rule), kept)

    def tick(self, raw: str) -> Cell:
        """A cell of one box."""
        if fault := _fault(raw):
            return fault
        tick = values.parse_tick(raw, self.rules.marks)
        return Cell(raw, tick, "" if tick.value is None else str(int(tick.value)))

    def _roles(self, raw: str) -> Cell:
        roles = self._listed(raw)
        text = roles_text(roles.value or ())
        again = self._listed(text).value or ()
        facts = [role.facts for role in roles.value or ()]
        if [role.facts for role in again] != facts or roles_text(again) != text:
            # Rather the respondent's words than a standard form that reads differently.
            doubt = "the list is kept as it was written, since it can be read in two ways"
            return Cell(raw, replace(roles, doubts=(*roles.doubts, doubt)), clean_text(raw))
        return Cell(raw, roles, text)

    def _listed(self, raw: str) -> Parsed[tuple[Role, ...]]:
        return parse_roles(
            raw,
            self.unit,
            separators=self.separators,
            known=self.known,
            marks=self.rules.marks,
        )

    def _number(self, raw: str) -> Cell:
        number = values.parse_number(raw, self.unit, self.rules.marks)
        if not number.is_range:
            return Cell(raw, number, number_text(number.value))
        bands = {b.name: label for b in self.bands if (label := self._band(number, b))}
        ends = number.low is not None and number.high is not None
        if self.rules.ranges is Ranges.MIDPOINT and ends:
            middle = ((number.low or 0) + (number.high or 0)) / 2
            if self.unit.whole:
                middle = float(int(middle))
            doubt = f"the middle of {number.range_text} is taken"
            rule = "middle of the range taken"
            number = replace(
                number, value=middle, rules=(*number.rules, rule), doubts=(*number.doubts, doubt)
            )
            return Cell(raw, number, number_text(middle))
        if self.rules.ranges is Ranges.BAND and bands:
            said = " and ".join(f"band '{label}'" for label in bands.values())
            rule = f"lies in {said}; no value is kept"
            return Cell(raw, replace(number, rules=(*number.rules, rule)), "", bands)
        problem = f"a range ({number.range_text}) is given where one number is asked for"
        if self.rules.ranges is Ranges.BAND and self.bands:
            problem += ", and it does not lie in one band"
        return Cell(raw, replace(number, problem=problem), "")

    def _band(self, number: Parsed[float], bands: BandSet) -> str | None:
        """The one band that holds the whole range; None where there is none."""
        step = 1 if self.unit.whole else 0
        low = self.part.low if number.low is None else number.low + step * number.low_open
        high = number.high
        for band in bands.bands:
            if low is None or low not in band:
                continue
            if high is None:
                return band.label if band.below is None else None
            high -= step * number.high_open
            touches = number.high_open and not step and high == band.below
            return band.label if high in band or touches else None
        return None


def _fault(raw: str) -> Cell | None:
    """A cell that a spreadsheet program could not fill, None for all others."""
    text = raw.strip()
    if text == UNSTORED:
        return Cell(raw, refused("the cell holds a formula without a stored value"), "")
    if text in ERROR_CELLS:
        return Cell(raw, refused("the cell holds a spreadsheet error"), "")
    return None


def choice_options(part: Part) -> tuple[tuple[values.Box, ...], values.Unit]:
    """The options of a part for reading, with their numbers if every label is a range.

    Of two options that share an end, the higher one holds it.
    """
    unit = values.Unit("%", low=0, high=100, percent=any("%" in o.label for o in part.options))
    if not unit.percent:
        unit = values.Unit(part.unit)
    ranges = [values.parse_number(option.label, unit) for option in part.options]
    numeric = bool(ranges) and all(r.is_range for r in ranges)
    return tuple(
        values.Box(o.name, o.label, o.also, r.low, r.high, o.patterns)
        if numeric
        else values.Box(o.name, o.label, o.also, patterns=o.patterns)
        for o, r in zip(part.options, ranges, strict=True)
    ), unit


def known_title(patterns: Sequence[str]) -> KnownTitle:
    """Whether a text is a title, by the patterns of the codes."""
    compiled = [re.compile(pattern, re.I) for pattern in patterns]
    return lambda text: any(pattern.search(text) for pattern in compiled)


def number_text(value: float | None) -> str:
    """A number in the standard way of writing, empty where there is none."""
    if value is None:
        return ""
    text = f"{value:.15g}"
    return text if float(text) == value else repr(value)
