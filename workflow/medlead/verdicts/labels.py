"""Captions: what they say, against what their items show and against each other."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import pandas as pd

from medlead.evidence import CERTAIN, item_name
from medlead.sources.printed_labels import SAID, told_by
from medlead.verdicts.findings import BETWEEN_CHECKS, Finding, Severity

CAPTION, LISTED, REPEATED, NUMBERED, SECTIONS = (
    "caption",
    "caption-in-list",
    "caption-repeated",
    "caption-numbers",
    "caption-sections",
)
"""The checks behind the findings."""
_WHAT = {
    "subject": "the subject",
    "by": "what the numbers are split by",
    "site": "the site",
    "n": "the number",
    "year": "the year",
    "source": "the source",
}
_NOWHERE = ("", "", "")
Row = Mapping[str, Any]


def label_findings(
    captions: pd.DataFrame | None,
    items: pd.DataFrame,
    told: Collection[str] = (),
) -> list[Finding]:
    """What captions contradict, as findings of wording.

    `captions` is the file as text (None or empty where there is none), `items` the
    register, which has the section of each caption. `told` are the checks of other
    findings: what one of them tells already is not told again.
    """
    found: list[Finding] = []
    if captions is not None and len(captions):
        sections = dict(zip(items["item"], items["section"].astype(str), strict=True))
        rows = [{str(k): str(v) for k, v in r.items()} for r in captions.to_dict("records")]
        wrong = {r["item"]: fields for r in rows if (fields := _differing(r, told))}
        found += _numbering(rows, sections)
        found += [_in_list(r, sections) for r in rows if r["in_list"] not in ("", r["caption"])]
        found += [_said(r, field, sections) for r in rows for field in wrong.get(r["item"], ())]
        found += _repeated(rows, wrong, sections)
        found += _sections(rows, sections)
    return found


def label_checks(captions: pd.DataFrame | None) -> dict[str, int]:
    """How many single checks are made of captions, by check."""
    counts = dict.fromkeys((NUMBERED, LISTED, CAPTION, REPEATED, SECTIONS), 0)
    if captions is not None and len(captions):
        counts[NUMBERED] = counts[REPEATED] = len(captions)
        counts[LISTED] = int((captions["in_list"] != "").sum())
        counts[CAPTION] = sum(
            int(((captions[f] != "") & (captions[f"shows_{f}"] != "")).sum()) for f in SAID
        )
        counts[SECTIONS] = int((captions["shows_site"] != "").sum())
    return counts


def _differing(row: Row, told: Collection[str]) -> list[str]:
    known = told_by(row["told_by"])
    return [
        field
        for field in SAID
        if "" not in (row[field], row[f"shows_{field}"])
        and row[field] != row[f"shows_{field}"]
        and known.get(field) not in told
    ]


def _finding(
    at: tuple[str, int], printed: str, implied: str, check: str, certainty: str, words: str
) -> Finding:
    return Finding(_NOWHERE, printed, implied, check, Severity.WORDING, certainty, words, at=at)


def _at(row: Row, sections: Mapping[str, str]) -> tuple[str, int]:
    return sections.get(row["item"], ""), int(row["line"])


def _place(row: Row) -> str:
    return f"{item_name(row['item'])}, line {row['line']}"


def _note(text: str) -> str:
    return f" {text[:1].upper()}{text[1:]}." if text else ""


def _said(row: Row, field: str, sections: Mapping[str, str]) -> Finding:
    said, shown = row[field], row[f"shows_{field}"]
    told = f"{_place(row)}: for {_WHAT[field]}, the caption has {said}; what it stands with has "
    return _finding(
        _at(row, sections),
        said,
        shown,
        f"{CAPTION} {row['item']} {field}",
        row["certainty"],
        f"{told}{shown}.{_note(row['note'])}",
    )


def _in_list(row: Row, sections: Mapping[str, str]) -> Finding:
    words = (
        f"{_place(row)}: the caption is worded otherwise than in the list at the front, line "
        f"{row['list_line']}.{_note(row['note'])}"
    )
    # Captions are kept as fingerprints; what differs is told by the note, where there is one.
    plain = f"worded otherwise than in the list at the front, line {row['list_line']}"
    printed = str(row["note"]) or plain
    return _finding(_at(row, sections), printed, "", f"{LISTED} {row['item']}", CERTAIN, words)


def _kind(row: Row) -> str:
    return str(row["item"]).partition("-")[0]


def _numbering(rows: Sequence[Row], sections: Mapping[str, str]) -> Iterable[Finding]:
    """Numbers that leave one out, and captions that do not stand in the order of numbers."""
    for kind in dict.fromkeys(map(_kind, rows)):
        own = sorted((r for r in rows if _kind(r) == kind), key=lambda r: str(r["item"]))
        last: Row | None = None
        for place, row in enumerate(own, 1):
            number = int(row["item"].partition("-")[2])
            before = last is not None and int(last["line"]) >= int(row["line"])
            if number != place + (int(own[0]["item"].partition("-")[2]) - 1) or before:
                words = f"{_place(row)}: the numbers before it do not run up to this one."
                check = f"{NUMBERED} {row['item']}"
                yield _finding(_at(row, sections), str(number), "", check, CERTAIN, words)
                break
            last = row


def _repeated(
    rows: Sequence[Row], wrong: Collection[str], sections: Mapping[str, str]
) -> Iterable[Finding]:
    """Captions word for word alike of tables, or of figures, that show different things.

    Where one of them is told of for what it says, it is not told of again. All groups that
    leave the same thing unsaid are one finding.
    """
    groups: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        groups.setdefault((_kind(row), row["caption"]), []).append(row)
    alike: dict[tuple[str, ...], list[list[Row]]] = {}
    for group in groups.values():
        shown = {tuple(row[f"shows_{field}"] for field in SAID) for row in group}
        if len(group) < 2 or len(shown) < 2 or any(r["item"] in wrong for r in group):
            continue
        differ = tuple(f for f in SAID if len({row[f"shows_{f}"] for row in group}) > 1)
        alike.setdefault(differ, []).append(group)
    for differ, several in alike.items():
        placed = "; ".join(", ".join(_place(row) for row in group) for group in several)
        many = f"{len(several)} captions stand" if len(several) > 1 else "one caption stands"
        words = (
            f"{many[:1].upper()}{many[1:]} over more than one figure or table, word for word, "
            f"though {' and '.join(_WHAT[f] for f in differ)} of what is shown differs: {placed}."
        )
        check = BETWEEN_CHECKS.join(f"{REPEATED} {group[0]['item']}" for group in several)
        alone = len(several) == 1
        printed = f"one caption {len(several[0])} times" if alone else f"{many} more than once"
        second = min((group[1] for group in several), key=lambda row: int(row["line"]))
        yield _finding(_at(second, sections), printed, "", check, CERTAIN, words)


def _sections(rows: Sequence[Row], sections: Mapping[str, str]) -> Iterable[Finding]:
    """Items that stand in a section which is headed as that of another site."""
    strays: dict[tuple[str, str, str], list[Row]] = {}
    for row in rows:
        if row["under_site"] not in ("", row["shows_site"]):
            key = (sections.get(row["item"], ""), row["under_site"], row["shows_site"])
            strays.setdefault(key, []).append(row)
    if not strays:
        return
    told = "; ".join(
        f"section {section} closes the report on site {under}, and without another heading goes "
        f"on with site {site} ({item_name(group[0]['item'])} to {item_name(group[-1]['item'])})"
        for (section, under, site), group in strays.items()
    )
    first = next(iter(strays.values()))[0]
    yield _finding(
        _at(first, sections),
        ", ".join(section for section, _, _ in strays),
        "",
        SECTIONS,
        CERTAIN,
        f"Figures stand in the section of another site: {told}.",
    )
