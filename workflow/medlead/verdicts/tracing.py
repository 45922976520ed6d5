"""The way of one printed cell: from the print to files with a SHA-256.

Everything is put together from what was written: the registers of the print, the verdicts,
the receipts of the jobs and their scripts. Nothing is computed anew and nothing is built.
"""

import re
from collections.abc import Iterable, Sequence

from medlead.evidence import EvidenceClass, Reason, Verdict, item_name
from medlead.lineage import Entry, Step, functions_behind
from medlead.printed import NO_MATCH
from medlead.verdicts.claim_evidence import FRAME
from medlead.verdicts.findings import BETWEEN_CHECKS
from medlead.verdicts.judgement import LEAST_SLACK
from medlead.verdicts.places import place
from medlead.verdicts.relations import Key
from medlead.verdicts.trace_evidence import CELL, CLAIM, KEY, Evidence, Record, Way
from medlead.verdicts.trace_records import FIRST_ROW


def trace_cell(evidence: Evidence, key: Key) -> Way:
    """The way of one printed cell: print, verdict, result, rule, function, files and rows.

    Further what bears on it: relations, methods tried, findings and claims. `result` and
    `made_by` are None where nothing was computed for it; then `files` are those of the print.
    """
    number, cell = evidence.printed[key]
    printed_in = f"{evidence.paths.published}/cells.csv"
    judged_row, verdict = evidence.judged.get(key, (0, {}))
    rule = str(verdict.get("rule", ""))
    result, step, names = _result(evidence, key, verdict)
    judge = evidence.lineage.maker.get(f"{evidence.paths.results}/verdicts/cells.csv")
    files = files_behind(evidence, step, names, key, result) if step else {}
    if printed_in not in files:
        entry = judge.read.get(printed_in) if judge else None
        files[printed_in] = file_line(evidence, printed_in, entry)
    # What follows from other printed cells rests on their rows too.
    tested = result["rests"] if result and "rests" in result else []
    files[printed_in] |= {"rows": [number, *(n for n in tested if n != number)]}
    files[printed_in] |= {"of": len(evidence.cells)}
    return {
        "kind": CELL,
        "cell": dict(zip(KEY, key, strict=True)),
        "place": place(key),
        "title": _title(evidence, key[0]),
        "printed": {
            "text": str(cell["text"]),
            "kind": str(cell["kind"]),
            "section": str(cell["section"]),
            "line": int(cell["line"]),
            "file": printed_in,
            "row": number,
        },
        "verdict": _verdict(evidence, verdict, judged_row),
        "judged_by": made_by(evidence, judge, "verdicts/cells.csv") if verdict else None,
        "result": result,
        "made_by": made_by(evidence, step, result["in"]) if step and result else None,
        "before": [s.rule for s in evidence.lineage.before(step, names)[1:]] if step else [],
        "files": sorted(files.values(), key=_order),
        "relations": _relations(evidence, key),
        "methods": [
            {k: str(m[k]) for k in ("method", "result", "match", "word", "tries")}
            for _, m in evidence.tried.get(key, ())
            if m["match"] != NO_MATCH
        ],
        "findings": (findings := _findings(evidence, key, cell, rule)),
        "claims": [
            claim_line(evidence, name) | {"through": through}
            for name, through in _claims(evidence, key, result, findings).items()
        ],
        "stale": stale_on(
            evidence, [*([step] if step else []), *([judge] if judge else [])], names
        ),
    }


def _title(evidence: Evidence, item: str) -> str:
    return evidence.titles.get(item, item_name(item))


def _verdict(evidence: Evidence, verdict: Record, row: int) -> Way | None:
    if not verdict:
        return None
    reason = str(verdict["reason"])
    return {
        "verdict": str(verdict["verdict"]),
        "meaning": Verdict(verdict["verdict"]).meaning,
        "rule": str(verdict["rule"]),
        "reason": reason,
        "reason_meaning": Reason(reason).meaning if reason else "",
        "evidence": str(verdict["evidence"]),
        "evidence_meaning": EvidenceClass(verdict["evidence"]).meaning,
        "low": str(verdict["low"]),
        "high": str(verdict["high"]),
        "rebuilt": str(verdict["rebuilt"]),
        "file": f"{evidence.paths.results}/verdicts/cells.csv",
        "row": row,
    }


