"""The survey's tables against the print, by hand, and with another questionnaire."""

import copy
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from medlead.evidence import EvidenceClass
from medlead.printed import printed_cells
from medlead.sources.messages import ProblemsFound
from medlead.sources.reading import read_text_table
from medlead.survey.cleaning import clean
from medlead.survey.coding import Coded, code
from medlead.survey.crossings import crossings
from medlead.survey.instrument import Instrument, load_instrument
from medlead.survey.left_out import (
    CLOPPER_PEARSON,
    WILSON,
    median_level,
    percent_interval,
    population_of,
    tables_left_out,
)
from medlead.survey.rules import load_cleaning
from medlead.survey.selection import Returns
from medlead.survey.table_definition import Each, Statistic, Tables, load_tables
from medlead.survey.tables import AND, percent_text, survey_tables
from medlead.writing import read_csv

ROOT = Path(__file__).parents[2]
INSTRUMENTS = ROOT / "config" / "instruments"
STUDY = EvidenceClass.STUDY


def parsed(path: Path) -> dict[str, Any]:
    mapping: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return mapping


SURVEY_FILE = parsed(INSTRUMENTS / "survey.yaml")
SURVEY = load_instrument(SURVEY_FILE)
RULES = load_cleaning(parsed(INSTRUMENTS / "cleaning.yaml"))
TABLES_FILE = parsed(INSTRUMENTS / "tables.yaml")
TABLES = load_tables(TABLES_FILE, SURVEY)
PRINTED = printed_cells(read_csv(ROOT / "data" / "published" / "cells.csv"))


def coded_returns(instrument: Instrument) -> Coded:
    table = read_text_table(ROOT / "data" / "raw" / "survey.csv", columns=instrument.columns)
    return code(clean(table.frame, instrument, RULES, rows=table.rows, file=table.file), instrument)


CODED = coded_returns(SURVEY)
BUILT = survey_tables(CODED.frame, TABLES, SURVEY, EvidenceClass.RECONSTRUCTED, CODED.items)


def texts(frame: pd.DataFrame) -> dict[tuple[str, str], str]:
    found = dict(zip(zip(frame["row"], frame["column"], strict=True), frame["text"], strict=True))
    assert len(found) == len(frame), "a cell is there twice"
    return found


def column(frame: pd.DataFrame, name: str) -> dict[str, str]:
    return {row: text for (row, heading), text in texts(frame).items() if heading == name}


# --- the print -------------------------------------------------------------------------


def printed_keys(item: str) -> list[tuple[str, str]]:
    """The cells of a printed table: no headings, and nothing that comes from elsewhere."""
    kinds = read_csv(ROOT / "data" / "published" / "cells.csv")
    declared = (ROOT / "data" / "published" / "relations.yaml").read_text(encoding="utf-8")
    # A column from elsewhere has nothing of ours in its empty cells either.
    outside = {
        (o["item"], c) for o in yaml.safe_load(declared)["outside"] for c in o.get("columns", ())
    }
    own = kinds[(kinds["item"] == item) & (kinds["kind"] != "label")]
    return [
        (row, heading)
        for row, heading in zip(own["row"], own["column"], strict=True)
        if (item, heading) not in outside
    ]


def test_all_twenty_tables_are_declared() -> None:
    assert list(TABLES.tables) == [f"table-{i:02d}" for i in range(3, 23)]


@pytest.mark.parametrize("item", TABLES.tables)
def test_rows_and_columns_are_those_of_the_print_in_its_order(item: str) -> None:
    assert list(texts(BUILT[item])) == printed_keys(item)
    assert len(BUILT[item]) > 5


@pytest.mark.parametrize("item", TABLES.tables)
def test_every_printed_cell_is_counted_but_for_the_named_exceptions(item: str) -> None:
    excepted = {
        (e["item"], e["row"], e["column"])
        for e in parsed(INSTRUMENTS / "margins.yaml")["exceptions"]
    }
    modes = TABLES.tables[item].headings(Statistic.MODE)
    apart = set()
    for (row, heading), text in texts(BUILT[item]).items():
        printed = PRINTED[item, row, heading]
        fits = printed in text.split(AND) if heading in modes else printed == text
        if not fits:
            apart.add((item, row, heading))
    assert apart == {key for key in excepted if key[0] == item}


