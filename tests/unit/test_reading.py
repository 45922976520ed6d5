"""The reader of tables: each way in which a real file is untidy is handled or named."""

import csv
import io
import zipfile
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook

from medlead.sources.grids import cell_text
from medlead.sources.messages import Problem, ProblemsFound
from medlead.sources.reading import MISSING_MARKS, TextTable, clean, nearest, read_text_table

COLUMNS = ["site", "staff", "budget"]
ROWS = [["A", "10", "1.5"], ["B", "20", ""]]


def write_csv(path: Path, content: str | bytes) -> Path:
    path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
    return path


def write_xlsx(path: Path, sheets: dict[str, Sequence[Sequence[object]]]) -> Path:
    book = Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
    book.save(path)
    return path


def records(table: TextTable) -> list[list[str]]:
    return [list(record) for record in table.frame.itertuples(index=False, name=None)]


def problems_of(path: Path, columns: Sequence[str] = COLUMNS, **options: str) -> list[Problem]:
    with pytest.raises(ProblemsFound) as raised:
        read_text_table(path, columns=columns, **options)
    return list(raised.value.problems)


@pytest.mark.parametrize(
    ("content", "note"),
    [
        ("site,staff,budget\nA,10,1.5\nB,20,\n", None),
        ("site,staff,budget\r\nA,10,1.5\r\nB,20,\r\n", None),
        ("site,staff,budget\rA,10,1.5\rB,20,", None),
        ("\ufeffsite,staff,budget\nA,10,1.5\nB,20,\n", "byte order mark"),
        ("site;staff;budget\nA;10;1.5\nB;20;\n", "semicolons"),
        ("site\tstaff\tbudget\nA\t10\t1.5\nB\t20\t\n", "tabs"),
        ("site\tstaff\tbudget\r\nA\t10\t1.5\r\nB\t20\t\r\n".encode("utf-16"), "UTF-16"),
        ('"site","staff","budget"\n"A","10","1.5"\n"B","20",""\n', None),
        ("site,staff,budget,,\nA,10,1.5,,\nB,20,,,\n,,,,\n", None),
        (" Site ,STAFF,Bud get\nA,10,1.5\nB,20,\n", "'Site' as 'site', 'STAFF' as 'staff'"),
        ("budget,site,staff\n1.5,A,10\n,B,20\n", None),
    ],
)
def test_text_files_of_every_make_give_the_same_records(
    tmp_path: Path, content: str | bytes, note: str | None
) -> None:
    table = read_text_table(write_csv(tmp_path / "t.csv", content), columns=COLUMNS)
    assert records(table) == ROWS
    assert list(table.frame.columns) == COLUMNS
    assert table.rows == (2, 3)
    assert (note is None and table.notes == ()) or (
        note is not None and any(note in shown for shown in table.notes)
    )


def test_windows_characters_are_read_and_noted(tmp_path: Path) -> None:
    path = write_csv(
        tmp_path / "t.csv", "site,staff,budget\nTr\u00fbst \u2013 A,1,\u00a32\n".encode("cp1252")
    )
    table = read_text_table(path, columns=COLUMNS)
    assert records(table) == [["Tr\u00fbst \u2013 A", "1", "\u00a32"]]
    assert any("Windows-1252" in note for note in table.notes)


def test_blanks_are_taken_off_keys_and_noted_with_their_number(tmp_path: Path) -> None:
    content = "site\u00a0,staff,budget\nA ,\u00a010,1.5\n\u200bB,20,\u202f\nSt\u00a0Ann,1,2\n"
    table = read_text_table(write_csv(tmp_path / "t.csv", content), columns=COLUMNS)
    assert records(table) == [*ROWS, ["St Ann", "1", "2"]]
    assert any("5 cells" in note and "row 2" in note for note in table.notes)


def test_titles_blank_rows_and_footers_keep_their_sheet_rows(tmp_path: Path) -> None:
    content = (
        "Trusts in 2009,,\n\nsite,staff,budget\nA,10,1.5\n,,\nB,20,\n\n"
        "Some remark on the table\nand its second line\n"
    )
    table = read_text_table(write_csv(tmp_path / "t.csv", content), columns=COLUMNS)
    assert records(table) == ROWS
    assert table.rows == (4, 6)
    notes = "\n".join(table.notes)
    assert "row 1: 'Trusts in 2009'" in notes
    assert "rows 5" in notes
    assert "row 8 below the table" in notes
    assert "'Some remark on the table'" in notes
    assert "row 9 below the table" in notes
    assert "'and its second line'" in notes


