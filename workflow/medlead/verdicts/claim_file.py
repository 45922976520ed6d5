"""The checks of the file of claims, held against what they name, before anything is computed."""

import ast
from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from medlead.evidence import EvidenceClass
from medlead.sources.messages import Problem, ProblemsFound
from medlead.sources.texts import nearest
from medlead.verdicts.claim_evidence import ClaimEvidence
from medlead.verdicts.claim_language import Check, literal_of, parse
from medlead.verdicts.claim_registry import WORDS
from medlead.verdicts.claim_values import Refused
from medlead.verdicts.conclusions import claims_named, conclusion_check
from medlead.verdicts.declared import expand
from medlead.verdicts.relations import DeclarationError, printed_cells

_PLACED = ("item", "row", "column")
_SELECTED = ("item", "rows", "columns")
_CELL_WORDS = {
    "cell": _PLACED,
    "text": _PLACED,
    **dict.fromkeys(("cells", "texts", "row_sums", "column_sums"), _SELECTED),
}


def sentence_problems(
    files: Mapping[str, tuple[pd.DataFrame, str]],
    items: pd.DataFrame,
    cells: pd.DataFrame,
    declarations: Mapping[str, Any],
) -> list[Problem]:
    """All that is wrong with the checks of claims and of conclusions.

    `files` holds each of the two, where it is there, as text with the name of its file.
    """
    problems: list[Problem] = []
    if "claims" in files:
        problems += claim_problems(
            files["claims"][0], items, cells, declarations, files["claims"][1]
        )
    if {"claims", "conclusions"} <= set(files):
        problems += conclusion_problems(*files["conclusions"], files["claims"][0]["claim"])
    return problems


def conclusion_problems(
    conclusions: pd.DataFrame, file: str, claims: Iterable[Any]
) -> list[Problem]:
    """All that is wrong with the checks of conclusions: each must parse and name known claims."""
    known = {str(name) for name in claims}
    problems: list[Problem] = []
    for row, conclusion in enumerate(conclusions.to_dict("records"), 2):
        text = str(conclusion["check"])
        try:
            named = claims_named(conclusion_check(conclusion, file, row))
        except ProblemsFound as found:
            problems.extend(found.problems)
            continue
        for name in named:
            if name not in known:
                near = nearest(name, known)
                mend = f"did you mean '{near}'?" if near else "name one of claims.csv"
                what = f"there is no claim '{name}'"
                problems.append(Problem(file, what, mend, row, "check", text))
    return problems


def claim_problems(
    claims: pd.DataFrame,
    items: pd.DataFrame,
    cells: pd.DataFrame,
    declarations: Mapping[str, Any],
    file: str = "claims.csv",
) -> list[Problem]:
    """All that is wrong with the checks, and with what they and the lines point at.

    All frames are as text. A check must parse and look at evidence, and the cells and relations
    that it names must be there; a line must not lie behind the last one of the register.
    """
    evidence = ClaimEvidence(printed_cells(cells), dict[str, EvidenceClass](), _none, _none)
    try:
        tests = expand(declarations["relations"], printed_cells(cells))
        relations = {name for test in tests for name in (test.relation, test.name)}
    except (DeclarationError, KeyError, TypeError):
        relations = set()  # What is wrong with the relations is told by the job that tests them.
    last = max((int(line) for line in items["line"] if line.isdigit()), default=0)
    problems = []
    for row, claim in enumerate(claims.to_dict("records"), 2):
        if str(claim["line"]).isdigit() and int(claim["line"]) > last > 0:
            what = "the report has no such line"
            mend = f"its last registered item begins at line {last}"
            problems.append(Problem(file, what, mend, row, "line", str(claim["line"])))
        try:
            check = parse(str(claim["check"]), file, row)
        except ProblemsFound as found:
            problems.extend(found.problems)
            continue
        for refused in _unknown(check, evidence, relations):
            text = str(claim["check"])
            problems.append(Problem(file, refused.what, refused.mend, row, "check", text))
    return problems


def _none(_: str) -> None:
    return None


def _unknown(check: Check, evidence: ClaimEvidence, relations: set[str]) -> list[Refused]:
    found = []
    names = [call.func.id for call in check.calls if isinstance(call.func, ast.Name)]
    if not any(WORDS[name].looks or WORDS[name].whole for name in names):
        mend = "ask for what decides it, or write not_checkable(...)"
        found.append(Refused("the check looks at no evidence", mend))
    for call in check.calls:
        name = call.func.id if isinstance(call.func, ast.Name) else ""
        if name in _CELL_WORDS:
            given = dict(zip(_CELL_WORDS[name], map(literal_of, call.args), strict=False))
            given |= {str(k.arg): literal_of(k.value) for k in call.keywords}
            item, rows, columns = (given[part] for part in _CELL_WORDS[name])
            but = given.get("but") or []
            try:
                evidence.select(str(item), rows, columns, [but] if isinstance(but, str) else but)
            except Refused as refused:
                found.append(refused)
        elif name == "relation" and relations:
            wanted = str(literal_of(call.args[0]) if call.args else "")
            if wanted not in relations:
                near = nearest(wanted, relations)
                mend = f"did you mean '{near}'?" if near else "name one of relations.yaml"
                found.append(Refused(f"there is no relation '{wanted}'", mend))
    return found
