"""Findings on small prints with planted contradictions: place, wording, order."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import pytest

from medlead.verdicts.audit import AUDIT_COLUMNS, Severity, _explained, _once, audit_frame
from medlead.verdicts.causes import Cause
from medlead.verdicts.compare import VERDICT_COLUMNS
from medlead.verdicts.declared import expand
from medlead.verdicts.mends import smallest_mends
from medlead.verdicts.relations import (
    SELECTIONS,
    Cell,
    DeclarationError,
    Instance,
    Outcome,
    numeric_values,
)
from medlead.verdicts.relations import test_instance as decide

NO_MARKS = pd.DataFrame(columns=VERDICT_COLUMNS)
PLACES = {"a": 10, "b": 11, "whole": 12, "again": 3}


def audit(
    texts: Mapping[tuple[str, str], str],
    declarations: Sequence[Mapping[str, Any]],
    judged: pd.DataFrame = NO_MARKS,
) -> pd.DataFrame:
    cells = [Cell(("table-07", r, c), t, "count") for (r, c), t in texts.items()]
    register = pd.DataFrame(
        [(*c.key, c.text, "9.1", str(PLACES[c.key[1]])) for c in cells],
        columns=["item", "row", "column", "text", "section", "line"],
    )
    printed, values = {c.key: c.text for c in cells}, numeric_values(cells)
    outcomes = [decide(i, values, printed) for i in expand(declarations, cells)]
    mends, unresolved = smallest_mends(outcomes, values, printed)
    return audit_frame(outcomes, mends, unresolved, judged, register)


def cell(row: str, column: str = "n") -> dict[str, Any]:
    return {"item": "table-07", "rows": [row], "columns": [column]}


SUM = {
    "relation": "sum",
    "kind": "total",
    "says": "Parts and whole.",
    "parts": {"item": "table-07", "rows": ["a", "b"], "columns": ["n"]},
    "total": cell("whole"),
}
SHARES = [
    {
        "relation": f"share-{row}",
        "kind": "share",
        "says": "Share.",
        "percent": cell(row, "%"),
        "count": cell(row),
        "base": cell("whole"),
    }
    for row in "ab"
]
AGAIN = {
    "relation": "again",
    "kind": "same",
    "says": "Twice.",
    "first": cell("whole"),
    "second": cell("again"),
}


def test_a_sound_print_has_no_findings() -> None:
    frame = audit({("a", "n"): "1", ("b", "n"): "2", ("whole", "n"): "3"}, [SUM])
    assert list(frame.columns) == AUDIT_COLUMNS
    assert frame.empty


def test_a_total_that_no_cell_explains_is_told_without_a_culprit() -> None:
    (row,) = audit({("a", "n"): "1", ("b", "n"): "2", ("whole", "n"): "4"}, [SUM]).to_dict(
        "records"
    )
    assert (row["finding"], row["section"], row["line"]) == ("finding-001", "9.1", 12)
    # The printed figure at that place is the total; its parts are as doubtful as it is.
    assert (row["printed"], row["implied"]) == ("4", "")
    assert (row["check"], row["severity"], row["certainty"]) == ("sum", "major", "certain")
    # What is wrong stands first, and the rule is not told as if it held.
    assert row["explanation"].startswith(
        "The print says 4; its parts add up to 3. What should hold: Parts and whole."
    )
    assert row["explanation"].endswith(
        "The print does not show which cell is wrong: to change no single one, or any of "
        "several, would mend it."
    )
    assert "If one cell alone is wrong" not in row["explanation"]


def test_a_known_culprit_is_one_finding_with_all_relations_that_it_breaks() -> None:
    texts = {
        ("a", "n"): "30",
        ("b", "n"): "75",
        ("whole", "n"): "100",
        ("a", "%"): "30",
        ("b", "%"): "70",
    }
    frame = audit(texts, [SUM, *SHARES])
    (row,) = frame.to_dict("records")
    assert (row["finding"], row["check"]) == ("finding-001", "share-b; sum")
    assert (row["line"], row["printed"], row["implied"]) == (PLACES["b"], "75", "70")
    assert (
        "If one cell alone is wrong, it is Table 7, b, n: 70 instead of 75 restores these"
        in row["explanation"]
    )
    assert "does not show" not in row["explanation"]
    assert row["explanation"].endswith("Cells concerned: Table 7: a and whole, n / b, n and %.")


def test_a_repetition_that_a_culprit_breaks_names_its_value() -> None:
    texts = {("a", "n"): "30", ("b", "n"): "75", ("whole", "n"): "100", ("again", "n"): "70"}
    texts |= {("a", "%"): "30", ("b", "%"): "70"}
    frame = audit(texts, [SUM, *SHARES, AGAIN | {"first": cell("again"), "second": cell("b")}])
    assert frame["check"].tolist() == ["again; share-b; sum"]
    assert set(zip(frame["line"], frame["printed"], frame["implied"], strict=True)) == {
        (PLACES["b"], "75", "70")
    }


def test_a_share_that_fails_alone_shows_what_its_count_implies() -> None:
    texts = {("a", "n"): "1", ("whole", "n"): "3", ("a", "%"): "35"}
    (row,) = audit(texts, SHARES[:1]).to_dict("records")
    assert (row["printed"], row["line"], row["severity"]) == ("35", PLACES["a"], "minor")
    assert row["implied"] == "33.3"
    assert row["explanation"].startswith("The print says 35 %; its count and base imply 33.3 %.")
    assert "does not show" not in row["explanation"]


def test_a_commonest_number_that_the_table_does_not_have() -> None:
    texts = {("a", "1"): "7", ("b", "2"): "7", ("again", "n"): "2"}
    commonest = {
        "relation": "most",
        "kind": "commonest",
        "says": "Most have that number.",
        "parts": {"item": "table-07", "rows": ["a", "b"]},
        "value": cell("again"),
    }
    (row,) = audit(texts, [commonest]).to_dict("records")
    assert row["explanation"] == (
        "The text says 2; the table implies 1 or 2. What should hold: Most have that number."
    )
    assert (row["printed"], row["implied"]) == ("2", "1 or 2")
    assert (row["line"], row["severity"]) == (PLACES["again"], "minor")


@pytest.mark.parametrize(
    ("first", "second", "severity", "printed", "told"),
    [
        ("4", "5", Severity.MINOR, "5", "The print says 4 in one place and 5 in the other."),
        (
            "sha256:aa",
            "sha256:bb",
            Severity.WORDING,
            "worded otherwise than in Table 7, whole, n",
            "letter for letter.",
        ),
    ],
)
def test_two_printings(
    first: str, second: str, severity: Severity, printed: str, told: str
) -> None:
    (row,) = audit({("whole", "n"): first, ("again", "n"): second}, [AGAIN]).to_dict("records")
    # Neither printing is better than the other, so none is implied.
    assert (row["printed"], row["implied"], row["line"]) == (printed, "", PLACES["again"])
    assert row["severity"] == severity
    assert told in row["explanation"]
    assert "If one cell alone is wrong" not in row["explanation"]


def test_how_two_wordings_differ_is_told_where_it_is_declared() -> None:
    texts = {("whole", "n"): "sha256:aa", ("again", "n"): "sha256:bb"}
    (row,) = audit(texts, [AGAIN | {"differs": {"": "a full stop"}}]).to_dict("records")
    assert "not the same letter for letter: a full stop. What should hold" in row["explanation"]
    assert "sha256" not in " ".join(map(str, row.values()))


@pytest.mark.parametrize(
    ("declaration", "told"),
    [(AGAIN | {"differs": {"x": "y"}}, "no test by"), (SUM | {"differs": {}}, "belongs to same")],
)
def test_a_difference_of_no_wording_is_refused(declaration: dict[str, Any], told: str) -> None:
    texts = {("a", "n"): "1", ("b", "n"): "2", ("whole", "n"): "3", ("again", "n"): "3"}
    with pytest.raises(DeclarationError, match=told):
        audit(texts, [declaration])


def test_a_percentage_of_nothing_is_told_in_words() -> None:
    texts = {("a", "n"): "0", ("whole", "n"): "0", ("a", "%"): "50"}
    (row,) = audit(texts, SHARES[:1]).to_dict("records")
    assert (row["printed"], row["severity"]) == ("50", "minor")
    assert "The print says 50 %; its base is 0" in row["explanation"]


def test_limits_and_orders() -> None:
    limit = {
        "relation": "limit",
        "kind": "at-most",
        "says": "Limit.",
        "parts": {"item": "table-07", "rows": ["a", "b"]},
        "limit": cell("whole"),
    }
    order = {
        "relation": "order",
        "kind": "descending",
        "says": "Order.",
        "parts": {"item": "table-07", "rows": ["a", "b"]},
    }
    frame = audit({("a", "n"): "4", ("b", "n"): "5", ("whole", "n"): "7"}, [limit, order])
    # One wrong cell could explain both.
    assert frame["check"].tolist() == ["limit; order"]
    assert "adds up to 9 here; elsewhere it has only 7 in all" in frame["explanation"][0]
    assert "order that its numbers break: 4 5." in frame["explanation"][0]


def test_a_limit_by_a_reading_is_told_apart_with_both_its_cells() -> None:
    limit = {
        "relation": "limit",
        "kind": "at-most",
        "says": "Limit.",
        "reading": "both count the same trusts",
        "parts": cell("a"),
        "limit": cell("again"),
    }
    texts = {("a", "n"): "4", ("b", "n"): "5", ("whole", "n"): "8", ("again", "n"): "3"}
    # One wrong cell, `a`, could explain both; what is certain stays so.
    second, first = audit(texts, [SUM, limit]).to_dict("records")
    assert (first["check"], first["certainty"]) == ("sum", "certain")
    assert "supposes" not in first["explanation"]
    assert (second["check"], second["certainty"]) == ("limit", "conditional")
    assert (second["printed"], second["implied"]) == ("4", "")
    assert second["explanation"] == (
        "Table 7, a, n: the print says 4; Table 7, again, n: only 3. This supposes that both "
        "count the same trusts. What should hold: Limit. The print does not show which cell is "
        "wrong: to change no single one, or any of several, would mend it."
    )


def test_marks_that_differ_are_conditional_findings() -> None:
    texts = {("a", "n"): "", ("b", "n"): "*", ("again", "n"): "*"}
    judged = pd.DataFrame(
        [
            ["table-07", "a", "n", "", "", "", "*", "", "differs", "test: t", "test-differs"],
            ["table-07", "b", "n", "*", "", "", "*", "", "agrees", "test: t", ""],
            [
                *("table-07", "again", "n", "*", "", "", "* (two-sided), ** (one-sided)", ""),
                *("not-derivable", "test: t", "depends-on-test"),
            ],
        ],
        columns=VERDICT_COLUMNS,
    )
    (row,) = audit(texts, [], judged).to_dict("records")
    assert (row["printed"], row["implied"], row["certainty"]) == ("no star", "*", "conditional")
    assert (row["check"], row["line"], row["severity"]) == ("marks", PLACES["a"], "minor")
    assert "the print says no star; the printed coefficient and number give *" in row["explanation"]


@pytest.mark.parametrize("kind", SELECTIONS)
def test_every_kind_of_finding_says_first_what_is_printed(kind: str) -> None:
    instance = Instance("r", "r", kind, "The rule.", (("table-07", "a", "n"),), ())
    cause = Cause((Outcome(instance, False, "3", "4"),))
    lead, _, rule = _explained(cause, is_open=False, held={}).partition(" What should hold: ")
    assert rule == "The rule."
    assert lead.startswith(("The print ", "The text "))
    assert "3" in lead
    assert kind in (*("none", "descending"),) or "4" in lead


def test_what_several_tests_say_alike_is_told_once() -> None:
    assert _once("A holds. B is 1. A holds. B is 2? A holds.") == "A holds. B is 1. B is 2?"
