"""The question that the page opens with: its answer follows from standings and from tests."""

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from medlead.performance.significance import holm
from medlead.sources.inputs import read_yaml
from medlead.sources.messages import ProblemsFound
from medlead.verdicts.answer import ANSWER_COLUMNS, answer_counts, answered, load_answer
from medlead.verdicts.claim_evidence import ClaimEvidence
from medlead.verdicts.claim_registry import Context
from medlead.verdicts.meaning import findings_on
from medlead.writing import read_csv

ROOT = Path(__file__).parents[2]
MADE = pd.DataFrame(
    {"of": ["a", "b", "c"], "p": ["0.01", "0.03", "0.2"], "evidence": "printed-records"}
)


def frames(name: str) -> pd.DataFrame | None:
    return MADE if name == "made/tests" else None


CONTEXT = Context(ClaimEvidence([], {}, frames, lambda _: None), {})
P = {a: f'found("made/tests", "p", of="{a}")' for a in "abc"}


def declared(**part: Any) -> Any:
    whole = {"about": "Somewhere", "conclusions": ["c-01"], **part}
    return {"question": "Is it so?", "level": 0.05, "parts": [whole], "bears": {}}


def stand(*standings: str) -> pd.DataFrame:
    rows = [(f"c-{n:02d}", s) for n, s in enumerate(standings, 1)]
    frame = pd.DataFrame(rows, columns=["conclusion", "standing"])
    return frame.assign(statement="It is so", evidence="printed-records")


def answer(content: Any, *standings: str) -> list[dict[Any, Any]]:
    frame = answered(load_answer(content), stand(*standings), CONTEXT)
    assert list(frame) == [*ANSWER_COLUMNS, "evidence"]
    return frame.to_dict("records")


@pytest.mark.parametrize(
    ("standings", "tests", "word"),
    [
        (["stands", "stands"], {}, "Yes."),
        (["stands", "stands"], {"c": P["c"]}, "Yes, but not firmly."),
        (["stands", "stands"], {"a": P["a"]}, "Yes."),
        (["stands", "fails"], {"c": P["c"]}, "In part, and not firmly."),
        (["stands-in-part", "open"], {}, "In part."),
        (["fails", "open"], {}, "No."),
        (["open", "not-checkable"], {}, "It cannot be told."),
        (["stands-by-construction", "not-checkable"], {}, "It cannot be told."),
    ],
)
def test_the_word_follows_from_standings_and_tests(
    standings: list[str], tests: dict[str, str], word: str
) -> None:
    whole = answer(declared(conclusions=["c-01", "c-02"], tests=tests), *standings)[0]
    assert whole["says"].startswith(f"{word} Of the 2 conclusions")
    assert whole["about"] == "Is it so?"


def test_tests_are_told_on_either_side_of_the_level() -> None:
    whole, part = answer(declared(tests=P), "stands")
    assert part["beyond"] == "a (p = 0.01); b (p = 0.03)"
    assert part["not_beyond"] == "c (p = 0.2)"
    assert (
        "Of 3 tests 2 show more than chance explains (p below 0.05) and 1 does not."
        in (whole["says"])
    )
    assert part["stands"] == "the conclusion stands"


def test_what_is_allowed_for_the_number_of_tests_is_allowed_by_holm() -> None:
    part = answer(declared(tests=P, adjust="holm"), "stands")[1]
    wanted = [f"{a} (p = {p:.2g})" for a, p in zip("abc", holm([0.01, 0.03, 0.2]), strict=True)]
    assert [*part["beyond"].split("; "), *part["not_beyond"].split("; ")] == wanted
    assert part["beyond"] == "a (p = 0.03)"


def test_numbers_stand_in_the_declared_words() -> None:
    of = ['number_of(frame("made/tests", "p", by="of"), below=0.1)', P["c"]]
    part = answer(declared(numbers=[{"words": "{} of them, {}", "of": of}]), "open")[1]
    assert part["says"] == "2 of them, 0.2."


def test_a_part_whose_result_is_not_there_is_left_out() -> None:
    assert answer(declared(tests={"x": 'found("made/none", "p", of="a")'}), "stands") == []


def test_several_conclusions_are_counted() -> None:
    content = declared(conclusions=["c-01", "c-02", "c-03"])
    assert answer(content, "stands", "stands", "open")[1]["stands"] == (
        "of 3 conclusions 2 stand and 1 is open"
    )
    both = answer(declared(conclusions=["c-01", "c-02"]), "fails", "fails")
    assert both[1]["stands"] == "both conclusions fail"


@pytest.mark.parametrize(
    ("content", "what"),
    [
        ({}, "the key 'question' is missing"),
        (declared() | {"level": 5}, "5 is no level"),
        (declared() | {"parts": []}, "no part is declared"),
        (declared(adjust="bonferroni"), "'bonferroni' is no adjustment"),
        (declared(about=""), "the key 'about' is missing"),
        (declared(wrong=1), "the key 'wrong' is not known"),
        (declared(tests={"x": "no_word()"}), "no_word"),
    ],
)
def test_what_is_wrong_with_a_declaration_is_told(content: Any, what: str) -> None:
    with pytest.raises(ProblemsFound, match=what):
        load_answer(content)


def test_a_conclusion_that_is_not_there_is_told() -> None:
    with pytest.raises(ProblemsFound, match="there is no conclusion c-09"):
        answer(declared(conclusions=["c-09"]), "stands")


def test_what_is_shipped_names_conclusions_that_are_there() -> None:
    found = load_answer(read_yaml(ROOT / "config/instruments/answer.yaml"))
    known = set(read_csv(ROOT / "data/published/conclusions.csv")["conclusion"])
    named = {c for part in found.parts for c in part.conclusions}
    assert named <= known
    assert {c for names in found.bears.values() for c in names} <= known


def test_the_summary_has_the_question_first() -> None:
    frame = answered(load_answer(declared(tests=P)), stand("stands"), CONTEXT)
    told = answer_counts(frame)["answer"]
    assert [t["about"] for t in told] == ["Is it so?", "Somewhere"]


def test_findings_bear_by_what_they_turn_and_by_declaration_the_gravest_first() -> None:
    impact = pd.DataFrame(
        [("f-1", "finding", "c-01; c-02"), ("f-2", "finding", ""), ("c", "cell", "c-01")],
        columns=["about", "kind", "bears_on"],
    )
    audit = pd.DataFrame(
        [("f-1", "minor", "sum"), ("f-2", "major", "said again: x / name; marks")],
        columns=["finding", "severity", "check"],
    )
    found = findings_on(impact, audit, {"said again: x / name": ["c-02"], "gone": ["c-01"]})
    assert found == {"c-01": ["f-1"], "c-02": ["f-2", "f-1"]}