@pytest.mark.parametrize(
    "foot", ["Source: regulator", "Notes", "* withheld", "\u00a9 Crown", "n.b. x", "SOURCES - x"]
)
def test_marked_footers_need_no_blank_row(tmp_path: Path, foot: str) -> None:
    content = f"site,staff,budget\nA,10,1.5\nB,20,\n{foot}\n"
    table = read_text_table(write_csv(tmp_path / "t.csv", content), columns=COLUMNS)
    assert records(table) == ROWS
    assert [note for note in table.notes if foot in note] != []


@pytest.mark.parametrize(
    "last", ["Northern,,", "Sourcefield,,", "*,,", "7,,", "Notes,5,", "Source: x,,1"]
)
def test_a_last_record_is_not_taken_for_a_footer(tmp_path: Path, last: str) -> None:
    content = f"site,staff,budget\nA,10,1.5\n{last}\n"
    table = read_text_table(write_csv(tmp_path / "t.csv", content), columns=COLUMNS)
    assert records(table)[-1] == last.split(",")


def test_a_record_without_text_after_a_blank_row_stays(tmp_path: Path) -> None:
    content = "site,staff,budget\nA,10,1.5\n\n7,,\n"
    table = read_text_table(write_csv(tmp_path / "t.csv", content), columns=COLUMNS)
    assert table.rows == (2, 4)


def test_a_single_column_has_footers_only_by_their_mark(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "t.csv", "site\nA\n\nB\nSource: x\n")
    assert records(read_text_table(path, columns=["site"])) == [["A"], ["B"]]


def test_quoted_commas_quotes_and_line_ends_stay_in_their_cell(tmp_path: Path) -> None:
    content = 'site,staff,budget\r\n"A, north","say ""x""","two\r\nlines"\r\nB,1,2\r\n'
    table = read_text_table(write_csv(tmp_path / "t.csv", content), columns=COLUMNS)
    assert records(table) == [["A, north", 'say "x"', "two\nlines"], ["B", "1", "2"]]
    assert table.rows == (2, 3)


def test_marks_stay_text(tmp_path: Path) -> None:
    cells = [mark for mark in MISSING_MARKS if mark]
    content = "site,staff,budget\n" + "".join(f"k,{mark},1\n" for mark in cells)
    table = read_text_table(write_csv(tmp_path / "t.csv", content), columns=COLUMNS)
    assert table.frame["staff"].tolist() == cells


# Problems of headings


def test_misspelt_missing_and_unknown_columns_are_told_together(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "t.csv", "title\nsite,staf,colour,Site\nA,1,red,B\n")
    found = problems_of(path)
    by_column = {p.column: p for p in found}
    assert set(by_column) == {"staf", "colour", "Site", "budget"}
    assert "rename the heading to 'staff'" in by_column["staf"].mend
    assert "not used here" in by_column["colour"].what
    assert "more than once" in by_column["Site"].what
    assert by_column["budget"].what == "the column is missing"
    assert {p.row for p in found} == {2}


def test_a_second_copy_of_a_column_under_a_like_name_is_told_from_a_typing_error(
    tmp_path: Path,
) -> None:
    path = write_csv(tmp_path / "t.csv", "site,staff,budget,budgets\nA,1,2,3\n")
    (problem,) = problems_of(path)
    assert problem.column == "budgets"
    assert "'budget' is there already" in problem.mend


def test_a_file_without_the_heading_shows_what_stands_there(tmp_path: Path) -> None:
    (problem,) = problems_of(write_csv(tmp_path / "t.csv", "x,y\n1,2\n"))
    assert "no row holds the wanted headings" in problem.what
    assert problem.allowed == "site, staff, budget"
    assert problem.value == "x | y"


def test_cells_without_a_heading_are_named(tmp_path: Path) -> None:
    (problem,) = problems_of(write_csv(tmp_path / "t.csv", "site,,staff,budget\nA,9,1,2\n"))
    assert (problem.row, problem.value) == (2, "9")


# Problems of rows and cells


