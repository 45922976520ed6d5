"""What is not shown: no group, and nothing that would give a group away by subtraction."""

import copy
from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from engagement_world import own_instrument, parsed, raw
from hypothesis import given
from hypothesis import strategies as st

from medlead.engagement.disclosure import (
    WITHHELD,
    hidden_units,
    left_out,
    of_shown_sites,
    unit_sizes,
    withheld_frame,
    withhold,
)
from medlead.engagement.intake import norms_of
from medlead.engagement.norms import norms_from_items
from medlead.engagement.quality import measure
from medlead.engagement.responses import responses_from
from medlead.engagement.results import engagement_results, norms_frame
from medlead.evidence import EvidenceClass
from medlead.sources.messages import ProblemsFound

SIZES = st.dictionaries(st.sampled_from("abcdefgh"), st.integers(0, 30), min_size=1)


@pytest.mark.parametrize(
    ("sizes", "hidden"),
    [
        ({"a": 14, "b": 22}, []),
        # Three alone could be told from the whole; with the next smallest they are ten.
        ({"a": 14, "b": 22, "c": 3, "d": 7}, ["c", "d"]),
        # Five together give no single one away.
        ({"a": 14, "b": 2, "c": 3}, ["b", "c"]),
        ({"a": 14, "b": 1, "c": 3}, ["b", "c", "a"]),
        ({"a": 5, "b": 0}, []),
    ],
)
def test_small_parts_and_what_would_tell_of_them(sizes, hidden):
    assert left_out(sizes, 5) == hidden


@given(SIZES, st.integers(2, 12))
def test_what_is_left_out_is_nobody_or_enough(sizes, smallest):
    hidden = left_out(sizes, smallest)
    assert all(name in hidden for name, n in sizes.items() if 0 < n < smallest)
    gone = sum(sizes[name] for name in hidden)
    shown = [name for name in sizes if name not in hidden and sizes[name]]
    assert gone == 0 or gone >= smallest or not shown
    # No smaller choice that holds the small ones would do.
    small = {name for name, n in sizes.items() if 0 < n < smallest}
    rest = [name for name in sizes if name not in small]
    fewer = [c for k in range(len(hidden) - len(small)) for c in combinations(rest, k)]
    assert not any(sum(sizes[n] for n in {*small, *c}) >= smallest for c in fewer if small)


def test_a_small_site_is_hidden_whole():
    sizes = {("A", "x"): 9, ("A", "y"): 8, ("B", "x"): 2, ("B", "y"): 2}
    hidden = hidden_units(sizes, 5)
    assert set(hidden) == {("B", ""), ("B", "x"), ("B", "y")}
    assert hidden["B", ""] == "fewer than 5 doctors"
    assert hidden_units(sizes, 1) == hidden_units(sizes, 0) == {}
    assert list(withheld_frame(hidden)["site"]) == ["B", "B", "B"]


def frame(*rows):
    table = pd.DataFrame(rows, columns=["site", "group", "scale", "respondents", "n", "value"])
    return table.assign(band="low", note="")


def test_a_scale_that_few_answered_is_emptied_and_its_complement_too():
    given_rows = frame(
        ("A", "", "s", 22, 18, 50.0),
        ("A", "x", "s", 8, 8, 50.0),
        ("A", "y", "s", 7, 7, 60.0),
        ("A", "z", "s", 7, 3, 70.0),
        ("A", "", "t", 22, 22, 50.0),
        ("A", "x", "t", 8, 8, 50.0),
        ("A", "y", "t", 7, 7, 60.0),
        ("A", "z", "t", 7, 7, 70.0),
    )
    shown = withhold(given_rows, [], 5, "scale", ["respondents"])
    empty = shown[shown["note"] == WITHHELD]
    assert list(zip(empty["group"], empty["scale"], strict=True)) == [("y", "s"), ("z", "s")]
    assert empty["value"].isna().all()
    assert (empty["n"] == 0).all()
    assert (empty["band"] == "").all()
    assert list(empty["respondents"]) == [7, 7]
    pd.testing.assert_frame_equal(withhold(given_rows, [], 0, "scale", []), given_rows)


def test_hidden_groups_count_for_what_is_left_of_a_scale():
    # The hidden group has two scores on the scale: the next smallest must go, and no more.
    given_rows = frame(
        ("A", "", "s", 25, 20, 50.0),
        ("A", "x", "s", 10, 10, 50.0),
        ("A", "y", "s", 8, 8, 60.0),
        ("A", "z", "s", 7, 2, 70.0),
    )
    shown = withhold(given_rows, [("A", "z")], 5, "scale", [])
    assert list(shown["group"]) == ["", "x", "y"]
    assert list(shown[shown["note"] == WITHHELD]["group"]) == ["y"]


def test_all_together_are_emptied_where_few_of_one_site_have_a_score():
    given_rows = frame(
        ("", "", "s", 19, 16, 50.0),
        ("A", "", "s", 12, 12, 60.0),
        ("B", "", "s", 7, 4, 20.0),
        ("", "", "t", 19, 18, 50.0),
        ("A", "", "t", 12, 11, 60.0),
        ("B", "", "t", 7, 7, 20.0),
    )
    shown = withhold(given_rows, [], 5, "scale", [])
    empty = shown[shown["note"] == WITHHELD]
    assert list(zip(empty["site"], empty["scale"], strict=True)) == [("", "s"), ("B", "s")]


# --- sites of few doctors tell nothing, by no way -----------------------------------------------

SEEN = ("standings", "placements", "endorsements", "withheld")


