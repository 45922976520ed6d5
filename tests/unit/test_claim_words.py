"""Every word of checks against a meaning worked out by hand or by brute force, at its edges."""

import itertools
import statistics
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import pandas as pd
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from medlead.evidence import EvidenceClass
from medlead.sources.messages import ProblemsFound
from medlead.verdicts import claim_judgement as ours
from medlead.verdicts import claim_series_words as words
from medlead.verdicts import claim_words as truths
from medlead.verdicts.claim_evaluation import evaluate
from medlead.verdicts.claim_evidence import ClaimEvidence
from medlead.verdicts.claim_language import parse, truth_words
from medlead.verdicts.claim_registry import WORDS, Context, Name
from medlead.verdicts.claim_thresholds import load_words
from medlead.verdicts.claim_values import NotBuilt, Number, Refused, Series, Truth, exact
from medlead.verdicts.claim_verdicts import GIVEN, ClaimReason, ClaimVerdict, Conflicting, Nothing
from medlead.verdicts.relations import Cell

ROOT = Path(__file__).parents[2]
SHIPPED = yaml.safe_load((ROOT / "config/instruments/words.yaml").read_text(encoding="utf-8"))
OURS, PLAIN = truth_words(ours=True), truth_words(ours=False)
THRESHOLDS = load_words(SHIPPED, OURS, PLAIN)

COUNTS = {"a": 10, "b": 5, "c": 5, "d": 2, "Total": 22}
CELLS = [
    *(Cell(("t", name, "n"), str(n), "count") for name, n in COUNTS.items()),
    *(Cell(("t", name, "%"), str(round(100 * n / 22)), "percent") for name, n in COUNTS.items()),
    *(
        Cell(("m", name, "index"), text, "statistic")
        for name, text in (("x", "65.8"), ("y", "65.8"), ("z", "50.1"))
    ),
    Cell(("m", "x", "rating"), "Fully  Met", "rating"),
    Cell(("m", "y", "rating"), "good", "rating"),
    Cell(("m", "z", "rating"), "", "rating"),
    *(Cell(("k", name, "n"), n, "count") for name, n in (("1", "3"), ("2", "one"), ("4", "0"))),
]
FRAMES = {
    "survey/one": pd.DataFrame(
        {
            "who": ["p", "q", "q"],
            "column": ["u", "u", "v"],
            "estimate": ["0.5", "0.3333333333", ""],
            "low": ["0.1", "-inf", ""],
            "high": ["0.9", "0.4", ""],
            "says": ["yes", "no", "no"],
            "evidence": ["printed-records", "printed-aggregates", "printed-aggregates"],
        }
    ),
    "survey/solved": pd.DataFrame({"who": ["p"], "n": ["3"], "evidence": ["reconstructed"]}),
    "tables/t": pd.DataFrame(
        {"row": ["a", "new"], "column": ["n", "n"], "value": ["10", "4"]}
    ).assign(evidence="reconstructed"),
    "verdicts/relations": pd.DataFrame(
        {
            "relation": ["sum", "twice", "twice"],
            "instance": ["sum", "twice[a]", "twice[b]"],
            "outcome": ["holds", "holds", "fails"],
            "left": ["1", "2", "3"],
            "right": ["1", "2", "4"],
            "evidence": "printed-aggregates",
        }
    ),
    "reconstruction/identified": pd.DataFrame(
        {"statistic": ["s"], "low": ["3"], "high": ["7.5"], "evidence": ["reconstructed"]}
    ),
    "reconstruction/sentences": pd.DataFrame(
        {
            "sentence": ["yes", "no", "open"],
            "statistic": "s",
            "condition": "above 1",
            "threshold": ["print", "print", "ours"],
            "low": "3",
            "high": "7",
            "verdict": ["holds", "fails", "undecidable"],
            "evidence": "reconstructed",
        }
    ),
    "engagement/statements": pd.DataFrame(
        {
            "statement": ["A-01", "A-02", "A-03"],
            "found": ["high", "", ""],
            "verdict": ["agrees-by-construction", "not-derivable", "not-derivable"],
            "why": ["", "not-checkable", "conflicting-evidence"],
            "reason": ["", "a caution", "another says otherwise"],
            "evidence": "simulated",
        }
    ),
}
RECORDS = {
    "sites": pd.DataFrame(
        {"site": ["A", "B"], "staff": ["100", "20.5"], "kind": ["Acute", "acute"]}
    ).assign(evidence="printed-records")
}