def test_blank_cells_are_those_printed_blank() -> None:
    blank = {
        (item, *key)
        for item, frame in BUILT.items()
        for key, text in texts(frame).items()
        if not text
    }
    printed = {(i, *key) for i in BUILT for key in printed_keys(i) if not PRINTED[(i, *key)]}
    assert blank == printed
    assert blank


def test_values_are_unrounded_and_carry_class_and_n() -> None:
    frame = BUILT["table-11"].set_index(["row", "column"])
    n = int(frame.loc[("Total", "Responses"), "value"])
    one = int(frame.loc[("1", "Responses"), "value"])
    assert float(frame.loc[("1", "%"), "value"]) == pytest.approx(100 * one / n)
    assert set(frame["n"]) == {n}
    assert {e for f in BUILT.values() for e in f["evidence"]} == {"reconstructed"}


def test_returns_that_were_not_used_count_nowhere() -> None:
    assert not CODED.frame["used"].all()
    everything = CODED.frame.assign(used=True)
    n = BUILT["table-03"]["value"].iloc[-1]
    more = survey_tables(everything, TABLES, SURVEY, STUDY)["table-03"]["value"].iloc[-1]
    assert int(more) == int(n) + int((~CODED.frame["used"]).sum())


# --- bands follow the configuration ----------------------------------------------------


def with_bands(
    name: str, bands: list[dict[str, Any]]
) -> tuple[Instrument, dict[str, pd.DataFrame]]:
    changed = copy.deepcopy(SURVEY_FILE)
    changed["bands"][name]["bands"] = bands
    instrument = load_instrument(changed)
    found = coded_returns(instrument)
    tables = load_tables(TABLES_FILE, instrument)
    return instrument, survey_tables(found.frame, tables, instrument, STUDY, found.items)


def test_other_bands_make_another_table_and_nobody_is_lost() -> None:
    _, built = with_bands("budget", [{"band": "small", "from": 0}, {"band": "large", "from": 200}])
    frame = BUILT["table-05"]
    for row in dict.fromkeys(frame["row"]):
        before = {c: int(t) for (r, c), t in texts(frame).items() if r == row}
        after = {c: int(t) for (r, c), t in texts(built["table-05"]).items() if r == row}
        assert list(after) == ["small", "large"]
        assert after["small"] == before["50-99"] + before["100-149"] + before["150-199"]
        assert sum(after.values()) == sum(before.values())
    pd.testing.assert_frame_equal(built["table-07"].iloc[:, :5], BUILT["table-07"].iloc[:, :5])


def test_a_band_kept_from_print_appears_once_a_return_is_in_it() -> None:
    bands = copy.deepcopy(SURVEY_FILE["bands"]["budget"]["bands"])
    hidden = {band["band"]: band for band in bands}
    assert "350-399" not in set(BUILT["table-05"]["column"])
    hidden["100-149"]["printed"] = False  # holds returns
    hidden["350-399"]["printed"] = True  # holds none
    _, built = with_bands("budget", bands)
    columns = list(dict.fromkeys(built["table-05"]["column"]))
    assert columns == sorted([*dict.fromkeys(BUILT["table-05"]["column"]), "350-399"], key=first)
    assert set(column(built["table-05"], "350-399").values()) == {"0"}


def first(band: str) -> int:
    return int(band.partition("-")[0])


# --- another questionnaire -------------------------------------------------------------

LIBRARIES = load_instrument(parsed(ROOT / "tests" / "data" / "small_survey.yaml"))
NORTH, SOUTH = "Northshire", "Southshire"
OTHERS = {
    "tables": {
        "table-1": {
            "of": "county",
            "rows": {"each": "county", "All": {}},
            "show": {"Libraries": "count"},
        },
        "table-2": {
            "of": "readers",
            "rows": {"North": {"county": "N"}, "South": {"county": "S"}, "Both": {}},
            "columns": {"each": "readers", "no answer": {"readers": "missing"}},
        },
        "table-3": {
            "of": "names",
            "rows": {"each": {"variable": "names", "leave_out": ["Food"]}},
            "show": {
                "Place": {"rank": "Named"},
                "Named": "count",
                "%": {"percent": {"clubs": "yes"}, "decimals": 1},
            },
            "sort": "Named",
        },
        "table-4": {
            "of": "mood",
            "rows": {"North (n={n})": {"county": "N"}, "South (n={n})": {"county": "S"}},
            "show": {"n": "n", "low": "lowest", "high": "highest", "mode": "mode"},
        },
        "table-5": {
            "of": "clerks",
            "rows": {"each": {"variable": "clerks", "gaps": True}},
            "columns": {
                "North": {"county": "N"},
                "South": {"county": ["S"]},
                "Neither": {"county": "missing"},
            },
        },
    }
}
GIVEN = [
    {
        "county": "N",
        "a_readers": "50",
        "c_clubs": "yes",
        "c_names": "chess; tea",
        "c_mood": "5",
        "a_clerks": "1",
    },
    {
        "county": "N",
        "a_readers": "150",
        "c_clubs": "yes",
        "c_names": "reading",
        "c_mood": "2",
        "a_clerks": "4",
    },
    {
        "county": "N",
        "a_readers": "",
        "c_clubs": "yes",
        "c_names": "reading, board games",
        "c_mood": "2",
    },
    {"county": "S", "a_readers": "99", "c_clubs": "no", "c_mood": "4", "a_clerks": "1"},
    {
        "county": "S",
        "a_readers": "60",
        "c_clubs": "yes",
        "c_names": "readers",
        "c_mood": "1",
        "a_clerks": "2",
    },
    {"county": "S"},
]


