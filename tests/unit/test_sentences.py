"""Sentences: judged by the shipped value, and by the range that the print leaves open."""

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml

from medlead.reconstruction.sentences import judge_sentences
from medlead.sources.messages import ProblemsFound

INSTRUMENTS = Path(__file__).parents[2] / "config" / "instruments"
SETS = pd.DataFrame(
    [("low", 1.0, 3.0, 2.0), ("wide", -2.0, 2.0, 0.5), ("point", 4.0, 4.0, 4.0)],
    columns=["statistic", "low", "high", "shipped"],
)


def sentence(name: str = "s", **test: Any) -> dict[str, Any]:
    tests = [{"threshold": "ours", **test}]
    named = {"sentence": name, "says": "So.", "section": "4", "line": 1, "figure": "figure-24"}
    return {**named, "tests": tests}


@pytest.mark.parametrize(
    ("test", "met", "decides"),
    [
        ({"statistic": "low", "above": 0}, "yes", "yes"),
        ({"statistic": "low", "above": 1}, "yes", "open"),
        ({"statistic": "low", "above": 2}, "no", "open"),
        ({"statistic": "low", "above": 3}, "no", "no"),
        ({"statistic": "low", "at_least": 3}, "no", "open"),
        ({"statistic": "low", "at_least": 1}, "yes", "yes"),
        ({"statistic": "low", "below": 1}, "no", "no"),
        ({"statistic": "low", "at_most": 1}, "no", "open"),
        ({"statistic": "wide", "between": [-1, 1]}, "yes", "open"),
        ({"statistic": "wide", "between": [-2, 2]}, "yes", "yes"),
        ({"statistic": "wide", "between": [3, 4]}, "no", "no"),
        ({"statistic": "point", "at_least": 4}, "yes", "yes"),
        ({"statistic": "point", "above": 4}, "no", "no"),
    ],
)
def test_a_test_is_met_and_decided(test: dict[str, Any], met: str, decides: str) -> None:
    found = judge_sentences({"sentences": [sentence(**test)]}, SETS)
    assert found.loc[0, "met"] == met
    assert found.loc[0, "print_decides"] == decides
    # What the shipped records meet is no verdict: they were made to.
    assert (
        found.loc[0, "verdict"] == {"yes": "holds", "no": "fails", "open": "undecidable"}[decides]
    )


@pytest.mark.parametrize(
    ("second", "verdict"),
    [
        ({"statistic": "point", "above": 9}, "fails"),
        ({"statistic": "wide", "above": 0}, "undecidable"),
        ({"statistic": "point", "above": 3}, "holds"),
    ],
)
def test_a_sentence_holds_only_if_the_print_decides_all_its_tests(
    second: dict[str, Any], verdict: str
) -> None:
    two = sentence(statistic="low", above=0)
    two["tests"].append({**second, "threshold": "print"})
    found = judge_sentences({"sentences": [two]}, SETS)
    assert set(found["verdict"]) == {verdict}


def test_what_the_report_says_both_ways_names_the_other_sentence() -> None:
    one = {**sentence("one", statistic="wide", above=0), "contradicts": "two"}
    two = {**sentence("two", statistic="wide", between=[-1, 1]), "contradicts": "one"}
    found = judge_sentences({"sentences": [one, two]}, SETS)
    assert list(found["contradicts"]) == ["two", "one"]
    # Both can be met at once: the thresholds are ours, and the print decides neither.
    assert set(found["met"]) == {"yes"}
    assert set(found["verdict"]) == {"undecidable"}


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        (sentence(statistic="lo", above=1), "did you mean 'low'?"),
        (sentence(statistic="low"), "needs one comparison"),
        (sentence(statistic="low", above=1, below=2), "needs one comparison"),
        (sentence(statistic="low", between=1), "needs one comparison"),
        (sentence(statistic="low", above=1, threshold="theirs"), "whose threshold"),
        ({**sentence(statistic="low", above=1), "contradicts": "t"}, "sentence 't' is not known"),
        ({"sentence": "s", "tests": []}, "'says' is missing"),
    ],
)
def test_a_sentence_that_cannot_be_tested_is_told(entry: dict[str, Any], expected: str) -> None:
    with pytest.raises(ProblemsFound) as found:
        judge_sentences({"sentences": [entry]}, SETS)
    assert expected in str(found.value)


def test_contradictions_are_declared_from_both_sides() -> None:
    declared = yaml.safe_load((INSTRUMENTS / "margins.yaml").read_text(encoding="utf-8"))
    against = {s["sentence"]: s.get("contradicts") for s in declared["sentences"]}
    for name, other in against.items():
        assert other is None or against[other] == name
