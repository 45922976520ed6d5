"""Contracts: what is refused, in which words, and what the typed frames are."""

import csv
import dataclasses
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from medlead.ratings import RatingScale, code, load_rating_scales
from medlead.sources.catalogue import Contract
from medlead.sources.columns import Column, Kind, convert
from medlead.sources.contracts import (
    CONTRACTS,
    check_references,
    check_register,
    contract_named,
    read_checked,
    read_study,
    validate,
)
from medlead.sources.inputs import check_everything
from medlead.sources.messages import Problem, ProblemsFound
from medlead.sources.reading import MISSING_MARKS, TextTable

ROOT = Path(__file__).parents[2]
RAW = ROOT / "data" / "raw"
PUBLISHED = ROOT / "data" / "published"
SCALES = load_rating_scales(
    yaml.safe_load((ROOT / "config" / "instruments" / "ratings.yaml").read_text(encoding="utf-8"))
)
OF_PRINT = {
    *("items", "cells", "engagement", "comments", "captions", "repeated"),
    *("claims", "conclusions"),
}
PATHS = {name: (PUBLISHED if name in OF_PRINT else RAW) / f"{name}.csv" for name in CONTRACTS}


def records(name: str) -> list[dict[str, str]]:
    with PATHS[name].open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def table_of(rows: Sequence[dict[str, str]], name: str = "t") -> TextTable:
    frame = pd.DataFrame(list(rows), dtype="str")
    return TextTable(frame, tuple(range(2, len(frame) + 2)), (), f"{name}.csv")


def changed(name: str, changes: dict[tuple[int, str], str], most: int = 40) -> TextTable:
    """The first records of a published file with some cells changed: (position, column)."""
    rows = records(name)[:most]
    for (position, column), text in changes.items():
        assert column in rows[position]
        rows[position][column] = text
    return table_of(rows, name)


def problems_of(table: TextTable, contract: Contract | str) -> list[Problem]:
    if isinstance(contract, str):
        contract = contract_named(contract)
    with pytest.raises(ProblemsFound) as raised:
        validate(table, contract, SCALES.get(contract.name))
    return list(raised.value.problems)


# The published files


@pytest.fixture(scope="module")
def frames() -> dict[str, pd.DataFrame]:
    return read_study(PATHS, SCALES)


@pytest.mark.parametrize("name", list(CONTRACTS))
def test_published_files_keep_their_contract_and_every_value(
    name: str, frames: dict[str, pd.DataFrame]
) -> None:
    frame, rows = frames[name], records(name)
    columns = CONTRACTS[name].columns_for(SCALES.get(name))
    assert [c for c in frame.columns if not c.endswith("_applicable")] == list(rows[0])
    assert len(frame) == len(rows)
    for column in columns:
        for value, row in zip(frame[column.name], rows, strict=True):
            text = row[column.name]
            if pd.isna(value):
                assert text in ("", "N/A"), (column.name, text)
            elif column.kind is Kind.YES_NO:
                assert text == ("yes" if value else "no")
            elif isinstance(value, str):
                assert text == value
            else:
                assert float(text) == float(value)


def test_published_register_is_complete(frames: dict[str, pd.DataFrame]) -> None:
    assert check_register(frames["items"]) == []


def test_not_applicable_is_kept_apart_from_not_known(frames: dict[str, pd.DataFrame]) -> None:
    frame = frames["site_performance"].set_index("site")
    for row in records("site_performance"):
        marked = row["financial_risk"] == "N/A"
        assert frame.loc[row["site"], "financial_risk_applicable"] == (not marked)
        assert pd.isna(frame.loc[row["site"], "financial_risk"]) == marked
    assert "staff_engagement_applicable" not in frame.columns
    rows = records("site_performance")
    rows[0]["standardised_mortality"] = ""
    unknown = validate(table_of(rows), CONTRACTS["site_performance"], SCALES["site_performance"])
    assert pd.isna(unknown.loc[0, "standardised_mortality"])
    assert unknown.loc[0, "standardised_mortality_applicable"]


