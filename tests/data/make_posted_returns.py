"""Writes `posted_returns.xlsx` and `.csv`: returns typed in from paper by three clerks.

The cells are written by hand below; what a careful reader makes of each of them stands in
`posted_returns_expected.csv`, also written by hand. Run from the root of the project, after
a change here or of the questionnaire's columns: python tests/data/make_posted_returns.py
"""

import csv
import io
from datetime import datetime
from pathlib import Path

import yaml
from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from medlead.survey.instrument import load_instrument

HERE = Path(__file__).parent
INSTRUMENT = HERE.parents[1] / "config" / "instruments" / "survey.yaml"
HEADING_ROW = 6
PERCENT = "0%"

Cell = str | int | float | bool | datetime

# By row of the sheet. Row 12 has frame data only, row 13 nothing but a name, row 14 is blank,
# row 18 sums up the others.
RETURNS: dict[int, dict[str, Cell]] = {
    7: {
        "respondent": "Northfield NHS FT",
        "region": "NHS North West",
        "foundation": "Foundation Trust ",
        "trust_type": "Acute Trust",
        "completed_by": "Dr J Smith, Medical Director",
        "q1_budget": "£193m",
        "q1_staff": "approx 3,300",
        "q1_consultants": "c. 140",
        "q2a_doctors": 2,
        "q2a_roles": "Medical Director – 8 PA; AMD x3 @ 2PAs",
        "q2b_doctors": "N/K",
        "q2b_roles": "see attached",
        "q3a": "Yes - mainly",
        "q3a_forums": "• Clinical Governance Committee\n• Risk Mgmt Cttee\n• D&T",
        "q3b": "N",
        "q4a_divisions": "✓",
        "q4a_directorates": "x",
        "q4b": "Divisions (called Care Groups)",
        "q5_divisions_units": "four",
        "q5_directorates_units": 12,
        "q6_divisions_roles": "Divisional Director (3 PAs)",
        "q6_directorates_roles": "CDs @ 1 PA",
        "q7": 0.15,
        "q8_triumvirate": "Y",
        "q8_responsible_officer": "Clinical lead/General manager",
        "q9": True,
        "q10": "y",
        "q11_quality": "8/10",
        "q11_finance": "Not at all",
        "q12": "7 or 8",
        "q13_performance": 7.5,
        "q13_experience": "ten",
        "q14": "  Money \xa0& time  ",
    },
    8: {
        "respondent": "St. Mary's Trust",
        "region": "Yorkshire & the Humber",
        "foundation": "No",
        "trust_type": "Mental Health & Learning Disability",
        "completed_by": "PA to the Chief Executive",
        "q1_budget": 193_000_000,
        "q1_staff": "3.3k",
        "q1_consultants": datetime(2010, 12, 10),
        "q2a_doctors": "1 (the MD)",
        "q2a_roles": "MD (6 PAs)",
        "q2b_doctors": datetime(2010, 12, 10),
        "q2b_roles": "Med. Director, 8 programmed activities, Clin Director 2\xa0PAs",
        "q3a": "✓",
        "q3a_forums": "all of the above",
        "q3b": "Yes / No",
        "q4a_divisions": "Yes - mainly",
        "q4a_directorates": "*",
        "q4a_service_lines": "0",
        "q4a_other": "n/a",
        "q7": datetime(2020, 10, 1),
        "q8_managers": "√√",
        "q8_responsible_officer": "See organisational chart",
        "q9": "Partly",
        "q10": "No – but planned",
        "q11_quality": 0,
        "q11_finance": 11,
        "q12": "8 - could be better",
        "q13_performance": "x",
        "q13_experience": "7½",
    },
    9: {"respondent": "ST MARYS TRUST\xa0", "q1_budget": "0.19bn", "q12": "extremely well"},
    10: {
        "respondent": "00417",
        "region": "Yorks and Humber",
        "foundation": "aspirant FT",
        "trust_type": "Specialist acute",
        "completed_by": "CEO",
        "q1_budget": "190,5",
        "q1_staff": "3,000-3,500",
        "q1_consultants": "88 WTE",
        "q2a_doctors": "MD and CEO",
        "q2a_roles": "Medical Director/Deputy Chief Executive 10",
        "q2b_doctors": "12+",
        "q2b_roles": "1. Medical Director half time\n2. 9 x CDs 1-2 PAs",
        "q3a": "1",
        "q3a_forums": "CGC; R&D and Education, Infection control/Risk; Buildings Cttee",
        "q3b": "yes",
        "q3b_forums": "1) MAC 2) LNC",
        "q4a_service_lines": "TRUE",
        "q4b": "SLM",
        "q5_service_lines_units": "8 service lines",
        "q6_service_lines_roles": "Lead clinician",
        "q7": "5-10%",
        "q8_other": "1",
        "q8_other_text": "HR",
        "q8_responsible_officer": "Head of service",
        "q10_examples": "A joint board",
        "q11_quality": "8 out of 10",
        "q11_finance": "80%",
        "q12": "7-8",
        "q13_performance": "nine",
        "q13_experience": "N/A",
    },
    11: {
        "respondent": "418",
        "region": "Wales",
        "foundation": "NHS Trust",
        "trust_type": "acute",
        "completed_by": "Associate Medical Director",
        "q1_budget": "£302 Million (09/10)",
        "q1_staff": 140,
        "q1_consultants": 140,
        "q2a_doctors": "2-3",
        "q2b_doctors": "tbc",
        "q3a": "no",
        "q3a_forums": "Audit",
        "q4a_divisions": 1,
        "q4a_other": 1,
        "q4a_other_text": "Clinical boards",
        "q4b": "Directorate & Service Line",
        "q5_divisions_units": "various",
        "q6_divisions_roles": "tbc",
        "q6_other_roles": "Chair 1 PA",
        "q7": 0.15,
        "q9": "no",
        "q9_programme": "Multi-disciplinary",
        "q11_quality": "9.",
        "q11_finance": -1,
        "q12": "#REF!",
        "q13_performance": "=6+1",
        "q13_experience": "?",
    },
    12: {"respondent": "Trust P", "region": "London", "foundation": "FT", "q3a": " ", "q12": "-"},
    13: {"respondent": "Trust Q"},
    15: {"respondent": 419, "q7": "Up to 10% (approx 8%)", "q9": "No."},
    18: {"respondent": "Totals (n=6):", "q1_budget": 881.5, "q1_staff": 9_950},
}
# Cells that a spreadsheet shows as a percentage.
PERCENTAGES = {(11, "q7")}
FOOTER = {20: "Note: Trust P and Q to be chased", 21: "© Research office"}


