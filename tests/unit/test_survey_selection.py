"""The selection sheet, how the choice spreads, and what the print alone says of the thirds."""

import copy
import itertools
import math
import re
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

import matplotlib.text
import numpy as np
import pandas as pd
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.backends.backend_agg import FigureCanvasAgg
from scipy import stats

from medlead.evidence import EvidenceClass
from medlead.present import style
from medlead.present.response import draw_funnel, draw_selection
from medlead.present.style import write_figure
from medlead.sources.messages import ProblemsFound
from medlead.sources.reading import read_text_table
from medlead.survey.cleaning import clean
from medlead.survey.coding import code
from medlead.survey.declared import Numbers
from medlead.survey.description import Description, describe_response
from medlead.survey.instrument import Band, load_instrument
from medlead.survey.rules import load_cleaning
from medlead.survey.site_parts import BandCounts, cut_range, places, site_parts
from medlead.survey.site_selection import (
    Place,
    at_least,
    coverage,
    differences,
    mean_of,
    part_of,
    parts_of,
    selection_spread,
)

ROOT = Path(__file__).parents[2]
INSTRUMENTS = ROOT / "config" / "instruments"
THIRDS = ("bottom", "middle", "top")


def parsed(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


SURVEY = load_instrument(parsed(INSTRUMENTS / "survey.yaml"))
RULES = load_cleaning(parsed(INSTRUMENTS / "cleaning.yaml"))
LIBRARIES = load_instrument(parsed(ROOT / "tests" / "data" / "small_survey.yaml"))
RESPONSE = parsed(INSTRUMENTS / "response.yaml")
CELLS = pd.read_csv(ROOT / "data/published/cells.csv", dtype=str, keep_default_na=False)


# -- parts by rank


@settings(max_examples=40)
@given(st.lists(st.integers(0, 10**6), min_size=3, max_size=60, unique=True))
def test_without_ties_the_parts_are_as_equal_as_can_be_and_in_order(values: list[int]) -> None:
    series = pd.Series(values, dtype="Float64")
    found = {rule: parts_of(series, THIRDS, rule) for rule in ("lowest", "middle", "highest")}
    assert found["lowest"].equals(found["middle"])
    assert found["lowest"].equals(found["highest"])
    sizes = found["middle"].value_counts()
    assert sizes["bottom"] == len(values) // 3
    assert sizes["bottom"] + sizes["middle"] == 2 * len(values) // 3
    by_size = found["middle"].cat.codes.to_numpy()[np.argsort(values)]
    assert (np.diff(by_size) >= 0).all()


def test_equal_sizes_stay_together_where_the_rule_puts_them() -> None:
    # Ranks 1, 2-5, 6 of six: the four equal ones begin in the bottom third and end in the top.
    values = pd.Series([1, 2, 2, 2, 2, 3], dtype="Float64")
    assert parts_of(values, THIRDS, "lowest").tolist() == ["bottom"] * 5 + ["top"]
    assert parts_of(values, THIRDS, "middle").tolist() == ["bottom", *["middle"] * 4, "top"]
    assert parts_of(values, THIRDS, "highest").tolist() == ["bottom", *["top"] * 5]


def test_a_size_that_is_not_given_is_no_part_of_the_ranking() -> None:
    values = pd.Series([30, None, 10, 20], dtype="Float64")
    assert parts_of(values, THIRDS, "middle").tolist() == ["top", "not known", "bottom", "middle"]


# -- coverage of strata


@settings(max_examples=40)
@given(st.lists(st.integers(1, 4), min_size=1, max_size=4), st.integers(0, 3), st.data())
def test_the_coverage_of_a_random_choice_is_that_of_all_choices(
    sizes: list[int], others: int, data: st.DataObject
) -> None:
    draws = data.draw(st.integers(1, sum(sizes) + others))
    members = [group for group, size in enumerate(sizes) for _ in range(size)] + [-1] * others
    every = [len(set(c) - {-1}) for c in itertools.combinations(members, draws)]
    found = coverage(sizes, draws, others)
    assert found == {v: Fraction(every.count(v), len(every)) for v in sorted(set(every))}
    assert mean_of(found) == pytest.approx(np.mean(every))
    assert at_least(found, max(every)) == pytest.approx(every.count(max(every)) / len(every))


def test_covering_one_of_two_groups_is_hypergeometric() -> None:
    # Nine of 72 miss a group of four: scipy's chance of none of them.
    missed = float(coverage([68, 4], 9)[1])
    # Or all nine come from the four, which cannot be.
    assert missed == pytest.approx(stats.hypergeom.pmf(0, 72, 4, 9))


def test_more_draws_than_members_are_refused() -> None:
    with pytest.raises(ValueError, match="5 drawn from 4"):
        coverage([2, 2], 5)


def test_differences_of_pairs_by_hand() -> None:
    levels = np.array([[0, 0], [0, 1], [1, 1], [1, 1]])
    # Pairs of the first three differ in 1, 2 and 1 columns.
    assert differences(levels, np.array([0, 1, 2])) == pytest.approx(4 / 3)
    pairs = [int((a != b).sum()) for a, b in itertools.combinations(levels, 2)]
    assert differences(levels, np.arange(4)) == pytest.approx(np.mean(pairs))


# -- a study of its own


def libraries(**change: Any) -> dict[str, Any]:
    """A declaration for the made-up questionnaire, without any print."""
    declared: dict[str, Any] = {
        "funnel": [
            {"step": "asked", "says": "Asked", "count": {"number": 9}, "shares": True},
            {
                "step": "back",
                "of": "asked",
                "says": "Answered",
                "count": {"returns": "completed"},
                "estimates": "the chance of an answer",
            },
        ],
        "completed_by": {"variable": "head", "missing": "Unknown", "counts": {}, "together": {}},
        "representativeness": {
            "population": {"says": "libraries", "count": {"number": 9}},
            "power": 0.8,
            "claims": [
                {"claim": "County", "variable": "county", "counts": {}, "shares": {}}
                | {"members": {"N": {"number": 4}}, "statements": []}
            ],
        },
        "selection": {
            "chosen": "c_note",
            "groups": ["small", "large"],
            "ties": "middle",
            "sizes": [{"size": "half", "label": "Readers", "column": "a_readers"}],
            "show": ["county", "stock"],
            "effective": {"variable": "mood", "above": 2},
            "strata": ["county", "half"],
            "picture": {"rows": ["county"], "columns": ["half"]},
            "printed": {},
        },
    }
    declared["selection"] |= change
    return declared


def described(declared: Mapping[str, Any]) -> Description:
    rows = [
        {"county": "N", "a_readers": "10", "c_note": "P", "c_mood": "5", "b_books": "1"},
        {"county": "N", "a_readers": "20", "c_mood": "1", "b_films": "1"},
        {"county": "S", "a_readers": "30", "c_note": "Q", "c_mood": "4"},
        {"county": "S", "a_readers": "40"},
        {"county": "S", "c_mood": "3"},
        {},
    ]
    rows = [{"library": f"L{n}", **row} for n, row in enumerate(rows)]
    raw = pd.DataFrame([{c: r.get(c, "") for c in LIBRARIES.columns} for r in rows], dtype="str")
    cleaned = clean(raw, LIBRARIES, RULES)
    coded = code(cleaned, LIBRARIES)
    none = pd.DataFrame(columns=["item", "row", "column", "text"])
    return describe_response(
        coded.frame,
        cleaned.frame,
        declared,
        LIBRARIES,
        none,
        EvidenceClass.STUDY,
        confidence=0.95,
        alpha=0.05,
        draws=199,
        seed=1,
    )


def test_a_study_without_print_gets_the_same_by_configuration_alone() -> None:
    tables = described(libraries()).tables
    for name, table in tables.items():
        if name != "parts":
            assert set(table["evidence"]) == {"study"}, name
    assert len(tables["parts"]) == 0
    assert tables["funnel"]["percent"].dropna().tolist() == pytest.approx([500 / 9])
    sheet = tables["selection"].set_index("library")
    # The empty return is not used.
    assert sheet.index.tolist() == ["L0", "L1", "L2", "L3", "L4"]
    assert sheet["half"].astype(str).tolist() == ["small", "small", "large", "large", "not known"]
    assert sheet["chosen"].tolist() == ["P", "", "Q", "", ""]
    assert sheet["effective"].tolist() == ["yes", "no", "yes", "not known", "yes"]
    assert sheet["stock"].isna().tolist() == [False, False, True, True, True]


def test_the_spread_of_a_small_choice_by_hand() -> None:
    table = described(libraries()).tables["spread"]
    strata = table[table["part"] == "stratum"].set_index("level")
    assert strata["available"].to_dict() == {"N | small": 2, "S | large": 2, "S | not known": 1}
    assert strata["chosen"].to_dict() == {"N | small": 1, "S | large": 1, "S | not known": 0}
    assert strata["expected"].to_dict() == pytest.approx(
        {"N | small": 0.8, "S | large": 0.8, "S | not known": 0.4}
    )
    covered = table[(table["part"] == "measure") & (table["of"] == "county x half")].iloc[0]
    # Of the 10 pairs of returns four have one from each stratum that is known; four have the
    # return of which no number is known, and two lie in one stratum.
    assert (covered["chosen"], covered["available"]) == (2, 2)
    assert covered["p_low"] == pytest.approx(0.4)
    assert covered["expected"] == pytest.approx((4 * 2 + 6) / 10)
    halves = table[(table["part"] == "measure") & (table["of"] == "half")].iloc[0]
    assert halves["says"].startswith("2 of 2 levels; 2 of 5 drawn")
    pairs = table[table["level"].str.startswith("columns")].iloc[0]
    # P and Q differ in both columns; so do 4 + 2 of the 10 pairs, and two more in one.
    assert pairs["chosen"] == 2
    assert pairs["expected"] == pytest.approx((2 * 6 + 1 * 2) / 10)
    # Six of ten pairs are as different: within five standard errors.
    assert abs(pairs["p_low"] - 0.6) < 5 * math.sqrt(0.24 / 199)
    assert pairs["standard_error"] == pytest.approx(
        math.sqrt(pairs["p_low"] * (1 - pairs["p_low"]) / 199)
    )


def test_the_random_choices_follow_the_seed() -> None:
    first, again = (described(libraries()).tables["spread"] for _ in range(2))
    pd.testing.assert_frame_equal(first, again)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"chosen": "c_notes"}, "did you mean 'c_note'?"),
        ({"strata": ["county", "haf"]}, "no column of the sheet 'haf'"),
        ({"show": ["county", "stok"]}, "no coded variable 'stok'"),
        ({"effective": {"variable": "moods", "above": 2}}, "did you mean 'mood'?"),
    ],
)
def test_a_sheet_of_unknown_columns_is_named(change: dict[str, Any], says: str) -> None:
    with pytest.raises(ProblemsFound) as found:
        described(libraries(**change))
    assert says in str(found.value)


