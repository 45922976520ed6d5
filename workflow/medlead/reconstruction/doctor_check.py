"""Whether doctors' answers meet every printed statement about them."""

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain

import numpy as np
import pandas as pd

from medlead.reconstruction.on_answers import ANSWER_KINDS, STUDY_KINDS
from medlead.reconstruction.on_scales import SCALE_KINDS
from medlead.reconstruction.standing import SIDES, Norms, Whole, site_of
from medlead.reconstruction.statements import (
    FIELDS,
    JOIN,
    SITES_JOIN,
    Condition,
    Reading,
    Statement,
    Study,
    View,
)
from medlead.sources.messages import Problem, ProblemsFound
from medlead.sources.printed_statements import NOT_CHECKABLE
from medlead.sources.reading import nearest

COLUMNS = (*FIELDS, "holds", "slack", "found")
SITE_KINDS = {**SCALE_KINDS, **ANSWER_KINDS}
NO_ANSWER = -1
# How the value of a kind is written, where it is no free text.
_BANDS, _LIMIT = "low|medium|high", r"[\w-]+>[\w./-]+"
_VALUES: Mapping[str, str] = {
    "aligned-groups": r"\d+",
    "alignment": "aligned|individual-higher|organisational-higher",
    "area": "inner|outer",
    "b-categories": "all",
    "b-each-over": _LIMIT,
    "b-lean": "positive|negative",
    "b-none-over": _LIMIT,
    "b-over": rf"{_LIMIT} in \d+",
    "b-percent": r"[\w-]+=\d+(?:\.\d+)?",
    "b-questions-with": r"[\w-]+=\d+",
    "band": _BANDS,
    "both-components": "low|not-low|good",
    "clusters": r"\d+",
    "component-band": rf"(?:{'|'.join(SIDES)})=(?:{_BANDS})",
    "groups": r"\d+",
    "groups-somewhere": r"\d+",
    "norm-size": r"\d+",
    "returns": r"\d+",
    "sites-in-band": rf"(?:{_BANDS})=\d+",
    "sites-returning": r"\d+",
    "some-band": "not-high",
}


def load_statements(
    frame: pd.DataFrame, reading: Reading, file: str = "engagement.csv"
) -> list[Statement]:
    """The statements of a frame with the columns of `FIELDS` (others are passed over), in order.

    Raises ProblemsFound with every kind, scale and value that cannot be read.
    """
    texts = frame[list(FIELDS)].astype(object).where(frame[list(FIELDS)].notna(), "")
    said = [Statement(*map(str, row)) for row in texts.itertuples(index=False)]
    problems = [p for row, one in enumerate(said, 2) for p in _wrong(one, reading, file, row)]
    if problems:
        raise ProblemsFound(problems)
    return said


def _wrong(said: Statement, reading: Reading, file: str, row: int) -> list[Problem]:
    problems = []

    def wrong(column: str, value: str, allowed: Iterable[str], what: str) -> None:
        listed = list(allowed)
        near = nearest(value, listed)
        mend = f"did you mean '{near}'?" if near else "write one of the allowed names"
        problems.append(Problem(file, what, mend, row, column, value, ", ".join(listed)))

    kinds = [*SITE_KINDS, *STUDY_KINDS, NOT_CHECKABLE]
    if said.kind not in kinds:
        wrong("kind", said.kind, kinds, "there is no such kind of statement")
        return problems
    about_b = said.kind.startswith("b-")
    known = reading.questions if about_b else tuple(reading.scales.place)
    if said.kind in SITE_KINDS or said.kind in ("scale-name", "sites-in-band"):
        for name in reading.columns(said.scale):
            if name not in known:
                wrong("scale", name, known, "there is no such scale or question")
    pattern = _VALUES.get(said.kind)
    if said.kind in ("quadrant", "not-quadrant", "not-all-in", "most-ratings", "ratings-in"):
        quadrants = "|".join(map(re.escape, reading.quadrants))
        pattern = rf"(?:{quadrants})" + (r"=\d+" if said.kind == "ratings-in" else "")
    if said.kind == "spread":
        pattern = "|".join(map(re.escape, reading.figures))
    if pattern is not None and not re.fullmatch(pattern, said.value):
        what = f"a statement of the kind '{said.kind}' has no such value"
        mend = "write the value in the allowed way"
        problems.append(Problem(file, what, mend, row, "value", said.value, pattern))
    elif said.kind in ("b-least", "b-most") and said.value not in ("", *reading.categories):
        wrong("value", said.value, reading.categories, "there is no such group of answers")
    elif about_b and pattern in (_LIMIT, _VALUES["b-over"], _VALUES["b-percent"]):
        category = re.split("[>=]", said.value)[0]
        if category not in reading.categories:
            wrong("value", category, reading.categories, "there is no such group of answers")
        limit = said.value.partition(">")[2].partition(" in ")[0]
        if limit and not re.fullmatch(r"[\d.]+(?:/\d+)?", limit) and limit not in reading.figures:
            wrong("value", limit, reading.figures, "this is neither a number nor a known figure")
    return problems


