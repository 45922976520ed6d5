"""What is written of the cleaned survey is read back as it was, and fits one instrument only."""

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from medlead.sources.messages import ProblemsFound
from medlead.sources.reading import read_text_table
from medlead.survey.cleaning import Cleaned, clean
from medlead.survey.coded import (
    clean_types,
    coded_types,
    read_clean,
    read_coded,
    read_items,
    read_roles,
)
from medlead.survey.coding import Coded, code
from medlead.survey.instrument import Instrument, load_instrument
from medlead.survey.intake import cleaned_tables
from medlead.survey.rules import CleaningRules, load_cleaning
from medlead.writing import read_csv, write_csv

ROOT = Path(__file__).parents[2]
DATA = ROOT / "tests" / "data"


def parsed(path: Path) -> dict[str, Any]:
    mapping: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return mapping


SURVEY = load_instrument(parsed(ROOT / "config" / "instruments" / "survey.yaml"))
RULES = load_cleaning(parsed(ROOT / "config" / "instruments" / "cleaning.yaml"))
SMALL = parsed(DATA / "small_survey.yaml")
LIBRARIES = load_instrument(SMALL)


def tables(
    raw: pd.DataFrame, instrument: Instrument, rules: CleaningRules, folder: Path
) -> tuple[Cleaned, Coded]:
    """Clean, code and write into the folder."""
    cleaned = clean(raw, instrument, rules)
    coded = code(cleaned, instrument)
    made = cleaned_tables(cleaned, coded, instrument, file="raw.csv", evidence="study")
    for name, table in made.items():
        write_csv(folder / f"{name}.csv", table)
    return cleaned, coded


def library(*returns: dict[str, str]) -> pd.DataFrame:
    rows = [{"library": f"L{n}", **given} for n, given in enumerate(returns)]
    return pd.DataFrame(
        [{c: row.get(c, "") for c in LIBRARIES.columns} for row in rows], dtype="str"
    )


# Values of every type, missing ones and ones that cannot be read.
ANSWERS = {
    "county": ["N", "South", "", "West"],
    "a_money": ["12.5", "1/3", "", "7"],
    "a_readers": ["50", "0", "120-130", "2000", ""],
    "a_clerks": ["1", "", "n/k"],
    "a_posts": ["Librarian 3; 2 x Porters 1.5", "Head", "", "Librarian 1-2"],
    "b_books": ["x", "", "0"],
    "b_films": ["x", "?", ""],
    "b_main": ["books", "", "other"],
    "b_loans_books": ["5", ""],
    "c_clubs": ["yes", "no", "", "maybe"],
    "c_names": ["Chess; Reading", "Knitting", "", "tea, cake"],
    "c_head": ["Clerk", "", "Nobody", "A clerk, then\na reader"],
    "c_mood": ["2.5", "4", "", "9"],
    "c_note": ['with "quotes", commas\nand lines', "", "1", "NA."],
}


@given(
    st.lists(
        st.fixed_dictionaries({c: st.sampled_from(given) for c, given in ANSWERS.items()}),
        min_size=1,
        max_size=6,
    )
)
@settings(max_examples=25)
def test_all_tables_are_read_back_as_they_were(
    tmp_path_factory: pytest.TempPathFactory, returns: list[dict[str, str]]
) -> None:
    folder = tmp_path_factory.mktemp("survey")
    cleaned, coded = tables(library(*returns), LIBRARIES, CleaningRules(), folder)
    pd.testing.assert_frame_equal(read_coded(folder / "coded.csv", LIBRARIES), coded.frame)
    pd.testing.assert_frame_equal(read_clean(folder / "clean.csv", LIBRARIES), cleaned.frame)
    items = read_items(folder / "listed.csv", LIBRARIES)
    assert items.keys() == coded.items.keys()
    for name, frame in items.items():
        pd.testing.assert_frame_equal(frame, coded.items[name])
    roles = read_roles(folder / "roles.csv")
    pd.testing.assert_frame_equal(roles[coded.roles.columns], coded.roles)