def libraries(*returns: Mapping[str, str]) -> Coded:
    rows = [{"library": f"L{n}", **given} for n, given in enumerate(returns)]
    raw = pd.DataFrame([{c: r.get(c, "") for c in LIBRARIES.columns} for r in rows], dtype="str")
    return code(clean(raw, LIBRARIES, RULES), LIBRARIES)


DECLARED = load_tables(OTHERS, LIBRARIES)


def other(*returns: Mapping[str, str], declared: Tables = DECLARED) -> dict[str, pd.DataFrame]:
    found = libraries(*returns)
    return survey_tables(found.frame, declared, LIBRARIES, STUDY, found.items)


def test_another_questionnaire_by_hand() -> None:
    """The last return says nothing of substance and is not used."""
    built = other(*GIVEN)
    assert column(built["table-1"], "Libraries") == {"N": "3", "S": "2", "All": "5"}
    assert texts(built["table-2"]) == {
        ("North", "few"): "1",
        ("North", "some"): "1",
        ("North", "many"): "0",
        ("North", "no answer"): "1",
        ("South", "few"): "2",
        ("South", "some"): "0",
        ("South", "many"): "0",
        ("South", "no answer"): "0",
        ("Both", "few"): "3",
        ("Both", "some"): "1",
        ("Both", "many"): "0",
        ("Both", "no answer"): "1",
    }
    # Reading is named three times, Chess twice; four have clubs.
    assert list(texts(built["table-3"]).items()) == [
        (("Reading", "Place"), "1"),
        (("Reading", "Named"), "3"),
        (("Reading", "%"), "75.0"),
        (("Chess", "Place"), "2"),
        (("Chess", "Named"), "2"),
        (("Chess", "%"), "50.0"),
    ]
    assert [t for _, t in texts(built["table-4"]).items()] == [
        "3",
        "2",
        "5",
        "2",
        "2",
        "1",
        "4",
        "1, 4",
    ]
    modes = built["table-4"].loc[built["table-4"]["column"] == "mode", "value"]
    assert modes.tolist() == ["2", "1, 4"]
    assert list(dict.fromkeys(built["table-4"]["row"])) == ["North (n=3)", "South (n=2)"]
    assert column(built["table-5"], "North") == {"1": "1", "2": "0", "3": "0", "4": "1"}
    assert column(built["table-5"], "South") == {"1": "1", "2": "1", "3": "0", "4": "0"}
    assert set(built["table-1"]["evidence"]) == {"study"}


def test_n_is_the_number_of_returns_that_a_cell_rests_on() -> None:
    more = other(*GIVEN, {"a_readers": "5"})
    built = {item: frame.set_index(["row", "column"])["n"] for item, frame in more.items()}
    assert built["table-1"].loc["N", "Libraries"] == 5  # answer county
    assert built["table-1"].loc["All", "Libraries"] == 6
    assert built["table-2"].loc["North", "few"] == 4  # answer county and readers
    assert built["table-2"].loc["North", "no answer"] == 5  # need not asked for readers
    assert built["table-3"].loc["Reading", "%"] == 4  # have clubs
    assert built["table-4"].loc["South (n=2)", "mode"] == 2


def test_places_of_equals_follow_the_order_of_the_codes() -> None:
    built = other({"county": "N", "c_clubs": "yes", "c_names": "reading; chess"})
    assert column(built["table-3"], "Place") == {"Chess": "1", "Reading": "2"}