def test_types_of_a_typed_frame(frames: dict[str, pd.DataFrame]) -> None:
    trusts = frames["trust_engagement"]
    core = SCALES["trust_engagement"]["core_standards"]
    assert trusts["core_standards"].dtype == pd.CategoricalDtype(list(core.levels), ordered=True)
    assert trusts["index"].dtype == "float64"
    assert (trusts["trust"].dtype, frames["sites"]["staff"].dtype) == ("str", "Int64")
    assert frames["site_roles"]["payment"].dtype == "boolean"
    assert (trusts["rank_group"] > "bottom").sum() == (trusts["rank_group"] == "top").sum()
    assert trusts.attrs == {}


@pytest.mark.parametrize("name", [n for n, c in CONTRACTS.items() if c.rated])
def test_typed_ratings_are_coded_as_their_text(name: str, frames: dict[str, pd.DataFrame]) -> None:
    for column, scale in SCALES[name].items():
        text = pd.Series([row[column] for row in records(name)])
        pd.testing.assert_series_equal(
            code(frames[name][column], scale), code(text, scale), check_names=False
        )


def test_csv_and_workbook_give_the_same_typed_frame(tmp_path: Path) -> None:
    from openpyxl import Workbook

    book = Workbook()
    rows = records("trust_engagement")
    book.active.append(list(rows[0]))
    for row in rows:
        book.active.append([float(v) if re.fullmatch(r"[\d.]+", v) else v for v in row.values()])
    book.save(tmp_path / "t.xlsx")
    scales = SCALES["trust_engagement"]
    from_csv = read_checked(PATHS["trust_engagement"], "trust_engagement", scales)
    from_xlsx = read_checked(tmp_path / "t.xlsx", "trust_engagement", scales)
    pd.testing.assert_frame_equal(from_csv, from_xlsx)


# Messages


def test_everything_wrong_in_a_file_is_told_at_once_with_its_place() -> None:
    table = changed(
        "trust_engagement",
        {
            (0, "index"): "65,8",
            (1, "core_standards"): "fully met",
            (2, "national_priorities"): "*",
            (3, "index"): "620",
            (4, "trust"): "",
            (6, "trust"): "1",
            (7, "rank_group"): "Top",
            (8, "overall_quality"): "Splendid",
        },
    )
    found = {(p.row, p.column): p for p in problems_of(table, "trust_engagement")}
    assert set(found) == {
        (2, "index"),
        (3, "core_standards"),
        (4, "national_priorities"),
        (5, "index"),
        (6, "trust"),
        (8, "trust"),
        (9, "rank_group"),
        (10, "overall_quality"),
    }
    assert "'65.8'" in found[2, "index"].mend
    assert found[3, "core_standards"].mend == "did you mean 'Fully Met'?"
    assert found[3, "core_standards"].value == "fully met"
    assert "usually means withheld" in found[4, "national_priorities"].mend
    assert found[5, "index"].value == "620"
    assert found[5, "index"].allowed == "a number from 0 to 100"
    assert found[6, "trust"].what == "a value is needed here"
    assert "trust '1' stands in row 7 already" in found[8, "trust"].what
    assert found[9, "rank_group"].mend == "did you mean 'top'?"
    assert found[10, "overall_quality"].allowed == "Poor, Fair, Good, Excellent"