def study_of(
    responses: pd.DataFrame, norms: pd.DataFrame, reading: Reading, file: str = "mes_responses.csv"
) -> Study:
    """The standing of every site and group, from responses and norm sample.

    `responses` has a row for each doctor, with the columns of the instrument; `norms` has
    its items. Groups stand in order of appearance. An
    empty answer to a question of Section B is no answer; an item needs one. Raises
    ProblemsFound with every answer that the instrument does not have.
    """
    scales = reading.scales
    items = [str(n) for n in range(scales.low, scales.high + 1)]
    listed = [str(a) for a in reading.answers]
    problems: list[Problem] = []
    sample = _answers(norms, scales.items, items, "the norm sample", problems)
    given = _answers(responses, scales.items, items, file, problems)
    questions = _answers(responses, reading.questions, [*listed, ""], file, problems)
    if problems:
        raise ProblemsFound(problems)
    percentiles = Norms.of(scales, sample)
    ranks = percentiles.percentiles(given)
    sites = {}
    _, site_column, group_column = reading.instrument.frame
    for name in sorted(responses[site_column].unique()):
        here = (responses[site_column] == name).to_numpy()
        own = responses.loc[here, group_column]
        groups = list(dict.fromkeys(own))
        member = np.array([groups.index(g) for g in own], dtype=np.int64)
        sites[name] = site_of(groups, member, ranks[here], questions[here], reading.answers)
    return Study(sites, percentiles.size)


def _answers(
    frame: pd.DataFrame,
    columns: Sequence[str],
    allowed: Sequence[str],
    file: str,
    problems: list[Problem],
) -> Whole:
    """The answers of some columns as whole numbers; what is not allowed is added to problems."""
    mend = "correct the answer"
    known = {text: int(text) if text else NO_ANSWER for text in allowed}
    found = np.full((len(frame), len(columns)), NO_ANSWER, dtype=np.int64)
    for place, column in enumerate(columns):
        if column not in frame:
            problems.append(Problem(file, "the column is missing", "add it", column=column))
            continue
        texts = frame[column].astype(str)
        numbers = texts.map(known)
        for row in np.flatnonzero(numbers.isna().to_numpy()):
            text, what = texts.iloc[row], "this is no answer of the instrument"
            shown = ", ".join(a for a in allowed if a)
            problems.append(Problem(file, what, mend, int(row) + 2, column, text, shown))
        found[:, place] = numbers.fillna(NO_ANSWER).astype("int64")
    return found


def conditions(reading: Reading, study: Study, said: Statement) -> list[Condition]:
    """The conditions of one statement, as the returns meet them; none if it is not checkable.

    A statement without a site is about every site that returned any. What is said of a
    site without returns, or of a group that it does not have, does not hold.
    """
    if said.kind in STUDY_KINDS:
        return STUDY_KINDS[said.kind](reading, study, said)
    if said.kind not in SITE_KINDS:
        return []
    names = said.site.split(SITES_JOIN) if said.site else list(study.sites)
    found = []
    for name in names:
        if name not in study.sites:
            found.append(Condition(-1.0, f"site {name} has no returns", exact=True))
            continue
        site = study.sites[name]
        wanted = set(said.group.split(JOIN)) - {"", "all"}
        if said.kind in ("higher",):
            wanted |= set(said.value.split(JOIN))
        if lacking := sorted(wanted - set(site.groups)):
            words = f"site {name} has no group {', '.join(lacking)}"
            found.append(Condition(-1.0, words, exact=True))
            continue
        found += SITE_KINDS[said.kind](View(reading, site, said))
    return found


def check_doctors(
    responses: pd.DataFrame,
    norms: pd.DataFrame,
    statements: pd.DataFrame,
    reading: Reading,
) -> pd.DataFrame:
    """Every statement, whether it holds of the responses, and what was found.

    Columns: those of `FIELDS`, `holds` (yes, no, or empty where it cannot be checked),
    `slack` (the least of its conditions: by how much it holds or fails) and `found` (the
    condition with that slack). Raises ProblemsFound for statements and answers that
    cannot be read.
    """
    said = load_statements(statements, reading)
    study = study_of(responses, norms, reading)
    rows = []
    for one in said:
        met = conditions(reading, study, one)
        fields = [getattr(one, name) for name in FIELDS]
        if not met:
            rows.append((*fields, "", np.nan, ""))
            continue
        tightest = min(met, key=lambda c: (c.holds, c.slack))
        holds = "yes" if all(c.holds for c in met) else "no"
        rows.append((*fields, holds, float(tightest.slack), tightest.found))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def sites_named(statements: Iterable[Statement]) -> list[str]:
    """Every single site that the statements name, sorted; those without returns too."""
    names = chain.from_iterable(s.site.split(SITES_JOIN) for s in statements if s.site)
    return sorted(set(names))