def context() -> Context:
    classes = {"m": EvidenceClass.PRINTED_RECORDS}
    return Context(ClaimEvidence(CELLS, classes, FRAMES.get, RECORDS.get), THRESHOLDS)


def truth(check: str) -> Truth:
    return evaluate(parse(check), context())


S = 'cells("t", "*", "n", but=["Total"])'
TOTAL = 'cell("t", "Total", "n")'
MET = {
    # Access: exact counts, rounded statistics, labels, what is left out.
    f"{TOTAL} == 22": True,
    'cell("m", "x", "index") < 65.86': True,
    'cell("m", "x", "index") < 65.8': None,
    'cell("m", "x", "index") == 65.84': True,
    'cell("m", "x", "index") == 65.86': False,
    'cell("k", "2", "n") == 1': True,
    'text("m", "x", "rating") == "fully met"': True,
    'text("m", "x", "rating") != "met"': True,
    'size(cells("t", "*", "n")) == 5': True,
    f"size({S}) == 4": True,
    'size(cells("m", "*", "*")) == 3': True,
    'size(texts("m", "*", "rating")) == 3': True,
    'contains(cells("t", "a", "*"), "%") and contains(cells("t", ["a", "b"], "*"), "b / n")': True,
    'value(row_sums("m", "*", "*"), "x") == 65.8': True,
    'value(column_sums("t", "*", "*", but=["Total", "%"]), "n") == 22': True,
    # Results and records.
    'found("survey/one", "estimate", who="p") == 0.5': True,
    'found("survey/one", "estimate", who="q", column="u") == 1 / 3': True,
    'found("survey/one.csv", "estimate", who="q", column="u") > 0.34': False,
    'found_text("survey/one", "says", who="p") == "yes"': True,
    'found_set("survey/one", "low", "high", who="p") > 0': True,
    'found_set("survey/one", "low", "high", who="p") > 0.5': None,
    'found_set("survey/one", "low", "high", who="q", column="u") < 0.3': None,
    'found_set("survey/one", "low", "high", who="q", column="u") < 0.5': True,
    'size(frame("survey/one", "estimate", by=["who", "column"])) == 2': True,
    'contains(frame_texts("survey/one", "says", by=["who", "column"]), "q / v")': True,
    'size(frame("survey/one", "estimate", by="who", column=["u"])) == 2': True,
    'number_of(frame_texts("survey/one", "says", by="column", who="q"), like="no") == 2': True,
    'value(records("sites", "staff", by="site"), "A") < 100.1': True,
    'value(records("sites", "staff", by="site"), "B") == 20.54': True,
    'differs_between(record_texts("sites", "kind", by="site"))': False,
    # What records that are one of many sets say decides nothing; what repeats the print does.
    'found("survey/solved", "n", who="p") == 3': None,
    'found("tables/t", "value", row="a") == 10': True,
    'found("tables/t", "value", row="new") == 4': None,
    # Decided elsewhere.
    'relation("sum")': True,
    'relation("twice")': False,
    'relation("twice[a]")': True,
    'identified("s") >= 3': True,
    'identified("s") > 3': None,
    'identified("s") > 8': False,
    'sentence("yes")': True,
    'sentence("no")': False,
    'sentence("open")': None,
    'statement("A-01")': True,
    # Numbers from series.
    f"total({S}) == 22 and mean({S}) == 5.5 and middle({S}) == 5 and spread({S}) == 8": True,
    'middle(pick(cells("t", "*", "n"), ["a", "d"])) == 6': True,
    f"highest({S}) == 10 and lowest({S}) == 2": True,
    'highest(cells("m", "*", "index")) == 65.8': True,
    f'size(pick({S}, but=["a"])) == 3 and value(pick({S}, ["A"]), "a") == 10': True,
    "share(1, 4) == 0.25": True,
    f'value(shares({S}, {TOTAL}), "d") == 1 / 11': True,
    f'value(shares({S}, {S}), "c") == 1': True,
    'weighted_mean(cells("k", "*", "n")) == 1.25': True,
    f"number_of({S}, at_least=5) == 3 and number_of({S}, above=5) == 1": True,
    f"number_of({S}, at_most=5) == 3 and number_of({S}, below=5) == 1": True,
    f"number_of({S}, equal=5) == 2 and number_of({S}, above=2, below=10) == 2": True,
    'number_of(cells("m", "*", "index"), above=65.8) == 0': None,
    'number_of(cells("m", "*", "index"), above=65.8) <= 2': True,
    'number_of(cells("m", "*", "index"), equal=65.8) == 2': True,
    'number_of(texts("m", "*", "rating"), like="GOOD") == 1': True,
    'number_of(texts("m", "*", "rating"), unlike="good") == 2': True,
    'number_of(texts("m", "*", "rating"), containing="met", unlike="") == 1': True,
    f'rank_of("a", {S}) == 1 and rank_of("d", {S}) == 4': True,
    f'rank_of("b", {S}) == 2': None,
    f'rank_of("b", {S}) > 3': False,
    # Truths without a threshold.
    'rounds_to(share(10, 22), "45 %") and rounds_to(share(10, 22) * 100, "45.5")': True,
    'rounds_to(share(10, 22), "45")': False,
    'rounds_to(0.455, "0.46") and rounds_to(0.455, "0.45") and rounds_to(0.459, "0.45")': True,
    'rounds_to(0.461, "0.45")': False,
    'rounds_to(0.4501, "0.46")': False,
    'rounds_to(cell("m", "x", "index"), "66")': True,
    'rounds_to(cell("m", "x", "index"), "64")': False,
    'rounds_to(identified("s"), "5")': None,
    'rounds_to(identified("s"), "9")': False,
    # s is anything from 3 to 7.5: an end may be met, or be just where the digits begin no more.
    'rounds_to(identified("s"), "3") and rounds_to(identified("s"), "8")': None,
    'rounds_to(identified("s"), "2")': False,
    'rounds_to(identified("s") + 0.6, "3.5")': False,
    'rounds_to(identified("s") + 0.6, "3.6")': None,
    'rounds_to(0 - identified("s"), "-3")': None,
    'rounds_to(0 - identified("s"), "-2") or rounds_to(0 - identified("s"), "-9")': False,
    'rounds_to(identified("s") - 2, "0") or rounds_to(2 - identified("s"), "0")': False,
    'rounds_to(identified("s") - 4, "0")': None,
    'rounds_to(cell("m", "x", "index"), "65.8")': True,
    "most(12, 22)": True,
    "most(11, 22) or majority(11, 22) or minority(11, 22)": False,
    "majority(12, 22) and minority(10, 22)": True,
    'most(cell("t", "a", "%"), 90)': None,
    "all_of(22, 22) and not all_of(21, 22)": True,
    'none_of(0) and not none_of(1) and none_of(cell("k", "4", "n"))': True,
    "higher(2, 1) and lower(1, 2) and not higher(1, 1) and not lower(1, 1)": True,
    # All but one is nearly all of a few, and not of so few that one weighs more.
    "nearly_all(8, 9) and nearly_all(4, 5) and not nearly_all(7, 9)": True,
    "nearly_all(3, 4)": False,
    "nearly_all(18, 20) and not nearly_all(17, 20)": True,
    "upwards_of(50, 50) and not upwards_of(49, 50)": True,
    f'most_frequent("a", {S}) and most_frequent(["a", "b", "c"], {S})': True,
    f'most_frequent("b", {S})': False,
    f'most_frequent(["a", "b"], {S})': None,
    f'least_frequent("d", {S}) and least_frequent(["d", "b", "c"], {S})': True,
    f'least_frequent(["d", "c"], {S})': None,
    f'least_frequent("a", {S})': False,
    f'among_most_frequent("a", {S}, 1) and among_most_frequent(["a", "b"], {S}, 3)': True,
    f'among_most_frequent("b", {S}, 2)': None,
    f'among_most_frequent("d", {S}, 3)': False,
    f'in_order(["a", "b", "c", "d"], {S}) and in_order(["c", "b"], {S})': True,
    f'in_order(["a", "d", "b"], {S})': False,
    f"range_is({S}, 2, 10) and not range_is({S}, 2, 9)": True,
    f"differs_between({S})": True,
    f'differs_between(pick({S}, ["b", "c"]))': False,
    f'contains({S}, "A") and not contains({S}, "e")': True,
    'contains(text("m", "x", "rating"), "met")': True,
    'same_text("A  b", "a B ")': True,
}