# -- what the print says of the sites


BANDS = (Band("0-9", 0, 10), Band("10-19", 10, 20), Band("20 and over", 20, None))


@st.composite
def samples(draw: st.DrawFn) -> tuple[list[int], list[int]]:
    """Sizes of a sample, and which of them are printed."""
    sizes = draw(st.lists(st.integers(0, 29), min_size=2, max_size=8))
    known = draw(st.lists(st.sampled_from(range(len(sizes))), min_size=1, max_size=3, unique=True))
    return sizes, known


def reading(sizes: list[int], known: list[int]) -> BandCounts:
    counts = tuple(sum(size in band for size in sizes) for band in BANDS)
    return BandCounts("x", BANDS, counts, tuple(Fraction(sizes[i]) for i in known))


@settings(max_examples=40)
@given(samples(), st.sampled_from(["lowest", "middle", "highest"]))
def test_the_true_part_is_always_among_the_possible_ones(
    sample: tuple[list[int], list[int]], ties: str
) -> None:
    sizes, known = sample
    parts = parts_of(pd.Series(sizes, dtype="Float64"), THIRDS, ties)
    for i in known:
        found = {
            THIRDS[part_of(p, 3, ties)] for p in places(reading(sizes, known), Fraction(sizes[i]))
        }
        assert parts[i] in found


