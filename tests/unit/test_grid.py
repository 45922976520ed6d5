"""The chance of a match by luck: enumerated, calibrated by simulation; a planted truth is found."""

import random
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medlead.evidence import EvidenceClass
from medlead.printed import ROUNDING_RULES
from medlead.verdicts.grid import (
    CONSTRUCTED,
    EVEN,
    EXCHANGED,
    LUCKY,
    METHOD_COLUMNS,
    NUMBER_COLUMNS,
    TALLY_COLUMNS,
    TELLING,
    Luck,
    TriedNumber,
    Try,
    numbers_frame,
    numeric,
    tally_frame,
    tries_frame,
    weigh,
)

RULES = ("half-up", "half-even", "truncation")
NEAREST = RULES[:2]
LIMIT = 0.05


def share(count: int, base: int, *, plain: bool = False) -> list[Try]:
    name = f"{count} of {base}"
    return numeric(name, Fraction(100 * count, base), RULES, plain=NEAREST if plain else ())


def number(printed: str, *bases: int, count: int = 30, others: tuple[str, ...] = ()) -> TriedNumber:
    """A percentage of which the first base is the plain one."""
    tries = [t for i, base in enumerate(bases) for t in share(count, base, plain=i == 0)]
    return TriedNumber(("t", printed, "%"), "percentages", printed, tuple(tries), others)


@pytest.mark.parametrize(
    ("value", "rule", "text", "match"),
    [
        (Fraction(5, 2), "half-up", "3", "within rounding"),
        (Fraction(5, 2), "half-even", "2", "within rounding"),
        (Fraction(5, 2), "half-up", "2", "no"),
        (Fraction(29, 10), "truncation", "2", "within rounding"),
        (Fraction(5, 2), "truncation", "2.5", "exact"),
        (Fraction(5, 2), "", "2", "no"),
        (Fraction(5), "", "five", "exact"),
        (Fraction(5), "half-up", "none", "no"),
    ],
)
def test_a_number_matches_exactly_or_by_its_own_rule(
    value: Fraction, rule: str, text: str, match: str
) -> None:
    assert Try("m", "r", value=value, rule=rule).match(text) == match


def test_a_text_matches_itself_and_what_rounding_allows() -> None:
    tried = Try("m", "**", within=frozenset({"**", "***"}))
    assert [tried.match(t) for t in ("**", "***", "*")] == ["exact", "within rounding", "no"]


def test_the_chance_is_the_share_of_other_numbers_that_are_reached() -> None:
    # 30 of 60 is 50; of 72 it is 41.67, printed 42 or cut 41; of 75 it is 40.
    others = ("50", "50", "41", "42", "40", "40", "39", "12")
    found = weigh(number("42", 60, 72, 75, others=others))
    assert (found.by_plain.reached, found.by_plain.of) == (2, 8)
    # Those that the plain method reaches are no chance for another.
    assert (found.by_another.reached, found.by_another.of) == (4, 6)
    assert found.results == 4
    assert not found.met_by_plain
    assert found.met_by_another
    by_hand = [60] * 3 + [72] * 3 + [75] * 3
    for base, match, tried in zip(by_hand, found.matches, found.number.tries, strict=True):
        rounded = ROUNDING_RULES[tried.rule](Fraction(3000, base), 0)
        assert (match != "no") == (rounded == 42)


def test_even_values_between_two_ends_are_counted_with_the_printed_one() -> None:
    tries = tuple(share(30, 72))
    found = weigh(
        TriedNumber(("t", "a", "%"), "k", "42", tries, between=(Fraction(40), Fraction(49)))
    )
    assert found.number.model == EVEN
    assert found.number.alternatives == tuple(map(str, range(40, 50)))
    assert (found.by_another.reached, found.by_another.of) == (2, 10)
    one = TriedNumber(("t", "a", "%"), "k", "1.5", tries, between=(Fraction(1), Fraction(2)))
    assert len(one.alternatives) == 11


@pytest.mark.parametrize(
    ("reached", "of", "word"), [(0, 10, LUCKY), (0, 30, TELLING), (1, 30, LUCKY), (3, 100, TELLING)]
)
def test_few_other_numbers_cannot_show_that_a_match_tells(reached: int, of: int, word: str) -> None:
    others = ("42",) * reached + ("7",) * (of - reached)
    found = weigh(number("42", 60, 72, others=others))
    assert found.by_another.word("within rounding", LIMIT) == word
    assert found.by_another.word("no", LIMIT) == ""
    # The rule is that of a permutation test: the printed number is one of those reached.
    assert (word == LUCKY) == ((reached + 1) / (of + 1) >= LIMIT)


