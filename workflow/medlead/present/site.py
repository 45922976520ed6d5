"""The report page: every item of the 2013 report, as printed and as rebuilt, with verdicts.

One HTML file that loads nothing: styles, script and pictures stand inside. It
holds no date and no fact of the machine, so the same input gives the same bytes.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from medlead.evidence import EvidenceClass, Reason, Verdict
from medlead.present.embedded import data_uri, local_link
from medlead.present.further import Further
from medlead.present.site_conclusions import Answer
from medlead.present.site_findings import findings_told
from medlead.present.tables import (
    Badge,
    Grid,
    Judged,
    evidence_badge,
    printed_grid,
    records,
    templates,
    verdict_badge,
)
from medlead.present.traced import embedded, numbered
from medlead.verdicts.relations import KIND_MEANINGS, Key

if TYPE_CHECKING:
    import pandas as pd

_ITEMS = ("item", "title", "section", "line", "evidence", "scope", "reason")
_CELLS = ("item", "row", "column", "text", "kind")
_VERDICTS = (
    *("item", "row", "column", "printed", "low", "high"),
    *("rebuilt", "evidence", "verdict", "rule", "reason"),
)
_RELATIONS = ("relation", "instance", "kind", "items", "cells", "left", "right", "outcome", "says")
_GROUPS = {"table": "Tables", "figure": "Figures", "text": "Numbers in the text"}
_KINDS = {"table": "table", "figure": "figure", "appendix": "figure", "section": "text"}
# Where two verdicts are as frequent, the one that says more is an item's mark.
_TELLING = (
    Verdict.DIFFERS,
    Verdict.AGREES,
    Verdict.AGREES_BY_ROUNDING,
    Verdict.AGREES_BY_CONSTRUCTION,
    Verdict.NOT_DERIVABLE,
)
_WIDE_FROM_COLUMNS = 6
_LONG_LIST = 12


@dataclass(frozen=True)
class Share:
    """How many cells have one verdict, and how wide that is on a bar (per cent)."""

    badge: Badge
    count: int
    width: str


@dataclass
class ItemView:
    """One entry of the register, ready for the template."""

    id: str
    kind: str
    label: str
    short: str
    title: str
    section: str
    line: str
    badge: Badge
    in_scope: bool
    basis: str
    cells: list[Judged] = field(default_factory=list)
    grid: Grid | None = None
    fragment: Markup | None = None
    picture: tuple[str, str] | None = None
    notebook: str = ""
    further: Further | None = None
    further_pictures: list[tuple[str, str]] = field(default_factory=list)

    @property
    def verdicts(self) -> Counter[Verdict]:
        """How many cells have each verdict."""
        return Counter(c.verdict for c in self.cells if c.verdict is not None)

    @property
    def shares(self) -> list[Share]:
        """The counts of verdicts that occur, in the order of the vocabulary."""
        counts = self.verdicts
        return [
            Share(verdict_badge(v), counts[v], f"{100 * counts[v] / counts.total():.4g}")
            for v in Verdict
            if counts[v]
        ]

    @property
    def mark(self) -> Badge | None:
        """The badge of `differs` where any cell does, else of the commonest verdict."""
        if not self.verdicts.total():
            return None
        if self.verdicts[Verdict.DIFFERS]:
            return verdict_badge(Verdict.DIFFERS)
        return verdict_badge(max(_TELLING, key=lambda v: self.verdicts[v]))

    @property
    def rebuilt(self) -> bool:
        """Whether a rebuilt table or picture is shown."""
        return self.fragment is not None or self.picture is not None

    @property
    def open(self) -> bool:
        """Whether it is shown unfolded: it has something that was computed."""
        return self.in_scope and (self.rebuilt or self.verdicts.keys() > {Verdict.NOT_DERIVABLE})

    @property
    def wide(self) -> bool:
        """Whether the printed table needs the whole width."""
        return self.grid is not None and len(self.grid.columns) >= _WIDE_FROM_COLUMNS

    @property
    def differing(self) -> list[Judged]:
        """The cells that differ, in print order."""
        return [c for c in self.cells if c.verdict is Verdict.DIFFERS]

    @property
    def derived(self) -> list[Judged]:
        """The cells for which other evidence gives a value that does not differ."""
        return [c for c in self.cells if c.rebuilt and c.verdict is not Verdict.DIFFERS]

    @property
    def reasons(self) -> list[tuple[Badge, str, int]]:
        """Why the cells have their verdicts: verdict, rule and reason, number of cells."""
        found = Counter((c.verdict, c.why) for c in self.cells if c.verdict and c.why)
        ordered = sorted(found, key=lambda k: (list(Verdict).index(k[0]), k[1]))
        return [(verdict_badge(v), why, found[v, why]) for v, why in ordered]

    @property
    def not_rebuilt(self) -> str:
        """One sentence on what stands in place of a rebuilt table or picture."""
        determined = sum(1 for c in self.cells if c.rebuilt)
        of = f"{determined} of its {len(self.cells)} cells"
        if self.kind == "text":
            if determined:
                return f"Stated in running text, so no table is rebuilt: other evidence gives {of}."
            return "Not rebuilt yet: no other evidence gives these numbers so far."
        if determined:
            return f"Not rebuilt yet as a whole: other printed figures give {of}."
        return f"Not rebuilt yet: the stage that makes this {self.kind} is not part of medlead yet."


def _label(item: str) -> tuple[str, str]:
    """The kind of an item, and its label: `table-07` is a table, `Table 7`."""
    prefix, _, number = item.partition("-")
    if prefix not in _KINDS or not number:
        raise ValueError(f"items: {item!r} is no table, figure, appendix or section")
    return _KINDS[prefix], f"{prefix.capitalize()} {number.lstrip('0') or '0'}"


def _only_known(what: str, names: Iterable[str], known: Mapping[str, object]) -> None:
    unknown = list(dict.fromkeys(n for n in names if n not in known))
    if unknown:
        raise ValueError(f"{what}: not in the register of items: {', '.join(unknown)}")


def _judged(
    cell: Mapping[str, str], verdict: Mapping[str, str] | None, number: int | None
) -> Judged:
    place = (cell["row"], cell["column"], cell["text"], cell["kind"])
    if verdict is None:
        return Judged(*place, number=number)
    return Judged(
        *place,
        number=number,
        verdict=Verdict(verdict["verdict"]),
        evidence=EvidenceClass(verdict["evidence"]),
        rebuilt=verdict["rebuilt"],
        low=verdict["low"],
        high=verdict["high"],
        rule=verdict["rule"],
        reason=Reason(verdict["reason"]) if verdict["reason"] else None,
    )


def _views(
    items: "pd.DataFrame",
    cells: "pd.DataFrame",
    verdicts: "pd.DataFrame",
    tables: Mapping[str, str],
    figures: Mapping[str, tuple[str, str]],
    notebooks: Mapping[str, str],
    further: Mapping[str, Further],
    ways: Mapping[Key, int],
) -> dict[str, ItemView]:
    views: dict[str, ItemView] = {}
    for record in records(items, _ITEMS, "items"):
        name = record["item"]
        if name in views:
            raise ValueError(f"items: {name} is given twice")
        kind, label = _label(name)
        in_scope = record["scope"] == "in"
        basis = record["reason"] if in_scope else record["reason"].removeprefix("Out:").strip()
        views[name] = ItemView(
            id=name,
            kind=kind,
            label=label,
            short=label if name.startswith("appendix") else label.partition(" ")[2],
            title=record["title"],
            section=record["section"],
            line=record["line"],
            badge=evidence_badge(EvidenceClass(record["evidence"])),
            in_scope=in_scope,
            basis=basis[:1].upper() + basis[1:],
        )
    parts = {"tables": tables, "figures": figures, "notebooks": notebooks, "further": further}
    for what, given in parts.items():
        _only_known(what, given, views)
    given_verdicts: dict[tuple[str, str, str], dict[str, str]] = {}
    for record in records(verdicts, _VERDICTS, "verdicts"):
        key = (record["item"], record["row"], record["column"])
        if key in given_verdicts:
            raise ValueError(f"verdicts: two for one cell: {', '.join(key)}")
        given_verdicts[key] = record
    printed = records(cells, _CELLS, "cells")
    _only_known("cells", (c["item"] for c in printed), views)
    for cell in printed:
        key = (cell["item"], cell["row"], cell["column"])
        views[cell["item"]].cells.append(
            _judged(cell, given_verdicts.pop(key, None), ways.get(key))
        )
    if given_verdicts:
        key = next(iter(given_verdicts))
        raise ValueError(f"verdicts: no such printed cell: {', '.join(key)}")
    for name, view in views.items():
        view.grid = printed_grid(view.cells) if view.cells else None
        if name in tables:
            if not tables[name].startswith("<figure"):
                raise ValueError(f"tables: {name} is not a table fragment")
            view.fragment = Markup(tables[name])
        if name in figures:
            svg, alt = figures[name]
            view.picture = (data_uri(svg), alt)
        view.notebook = local_link(notebooks.get(name, ""))
        if name in further:
            view.further = further[name]
            view.further_pictures = [(data_uri(svg), alt) for svg, alt in further[name].pictures]
    return views


def _headline(summary: Mapping[str, Any]) -> dict[str, Any]:
    """The counts of the summary in the order of the vocabulary.

    Raises ValueError where they do not add up: a headline must not contradict itself.
    """
    by_verdict = dict.fromkeys(Verdict, 0)
    by_verdict.update({Verdict(k): int(n) for k, n in summary["cells_by_verdict"].items()})
    crossed = {(v, e): 0 for v in Verdict for e in EvidenceClass}
    for entry in summary["cells_by_verdict_and_evidence"]:
        crossed[Verdict(entry["verdict"]), EvidenceClass(entry["evidence"])] += int(entry["cells"])
    total = int(summary["cells_total"])
    across = {v: sum(crossed[v, e] for e in EvidenceClass) for v in Verdict}
    if sum(by_verdict.values()) != total or across != by_verdict:
        raise ValueError("summary: the counts of cells by verdict do not add up to cells_total")
    reasons = {Reason(k): int(n) for k, n in summary["cells_by_reason"].items() if k and int(n)}
    waiting = reasons.get(Reason.STAGE_NOT_BUILT, 0)
    return {
        "total": total,
        "verdicts": {v.value: {"badge": verdict_badge(v), "count": by_verdict[v]} for v in Verdict},
        "classes": [evidence_badge(e) for e in EvidenceClass],
        "crossed": [
            {
                "badge": verdict_badge(v),
                "counts": [crossed[v, e] for e in EvidenceClass],
                "count": by_verdict[v],
            }
            for v in Verdict
        ],
        "reasons": [
            (r.value.replace("-", " "), r.meaning, reasons[r]) for r in Reason if r in reasons
        ],
        "waiting": waiting,
        "basis": dict(summary.get("agreements_by_basis", {})),
        # One decimal, cut and not rounded, so that "100 %" is said of all and of nothing less.
        "waiting_percent": f"{1000 * waiting // total / 10:g}" if total else "0",
        **{
            name: int(summary[name])
            for name in (
                *("relations_total", "relations_holding", "relations_failing"),
                *("items_total", "items_in_scope", "items_rebuilt"),
            )
        },
    }


def _relations(frame: "pd.DataFrame", views: Mapping[str, ItemView]) -> dict[str, Any]:
    """Tests by outcome and declared relation; the items of each as (id, label) pairs."""
    grouped: dict[str, dict[str, dict[str, Any]]] = {"fails": {}, "holds": {}}
    for record in records(frame, _RELATIONS, "relations"):
        if record["outcome"] not in grouped:
            raise ValueError(f"relations: outcome {record['outcome']!r} is not holds or fails")
        named = [n for n in re.split(r"[\s;,|]+", record["items"]) if n]
        _only_known("relations", named, views)
        group = grouped[record["outcome"]].setdefault(
            record["relation"],
            {
                "says": record["says"],
                "kind": KIND_MEANINGS.get(record["kind"], record["kind"]),
                "tests": [],
            },
        )
        group["tests"].append(record | {"links": [(n, views[n].label) for n in named]})
    return {
        outcome: {
            "groups": list(groups.values()),
            "count": sum(len(g["tests"]) for g in groups.values()),
        }
        for outcome, groups in grouped.items()
    }


def build_page(
    items: "pd.DataFrame",
    cells: "pd.DataFrame",
    verdicts: "pd.DataFrame",
    relations: "pd.DataFrame",
    audit: "pd.DataFrame",
    summary: Mapping[str, Any],
    tables: Mapping[str, str],
    figures: Mapping[str, tuple[str, str]],
    notebooks: Mapping[str, str],
    notebook_list: Sequence[tuple[str, str, str]],
    further: Mapping[str, Further] = MappingProxyType({}),
    traces: Mapping[str, Any] | None = None,
    answer: Answer | None = None,
) -> str:
    """The whole report page as one HTML text.

    `items`, `cells`, `verdicts`, `relations` and `audit` have the columns of their
    files; `summary` is the content of `summary.json`. `tables` maps an item to a
    fragment of `medlead.present.tables.html_table`, `figures` to (SVG text,
    alternative text), `notebooks` to a link; `notebook_list` holds (title, link,
    one line on it). `further` has what is shown with an item beyond the report. `traces`
    are the data of `traced.page_traces`, that a click on a cell shows. `answer` opens the page:
    whether the report is right. Order of items, cells and findings is kept.

    Raises ValueError where the parts do not fit each other: an item, cell or outcome
    that is not known, a verdict or item given twice, headline counts that do not add
    up, or a link that leaves the results; KeyError for a missing count of `summary`.
    """
    views = _views(items, cells, verdicts, tables, figures, notebooks, further, numbered(traces))
    groups = [
        (kind, name, [v for v in views.values() if v.kind == kind])
        for kind, name in _GROUPS.items()
    ]
    return (
        templates()
        .get_template("site.html.j2")
        .render(
            verdict_badges=[verdict_badge(v) for v in Verdict],
            evidence_badges=[evidence_badge(e) for e in EvidenceClass],
            headline=_headline(summary),
            findings=findings_told(audit),
            differing=[v for v in views.values() if v.differing],
            drawn=sum(v.kind == "figure" and v.picture is not None for v in views.values()),
            groups=[g for g in groups if g[2]],
            relations=_relations(relations, views),
            notebooks=[(title, local_link(href), told) for title, href, told in notebook_list],
            long_list=_LONG_LIST,
            traces=embedded(traces),
            answer=answer,
        )
    )