def test_rows_of_another_length_are_all_named(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "t.csv", "site,staff,budget\nA,1\nB,1,2\nC,1,2,3\n\nD\nE,1,2\n")
    assert [(p.row, p.value) for p in problems_of(path)] == [(2, "A | 1"), (4, "3"), (6, "D")]


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_spreadsheet_errors_are_named(tmp_path: Path, kind: str) -> None:
    rows = [COLUMNS, ["A", "#N/A", "1"], ["#REF!", "2", "3"]]
    path = tmp_path / f"t.{kind}"
    if kind == "csv":
        write_csv(path, "\n".join(",".join(row) for row in rows))
    else:
        write_xlsx(path, {"s": rows})
    found = {(p.row, p.column, p.value) for p in problems_of(path)}
    assert found == {(2, "staff", "#N/A"), (3, "site", "#REF!")}


def test_an_unclosed_quotation_mark_is_named_with_its_row(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "t.csv", 'site,staff,budget\nA,1,2\nB,"1,2\nC,1,2\n')
    (problem,) = problems_of(path)
    assert problem.row == 3
    assert "quotation marks" in problem.what


def test_a_heading_without_records_is_a_problem(tmp_path: Path) -> None:
    (problem,) = problems_of(write_csv(tmp_path / "t.csv", "site,staff,budget\n\n"))
    assert "no records" in problem.what


# Workbooks


def test_workbook_numbers_read_as_they_are_seen(tmp_path: Path) -> None:
    rows: list[list[object]] = [
        COLUMNS,
        ["A", 3.0, 65.8],
        ["B", 0.1 + 0.2, 131.5],
        [21, True, date(2009, 3, 31)],
        ["D", datetime(2009, 3, 31, 12, 30), -0.000001],
        ["E", "007", 123456789012],
    ]
    table = read_text_table(write_xlsx(tmp_path / "t.xlsx", {"s": rows}), columns=COLUMNS)
    assert records(table) == [
        ["A", "3", "65.8"],
        ["B", "0.3", "131.5"],
        ["21", "TRUE", "2009-03-31"],
        ["D", "2009-03-31 12:30:00", "-0.000001"],
        ["E", "007", "123456789012"],
    ]
    assert table.notes == ()


@pytest.mark.parametrize(
    ("value", "number_format", "shown"),
    [
        (62, "0.0", "62.0"),
        (65.8437, "0.0", "65.8437"),
        (7, "000", "007"),
        (0.17, "0%", "17%"),
        (-0.125, "0.0%", "-12.5%"),
        (3300, "#,##0", "3300"),
        (0, "General", "0"),
        (-0.0, "General", "0"),
        (100, "General", "100"),
        (1e20, "General", "100000000000000000000"),
        (65.799999999999997, "General", "65.8"),
    ],
)
def test_number_formats_add_zeros_and_signs_but_cut_nothing(
    value: float, number_format: str, shown: str
) -> None:
    assert cell_text(value, number_format) == shown


@given(st.integers(-(10**9), 10**9), st.integers(0, 5))
def test_decimal_numbers_survive_a_workbook(digits: int, places: int) -> None:
    from decimal import Decimal

    number = Decimal(digits).scaleb(-places)
    assert Decimal(cell_text(float(number))) == number
    assert "E" not in cell_text(float(number)).upper()


ALPHABET = st.characters(codec="cp1252", exclude_categories=("Cc", "Cs"))
TEXT = st.text(ALPHABET, max_size=8).map(clean).filter(lambda t: not t.startswith(("=", "#")))


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    st.lists(st.tuples(TEXT, st.integers(-999, 9999), TEXT), min_size=1, max_size=6),
    st.booleans(),
    st.sampled_from([",", ";", "\t"]),
)
def test_csv_and_workbook_of_the_same_content_read_the_same(
    tmp_path: Path, cells: list[tuple[str, int, str]], typed_as_text: bool, delimiter: str
) -> None:
    rows = [COLUMNS, *([f"k{a}", str(b), c] for a, b, c in cells)]
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter).writerows(rows)
    stored = [COLUMNS, *([f"k{a}", str(b) if typed_as_text else b, c] for a, b, c in cells)]
    from_csv = read_text_table(write_csv(tmp_path / "t.csv", text.getvalue()), columns=COLUMNS)
    from_xlsx = read_text_table(write_xlsx(tmp_path / "t.xlsx", {"s": stored}), columns=COLUMNS)
    assert records(from_csv) == rows[1:]
    assert from_csv.frame.equals(from_xlsx.frame)
    assert from_csv.frame.dtypes.tolist() == from_xlsx.frame.dtypes.tolist()
    assert from_csv.rows == from_xlsx.rows


