"""Printed numbers against the decimal module, brute force and hand-worked cases."""

from collections.abc import Sequence
from decimal import (
    ROUND_DOWN,
    ROUND_HALF_DOWN,
    ROUND_HALF_EVEN,
    ROUND_HALF_UP,
    Decimal,
    localcontext,
)
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medlead.printed import (
    EXACT_KINDS,
    NEAREST,
    ROUNDED_KINDS,
    ROUNDING_RULES,
    Interval,
    decimals,
    interval,
    number,
    numbers_in,
    possible_counts,
    reconciling_rule,
)

MODES = {
    "half-up": ROUND_HALF_UP,
    "half-even": ROUND_HALF_EVEN,
    "truncation": ROUND_DOWN,
}
PLACES = st.integers(0, 4)
# Few digits, so that ties are met often.
DECIMALS = st.builds(
    lambda whole, places: Decimal(whole).scaleb(-places), st.integers(-99_999, 99_999), PLACES
)


def quantized(value: Decimal, places: int, mode: str) -> Decimal:
    with localcontext(prec=80):
        return value.quantize(Decimal(1).scaleb(-places), rounding=mode)


def text_of(value: Decimal) -> str:
    return format(value, "f")


def independent_rule(value: Decimal, text: str, allowed: Sequence[str] = (*MODES,)) -> str | None:
    printed = Decimal(text)
    places = -int(printed.as_tuple().exponent)
    if value == printed:
        return "exact"
    fits = [n for n in allowed if quantized(value, places, MODES[n]) == printed]
    if {"half-up", "half-even"} <= set(fits):
        return "nearest"
    return fits[0] if fits else None


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("12", 12),
        (" 0.68 ", Fraction(17, 25)),
        ("-0.30", Fraction(-3, 10)),
        ("−0.30", Fraction(-3, 10)),
        ("+7", 7),
        (".5", Fraction(1, 2)),
        ("1,234", 1234),
        ("-1,234,567.8", Fraction(-12345678, 10)),
        ("Two", 2),
        ("TEN", 10),
        ("zero", 0),
    ],
)
def test_number_is_exact(text: str, value: Fraction) -> None:
    assert number(text) == value


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "Good",
        "5 Directorates",
        "2-4",
        "12,34",
        "1,2345",
        "1,23",
        "5.",
        "--1",
        "7%",
        "*",
        "eleven",
        "1e3",
        "inf",
        "nan",
        "1/2",
        "½",
    ],
)
def test_what_is_not_one_number_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not one printed number"):
        number(text)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("2-4 depending on size", [2, 4]),
        ("100 – 149", [100, 149]),
        ("2−4", [2, 4]),
        ("r = -0.3, n = 30", [Fraction(-3, 10), 30]),
        ("-0.3", [Fraction(-3, 10)]),
        ("from 1,200 to 13,000 staff", [1200, 13000]),
        ("1,2345", [1, 2345]),
        ("12 (6 each for 2 posts)", [12, 6, 2]),
        ("0.5.", [Fraction(1, 2)]),
        ("none", []),
    ],
)
def test_numbers_in_text(text: str, found: list[Fraction]) -> None:
    assert numbers_in(text) == found


@pytest.mark.parametrize(
    ("text", "places"), [("7", 0), ("0.70", 2), ("1,234.5", 1), ("Two", 0), (".125", 3)]
)
def test_trailing_zeros_count_as_printed_digits(text: str, places: int) -> None:
    assert decimals(text) == places


@pytest.mark.parametrize("kind", sorted(EXACT_KINDS))
def test_exact_kinds_stand_for_one_value(kind: str) -> None:
    assert interval("17", kind) == Interval(Fraction(17), Fraction(17))


@pytest.mark.parametrize("kind", sorted(ROUNDED_KINDS))
def test_rounded_kinds_stand_for_half_a_unit_either_way(kind: str) -> None:
    assert interval("-0.30", kind) == Interval(Fraction(-305, 1000), Fraction(-295, 1000))
    assert interval("40", kind) == Interval(Fraction(79, 2), Fraction(81, 2))


@pytest.mark.parametrize("kind", ["label", "stars", "counts", ""])
def test_a_kind_without_numbers_has_no_interval(kind: str) -> None:
    with pytest.raises(ValueError, match="shows no number"):
        interval("17", kind)


def test_an_interval_refuses_inexact_values() -> None:
    assert Fraction(685, 1000) in interval("0.68", "statistic")
    assert 1 not in interval("0.68", "statistic")
    with pytest.raises(TypeError, match="exact number"):
        _ = 0.68 in interval("0.68", "statistic")  # type: ignore[operator]


# The interval keeps both ends, so that it does not matter which way a half was rounded.
@given(DECIMALS, PLACES, st.sampled_from([ROUND_HALF_UP, ROUND_HALF_EVEN, ROUND_HALF_DOWN]))
def test_the_interval_holds_every_value_that_rounds_to_the_print(
    value: Decimal, places: int, mode: str
) -> None:
    text = text_of(quantized(value, places, mode))
    assert Fraction(value) in interval(text, "statistic")


@given(DECIMALS, PLACES)
def test_values_outside_the_interval_round_to_something_else(value: Decimal, places: int) -> None:
    span = interval(text_of(quantized(value, places, ROUND_HALF_UP)), "value")
    for beyond in (span.low - Fraction(1, 10**9), span.high + Fraction(1, 10**9)):
        rounded = ROUNDING_RULES["half-even"](beyond, places)
        assert rounded != (span.low + span.high) / 2