@pytest.mark.parametrize(("check", "wanted"), MET.items())
def test_each_word_means_what_it_says(check: str, wanted: bool | None) -> None:
    found = truth(check)
    assert found.value is wanted, found
    assert found.told
    assert wanted is not None or found.why


def edge(word: str, of_shares: bool = False) -> Fraction:
    value = THRESHOLDS[word].of_shares if of_shares else THRESHOLDS[word].value
    assert value is not None
    return value


# A check at the threshold of a word, and one a little beyond it, that must turn.
LITTLE = Fraction(1, 1000)
TURNING = {
    "vast_majority": ("vast_majority({0}, 1)", -1),
    "nearly_all": ("nearly_all({0}, 1)", -1),
    "many": ("many({0}, 1)", -1),
    "few": ("few({0}, 1)", 1),
    "about_half": ("about_half(0.5 + {0}, 1)", 1),
    "about": ("about(200 - 200 * {0}, 200)", 1),
    "just_over": ("just_over(200 + 200 * {0}, 200)", 1),
    "just_under": ("just_under(200 - 200 * {0}, 200)", 1),
    "clearly_higher": ("clearly_higher(10 + 10 * {0}, 10)", -1),
    "strong": ("strong(0 - {0})", -1),
    "similar": ("similar(10 - 10 * {0}, 10)", 1),
    # Of 1 - v and 1 + v the coefficient of variation is v.
    "little_variation": ("", 1),
    # Of whole kinds, and of what must lie below: tested by themselves.
    "wide_range": ("", -1),
    "beyond_chance": ("", -1),
    "wide_variation": ("", -1),
}


