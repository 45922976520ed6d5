"""Returns typed in from paper, from the file to every table, as a person reads them."""

import csv
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml
from openpyxl import Workbook, load_workbook

from medlead.sources.messages import ProblemsFound
from medlead.survey.coding import code
from medlead.survey.instrument import load_instrument
from medlead.survey.intake import cleaned_tables, read_returns
from medlead.survey.returned import respondent_key
from medlead.survey.rules import Duplicates, load_cleaning

ROOT = Path(__file__).parents[2]
DATA = ROOT / "tests" / "data"
WORKBOOK, TEXT = DATA / "posted_returns.xlsx", DATA / "posted_returns.csv"


def parsed(name: str) -> dict[str, Any]:
    path = ROOT / "config" / "instruments" / name
    mapping: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return mapping


SURVEY = load_instrument(parsed("survey.yaml"))
RULES = load_cleaning(parsed("cleaning.yaml"))
FIRST = replace(RULES, duplicates=Duplicates.FIRST)
# The one cell that a CSV file has and the workbook has not: a formula's value.
FORMULA = (11, "q13_performance")


@cache
def tables(path: Path) -> dict[str, pd.DataFrame]:
    cleaned, notes = read_returns(path, SURVEY, FIRST)
    coded = code(cleaned, SURVEY)
    return cleaned_tables(cleaned, coded, SURVEY, file=path.name, evidence="study", notes=notes)


def expected(path: Path) -> list[tuple[int, str, str, str]]:
    """Row, column, what it should become, and the kind of problem that should be named."""
    with (DATA / "posted_returns_expected.csv").open(encoding="utf-8", newline="") as lines:
        listed = [
            (int(line["row"]), line["column"], line["after"], line["problem"])
            for line in csv.DictReader(lines)
        ]
    if path == TEXT:
        listed = [(*FORMULA, "7", "") if line[:2] == FORMULA else line for line in listed]
    return listed


@pytest.mark.parametrize("path", [WORKBOOK, TEXT], ids=lambda p: p.suffix)
def test_every_cell_becomes_what_a_person_reads_in_it(path: Path) -> None:
    made = tables(path)["clean"]
    found = {
        (int(record["row"]), column): record[column]
        for record in made.to_dict("records")
        for column in SURVEY.columns
    }
    wanted = {(row, column): after for row, column, after, _ in expected(path) if column}
    assert {place: found[place] for place in wanted} == wanted
    assert {place for place, text in found.items() if text} <= wanted.keys()


@pytest.mark.parametrize("path", [WORKBOOK, TEXT], ids=lambda p: p.suffix)
def test_every_problem_is_named_and_no_other(path: Path) -> None:
    problems = tables(path)["problems"]
    found = list(zip(problems["row"], problems["column"], problems["kind"], strict=True))
    wanted = [(row, column, kind) for row, column, _, kind in expected(path) if kind]
    assert sorted(found) == sorted(wanted)
    assert (problems[["file", "problem", "mend"]] != "").all(axis=None)
    asked = problems[problems["kind"].isin(["refused", "range"])]
    texts = [c for p in SURVEY.parts for c in p.columns if p.type in ("text", "list")]
    assert (asked["allowed"] != "").eq(~asked["column"].isin(texts)).all()


def test_no_cell_that_was_filled_in_is_lost() -> None:
    """Whatever stands in the sheet is kept, or the log says what became of it, or it is a note."""
    sheet = load_workbook(WORKBOOK)["Returns typed in"]
    made = tables(WORKBOOK)
    logged = set(zip(made["changes"]["row"], made["changes"]["before"], strict=True))
    notes = " ".join(made["changes"].loc[made["changes"]["field"] == "(file)", "rule"])
    kept = made["clean"].set_index("row")
    for cells in sheet.iter_rows(min_row=7):
        for cell in cells:
            if isinstance(cell.value, str) and (text := cell.value.replace("\xa0", " ").strip()):
                row = cell.row
                is_kept = row in kept.index and text in kept.loc[row].tolist()
                is_logged = (row, text) in logged or (row, "#UNSTORED!") in logged
                assert is_kept or is_logged or text in notes, (row, text)


