"""The way of every printed cell and of every claim as data of the report page: short.

The page opens a panel with it on a click. Lists of texts, rules, files, relations, findings and
claims stand once; a cell or a claim names them by their place in these lists.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from medlead.verdicts.claim_verdicts import ClaimReason, ClaimVerdict
from medlead.verdicts.relations import Key
from medlead.verdicts.trace_evidence import Evidence, Way
from medlead.verdicts.trace_ways import trace_claim
from medlead.verdicts.trace_words import row_words, shown_text
from medlead.verdicts.tracing import trace_cell

SHORT_SUM = 12
# What a cell tells in the panel, in this order; the rest is put together by the page's script.
FIELDS = (
    *("item", "row", "column", "printed", "kind", "at", "place", "verdict", "rule", "reason"),
    *("evidence", "stands", "rebuilt", "result", "made", "files", "relations", "methods"),
    *("findings", "claims"),
)
# The same of a claim; what it says and what was computed is told by its row on the page.
CLAIM_FIELDS = (
    *("claim", "verdict", "section", "line", "file", "row", "check", "reason", "evidence"),
    *("cells", "others", "made", "files"),
)


class Shared:
    """Values that are told once: each gets the number of its first appearance."""

    def __init__(self) -> None:
        self.values: list[Any] = []
        self._places: dict[str, int] = {}

    def place(self, value: Any) -> int:
        """The place of a value in the list, which it joins if it is new."""
        name = json.dumps(value, ensure_ascii=False)
        if name not in self._places:
            self._places[name] = len(self.values)
            self.values.append(value)
        return self._places[name]


def page_traces(evidence: Evidence) -> dict[str, Any]:
    """The data of all printed cells and claims, in their order, by place in shared lists.

    `texts`, `made` (rule, its place, script, functions), `files` (path, SHA-256), `relations` and
    `findings` are the lists, `words` the meanings of the verdicts, reasons and classes of cells,
    `cells` one list of `FIELDS` for each cell, `claims` one of `CLAIM_FIELDS` for each claim and
    `said` the meanings of its verdicts and reasons. A cell names a claim by its place, and with it
    the text of what leads there where the claim does not name the cell; so does a claim its cells.
    """
    lists = {n: Shared() for n in ("texts", "made", "files", "relations", "findings")}
    words: dict[str, str] = {}
    claims = {name: number for name, (number, _) in evidence.claim_rows.items()}
    cells = [_cell(trace_cell(evidence, key), lists, words, claims) for key in evidence.printed]
    numbers = {key: number for number, key in enumerate(evidence.printed)}
    told = [_claim(trace_claim(evidence, name), lists, words, numbers) for name in claims]
    return {
        "fields": list(FIELDS),
        "claim_fields": list(CLAIM_FIELDS),
        **{name: shared.values for name, shared in lists.items()},
        "claims": told,
        "words": dict(sorted(words.items())),
        "said": {str(word): word.meaning for word in (*ClaimVerdict, *ClaimReason)},
        "cells": cells,
    }


def _claim(
    way: Way, lists: Mapping[str, Shared], words: dict[str, str], cells: Mapping[Key, int]
) -> list[Any]:
    if way["evidence"]:
        words[way["evidence"]] = way["evidence_meaning"]

    def text(value: str) -> int:
        return lists["texts"].place(value)

    behind = [(cells[c["item"], c["row"], c["column"]], c["through"]) for c in way["cells"]]
    return [
        way["claim"],
        text(way["verdict"]),
        text(way["section"]),
        way["line"],
        text(way["file"]),
        way["row"],
        way["check"],
        *(text(way[name]) for name in ("reason", "evidence")),
        [_led(place, through, lists) for place, through in behind],
        [text(", ".join(v for k, v in o.items() if k != "evidence")) for o in way["others"]],
        lists["made"].place(_made(way["made_by"])) if way["made_by"] else -1,
        [_file(file, lists) for file in way["files"] if file["is"] != "instrument"],
    ]


def _led(place: int, through: str, lists: Mapping[str, Shared]) -> Any:
    return [place, lists["texts"].place(through)] if through else place


def _cell(
    way: Way, lists: Mapping[str, Shared], words: dict[str, str], claims: Mapping[str, int]
) -> list[Any]:
    printed, verdict, result = way["printed"], way["verdict"] or {}, way["result"]
    for name, meaning in (
        ("verdict", "meaning"),
        ("reason", "reason_meaning"),
        ("evidence", "evidence_meaning"),
    ):
        if verdict.get(name):
            words[verdict[name]] = verdict[meaning]

    def text(value: str) -> int:
        return lists["texts"].place(value)

    low, high = verdict.get("low", ""), verdict.get("high", "")
    return [
        *(text(way["cell"][name]) for name in ("item", "row", "column")),
        text(shown_text(printed["text"])),
        text(printed["kind"]),
        text(f"section {printed['section']}, line {printed['line']}"),
        printed["row"],
        *(text(verdict.get(name, "")) for name in ("verdict", "rule", "reason", "evidence")),
        text(f"{low} to {high}" if low != high else ""),
        text(verdict.get("rebuilt", "")),
        [text(result["file"]), text(_numbers(result["rows"]))] if result else 0,
        lists["made"].place(_made(way["made_by"])) if way["made_by"] else -1,
        [_file(file, lists) for file in way["files"] if file["is"] != "instrument"],
        [
            lists["relations"].place([r["name"], r["outcome"], text(r["says"])])
            for r in way["relations"]
        ],
        [text(f"{m['method']}: {m['result']} ({m['match']}, {m['word']})") for m in way["methods"]],
        [
            lists["findings"].place([f["finding"], f["severity"], f["certainty"]])
            for f in way["findings"]
        ],
        [
            _led(claims[n], c["through"], lists)
            for c in way["claims"]
            if (n := c["claim"]) in claims
        ],
    ]


def _numbers(rows: Sequence[int]) -> str:
    shown = ", ".join(map(str, rows[:3]))
    return f"{'row' if len(rows) == 1 else 'rows'} {shown}{', …' if len(rows) > 3 else ''}"


def _made(made: Way) -> list[Any]:
    functions = [
        [f"{f['module']}.{f['name']}", f"{f['file']}:{f['line']}"] for f in made["functions"]
    ]
    return [made["rule"], f"{made['file']}:{made['line']}", made["script"], functions[:2]]


def _file(file: Way, lists: Mapping[str, Shared]) -> Any:
    place = lists["files"].place([file["file"], file["sha256"][:SHORT_SUM], file["is"]])
    rows = row_words(file["rows"], file["of"])
    told = f"{rows} ({file['how']})" if file["how"] and rows else rows
    return [place, lists["texts"].place(told)] if told else place


def embedded(traces: Mapping[str, Any] | None) -> Markup:
    """The data as text that can stand inside a `script` element; empty where there are none."""
    if not traces:
        return Markup("")
    text = json.dumps(traces, ensure_ascii=False, separators=(",", ":"))
    return Markup(text.replace("<", "\\u003c"))


def numbered(traces: Mapping[str, Any] | None) -> dict[Key, int]:
    """The number of each cell in the data, by its names."""
    if not traces:
        return {}
    texts = traces["texts"]
    return {
        (texts[item], texts[row], texts[column]): number
        for number, (item, row, column, *_) in enumerate(traces["cells"])
    }
