"""Tables laid out from small record frames."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from medlead.evidence import EvidenceClass
from medlead.layout import TIDY_COLUMNS, lay_out, shown, tidy

RECORDS, AGGREGATES = EvidenceClass.PRINTED_RECORDS, EvidenceClass.PRINTED_AGGREGATES

FRAME = pd.DataFrame(
    {
        "site": ["B", "A", "C", "D"],
        "index": [60.0, 65.75, 60.0, np.nan],
        "rating": pd.Categorical(["Good", None, "Fair", "Good"], ["Fair", "Good"], ordered=True),
        "risk": pd.array([3, pd.NA, 5, pd.NA], dtype="Int64"),
        "risk_applicable": [True, False, True, True],
        "units": pd.array([5, 12, pd.NA, 4], dtype="Int64"),
        "name": ["Wards", "Units", "Lines", None],
    }
)


def column(name: str, **more: Any) -> dict[str, Any]:
    return {"from": name, "heading": name, **more}


def texts(frame: pd.DataFrame) -> list[tuple[str, str, str]]:
    return [tuple(r) for r in frame[["row", "column", "text"]].to_numpy()]


def test_one_cell_for_each_record_and_column_in_order() -> None:
    layout = {"row": "site", "columns": [column("rating"), column("index", decimals=1)]}
    found = lay_out(FRAME, layout, RECORDS)
    assert list(found.columns) == TIDY_COLUMNS
    assert texts(found) == [
        ("B", "rating", "Good"),
        ("B", "index", "60.0"),
        ("A", "rating", ""),
        ("A", "index", "65.8"),
        ("C", "rating", "Fair"),
        ("C", "index", "60.0"),
        ("D", "rating", "Good"),
        ("D", "index", ""),
    ]
    assert set(found["evidence"]) == {"printed-records"}
    assert set(found["n"]) == {1}
    assert found["value"].tolist()[1:4:2] == ["60", "65.75"]


def test_not_applicable_is_not_missing() -> None:
    found = lay_out(FRAME, {"row": "site", "columns": [column("risk")]}, RECORDS)
    assert found["text"].tolist() == ["3", "N/A", "5", ""]
    assert found["value"].tolist() == ["3", "", "5", ""]


def test_sorting_keeps_ties_in_the_order_of_the_records() -> None:
    layout = {
        "row": "site",
        "order": {"by": "index", "descending": True},
        "columns": [column("index")],
    }
    assert lay_out(FRAME, layout, RECORDS)["row"].tolist() == ["A", "B", "C", "D"]
    layout["order"] = {"by": "index", "descending": False}
    assert lay_out(FRAME, layout, RECORDS)["row"].tolist() == ["B", "C", "A", "D"]


def test_a_template_leaves_out_what_is_missing() -> None:
    layout = {"row": "site", "columns": [{"template": "{units} {name}", "heading": "Units"}]}
    found = lay_out(FRAME, layout, RECORDS)
    assert found["text"].tolist() == ["5 Wards", "12 Units", "Lines", "4"]


def test_parts_unfold_columns_into_rows_and_skip_what_a_record_lacks() -> None:
    layout = {
        "row": "site",
        "parts": {"heading": "People", "columns": {"units": "Doctors", "risk": "Nurses"}},
    }
    found = lay_out(FRAME, layout, RECORDS)
    assert texts(found) == [
        ("B / Doctors", "People", "5"),
        ("B / Nurses", "People", "3"),
        ("A / Doctors", "People", "12"),
        ("C / Nurses", "People", "5"),
        ("D / Doctors", "People", "4"),
    ]


GROUPED = {
    "row": "site",
    "order": {"by": "index", "descending": True},
    "groups": {"by": "index", "top": "Best", "bottom": "Last"},
    "columns": [column("index")],
}


@pytest.mark.parametrize("evidence", EvidenceClass)
def test_group_labels_carry_the_class_of_their_records(evidence: EvidenceClass) -> None:
    found = lay_out(FRAME.iloc[:3], GROUPED, evidence, group_size=1)
    labels = found[found["column"] == "(group)"]
    assert labels[["row", "text"]].to_numpy().tolist() == [["A", "Best"], ["C", "Last"]]
    # A label follows from the records as they are, so it is no firmer and no freer than they.
    assert set(labels["evidence"]) == {str(evidence)}
    assert set(labels["n"]) == {3}
    assert set(found.loc[found["column"] != "(group)", "evidence"]) == {str(evidence)}


def test_the_bottom_group_begins_size_rows_before_the_end() -> None:
    ten = pd.DataFrame({"site": list("abcdefghij"), "index": range(10, 0, -1)})
    found = lay_out(ten, GROUPED, RECORDS, group_size=3)
    labels = found[found["column"] == "(group)"]
    assert labels["row"].tolist() == ["a", "h"]


@pytest.mark.parametrize("size", [None, 0, -1, 2, 99])
def test_groups_that_overlap_or_are_empty_are_refused(size: int | None) -> None:
    with pytest.raises(ValueError, match="do not fit"):
        lay_out(FRAME.iloc[:3], GROUPED, RECORDS, group_size=size)


def test_groups_need_the_descending_order_that_their_labels_claim() -> None:
    layout = {k: v for k, v in GROUPED.items() if k != "order"}
    with pytest.raises(ValueError, match="descending"):
        lay_out(FRAME.iloc[:3], layout, RECORDS, group_size=1)


@pytest.mark.parametrize(
    "layout",
    [
        {"row": "gone", "columns": [column("index")]},
        {"row": "site", "columns": [column("gone")]},
        {"row": "site", "columns": [{"template": "{units} {gone}", "heading": "x"}]},
        {"row": "site", "parts": {"heading": "x", "columns": {"gone": "Doctors"}}},
        {"row": "site", "order": {"by": "gone", "descending": True}, "columns": []},
        {"row": "site", "groups": {"by": "gone", "top": "", "bottom": ""}, "columns": []},
    ],
)
def test_a_column_that_the_records_lack_is_named(layout: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="no column 'gone'"):
        lay_out(FRAME, layout, RECORDS)


def test_no_records_give_an_empty_table() -> None:
    layout = {"row": "site", "columns": [column("index")]}
    assert list(lay_out(FRAME.iloc[:0], layout, RECORDS).columns) == TIDY_COLUMNS


@pytest.mark.parametrize(
    ("value", "decimals", "text"),
    [
        (9.5, None, "9.5"),
        (10.0, None, "10"),
        (62.0, 1, "62.0"),
        (pd.NA, 1, ""),
        (None, None, ""),
        (float("nan"), None, ""),
        ("N/A", None, "N/A"),
        (0, None, "0"),
        (-0.04, 1, "0.0"),
        (3, 1, "3.0"),
    ],
)
def test_shown(value: object, decimals: int | None, text: str) -> None:
    assert shown(value, decimals=decimals) == text


def test_headings_may_hold_any_letters() -> None:
    frame = tidy([("Zürich – Ω", "£ (naïve)", 1 / 3, "⅓", 3, AGGREGATES)])
    assert frame.to_dict("records") == [
        {
            "row": "Zürich – Ω",
            "column": "£ (naïve)",
            "value": "0.3333333333",
            "text": "⅓",
            "n": 3,
            "evidence": "printed-aggregates",
        }
    ]