def test_every_word_of_ours_is_tried() -> None:
    assert set(TURNING) == OURS


@pytest.mark.parametrize("name", [n for n, (check, _) in TURNING.items() if check])
def test_a_word_of_ours_turns_at_its_threshold_and_is_marked(name: str) -> None:
    check, side = TURNING[name]
    at, beyond = edge(name), edge(name) + side * LITTLE
    found = truth(check.format(float(at)))
    assert found.value is True
    assert found.firm is None
    assert truth(check.format(float(beyond))).value is False
    (judged,) = found.judged
    assert judged.word == name
    assert "(ours)" in " ".join(found.told)


def test_chance_has_what_reaches_the_level_itself() -> None:
    level = float(edge("beyond_chance"))
    assert truth(f"beyond_chance({level - 0.001})").value is True
    assert truth(f"beyond_chance({level})").value is False
    found = truth('beyond_chance(found_set("survey/one", "low", "high", who="q", column="u"))')
    assert found.value is None
    assert found.firm is None


def test_a_wide_range_counts_the_kinds_that_occur() -> None:
    kinds = {f"k{n}": exact(1) for n in range(int(edge("wide_range")))}
    assert ours.wide_range(context(), Series(kinds)).value is True
    assert ours.wide_range(context(), Series({**kinds, "k0": exact(0)})).value is False
    assert ours.wide_range(context(), Series({**kinds, "none": exact(0)})).value is True
    perhaps = Number(Fraction(0), Fraction(1))
    found = ours.wide_range(context(), Series({**kinds, "k0": perhaps}))
    assert found.value is None
    assert found.judged[0].turns_at == f"{len(kinds) - 1} to {len(kinds)} kinds"


READ = {
    "by_all_readings(1 < 2, 2 < 3)": (True, True, ""),
    "by_all_readings(2 < 1, 3 < 2, 4 < 3)": (False, False, ""),
    "by_all_readings(1 < 2, 3 < 2)": (None, None, "readings-disagree"),
    "by_all_readings(3 < 2, 1 < 2, 1 < 2)": (None, None, "readings-disagree"),
    # One that is open by itself leaves it open for its own reason.
    'by_all_readings(1 < 2, identified("s") > 5)': (None, None, "identified-set-contains-both"),
    'by_all_readings(1 < 2, identified("s") > 5, 2 < 1)': (None, None, "readings-disagree"),
    "by_all_readings(1 < 2, few(1, 100))": (True, None, ""),
    "by_all_readings(1 < 2, few(1, 2))": (None, None, "readings-disagree"),
}


