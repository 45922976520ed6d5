"""Truth in three values, and numbers that stand for all that they can be."""

import itertools
import random
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medlead.printed import interval
from medlead.verdicts.claim_truths import both, compared, either, leaf, opposite
from medlead.verdicts.claim_values import (
    Basis,
    Number,
    Refused,
    Text,
    Truth,
    added,
    combined,
    divided,
    exact,
)
from medlead.verdicts.claim_verdicts import ClaimReason

THREE = (True, False, None)
RUN = {
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
}


def truth(value: bool | None) -> Truth:
    return Truth(value, value)


def worlds(value: bool | None) -> list[bool]:
    """What an open truth can turn out to be."""
    return [True, False] if value is None else [value]


@pytest.mark.parametrize("values", list(itertools.product(THREE, repeat=2)))
def test_and_or_not_are_what_all_worlds_agree_on(values: tuple[bool | None, bool | None]) -> None:
    for joined, function in ((both, all), (either, any)):
        outcomes = {function(world) for world in itertools.product(*map(worlds, values))}
        wanted = outcomes.pop() if len(outcomes) == 1 else None
        assert joined(*map(truth, values)).value is wanted
        assert joined(*map(truth, values)).firm is wanted


@pytest.mark.parametrize("value", THREE)
def test_not_turns_and_open_stays_open(value: bool | None) -> None:
    assert opposite(truth(value)).value is (None if value is None else not value)
    assert opposite(opposite(truth(value))) == truth(value)
    assert opposite(Truth(value, None)).firm is None


def test_a_threshold_of_ours_decides_only_where_nothing_else_does() -> None:
    ours = Truth(True, None)
    assert both(truth(False), ours).firm is False
    assert both(truth(True), ours).firm is None
    assert either(truth(True), ours).firm is True
    assert either(truth(False), ours).firm is None


def test_a_leaf_of_ours_is_firm_in_nothing() -> None:
    assert leaf(True, "x", firm=False).firm is None
    assert leaf(True, "x").firm is True


def test_what_is_free_is_open_whatever_it_says_and_tells_it() -> None:
    found = leaf(True, "3 is above 2", Basis(free=True))
    assert found.value is None
    assert found.why == (ClaimReason.AT_HAND,)
    assert "3 is above 2: holds of the records at hand" in found.told[0]
    assert leaf(False, "x", Basis()).value is False


def test_by_construction_travels_with_what_holds_and_not_with_what_is_decided_otherwise() -> None:
    held, plain = leaf(True, "a", Basis(held=True)), leaf(True, "b")
    assert both(held, plain).held
    assert not either(held, plain).held
    assert either(held, leaf(False, "c")).held


numbers = st.builds(
    lambda units, places: f"{units / 10**places:.{places}f}",
    st.integers(-30, 30),
    st.integers(0, 2),
)


def printed(text: str) -> Number:
    ends = interval(text, "statistic")
    return Number(ends.low, ends.high, rounded=True, text=text)


def inside(number: Number, seed: int) -> list[Fraction]:
    chance = random.Random(seed)
    width = number.high - number.low
    between = [number.low + width * Fraction(chance.randint(1, 99), 100) for _ in range(3)]
    return [number.low, number.high, *between]


@given(numbers, numbers, st.sampled_from(["<", "<=", ">", ">="]))
def test_no_choice_within_the_rounding_contradicts_a_decided_order(
    first: str, second: str, sign: str
) -> None:
    a, b = printed(first), printed(second)
    found = compared(a, sign, b).value
    choices = {RUN[sign](x, y) for x in inside(a, 1) for y in inside(b, 2)}
    assert found is None or choices == {found}
    # And what all ends agree on is decided.
    ends = {RUN[sign](x, y) for x in (a.low, a.high) for y in (b.low, b.high)}
    assert len(ends) == 2 or found is ends.pop()


@given(numbers, numbers)
def test_equal_fails_only_where_no_choice_is_equal(first: str, second: str) -> None:
    a, b = printed(first), printed(second)
    apart = a.high < b.low or b.high < a.low
    assert compared(a, "==", b).value is not apart
    assert compared(a, "!=", b).value is apart


@given(numbers, numbers, st.sampled_from(["+", "-", "*", "/"]))
def test_no_choice_lies_outside_a_sum(first: str, second: str, sign: str) -> None:
    a, b = printed(first), printed(second)
    run = {
        "+": lambda x, y: x + y,
        "-": lambda x, y: x - y,
        "*": lambda x, y: x * y,
        "/": lambda x, y: x / y,
    }[sign]
    if sign == "/" and b.low <= 0 <= b.high:
        with pytest.raises(Refused, match="can be zero"):
            divided(a, b)
        return
    found = (
        added([a, b]) if sign == "+" else divided(a, b) if sign == "/" else combined([a, b], run)
    )
    for x in inside(a, 3):
        for y in inside(b, 4):
            assert found.low <= run(x, y) <= found.high
    assert found.rounded


def test_a_possible_set_is_not_taken_for_rounding() -> None:
    possible = Number(Fraction(3), Fraction(7))
    assert compared(possible, "==", exact(5)).value is None
    assert compared(possible, "==", exact(8)).value is False
    assert compared(possible, ">", exact(2)).value is True
    assert compared(possible, ">", exact(5)).why == (ClaimReason.SET_HAS_BOTH,)
    assert not added([possible, printed("0.5")]).rounded
    assert compared(printed("0.5"), ">", exact(0)).value is True
    assert compared(printed("0.5"), ">", printed("0.5")).why == (ClaimReason.WITHIN_ROUNDING,)


def test_texts_are_the_same_but_for_capitals_and_blanks() -> None:
    assert compared(Text("Fully  Met "), "==", Text("fully met")).value is True
    assert compared(Text("Good"), "!=", Text("Fair")).value is True
    with pytest.raises(Refused, match="cannot be compared"):
        compared(Text("Good"), "<", Text("Fair"))
    with pytest.raises(Refused, match="cannot be compared"):
        compared(Text("5"), "==", exact(5))


def test_numbers_are_told_as_a_reader_wants_them() -> None:
    assert str(exact(72)) == "72"
    assert str(Number(Fraction(1, 3), Fraction(1, 3))) == "0.3333"
    assert str(Number(Fraction(1), Fraction(3))) == "1 to 3"
    assert str(Number(Fraction(1, 4), Fraction(1, 4), unit="share")) == "25 %"
    assert str(printed("0.50")) == "0.50"
