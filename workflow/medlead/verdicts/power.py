"""How much of what could be wrong the audit would see: errors planted in the transcription.

Single cells, rows, columns and captions are changed at random, one change at a time, and the
relations, marks, names and captions are tested again. An error is caught where a test fails
that holds of the print as it is. That a change is not caught does not make it true.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from medlead.engagement.instrument import same_name
from medlead.performance.significance import judge_stars
from medlead.performance.trusts import printed_correlations
from medlead.printed import NO_MATCH, STARS, number
from medlead.sources.printed_labels import SAID
from medlead.verdicts.declared import expand
from medlead.verdicts.labels import label_findings
from medlead.verdicts.relations import (
    Cell,
    Instance,
    Key,
    numeric_values,
    printed_cells,
    test_instance,
    tests_by_cell,
)

Rng = np.random.Generator
Changes = Mapping[Key, str]
POWER_COLUMNS = ["corruption", "cell", "planted", "caught", "share"]
UNRELATED_COLUMNS = ["item", "row", "column", "kind", "text", "why"]
CAPTION = "caption"
_MARKS = ("", "*", "**", "***")
_TRIES = 50


@dataclass(frozen=True)
class Planted:
    """One change: how, of what kind of cell, and the new texts or the new captions."""

    corruption: str
    cell: str
    changes: Changes
    captions: pd.DataFrame | None = None


class Audit:
    """The tests of one print, made ready to be repeated on changed texts of a few cells."""

    def __init__(
        self,
        cells: pd.DataFrame,
        declarations: Mapping[str, Any],
        *,
        items: pd.DataFrame,
        captions: pd.DataFrame | None = None,
        names: pd.DataFrame | None = None,
        marked_item: str = "table-28",
    ) -> None:
        """`names` is the frame of `compared_names`, the others are the published files as text."""
        self.frame, self.items, self.captions = cells.reset_index(drop=True), items, captions
        self.cells = printed_cells(self.frame)
        self.texts = {c.key: c.text for c in self.cells}
        self.kind = {c.key: c.kind for c in self.cells}
        self.values = numeric_values(self.cells)
        self.instances = expand(declarations["relations"], self.cells)
        self.by_cell = tests_by_cell(self.instances)
        self.held = {
            i.name for i in self.instances if test_instance(i, self.values, self.texts).holds
        }
        self.named = {} if names is None else _named(names)
        self.marked_item = marked_item
        self._marks = self._wrong_marks(self.frame)
        self._labels = self._wrong_labels(captions)

    def caught(self, planted: Planted) -> list[str]:
        """The tests that hold of the print and fail of the changed one."""
        found = []
        if planted.captions is not None:
            found += sorted(self._wrong_labels(planted.captions) - self._labels)
        if not planted.changes:
            return found
        texts = {**self.texts, **planted.changes}
        values = {**self.values}
        for key, text in planted.changes.items():
            values.pop(key, None)
            values |= numeric_values([Cell(key, text, self.kind[key])])
        touched = {i.name: i for key in planted.changes for i in self.by_cell.get(key, ())}
        found += [
            name
            for name, instance in touched.items()
            if name in self.held and not _holds(instance, values, texts)
        ]
        found += [
            f"names {key[0]} {key[1]}"
            for key, text in planted.changes.items()
            if key in self.named and not _same(text, key[1], self.named[key])
        ]
        if any(key[0] == self.marked_item for key in planted.changes):
            rows = {key[1].removesuffix(STARS) for key in planted.changes}
            found += sorted(self._wrong_marks(self._changed(planted.changes), rows) - self._marks)
        return found

    def _changed(self, changes: Changes) -> pd.DataFrame:
        keys = zip(self.frame["item"], self.frame["row"], self.frame["column"], strict=True)
        texts = [changes.get(k, t) for k, t in zip(keys, self.frame["text"], strict=True)]
        return self.frame.assign(text=texts)

    def _wrong_marks(self, cells: pd.DataFrame, rows: set[str] | None = None) -> set[str]:
        """The marks that no declared tail gives (of some rows only)."""
        own = cells[cells["item"] == self.marked_item]
        if rows is not None:
            own = own[[r.removesuffix(STARS) in rows for r in own["row"]]]
        if not (own["kind"] == "statistic").any():
            return set()
        sizes = own[own["kind"] == "statistic"]["text"].map(number)
        if (sizes.abs() > 1).any():  # no test has a p for such an r
            return {"marks"}
        judged = judge_stars(printed_correlations(own))
        fits: dict[str, bool] = {}
        tried = (judged[name].astype(str) for name in ("measure", "scale", "match"))
        for measure, scale, match in zip(*tried, strict=True):
            name = f"marks {measure} {scale}"
            fits[name] = fits.get(name, False) or match != NO_MATCH
        return {name for name, fit in fits.items() if not fit}

    def _wrong_labels(self, captions: pd.DataFrame | None) -> set[str]:
        return {f.check for f in label_findings(captions, self.items)}


def _holds(instance: Instance, values: Mapping[Key, Any], texts: Mapping[Key, str]) -> bool:
    """Whether a test still holds; what can no longer be read as a number fails it."""
    try:
        return test_instance(instance, values, texts).holds
    except (KeyError, ValueError):
        return False


def _named(names: pd.DataFrame) -> dict[Key, str]:
    used = names[names["same"] == "yes"]
    keys = zip(used["item"], used["row"], used["column"], strict=True)
    return dict(zip(keys, used["name"], strict=True))


def _same(text: str, row: str, name: str) -> bool:
    return any(same_name(t, name) for t in (text, f"{text} {row}"))


# -- errors


def _digit(rng: Rng, text: str) -> str:
    """The same number with one of its digits another."""
    places = [i for i, c in enumerate(text) if c.isdigit()]
    at = int(rng.choice(places))
    digit = str(rng.choice([d for d in "0123456789" if d != text[at]]))
    return text[:at] + digit + text[at + 1 :]


def _moved(rng: Rng, text: str) -> str:
    """The same digits with another sign, or with the decimal point elsewhere."""
    if "." in text and rng.random() < 0.5:
        sign, digits = ("-", text[1:]) if text.startswith("-") else ("", text)
        whole, _, part = digits.partition(".")
        if whole.strip("0"):
            return f"{sign}{whole[:-1] or '0'}.{whole[-1]}{part}"
        return f"{sign}{part[:1]}.{part[1:] or '0'}"
    return text[1:] if text.startswith("-") else f"-{text}"


def _other(rng: Rng, text: str, alike: Sequence[str]) -> str:
    """Another of the texts that stand in its column, or a misspelling where there is none."""
    others = sorted(set(alike) - {text, ""})
    if others:
        return str(rng.choice(others))
    at = int(rng.integers(0, max(1, len(text) - 1)))
    return text[:at] + text[at + 1 : at + 2] + text[at : at + 1] + text[at + 2 :]


def planters(audit: Audit) -> dict[str, Callable[[Rng], Planted | None]]:
    """The kinds of error, each with what plants one at random.

    A try that would change nothing plants None.
    """
    numeric = [c.key for c in audit.cells if c.key in audit.values and _digits(c.text)]
    totals = sorted({i.right[0] for i in audit.instances if i.kind == "total"})
    decimal = [k for k in numeric if audit.kind[k] in ("statistic", "percent") and audit.values[k]]
    stars = [c.key for c in audit.cells if c.kind == "stars"]
    words = [
        c.key
        for c in audit.cells
        if c.kind in ("label", "rating") and c.text and c.key not in audit.values
    ]
    columns: dict[tuple[str, str], list[str]] = {}
    for cell in audit.cells:
        columns.setdefault((cell.key[0], cell.key[2]), []).append(cell.text)

    def single(name: str, keys: Sequence[Key], change: Callable[[Rng, Key], str]) -> Any:
        def plant(rng: Rng) -> Planted | None:
            key = keys[int(rng.integers(len(keys)))]
            text = change(rng, key)
            if text == audit.texts[key]:
                return None
            return Planted(name, audit.kind[key], {key: text})

        return name, plant

    def step(rng: Rng, key: Key) -> str:
        value = audit.values[key] + int(rng.choice([-3, -2, -1, 1, 2, 3]))
        return str(max(value, 0))

    found = dict(
        [
            single("a digit changed", numeric, lambda rng, k: _digit(rng, audit.texts[k])),
            single("a total changed", totals, step),
            single("sign or point moved", decimal, lambda rng, k: _moved(rng, audit.texts[k])),
            single("stars changed", stars, lambda rng, k: str(rng.choice(_MARKS))),
            single(
                "a word changed",
                words,
                lambda rng, k: _other(rng, audit.texts[k], columns[(k[0], k[2])]),
            ),
        ]
    )
    found = {name: plant for name, plant in found.items() if _has(plant, audit)}
    found |= {
        f"two {what}s swapped": _swap(f"two {what}s swapped", audit, place)
        for what, place in (("row", 1), ("column", 2))
    }
    if audit.captions is not None and len(audit.captions) > 1:
        found["a wrong caption"] = _caption(audit.captions)
    return found


def _digits(text: str) -> bool:
    return any(c.isdigit() for c in text)


def _has(plant: Callable[[Rng], Planted | None], audit: Audit) -> bool:
    try:
        plant(np.random.default_rng(0))
    except (ValueError, IndexError):
        return False
    return True


def _swap(name: str, audit: Audit, place: int) -> Callable[[Rng], Planted | None]:
    """Two rows, or columns, of one table with their texts exchanged."""
    lines: dict[str, dict[str, dict[str, Key]]] = {}
    for cell in audit.cells:
        if cell.key[0].startswith("table-") and not cell.key[1].startswith("("):
            own = lines.setdefault(cell.key[0], {})
            own.setdefault(cell.key[place], {})[cell.key[3 - place]] = cell.key
    tables = [t for t, own in lines.items() if len(own) > 1]

    def plant(rng: Rng) -> Planted | None:
        own = lines[str(rng.choice(tables))]
        first, second = (own[str(h)] for h in rng.choice(list(own), 2, replace=False))
        shared = [h for h in first if h in second]
        changes: dict[Key, str] = {}
        for heading in shared:
            a, b = first[heading], second[heading]
            if audit.texts[a] != audit.texts[b] and audit.kind[a] == audit.kind[b]:
                changes |= {a: audit.texts[b], b: audit.texts[a]}
        if not changes:
            return None
        kinds = pd.Series([audit.kind[k] for k in changes]).value_counts()
        return Planted(name, str(sorted(kinds[kinds == kinds.max()].index)[0]), changes)

    return plant


def _caption(captions: pd.DataFrame) -> Callable[[Rng], Planted | None]:
    """One caption, in its place and in the list at the front, replaced by that of another item."""
    said = ["caption", "in_list", *SAID]
    rows = [{str(k): str(v) for k, v in row.items()} for row in captions.to_dict("records")]

    def plant(rng: Rng) -> Planted | None:
        at, other = (int(n) for n in rng.choice(len(rows), 2, replace=False))
        kinds = {rows[n]["item"].partition("-")[0] for n in (at, other)}
        if len(kinds) > 1 or rows[at]["caption"] == rows[other]["caption"]:
            return None
        changed = list(rows)
        changed[at] = {**rows[at], **{name: rows[other][name] for name in said}}
        return Planted("a wrong caption", CAPTION, {}, pd.DataFrame(changed))

    return plant


# -- what is caught


def planted_errors(audit: Audit, rng: Rng, each: int) -> list[tuple[Planted, list[str]]]:
    """So many random errors of each kind, each with the tests that it makes fail."""
    found = []
    for plant in planters(audit).values():
        left, tries = each, 0
        while left and tries < _TRIES * each:
            tries += 1
            planted = plant(rng)
            if planted is not None:
                found.append((planted, audit.caught(planted)))
                left -= 1
    return found


def power_frame(found: Iterable[tuple[Planted, Sequence[str]]]) -> pd.DataFrame:
    """The share caught by kind of error and of cell, and of all (columns `POWER_COLUMNS`)."""
    rows = [(p.corruption, p.cell, bool(caught)) for p, caught in found]
    counts: dict[tuple[str, str], list[bool]] = {}
    for corruption, cell, caught in rows:
        for group in ((corruption, cell), (corruption, "all"), ("all", cell), ("all", "all")):
            counts.setdefault(group, []).append(caught)
    ordered = sorted(counts.items(), key=lambda g: (g[0][0] == "all", g[0][0], g[0][1] == "all"))
    return pd.DataFrame(
        [(*group, len(c), sum(c), sum(c) / len(c)) for group, c in ordered],
        columns=POWER_COLUMNS,
    )


def unrelated_frame(audit: Audit) -> pd.DataFrame:
    """The printed cells that no test bears on at all (columns `UNRELATED_COLUMNS`)."""
    rows = []
    for cell in audit.cells:
        if cell.key in audit.by_cell or cell.key in audit.named or cell.kind == "stars":
            continue
        why = (
            "printed empty"
            if cell.text == ""
            else "a heading or a note"
            if cell.key[1].startswith("(") or cell.key[2].startswith("(")
            else "nothing else in the print bears on it"
        )
        rows.append((*cell.key, cell.kind, cell.text, why))
    return pd.DataFrame(rows, columns=UNRELATED_COLUMNS)