@pytest.mark.parametrize(("check", "wanted"), READ.items())
def test_what_is_read_in_several_ways_is_so_where_all_say_so(
    check: str, wanted: tuple[bool | None, bool | None, str]
) -> None:
    found = truth(check)
    assert (found.value, found.firm) == wanted[:2], found
    assert found.why[:1] == ((wanted[2],) if wanted[2] else ())


def test_readings_are_told_apart() -> None:
    found = truth('by_all_readings(1 < 2 and 2 < 3, 3 < 2, identified("s") > 5)')
    assert found.told[:3] == ("reading 1, so: 1 is below 2", "2 is below 3", found.told[2])
    assert found.told[2].startswith("reading 2, not so: ")
    assert found.told[3].startswith("reading 3, open: ")


def test_a_word_of_ours_turns_within_a_reading_and_not_the_whole() -> None:
    check = parse("by_all_readings(1 < 2, few(1, 2))")
    (judged,) = evaluate(check, context()).judged
    assert judged.placed
    assert evaluate(check, context(), turned=judged.place).value is True


def test_a_sentence_on_a_figure_tells_the_thresholds_that_are_ours() -> None:
    found = truth('sentence("open")')
    assert [(j.word, j.threshold, j.turns_at) for j in found.judged] == [("s", "above 1", "3 to 7")]
    assert not truth('sentence("yes")').judged


MEASURED = {
    # s is anything from 3 to 7.5.
    'strong(identified("s") - 5)': None,
    'strong(identified("s") - 2) and strong(2 - identified("s"))': True,
    'strong((identified("s") - 5) / 10)': False,
    "strong(-0.7)": True,
    'similar(identified("s"), 5)': None,
    'similar(identified("s"), 80)': False,
    'similar(80 + identified("s"), 80)': True,
    'about(identified("s"), 5)': None,
    "just_over(195, 200) or just_over(200, 200) or just_over(230, 200)": False,
    "just_under(205, 200) or just_under(200, 200) or just_under(170, 200)": False,
    "clearly_higher(10, 30)": False,
    # Shares are compared in points: five here are half as much again, and ten there an eighth.
    "clearly_higher(share(150, 1000), share(100, 1000))": False,
    "clearly_higher(share(901, 1000), share(800, 1000))": True,
    "similar(share(100, 1000), share(140, 1000))": True,
    "similar(share(900, 1000), share(840, 1000))": False,
    'clearly_higher(cell("t", "a", "%"), cell("t", "b", "%"))': True,
    'similar(cell("t", "c", "%"), cell("t", "d", "%"))': False,
}


@pytest.mark.parametrize(("check", "wanted"), MEASURED.items())
def test_what_is_measured_is_all_that_it_can_be(check: str, wanted: bool | None) -> None:
    found = truth(check)
    assert found.value is wanted, found
    assert found.firm is None or (found.firm is False and "just" in check)


def spans(*ends: tuple[int, int], **kind: bool) -> list[Number]:
    return [Number(Fraction(low), Fraction(high), **kind) for low, high in ends]


ROUNDED, ESTIMATES, SETS = (
    {"rounded": True},
    {"interval": True},
    dict[str, bool](),
)


@pytest.mark.parametrize(
    "word", [words.total, words.highest, words.lowest, words.mean, words.middle, words.spread]
)
def test_what_a_width_is_goes_over_to_what_is_made_of_it(
    word: Callable[[Series], Number],
) -> None:
    def made(*numbers: Number) -> Number:
        return word(Series(dict(zip("abcd", numbers, strict=False))))

    ends = (1, 2), (5, 6)
    rounded, estimate = made(*spans(*ends, **ROUNDED)), made(*spans(*ends, **ESTIMATES))
    assert (rounded.rounded, rounded.interval) == (True, False)
    assert (estimate.rounded, estimate.interval) == (False, True)
    mixed = made(*spans((1, 2), **ROUNDED), *spans((5, 6), **SETS))
    assert (mixed.rounded, mixed.interval) == (False, False)
    assert made(*spans((1, 1), (5, 5))).single


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        (ROUNDED, ClaimReason.WITHIN_ROUNDING),
        (ESTIMATES, ClaimReason.INTERVAL_HAS_BOTH),
        (SETS, ClaimReason.SET_HAS_BOTH),
    ],
)
def test_a_measure_that_is_open_tells_what_leaves_it_open(
    kind: dict[str, bool], reason: ClaimReason
) -> None:
    (near,) = spans((80, 120), **kind)
    (little,) = spans((0, 1), **kind)
    series = Series(dict(zip("ab", spans((80, 120), (80, 1000), **kind), strict=True)))
    for found in (
        ours.about(context(), near, exact(100)),
        ours.similar(context(), near, exact(100)),
        ours.clearly_higher(context(), near, exact(90)),
        ours.strong(context(), little),
        ours.many(context(), little, exact(1)),
        ours.about_half(context(), little, exact(1)),
        ours.little_variation(context(), series),
    ):
        assert (found.value, found.why) == (None, (str(reason),)), found