def test_the_rules_are_two_to_nearest_and_truncation() -> None:
    assert list(ROUNDING_RULES) == list(MODES)
    assert NEAREST == ("half-up", "half-even")


@given(DECIMALS, PLACES, st.sampled_from(sorted(MODES)))
def test_rounding_rules_are_those_of_the_decimal_module(
    value: Decimal, places: int, name: str
) -> None:
    expected = Fraction(quantized(value, places, MODES[name]))
    assert ROUNDING_RULES[name](Fraction(value), places) == expected


@given(DECIMALS, PLACES, st.sampled_from(sorted(MODES)), st.integers(-1, 1))
def test_reconciling_rule_agrees_with_quantize(
    value: Decimal, places: int, name: str, units_off: int
) -> None:
    printed = quantized(value, places, MODES[name]) + units_off * Decimal(1).scaleb(-places)
    text = text_of(printed)
    assert reconciling_rule(Fraction(value), text) == independent_rule(value, text)
    for allowed in (NEAREST, ("half-even",), ("truncation", "half-up")):
        found = reconciling_rule(Fraction(value), text, allowed)
        assert found == independent_rule(value, text, allowed)


@pytest.mark.parametrize(
    ("value", "text", "rule"),
    [
        (Fraction(5, 2), "3", "half-up"),
        (Fraction(5, 2), "2", "half-even"),
        # Halfway too, but both ways of rounding to nearest go up.
        (Fraction(7, 2), "4", "nearest"),
        (Fraction(7, 2), "3", "truncation"),
        (Fraction(-5, 2), "-3", "half-up"),
        (Fraction(-5, 2), "-2", "half-even"),
        (Fraction(-7, 2), "-3", "truncation"),
        (Fraction(200, 3), "67", "nearest"),
        (Fraction(200, 3), "66", "truncation"),
        (Fraction(100, 3), "33", "nearest"),
        (Fraction(100, 3), "34", None),
        (Fraction(100, 3), "35", None),
        (Fraction(100, 3), "32", None),
        (Fraction(7, 10), "0.70", "exact"),
        (Fraction(2), "Two", "exact"),
        (Fraction(12345, 10), "1,235", "half-up"),
    ],
)
def test_ties_and_their_rules_by_hand(value: Fraction, text: str, rule: str | None) -> None:
    assert reconciling_rule(value, text) == rule


@pytest.mark.parametrize(
    ("value", "text", "allowed", "rule"),
    [
        (Fraction(200, 3), "66", NEAREST, None),
        (Fraction(200, 3), "66", ("truncation",), "truncation"),
        (Fraction(200, 3), "67", NEAREST, "nearest"),
        (Fraction(200, 3), "67", ("half-even",), "half-even"),
        (Fraction(5, 2), "3", NEAREST, "half-up"),
        (Fraction(5, 2), "3", ("half-even", "truncation"), None),
        (Fraction(5, 2), "2", NEAREST, "half-even"),
        # The first rule that is allowed is the one that is named.
        (Fraction(5, 2), "2", ("truncation", "half-even"), "truncation"),
        (Fraction(7, 2), "3", NEAREST, None),
        (Fraction(3), "3.0", (), "exact"),
    ],
)
def test_only_allowed_rules_explain_a_print(
    value: Fraction, text: str, allowed: Sequence[str], rule: str | None
) -> None:
    assert reconciling_rule(value, text, allowed) == rule


def test_a_value_just_off_a_tie_is_no_tie() -> None:
    beside = Fraction(5, 2) + Fraction(1, 10**90)
    assert reconciling_rule(beside, "3") == "nearest"
    assert reconciling_rule(beside, "2") == "truncation"


def test_very_large_numbers_round_exactly() -> None:
    huge = Fraction(10**80 + 1, 2)
    assert ROUNDING_RULES["half-up"](huge, 0) == Fraction(10**80 + 2, 2)


@settings(deadline=None)  # a slow machine is no failure
@given(st.integers(1, 200), st.integers(0, 100), st.sampled_from(["", *"0123456789"]))
def test_possible_counts_equals_brute_force(n: int, whole: int, tenth: str) -> None:
    text = f"{whole}.{tenth}" if tenth else str(whole)
    half, printed = Fraction(1, 20 if tenth else 2), Fraction(text)
    # A share half a unit above the print was rounded down, which only an even last digit allows.
    top_belongs = int(text[-1]) % 2 == 0
    beyond = [Fraction(100 * c, n) - printed for c in range(n + 1)]
    expected = [
        c for c, far in enumerate(beyond) if -half <= far < half or (far == half and top_belongs)
    ]
    assert possible_counts(text, n) == expected


@pytest.mark.parametrize(
    ("text", "n", "counts"),
    [
        ("67", 3, [2]),
        ("66", 3, []),
        ("12", 8, [1]),
        ("13", 8, [1]),
        ("37", 8, []),
        ("38", 8, [3]),
        ("0", 300, [0, 1]),
        ("17", 12, [2]),
    ],
)
def test_counts_behind_a_percentage_by_hand(text: str, n: int, counts: list[int]) -> None:
    assert possible_counts(text, n) == counts


@settings(deadline=None)  # a slow machine is no failure
@given(st.integers(1, 300), st.data())
def test_every_count_can_have_been_printed_as_its_percentage(n: int, data: st.DataObject) -> None:
    count = data.draw(st.integers(0, n))
    assert count in possible_counts(str(round(Fraction(100 * count, n))), n)


@pytest.mark.parametrize("n", [0, -1])
def test_a_percentage_needs_a_base(n: int) -> None:
    with pytest.raises(ValueError, match="at least 1"):
        possible_counts("50", n)