def test_the_one_sheet_with_the_heading_is_found(tmp_path: Path) -> None:
    sheets: dict[str, Sequence[Sequence[object]]] = {
        "Read me": [["This book holds site figures"]],
        "Data": [["Trusts"], [None], ["Site", "Staff", "Budget"], ["A", 10, 1.5], ["B", 20, None]],
        "Codes": [["site", "meaning"], ["A", "first"]],
    }
    table = read_text_table(write_xlsx(tmp_path / "t.xlsx", sheets), columns=COLUMNS)
    assert records(table) == ROWS
    assert table.rows == (4, 5)
    assert table.file.endswith("t.xlsx (sheet 'Data')")


def test_two_sheets_with_the_heading_must_be_told_apart(tmp_path: Path) -> None:
    path = write_xlsx(tmp_path / "t.xlsx", {"2009": [COLUMNS, *ROWS], "2010": [COLUMNS, *ROWS]})
    (problem,) = problems_of(path)
    assert problem.value == "'2009', '2010'"
    assert records(read_text_table(path, columns=COLUMNS, sheet="2010")) == ROWS


def test_a_hidden_copy_is_left_and_noted_and_read_only_where_it_is_alone(tmp_path: Path) -> None:
    path = write_xlsx(tmp_path / "t.xlsx", {"old": [COLUMNS, ["Z", 1, 1]], "new": [COLUMNS, *ROWS]})
    book = load_workbook(path)
    book["old"].sheet_state = "hidden"
    book.save(path)
    table = read_text_table(path, columns=COLUMNS)
    assert records(table) == ROWS
    assert any("hidden" in note and "'old'" in note for note in table.notes)
    assert records(read_text_table(path, columns=COLUMNS, sheet="old")) == [["Z", "1", "1"]]
    book.remove(book["new"])
    book.create_sheet("empty")
    book.save(path)
    assert records(read_text_table(path, columns=COLUMNS)) == [["Z", "1", "1"]]


def test_cells_with_faults_can_be_left_to_the_reader_of_the_table(tmp_path: Path) -> None:
    path = tmp_path / "t.xlsx"
    write_xlsx(path, {"s": [COLUMNS, ["A", "=5*2", "#REF!"], ["B", 20, "=B3"], [None, "=1", None]]})
    table = read_text_table(path, columns=COLUMNS, keep_faults=True)
    assert records(table) == [["A", "#UNSTORED!", "#REF!"], ["B", "20", "#UNSTORED!"]]
    stops = {(p.row, p.column) for p in problems_of(path)}
    assert stops == {(2, "budget"), (2, "staff"), (3, "budget")}


def test_a_wrong_sheet_name_is_answered_with_the_right_ones(tmp_path: Path) -> None:
    path = write_xlsx(tmp_path / "t.xlsx", {"Trusts": [COLUMNS, *ROWS], "Notes": [["x"]]})
    (problem,) = problems_of(path, sheet="Trust")
    assert "did you mean 'Trusts'?" in problem.mend
    assert problem.allowed == "'Trusts', 'Notes'"


def test_no_sheet_with_the_heading(tmp_path: Path) -> None:
    path = write_xlsx(tmp_path / "t.xlsx", {"a": [["x"]], "b": []})
    (problem,) = problems_of(path)
    assert "no sheet" in problem.what
    assert "'a', 'b'" in str(problem.value)
    (alone,) = problems_of(write_xlsx(tmp_path / "u.xlsx", {"a": []}))
    assert "no row holds" in alone.what


def test_a_table_away_from_the_corner_keeps_its_sheet_rows(tmp_path: Path) -> None:
    rows: list[list[object]] = [
        [],
        ["Title"],
        [None, *COLUMNS],
        [None, "A", 10, 1.5],
        [None, "B", 20, None],
        ["Source: x"],
    ]
    table = read_text_table(write_xlsx(tmp_path / "t.xlsx", {"s": rows}), columns=COLUMNS)
    assert (records(table), table.rows) == (ROWS, (4, 5))


