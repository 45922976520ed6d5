"""Readers of single answers: every way of writing that is read, and every one that is not."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medlead.survey.answers import ELSEWHERE, Parsed, date_problem, missing_reason, tidy
from medlead.survey.numbers import Unit, parse_number, spelt_number
from medlead.survey.roles import parse_roles, roles_text
from medlead.survey.values import Box, parse_choice, parse_rating, parse_tick, parse_yes_no

MILLION = Unit("£ million", 1_000_000, low=5, high=3000, money=True)
STAFF = Unit("people", low=50, high=40000, whole=True, words=("staff",), other_basis=("wte",))
DOCTORS = Unit("doctors", low=0, high=30, whole=True)
SHARE = Unit("%", low=0, high=100, percent=True)
TIME = Unit("PAs", low=0, high=20, words=("pa", "pas", "each"), other_basis=("sessions",))


@pytest.mark.parametrize(
    ("text", "unit", "value"),
    [
        ("193", MILLION, 193),
        ("£193m", MILLION, 193),
        ("£193 Million", MILLION, 193),
        ("193 mill.", MILLION, 193),
        ("131.5", MILLION, 131.5),
        ("£1.2bn", MILLION, 1200),
        ("193,000k", MILLION, 193),
        ("193000000", MILLION, 193),
        ("£193,000,000", MILLION, 193),
        ("1.93E+08", MILLION, 193),
        ("approx. £193m (2009/10)", MILLION, 193),
        ("£193m in 2009/10", MILLION, 193),
        ("£193m p.a.", MILLION, 193),
        ("two hundred million", MILLION, 200),
        ("GBP 193m", MILLION, 193),
        ("c193m", MILLION, 193),
        ("~193", MILLION, 193),
        ("3,200 wte", STAFF, 3200),
        ("3,200 (2,900 wte)", STAFF, 3200),
        ("3 200", STAFF, 3200),
        ("3.2k", STAFF, 3200),
        ("circa 3200 staff", STAFF, 3200),
        ("three thousand two hundred", STAFF, 3200),
        ("one hundred and fifty", STAFF, 150),
        ("5 thousand", STAFF, 5000),
        ("two", DOCTORS, 2),
        ("Two (2)", DOCTORS, 2),
        ("1 (Medical Director)", DOCTORS, 1),
        ("twenty-five", DOCTORS, 25),
        ("nil", DOCTORS, 0),
        ("None", DOCTORS, 0),
        ("zero", DOCTORS, 0),
        ("about 5 or so", DOCTORS, 5),
        ("25%", SHARE, 25),
        ("25 per cent", SHARE, 25),
        ("0.5%", SHARE, 0.5),
        ("0 000", SHARE, 0),
        ("7½", TIME, 7.5),
        ("½", TIME, 0.5),
    ],
)
def test_numbers_that_are_read(text: str, unit: Unit, value: float) -> None:
    read = parse_number(text, unit)
    assert (read.value, read.problem, read.missing) == (value, None, None)
    assert read.rules or text in (f"{value:g}", "7½", "½")


@pytest.mark.parametrize(
    ("text", "unit", "ends"),
    [
        ("140-150", MILLION, (140, 150, False, False)),
        ("£140m – £150m", MILLION, (140, 150, False, False)),
        ("140-150m", MILLION, (140, 150, False, False)),
        ("950-1.2bn", MILLION, (950, 1200, False, False)),
        ("140000000 to 150000000", MILLION, (140, 150, False, False)),
        ("between 3 and 4", DOCTORS, (3, 4, False, False)),
        ("three or four", DOCTORS, (3, 4, False, False)),
        ("three-four", DOCTORS, (3, 4, False, False)),
        ("from 2 to 3", DOCTORS, (2, 3, False, False)),
        ("over 200", MILLION, (200, None, True, False)),
        ("at least 200", MILLION, (200, None, False, False)),
        ("200+", MILLION, (200, None, False, False)),
        ("> 200m", MILLION, (200, None, True, False)),
        ("under £320m", MILLION, (None, 320, False, True)),
        ("up to 5", DOCTORS, (None, 5, False, False)),
        ("5 or fewer", DOCTORS, (None, 5, False, False)),
    ],
)
def test_ranges_keep_their_ends_and_have_no_value(
    text: str, unit: Unit, ends: tuple[float | None, float | None, bool, bool]
) -> None:
    read = parse_number(text, unit)
    assert (read.low, read.high, read.low_open, read.high_open) == ends
    assert read.is_range
    assert read.value is None
    assert read.problem is None


@pytest.mark.parametrize(
    ("text", "unit", "said"),
    [
        ("193000", MILLION, "in thousands it means 193"),
        ("4,000,000", MILLION, "cannot be right"),
        ("4", MILLION, "cannot be right"),
        ("193 thousand", MILLION, "cannot be right"),
        ("nil", MILLION, "cannot be right"),
        ("$193m", MILLION, "another currency"),
        ("193,5", MILLION, "do not part thousands"),
        ("1.234.567", MILLION, "do not part thousands"),
        ("-193", MILLION, "negative"),
        ("193m/201m", MILLION, "more than one number"),
        ("150-140", MILLION, "not possible"),
        ("140-140", MILLION, "not possible"),
        ("see attached", MILLION, "elsewhere"),
        ("As above", MILLION, "elsewhere"),
        ("2010-03-02", DOCTORS, "date"),
        ("12%", STAFF, "percentage"),
        ("£3000", STAFF, "amount of money"),
        ("3204.6", STAFF, "whole number"),
        ("3.200", STAFF, "cannot be right"),
        ("2/3", DOCTORS, "more than one number"),
        ("4 plus CEO", DOCTORS, "not clear what 'plus ceo' says"),
        ("not 5", DOCTORS, "not clear what 'not' says"),
        ("varies", DOCTORS, "no number"),
        ("0.25", SHARE, "share of 1"),
        ("1e99", Unit(), "cannot be right"),
        ("x" * 300, DOCTORS, "longer text"),
    ],
)
def test_what_is_not_clearly_one_number_is_a_problem(text: str, unit: Unit, said: str) -> None:
    read = parse_number(text, unit)
    assert read.value is None
    assert not read.is_range
    assert said in (read.problem or "")


def test_another_basis_is_kept_and_reported() -> None:
    assert "'wte'" in parse_number("3,200 wte", STAFF).doubts[0]
    assert parse_number("3,200 staff", STAFF).doubts == ()
    assert parse_number("3,200 (2,900 wte)", STAFF).doubts == ()


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "not answered"),
        (" \ufeff ", "not answered"),
        ("–", "not answered"),
        ("N/A", "not applicable"),
        ("n.a.", "not applicable"),
        ("n/k", "not known"),
        ("Not Known", "not known"),
        ("Don’t know", "not known"),
        ("?", "not known"),
        ("See attached chart", ELSEWHERE),
        ("see question 5", ELSEWHERE),
        ("ditto", ELSEWHERE),
        ("5", None),
        ("not known to differ", None),
        ("no", None),
    ],
)
def test_marks_for_no_answer(text: str, reason: str | None) -> None:
    assert missing_reason(text) == reason


# Every supported style, as a function from a number to a text.
WHOLE_STYLES = {
    "plain": "{n}",
    "separated": "{n:,}",
    "about": "approx {n:,}",
    "circa": "c. {n}",
    "words behind": "{n:,} staff",
    "other basis": "{n} wte",
    "blanks": "  {n}\xa0",
    "remark": "{n} (head count)",
    "point": "{n}.",
    "decimals": "{n}.0",
    "exponent": "{n}e0",
}
MONEY_STYLES = {
    "pounds": "£{v}",
    "m": "£{v}m",
    "million": "{v} million",
    "mill": "{v}mill",
    "thousands": "£{k:,}k",
    "single": "£{s:,}",
    "plain single": "{s}",
    "billion": "{b} bn",
    "year": "£{v}m (2009/10)",
    "about": "~{v}m",
}


@given(st.sampled_from(sorted(WHOLE_STYLES)), st.integers(50, 40000))
def test_whole_numbers_come_back_from_every_style(style: str, n: int) -> None:
    read = parse_number(WHOLE_STYLES[style].format(n=n), STAFF)
    assert read.value == n
    assert read.problem is None


@given(
    st.sampled_from(sorted(MONEY_STYLES)), st.integers(500, 300000).map(lambda n: Decimal(n) / 100)
)
def test_amounts_come_back_from_every_style(style: str, value: Decimal) -> None:
    text = MONEY_STYLES[style].format(
        v=value, k=int(value * 1000), s=int(value * 10**6), b=value / 1000
    )
    assert parse_number(text, MILLION).value == float(value)


@given(st.integers(1, 999_999))
def test_spelt_numbers_come_back(n: int) -> None:
    assert spelt_number(spell(n)) == n
    assert parse_number(spell(n), Unit()).value == n


def spell(n: int) -> str:
    ones = "_ one two three four five six seven eight nine ten eleven twelve thirteen fourteen"
    ones += " fifteen sixteen seventeen eighteen nineteen"
    tens = "_ _ twenty thirty forty fifty sixty seventy eighty ninety"
    if n < 20:
        return ones.split()[n]
    if n < 100:
        return tens.split()[n // 10] + (f"-{spell(n % 10)}" if n % 10 else "")
    size, word = (1000, "thousand") if n >= 1000 else (100, "hundred")
    rest = n % size
    link = " and " if rest < 100 else " "
    return f"{spell(n // size)} {word}" + (link + spell(rest) if rest else "")


@given(st.integers(50, 20000), st.integers(1, 20000), st.sampled_from(["-", " to ", "–", " or "]))
def test_ranges_come_back(low: int, more: int, link: str) -> None:
    read = parse_number(f"{low:,}{link}{low + more:,}", STAFF)
    assert (read.low, read.high, read.value) == (low, low + more, None)


LEADERS = (
    Box("low", "Up to 10%", ("under 10%",), None, 10),
    Box("middle", "10-20%", (), 10, 20),
    Box("high", "20%+", (), 20, None),
)
PARSERS: tuple[Callable[[str], Parsed[Any]], ...] = (
    lambda t: parse_number(t, MILLION),
    lambda t: parse_number(t, STAFF),
    lambda t: parse_number(t, SHARE),
    parse_tick,
    parse_yes_no,
    parse_rating,
    lambda t: parse_choice(t, LEADERS, unit=SHARE),
    lambda t: parse_roles(t, TIME),
)
PIECES = st.sampled_from(
    ["£", "193", ",", ".", " ", "m", "k", "to", "-", "over", "approx", "%", "(", ")", "two", "yes"]
    + [
        "no",
        "x",
        "/",
        "10",
        "wte",
        "e",
        "½",
        "between",
        "and",
        "Medical Director",
        ";",
        "\n",
        "\xa0",
    ]
)


@given(st.one_of(st.text(), st.lists(PIECES).map("".join), st.lists(PIECES).map(" ".join)))
def test_no_text_breaks_a_reader_and_each_has_one_outcome(text: str) -> None:
    for parse in PARSERS:
        read = parse(text)
        outcomes = [
            read.value is not None,
            read.is_range and read.problem is None,
            read.problem is not None,
            read.missing is not None and read.problem is None,
        ]
        assert sum(outcomes) == 1


@given(st.text())
def test_tidying_twice_changes_nothing_more(text: str) -> None:
    assert tidy(tidy(text)) == tidy(text)


@pytest.mark.parametrize("text", ["1", "x", " X ", "✓", "√", "Yes", "y", "TRUE", "t", "☑", "[x]"])
def test_ticks(text: str) -> None:
    assert parse_tick(text).value is True


@pytest.mark.parametrize("text", ["0", "no", "N", "false", "☐", "[ ]", "FALSE"])
def test_boxes_said_to_be_empty(text: str) -> None:
    assert parse_tick(text).value is False


def test_a_blank_box_says_nothing_by_itself_and_words_are_refused() -> None:
    assert parse_tick("") == Parsed(missing="not answered")
    assert parse_tick("maybe").problem
    assert parse_tick("2").problem


@pytest.mark.parametrize(
    ("text", "value"),
    [("Yes", True), ("y", True), ("✓", True), ("TRUE", True), ("No.", False), ("n", False)],
)
def test_yes_and_no(text: str, value: bool) -> None:
    assert parse_yes_no(text).value is value


def test_words_behind_yes_or_no_are_reported() -> None:
    read = parse_yes_no("No – but planned")
    assert read.value is False
    assert read.doubts


@pytest.mark.parametrize("text", ["x", "yes/no", "Yes and no", "planned", "no idea", "none"])
def test_what_is_neither_yes_nor_no(text: str) -> None:
    assert parse_yes_no(text).value is None
    assert parse_yes_no(text).problem


@pytest.mark.parametrize(
    ("text", "value"),
    [("8", 8), ("8/10", 8), ("8 out of 10", 8), ("eight", 8), ("0", 0), ("10.0", 10)],
)
def test_ratings(text: str, value: float) -> None:
    read = parse_rating(text)
    assert read.value == value
    assert read.doubts == ()


def test_labels_of_the_ends_are_ratings() -> None:
    ends = ("Not at all", "Completely")
    assert parse_rating("not at all", ends=ends).value == 0
    assert parse_rating("COMPLETELY", ends=ends).value == 10
    assert parse_rating("completely").problem


def test_half_steps_are_kept_and_reported_or_refused() -> None:
    assert parse_rating("9.5").value == 9.5
    assert "half step" in parse_rating("9.5").doubts[0]
    assert parse_rating("9.5", halves=False).problem
    assert parse_rating("7.3").problem
    assert parse_rating("7.5", step=0.5).doubts == ()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("7-8", "range"),
        ("7, 8", "several boxes"),
        ("7 8", "several boxes"),
        ("7 & 8", "several boxes"),
        ("11", "not on the scale"),
        ("80%", "percentage"),
        ("16/20", "out of 20"),
        ("2010-10-08", "date"),
        ("good", "no number"),
        ("9+", "range"),
    ],
)
def test_ratings_that_are_no_box(text: str, said: str) -> None:
    read = parse_rating(text)
    assert read.value is None
    assert said in (read.problem or "")
    if text in ("7-8", "7, 8", "7 8", "7 & 8"):
        assert (read.low, read.high) == (7, 8)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("Up to 10%", "low"),
        ("up to 10 per cent", "low"),
        ("10–20 %", "middle"),
        ("10 to 20%", "middle"),
        ("10-20", "middle"),
        ("20% +", "high"),
        ("15%", "middle"),
        ("about 12", "middle"),
        ("10", "middle"),
        ("9.9%", "low"),
        ("95", "high"),
        ("under 10%", "low"),
    ],
)
def test_choices_by_label_other_words_and_number(text: str, value: str) -> None:
    assert parse_choice(text, LEADERS, unit=SHARE).value == value


def test_choices_that_are_no_box() -> None:
    assert "several boxes" in (parse_choice("Up to 10%; 10-20%", LEADERS).problem or "")
    assert parse_choice("15-25%", LEADERS, unit=SHARE).problem
    assert parse_choice("120%", LEADERS, unit=SHARE).problem
    types = (Box("Acute"), Box("Specialist", words=("Special",)))
    assert "'Acute'" in (parse_choice("Acutte", types).problem or "")
    assert parse_choice("special", types).value == "Specialist"
    assert parse_choice("N/A", types).missing == "not applicable"


def known(text: str) -> bool:
    return any(title in text.casefold() for title in ("director", "chief exec", "ned"))


@pytest.mark.parametrize(
    ("text", "standard"),
    [
        ("Medical Director (8 PAs); Chief Exec – none", "Medical Director 8; Chief Exec 0"),
        ("Medical Director: approx 8 PAs\n2. NED", "Medical Director 8; NED"),
        ("2 x Medical Director 6", "2 x Medical Director 6"),
        ("Two Medical Directors (5 each)", "2 x Medical Director 5"),
        ("Medical Director (x2), 8 PAs", "2 x Medical Director 8"),
        ("Medical Director and Chief Executive", "Medical Director; Chief Executive"),
        ("Medical Director, 8 PAs, Chief Exec, nil", "Medical Director 8; Chief Exec 0"),
        ("Medical Director, Women and Children, 8", "Medical Director, Women and Children 8"),
        ("Director of Education and Research - 2", "Director of Education and Research 2"),
        ("Medical Director 10 and Deputy Director 8", "Medical Director 10; Deputy Director 8"),
        ("Clinical Director 2–4", "Clinical Director 2-4"),
        ("Medical Director - n/k", "Medical Director"),
    ],
)
def test_posts_are_written_the_standard_way(text: str, standard: str) -> None:
    read = parse_roles(text, TIME, known=known)
    assert roles_text(read.value or ()) == standard
    assert read.doubts == ()


@pytest.mark.parametrize(
    "text",
    [
        "Medical Director 12 (6 each for 2 posts)",
        "Medical Director - full time",
        "Medical Director 40",
    ],
)
def test_times_that_are_not_clear_leave_the_post_without_a_time(text: str) -> None:
    read = parse_roles(text, TIME, known=known)
    assert read.value is not None
    (role,) = read.value
    assert (role.title, role.time.value) == ("Medical Director", None)
    assert role.text == text
    assert read.doubts


def test_the_time_of_several_posts_is_taken_as_that_of_each_and_said() -> None:
    rule = "time taken as that of each post"
    assert rule in parse_roles("2 x Medical Director 6", TIME).rules
    assert rule not in parse_roles("Medical Director 6", TIME).rules
    assert rule not in parse_roles("2 x Medical Director", TIME).rules


def test_another_unit_of_time_is_kept_and_reported() -> None:
    read = parse_roles("Medical Director 7 sessions", TIME)
    assert read.value is not None
    assert read.value[0].time.value == 7
    assert "'sessions'" in read.doubts[0]


@pytest.mark.parametrize(
    ("text", "guess"),
    [
        ("2010-12-10", "of '10-12')"),
        ("10-Dec", "of '10-12')"),
        ("8 Oct 2010", "of '8-10')"),
        # A spreadsheet takes `10-20` for a month and a year.
        ("2020-10-01 00:00:00", "of '10-20' or '1-10')"),
        ("Oct-20", "of '10-20')"),
        ("Nov-09", "'8/10'"),
    ],
)
def test_a_date_is_no_answer_and_says_what_it_may_have_been(text: str, guess: str) -> None:
    for parser in PARSERS[:3]:
        assert (parser(text).problem or "").endswith(guess)
    assert (parse_choice(text, LEADERS, unit=SHARE).problem or "").endswith(guess)


@pytest.mark.parametrize("text", ["1,5", "May", "Mar 3 PAs", "10-20", "Decent"])
def test_what_is_no_date_is_not_taken_for_one(text: str) -> None:
    assert date_problem(text) is None


@pytest.mark.parametrize(
    ("text", "value"), [("5-10%", "low"), ("12 to 15", "middle"), ("over 25%", "high")]
)
def test_a_range_within_one_box_is_that_box(text: str, value: str) -> None:
    assert parse_choice(text, LEADERS, unit=SHARE).value == value


def test_a_share_is_not_taken_for_a_percentage() -> None:
    assert "share of 1" in (parse_choice("0.15", LEADERS, unit=SHARE).problem or "")


@pytest.mark.parametrize(
    ("text", "value"),
    [("Yes - mainly", True), ("✓ (mainly)", True), ("√√", True), ("no, not now", False)],
)
def test_words_behind_a_tick_are_left_out(text: str, value: bool) -> None:
    assert parse_tick(text).value is value


@pytest.mark.parametrize("text", ["*", "yes or no", "no idea, or yes", "x2", "Yesterday"])
def test_what_may_be_no_tick_is_a_problem(text: str) -> None:
    assert parse_tick(text).problem


def test_a_rating_is_read_by_the_words_at_its_ends_and_before_a_remark() -> None:
    ends = ("Not at all", "Completely")
    assert parse_rating("not at all.", ends=ends).value == 0
    assert parse_rating("COMPLETELY", ends=ends).value == 10
    remark = parse_rating("8 - could be better")
    assert (remark.value, remark.doubts) == (8, ("words stand behind the number",))
    assert parse_rating("8 - 9 on good days").value is None


def test_options_are_read_by_their_patterns_unless_two_fit() -> None:
    types = (Box("Acute", patterns=(r"\bacute\b",)), Box("MH", patterns=(r"mental",)))
    assert parse_choice("An acute trust", types).value == "Acute"
    assert "any of several boxes" in (parse_choice("Acute mental health", types).problem or "")


def test_two_titles_with_a_slash_and_one_time_are_one_post() -> None:
    def known(text: str) -> bool:
        return any(word in text for word in ("Director", "Chief"))

    one = parse_roles("Medical Director/Deputy Chief Executive 10", TIME, known=known).value
    assert one is not None
    assert [role.facts[:3] for role in one] == [("Medical Director/Deputy Chief Executive", 1, 10)]
    two = parse_roles("Medical Director 6 / Chief Executive 0", TIME, known=known).value
    assert two is not None
    assert [role.facts[:3] for role in two] == [
        ("Medical Director", 1, 6),
        ("Chief Executive", 1, 0),
    ]
    at = parse_roles("AMD x3 @ 2PAs", TIME).value
    assert at is not None
    assert [role.facts[:3] for role in at] == [("AMD", 3, 2)]
