"""Tables of the scales: our words, the print's headings, and names that differ."""

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml

from medlead.engagement.instrument import load_instrument
from medlead.engagement.scale_tables import compared_names, load_scale_tables, scale_tables
from medlead.sources.messages import ProblemsFound
from medlead.writing import read_csv

ROOT = Path(__file__).parents[2]


def loaded(name: str) -> Any:
    path = ROOT / "config" / "instruments" / f"{name}.yaml"
    return yaml.safe_load(path.read_text(encoding="utf-8"))


MES = load_instrument(loaded("mes"))
TABLES = load_scale_tables(loaded("mes_tables"), MES)
CELLS = read_csv(ROOT / "data" / "published" / "cells.csv")
ITEMS = [table.item for table in TABLES]


@pytest.mark.parametrize("item", ITEMS)
def test_each_table_has_the_printed_rows_and_columns_in_order(item: str) -> None:
    ours = scale_tables(TABLES)[item]
    printed = CELLS[CELLS["item"] == item]
    keys = [list(zip(f["row"], f["column"], strict=True)) for f in (ours, printed)]
    assert keys[0] == keys[1]
    assert set(ours["evidence"]) == {"conceptual"}


@pytest.mark.parametrize("item", ITEMS)
def test_no_definition_of_the_report_is_carried_over(item: str) -> None:
    """The words are the instrument's, and not the sentence whose fingerprint is kept."""
    from hashlib import sha256

    ours = scale_tables(TABLES)[item]
    texts = CELLS[CELLS["item"] == item].set_index(["row", "column"])["text"]
    told = ours[ours["column"] == "Scale Definition"]
    assert set(told["text"]) == {s.means for s in MES.scales if s.level != "component"}
    for row in told.itertuples():
        digest = sha256(row.text.encode("utf-8")).hexdigest()
        assert not texts[row.row, row.column].endswith(digest[:16])


def test_every_row_is_another_scale_and_components_have_none() -> None:
    for table in TABLES:
        names = [scale.name for scale in table.rows.values()]
        assert sorted(names) == sorted(s.name for s in MES.scales if s.level != "component")


def test_the_names_that_differ_are_found() -> None:
    names = compared_names(TABLES, CELLS)
    differing = names[names["same"] == "no"]
    # Read in the print by eye: table, scale.
    assert list(zip(differing["item"], differing["scale"], strict=True)) == [
        ("table-26", "meta-1"),
        ("table-26", "sub-6"),
        ("table-29", "meta-3"),
        ("table-30", "meta-3"),
    ]
    assert len(names) == 30


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("work satisfaction", "yes"),
        ("[I] Work Satisfaction", "yes"),
        ("Work & Satisfaction", "no"),
        ("Work Satisfactions", "no"),
    ],
)
def test_capitals_and_marks_are_no_other_name(text: str, same: str) -> None:
    cells = pd.DataFrame(
        [("table-26", "Sub Scale 6", "MES Scale", text)],
        columns=["item", "row", "column", "text"],
    )
    (row,) = compared_names(TABLES, cells).to_dict("records")
    assert (row["printed"], row["same"]) == (text, same)


def test_all_faults_of_a_declaration_are_told_at_once() -> None:
    declared = loaded("mes_tables")
    declared["tables"][0]["rows"][3] = "Meta Scael 3"
    declared["tables"][1]["titel"] = declared["tables"][1].pop("title")
    with pytest.raises(ProblemsFound) as raised:
        load_scale_tables(declared, MES)
    told = [f"{p.what} {p.value} {p.mend}" for p in raised.value.problems]
    assert len(told) == 3
    assert "Meta Scael 3 did you mean 'Meta Scale 3'?" in told[0]
    assert "'titel' is not known None did you mean 'title'?" in told[1]
    assert "'title' is missing" in told[2]