@settings(max_examples=40)
@given(samples())
def test_every_possible_place_is_that_of_some_sample(
    sample: tuple[list[int], list[int]],
) -> None:
    sizes, known = sample
    given_, value = reading(sizes, known), Fraction(sizes[known[0]])
    at = given_.band_of(value)
    assert at is not None
    band = BANDS[at]
    free = given_.counts[at] - len(given_.in_band(at))
    # The unknown ones of the band lie at its low end, at the value, or above it, in any numbers.
    others = [float(v) for v in given_.known if given_.band_of(v) == at]
    elsewhere = [s for s in sizes if s not in band]
    seen = set()
    for spread in itertools.combinations_with_replacement((band.low, float(value), "above"), free):
        whole = elsewhere + others + [float(value) + 0.001 if s == "above" else s for s in spread]
        seen.add(
            Place(sum(v < value for v in whole), sum(v == float(value) for v in whole), len(whole))
        )
    assert set(places(given_, value)) == seen


@settings(max_examples=40)
@given(samples(), st.data())
def test_a_cut_lies_in_its_range_and_reaches_both_ends(
    sample: tuple[list[int], list[int]], data: st.DataObject
) -> None:
    sizes, known = sample
    rank = data.draw(st.integers(1, len(sizes)))
    low, high = cut_range(reading(sizes, known), rank)
    assert low <= sorted(sizes)[rank - 1] <= high

    def with_unknown(end: str) -> float:
        moved = [
            float(s)
            if i in known
            else next((b.low if end == "low" else (b.below or math.inf)) for b in BANDS if s in b)
            for i, s in enumerate(sizes)
        ]
        return sorted(moved)[rank - 1]

    assert (low, high) == (with_unknown("low"), with_unknown("high"))


