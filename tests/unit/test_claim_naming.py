"""What a number of a check is told to be: written by hand for each kind of word."""

import pytest

from medlead.verdicts.claim_language import parse
from medlead.verdicts.claim_naming import named


@pytest.mark.parametrize(
    ("expression", "words"),
    [
        ('cell("table-31", "I", "Quality")', "Table 31, I, Quality"),
        ('size(texts("table-01", "*", "Trust Type"))', "number of entries of Table 1, Trust Type"),
        ('mean(cells("table-31", ["A", "B"], "Quality"))', "mean of Table 31, A and B, Quality"),
        (
            'total(cells("table-31", ["A", "B", "C", "D", "E"], "Quality"))',
            "sum of Table 31, A to E, Quality",
        ),
        (
            'number_of(cells("table-31", "*", "Quality"), above=3, at_most=8)',
            "how many of Table 31, Quality are above 3 and are at most 8",
        ),
        (
            'number_of(texts("table-32", ["A"], "SMR"), like="N/A")',
            "how many of Table 32, A, SMR say 'N/A'",
        ),
        (
            'number_of(cells("table-31", "*", "Quality"), above=1 + 1)',
            "how many of Table 31, Quality are as wanted",
        ),
        (
            'found("made/the-tests", "p_two_sided", family="all", strata="")',
            "p two sided in the tests, family all",
        ),
        ('found_set("made/pairs", "low", "high", of="x")', "pairs, of x"),
        ('mean(records("sites", "staff", by="site"))', "mean of staff in sites"),
        (
            'mean(pick(records("sites", "staff", by="site"), ["B", "E"]))',
            "mean of staff in sites, B and E",
        ),
        ('value(cells("table-31", "*", "Quality"), "A")', "Table 31, Quality, A"),
        (
            'rank_of("A", cells("table-31", "*", "Quality"))',
            "place of A in Table 31, Quality",
        ),
        ("2 + 3", ""),
        ("9", ""),
        (f'cell("table-31", "{"long " * 40}", "Quality")', ""),
    ],
)
def test_what_a_number_is(expression: str, words: str) -> None:
    tree = parse(f"{expression} > 0").tree
    assert named(tree.left) == words  # type: ignore[attr-defined]