def hospitals(change=None, seed=5):
    """Answers of a large, a middle and a tiny site; `change` may alter them (in place)."""
    instrument = own_instrument()
    rng = np.random.default_rng(seed)
    places = [("Large", "x")] * 12 + [("Large", "y")] * 9 + [("Middle", "x")] * 8
    places += [("Tiny", "x")] * 3 + [("Tiny", "y")]
    drawn = rng.integers(1, 6, (len(places), len(instrument.columns) - 3)).astype(str)
    table = pd.DataFrame(drawn, columns=list(instrument.columns[3:]))
    table.insert(0, "group", [group for _, group in places])
    table.insert(0, "site", [site for site, _ in places])
    table.insert(0, "respondent", [f"d{n:02d}" for n in range(len(places))])
    if change:
        change(table)
    return responses_from(table, instrument)


def among_themselves(responses, roster=()):
    instrument = own_instrument()
    norms, kind = norms_of([], responses, instrument, smallest=5)
    rules = {"responses_are": EvidenceClass.STUDY, "norms_are": EvidenceClass.STUDY}
    found = engagement_results(responses, norms, instrument, roster, **rules, smallest=5)
    tables = {name: getattr(found, name) for name in SEEN}
    return tables | {"norms": norms_frame(norms, kind, EvidenceClass.STUDY)}


def measured(responses):
    choices = copy.deepcopy(parsed("mes_reliability.yaml"))
    choices["factors"]["resamples"], choices["parallel"]["replicates"] = 99, 20
    kinds = (EvidenceClass.STUDY, EvidenceClass.STUDY)
    return measure(
        responses, None, own_instrument(), choices,
        evidence=kinds, confidence=0.95, seed=1, smallest=5,
    )  # fmt: skip


def tiny_site_agrees(table):
    table.loc[table["site"] == "Tiny", table.columns[3:]] = "5"


def test_whatever_a_tiny_site_answers_nothing_that_is_shown_changes():
    """Ranked among themselves, all add up to 50: the others would tell of a site left out."""
    one, other = (hospitals(change) for change in (None, tiny_site_agrees))
    assert (one.items != other.items).any()
    for make in (among_themselves, measured):
        before, after = make(one), make(other)
        for name, table in before.items():
            pd.testing.assert_frame_equal(table, after[name])
    found = among_themselves(one, roster=("Large", "Middle", "Tiny", "Silent"))
    assert set(found["standings"]["site"]) == {"", "Large", "Middle", "Silent"}
    assert set(found["endorsements"]["site"]) == {"Large", "Middle", "Silent"}
    assert set(found["norms"]["doctors"]) == {29}
    whole = found["standings"].query("group == '' and scale == 'index'").set_index("site")
    assert whole.loc["", "percentile"] == pytest.approx(50)
    assert whole.loc["", "n"] == whole.loc[["Large", "Middle"], "n"].sum()


def few_have_a_score(answer):
    def change(table):
        here = table.index[table["site"] == "Middle"]
        table.loc[here[3:], [f"q{n}" for n in range(21, 26)]] = ""
        table.loc[here[:3], [f"q{n}" for n in range(21, 26)]] = answer

    return change


def test_whatever_the_few_with_a_score_answered_nothing_that_is_shown_changes():
    one, other = (among_themselves(hospitals(few_have_a_score(a))) for a in "15")
    for name, table in one.items():
        pd.testing.assert_frame_equal(table, other[name])
    doctors = one["norms"].set_index("scale")["doctors"]
    assert (doctors["sub-5"], doctors["sub-1"]) == (21, 29)


def test_where_every_site_is_tiny_that_is_told():
    def scatter(table):
        table["site"] = [f"S{n // 4}" for n in range(len(table))]

    with pytest.raises(ProblemsFound) as told:
        among_themselves(hospitals(scatter))
    (problem,) = told.value.problems
    assert "no site has answers of 5 doctors" in problem.what
    assert of_shown_sites(hospitals(), 0).count == 33
    kept = of_shown_sites(hospitals(), 5)
    assert {site for site, _ in kept.units} == {"Large", "Middle"}
    assert list(kept.respondents) == [f"d{n:02d}".encode() for n in range(29)]
    assert unit_sizes(kept) == {("Large", "x"): 12, ("Large", "y"): 9, ("Middle", "x"): 8}


def results(smallest):
    instrument = own_instrument()
    answers = raw("mes_responses")
    norms = norms_from_items(
        raw("mes_norms")[list(instrument.item_names)].to_numpy().astype(np.uint8).T[:, :400],
        instrument,
    )
    responses = responses_from(answers, instrument)
    found = engagement_results(
        responses,
        norms,
        instrument,
        (),
        responses_are=EvidenceClass.STUDY,
        norms_are=EvidenceClass.STUDY,
        smallest=smallest,
    )
    return responses, found


def test_no_table_has_a_unit_or_a_number_of_fewer():
    responses, found = results(12)
    sizes = unit_sizes(responses)
    assert sum(sizes.values()) == responses.count
    for table in (found.standings, found.placements, found.endorsements):
        groups = table[(table["group"] != "")]
        assert all(sizes[unit] >= 12 for unit in zip(groups["site"], groups["group"], strict=True))
        assert ((table["n"] == 0) | (table["n"] >= 12)).all()
    # What a site shows as a whole less what its groups show is nobody, or enough.
    index = found.standings[found.standings["scale"] == "index"]
    for site, part in index[index["site"] != ""].groupby("site"):
        whole = part[part["group"] == ""]["n"].sum()
        rest = whole - part[part["group"] != ""]["n"].sum()
        assert whole >= 12
        assert rest == 0 or rest >= 12, site
    assert len(found.withheld)


def test_without_a_smallest_group_nothing_is_left_out():
    _, found = results(0)
    assert not len(found.withheld)
    assert (found.standings["note"] != WITHHELD).all()
