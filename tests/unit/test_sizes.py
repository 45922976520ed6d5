"""Group sizes from printed percentages, against brute force by decimal arithmetic."""

import itertools
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medlead.reconstruction.sizes import (
    PARTS,
    WHOLE,
    Share,
    combinations,
    counts_of,
    explanations,
    possible_sizes,
    printed_shares,
    unexplained,
)
from medlead.writing import read_csv

ROOT = Path(__file__).parents[2]
STATEMENTS = read_csv(ROOT / "data" / "published" / "engagement.csv")
WAYS = {"half-up": ROUND_HALF_UP, "half-even": ROUND_HALF_EVEN}
TWO = {"disagree": 2, "strongly-disagree": 1, "mildly-agree": 1}


def rounded(count: int, n: int, rounding: str, places: int = 0) -> Decimal:
    unit = Decimal(1).scaleb(-places)
    return (Decimal(100 * count) / Decimal(n)).quantize(unit, rounding=WAYS[rounding])


def by_hand(text: str, parts: int, n: int, rounding: str, reading: str) -> list[int]:
    """Goes through every way to deal n people to the categories and the rest."""
    places = len(text.partition(".")[2])
    found = set()
    for dealt in itertools.product(range(n + 1), repeat=parts):
        if sum(dealt) > n:
            continue
        if reading == WHOLE:
            shown = rounded(sum(dealt), n, rounding, places)
        else:
            shown = sum((rounded(c, n, rounding, places) for c in dealt), Decimal(0))
        if shown == Decimal(text):
            found.add(sum(dealt))
    return sorted(found)


@given(
    st.integers(0, 100),
    st.sampled_from([1, 2]),
    st.integers(1, 40),
    st.sampled_from(list(WAYS)),
    st.sampled_from([WHOLE, PARTS]),
)
def test_counts_are_those_of_brute_force(
    percent: int, parts: int, n: int, rounding: str, reading: str
) -> None:
    text = str(percent)
    share = Share("b1", text, parts)
    assert list(counts_of(share, n, rounding, reading)) == by_hand(
        text, parts, n, rounding, reading
    )


@given(st.integers(0, 1000), st.integers(1, 9), st.sampled_from(list(WAYS)))
def test_three_parts_and_decimals_too(tenths: int, n: int, rounding: str) -> None:
    text = f"{tenths / 10:.1f}"
    share = Share("b1", text, 3)
    assert list(counts_of(share, n, rounding, PARTS)) == by_hand(text, 3, n, rounding, PARTS)


def test_worked_examples() -> None:
    # 5 of 11 is 45.45, so 45; yet 46 of 22 is 23 and 23, each of 22.7.
    assert counts_of(Share("q", "46", 2), 11, "half-up", WHOLE) == ()
    assert counts_of(Share("q", "46", 2), 22, "half-up", WHOLE) == ()
    assert counts_of(Share("q", "46", 2), 22, "half-up", PARTS) == (10,)
    # 1 of 8 is 12.5: up to 13, or to the even 12.
    assert counts_of(Share("q", "13"), 8, "half-up", WHOLE) == (1,)
    assert counts_of(Share("q", "13"), 8, "half-even", WHOLE) == ()
    assert counts_of(Share("q", "12"), 8, "half-even", WHOLE) == (1,)
    with pytest.raises(ValueError, match="at least 1"):
        counts_of(Share("q", "12"), 0, "half-up", WHOLE)


@given(st.integers(1, 30), st.data(), st.sampled_from(list(WAYS)))
def test_the_true_size_is_always_possible(n: int, data: st.DataObject, rounding: str) -> None:
    counts = data.draw(st.lists(st.integers(0, n), min_size=1, max_size=4))
    shares = [Share(f"b{i}", str(rounded(c, n, rounding))) for i, c in enumerate(counts)]
    found = [e for e in explanations(shares, 30) if e.size == n and e.rounding == rounding]
    assert found
    for explanation in found:
        assert all(c in own for c, own in zip(counts, explanation.counts, strict=True))


def test_percentages_of_a_group_are_explained_together() -> None:
    shares = [Share("a", "50"), Share("b", "33")]
    # 50 needs an even size, 33 a third (or 16 of 49 and the like); 6 is the first with both.
    assert explanations(shares, 5) == []
    assert explanations(shares, 6)[0].size == 6
    assert explanations(shares, 6)[0].counts == ((3,), (2,))


def test_what_no_size_gives_is_named() -> None:
    odd = Share("odd", "1")
    assert unexplained([odd, Share("half", "50")], range(1, 21)) == [odd]
    assert unexplained([odd], range(1, 101)) == []


@given(
    st.lists(st.lists(st.integers(1, 8), min_size=1, max_size=4), min_size=1, max_size=3),
    st.integers(0, 2),
    st.integers(1, 15),
    st.booleans(),
)
def test_sizes_of_a_site_are_all_combinations_that_fit(
    given_sizes: list[list[int]], unnamed: int, returns: int, complete: bool
) -> None:
    groups = [f"g{i}" for i in range(len(given_sizes) + unnamed)]
    possible = dict(zip(groups, given_sizes, strict=False))
    ranges = [sorted(set(possible.get(g, range(1, returns + 1)))) for g in groups]
    expected = [
        sizes
        for sizes in itertools.product(*ranges)
        if (sum(sizes) == returns if complete else sum(sizes) <= returns)
    ]
    assert combinations(possible, groups, returns, complete) == expected


