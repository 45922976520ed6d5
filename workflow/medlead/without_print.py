"""Declarations of a study's own returns: what they take from the 2013 print is left out.

The shipped instruments name printed cells of the 2013 report. Beside returns of one's own
such numbers would pass for numbers of the study, so they are taken out before anything is
computed; what a study knows itself (`number`), and what is counted from its returns, stays.
"""

from collections.abc import Mapping
from typing import Any

_STUDY = "_study"


def response_without_print(declared: Mapping[str, Any]) -> dict[str, Any]:
    """The declaration of the response (`response.yaml`, of its schema) without printed cells.

    A step of the funnel that also counts returns (`returns:`) is counted from them; any other
    printed step goes, and what was a part of it becomes a part of the step before it.
    Printed percentages go everywhere. Counts by level that name printed cells are empty, so
    that returns are counted. Claims need a population: where its count is printed, all go,
    else only printed members and shares, and with them the statements about them.
    Margins and sizes of printed tables of sites go.
    """
    return dict(declared) | {
        "funnel": _funnel(declared["funnel"]),
        "completed_by": declared["completed_by"]
        | {"counts": _own(declared["completed_by"]["counts"])},
        "representativeness": _balance(declared["representativeness"]),
        "selection": _selection(declared["selection"]),
    }


def triangulation_without_print(declared: Mapping[str, Any]) -> dict[str, Any]:
    """The declaration of the triangulation without what the report says in two ways."""
    return dict(declared) | {"conflicts": []} if isinstance(declared, Mapping) else declared


def tables_without_print(declared: Mapping[str, Any]) -> dict[str, Any]:
    """The declaration of the tables without a population that is a printed cell.

    Titles and notes that speak of the print give way to those for a study (`title_study`,
    `note_study`).
    """
    printed = isinstance(declared.get("population"), list)
    kept = {k: v for k, v in declared.items() if k != "population" or not printed}
    tables = {item: _table(table) for item, table in declared.get("tables", {}).items()}
    return kept | ({"tables": tables} if "tables" in kept else {})


def study_titles(declared: Mapping[str, Any]) -> dict[str, str]:
    """The titles that tables have with returns of one's own, by item, where they are others."""
    return {
        item: str(table["title_study"])
        for item, table in declared.get("tables", {}).items()
        if "title_study" in table
    }


def _table(table: Mapping[str, Any]) -> dict[str, Any]:
    found = {k: v for k, v in table.items() if not k.endswith(_STUDY)}
    return found | {k.removesuffix(_STUDY): v for k, v in table.items() if k.endswith(_STUDY)}


def _printed(count: Mapping[str, Any]) -> bool:
    return "cells" in count


def _own(counts: Mapping[str, Any]) -> dict[str, Any]:
    """The counts by level, or none at all where one of them is printed: levels belong together."""
    return {} if any(_printed(count) for count in counts.values()) else dict(counts)


def _funnel(steps: list[dict[str, Any]]) -> list[dict[str, Any]]:
    before = {step["step"]: step.get("of", "") for step in steps}
    gone = {s["step"] for s in steps if _printed(s["count"]) and "returns" not in s}
    while more := {s["step"] for s in steps if s["count"].get("rest_of") in gone} - gone:
        gone |= more
    found = []
    for step in steps:
        if step["step"] in gone:
            continue
        kept = {k: v for k, v in step.items() if k not in ("of", "percent")}
        if _printed(step["count"]):
            kept["count"] = {"returns": step["returns"]}
        of = before[step["step"]]
        while of in gone:
            of = before[of]
        if of:
            kept["of"] = of
        found.append(kept)
    if found and not any(step.get("shares") for step in found):
        found[0]["shares"] = True
    return found


def _balance(declared: Mapping[str, Any]) -> dict[str, Any]:
    population = declared["population"]
    if _printed(population["count"]):
        # Without claims nothing is said of the population; only the form asks for its count.
        kept = population | {"count": {"returns": "returned"}}
        return dict(declared) | {"population": kept, "claims": []}
    claims = []
    for claim in declared["claims"]:
        own = {name: _own(claim[name]) for name in ("counts", "members", "shares")}
        kept_all = all(own[name] == claim[name] for name in ("members", "shares"))
        claims.append(claim | own | {"statements": claim["statements"] if kept_all else []})
    return dict(declared) | {"claims": claims}


def _selection(declared: Mapping[str, Any]) -> dict[str, Any]:
    sizes = [{k: v for k, v in size.items() if k != "printed"} for size in declared["sizes"]]
    return dict(declared) | {"sizes": sizes, "printed": {}}