def test_a_questionnaire_that_nobody_answered_still_has_tables() -> None:
    built = other({"county": "N"})
    assert not libraries({"county": "N"}).frame["used"].any()
    assert column(built["table-1"], "Libraries") == {"N": "0", "S": "0", "All": "0"}
    assert set(column(built["table-3"], "%").values()) == {""}
    assert column(built["table-4"], "mode") == {"North (n=0)": "", "South (n=0)": ""}
    assert len(built["table-5"]) == 1  # says that there is nothing
    found = libraries({"county": "N"})
    added = tables_left_out(found.frame, DECLARED, LIBRARIES, STUDY, items=found.items)
    assert set(added) == set(built)
    assert not crossings(
        Returns(found.frame, LIBRARIES),
        load_tables({"tables": {"table-5": OTHERS["tables"]["table-5"]}}, LIBRARIES),
    )


@given(
    st.lists(
        st.tuples(st.sampled_from(["N", "S", ""]), st.integers(0, 2000)), min_size=1, max_size=9
    )
)
@settings(max_examples=12, deadline=None)
def test_counts_add_up_whatever_the_returns(pairs: list[tuple[str, int]]) -> None:
    rows = [{"county": c, "a_readers": str(n), "c_note": "x"} for c, n in pairs]
    built = texts(other(*rows)["table-2"])
    for band in ("few", "some", "many"):
        both = int(built["Both", band])
        without = sum(1 for c, n in pairs if not c and band == size(n))
        assert int(built["North", band]) + int(built["South", band]) + without == both
    assert sum(int(built["Both", b]) for b in ("few", "some", "many")) == len(pairs)


def size(readers: int) -> str:
    return "few" if readers < 100 else "some" if readers < 1000 else "many"


# --- the declaration -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("item", "change", "expected"),
    [
        ("table-1", {"off": "county"}, "did you mean 'of'?"),
        ("table-1", {"of": "countyy"}, "did you mean 'county'?"),
        ("table-1", {"rows": {"each": "countyy"}}, "did you mean 'county'?"),
        ("table-1", {"rows": {"North": {"county": "Noth"}}}, "the level 'Noth' is not known"),
        ("table-1", {"rows": ["North"]}, "not a list of headings"),
        ("table-1", {"rows": {"North": "N"}}, "no returns are named"),
        ("table-1", {"columns": {"each": "readers"}}, "either `columns` or `show`"),
        ("table-1", {"show": {"Libraries": "cout"}}, "did you mean 'count'?"),
        ("table-1", {"show": {"Libraries": "mode"}}, "'county' is no number"),
        ("table-1", {"show": {"%": {"percent": "Al"}}}, "did you mean 'All'?"),
        ("table-1", {"show": {"%": {"percent": {}, "blank": ["Alll"]}}}, "did you mean 'All'?"),
        ("table-1", {"show": {"%": {"percent": {}, "decimals": "two"}}}, "no number of decimals"),
        ("table-1", {"show": {"R": {"rank": "Libraris"}, "Libraries": "count"}}, "'Libraries'?"),
        ("table-1", {"sort": "Librarys"}, "did you mean 'Libraries'?"),
        ("table-1", {"rows": {"each": {"variable": "county", "gaps": True}}}, "has no gaps"),
        ("table-3", {"rows": {"each": {"variable": "names", "leave_out": ["Foot"]}}}, "'Food'?"),
        ("table-2", {"of": "mood"}, "'mood' is in no row or column"),
    ],
)
def test_a_fault_is_told_with_its_place_and_the_right_name(
    item: str, change: dict[str, Any], expected: str
) -> None:
    mapping = copy.deepcopy(OTHERS)
    mapping["tables"][item] |= change  # type: ignore[operator]
    with pytest.raises(ProblemsFound) as found:
        load_tables(mapping, LIBRARIES, file="own.yaml")
    assert expected in str(found.value)
    assert f"own.yaml: {item}" in str(found.value)


def test_all_faults_are_told_at_once() -> None:
    mapping = copy.deepcopy(OTHERS)
    mapping["tables"]["table-1"]["off"] = 1  # type: ignore[index]
    mapping["tables"]["../x"] = {"of": "county", "rows": {"each": "count"}, "show": {"n": "count"}}
    mapping["population"] = 0  # type: ignore[assignment]
    with pytest.raises(ProblemsFound) as found:
        load_tables(mapping, LIBRARIES)
    assert len(found.value.problems) == 4