def test_merged_cells_matter_only_within_the_table(tmp_path: Path) -> None:
    path = tmp_path / "t.xlsx"
    write_xlsx(path, {"s": [["Title"], COLUMNS, ["A", 1, 2], ["B", 3, 4], ["Source: x"]]})
    book = load_workbook(path)
    book["s"].merge_cells("A1:C1")
    book["s"].merge_cells("A5:C5")
    book.save(path)
    assert records(read_text_table(path, columns=COLUMNS)) == [["A", "1", "2"], ["B", "3", "4"]]
    book["s"].merge_cells("B3:B4")
    book.save(path)
    (problem,) = problems_of(path)
    assert (problem.row, problem.column, problem.value) == (3, "staff", "B3:B4")


def replace_in_sheet(path: Path, old: str, new: str) -> None:
    """Change the XML of the first sheet, as another program would have written it."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    name = "xl/worksheets/sheet1.xml"
    changed = parts[name].replace(old.encode(), new.encode())
    assert changed != parts[name]
    parts[name] = changed
    with zipfile.ZipFile(path, "w") as archive:
        for part, content in parts.items():
            archive.writestr(part, content)


def test_formulas_give_their_stored_value_or_a_problem(tmp_path: Path) -> None:
    path = tmp_path / "t.xlsx"
    write_xlsx(path, {"s": [COLUMNS, ["A", "=5*2", "1.5"], ["B", 20, '=""']]})
    assert [(p.row, p.column) for p in problems_of(path)] == [(2, "staff"), (3, "budget")]
    replace_in_sheet(path, '<c r="B2"><f>5*2</f><v /></c>', '<c r="B2"><f>5*2</f><v>10</v></c>')
    replace_in_sheet(path, '<c r="C3"><f>""</f><v /></c>', '<c r="C3" t="str"><f>""</f><v></v></c>')
    assert records(read_text_table(path, columns=COLUMNS)) == ROWS


# Files that cannot be read at all


def test_files_that_cannot_be_read_say_why_and_what_to_do(tmp_path: Path) -> None:
    ole = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(64)
    good = write_xlsx(tmp_path / "good.xlsx", {"s": [COLUMNS, *ROWS]}).read_bytes()
    (tmp_path / "folder.csv").mkdir()
    cases = {
        "absent.csv": (None, "no such file"),
        "folder.csv": (None, "a folder"),
        "empty.csv": (b" \n", "empty"),
        "empty.xlsx": (b"", "empty"),
        "t.ods": (b"x", "not read"),
        "old.xls": (ole, "not read"),
        "renamed.xlsx": (ole, "old kind"),
        "secret.xlsx": (ole + "EncryptedPackage".encode("utf-16-le"), "password"),
        "cut.xlsx": (good[: len(good) // 2], "damaged"),
        "page.xlsx": (b"<html><table></table></html>", "not a workbook"),
        "book.csv": (good, "is a workbook"),
        "binary.csv": (b"site,staff\x00\x01,budget\n", "not text"),
        "odd.csv": (b"site,staff,budget\nA,\x81,\n", "neither UTF-8"),
    }
    for name, (content, said) in cases.items():
        if content is not None:
            (tmp_path / name).write_bytes(content)
        (problem,) = problems_of(tmp_path / name)
        assert said in problem.what, name
        assert problem.file.endswith(name)
        assert problem.mend


def test_a_workbook_without_its_inner_parts_is_damaged(tmp_path: Path) -> None:
    path = write_xlsx(tmp_path / "t.xlsx", {"s": [COLUMNS, *ROWS]})
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("xl/workbook.xml", "<broken")
    (problem,) = problems_of(path)
    assert "damaged" in problem.what


def test_wanted_columns_that_cannot_be_told_apart_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="told apart"):
        read_text_table(tmp_path / "t.csv", columns=["pa_low", "PA low"])


@given(st.sampled_from(["Fully Met", "Almost Met", "Excellent"]), st.integers(0, 7))
def test_one_lost_letter_is_still_recognised(word: str, place: int) -> None:
    known = ["Fully Met", "Almost Met", "Excellent", "Poor"]
    assert nearest(word[:place] + word[place + 1 :], known) == word
    assert nearest("quite another", known) is None
