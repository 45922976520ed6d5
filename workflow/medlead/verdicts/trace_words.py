"""The way of a number in words for a screen: one stage below the other, the print first."""

import textwrap
from collections.abc import Iterable, Sequence

from medlead.evidence import item_name
from medlead.verdicts.trace_evidence import CELL, CLAIM, Way
from medlead.verdicts.trace_records import FIRST_ROW

WIDTH, LABEL, SHOWN, LONGEST = 100, 12, 5, 40


def words(way: Way) -> str:
    """The way of a cell, claim or item (`trace_ways.trace`) as text."""
    lines = {CELL: _cell, CLAIM: _claim}.get(way["kind"], _item)(way)
    return "\n".join(lines)


def row_words(rows: Sequence[int], of: int, names: Sequence[str] = ()) -> str:
    """Some rows of a file in few words: the first of them, and how many of how many."""
    if not rows:
        return f"none of {of} rows" if of else ""
    if of > 1 and list(rows) == list(range(FIRST_ROW, FIRST_ROW + of)):
        return f"all {of} rows"
    named = [str(n) for n in rows[:SHOWN]]
    more = ", ..." if len(rows) > SHOWN else ""
    if len(rows) == 1:
        return f"row {named[0]}"
    return f"{len(rows)} of {of} rows: {', '.join(named)}{more}"


def shown_text(text: str) -> str:
    """A printed text; words in place of a blank."""
    return text or "(blank)"


def _block(label: str, *parts: str) -> list[str]:
    lines: list[str] = []
    for part in filter(None, parts):
        room = WIDTH - LABEL
        lines += textwrap.wrap(part, room, break_long_words=False, break_on_hyphens=False)
    front = [label.ljust(LABEL), *[" " * LABEL] * len(lines)]
    return [f"{a}{b}" for a, b in zip(front, lines, strict=False)]


def _cell(way: Way) -> list[str]:
    printed, verdict = way["printed"], way["verdict"]
    at = f"section {printed['section']}, line {printed['line']} of the report"
    lines = [way["place"], f"  {way['title']}", ""]
    lines += _block(
        "printed", f"{shown_text(printed['text'])}   ({printed['kind']}; {at})", _at(printed)
    )
    if verdict is None:
        lines += _block("verdict", "not built: build first, so that this cell is judged")
    else:
        lines += _verdict(way, verdict)
    lines += _made(way)
    lines += _files(way)
    lines += _bears(way)
    return lines + _stale(way)


def _at(place: Way) -> str:
    return f"{place['file']}, row {place['row']}"


def _verdict(way: Way, verdict: Way) -> list[str]:
    stands = verdict["low"] != verdict["high"]
    rule = f"rule: {verdict['rule']}" if verdict["rule"] else ""
    lines = _block(
        "verdict",
        f"{verdict['verdict']}: {verdict['meaning']}",
        rule,
        f"{verdict['reason']}: {verdict['reason_meaning']}" if verdict["reason"] else "",
        f"the print stands for {verdict['low']} to {verdict['high']}" if stands else "",
        _at(verdict),
        f"judged by {_rule(judge)}" if (judge := way["judged_by"]) else "",
    )
    lines += _block("evidence", f"{verdict['evidence']}: {verdict['evidence_meaning']}")
    result = way["result"]
    rebuilt = verdict["rebuilt"] or "no value"
    if result is None:
        none = "nothing was computed for this cell" if not verdict["rebuilt"] else rebuilt
        return lines + _block("rebuilt", none)
    rows = ", ".join(str(n) for n in result["rows"][:SHOWN])
    more = ", ..." if len(result["rows"]) > SHOWN else ""
    many = "rows" if len(result["rows"]) > 1 else "row"
    value = f"; there: {result['value']}" if result["value"] not in ("", rebuilt) else ""
    return lines + _block("rebuilt", f"{rebuilt}{value}", f"{result['file']}, {many} {rows}{more}")


def _made(way: Way) -> list[str]:
    made = way["made_by"]
    if made is None:
        return []
    lines = _block("rule", _rule(made), made["script"])
    if not made["recorded"]:
        return lines + _block("function", "not recorded by this build: build again")
    for number, f in enumerate(made["functions"][:SHOWN]):
        lines += _block(
            "" if number else "function", f"{f['module']}.{f['name']}   {f['file']}:{f['line']}"
        )
    if way["before"]:
        lines += _block("before it", " <- ".join(way["before"]))
    return lines


def _rule(made: Way) -> str:
    place = f"   {made['file']}:{made['line']}" if made["file"] else ""
    return f"{made['rule']}{place}"


_STATES = {"same": "as recorded", "changed": "CHANGED since", "missing": "MISSING now"}