@pytest.mark.parametrize("path", [ROOT / "data/raw/survey.csv", DATA / "messy_survey.xlsx"])
def test_the_survey_is_read_back_as_it_was(path: Path, tmp_path: Path) -> None:
    raw = read_text_table(path, columns=SURVEY.columns).frame
    cleaned, coded = tables(raw, SURVEY, RULES, tmp_path)
    pd.testing.assert_frame_equal(read_coded(tmp_path / "coded.csv", SURVEY), coded.frame)
    pd.testing.assert_frame_equal(read_clean(tmp_path / "clean.csv", SURVEY), cleaned.frame)
    items = read_items(tmp_path / "listed.csv", SURVEY)
    for name, frame in items.items():
        pd.testing.assert_frame_equal(frame, coded.items[name])


def test_levels_stand_in_the_order_of_the_instrument_also_those_without_a_return(
    tmp_path: Path,
) -> None:
    tables(library({"a_readers": "2000"}), LIBRARIES, CleaningRules(), tmp_path)
    frame = read_coded(tmp_path / "coded.csv", LIBRARIES)
    assert frame["readers"].cat.categories.tolist() == ["few", "some", "many"]
    assert frame["readers"].cat.ordered
    assert (frame["readers"] > "few").tolist() == [True]


@pytest.mark.parametrize("instrument", [SURVEY, LIBRARIES], ids=lambda i: i.name)
def test_the_types_are_those_that_cleaning_and_coding_make(instrument: Instrument) -> None:
    empty = pd.DataFrame([dict.fromkeys(instrument.columns, "")], dtype="str")
    cleaned = clean(empty, instrument)
    assert dict(cleaned.frame.dtypes) == clean_types(instrument)
    made = dict(code(cleaned, instrument).frame.dtypes)
    assert {name: str(t) for name, t in made.items()} == {
        name: str(t) for name, t in coded_types(instrument).items()
    }


def test_every_table_has_the_evidence_class_and_names_its_returns(tmp_path: Path) -> None:
    given = {"c_names": "Knitting", "a_readers": "1-2", "a_posts": "Porter"}
    tables(library(given), LIBRARIES, CleaningRules(), tmp_path)
    for path in set(tmp_path.glob("*.csv")) - {tmp_path / "decisions.csv"}:
        frame = read_csv(path)
        assert frame.columns[-1] == "evidence"
        assert set(frame["evidence"]) == {"study"}
        assert {"library", "row"} <= set(frame.columns)


def test_a_file_of_another_questionnaire_is_refused(tmp_path: Path) -> None:
    tables(library({"a_readers": "50"}), LIBRARIES, CleaningRules(), tmp_path)
    with pytest.raises(ProblemsFound, match="columns are not those of the questionnaire"):
        read_coded(tmp_path / "coded.csv", SURVEY)
    changed = parsed(DATA / "small_survey.yaml")
    changed["bands"]["readers"]["bands"][0]["band"] = "hardly any"
    with pytest.raises(ProblemsFound) as found:
        read_coded(tmp_path / "coded.csv", load_instrument(changed))
    (problem,) = found.value.problems
    assert (problem.row, problem.column, problem.value) == (2, "readers", "few")
    assert problem.allowed == "hardly any, some, many"


@pytest.mark.parametrize(
    ("column", "wrong"),
    [("clerks", "two"), ("clerks", "1.5"), ("mood", "high"), ("used", "perhaps"), ("row", "")],
)
def test_a_cell_that_cannot_be_of_its_type_is_named(
    tmp_path: Path, column: str, wrong: str
) -> None:
    tables(library({"a_clerks": "2", "c_mood": "1"}), LIBRARIES, CleaningRules(), tmp_path)
    frame = read_csv(tmp_path / "coded.csv")
    frame.loc[0, column] = wrong
    write_csv(tmp_path / "coded.csv", frame)
    with pytest.raises(ProblemsFound) as found:
        read_coded(tmp_path / "coded.csv", LIBRARIES)
    assert [(p.row, p.column, p.value) for p in found.value.problems] == [(2, column, wrong)]


@pytest.mark.parametrize("name", ["row", "returned", "used", "complete", "evidence", "library"])
def test_a_variable_cannot_take_the_name_of_what_is_said_of_a_return(name: str) -> None:
    changed = parsed(DATA / "small_survey.yaml")
    changed["coded"][0]["variable"] = name
    with pytest.raises(ProblemsFound, match=f"'{name}' is used twice"):
        load_instrument(changed)