@pytest.mark.parametrize(
    ("name", "cell", "text", "said"),
    [
        ("sites", "consultants", "3301", "more consultants than staff"),
        ("sites", "staff", "200000", "outside the range"),
        ("sites", "staff", "13,000", "write '13000', without commas"),
        ("sites", "staff", "3300.5", "not a whole number"),
        ("sites", "budget_million", "193000000", "in millions of pounds"),
        ("sites", "budget_million", "£193m", "e.g. '193'"),
        ("sites", "budget_million", "0", "outside the range"),
        ("sites", "board_doctors", "-1", "outside the range"),
        ("sites", "foundation", "Non FT", "did you mean 'Non-FT'?"),
        ("sites", "trust_type", "ACUTE", "is written 'Acute' elsewhere"),
        ("site_roles", "pa_low", "9", "the least time is more than the most"),
        ("site_roles", "pa_low", "", "pa_high is given, but pa_low is not"),
        ("site_roles", "payment", "perhaps", "neither yes nor no"),
        ("site_roles", "in_table_24", "no", "cannot have one"),
        ("site_roles", "role", "Associate Medical Director", "stands in row 2 already"),
        ("site_performance", "financial_risk", "6", "not on the scale"),
        ("site_performance", "financial_risk", "2.5", "not on the scale"),
        ("site_performance", "staff_engagement", "N/A", "`not_applicable`"),
        ("site_performance", "patient_experience_survey", "", "not in which survey"),
        ("site_self_ratings", "quality", "9.3", "in steps of 0.5"),
        ("site_self_ratings", "quality", "11", "0 to 10"),
        ("site_self_ratings", "quality", "ten", "not a number"),
        ("items", "item", "table 1", "table-01, figure-05"),
        ("items", "scope", "out of", "this value is not known"),
        ("items", "section", "four", "a number such as 4.1.2"),
        ("items", "line", "0", "outside the range"),
        ("cells", "kind", "counts", "did you mean 'count'?"),
        ("cells", "row", "", "a value is needed here"),
    ],
)
def test_one_wrong_cell_is_told_in_plain_words(name: str, cell: str, text: str, said: str) -> None:
    found = problems_of(changed(name, {(0, cell): text}), name)
    assert len({(p.row, p.column) for p in found}) == 1
    shown = str(found[0])
    assert said in shown
    assert re.search(r"\bnan\b|pandera|dtype|Traceback|<NA>", shown) is None


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        (
            "count",
            ["0", "13", "13,000", "Two", "twenty"],
            ["", "-1", "1.5", "1,30", "12 %", "many"],
        ),
        ("n", ["26", "23,782"], ["", "two", "2.0"]),
        ("percent", ["", "17", "98.6"], ["17%", "-", "x"]),
        ("statistic", ["", "0.68", "-0.57", "\u22120.57", ".5", "6,000"], ["0.6.8", "r"]),
        ("stars", ["", "*", "**", "***"], ["****", "* ", "a"]),
        ("label", ["1 to 2", "", "N/A"], []),
    ],
)
def test_the_text_of_a_cell_fits_its_kind(kind: str, good: list[str], bad: list[str]) -> None:
    first = records("cells")[0]
    rows = [
        {**first, "row": str(i), "kind": kind, "text": text} for i, text in enumerate(good + bad)
    ]
    texts = validate(table_of(rows[: len(good)]), CONTRACTS["cells"])["text"].tolist()
    assert texts == good
    if bad:
        found = problems_of(table_of(rows), "cells")
        assert [p.value for p in found] == bad
        assert {p.column for p in found} == {"text"}


def test_a_top_trust_must_stand_above_every_bottom_trust() -> None:
    rows = records("trust_engagement")
    highest = max(float(r["index"]) for r in rows if r["rank_group"] == "bottom")
    position = next(i for i, r in enumerate(rows) if r["rank_group"] == "top")
    (problem,) = problems_of(
        changed("trust_engagement", {(position, "index"): str(highest)}), "trust_engagement"
    )
    assert (problem.row, problem.column) == (position + 2, "index")
    assert "not above every trust" in problem.what


def test_a_subheading_read_as_a_record_is_named() -> None:
    rows = records("site_performance")
    rows.insert(0, {c: "Acute" if c == "site" else "" for c in rows[0]})
    (problem,) = problems_of(table_of(rows, "site_performance"), "site_performance")
    assert (problem.row, problem.value) == (2, "Acute")
    assert "nothing beside its key" in problem.what


def test_knowing_that_nothing_applies_is_something() -> None:
    rows = records("site_self_ratings")[:1]
    marked = dict(SCALES["site_self_ratings"].items())
    marked = {c: dataclasses.replace(s, not_applicable=("N/A",)) for c, s in marked.items()}
    rows[0].update(dict.fromkeys(marked, "N/A"))
    frame = validate(table_of(rows), CONTRACTS["site_self_ratings"], marked)
    assert not frame.filter(like="_applicable").any(axis=None)


def test_a_row_whose_only_value_cannot_be_read_is_told_once() -> None:
    rows = records("site_self_ratings")[:2]
    rows[1].update(dict.fromkeys(SCALES["site_self_ratings"], ""), quality="ten")
    (problem,) = problems_of(table_of(rows), "site_self_ratings")
    assert (problem.row, problem.column) == (3, "quality")