def _files(way: Way) -> list[str]:
    lines: list[str] = []
    last = ""
    for file in way["files"]:
        rows = row_words(file["rows"], file["of"])
        how = f" ({file['how']})" if file["how"] and rows else ""
        names = ""
        if len(file["names"]) > 1 and len(file["rows"]) < file["of"]:
            more = ", ..." if len(file["names"]) > SHOWN else ""
            names = f"; they are {', '.join(file['names'][:SHOWN])}{more}"
        state = _STATES.get(file["now"], file["now"])
        lines += _block(
            file["is"] if file["is"] != last else "",
            f"{file['file']}{': ' if rows else ''}{rows}{how}{names}",
            f"  SHA-256 {file['sha256'] or '(none)'}, {state}",
        )
        last = file["is"]
    return lines


def _bears(way: Way) -> list[str]:
    lines = _several(
        "relations",
        (f"{r['outcome']}: {r['name']}: {r['says']}{_sides(r)}" for r in way["relations"]),
    )
    lines += _several(
        "methods",
        (
            f"{m['method']}: {m['result']} ({m['match']}; {m['word']}, {m['tries']} tries)"
            for m in way["methods"]
        ),
    )
    lines += _several(
        "findings",
        (
            f"{f['finding']} ({f['severity']}, {f['certainty']}): {f['explanation']}"
            for f in way["findings"]
        ),
    )
    return lines + _several(
        "claims",
        (f"{c['claim']} ({c['verdict']}{_through(c)}): {c['statement']}" for c in way["claims"]),
    )


def _through(one: Way) -> str:
    """What leads from a cell to a claim, where the claim does not name the cell itself."""
    return f"; through the {one['through']}" if one["through"] else ""


def _sides(relation: Way) -> str:
    """What stands on both sides of a test, where that is short."""
    sides = [side for side in (relation["left"], relation["right"]) if side]
    told = " | ".join(sides)
    return f" ({told})" if sides and len(told) <= LONGEST else ""


def _several(label: str, told: Iterable[str]) -> list[str]:
    lines: list[str] = []
    for one in told:
        lines += _block("" if lines else label, one)
    return lines


def _stale(way: Way) -> list[str]:
    if not way["stale"]:
        return []
    told = way["stale"][:SHOWN]
    more = len(way["stale"]) - len(told)
    return _block("STALE", *told, f"... and {more} more" if more else "", "build again")


def _item(way: Way) -> list[str]:
    lines = [f"{item_name(way['item'])}: {way['title']}", ""]
    lines += _block("printed", f"section {way['section']}, line {way['line']} of the report")
    lines += _block("evidence", f"{way['evidence']}: {way['evidence_meaning']}")
    if way["results"]:
        lines += _block("rebuilt", *way["results"])
    else:
        out = " (out of scope)" if way["scope"] != "in" else ""
        lines += _block("rebuilt", f"nothing is built of it as a whole{out}")
    lines += _made(way)
    lines += _files(way)
    lines += _cells(way["cells"], f"python -m medlead trace {way['item']} ROW COLUMN")
    return lines + _stale(way)


def _cells(cells: Sequence[Way], how: str) -> list[str]:
    if not cells:
        return _block("cells", "no cell of it is printed as text")
    number = f"{len(cells)} printed {'cell' if len(cells) == 1 else 'cells'}"
    lines = _block("cells", f"{number}; trace one: {how}")
    for c in cells:
        text = textwrap.shorten(shown_text(c["text"]), 40, placeholder=" ...")
        quoted = f'"{c["row"]}" "{c["column"]}"'
        lines.append(f"  {quoted}: {text}   {c['verdict'] or 'not judged'}")
    return lines


def _claim(way: Way) -> list[str]:
    lines = [f"Claim {way['claim']}: {way['statement']}", ""]
    lines += _block(
        "printed", f"section {way['section']}, line {way['line']} of the report", _at(way)
    )
    lines += _block("check", way["check"])
    lines += _block("rests on", way["rests_on"])
    verdict = way["verdict"] or "not built: build first, so that this claim is judged"
    turns = f"; it turns with {way['turns_at'].replace('_', ' ')}" if way["turns_at"] else ""
    by_us = f"a threshold of ours decides{turns}" if way["judgement"] == "yes" else ""
    lines += _block("verdict", verdict, way["reason"], by_us, way["judged_in"])
    if way["computed"]:
        lines += _block("computed", way["computed"])
    if way["evidence"]:
        lines += _block("evidence", f"{way['evidence']}: {way['evidence_meaning']}")
    lines += _several(
        "it used", (", ".join(f"{k} {v}" for k, v in other.items()) for other in way["others"])
    )
    if way["cells"]:
        number = f"{len(way['cells'])} printed {'cell' if len(way['cells']) == 1 else 'cells'}"
        lines += _block("cells", f"{number} behind it; each can be traced:")
        for c in way["cells"]:
            names = f'{c["item"]} "{c["row"]}" "{c["column"]}"'
            judged = f"{c['verdict'] or 'not judged'}{_through(c)}"
            lines.append(f"  {names}: {shown_text(c['text'])}   {judged}")
    lines += _made(way | {"before": []})
    lines += _files(way)
    return lines + _stale(way)
