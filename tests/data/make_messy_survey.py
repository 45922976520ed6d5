"""Writes `messy_survey.xlsx`: returns of the survey as untidy as real ones come in.

The cells are written by hand below. Run from the root of the project, after a change here or
of the questionnaire's columns: python tests/data/make_messy_survey.py
"""

from datetime import datetime
from pathlib import Path

import yaml
from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from medlead.survey.instrument import load_instrument

HERE = Path(__file__).parent
INSTRUMENT = HERE.parents[1] / "config" / "instruments" / "survey.yaml"
HEADING_ROW = 5

Cell = str | int | float | bool | datetime

TIDY: dict[str, Cell] = {
    "region": "South West",
    "foundation": "FT",
    "trust_type": "Acute",
    "completed_by": "Medical Director",
    "q1_budget": 193,
    "q1_staff": 3300,
    "q1_consultants": 140,
    "q2a_doctors": 1,
    "q2a_roles": "Medical Director 8",
    "q3a": "yes",
    "q3a_forums": "Clinical Governance; Infection control",
    "q3b": "no",
    "q4a_divisions": 0,
    "q4a_directorates": 1,
    "q4a_service_lines": 0,
    "q4a_other": 0,
    "q5_directorates_units": 5,
    "q6_directorates_roles": "Clinical Director 2",
    "q7": "10-20%",
    "q8_managers": 0,
    "q8_nurses": 0,
    "q8_triumvirate": 1,
    "q8_other": 0,
    "q8_responsible_officer": "Clinical Director",
    "q11_quality": 8,
    "q11_finance": 4,
}

# By row of the sheet. Row 10 stays blank.
RETURNS: dict[int, dict[str, Cell]] = {
    6: {"respondent": 1001, **TIDY},
    7: {
        "respondent": "\ufeff1002\xa0",
        "region": "Yorkshire & Humber ",
        "foundation": "nhs foundation trust",
        "trust_type": "MH",
        "completed_by": "CE",
        "q1_budget": " £193m ",
        "q1_staff": "3,200 wte",
        "q1_consultants": "c. 64",
        "q2a_doctors": "one",
        "q2a_roles": "Medical Director (8 PAs)",
        "q2b_doctors": "5 (with the Chief Executive)",
        "q2b_roles": "Medical Director (8 PAs); Chief Exec – none\n3 x Clinical Director 2–4",
        "q3a": "Y",
        "q3a_forums": "Clinical Governance; Drugs, Therapies; Infection control, Flower show",
        "q3b": "n",
        "q4a_divisions": "✓",
        "q4a_directorates": "X",
        "q4b": "Division",
        "q5_divisions_units": "four",
        "q5_directorates_units": "12 directorates",
        "q7": "15%",
        "q8_triumvirate": "√",
        "q8_responsible_officer": "CD and General Manager jointly",
        "q9": "Yes – with a university",
        "q10": "No.",
        "q11_quality": "8/10",
        "q11_finance": "7-8",
        "q12": 9.5,
        "q13_performance": "eight",
        "q13_experience": "n/k",
    },
    8: {
        "respondent": 1003,
        "foundation": "Non Foundation Trust",
        "q1_budget": "193,000k",
        "q1_staff": "3.2k",
        "q1_consultants": "one hundred and fifty",
        "q2a_doctors": "nil",
        "q2a_roles": "N/A",
        "q2b_doctors": "between 3 and 4",
        "q3a": "No",
        "q3a_forums": "Quality",
        "q4a_divisions": "no",
        "q4a_directorates": "no",
        "q4a_service_lines": "yes",
        "q4b": "Directorate",
        "q7": "10-20%; 20–30%",
        "q9": "x",
        "q10": "yes/no",
        "q11_quality": "7, 8",
        "q11_finance": 11,
        "q12": datetime(2010, 10, 8),
        "q13_performance": 0.8,
        "q13_experience": "16/20",
    },
    9: {
        "respondent": 1004,
        "region": "London",
        "foundation": "Non-FT",
        "q3a": " ",
        "q12": "\u200b",
    },
    11: {
        "respondent": 1005,
        "q1_budget": 193000,
        "q1_staff": "2,000 - 2,500",
        "q1_consultants": "140-150",
        "q2a_doctors": 2,
        "q2a_roles": "Medical Director 8; Non-Executive Director; Chief Executive",
        "q3b": "Yes",
        "q3b_forums": "see attached",
        "q4a_divisions": True,
        "q4a_directorates": True,
        "q4a_service_lines": True,
        "q4a_other": False,
        "q4b": "Other",
        "q4b_other_text": "Divisions and service lines",
        "q5_divisions_units": 5,
        "q5_directorates_units": 20,
    },
    12: {"respondent": 1002, "q1_budget": "£193,000,000"},
    13: {"respondent": 1009, **TIDY},
    14: {
        "respondent": 1010,
        "q1_budget": "over £200m (2009/10)",
        "q1_staff": 640,
        "q1_consultants": 714,
        "q2a_roles": "Medical Director 12 (6 each for 2 posts)",
        "q7": "40 % +",
        "q8_other_text": "Finance",
    },
    15: {
        "region": "Wales",
        "trust_type": "Acutte",
        "q1_budget": "$95m",
        "q1_staff": "12%",
        "q1_consultants": "£30",
        "q2a_doctors": 1.5,
        "q2b_doctors": "varies",
        "q4a_divisions": "maybe",
        "q12": "6.3",
    },
    16: {
        "respondent": "1012",
        "q1_budget": "131.50",
        "q1_staff": "Not known",
        "q1_consultants": "–",
        "q2a_doctors": "?",
        "q3a": "n/a",
        "q10_changes": "N/A",
        "q14": "  Time,  and money ",
    },
}
FOOTER = {18: "* Budgets are those of 2009/10", 19: "Source: returns received by post"}


def fill(sheet: Worksheet) -> None:
    """Title, heading, returns and notes, as people write them."""
    columns = load_instrument(yaml.safe_load(INSTRUMENT.read_text(encoding="utf-8"))).columns
    sheet["A1"] = "Medical leadership survey, all returns"
    sheet.merge_cells("A1:H1")
    sheet["B3"] = "as entered by the office"
    for place, column in enumerate(columns, start=1):
        shown = {0: column, 1: f"{column} ", 2: column.replace("_", " "), 3: column.upper()}
        sheet.cell(HEADING_ROW, place, shown[place % 4])
    for row, given in RETURNS.items():
        for column, value in given.items():
            sheet.cell(row, columns.index(column) + 1, value)
    for row, note in FOOTER.items():
        sheet.cell(row, 1, note)
    sheet.merge_cells("A19:F19")


def make(path: Path) -> None:
    """Write the workbook: the returns are on the third of four sheets."""
    book = Workbook()
    assert book.active is not None
    book.active.title = "Read me"
    book.active["A1"] = "Please do not change the sheet 'Returns'."
    book.create_sheet("Contacts").append(["Name", "Telephone"])
    fill(book.create_sheet("Returns "))
    book.create_sheet("Codes").append(["q1_budget", "in £ million"])
    book.save(path)


if __name__ == "__main__":
    make(HERE / "messy_survey.xlsx")