def test_out_of_scope_needs_a_reason_and_titles_differ() -> None:
    rows = records("items")[:3]
    rows[1].update(scope="out", reason="")
    rows[2]["title"] = rows[0]["title"]
    found = {(p.row, p.column): p.what for p in problems_of(table_of(rows), "items")}
    assert set(found) == {(3, "reason"), (4, "title")}


# Rating columns are the analyst's


def test_rating_columns_follow_the_configured_scales(tmp_path: Path) -> None:
    contract = CONTRACTS["trust_engagement"]
    scales = {
        "overall_quality": SCALES["trust_engagement"]["overall_quality"],
        "waiting_times": RatingScale("Waiting times", levels=("Long", "Short")),
    }
    assert [c.name for c in contract.columns_for(scales)] == [
        "trust",
        "index",
        "overall_quality",
        "waiting_times",
        "rank_group",
    ]
    path = tmp_path / "t.csv"
    path.write_text(
        "trust,index,overall_quality,waiting_times,rank_group\nX1,60,Good,Short,top\n"
        "X2,50,Poor,,bottom\n"
    )
    frame = read_checked(path, "trust_engagement", scales)
    assert frame["waiting_times"].cat.codes.tolist() == [1, -1]


def test_a_file_with_ratings_needs_scales() -> None:
    table = table_of(records("trust_engagement"))
    with pytest.raises(ValueError, match="give their scales"):
        validate(table, CONTRACTS["trust_engagement"])
    with pytest.raises(ValueError, match="cannot have a rating scale"):
        CONTRACTS["trust_engagement"].columns_for({"index": RatingScale("x", ("a", "b"))})


def test_a_required_rating_is_one_without_missing_marks() -> None:
    scales = {
        name: dataclasses.replace(scale, missing=())
        for name, scale in SCALES["trust_engagement"].items()
    }
    rows = records("trust_engagement")
    empty = {i + 2 for i, row in enumerate(rows) if row["existing_commitments"] == ""}
    assert empty
    with pytest.raises(ProblemsFound) as raised:
        validate(table_of(rows), CONTRACTS["trust_engagement"], scales)
    assert {p.row for p in raised.value.problems} == empty


# Between files


def test_references_name_what_is_not_known_once_with_the_nearest() -> None:
    frames = {
        "sites": pd.DataFrame({"site": ["North", "South"]}),
        "site_roles": pd.DataFrame({"site": ["North", "Nort", "Nort"]}),
        "site_performance": pd.DataFrame({"site": ["Z"]}),
        "cells": pd.DataFrame({"item": ["table-99"]}),
    }
    roles, performance = check_references(frames)
    assert (roles.file, roles.value, roles.row) == ("site_roles.csv", "Nort", None)
    assert "did you mean 'North'?" in roles.mend
    assert "2 rows" in roles.what
    assert (performance.value, performance.allowed) == ("Z", "North, South")
    frames["site_roles"] = frames["site_roles"].head(1)
    del frames["site_performance"]
    assert check_references(frames) == []


def test_problems_of_several_files_and_their_references_come_together(tmp_path: Path) -> None:
    paths = {}
    for name in ("sites", "site_roles", "site_self_ratings"):
        paths[name] = tmp_path / f"{name}.csv"
        text = PATHS[name].read_text(encoding="utf-8")
        if name == "site_roles":
            text = "Roles,,,,,,,,,\n" + re.sub(r"^A,", "Q,", text, flags=re.M)
        if name == "site_self_ratings":
            text = text.replace("10", "100", 1)
        paths[name].write_text(text, encoding="utf-8")
    with pytest.raises(ProblemsFound) as raised:
        read_study(paths, SCALES)
    shown = [(Path(p.file).name, p.row, p.column, p.value) for p in raised.value.problems]
    assert shown == [
        ("site_self_ratings.csv", 2, "quality", "100"),
        ("site_roles.csv", 3, "site", "Q"),
    ]


def test_what_the_reader_left_out_is_logged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "site_self_ratings.csv"
    text = PATHS["site_self_ratings"].read_text(encoding="utf-8")
    path.write_text(text + "Source: the trusts\n", encoding="utf-8")
    frame = read_checked(path, "site_self_ratings", SCALES["site_self_ratings"])
    assert len(frame) == len(records("site_self_ratings"))
    assert "Source: the trusts" in caplog.text


