"""The way of what is asked for: a printed cell, an item with its cells, or a claim."""

from collections.abc import Sequence

from medlead.evidence import EvidenceClass
from medlead.lineage import Step
from medlead.verdicts.claim_evidence import RECORD, RELATION
from medlead.verdicts.relations import Key
from medlead.verdicts.trace_evidence import CELL, CLAIM, ITEM, KEY, Evidence, Record, Way, key_of
from medlead.verdicts.trace_records import FIRST_ROW
from medlead.verdicts.tracing import (
    file_line,
    files_behind,
    made_by,
    stale_on,
    trace_cell,
)


def trace(evidence: Evidence, names: Sequence[str]) -> Way:
    """The way of what is asked for (`key_of`), as plain data that JSON can hold."""
    what, key = key_of(evidence, names)
    if what == CELL:
        return trace_cell(evidence, (key[0], key[1], key[2]))
    return trace_claim(evidence, key[0]) if what == CLAIM else trace_item(evidence, *key)


# --- an item ----------------------------------------------------------------------------------


def trace_item(evidence: Evidence, item: str, row: str = "") -> Way:
    """The way of a table, figure or section, and its printed cells with their verdicts."""
    listed = evidence.items[evidence.items["item"] == item].to_dict("records")[0]
    results = evidence.paths.results
    made = [
        file
        for folder in ("tables", "figures")
        for ending in (".csv", ".html", ".svg")
        if (file := f"{results}/{folder}/{item}{ending}") in evidence.lineage.maker
    ]
    step = evidence.lineage.maker[made[0]] if made else None
    key = (item, row, "")
    files = files_behind(evidence, step, (), key, None) if step else {}
    cells = [k for k in evidence.printed if k[0] == item and row in ("", k[1])]
    return {
        "kind": ITEM,
        "item": item,
        "title": str(listed["title"]),
        "section": str(listed["section"]),
        "line": str(listed["line"]),
        "evidence": str(listed["evidence"]),
        "evidence_meaning": EvidenceClass(listed["evidence"]).meaning,
        "scope": str(listed["scope"]),
        "results": made,
        "made_by": made_by(evidence, step, made[0].removeprefix(f"{results}/")) if step else None,
        "before": [s.rule for s in evidence.lineage.before(step)[1:]] if step else [],
        "files": list(files.values()),
        "cells": [cell_line(evidence, k) for k in cells],
        "stale": stale_on(evidence, [step]) if step else [],
    }


def cell_line(evidence: Evidence, key: Key) -> Way:
    """A cell in one line: the printed text, its verdict and what the evidence gives."""
    printed = evidence.printed.get(key)
    _, verdict = evidence.judged.get(key, (0, {}))
    return dict(zip(KEY, key, strict=True)) | {
        "text": str(printed[1]["text"]) if printed else "",
        "verdict": str(verdict.get("verdict", "")),
        "rebuilt": str(verdict.get("rebuilt", "")),
    }


# --- a claim ----------------------------------------------------------------------------------

_CLAIM = ("section", "line", "statement", "check", "verdict", "computed", "reason")
_CLAIM_MORE = ("rests_on", "judgement", "turns_at", "evidence")


def _maker(evidence: Evidence, use: Record) -> dict[str, str]:
    """The rule that made the result that a claim used, which it names without folder and ending."""
    for name in (use["item"], use.get("where", "")):
        step = evidence.lineage.maker.get(f"{evidence.paths.results}/{name}.csv")
        if step is not None:
            return {"made by": step.rule}
    return {}


def _behind(
    evidence: Evidence, step: Step, uses: Sequence[Record], cells: Sequence[Key], file: str
) -> dict[str, Way]:
    """The files that one claim rests on: of all that claims are judged by, those that it used."""
    kinds = {str(u["kind"]) for u in uses}
    stems = {str(u["item"]).rpartition("/")[2] for u in uses if u["kind"] == RECORD}
    wanted = {file.rpartition("/")[2].partition(".")[0], "words"} | stems
    wanted |= {"cells"} if cells or RELATION in kinds else set()
    wanted |= {"relations"} if RELATION in kinds else set()
    files = {
        name: file_line(evidence, name, entry)
        for name, entry in step.inputs.items()
        if name.rpartition("/")[2].partition(".")[0] in wanted
        and name not in evidence.lineage.maker
    }
    made = dict.fromkeys(m for u in uses for m in _maker(evidence, u).values())
    # A relation is tested on the print itself, and not on all that stands beside it.
    judge = evidence.lineage.maker.get(f"{evidence.paths.results}/verdicts/relations.csv")
    for maker in (evidence.lineage.steps[rule] for rule in made):
        if maker != judge:
            files |= files_behind(evidence, maker, (), ("", "", ""), None)
    if cells and (printed := f"{evidence.paths.published}/cells.csv") in files:
        numbers = [evidence.printed[key][0] for key in cells]
        files[printed] |= {"rows": numbers, "of": len(evidence.cells)}
    return files


def trace_claim(evidence: Evidence, name: str) -> Way:
    """The way of a claim: what it says and by which check, its verdict, and what that used."""
    number, row = evidence.claim_rows[name]
    uses = evidence.uses.get(name, [])
    judged = f"{evidence.paths.results}/verdicts/claims.csv"
    step = evidence.lineage.maker.get(judged)
    keys = [(str(u["item"]), str(u["row"]), str(u["column"])) for u in uses]
    rested = evidence.rested.get(name, {})
    cells = [key for key, through in rested.items() if not through]
    others = [
        {str(k): str(v) for k, v in u.items() if k != "claim" and str(v)} | _maker(evidence, u)
        for u, k in zip(uses, keys, strict=True)
        if k not in evidence.printed
    ]
    at = (f"{evidence.paths.published}/claims.csv", number + FIRST_ROW)
    published, listed_row = evidence.listed.get(name, at)
    files = _behind(evidence, step, uses, cells, published) if step else {}
    if published not in files:
        files[published] = file_line(evidence, published, None)
    files[published] |= {"rows": [listed_row]}
    return {
        "kind": CLAIM,
        "claim": name,
        **{k: str(row.get(k, "")) for k in (*_CLAIM, *_CLAIM_MORE)},
        "evidence_meaning": EvidenceClass(row["evidence"]).meaning if row.get("evidence") else "",
        "file": published,
        "row": listed_row,
        "judged_in": judged if step else "",
        "cells": [cell_line(evidence, k) | {"through": by} for k, by in rested.items()],
        "others": others,
        "made_by": made_by(evidence, step, "verdicts/claims.csv"),
        "files": list(files.values()),
        "stale": stale_on(evidence, [step]) if step else [],
    }