def test_the_file_s_own_oddities_stand_at_the_head_of_the_log() -> None:
    changes = tables(WORKBOOK)["changes"]
    notes = changes.loc[changes["row"].isna(), "rule"].str.cat(sep="\n")
    for said in ("Medical leadership survey", "typed in by", "Note: Trust P", "© Research office"):
        assert said in notes
    assert "hidden sheets" in notes
    assert "'Returns old'" in notes
    changes = tables(TEXT)["changes"]
    assert "byte order mark" in changes.loc[changes["row"].isna(), "rule"].str.cat()


def test_each_row_is_a_return_or_not_is_used_or_not_and_says_why() -> None:
    returns = tables(WORKBOOK)["returns"].set_index("row")
    assert returns.index.tolist() == [7, 8, 9, 10, 11, 12, 13, 15, 18]
    assert returns.index[returns["returned"]].tolist() == [7, 8, 9, 10, 11, 12, 13, 15]
    assert returns.index[returns["complete"]].tolist() == [7, 8, 9, 10, 11, 15]
    assert returns.index[returns["used"]].tolist() == [7, 8, 10, 11, 15]
    assert (returns["why"] == "").tolist() == returns["used"].tolist()
    assert "row 8" in returns.loc[9, "why"]
    assert "nothing is filled in" in returns.loc[12, "why"]
    assert "total" in returns.loc[18, "why"]


# By hand: what the tables should count each return under; None where nothing is known.
CODED: dict[str, dict[int, Any]] = {
    "budget": {7: "150-199", 8: "150-199", 9: "150-199", 10: None, 11: "300-349"},
    "staff": {7: "3000-3999", 8: "3000-3999", 10: "3000-3999", 11: "0-999"},
    "consultants": {7: "100-149", 8: None, 10: "50-99", 11: "100-149"},
    "board_doctors": {7: 2, 8: 1, 10: None, 11: None},
    "board_activities": {7: 14, 8: 6, 10: 10, 11: None},
    "structures": {
        7: "Division/ Directorate",
        8: None,
        9: None,
        10: "Service Line",
        11: "Division/ Group",
    },
    "principal": {7: "Division/ Group", 8: None, 10: "Service Line", 11: None},
    "units": {7: 4, 8: None, 10: 8, 11: None},
    "leaders": {7: None, 8: None, 10: "Up to 10%", 11: "10-20%", 15: "Up to 10%"},
    "responsible_officer": {7: "Manager and clinician joint", 8: None, 10: None, 11: None},
    "programmes": {7: "yes", 8: None, 11: "no", 15: "no"},
    "changed": {7: "yes", 8: "no", 10: None},
    "quality": {7: 8, 8: 0, 10: 8, 11: 9},
    "working": {7: None, 8: 8, 9: 10, 10: None, 11: None},
    "performance": {7: 7.5, 8: None, 10: 9, 11: None},
}
NAMED = {
    7: {"Clinical Governance (Occasionally integrated with Social Governance)", "Risk + SUI"}
    | {"Medicines Management, Drugs, Therapies"},
    10: {"Clinical Governance (Occasionally integrated with Social Governance)", "Infection"}
    | {"Research & Development", "Risk + SUI", "Clinical standards / advisory group"},
    11: {"Clinical Effectiveness and Audit"},
}


@pytest.mark.parametrize("variable", CODED)
def test_returns_are_coded_as_a_person_codes_them(variable: str) -> None:
    column = tables(WORKBOOK)["coded"].set_index("row")[variable]
    found = {row: None if pd.isna(column[row]) else column[row] for row in CODED[variable]}
    assert found == CODED[variable]