@pytest.mark.parametrize(
    ("luck", "word"),
    [
        # 1 of 20 is the limit itself, 1 of 21 below it.
        (Luck(0, 19), LUCKY),
        (Luck(0, 20), TELLING),
        (Luck(1, 20, own=True), LUCKY),
        (Luck(1, 21, own=True), TELLING),
        (Luck(0, 0), LUCKY),
        (Luck(0, 0, own=True), LUCKY),
    ],
)
def test_a_match_is_telling_below_the_limit_and_lucky_at_it(luck: Luck, word: str) -> None:
    assert luck.word("exact", LIMIT) == word


@given(st.data())
def test_what_is_counted_as_reached_is_what_matches(data: st.DataObject) -> None:
    bases = data.draw(st.lists(st.integers(31, 99), min_size=1, max_size=3))
    unrounded = [Try("w", "**", within=frozenset({"***"})), Try("v", "5", value=Fraction(5))]
    tries = [t for base in bases for t in share(30, base)] + data.draw(
        st.sampled_from([[], unrounded])
    )
    texts = st.sampled_from(["**", "***", "*", "none", "41.7", "30.30", "five"])
    others = tuple(data.draw(st.lists(st.one_of(texts, st.integers(30, 99).map(str)))))
    found = weigh(TriedNumber(("t", "a", "%"), "k", "1", tuple(tries), others))
    matching = sum(any(t.match(text) != "no" for t in tries) for text in others)
    assert (found.by_another.reached, found.by_another.of) == (matching, len(others))


def test_nothing_to_exchange_is_never_telling() -> None:
    found = weigh(number("42", 60, 72))
    assert found.by_another.chance == 1
    assert found.by_another.word("exact", LIMIT) == LUCKY


@given(st.lists(st.integers(31, 300), min_size=2, max_size=6, unique=True), st.data())
def test_more_tries_never_make_a_match_less_likely(bases: list[int], data: st.DataObject) -> None:
    texts = data.draw(st.lists(st.integers(0, 100).map(str), min_size=1, max_size=30))
    fewer = weigh(number("42", *bases[:-1], others=tuple(texts)))
    more = weigh(number("42", *bases, others=tuple(texts)))
    assert more.by_another.reached >= fewer.by_another.reached
    assert more.by_another.of == fewer.by_another.of
    assert more.by_plain == fewer.by_plain
    # By an own count of the texts that any other try would print.
    reach = {str(ROUNDING_RULES[r](Fraction(3000, b), 0)) for b in bases[1:] for r in RULES}
    plain = {str(ROUNDING_RULES[r](Fraction(3000, bases[0]), 0)) for r in NEAREST}
    # Cutting is no plain way, but a try of the plain base.
    reach.add(str(ROUNDING_RULES["truncation"](Fraction(3000, bases[0]), 0)))
    assert more.by_another.reached == sum(t in reach - plain for t in texts)


def families(runs: int, seed: int, *, truth: float = 0.0) -> list[list[TriedNumber]]:
    """Families of percentages; a share `truth` of them is printed of their second base.

    The others are printed at random, whatever their counts.
    """
    draw = random.Random(seed)
    found = []
    for _ in range(runs):
        made = []
        for place in range(40):
            count, plain = draw.randint(5, 60), draw.randint(60, 90)
            bases = [plain, *(draw.randint(60, 300) for _ in range(draw.randint(1, 5)))]
            value = Fraction(100 * count, bases[1])
            right = draw.random() < truth
            text = str(ROUNDING_RULES["half-up"](value, 0)) if right else str(draw.randint(0, 100))
            made.append((place, count, bases, text))
        texts = [text for *_, text in made]
        found.append(
            [
                TriedNumber(
                    ("t", str(place), "%"),
                    "percentages",
                    text,
                    tuple(t for i, b in enumerate(bases) for t in share(count, b, plain=i == 0)),
                    (*texts[:place], *texts[place + 1 :]),
                )
                for place, count, bases, text in made
            ]
        )
    return found


def test_the_stated_chance_is_met_where_numbers_have_nothing_to_do_with_the_data() -> None:
    weighed = [weigh(n) for family in families(25, seed=1) for n in family]
    # The plain method, one try: as often met as its chance says.
    assert len(weighed) == 1000
    for met, chances in (
        ([w.met_by_plain for w in weighed], [w.by_plain.chance for w in weighed]),
        (
            [w.met_by_another for w in weighed if not w.met_by_plain],
            [w.by_another.chance for w in weighed if not w.met_by_plain],
        ),
    ):
        expected = sum(chances)
        spread = sum(c * (1 - c) for c in chances) ** 0.5
        assert spread > 2
        assert abs(sum(met) - expected) < 3 * spread
    # And the tally adds up the same chances, family by family.
    for family in families(3, seed=2):
        tally = tally_frame([weigh(n) for n in family], LIMIT)
        chances = [w.by_another.chance for w in map(weigh, family) if not w.met_by_plain]
        assert tally["expected_by_luck"].tolist() == [pytest.approx(sum(chances))]


