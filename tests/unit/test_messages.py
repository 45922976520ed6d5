"""Messages about input: every fault of a declaration's keys is named at once, in one order."""

import pytest

from medlead.sources.messages import Problem, ProblemsFound, fault, report, with_keys

KEYS = ("first", "second")


def test_a_declaration_with_exactly_its_keys_comes_back_as_it_is():
    declared = {"second": 2, "first": 1}
    assert with_keys(declared, KEYS, "some.yaml") is declared


def test_missing_and_unknown_keys_are_all_named_with_those_that_are_allowed():
    with pytest.raises(ProblemsFound) as caught:
        with_keys({"frist": 1, "third": 3}, KEYS, "some.yaml")
    said = {problem.what for problem in caught.value.problems}
    assert said == {
        "the key 'frist' is not known",
        "the key 'third' is not known",
        "the key 'first' is missing",
        "the key 'second' is missing",
    }
    assert {problem.mend for problem in caught.value.problems} == {"the keys are first, second"}
    assert {problem.file for problem in caught.value.problems} == {"some.yaml"}


@pytest.mark.parametrize("content", [None, [], "words"])
def test_a_file_that_declares_nothing_is_said_to_declare_nothing(content):
    with pytest.raises(ProblemsFound, match="the file declares nothing"):
        with_keys(content, KEYS, "some.yaml")


def test_a_fault_names_its_key_where_it_has_one():
    assert fault("some.yaml", "is too long", "shorten it", "first").what == "first: is too long"
    assert fault("some.yaml", "is too long", "shorten it").what == "is too long"


def test_a_report_is_the_same_however_the_problems_were_found():
    problems = [Problem("b.csv", "odd", "mend", row=3), Problem("a.csv", "odd", "mend", row=9)]
    assert report(problems) == report(reversed(problems))
    assert report(problems).index("a.csv") < report(problems).index("b.csv")