def test_committees_are_coded_as_a_person_codes_them() -> None:
    made = tables(WORKBOOK)
    items = made["listed"]
    named = {
        row: set(items.loc[(items["row"] == row) & items["named"].fillna(False), "code"])
        for row in (7, 8, 10, 11)
    }
    assert named == {**NAMED, 8: set()}
    # Of row 8 nobody knows: the answer stands elsewhere.
    assert items.loc[items["row"] == 8, "named"].isna().all()
    (several,) = made["problems"].loc[made["problems"]["kind"] == "several-codes", "problem"]
    assert "Medical Education" in several


def test_texts_without_a_code_are_listed_with_the_nearest_and_why() -> None:
    uncoded = tables(WORKBOOK)["uncoded"]
    found = set(zip(uncoded["row"], uncoded["field"], uncoded["text"], strict=True))
    assert found == {
        (8, "q4a_divisions, q4a_directorates", "divisions"),
        (10, "q3a_forums", "Buildings Cttee"),
        (10, "q3b_forums", "LNC"),
        (10, "q8_responsible_officer", "Head of service"),
        (11, "q6_other_roles", "Chair"),
    }
    assert (uncoded["why"] != "").all()
    near = uncoded.set_index("text")["nearest"]
    assert near["Head of service"] == "Clinical Director/doctor/clinical lead"


def test_two_returns_of_one_trust_stop_the_reading_where_nothing_is_chosen() -> None:
    with pytest.raises(ProblemsFound) as found:
        read_returns(WORKBOOK, SURVEY, replace(RULES, duplicates=Duplicates.STOP))
    (problem,) = found.value.problems
    assert (problem.row, problem.column) == (9, "respondent")
    assert "rows 8, 9" in problem.what
    assert "duplicates: first" in problem.mend


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("St. Mary's", "ST MARYS", True),
        ("007", "7", True),
        ("Trust\xa0A", " trust  a ", True),
        ("Trust 1.1", "Trust 11", False),
        ("Trust A", "Trust B", False),
        ("0", "00", True),
        ("10", "1", False),
    ],
)
def test_names_are_the_same_whatever_their_signs(one: str, other: str, same: bool) -> None:
    assert (respondent_key(one) == respondent_key(other)) is same


def edited(path: Path, change: Any) -> Path:
    book = load_workbook(WORKBOOK)
    change(book)
    book.save(path)
    return path


def headings(book: Workbook) -> dict[str, Any]:
    return {str(c.value).strip().lower(): c for c in book["Returns typed in"][6]}


def test_an_unknown_and_a_missing_column_stop_the_reading(tmp_path: Path) -> None:
    def change(book: Workbook) -> None:
        sheet = book["Returns typed in"]
        for cell in sheet[6]:
            if "respondent" in str(cell.value).lower():
                cell.value = "Hospital"
        sheet.cell(6, sheet.max_column + 1, "Date received")
        del book["Returns old"]

    with pytest.raises(ProblemsFound) as found:
        read_returns(edited(tmp_path / "returns.xlsx", change), SURVEY, FIRST)
    told = {(p.row, p.column): p.what for p in found.value.problems}
    assert told == {
        (6, "Date received"): "this column is not used here",
        (6, "Hospital"): "this column is not used here",
        (6, "respondent"): "the column is missing",
    }


def test_merged_answers_stop_the_reading(tmp_path: Path) -> None:
    def change(book: Workbook) -> None:
        book["Returns typed in"].merge_cells("E8:E10")

    with pytest.raises(ProblemsFound, match="cells of the table are merged"):
        read_returns(edited(tmp_path / "returns.xlsx", change), SURVEY, FIRST)


def test_a_hidden_sheet_is_read_where_it_is_the_only_one(tmp_path: Path) -> None:
    def change(book: Workbook) -> None:
        del book["Returns typed in"]

    cleaned, _ = read_returns(edited(tmp_path / "returns.xlsx", change), SURVEY, FIRST)
    assert len(cleaned.rows) == 9