@pytest.mark.parametrize("name", ["little_variation", "wide_variation"])
def test_variation_is_the_coefficient_of_numbers_and_the_spread_of_shares(name: str) -> None:
    for beyond, wanted in ((0, True), (TURNING[name][1], False)):
        half = edge(name) + beyond * LITTLE
        cells = [Cell(("v", "n", str(k)), "", "count") for k in (1, 2)]
        evidence = ClaimEvidence(cells, {}, FRAMES.get, RECORDS.get)
        values = [1 - half, 1 + half]
        # Fractions cannot be printed as counts, so the series is made of shares of counts.
        frame = pd.DataFrame({"who": ["p", "q"], "n": [str(float(v)) for v in values]})
        given = {"survey/v": frame.assign(evidence="printed-records")}
        evidence = ClaimEvidence(cells, {}, given.get, RECORDS.get)
        check = parse(f'{name}(frame("survey/v", "n", by="who"))')
        found = evaluate(check, Context(evidence, THRESHOLDS))
        assert found.value is wanted
    points = edge(name, True) / 100
    for beyond, wanted in ((Fraction(0), True), (TURNING[name][1] * LITTLE, False)):
        parts = [Fraction(1, 4), Fraction(1, 4) + points + beyond]
        frame = pd.DataFrame({"who": ["p", "q"], "n": [str(float(p)) for p in parts]})
        given = {"survey/v": frame.assign(evidence="printed-records")}
        evidence = ClaimEvidence([], {}, given.get, RECORDS.get)
        check = parse(f'{name}(shares(frame("survey/v", "n", by="who"), 1))')
        assert evaluate(check, Context(evidence, THRESHOLDS)).value is wanted


@given(st.lists(st.integers(1, 40), min_size=2, max_size=6))
def test_the_coefficient_of_variation_is_that_of_the_textbook(values: list[int]) -> None:
    frame = pd.DataFrame({"who": map(str, range(len(values))), "n": map(str, values)})
    given_ = {"survey/v": frame.assign(evidence="printed-records")}
    evidence = ClaimEvidence([], {}, given_.get, RECORDS.get)
    check = parse('little_variation(frame("survey/v", "n", by="who"))')
    (told,) = evaluate(check, Context(evidence, THRESHOLDS)).told
    wanted = statistics.pstdev(values) / statistics.fmean(values)
    shown = float(told.removeprefix("coefficient of variation ").split(";")[0])
    assert shown == pytest.approx(wanted, rel=1e-3, abs=1e-9)


@given(
    st.lists(st.tuples(st.integers(0, 6), st.integers(0, 2)), min_size=2, max_size=4),
    st.integers(0, 6),
)
def test_series_words_are_never_against_any_choice_within_the_sets(
    ranges: list[tuple[int, int]], limit: int
) -> None:
    names = [f"l{k}" for k in range(len(ranges))]
    ends = [Number(Fraction(a), Fraction(a + w)) for a, w in ranges]
    series = Series(dict(zip(names, ends, strict=True)))
    choices = list(itertools.product(*(range(a, a + w + 1) for a, w in ranges)))
    for word, of in (
        (words.highest, max),
        (words.lowest, min),
        (words.total, sum),
        (words.middle, statistics.median),
        (words.mean, lambda v: Fraction(sum(v), len(v))),
        (words.spread, lambda v: max(v) - min(v)),
    ):
        found = word(series)
        outcomes = [Fraction(of(choice)) for choice in choices]
        assert found.low <= min(outcomes)
        assert max(outcomes) <= found.high
        if of in (max, min, sum):
            assert (found.low, found.high) == (min(outcomes), max(outcomes))
    counted = words.number_of(series, above=exact(limit))
    outcomes = [sum(v > limit for v in choice) for choice in choices]
    assert (counted.low, counted.high) == (min(outcomes), max(outcomes))
    ranked = words.rank_of(Name("l0"), series)
    places = [1 + sum(v > choice[0] for v in choice) for choice in choices]
    assert ranked.low <= min(places)
    assert max(places) <= ranked.high
    first = truths.most_frequent(["l0"], series).value
    strictly = {all(choice[0] > v for v in choice[1:]) for choice in choices}
    assert first is not True or strictly == {True}
    assert first is not False or strictly == {False}
    ordered = truths.in_order_(names, series).value
    never_rising = {list(choice) == sorted(choice, reverse=True) for choice in choices}
    assert ordered is None or never_rising == {ordered}