def test_marks_for_values_that_are_not_there_are_logged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    rows = records("sites")[:5]
    for row, text in zip(rows, ["NA", "*", "NA", "", "3"], strict=True):
        row["board_doctors"] = text
    path = tmp_path / "sites.csv"
    pd.DataFrame(rows).to_csv(path, index=False)
    frame = read_checked(path, "sites", SCALES.get("sites"))
    assert frame["board_doctors"].isna().tolist() == [True] * 4 + [False]
    told = [m.partition(".csv: ")[2] for m in caplog.messages]
    # An empty cell says of itself that nothing is there.
    assert told == [
        "column 'board_doctors': 'NA' (missing) in 2 cells",
        "column 'board_doctors': '*' (withheld) in 1 cells",
    ]
    assert all("sites.csv" in m for m in caplog.messages)


def test_only_marks_that_no_scale_declares_are_logged(caplog: pytest.LogCaptureFixture) -> None:
    scales = SCALES["site_performance"]
    read_checked(PATHS["site_performance"], "site_performance", scales)
    assert any("N/A" in row.values() for row in records("site_performance"))
    assert caplog.messages == []
    bare = {name: replace(s, not_applicable=(), missing=("",)) for name, s in scales.items()}
    with pytest.raises(ProblemsFound):
        read_checked(PATHS["site_performance"], "site_performance", bare)
    marked = {
        name: n
        for name in scales
        if (n := sum(row[name] == "N/A" for row in records("site_performance")))
    }
    assert sorted(m.partition(".csv: ")[2] for m in caplog.messages) == sorted(
        f"column '{name}': 'N/A' (not applicable) in {n} cells" for name, n in marked.items()
    )