def test_a_match_is_seldom_called_telling_by_luck() -> None:
    weighed = [weigh(n) for family in families(15, seed=3) for n in family]
    missed = [w for w in weighed if not w.met_by_plain]
    telling = [w for w in missed if w.by_another.word(w.other_match, LIMIT) == TELLING]
    assert len(telling) / len(missed) <= LIMIT


def test_a_planted_other_base_is_found_and_stands_out() -> None:
    weighed = [weigh(n) for family in families(5, seed=4, truth=0.5) for n in family]
    tally = tally_frame(weighed, LIMIT).iloc[0]
    assert tally["met_by_another"] > 2 * tally["expected_by_luck"]
    # One planted among random ones: printed as of the second base, it is named.
    others = tuple(str(t) for t in range(0, 100, 2))
    frame = numbers_frame([weigh(number("41.7", 60, 72, others=others))], LIMIT, {})
    (row,) = frame.to_dict("records")
    assert row["met_by"] == "30 of 72; half-up | 30 of 72; half-even"
    assert (row["plain"], row["word"], row["chance"]) == ("no", TELLING, 1 / 49)


def test_the_frames_tell_every_try_and_every_number() -> None:
    others = ("50", "42", "17", "18")
    met, missed = number("50", 60, 72, others=others), number("42", 60, 72, others=others)
    weighed = [weigh(met), weigh(missed)]
    tries = tries_frame(weighed, LIMIT)
    assert list(tries.columns) == METHOD_COLUMNS
    assert len(tries) == 12
    assert set(tries["tries"]) == {6}
    assert set(tries["model"]) == {EXCHANGED}
    first = tries[tries["row"] == "50"]
    assert first["plain"].tolist() == ["yes", "yes", "no", "no", "no", "no"]
    assert first.loc[first["match"] != "no", "result"].tolist() == ["50"] * 3
    # A plain match has the chance of one try, whatever is tried after it.
    assert first["chance"].tolist()[:2] == [0.25, 0.25]
    assert (tries["word"] == "").tolist() == (tries["match"] == "no").tolist()
    told = numbers_frame(weighed, LIMIT, {("t", "42", "%"): "differs"})
    assert list(told.columns) == NUMBER_COLUMNS
    assert told["plain"].tolist() == ["exact", "no"]
    assert told["verdict"].tolist() == ["", "differs"]
    assert told["met_by"].tolist() == [
        "30 of 60; half-up | 30 of 60; half-even",
        "30 of 72; half-up | 30 of 72; half-even",
    ]
    assert told["chance"].tolist() == [0.25, pytest.approx(1 / 3)]
    tally = tally_frame(weighed, LIMIT)
    assert list(tally.columns) == TALLY_COLUMNS
    (row,) = tally.to_dict("records")
    assert (row["met_by_plain"], row["not_met_by_plain"], row["met_by_another"]) == (1, 1, 1)
    assert (row["lucky"], row["telling"]) == (1, 0)


def test_records_made_to_meet_the_print_tell_nothing_by_meeting_it() -> None:
    made = EvidenceClass.RECONSTRUCTED
    rebuilt = numeric("records", Fraction(42), RULES, evidence=made)
    others = tuple(map(str, range(50, 99)))
    only = TriedNumber(("t", "a", "%"), "k", "42", (*share(30, 60, plain=True), *rebuilt), others)
    both = TriedNumber(("t", "b", "%"), "k", "42", (*only.tries, *share(30, 72)), others)
    weighed = [weigh(only), weigh(both)]
    assert [w.worth(LIMIT) for w in weighed] == [CONSTRUCTED, TELLING]
    tries = tries_frame(weighed, LIMIT)
    assert set(tries.loc[tries["evidence"] == str(made), "word"]) == {CONSTRUCTED}
    (tally,) = tally_frame(weighed, LIMIT).to_dict("records")
    assert [tally[k] for k in ("lucky", "telling", "constructed")] == [0, 1, 1]
    assert tally["met_by_another"] == 2


def test_the_class_is_that_of_the_freest_try_that_fits() -> None:
    rebuilt = numeric("records", Fraction(42), RULES, evidence=EvidenceClass.RECONSTRUCTED)
    printed = number("42", 60, 75)
    mixed = TriedNumber(printed.key, "k", "42", (*printed.tries, *rebuilt))
    assert numbers_frame([weigh(mixed)], LIMIT, {})["evidence"].tolist() == ["reconstructed"]
    assert set(tries_frame([weigh(mixed)], LIMIT)["evidence"]) == {
        "printed-aggregates",
        "reconstructed",
    }