def test_no_place_where_the_table_has_fewer_than_are_known() -> None:
    known = (Fraction(3), Fraction(4))
    assert list(places(BandCounts("x", BANDS, (1, 0, 5), known), Fraction(3))) == []
    assert list(places(BandCounts("x", BANDS, (2, 0, 5), known), Fraction(-1))) == []
    with pytest.raises(ValueError, match="no rank 7 among 6"):
        cut_range(BandCounts("x", BANDS, (1, 0, 5), ()), 7)


# -- the report's own survey


@pytest.fixture(scope="module")
def report() -> Description:
    table = read_text_table(ROOT / "data/raw/survey.csv", columns=SURVEY.columns)
    cleaned = clean(table.frame, SURVEY, RULES, rows=table.rows, file=table.file)
    coded = code(cleaned, SURVEY)
    return describe_response(
        coded.frame,
        cleaned.frame,
        RESPONSE,
        SURVEY,
        CELLS,
        EvidenceClass.RECONSTRUCTED,
        confidence=0.95,
        alpha=0.05,
        draws=499,
        seed=7,
    )


def sites_table() -> pd.DataFrame:
    own = CELLS[CELLS["item"] == "table-01"]
    return own.pivot(index="row", columns="column", values="text")


def test_the_chosen_of_the_sheet_are_the_sites_of_the_print(report: Description) -> None:
    sheet = report.tables["selection"]
    chosen = sheet[sheet["chosen"] != ""].set_index("chosen")
    assert sorted(chosen.index) == sorted(sites_table().index)
    assert set(sheet["evidence"]) == {"reconstructed"}


def test_the_parts_of_the_returns_are_among_those_that_the_print_allows(
    report: Description,
) -> None:
    parts = report.tables["parts"]
    every = parts[parts["reading"] == "all readings"]
    assert len(every) == 2 * len(sites_table())
    for row in every.itertuples():
        assert row.in_returns in row.parts.split(" or "), row
        assert (row.certain == "yes") == (" or " not in row.parts)
    assert set(parts["evidence"]) == {"printed-aggregates"}
    # Some are certain and some are not: the print is neither full nor empty.
    assert set(every["certain"]) == {"yes", "no"}


