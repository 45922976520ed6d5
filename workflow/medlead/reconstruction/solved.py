"""What was solved once and is kept: whether it still belongs to the print, and is true.

Solving takes minutes, so its products stand in a folder of their own. At each build they
are held against the present declarations and returns: they must come from the same
conditions, the least slack is solved again, every end of a range must be reached by its
witness, and what is shipped must lie within. That no records go beyond the ends is
proved only where they are solved.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

import pandas as pd

from medlead.evidence import EvidenceClass
from medlead.reconstruction.check import COLUMNS as CHECK_COLUMNS
from medlead.reconstruction.check import (
    FAILS,
    HOLDS,
    check_survey,
    excepted_cells,
    unreadable_numbers,
)
from medlead.reconstruction.facts import Fact
from medlead.reconstruction.left_out import not_held
from medlead.reconstruction.levels import used_returns
from medlead.reconstruction.margins import Margins, printed_cells
from medlead.reconstruction.programme import assemble
from medlead.reconstruction.sentences import judge_sentences
from medlead.reconstruction.sites import site_facts
from medlead.reconstruction.slack import least_slack
from medlead.reconstruction.statistics import HIGH, LOW, build, part_ends, value_at, value_in
from medlead.reconstruction.witnesses import Conditions, ends_of, read_witness
from medlead.sources.messages import Problem, ProblemsFound
from medlead.survey.instrument import Instrument
from medlead.writing import SIGNIFICANT_DIGITS, plain_number

CONDITIONS, SITES, STATISTICS, MODULES = "conditions", "sites", "statistics", "modules"
MEANINGS: Mapping[str, str] = {
    CONDITIONS: "levels and conditions, with the printed numbers and the questionnaire's codes",
    SITES: "what is known of the sites, and the scenarios with them",
    STATISTICS: "the statistics whose ranges are sought, and the printed ends that they use",
    MODULES: "the code that solves",
}
OTHER_CODE = "other code"
RENEW = "run `make records`, which solves again (minutes), and keep what it writes"


@dataclass(frozen=True)
class Solved:
    """The tables of the folder, every cell a text: name and rows."""

    slack: pd.DataFrame
    sets: pd.DataFrame
    sites: pd.DataFrame
    identified: pd.DataFrame
    witnesses: pd.DataFrame
    sources: pd.DataFrame


def source_digests(
    margins: Margins,
    declarations: Mapping[str, Any],
    sites: Sequence[Fact],
    statistics: Iterable[Mapping[str, Any]],
    ends: Mapping[str, tuple[float, float]],
    modules: str,
) -> pd.DataFrame:
    """One SHA-256 for each thing that the solved tables rest on: `part`, `sha256`, `says`.

    Of meanings and not of bytes: a comment, another order of keys, or a printed cell that
    sets no condition changes nothing. `modules` is the digest of the code.
    """
    certain = [g["shown"] for g in declarations["sites"]["columns"] if g.get("firm")]
    named = [{k: v for k, v in given.items() if k != "says"} for given in statistics]
    digests = {
        CONDITIONS: _digest([margins.space, margins.facts, margins.also]),
        SITES: _digest([sites, certain, declarations["scenarios"]]),
        STATISTICS: _digest([named, ends]),
        MODULES: modules,
    }
    rows = [(part, digest, MEANINGS[part]) for part, digest in digests.items()]
    return pd.DataFrame(rows, columns=["part", "sha256", "says"])


def check_sources(solved: pd.DataFrame, present: pd.DataFrame, folder: str) -> pd.DataFrame:
    """Rows for the check: what the solved tables rest on, then and now.

    Raises ProblemsFound where conditions, sites or statistics are others now; other code
    is only told, since code can change without the answer.
    """
    then = dict(zip(solved["part"], solved["sha256"], strict=True))
    problems, rows = [], []
    for _, now in present.iterrows():
        part, same = now["part"], then.get(now["part"]) == now["sha256"]
        if not same and part != MODULES:
            problems.append(
                Problem(
                    f"{folder}/solved-from.csv",
                    f"the solved tables belong to other {part} ({now['says']})",
                    RENEW,
                    value=str(then.get(part, "none"))[:12],
                    allowed=str(now["sha256"])[:12],
                )
            )
        shown = (str(then.get(part, ""))[:12], str(now["sha256"])[:12])
        rows.append(("solved", part, "", "source", *shown, 0.0, HOLDS if same else OTHER_CODE))
    if problems:
        raise ProblemsFound(problems)
    return pd.DataFrame(rows, columns=list(CHECK_COLUMNS))


def check_slack(
    solved: Solved, margins: Margins, checked: pd.DataFrame, folder: str
) -> pd.DataFrame:
    """Rows for the check: the least slack solved again, and that of the shipped returns.

    `checked` is the check of the returns. Their whole slack is that of the print alone and
    with the sites as solved, not more, also where cells are excepted. Raises ProblemsFound
    where the solved total is not the least one.
    """
    # Each row of the table tells the total; the first stands under the heading.
    kept = float(solved.slack["total"].iloc[0]) if len(solved.slack) else 0.0
    total, _ = least_slack(assemble(margins.space, margins.facts, only_singles=margins.also))
    if total != kept:
        what = "the total slack is not the least one"
        raise ProblemsFound(
            [Problem(f"{folder}/slack.csv", what, RENEW, 2, "total", f"{kept:g}", f"{total:g}")]
        )
    with_sites = float(solved.sites["total"].iloc[-1]) if len(solved.sites) else total
    of_sites = checked["kind"] == "record"
    shipped = [
        float(checked.loc[~of_sites & (checked["kind"] != "coding"), "slack"].sum()),
        float(checked.loc[checked["kind"] != "coding", "slack"].sum()),
    ]
    names = ("total slack, print alone", "total slack, print first and then the sites")
    rows = []
    for name, found, least in zip(names, shipped, (total, with_sites), strict=True):
        held = HOLDS if found == least else FAILS
        more = abs(found - least)
        rows.append(("solved", name, "", "slack", f"{least:g}", f"{found:g}", more, held))
    return pd.DataFrame(rows, columns=list(CHECK_COLUMNS))


def identified_with_shipped(
    solved: Solved,
    statistics: Sequence[Mapping[str, Any]],
    returns: pd.DataFrame,
    instrument: Instrument,
    margins: Margins,
    ends: Mapping[str, tuple[float, float]],
    folder: str,
) -> pd.DataFrame:
    """The identified sets with their words and with the value in the shipped returns.

    Raises ProblemsFound for every end that its witness does not reach, every witness that
    does not meet the print as well as records can, and every shipped value outside.
    """
    kept = solved.identified.set_index("statistic")
    total = float(solved.slack["total"].iloc[0]) if len(solved.slack) else 0.0
    conditions = Conditions(margins)
    used = used_returns(returns, instrument)
    witnessed = ends_of(solved.witnesses)
    problems: list[Problem] = []
    rows = []
    for given in statistics:
        name = given["statistic"]
        row = kept.loc[name]
        low, high = float(row["low"]), float(row["high"])
        for end, value in ((LOW, low), (HIGH, high)):
            wrong = (
                _witness_faults(given, end, value, solved, instrument, conditions, ends, total)
                if end in witnessed.get(name, ())
                else ["it is not there"]
            )
            problems += [
                Problem(f"{folder}/witnesses.csv", f"the witness of {name}, {end}: {what}", RENEW)
                for what in wrong
            ]
        shipped = value_in(given, used, instrument, margins, ends)
        if not low - _near(low) <= shipped <= high + _near(high):
            problems.append(
                Problem(
                    f"{folder}/identified.csv",
                    f"the shipped returns give {name} a value outside its range",
                    "the returns do not meet the print as well as records can; " + RENEW,
                    value=plain_number(shipped),
                    allowed=f"{row['low']} to {row['high']}",
                )
            )
        words = (row["attained"], row["optimised"])
        rows.append((name, given["says"], given["kind"], low, high, shipped, *words))
    if problems:
        raise ProblemsFound(problems)
    names = ["statistic", "says", "kind", "low", "high", "shipped", "attained", "optimised"]
    return pd.DataFrame(rows, columns=names)


def _witness_faults(
    given: Mapping[str, Any],
    end: str,
    value: float,
    solved: Solved,
    instrument: Instrument,
    conditions: Conditions,
    ends: Mapping[str, tuple[float, float]],
    total: float,
) -> list[str]:
    try:
        whole, counts = read_witness(solved.witnesses, conditions.space, given["statistic"], end)
    except ValueError as error:
        return [str(error)]
    found = conditions.faults(whole, counts, total)
    if not found:
        reached = value_at(build(given, whole, instrument, ends), counts, end)
        if not abs(reached - value) <= _near(value):
            found.append(f"it reaches {plain_number(reached)}, not {plain_number(value)}")
    return found


def _near(value: float) -> float:
    """How far a value written with so many digits may stand from the one that was meant."""
    return 10.0 ** (1 - SIGNIFICANT_DIGITS) * max(1.0, abs(value))


def _digest(value: Any) -> str:
    text = json.dumps(_plain(value), sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _plain(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return {f.name: _plain(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, frozenset | set):
        return sorted(_plain(inner) for inner in value)
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    if isinstance(value, float):
        return plain_number(value)
    return value


def records_report(
    solved: Solved,
    returns: pd.DataFrame,
    instrument: Instrument,
    margins: Margins,
    declarations: Mapping[str, Any],
    statistics: Sequence[Mapping[str, Any]],
    printed: pd.DataFrame,
    sites: pd.DataFrame,
    modules: str,
    folder: str,
    file: str,
) -> dict[str, pd.DataFrame]:
    """All that is told of rebuilt returns, by name, each table with its evidence class.

    `check` (every condition, and what was solved), `slack`, `sets` and `sites` (as solved),
    `identified` (with the shipped values), `not_held` (printed cells that set no condition)
    and `sentences`. `printed` are the printed cells, `sites` the known records, `modules`
    the digest of the code that solves, `folder` where the solved tables stand, `file`
    where the returns do. Raises ProblemsFound where an answer that should be a number is
    none, a solved table does not belong to the present declarations or is not true of the
    returns, and where a printed cell is left aside without a reason.
    """
    unreadable = unreadable_numbers(returns, instrument, file)
    if unreadable:
        raise ProblemsFound(unreadable)
    cells = printed_cells(printed)
    single = site_facts(declarations["sites"], sites, margins.space)
    ends = part_ends(declarations, cells)
    present = source_digests(margins, declarations, single, statistics, ends, modules)
    sources = check_sources(solved.sources, present, folder)
    excepted = excepted_cells(declarations)
    checked = check_survey(returns, instrument, margins, declarations, cells, excepted, single)
    identified = identified_with_shipped(
        solved, statistics, returns, instrument, margins, ends, folder
    )
    held = {(row["item"], row["row"], row["column"]) for _, row in checked.iterrows()}
    tables = {
        "check": pd.concat(
            [checked, check_slack(solved, margins, checked, folder), sources], ignore_index=True
        ),
        "slack": solved.slack,
        "sets": solved.sets,
        "sites": solved.sites,
        "identified": identified,
        "not_held": not_held(declarations, printed, held),
        "sentences": judge_sentences(declarations, identified),
    }
    rebuilt = {"check", "identified", "sentences"}
    return {
        name: table.assign(
            evidence=str(
                EvidenceClass.RECONSTRUCTED if name in rebuilt else EvidenceClass.PRINTED_AGGREGATES
            )
        )
        for name, table in tables.items()
    }