def _result(
    evidence: Evidence, key: Key, verdict: Record
) -> tuple[Way | None, Step | None, tuple[str, ...]]:
    """Where the value of a cell stands, the job that wrote it, and the inputs that it rests on."""
    rule = str(verdict.get("rule", ""))
    for declared in evidence.declared["places"]:
        if not _asked(rule, declared["rules"]) or declared.get("item_is", key[0]) != key[0]:
            continue
        inner = str(declared["file"]).format(item=key[0])
        file = f"{evidence.paths.results}/{inner}"
        columns = (declared.get("item", ""), declared["row"], declared["column"])
        row = key[1].removesuffix(declared.get("row_ends", ""))
        item = key[0] if declared.get("item") else ""
        column = key[2] if declared["column"] else ""
        rows = evidence.at(file, columns).get((item, row, column), [])
        if rows:
            value = "; ".join(
                " to ".join(str(r[c]) for c in declared["shown"] if str(r[c])) for _, r in rows
            )
            result = {
                "value": value,
                "file": file,
                "in": inner,
                "rows": [number for number, _ in rows],
                "where": dict(zip(("row", "column"), (row, key[2]), strict=True)),
                "fields": {str(k): str(v) for k, v in rows[0][1].items()},
                "summed_in": list(declared.get("summed_in", ())),
            }
            return result, evidence.lineage.maker.get(file), tuple(declared.get("rests_on", ()))
    return _by_relations(evidence, key, verdict)


def _by_relations(
    evidence: Evidence, key: Key, verdict: Record
) -> tuple[Way | None, Step | None, tuple[str, ...]]:
    declared = evidence.declared["relations"]
    tests = evidence.tests.get(key, [])
    if not tests or not _asked(str(verdict.get("rule", "")), declared["rules"]):
        return None, None, ()
    # Those that the cell follows by come first; of a cell that differs, those that fail.
    wanted = "fails" if verdict.get("verdict") == str(Verdict.DIFFERS) else "holds"
    follows = [t for t in tests if t[2]] or tests
    chosen = [t for t in follows if t[1]["outcome"] == wanted] or follows
    file = f"{evidence.paths.results}/{declared['file']}"

    def cells_of(row: Record) -> Sequence[Key]:
        return evidence.tested[str(row["instance"])]

    result = {
        "value": str(verdict["rebuilt"]),
        "file": file,
        "in": str(declared["file"]),
        "rows": [number for number, _, _ in chosen],
        "where": {"relation": str(chosen[0][1]["instance"])},
        "fields": {},
        "rests": sorted({evidence.printed[k][0] for _, r, _ in chosen for k in cells_of(r)}),
    }
    return result, evidence.lineage.maker.get(file), tuple(declared.get("rests_on", ()))


def _asked(rule: str, words: Iterable[str]) -> bool:
    return any(rule == w or rule.startswith((f"{w}:", f"{w} ")) for w in words)


def made_by(evidence: Evidence, step: Step | None, inner: str) -> Way | None:
    """The rule that wrote a result, its script and the functions that it calls for it."""
    if step is None:
        return None
    made = step.made.get(f"{evidence.paths.results}/{inner}")
    scripts = step.script.rpartition("/scripts/")[0]
    file, line = evidence.disk.line_of(
        f"{scripts}/rules" if scripts else "rules", ".smk", f"rule {step.rule}:"
    )
    return {
        "rule": step.rule,
        "file": file,
        "line": line,
        "script": step.script,
        "functions": [
            {"module": f.module, "name": f.name, "file": f.file, "line": f.line}
            for f in (functions_behind(step, made.name, evidence.disk) if made else [])
        ],
        "recorded": bool(step.read),
    }


def file_line(evidence: Evidence, file: str, entry: Entry | None) -> Way:
    """A file with the SHA-256 that a receipt has of it, and whether it still has it."""
    recorded = entry.sha256 if entry else ""
    return {
        "file": file,
        "is": evidence.paths.kind(file),
        "sha256": recorded or evidence.disk.sum(file),
        "recorded": bool(recorded),
        "now": evidence.disk.state(file, recorded) if recorded else "not recorded",
        "rows": [],
        "of": 0,
        "names": [],
        "how": "",
    }


def files_behind(
    evidence: Evidence, step: Step, names: Sequence[str], key: Key, result: Way | None
) -> dict[str, Way]:
    """The files, no results themselves, that a value rests on; of records the rows behind it."""
    files: dict[str, Way] = {}
    leaves = evidence.lineage.leaves(step, _listed(step, names))
    for file in leaves:
        files[file] = file_line(evidence, file, leaves[file])
        find = evidence.records.get(file)
        rows = find(key, result["fields"] if result else {}) if find else None
        if rows is not None:
            files[file] |= {
                "rows": list(rows.rows),
                "of": rows.of,
                "names": list(rows.names),
                "how": rows.how,
            }
    return dict(sorted(files.items(), key=lambda item: _order(item[1])))


def _order(file: Way) -> tuple[int, bool, str]:
    """Records first, then the print, and of each the files with known rows."""
    kinds = ("records", "print", "solved", "instrument", "other")
    return kinds.index(file["is"]), not file["rows"], str(file["file"])


def _listed(step: Step, names: Sequence[str]) -> tuple[str, ...]:
    """Those names under which the rule lists inputs; none, for all, where it lists none of them."""
    known = {entry.name for entry in step.inputs.values()}
    return tuple(n for n in names if n in known)


