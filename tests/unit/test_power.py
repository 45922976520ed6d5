"""Errors planted in the published transcription: how many of them the audit sees."""

import numpy as np
import pandas as pd
import pytest
import yaml
from test_published import PUBLISHED

from medlead.verdicts.power import (
    Audit,
    Planted,
    planted_errors,
    planters,
    power_frame,
    unrelated_frame,
)
from medlead.writing import read_csv

DECLARED = yaml.safe_load((PUBLISHED / "relations.yaml").read_text(encoding="utf-8"))
SUMS = {"total", "equal-sums"}


@pytest.fixture(scope="module")
def audit() -> Audit:
    return Audit(
        read_csv(PUBLISHED / "cells.csv"),
        DECLARED,
        items=read_csv(PUBLISHED / "items.csv"),
        captions=read_csv(PUBLISHED / "captions.csv"),
    )


@pytest.fixture(scope="module")
def found(audit: Audit) -> list[tuple[Planted, list[str]]]:
    return planted_errors(audit, np.random.default_rng(20130401), 30)


def test_errors_of_every_kind_are_planted_one_at_a_time(
    audit: Audit, found: list[tuple[Planted, list[str]]]
) -> None:
    assert len(found) >= 200
    assert {p.corruption for p, _ in found} == set(planters(audit))
    for planted, _ in found:
        assert planted.changes or planted.captions is not None
        assert all(audit.texts[k] != t for k, t in planted.changes.items())
        if "swapped" not in planted.corruption:
            assert len(planted.changes) <= 1


def test_each_error_is_of_the_kind_that_it_is_called(
    audit: Audit, found: list[tuple[Planted, list[str]]]
) -> None:
    column: dict[tuple[str, str], set[str]] = {}
    for cell in audit.cells:
        column.setdefault((cell.key[0], cell.key[2]), set()).add(cell.text)
    seen = set()
    for planted, _ in found:
        if len(planted.changes) != 1:
            continue
        ((key, new),) = planted.changes.items()
        old = audit.texts[key]
        seen.add(planted.corruption)
        match planted.corruption:
            case "a digit changed":
                assert len(new) == len(old)
                ((before, after),) = [(a, b) for a, b in zip(old, new, strict=True) if a != b]
                assert before.isdigit()
                assert after.isdigit()
            case "a total changed":
                assert 1 <= abs(int(new) - audit.values[key]) <= 3
            case "sign or point moved":
                digits = [t.replace(".", "").lstrip("-0") for t in (old, new)]
                assert digits[0].rstrip("0") == digits[1].rstrip("0")
            case "stars changed":
                assert new.strip("*") == ""
            case "a word changed":
                assert new in column[key[0], key[2]] or sorted(new) == sorted(old)
    assert len(seen) == 5


def test_a_used_name_is_seen_where_it_becomes_another(audit: Audit) -> None:
    cell = next(c for c in audit.cells if c.kind == "label" and c.text.isalpha())
    names = pd.DataFrame(
        [(*cell.key, cell.text, "yes")], columns=["item", "row", "column", "name", "same"]
    )
    named = Audit(audit.frame, DECLARED, items=audit.items, names=names)
    check = f"names {cell.key[0]} {cell.key[1]}"
    assert check in named.caught(Planted("", "", {cell.key: "Quite another"}))
    assert check not in named.caught(Planted("", "", {cell.key: cell.text.upper()}))
    assert check not in audit.caught(Planted("", "", {cell.key: "Quite another"}))


# What was measured, less a margin for the draw: a drop says that relations were lost.
FLOORS = {
    "a total changed": 0.98,
    "a digit changed": 0.75,
    "sign or point moved": 0.75,
    "stars changed": 0.8,  # of thirty; the test below tries every one of them
    "two rows swapped": 0.75,
    "two columns swapped": 0.75,
    "a wrong caption": 0.9,
    "a word changed": 0.25,
    "all": 0.75,
}


def test_the_share_that_is_seen_does_not_fall(found: list[tuple[Planted, list[str]]]) -> None:
    power = power_frame(found)
    shares = power[power["cell"] == "all"].set_index("corruption")["share"]
    assert set(shares.index) == set(FLOORS)
    low = {name: shares[name] for name, floor in FLOORS.items() if shares[name] < floor}
    assert not low


def test_nearly_every_other_mark_in_every_place_is_seen(audit: Audit) -> None:
    tried = [
        Planted("stars changed", "stars", {cell.key: mark})
        for cell in audit.cells
        if cell.kind == "stars"
        for mark in {"", "*", "**", "***"} - {cell.text}
    ]
    seen = [bool(audit.caught(planted)) for planted in tried]
    assert len(seen) == 3 * sum(cell.kind == "stars" for cell in audit.cells)
    assert np.mean(seen) > 0.95


def test_shares_are_of_what_was_planted(found: list[tuple[Planted, list[str]]]) -> None:
    power = power_frame(found)
    assert (power["share"] == power["caught"] / power["planted"]).all()
    single = power[(power["cell"] != "all") & (power["corruption"] != "all")]
    whole = power[(power["cell"] == "all") & (power["corruption"] == "all")].iloc[0]
    assert (single["planted"].sum(), single["caught"].sum()) == (whole["planted"], whole["caught"])
    assert whole["planted"] == len(found)


def test_a_changed_number_under_a_sum_a_share_or_a_count_is_always_seen(audit: Audit) -> None:
    """Every single other digit of every such cell, but where the print fails already."""
    missed = []
    for key, instances in audit.by_cell.items():
        if not all(i.name in audit.held for i in instances) or key not in audit.values:
            continue
        exact = any(i.kind in SUMS or (i.kind == "number-of" and key in i.right) for i in instances)
        percent = any(i.kind == "share" and key in i.left for i in instances)
        text = audit.texts[key]
        if not (exact or percent) or any(i.reading for i in instances):
            continue
        for at, digit in enumerate(text):
            for other in "0123456789" if digit.isdigit() else "":
                changed = text[:at] + other + text[at + 1 :]
                if other != digit and not audit.caught(Planted("", "", {key: changed})):
                    missed.append((key, changed))
    assert not missed


def test_a_changed_text_that_is_printed_twice_is_always_seen(audit: Audit) -> None:
    missed = [
        key
        for key, instances in audit.by_cell.items()
        if any(i.kind == "same" and not i.reading and i.name in audit.held for i in instances)
        and not audit.caught(Planted("", "", {key: f"{audit.texts[key]}x"}))
    ]
    assert not missed


def test_nothing_is_seen_where_nothing_changes(audit: Audit) -> None:
    for cell in audit.cells[::25]:
        assert audit.caught(Planted("", "", {cell.key: cell.text})) == []
    assert audit.caught(Planted("", "", {}, audit.captions)) == []


def test_the_cells_that_nothing_tests_are_told(audit: Audit) -> None:
    unrelated = unrelated_frame(audit)
    keys = set(zip(unrelated["item"], unrelated["row"], unrelated["column"], strict=True))
    assert keys.isdisjoint(audit.by_cell)
    assert len(keys) + len(audit.by_cell) <= len(audit.cells)
    # No figure of a table is left without a test.
    tables = unrelated[unrelated["item"].str.startswith("table-")]
    assert (
        set(tables.loc[tables["kind"].isin(["count", "n", "statistic", "rating"]), "why"]) == set()
    )