# --- what the tables leave out ---------------------------------------------------------


@given(st.integers(1, 80).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_clopper_pearson_ends_are_where_the_tails_are_half_of_what_is_left(
    counts: tuple[int, int],
) -> None:
    count, n = counts
    low, high = (end / 100 for end in percent_interval(count, n, 0.9))
    if count:
        assert stats.binom.sf(count - 1, n, low) == pytest.approx(0.05)
    else:
        assert low == 0
    if count < n:
        assert stats.binom.cdf(count, n, high) == pytest.approx(0.05)
    else:
        assert high == 1


@given(st.integers(1, 80).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilson_ends_are_where_the_score_test_just_rejects(counts: tuple[int, int]) -> None:
    count, n = counts
    z = stats.norm.isf(0.025)
    for end in percent_interval(count, n, method=WILSON):
        share = end / 100
        assert n * (count / n - share) ** 2 == pytest.approx(z**2 * share * (1 - share), abs=1e-7)


def test_percentages_round_halves_up() -> None:
    assert [percent_text(k, 8) for k in (1, 3, 5)] == ["13", "38", "63"]
    assert percent_text(1, 3, 2) == "33.33"
    assert percent_text(0, 0) == ""


def test_the_middle_of_levels() -> None:
    assert median_level(["a", "b", "c"], [1, 1, 1]) == "b"
    assert median_level(["a", "b", "c"], [1, 0, 1]) == "a to c"
    assert median_level(["1", "2", "9"], [2, 1, 1]) == "1.5"
    assert median_level(["1", "2"], [3, 2]) == "1"
    with pytest.raises(ValueError, match="nothing"):
        median_level(["a"], [0])


def test_what_another_questionnaire_leaves_out_by_hand() -> None:
    found = libraries(*GIVEN)
    added = tables_left_out(found.frame, DECLARED, LIBRARIES, STUDY, items=found.items)
    table = {item: texts(frame) for item, frame in added.items()}
    assert table["table-2"]["Readers", "not answering"] == "1"
    assert table["table-3"]["Food", "returns"] == "1"
    # A share that the table does not print has its percentage here: 3 of 5.
    low = stats.beta.ppf(0.025, 3, 3) * 100
    assert table["table-1"]["N", "per cent"] == "60"
    assert (
        table["table-1"]["N", f"95 % interval from ({CLOPPER_PEARSON}), per cent"] == f"{low:.1f}"
    )
    assert ("All", "per cent") not in table["table-1"]
    assert table["table-2"]["North", "median"] == "few to some"
    assert table["table-4"]["North (n=3)", "mean"] == "3.00"
    assert table["table-4"]["All returns", "median"] == "2"
    assert table["table-5"]["North", "answering"] == "2"


def test_what_solved_records_alone_give_is_not_told_as_a_result() -> None:
    added = tables_left_out(
        CODED.frame, TABLES, SURVEY, EvidenceClass.RECONSTRUCTED, items=CODED.items
    )
    for item, frame in added.items():
        middles = [c for c in frame["column"] if c.startswith(("mean", "median"))]
        assert all(
            ("the print does not fix" in c) == TABLES.tables[item].of_numbers for c in middles
        )
    studied = tables_left_out(CODED.frame, TABLES, SURVEY, STUDY, items=CODED.items)
    assert not any("does not fix" in c for frame in studied.values() for c in frame["column"])
    assert list(added) == list(TABLES.tables)


def test_the_meaning_of_intervals_names_how_many_were_asked() -> None:
    population = population_of(TABLES, PRINTED)
    assert population == int(PRINTED[TABLES.population])  # type: ignore[index]
    n = int(CODED.frame["used"].sum())
    factor = ((population - n) / (population - 1)) ** 0.5
    for asked in (population, None):
        frame = tables_left_out(CODED.frame, TABLES, SURVEY, STUDY, population=asked)["table-18"]
        (meaning,) = frame.loc[frame["column"] == "meaning", "text"]
        assert (f"{factor:.2f}" in meaning) == (asked is not None)
    assert population_of(Tables({}, 12), {}) == 12
    with pytest.raises(ProblemsFound, match="no number in the cell"):
        population_of(TABLES, {})


def test_an_each_that_is_left_out_has_no_row() -> None:
    each = TABLES.tables["table-15"].rows["each"]
    assert isinstance(each, Each)
    assert each.leave_out
    assert not set(each.leave_out) & set(BUILT["table-15"]["row"])
