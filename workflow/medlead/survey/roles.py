"""Titles and times of posts as people list them: `2 x Medical Director (8 PAs); Chief Exec: none`.

One cell holds several posts. They are parted where that is certain: at the
configured separators, and at commas, "and" or numbers only if each part is a
known title. The standard way of writing, to which every readable text is
brought, is `Medical Director 8; 2 x Clinical Director 2-4; Chief Executive 0`.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from medlead.survey.answers import MARKS, NOT_ANSWERED, Parsed, missing_reason, no_value, tidy
from medlead.survey.numbers import Unit, parse_number, spelt_number

KnownTitle = Callable[[str], bool]

_COUNT = re.compile(
    r"(?P<n>\d{1,2}|two|three|four|five|six|seven|eight|nine|ten)\s*(?P<x>[x×*]\s*)?(?=[A-Za-z])",
    re.I,
)
_COUNT_AFTER = re.compile(
    r"\s*(?<![A-Za-z])[(\[]?\s*[x×]\s*(\d{1,2})\s*[)\]]?(?=\s|$|[,:@-])", re.I
)
_ABOUT = r"(?:approx(?:imately)?\.?|about|around|circa|c\.|~|up to|over|between|from|at least|[<>])"
_NUMERIC_TIME = re.compile(rf"[\s(\[:,=@-]*\s*{_ABOUT}?\s*(?<![A-Za-z&])\d", re.I)
_WORD_TIME = re.compile(
    r"\s*[(\[:,=@-]+\s*(none|nil|zero|no (?:pas?|time|sessions?)|n/?[ak]|not \w+|unknown|tbc|\?"
    r"|full[- ]?time|part[- ]?time|half[- ]?time|vari\w+)\s*[)\]]?\s*$"
    r"|\s+(none|nil|n/[ak]|tbc|(?:full|half|part)[- ]?time)\s*$",
    re.I,
)
_NO_TIME = re.compile(r"no (?:pas?|time|sessions?)", re.I)
_BULLET = re.compile(r"^(?:\s*(?:[•*·-]+|\(?\d{1,2}[.)])\s+)+")


@dataclass(frozen=True)
class Role:
    """One line of a list of posts.

    `count` posts with the `title`; `time` is the time of each post. `text` is the
    line in the standard way of writing.
    """

    title: str
    count: int
    time: Parsed[float]
    text: str

    @property
    def facts(self) -> tuple[str, int, float | None, float | None, float | None]:
        """The title, the number of posts, the time and its ends."""
        return self.title, self.count, self.time.value, self.time.low, self.time.high


def parse_roles(
    text: str,
    unit: Unit,
    *,
    separators: Sequence[str] = (";", "\n"),
    known: KnownTitle | None = None,
    marks: Mapping[str, str] = MARKS,
) -> Parsed[tuple[Role, ...]]:
    """The posts listed in one cell, each with its title, number and time in `unit`.

    `known` says whether a text is a title; without it only `separators` part
    posts. A time that cannot be read is a doubt: its post stays in the list,
    without a time, and its line as it was written.
    """
    reason = missing_reason(text, marks)
    if reason is not None:
        return no_value(reason)
    roles: list[Role] = []
    rules: list[str] = []
    doubts: list[str] = []
    for line in split_lines(text, separators, known):
        role = _parse_line(line, unit, marks)
        roles.append(role)
        rules += role.time.rules
        doubts += [f"'{line}': {doubt}" for doubt in role.time.doubts]
        if role.time.problem is not None:
            doubts.append(f"'{line}': the time is not read ({role.time.problem})")
    if not roles:
        return no_value(NOT_ANSWERED)
    return Parsed(value=tuple(roles), rules=tuple(dict.fromkeys(rules)), doubts=tuple(doubts))


def roles_text(roles: Sequence[Role]) -> str:
    """The posts in the standard way of writing."""
    return "; ".join(role.text for role in roles)


def split_lines(
    text: str, separators: Sequence[str], known: KnownTitle | None = None
) -> tuple[str, ...]:
    """The lines of a list, at the separators and where both sides are known titles."""
    parts = re.split("|".join(map(re.escape, separators)), text) if separators else [text]
    lines: list[str] = []
    for part in parts:
        line = _BULLET.sub("", tidy(part)).strip(" ,;.")
        if line:
            lines += _split_known(line, known) if known is not None else [line]
    return tuple(lines)


def _split_known(line: str, known: KnownTitle) -> list[str]:
    after_time = r"(?<=[\d)])\.?\s*(?:PAs?\b\)?)?[.,]?\s+(?:and\s+|&\s+)?(?=(?:\d+\s*x?\s*)?[A-Z])"
    for pattern in (r"\s*,\s*", after_time, r"\s*(?:,|\band\b|&|/|\+)\s*"):
        pieces = [piece for piece in re.split(pattern, line) if piece]
        if len(pieces) < 2:
            continue
        # `Medical Director/Deputy Chief Executive 10` is one post with two titles.
        timed = [_title_of(piece) != piece.strip(" ,:;=([-@") for piece in pieces]
        if "/" in line and "/" in pattern and any(timed) and not all(timed):
            return [line]
        whole: list[str] = []
        for piece in pieces:
            # A time behind a comma belongs to the title before it.
            if whole and not known(_title_of(piece)) and not re.search(r"[A-Za-z]{4}", piece):
                whole[-1] = f"{whole[-1]}, {piece}"
            else:
                whole.append(piece)
        if len(whole) > 1 and all(known(_title_of(piece)) for piece in whole):
            return [part for piece in whole for part in _split_known(piece, known)]
    return [line]


def _title_of(line: str) -> str:
    line = _COUNT.sub("", line, count=1) if _COUNT.match(line) else line
    times = [m.start() for m in (_NUMERIC_TIME.search(line), _WORD_TIME.search(line)) if m]
    return line[: min(times)].strip(" ,:;=([-@") if times else line


def _parse_line(line: str, unit: Unit, marks: Mapping[str, str]) -> Role:
    count, rest, rules = 1, line, []
    if first := _COUNT.match(line):
        count = int(first["n"]) if first["n"].isdigit() else spelt_number(first["n"].casefold())
        rest = line[first.end() :]
    elif after := _COUNT_AFTER.search(line):
        count = int(after[1])
        rest = f"{line[: after.start()]} {line[after.end() :]}".strip()
    numeric, word = _NUMERIC_TIME.search(rest), _WORD_TIME.search(rest)
    match = min((m for m in (numeric, word) if m), key=lambda m: m.start(), default=None)
    if match is None or match.start() == 0:
        title, time = rest, Parsed[float](missing=NOT_ANSWERED)
    else:
        title = rest[: match.start()]
        time = _parse_time(rest[match.start() :], unit, marks)
    title = _singular(title.strip(" ,:;=([-.@"), count)
    if count > 1 and time.value:
        rules.append("time taken as that of each post")
    if time.problem is not None or not title:
        return Role(title, count, time, line)
    shown = title if count == 1 else f"{count} x {title}"
    shown += f" {_time_text(time)}" if _time_text(time) else ""
    time = Parsed(
        time.value,
        time.low,
        time.high,
        time.low_open,
        time.high_open,
        (*time.rules, *rules),
        time.doubts,
        missing=time.missing,
    )
    return Role(title, count, time, shown)


def _parse_time(text: str, unit: Unit, marks: Mapping[str, str]) -> Parsed[float]:
    time = text.strip(" ,:;=-@")
    if time.startswith(("(", "[")):
        time = re.sub(r"[)\]]", "", time[1:], count=1) if _one_bracket(time) else time
    elif time.endswith(")") and "(" not in time:
        time = time[:-1]
    if _NO_TIME.fullmatch(time.strip()):
        time = "none"
    return parse_number(time, unit, marks)


def _one_bracket(text: str) -> bool:
    return text.count("(") + text.count("[") == 1


def _time_text(time: Parsed[float]) -> str:
    if time.value is not None:
        return f"{time.value:.15g}"
    if time.low is not None and time.high is not None:
        return f"{time.low:.15g}-{time.high:.15g}"
    return time.range_text


def _singular(title: str, count: int) -> str:
    if count > 1 and re.search(r"[a-rt-z]s$", title):
        return title[:-1]
    return title