def test_a_size_that_leaves_no_room_for_the_other_groups_is_told() -> None:
    shares = {"S": {"g": [Share("b1", "50")]}}
    frame = possible_sizes(shares, {"S": ["g", "h"]}, {"S": 4})
    assert set(frame.loc[frame["fits_site"] == "yes", "size"]) == {"2"}
    assert set(frame.loc[frame["fits_site"] == "no", "size"]) == {"4"}


def test_a_group_that_no_size_explains_has_one_row() -> None:
    frame = possible_sizes({"S": {"g": [Share("b1", "1")]}}, {"S": ["g"]}, {"S": 10})
    assert frame[["site", "group", "size", "fits_site"]].to_numpy().tolist() == [
        ["S", "g", "", "no"]
    ]


def test_the_printed_shares_are_found_among_the_statements() -> None:
    shares, groups, returns = printed_shares(STATEMENTS, TWO)
    percents = STATEMENTS[STATEMENTS["kind"] == "b-percent"]
    assert sum(len(own) for by_group in shares.values() for own in by_group.values()) == len(
        percents
    )
    assert all(set(by_group) - {""} <= set(groups[site]) for site, by_group in shares.items())
    assert set(returns) == set("ABCDEFGHI")
    # What the report prints of its sites' own percentages fits their returns.
    frame = possible_sizes(shares, groups, returns)
    own = frame[frame["group"] == ""]
    assert set(own["site"]) == {site for site, by_group in shares.items() if "" in by_group}
    assert (own["size"].astype(int) == own["site"].map(returns)).all()
    # No percentage stands outside what sizes up to the site's returns can give.
    for site, by_group in shares.items():
        for wanted in by_group.values():
            assert unexplained(wanted, range(1, returns[site] + 1)) == []


def every_size() -> set[tuple[str, str, int, str, str, str]]:
    """All sizes of all groups by going through every deal of n doctors to two answers and the
    rest, in whole numbers; each row of the file of statements by itself.
    """
    ways = {
        "half-up": lambda c, n: (200 * c + n) // (2 * n),
        "half-even": lambda c, n: round(Fraction(100 * c, n)),
    }
    said = STATEMENTS.to_dict("records")
    returns = {r["site"]: int(r["value"]) for r in said if r["kind"] == "returns"}
    named: dict[str, set[str]] = {}
    percents: dict[tuple[str, str], list[tuple[int, int]]] = {}
    for row in said:
        if row["kind"] == "group-name":
            named.setdefault(row["site"], set()).add(row["group"])
        if row["kind"] == "b-percent":
            answers, percent = row["value"].split("=")
            two = TWO[answers] == 2
            percents.setdefault((row["site"], row["group"]), []).append((int(percent), two))
    found = set()
    for (site, group), wanted in percents.items():
        for n, (rounding, rule) in itertools.product(range(1, returns[site] + 1), ways.items()):
            whole = {rule(c, n) for c in range(n + 1)}
            parts = {rule(a, n) + rule(b, n) for a in range(n + 1) for b in range(n + 1 - a)}
            if (group == "") and n != returns[site]:
                continue
            if all(percent in whole for percent, _ in wanted):
                found.add((site, group, n, rounding, WHOLE))
            if all(percent in (parts if two else whole) for percent, two in wanted):
                found.add((site, group, n, rounding, PARTS))
    rows = set()
    for site, group, n, rounding, reading in found:
        others = [
            {size for s, g, size, _, _ in found if (s, g) == (site, other)}
            or set(range(1, returns[site] + 1))
            for other in named[site] - {group}
        ]
        least = sum(min(sizes) for sizes in others) if group else 0
        room = "yes" if n + least <= returns[site] else "no"
        rows.add((site, group, n, rounding, reading, room))
    return rows


def test_the_sizes_of_the_printed_groups_are_those_of_going_through_every_deal() -> None:
    frame = possible_sizes(*printed_shares(STATEMENTS, TWO))
    rows = zip(
        frame["site"], frame["group"], frame["size"].astype(int), frame["rounding"],
        frame["reading"], frame["fits_site"], strict=True,
    )  # fmt: skip
    assert set(rows) == every_size()
    # The groups of the shipped doctors have one of these sizes each, and leave room.
    doctors = read_csv(ROOT / "data" / "raw" / "mes_responses.csv")
    counted = doctors.groupby(["site", "group"]).size()
    possible = frame[frame["group"] != ""]
    for key, own in possible[possible["fits_site"] == "yes"].groupby(["site", "group"]):
        assert counted[key] in set(own["size"].astype(int))


def test_counts_of_the_printed_groups_are_those_of_going_through_every_deal() -> None:
    shares, _, returns = printed_shares(STATEMENTS, TWO)
    for site, by_group in shares.items():
        for share in itertools.chain(*by_group.values()):
            for n in {*range(1, min(returns[site], 24) + 1), returns[site]}:
                for rounding, reading in itertools.product(WAYS, (WHOLE, PARTS)):
                    wanted = by_hand(share.text, share.parts, n, rounding, reading)
                    assert list(counts_of(share, n, rounding, reading)) == wanted