REFUSED = {
    'cell("x", "a", "n") == 1': "no printed item 'x'",
    'cell("t", "aa", "n") == 1': "no row of T  'aa'",
    'cell("t", "a", "m") == 1': "no column of T  'm'",
    'cell("m", "x", "rating") == 1': "prints no number",
    'total(cells("t", "*", "n", but=["Totl"])) == 1': "'Totl'",
    'total(cells("m", "*", "rating")) == 1': "has a number",
    'cell("m", "x", "n") == 1': "no column",
    'found("survey/one", "estimate", who="q") == 1': "2 rows",
    'found("survey/one", "estimate", who="q", column="v") == 1': "no number",
    'found("survey/one", "estimat", who="p") == 1': "no column of survey/one 'estimat'",
    'found("survey/one", "estimate", who="z") == 1': "no 'who' of survey/one 'z'",
    'found("survey/one", "estimate", who="p", column="v") == 1': "no row with all",
    'total(frame("survey/one", "estimate", by="who")) == 1': "two rows",
    'relation("sun")': "no relation 'sun'",
    "share(1, 0) == 1": "can be zero",
    f'value({S}, "e") == 1': "no label 'e'",
    f"weighted_mean({S}) == 1": "label of this series is a number",
    f"number_of({S}) == 1": "needs a condition",
    f'number_of({S}, like="x") == 1': "numbers are asked for a text",
    f'most_frequent(["a", "b", "c", "d"], {S})': "all labels",
    f'in_order(["a"], {S})': "two labels",
    'rounds_to(1, "x")': "no printed number",
    "about(1, 0)": "has no measure",
    f'little_variation(pick({S}, ["a"]))': "does not vary",
}


@pytest.mark.parametrize(("check", "what"), REFUSED.items())
def test_what_does_not_fit_the_evidence_is_refused_in_plain_words(check: str, what: str) -> None:
    with pytest.raises(Refused) as found:
        truth(check)
    assert what in found.value.what
    assert found.value.mend


def test_what_this_run_does_not_have_is_told() -> None:
    with pytest.raises(NotBuilt, match=r"survey/none.csv is not there"):
        truth('found("survey/none", "x", y="z") == 1')


@pytest.mark.parametrize("reason", GIVEN)
def test_what_nothing_decides_says_why(reason: ClaimReason) -> None:
    with pytest.raises(Nothing) as found:
        truth(f'not_checkable("{reason}")')
    assert found.value.reason is reason


def test_a_missing_word_and_statements_that_are_not_conditions_decide_nothing() -> None:
    for check, reason in (
        ('needs("a word")', ClaimReason.NOT_BUILT),
        ('statement("A-02")', ClaimReason.NO_CONDITION),
    ):
        with pytest.raises(Nothing) as found:
            truth(check)
        assert found.value.reason is reason
    with pytest.raises(Conflicting) as against:
        truth('statement("A-03")')
    assert against.value.reason is ClaimReason.CONFLICTING_EVIDENCE


def test_what_was_used_is_written_down_with_the_freest_class() -> None:
    given_ = context()
    check = 'cell("m", "x", "index") > 1 and value(records("sites", "staff", by="site"), "A") > 1'
    evaluate(parse(check), given_)
    assert [u.kind for u in given_.evidence.used] == ["cell", "record", "record"]
    assert given_.evidence.evidence is EvidenceClass.PRINTED_RECORDS
    evaluate(parse(f"{TOTAL} > 1"), given_)
    assert given_.evidence.evidence is EvidenceClass.PRINTED_AGGREGATES
    evaluate(parse('identified("s") > 1'), given_)
    assert given_.evidence.evidence is EvidenceClass.RECONSTRUCTED
    evaluate(parse('statement("A-01")'), given_)
    assert given_.evidence.evidence is EvidenceClass.SIMULATED
    given_.evidence.begin()
    assert given_.evidence.evidence is EvidenceClass.CONCEPTUAL


