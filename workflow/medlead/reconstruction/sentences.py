"""Sentences of a report about figures whose values it does not print, tested by statistics.

Each is tested against the range that the print leaves open: where the whole range agrees
with a sentence, or none of it, the print decides. Else nothing does: that the shipped
records meet it shows that it can be so, and they were made to.
"""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from medlead.sources.messages import Problem, ProblemsFound
from medlead.sources.reading import nearest
from medlead.writing import plain_number

COLUMNS = (
    *("sentence", "section", "line", "figure", "says", "statistic", "condition", "threshold"),
    *("low", "high", "shipped", "met", "print_decides", "verdict"),
    "contradicts",
)
HOLDS, FAILS, UNDECIDABLE = "holds", "fails", "undecidable"
YES, NO, OPEN = "yes", "no", "open"
_NEEDED = ("sentence", "says", "section", "line", "figure", "tests")
_WAYS = ("above", "below", "at_least", "at_most", "between")
_THRESHOLDS = ("print", "ours")
# A value that stands on a threshold does so whatever rounding did to it.
_SAME = 1e-9


def judge_sentences(
    declarations: Mapping[str, Any], identified: pd.DataFrame, *, file: str = "margins.yaml"
) -> pd.DataFrame:
    """One row for each test of each sentence.

    `identified` has `statistic`, `low`, `high` and `shipped` (numbers). `met`: whether the
    shipped records meet the test. `print_decides`: whether every set of records with the
    least slack meets it (yes), none does (no), or it is open. `verdict`, of the sentence and
    by the print alone: it holds if every test is decided so, fails if one is decided against
    it, and is undecidable otherwise. `contradicts`: another sentence of the report that says
    otherwise. Raises ProblemsFound for declarations that cannot be read.
    """
    sets = identified.set_index("statistic")
    given = declarations.get("sentences", ())
    problems = [p for entry in given for p in _problems(entry, given, tuple(sets.index), file)]
    if problems:
        raise ProblemsFound(problems)
    rows = []
    for entry in given:
        found = [_test(test, sets.loc[test["statistic"]]) for test in entry["tests"]]
        decided = {one["print_decides"] for one in found}
        verdict = FAILS if NO in decided else HOLDS if decided == {YES} else UNDECIDABLE
        named = {key: entry[key] for key in _NEEDED if key != "tests"}
        named["contradicts"] = entry.get("contradicts", "")
        rows += [{**named, **one, "verdict": verdict} for one in found]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _test(test: Mapping[str, Any], found: "pd.Series[Any]") -> dict[str, Any]:
    ((way, value),) = ((k, v) for k, v in test.items() if k in _WAYS)
    low, high, shipped = (float(found[name]) for name in ("low", "high", "shipped"))
    ends = [_meets(way, value, end) for end in (low, high)]
    # Of what must lie between, both ends may lie beyond, one on each side.
    apart = way == "between" and (high < value[0] - _SAME or low > value[1] + _SAME)
    none = apart if way == "between" else not any(ends)
    return {
        "statistic": test["statistic"],
        "condition": f"{way.replace('_', ' ')} {_shown(value)}",
        "threshold": test["threshold"],
        "low": low,
        "high": high,
        "shipped": shipped,
        "met": YES if _meets(way, value, shipped) else NO,
        "print_decides": YES if all(ends) else NO if none else OPEN,
    }


def _meets(way: str, value: Any, found: float) -> bool:
    if way == "between":
        return bool(value[0] - _SAME <= found <= value[1] + _SAME)
    if way in ("above", "at_least"):
        return bool(found > value + _SAME if way == "above" else found >= value - _SAME)
    return bool(found < value - _SAME if way == "below" else found <= value + _SAME)


def _shown(value: Any) -> str:
    numbers = value if isinstance(value, list | tuple) else [value]
    return " and ".join(plain_number(float(number)) for number in numbers)


def _problems(
    entry: Mapping[str, Any], given: Any, statistics: tuple[str, ...], file: str
) -> list[Problem]:
    place = f"sentences / {entry.get('sentence', '?')}"
    found = [
        Problem(file, f"{place}: '{key}' is missing", f"add `{key}:`")
        for key in _NEEDED
        if key not in entry
    ]
    other = entry.get("contradicts")
    names = tuple(str(one.get("sentence")) for one in given)
    if other and other not in names:
        found.append(_unknown(file, place, "sentence", other, names))
    for test in entry.get("tests", ()):
        name = test.get("statistic")
        if name not in statistics:
            found.append(_unknown(file, place, "statistic", str(name), statistics))
        ways = [key for key in test if key in _WAYS]
        if len(ways) != 1 or (ways == ["between"]) != isinstance(test[ways[0]], list):
            what = f"{place}: a test needs one comparison"
            found.append(Problem(file, what, "write one of them", allowed=", ".join(_WAYS)))
        if test.get("threshold") not in _THRESHOLDS:
            what = f"{place}: whose threshold it is must be told"
            found.append(Problem(file, what, "add it", allowed=", ".join(_THRESHOLDS)))
    return found


def _unknown(file: str, place: str, what: str, name: str, known: tuple[str, ...]) -> Problem:
    near = nearest(name, known)
    mend = f"did you mean '{near}'?" if near else "correct it"
    return Problem(file, f"{place}: the {what} '{name}' is not known", mend)