def test_the_ranks_that_a_table_allows_by_hand(report: Description) -> None:
    parts = report.tables["parts"]
    for table, size, column in (
        ("table-05", "Budget", "Total Budget (£ million)"),
        ("table-08", "Staff", "Total Number of staff (total head count, not FTE)"),
    ):
        cells = CELLS[(CELLS["item"] == table) & (CELLS["kind"] == "count")]
        bands = cells.groupby("column", sort=False)["text"].apply(lambda t: t.astype(int).sum())
        ends = {label: [int(e) for e in re.findall(r"\d+", label)] for label in bands.index}
        values = sites_table()[column].astype(float)
        for site, value in values.items():
            label = next(b for b, (low, high) in ends.items() if low <= value < high + 1)
            below = sum(n for b, n in bands.items() if ends[b][0] < ends[label][0])
            here = values[(values >= ends[label][0]) & (values < ends[label][1] + 1)]
            row = parts[
                (parts["site"] == site)
                & (parts["size"] == size)
                & (parts["reading"] == f"{table}, as printed")
            ].iloc[0]
            least = below + int((here < value).sum()) + 1
            most = below + bands[label] - int((here > value).sum())
            if value == ends[label][0] and bands[label] > len(here):
                # Others may be equal but none below, so the last rank needs all to be equal.
                assert row["rank_low"] == least
            assert (row["rank_low"], row["rank_high"]) == (least, most)


def test_a_site_that_its_row_does_not_have_is_told_and_moved(report: Description) -> None:
    parts = report.tables["parts"]
    told = parts[(parts["note"] != "") & (parts["reading"] == "all readings")]
    assert set(told["site"]) == {"B"}
    moved = parts[parts["reading"].str.contains("moved from")]
    row = CELLS[(CELLS["item"] == "table-05") & (CELLS["row"] == "Foundation Trust")]
    origins = set(row.loc[row["text"] != "0", "column"])
    own = moved[(moved["size"] == "Budget") & (moved["site"] == "B")]
    assert {r.rpartition(" ")[2] for r in own["reading"]} == origins
    # Nobody is lost on the way.
    assert set(own["n"]) == {
        int(
            CELLS.loc[(CELLS["item"] == "table-05") & (CELLS["kind"] == "count"), "text"]
            .astype(int)
            .sum()
        )
    }


def test_what_is_certain_of_a_third_does_not_hang_on_one_table(report: Description) -> None:
    parts = report.tables["parts"]
    every = parts[parts["reading"] == "all readings"].set_index(["size", "site"])
    single = parts[(parts["site"] != "") & (parts["reading"] != "all readings")]
    for key, rows in single.groupby(["size", "site"]):
        union = {p for text in rows["parts"] for p in text.split(" or ")}
        assert set(every.loc[key, "parts"].split(" or ")) == union


def test_margins_that_are_printed_need_no_return(report: Description) -> None:
    spread = report.tables["spread"]
    own = spread[spread["part"] == "printed margin"].set_index("of")
    assert set(own["evidence"]) == {"printed-aggregates"}
    assert set(spread.loc[spread["part"] != "printed margin", "evidence"]) == {"reconstructed"}
    table = sites_table()
    assert own.loc["trust_type", "chosen"] == table["Trust Type"].nunique()
    # A word of the print that may be one of two authorities.
    regions = table["SHA Region"].nunique()
    assert (own.loc["region", "low"], own.loc["region", "high"]) == (regions, regions)
    assert own.loc["principal", "low"] < own.loc["principal", "high"]
    assert own.loc["principal", "p_low"] < own.loc["principal", "p_high"]


def test_bands_that_are_changed_move_the_parts(report: Description) -> None:
    mapping = parsed(INSTRUMENTS / "survey.yaml")
    wide = copy.deepcopy(mapping)
    wide["bands"]["staff"]["bands"] = [
        {"band": "0-999", "from": 0},
        {"band": "13000-13999", "from": 1000},
    ]
    numbers = Numbers(
        {(i, r, c): t for i, r, c, t in CELLS[["item", "row", "column", "text"]].to_numpy()},
        {},
        EvidenceClass.RECONSTRUCTED,
    )
    found = site_parts(
        RESPONSE["selection"], load_instrument(wide), report.tables["selection"], numbers
    )
    staff = found[(found["size"] == "Staff") & (found["reading"] == "table-07, as printed")]
    assert set(staff["n"]) == {3}


def test_a_sheet_without_a_choice_has_no_spread(report: Description) -> None:
    sheet = report.tables["selection"].assign(chosen="")
    numbers = Numbers({}, {}, EvidenceClass.STUDY)
    declared = RESPONSE["selection"] | {"printed": {}}
    assert len(selection_spread(sheet, declared, numbers, draws=9, seed=1)) == 0


# -- pictures