def headings(columns: tuple[str, ...]) -> dict[str, str]:
    """The columns in the clerks' order, the last question first, in their own spelling."""
    front = columns[:6]
    shown: dict[str, str] = {}
    for place, column in enumerate((*front, *reversed(columns[6:]))):
        words = column.replace("_", " ")
        shown[column] = (words.title(), f" {column}\xa0", words.upper(), column)[place % 4]
    return shown


def fill(sheet: Worksheet, columns: tuple[str, ...]) -> None:
    """Title rows, heading, returns, sum and notes."""
    sheet["A1"] = "Medical leadership survey"
    sheet.merge_cells("A1:F2")
    sheet["A4"] = "typed in by"
    sheet["C4"] = "three clerks"
    shown = headings(columns)
    places = {column: place for place, column in enumerate(shown, start=1)}
    for column, heading in shown.items():
        sheet.cell(HEADING_ROW, places[column], heading)
    for row, given in RETURNS.items():
        for column, value in given.items():
            cell = sheet.cell(row, places[column], value)
            if (row, column) in PERCENTAGES:
                cell.number_format = PERCENT
            if column == "q1_budget" and isinstance(value, int):
                cell.number_format = "#,##0"
    for row, note in FOOTER.items():
        sheet.cell(row, 1, note)
    sheet.merge_cells("A20:D20")


def as_text(row: int, column: str, value: Cell) -> str:
    """What a spreadsheet program writes into a CSV file for the cell."""
    if isinstance(value, datetime):
        # A cell for a date shows the day and month, or month and year.
        return value.strftime("%b-%y") if column == "q7" else value.strftime("%d-%b")
    if (row, column) in PERCENTAGES and isinstance(value, float):
        return f"{value:.0%}"
    if value == 193_000_000:
        return "193,000,000"
    if isinstance(value, bool):
        return str(value).upper()
    return "7" if value == "=6+1" else str(value)


def write_csv(path: Path, columns: tuple[str, ...]) -> None:
    """The same rows as text, with a byte order mark and Windows line ends."""
    shown = headings(columns)
    lines = [[] for _ in range(max(FOOTER))]
    lines[0] = ["Medical leadership survey"]
    lines[3] = ["typed in by", "", "three clerks"]
    lines[HEADING_ROW - 1] = list(shown.values())
    for row, given in RETURNS.items():
        lines[row - 1] = [as_text(row, c, given[c]) if c in given else "" for c in shown]
    for row, note in FOOTER.items():
        lines[row - 1] = [note]
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows(
        [*line, *[""] * (len(shown) - len(line))] for line in lines
    )
    path.write_bytes(b"\xef\xbb\xbf" + text.getvalue().encode())


def make(folder: Path) -> None:
    """Write both files: in the workbook the returns are on the second of four sheets."""
    definition = yaml.safe_load(INSTRUMENT.read_text(encoding="utf-8"))
    columns = load_instrument(definition).columns
    book = Workbook()
    assert book.active is not None
    book.active.title = "Contacts"
    book.active.append(["Name", "Telephone"])
    fill(book.create_sheet("Returns typed in"), columns)
    old = book.create_sheet("Returns old")
    fill(old, columns)
    old["B8"] = "an older copy"
    old.sheet_state = "hidden"
    book.create_sheet("Lists").sheet_state = "veryHidden"
    book.save(folder / "posted_returns.xlsx")
    write_csv(folder / "posted_returns.csv", columns)


if __name__ == "__main__":
    make(HERE)