@pytest.mark.parametrize("column", ["index", "national_priorities"])
def test_a_withheld_value_is_logged_even_where_it_is_refused(
    column: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    rows = records("trust_engagement")
    rows[0][column] = "*"
    path = tmp_path / "t.csv"
    pd.DataFrame(rows).to_csv(path, index=False)
    with pytest.raises(ProblemsFound, match="withheld"):
        read_checked(path, "trust_engagement", SCALES["trust_engagement"])
    assert f"column '{column}': '*' (withheld) in 1 cells" in caplog.text


def test_a_text_may_look_like_a_mark_and_a_sound_file_logs_none(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    # Cells of the print are text: stars and "N/A" are what is printed, not what is missing.
    assert "*" in [row["text"] for row in records("cells")]
    read_checked(PATHS["cells"], "cells")
    read_checked(PATHS["sites"], "sites", SCALES.get("sites"))
    assert caplog.messages == []


def test_a_register_with_gaps_and_strangers() -> None:
    items = pd.DataFrame({"item": ["table-01", "table-03", "figure-01", "section-4.1"]})
    found = check_register(items, tables=2, figures=1, file="x/items.csv")
    assert [(p.file, p.value) for p in found] == [
        ("x/items.csv", "table-02"),
        ("x/items.csv", "table-03"),
    ]
    assert "lacks" in found[0].what
    assert "no such item" in found[1].what


def test_an_unknown_contract_is_answered_with_the_nearest() -> None:
    with pytest.raises(ValueError, match="did you mean 'site_roles'"):
        contract_named("site_role")


# Types of column


def values(kind: Kind, texts: list[str], **options: Any) -> tuple[list[Any], list[int]]:
    typed, _, failures = convert(texts, Column("c", kind, **options))
    return [None if pd.isna(v) else v for v in typed], [f.position for f in failures]


def test_dates_are_day_first_or_iso() -> None:
    texts = ["31/03/2009", "2009-03-31", "1/4/2009", "2009-03-31 00:00:00", ""]
    got, failed = values(Kind.DATE, texts, required=False)
    assert failed == []
    assert [v and v.strftime("%d %m %Y") for v in got] == [
        "31 03 2009",
        "31 03 2009",
        "01 04 2009",
        "31 03 2009",
        None,
    ]
    _, _, failures = convert(
        ["03/31/2009", "30/02/2009", "31/03/09", "soon"], Column("c", Kind.DATE)
    )
    assert [f.position for f in failures] == [0, 1, 2, 3]
    assert "'31/03/2009'" in failures[0].mend
    assert failures[1].what == "there is no such day"


def test_answers_survive_what_a_spreadsheet_makes_of_them() -> None:
    got, failed = values(Kind.YES_NO, ["yes", "No", "TRUE", "FALSE", "y", "1"])
    assert got == [True, False, True, False, True, None]
    assert failed == [5]


def test_missing_marks_are_read_where_a_value_may_be_missing() -> None:
    marks = list(MISSING_MARKS)
    assert values(Kind.NUMBER, marks, required=False) == ([None] * len(marks), [])
    assert values(Kind.INTEGER, marks, required=True)[1] == list(range(len(marks)))
    assert values(Kind.TEXT, marks, required=False)[0] == [m or None for m in marks]
    assert values(Kind.TEXT, ["", "x"], keep_empty=True)[0] == ["", "x"]


@given(st.integers(-(10**12), 10**12))
def test_whole_numbers_are_read_exactly(number: int) -> None:
    texts = [str(number), f"{number}.0", str(number).replace("-", "\u2212")]
    assert values(Kind.INTEGER, texts) == ([number] * 3, [])


@given(st.floats(allow_nan=False, allow_infinity=False, width=32))
def test_numbers_are_read_as_python_writes_them(number: float) -> None:
    assert values(Kind.NUMBER, [repr(number)]) == ([number], [])


@settings(max_examples=30, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(
    st.sampled_from([n for n in CONTRACTS if n != "cells"]),
    st.data(),
)
def test_no_text_whatever_makes_a_contract_fail_but_by_its_problems(
    name: str, data: st.DataObject
) -> None:
    table = changed(name, {}, most=4)
    column = data.draw(st.sampled_from(list(table.frame.columns)))
    position = data.draw(st.integers(0, len(table.frame) - 1))
    text = data.draw(st.one_of(st.text(max_size=6), st.sampled_from(["1e400", "-0", "٣", "²"])))
    frame = table.frame.copy()
    frame.loc[position, column] = text.strip()
    try:
        validate(dataclasses.replace(table, frame=frame), CONTRACTS[name], SCALES.get(name))
    except ProblemsFound as found:
        for problem in found.problems:
            assert problem.row is not None
            assert problem.column in frame.columns
            assert problem.mend


def test_a_column_of_one_spelling_may_be_empty_throughout():
    rows = records("sites")
    for row in rows:
        row["region"] = ""
    frame = validate(table_of(rows), CONTRACTS["sites"])
    assert frame["region"].isna().all()


# -- all files at once


def of_print(folder: Path, **changed: tuple[str, str]) -> pd.DataFrame:
    """All printed evidence checked, each file of `changed` with one text in place of another."""
    paths = {}
    for name in ("items", "cells", "engagement", "captions", "repeated", "claims"):
        text = (PUBLISHED / f"{name}.csv").read_text(encoding="utf-8")
        old, new = changed.get(name, ("", ""))
        assert old in text
        paths[name] = str(folder / f"{name}.csv")
        Path(paths[name]).write_text(text.replace(old, new, 1), encoding="utf-8", newline="")
    return check_everything(
        names=[],
        paths=[],
        sheets=[],
        evidence=[],
        scales={},
        published=[paths["items"], paths["cells"], str(PUBLISHED / "relations.yaml")]
        + [paths["engagement"]],
        labels=[paths["captions"], paths["repeated"]],
        claims=([paths["claims"]], lambda texts, items, cells, declared: []),
    )


def test_all_printed_evidence_is_listed_with_its_contract(tmp_path: Path) -> None:
    listed = of_print(tmp_path)
    wanted = ["items", "cells", "engagement", "claims", "captions", "repeated"]
    assert listed["contract"].tolist() == wanted
    assert (listed["rows"] > 0).all()


def test_faults_of_several_printed_files_are_told_at_once(tmp_path: Path) -> None:
    """Also where the register itself cannot be read, against which captions are held."""
    faults = {
        "items": ("item,title", "itme,title"),
        "captions": ("item,line", "item,lien"),
        "repeated": ("thing,aspect", "thing,aspcet"),
        "claims": ("claim,section", "claim,setcion"),
    }
    for chosen in (["items"], list(faults)):
        with pytest.raises(ProblemsFound) as found:
            of_print(tmp_path, **{name: faults[name] for name in chosen})
        assert {Path(p.file).stem for p in found.value.problems} == set(chosen)