def test_every_verdict_and_reason_has_a_meaning() -> None:
    for entry in (*ClaimVerdict, *ClaimReason):
        assert entry.meaning.endswith(".")


# -- the file of words


def test_every_truth_word_stands_in_the_file_and_the_other_way_round() -> None:
    assert set(SHIPPED["words"]) == OURS | PLAIN
    assert set(THRESHOLDS) == OURS
    assert {name for name, w in WORDS.items() if w.ours} == OURS


def test_faults_of_the_file_of_words_are_all_told() -> None:
    words = {name: dict(entry) for name, entry in SHIPPED["words"].items()}
    del words["most"]
    words["mostly"] = {"means": "x"}
    words["few"] = {"means": "", "threshold": "much"}
    words["majority"]["threshold"] = 0.5
    del words["many"]["threshold"]
    words["about"]["low"] = 1
    with pytest.raises(ProblemsFound) as found:
        load_words({"words": words}, OURS, PLAIN)
    told = " ".join(p.what for p in found.value.problems)
    for part in (
        "'most' has no entry",
        "words / mostly: there is no such word",
        "few: its meaning is missing",
        "few: its threshold is missing",
        "majority: this word needs no threshold",
        "many: its threshold is missing",
        "about: the key 'low'",
    ):
        assert part in told


def test_what_was_computed_is_told_with_its_labels() -> None:
    assert truth(f"highest({S}) == 10").told == ("10 (highest of T , n: a) is 10",)
    assert truth(f'lowest(pick({S}, ["b", "c"])) == 6').told == (
        "5 (lowest of T , n, b and c) is not 6",
    )
    (told,) = truth('contains(cells("t", "*", "*"), "zz")').told
    assert told.startswith("'zz' is not among 'a / n', ")
    assert told.endswith(" and 4 others")
    assert truth(f'contains({S}, "d")').told == ("'d' is among 'a', 'b', 'c', 'd'",)
    assert truth('rounds_to(0.4, "1")').told == ("0.4 is printed as 1 by no rule",)


def test_what_ties_leave_open_is_told_as_tied() -> None:
    assert truth(f'among_most_frequent("b", {S}, 2)').why == (ClaimReason.TIED,)
    assert truth(f'most_frequent(["a", "b"], {S})').why == (ClaimReason.TIED,)


def test_a_place_is_told_with_what_stands_there() -> None:
    assert truth(f'rank_of("c", {S}) == 1').told == ("c (5) stands in place 2 to 3, not 1",)
    assert truth(f'rank_of("a", {S}) == 1').told == ("a (10) stands in place 1",)
    assert truth(f'rank_of("b", {S}) == 2').told == ("b (5) stands in place 2 to 3; asked is 2",)


def test_what_stands_before_the_outermost_is_named_in_full() -> None:
    assert truth(f'most_frequent(["a", "d"], {S})').told == (
        "a: 10, d: 2; above d stand b: 5, c: 5",
    )
    assert truth(f'least_frequent("b", {S})').told == ("b: 5; below b stands d: 2",)
    assert truth(f'most_frequent("a", {S})').told == ("a: 10; next b: 5",)


def test_a_text_is_told_with_its_place() -> None:
    rating = 'text("m", "x", "rating")'
    assert truth(f'contains({rating}, "met")').told == (
        "M , x, rating reads 'Fully  Met', with 'met'",
    )
    assert truth(f'contains({rating}, "un")').told == (
        "M , x, rating reads 'Fully  Met', without 'un'",
    )
    assert truth(f'contains({rating}, "fully met")').told == ("M , x, rating reads 'Fully  Met'",)


def test_a_share_is_told_as_a_percentage_and_a_count_with_its_whole() -> None:
    assert truth("most(12, 22)").told == ("12 of 22 (54.55 %); more than half is 12",)
    for share in ("most(0.75, 1)", "most(75, 100)"):
        assert truth(share).told == ("75 %; more than half is above 50 %",)
