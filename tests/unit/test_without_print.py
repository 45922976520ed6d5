"""A study's declarations keep what it knows itself, and nothing of the 2013 print."""

from collections.abc import Iterator
from copy import deepcopy
from json import loads
from pathlib import Path
from typing import Any

import pytest
import yaml

from medlead.configuration import check_config
from medlead.present.write import read_titles
from medlead.without_print import (
    response_without_print,
    study_titles,
    tables_without_print,
    triangulation_without_print,
)

PROJECT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def shipped() -> dict[str, Any]:
    text = (PROJECT / "config/instruments/response.yaml").read_text(encoding="utf-8")
    return dict(yaml.safe_load(text))


def keys(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        for key, inside in value.items():
            yield str(key)
            yield from keys(inside)
    elif isinstance(value, list):
        for inside in value:
            yield from keys(inside)


def test_nothing_of_the_print_is_left_and_the_form_still_fits(shipped: dict[str, Any]) -> None:
    before = deepcopy(shipped)
    left = response_without_print(shipped)
    assert shipped == before
    assert "cells" in set(keys(shipped))
    assert not {"cells", "percent"} & set(keys(left))
    assert left["selection"]["printed"] == {}
    schema = (PROJECT / "workflow/schemas/response.schema.json").read_text(encoding="utf-8")
    check_config(left, loads(schema), "response.yaml")


def test_printed_steps_that_count_returns_are_counted_from_them(shipped: dict[str, Any]) -> None:
    steps = {s["step"]: s for s in response_without_print(shipped)["funnel"]}
    assert {name: s["count"] for name, s in steps.items()} == {
        "returned": {"returns": "returned"},
        "completed": {"returns": "completed"},
    }
    assert "of" not in steps["returned"]
    assert steps["completed"]["of"] == "returned"
    assert steps["returned"]["shares"] is True


def test_numbers_of_the_study_stay_and_parts_of_lost_steps_move_up() -> None:
    cell: dict[str, Any] = {"cells": [["a", "b", "c"]]}
    declared: dict[str, Any] = {
        "funnel": [
            {"step": "asked", "says": "", "count": {"number": 40}, "shares": True},
            {"step": "sent", "says": "", "of": "asked", "count": cell},
            {"step": "lost", "says": "", "of": "sent", "count": {"rest_of": "sent"}},
            {"step": "back", "says": "", "of": "sent", "count": cell, "returns": "returned"},
            {"step": "rest", "says": "", "of": "asked", "count": {"rest_of": "asked"}},
        ],
        "completed_by": {"counts": {"x": {"number": 1}}},
        "representativeness": {
            "population": {"says": "", "count": {"number": 40}},
            "claims": [
                {"counts": {"x": cell}, "members": {"x": {"number": 9}}, "shares": {},
                 "statements": ["kept"]},
                {"counts": {}, "members": {}, "shares": {"x": cell}, "statements": ["gone"]},
            ],
        },
        "selection": {"sizes": [{"size": "s", "printed": {}}], "printed": {"item": "t"}},
    }  # fmt: skip
    left = response_without_print(declared)
    assert [(s["step"], s.get("of")) for s in left["funnel"]] == [
        ("asked", None),
        ("back", "asked"),
        ("rest", "asked"),
    ]
    assert left["funnel"][1]["count"] == {"returns": "returned"}
    assert left["completed_by"]["counts"] == {"x": {"number": 1}}
    own, printed = left["representativeness"]["claims"]
    assert own == {
        "counts": {}, "members": {"x": {"number": 9}}, "shares": {}, "statements": ["kept"],
    }  # fmt: skip
    assert (printed["shares"], printed["statements"]) == ({}, [])
    assert left["selection"]["sizes"] == [{"size": "s"}]


@pytest.mark.parametrize(("given", "kept"), [(["a", "b", "c"], False), (31, True)])
def test_the_number_asked_is_the_study_s_or_unknown(given: object, kept: bool) -> None:
    assert ("population" in tables_without_print({"population": given, "tables": {}})) is kept


def test_words_about_the_print_give_way_to_those_for_a_study() -> None:
    given = {
        "tables": {
            "table-04": {"of": "a", "note": "The print.", "note_study": "", "title_study": "Own"},
            "table-05": {"of": "b", "note": "Of any returns."},
        }
    }
    left = tables_without_print(given)["tables"]
    assert left["table-04"] == {"of": "a", "note": "", "title": "Own"}
    assert left["table-05"] == given["tables"]["table-05"]
    assert study_titles(given) == {"table-04": "Own"}


def test_no_table_of_a_study_speaks_of_the_printed_report() -> None:
    text = (PROJECT / "config/instruments/tables.yaml").read_text(encoding="utf-8")
    declared = yaml.safe_load(text)
    titles = read_titles(PROJECT / "data/published/items.csv") | study_titles(declared)
    for item, table in tables_without_print(declared)["tables"].items():
        told = f"{titles[item]} {table.get('title', '')} {table.get('note', '')}"
        for word in ("print", "report", "2013", "country", "national"):
            assert word not in told.lower(), item


def test_a_study_hears_nothing_of_conflicts_in_the_report():
    declared = {"conflicts": [{"about": "a"}], "variations": {"x": {}}}
    assert triangulation_without_print(declared) == {"conflicts": [], "variations": {"x": {}}}