@pytest.fixture(scope="module")
def pictures(report: Description) -> dict[str, style.Figure]:
    return {
        "funnel": draw_funnel(**report.funnel_picture),
        "selection": draw_selection(**report.selection_picture),
    }


@pytest.mark.parametrize("name", ["funnel", "selection"])
def test_no_words_run_into_each_other_or_out_of_the_picture(
    pictures: dict[str, style.Figure], name: str
) -> None:
    drawing = pictures[name].drawing
    with style.style():
        FigureCanvasAgg(drawing).draw()
        found = [
            (t.get_text(), t.get_window_extent())
            for t in drawing.findobj(matplotlib.text.Text)
            if t.get_visible() and t.get_text().strip() and t.get_window_extent().width > 0
        ]
    assert len(found) > 20
    width, height = drawing.get_size_inches() * drawing.dpi
    for text, box in found:
        assert box.x0 >= 0, text
        assert box.x1 <= width, text
        assert box.y0 >= 0, text
        assert box.y1 <= height, text
    for (one, a), (other, b) in itertools.combinations(found, 2):
        wide = min(a.x1, b.x1) - max(a.x0, b.x0)
        tall = min(a.y1, b.y1) - max(a.y0, b.y0)
        assert wide <= 1 or tall <= 2, (one, other)


def test_the_pictures_show_their_data_and_evidence(
    pictures: dict[str, style.Figure], report: Description
) -> None:
    funnel, selection = pictures["funnel"], pictures["selection"]
    assert funnel.evidence is EvidenceClass.PRINTED_AGGREGATES
    assert selection.evidence is EvidenceClass.RECONSTRUCTED
    steps = report.tables["funnel"]
    for count in steps.loc[steps["leaves"] == "no", "count"]:
        assert str(count) in funnel.alt
    sheet = report.tables["selection"]
    assert selection.data["returns"].sum() == len(sheet)
    marks = " ".join(selection.data["chosen"]).split()
    assert sorted(marks) == sorted(sheet.loc[sheet["chosen"] != "", "chosen"])
    ratings = ["effective", "not_effective", "no_rating"]
    assert (selection.data[ratings].sum(axis=1) == selection.data["returns"]).all()
    known = selection.data[~selection.data.isin(["not known"]).any(axis=1)]
    assert 0 < len(known) < len(selection.data)
    covered = int((known["chosen"] != "").sum())
    texts = [t.get_text() for t in selection.drawing.findobj(matplotlib.text.Text)]
    assert any(f"{covered} of {len(known)} strata" in t.replace("\n", " ") for t in texts)


def test_the_pictures_of_a_study_are_drawn_and_written_twice_the_same(tmp_path: Path) -> None:
    found = described(libraries())
    for folder in (tmp_path / "one", tmp_path / "two"):
        write_figure(draw_funnel(**found.funnel_picture), folder, "funnel")
        write_figure(draw_selection(**found.selection_picture), folder, "selection")
    for file in sorted((tmp_path / "one").iterdir()):
        assert file.read_bytes() == (tmp_path / "two" / file.name).read_bytes(), file.name


def test_a_chosen_site_without_a_rating_is_not_drawn_as_one_that_said_no() -> None:
    found = described(libraries())
    sheet = found.selection_picture["sheet"]
    chosen = sheet.index[sheet["chosen"] != ""][0]
    looks = {}
    for said in ("yes", "no", "not known"):
        sheet.loc[chosen, "effective"] = said
        drawn = draw_selection(**found.selection_picture | {"sheet": sheet}).drawing
        (axes,) = drawn.axes
        marks = [m for m in axes.lines if m.get_markersize() > 8]
        looks[said] = sorted((m.get_marker(), str(m.get_markerfacecolor())) for m in marks)
        texts = " ".join(t.get_text() for t in drawn.findobj(matplotlib.text.Text))
        assert ("in a square gave no rating" in " ".join(texts.split())) is (said == "not known")
    assert len({str(look) for look in looks.values()}) == 3


def test_a_funnel_needs_one_first_step(report: Description) -> None:
    steps = report.tables["funnel"]
    with pytest.raises(ValueError, match="no part of another"):
        draw_funnel(steps[steps["of"] != ""], report.tables["completed"], [], 0.95)