def stale_on(evidence: Evidence, steps: Sequence[Step], names: Sequence[str] = ()) -> list[str]:
    """What was changed since a job wrote or read it, in words.

    Of the first of `steps` the whole way before it counts (its own inputs limited to `names`),
    of the others only they themselves.
    """
    way = evidence.lineage.before(steps[0], _listed(steps[0], names)) if steps else []
    told: dict[str, list[str]] = {}
    for rule in dict.fromkeys(s.rule for s in (*way, *steps[1:])):
        if rule not in evidence.changed:
            evidence.changed[rule] = _changed(evidence, evidence.lineage.steps[rule])
        for what in evidence.changed[rule]:
            told.setdefault(what, []).append(rule)
    return [f"{what} by {', '.join(rules)}" for what, rules in told.items()]


def _changed(evidence: Evidence, step: Step) -> list[str]:
    disk, maker = evidence.disk, evidence.lineage.maker
    made = [(f, e, "written") for f, e in step.made.items() if f.endswith(".csv")]
    read = [(f, e, "read") for f, e in step.read.items() if f not in maker]
    return [
        f"{file} is {now} since it was {did}"
        for file, entry, did in (*made, *read)
        if (now := disk.state(file, entry.sha256)) != "same"
    ]


def _relations(evidence: Evidence, key: Key) -> list[Way]:
    return [
        {
            "relation": str(r["relation"]),
            "name": str(r["instance"]),
            "outcome": str(r["outcome"]),
            "left": str(r["left"]),
            "right": str(r["right"]),
            "says": str(r["says"]),
            "derived": derived,
            "row": number,
        }
        for number, r, derived in evidence.tests.get(key, ())
    ]


def _findings(evidence: Evidence, key: Key, cell: Record, rule: str) -> list[Way]:
    """The findings that concern a cell: of a relation that it stands in, at it, or by its name."""
    names = {t["name"] for t in _relations(evidence, key)}
    named = place(key)
    told = []
    for row in evidence.findings:
        checks = str(row["check"]).split(BETWEEN_CHECKS)
        at = {str(row.get(c, "")) for c in ("row", "column")} == {key[1], key[2]}
        concerned = (
            not names.isdisjoint(checks)
            or (LEAST_SLACK in checks and _asked(rule, (LEAST_SLACK,)))
            or (at and str(row.get("item", "")) == key[0])
            or any(f"{named}{end}" in str(row["explanation"]) for end in (":", ",", ";", ".", " "))
        )
        if concerned:
            told.append(
                {
                    k: str(row[k])
                    for k in ("finding", "severity", "certainty", "check", "printed", "implied")
                }
                | {"explanation": str(row["explanation"])}
            )
    return told


def _claims(
    evidence: Evidence, key: Key, result: Way | None, findings: Sequence[Way]
) -> dict[str, str]:
    """The claims that rest on a cell, and what leads there: a relation, a result, a finding."""
    found = dict(evidence.claimed.get(key, {}))
    found = _by_result(evidence, result, found) if result else found
    for one in findings:
        for check in one["check"].split(BETWEEN_CHECKS):
            # The check behind the finding of a sentence is that sentence: `claim 4.2.1-03`.
            kind, _, name = check.partition(" ")
            if kind == CLAIM and name in evidence.claim_rows:
                found.setdefault(name, one["finding"].replace("-", " ", 1))
    return found


def _by_result(evidence: Evidence, result: Way, found: dict[str, str]) -> dict[str, str]:
    name = result["in"].rpartition(".")[0]
    uses = evidence.read_by.get(name, [])
    # Most results are read by no claim: their rows are not looked up.
    frame = evidence.read(result["file"]) if uses else None
    rows = [] if frame is None else [frame.iloc[n - FIRST_ROW].to_dict() for n in result["rows"]]
    for use in uses:
        if any(_of_row(use, row) for row in rows):
            found.setdefault(str(use["claim"]), f"result {name}")
    for name in result.get("summed_in", ()):
        for use in evidence.read_by.get(name, ()):
            found.setdefault(str(use["claim"]), f"result {name}")
    return found


def _of_row(use: Record, row: Record) -> bool:
    """Whether what a claim used is this row of a result.

    A row is named by its columns (`measure Overall quality, scale Index`), or by its first one.
    """
    if use["kind"] != FRAME:
        return bool(row) and str(next(iter(row.values()))) == str(use["item"])
    columns = "|".join(re.escape(str(c)) for c in sorted(row, key=lambda c: -len(str(c))))
    _, *parts = re.split(f"(?:^|, )({columns}) ", str(use["where"]))
    return all(str(row[c]) == value for c, value in zip(parts[::2], parts[1::2], strict=True))


def claim_line(evidence: Evidence, name: str) -> Way:
    """A claim in one line: what it says, and its verdict."""
    _, row = evidence.claim_rows.get(name, (0, {}))
    return {"claim": name} | {k: str(row.get(k, "")) for k in ("verdict", "statement")}
