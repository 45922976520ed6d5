"""Readers of single answers: numbers, ticks, yes or no, ratings, one box of several.

Each takes the text of one cell and gives a `Parsed`: the value with the rules
that led to it, or the range, the reason why nothing is there, or the problem.
No reader knows the questionnaire; words, ends and options are given to it.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from medlead.sources.reading import nearest
from medlead.survey.answers import (
    ELSEWHERE,
    MARKS,
    NOT_ANSWERED,
    NOT_APPLICABLE,
    NOT_KNOWN,
    Parsed,
    date_problem,
    missing_reason,
    no_value,
    refused,
    tidy,
)
from medlead.survey.numbers import Unit, parse_number

__all__ = [
    "ELSEWHERE",
    "MARKS",
    "NOT_ANSWERED",
    "NOT_APPLICABLE",
    "NOT_KNOWN",
    "Box",
    "Parsed",
    "Unit",
    "missing_reason",
    "parse_choice",
    "parse_number",
    "parse_rating",
    "parse_tick",
    "parse_yes_no",
    "tidy",
]

# The ü is what a tick of a symbol font becomes in plain text.
_TICKS = frozenset(
    [
        *("1", "1.0", "x", "✓", "✔", "√", "☑", "☒", "✗", "✘", "✕", "×", "✅", "■", "●", "ü"),
        *("[x]", "(x)", "yes", "y", "true", "t", "tick", "ticked", "checked"),
    ]
)
_NO_TICKS = frozenset(
    [
        *("0", "0.0", "no", "n", "false", "f", "☐", "□", "[ ]", "( )", "[]", "()"),
        *("unticked", "not ticked", "unchecked", "none"),
    ]
)
# An x or a cross may stand in a yes box as well as say no.
_YES = frozenset(("yes", "y", "true", "t", "1", "✓", "✔", "√", "☑", "✅", "1.0"))
_NO = frozenset(("no", "n", "false", "f", "0", "0.0"))
# A tick or its absence with a remark behind it, which holds no other answer.
_REMARKED = re.compile(
    r"(yes|no|ticked|[x✓✔√☑✅])(?:\s*[-(\[,:;]\s*|\s+)(?!.*\b(?:yes|no|or)\b)(?=.*[a-z0-9]).+"
)
_SEVERAL = re.compile(r"\s*(?:[,;&|\n]|\band\b|\bor\b)\s*")
_END = re.compile(r"\W*$")


def parse_tick(text: str, marks: Mapping[str, str] = MARKS) -> Parsed[bool]:
    """One box: 1, x, a tick mark, yes, true: ticked; 0, no, false, an empty box: not ticked.

    A blank cell has no value here: whether the box was left empty on purpose
    depends on the other boxes of its question.
    """
    key = tidy(text).casefold()
    bare = key.strip(" .,;:") if key not in _NO_TICKS else key
    if bare in _TICKS:
        return Parsed(value=True, rules=() if text == "1" else ("read as a tick",))
    if bare in _NO_TICKS:
        return Parsed(value=False, rules=() if text == "0" else ("read as no tick",))
    if bare and set(bare) == {"*"}:
        return refused("an asterisk may be a tick, or a mark for a value withheld")
    if len(bare) > 1 and len(set(bare)) == 1 and not bare.isalnum() and bare[0] in _TICKS:
        return Parsed(value=True, rules=("read as a tick",))
    reason = missing_reason(text, marks)
    if reason is not None:
        return no_value(reason)
    if said := _REMARKED.fullmatch(key):
        ticked = said[1] != "no"
        return Parsed(
            value=ticked,
            rules=("read as a tick" if ticked else "read as no tick", "words behind it left out"),
            doubts=("words stand behind the tick",),
        )
    return refused("this is neither a tick nor its absence")


def parse_yes_no(text: str, marks: Mapping[str, str] = MARKS) -> Parsed[bool]:
    """Yes or no, also as y/n, true/false, 1/0 or a tick; words behind it are reported.

    A cross alone is a problem (it may mark the yes box or say no), and so is a
    text that holds both answers.
    """
    key = _END.sub("", tidy(text).casefold()) or tidy(text).casefold()
    for words, value in ((_YES, True), (_NO, False)):
        if key in words:
            shown = "Yes" if value else "No"
            return Parsed(value=value, rules=() if text == shown else (f"read as {shown}",))
    reason = missing_reason(text, marks)
    if reason is not None:
        return no_value(reason)
    said = {word for word in re.findall(r"[a-z]+", key) if word in {"yes", "no"}}
    if len(said) > 1:
        return refused("both yes and no are written here")
    first = re.match(r"(yes|no)\b(?!\s+(?:one|idea|longer))", key)
    if first:
        return Parsed(
            value=first[1] == "yes",
            rules=(f"read as {first[1].capitalize()}", "words behind it left out"),
            doubts=("words stand behind the yes or no",),
        )
    return refused("this is neither yes nor no")


_OUT_OF = re.compile(r"(.+?)\s*(?:/|\bout\s?of\b|\bof\b)\s*(\d+)")
_RATING_REMARK = re.compile(r"(\d+(?:\.\d+)?)\s*[-,;:]\s*([a-z][^\d]*)")
_EACH = r"\d+(?:\.\d+)?"


def parse_rating(
    text: str,
    low: float = 0,
    high: float = 10,
    *,
    step: float = 1,
    halves: bool = True,
    ends: tuple[str, str] | None = None,
    marks: Mapping[str, str] = MARKS,
) -> Parsed[float]:
    """One rating from `low` to `high` in steps of `step`; `ends` are the labels of both ends.

    `8/10` is read where the scale ends at 10. A half step is kept and reported
    (`halves=False`: a problem). Several boxes, ranges, percentages and numbers
    beyond the ends are problems; the ends of a range are kept.
    """
    key = tidy(text).casefold().strip(" .;:")
    if remarked := _RATING_REMARK.fullmatch(key):
        one = parse_rating(remarked[1], low, high, step=step, halves=halves, ends=ends, marks=marks)
        if one.value is not None:
            doubts = (*one.doubts, "words stand behind the number")
            return replace(one, rules=(*one.rules, "words behind it left out"), doubts=doubts)
    for label, value in zip(ends or (), (low, high), strict=False):
        if key == tidy(label).casefold():
            return Parsed(value=float(value), rules=(f"'{label}' read as {value:g}",))
    rules: list[str] = []
    if out := _OUT_OF.fullmatch(key):
        if float(out[2]) != high:
            return refused(
                f"the answer is out of {out[2]}, or names two boxes; the scale ends at {high:g}"
            )
        key = out[1]
        rules.append(f"'out of {high:g}' left out")
    boxes = [part for part in _SEVERAL.split(key) if part]
    if len(boxes) == 1 and re.fullmatch(rf"{_EACH}(?:\s+{_EACH})+", key):
        boxes = key.split()
    if len(boxes) > 1 and all(re.fullmatch(_EACH, box) for box in boxes):
        numbers = [float(box) for box in boxes]
        if len(set(numbers)) > 1:
            return Parsed(
                low=min(numbers),
                high=max(numbers),
                problem="several boxes are marked where one is asked for",
            )
    number = parse_number(key, Unit(low=None), marks)
    number = replace(number, rules=(*rules, *number.rules))
    if number.value is not None and not low <= number.value <= high:
        return refused(f"{number.value:g} is not on the scale from {low:g} to {high:g}")
    if number.is_range:
        return replace(number, problem="a range is given where one box is asked for")
    if number.value is None:
        return number
    steps = (Decimal(str(number.value)) - Decimal(str(low))) / Decimal(str(step))
    if steps == steps.to_integral_value():
        return number
    if halves and (steps * 2) == (steps * 2).to_integral_value():
        doubt = f"{number.value:g} lies between two boxes and is kept as a half step"
        return replace(number, doubts=(*number.doubts, doubt))
    return refused(f"{number.value:g} lies between two boxes of the scale", *number.rules)


@dataclass(frozen=True)
class Box:
    """One box of a question: the value that is kept, its label, other words, its numbers.

    `low` and `high` bound the numbers that the box stands for, if it stands for
    numbers; the low end belongs to it and the high end does not.
    """

    value: str
    label: str = ""
    words: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None
    patterns: tuple[str, ...] = ()


def parse_choice(
    text: str,
    options: Sequence[Box],
    *,
    unit: Unit | None = None,
    marks: Mapping[str, str] = MARKS,
) -> Parsed[str]:
    """One box of several, by its value, its label, one of its other words or its patterns.

    Where boxes stand for numbers, a bare number or a range within one box is placed in
    its box and the rule named. A remark beside the name of a box is left out and
    reported. Several boxes are a problem; so is a text that is no box, with the
    nearest one named.
    """
    names = {_letters(name): o.value for o in options for name in (o.value, o.label, *o.words)}
    names.pop("", None)
    key = _letters(text)
    if key in names:
        value = names[key]
        return Parsed(value=value, rules=() if text == value else (f"read as '{value}'",))
    reason = missing_reason(text, marks)
    if reason is not None:
        return no_value(reason)
    parts = [_letters(part) for part in re.split(r"[,;&|/+\n]|\band\b|\bor\b", tidy(text)) if part]
    if (date := date_problem(text)) is not None:
        return refused(date)
    ticked = {names[part] for part in parts if part in names}
    if len(ticked) > 1 and all(part in names for part in parts if part):
        shown = ", ".join(sorted(ticked))
        return refused(f"several boxes are marked where one is asked for ({shown})")
    if any(o.low is not None or o.high is not None for o in options):
        placed = _place(text, options, unit or Unit(low=None))
        if placed is not None:
            return placed
    beside = {names[bare] for bare in map(_letters, _without_remark(text)) if bare in names}
    if len(beside) == 1:
        (value,) = beside
        rules = (f"read as '{value}'", "words beside it left out")
        return Parsed(value=value, rules=rules, doubts=("words stand beside the box",))
    fitting = [o.value for o in options if any(re.search(p, tidy(text), re.I) for p in o.patterns)]
    if len(fitting) == 1:
        return Parsed(value=fitting[0], rules=(f"read as '{fitting[0]}' by a pattern",))
    if fitting:
        return refused(f"this may be any of several boxes ({', '.join(fitting)})")
    near = nearest(tidy(text), [name for o in options for name in (o.label or o.value, *o.words)])
    if near is not None:
        return refused(f"this is no box of the question; the nearest is '{names[_letters(near)]}'")
    return refused("this is no box of the question")


def _letters(text: str) -> str:
    """The text by its letters, digits and signs that matter: `10 – 20 %` is `10-20`."""
    key = re.sub(r"%|per ?cent", "", tidy(text).casefold())
    key = re.sub(r"(?<=\d)\s*(?:-|to)\s*(?=\d)", "-", key)
    return re.sub(r"[\s_.,:;'\"()]+", "", key)


def _without_remark(text: str) -> tuple[str, ...]:
    """The text without what stands in brackets, and its part before a dash or colon."""
    plain = tidy(text)
    return re.sub(r"\s*[(\[][^()\[\]]*[)\]]", "", plain), re.split(r"\s-\s|[:;]\s", plain)[0]


def _place(text: str, options: Sequence[Box], unit: Unit) -> Parsed[str] | None:
    number = parse_number(text, unit)
    if number.value is not None:
        low = high = number.value
        shown = f"{low:g}"
    elif number.is_range:
        low = float("-inf") if number.low is None else number.low
        high = float("inf") if number.high is None else number.high
        shown = number.range_text
    else:
        # A number that cannot be right says more than that it is no box.
        told = number.problem is not None and re.fullmatch(r"[\d.,\s%]+", tidy(text))
        return refused(number.problem or "") if told else None
    inside = [
        o
        for o in options
        if (o.low is None or o.low <= low)
        and (o.high is None or (low < o.high if number.value is not None else high <= o.high))
    ]
    if len(inside) != 1:
        return None
    rule = f"{shown} placed in '{inside[0].value}'"
    rules = tuple(r for r in number.rules if not r.startswith("range "))
    return Parsed(value=inside[0].value, rules=(*rules, rule))
