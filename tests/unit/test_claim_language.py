"""The language of checks: what it takes, what it refuses, and that it never runs anything."""

from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from medlead.sources.claim_files import files_named
from medlead.sources.messages import ProblemsFound
from medlead.verdicts import claim_language
from medlead.verdicts.claim_language import DEEPEST, LONGEST, parse
from medlead.verdicts.claim_registry import WORDS
from medlead.verdicts.claim_verdicts import ClaimReason

GOOD = (
    'cell("table-01", "A", "Staff") > 3',
    'not 1 < 2 <= 3 and text("a", "b", "c") != "x" or none_of(0)',
    'most(total(cells("a", "*", ["x", "y"], but=["T"])), 2 * (3 - 1) / 4 + -1)',
    'found("survey/x", "estimate", column="y", row=["a", "b"], file="z") == 1',
    'most_frequent(1, cells("a", "*", "n")) and most_frequent(["1", 2], cells("a", "*", "n"))',
    'total(frame("a/b", "n", by=["x", "y"], low="3")) != 2',
    'not_checkable("interviews")',
    'number_of(texts("a", "*", "b"), like="Good", containing="o") == 2',
)
BAD = (
    ("", "cannot be read", 1),
    ("1 +", "cannot be read", 0),
    ("1", "the check is a number, not a truth", 1),
    ("nosuch(1) == 1", "there is no word 'nosuch'", 1),
    ("1 == majorty(1, 2)", "there is no word 'majorty'", 6),
    ("__import__('os')", "there is no word '__import__'", 1),
    ("most.__class__ == 1", "'Attribute' is no part", 1),
    ("(lambda: 1) == 1", "'Lambda' is no part", 2),
    ("1 if 2 > 1 else 3", "'IfExp' is no part", 1),
    ("[1, 2] == 1", "'List' is no part", 1),
    ("2 ** 3 == 8", "'BinOp' is no part", 1),
    ("True", "'Constant' is no part", 1),
    ("1 in (1, 2)", "'Compare' is no part", 1),
    ("b'a' == 'a'", "'Constant' is no part", 1),
    ("f'{1}' == '1'", "'JoinedStr' is no part", 1),
    ("1e999 == 1", "'Constant' is no part", 1),
    ("most(1)", "'most' lacks whole", 1),
    ("most(1, 2, 3)", "'most' takes 2 arguments", 1),
    ("most(1, 2, whole=3)", "'whole' is given twice", 12),
    ("most(1, 2, of=3)", "'most' has no 'of='", 12),
    ("most(*1, 2)", "'Starred' is no part", 6),
    ("most(1, **2)", "'most' has no 'None='", 9),
    ('most("a", 2)', "a number is needed here, and this is a text", 6),
    ('cell(1 + 1, "a", "b") == 1', "a name in quotes is needed here", 6),
    ('cell(["a"], "a", "b") == 1', "a name in quotes is needed here", 6),
    ('"a" < "b"', "cannot be compared by '<'", 7),
    ('1 == "b"', "cannot be compared by '=='", 6),
    ("1 and 2 > 1", "'and' and 'or' join truths", 1),
    ("not 1", "'not' needs a truth", 5),
    ('not_checkable("weather")', "'weather' is no reason", 15),
    ('not not_checkable("figure")', "makes up a check alone", 5),
    ('needs("x") or none_of(0)', "makes up a check alone", 1),
    ("(" * 90 + "1" + ")" * 90 + " == 1 == " + "-" * 90 + "1", "nested too deeply", 1),
    ("1 == 1" + " " * LONGEST, "is longer than", 1),
)


@pytest.mark.parametrize("check", GOOD)
def test_what_is_allowed_is_read(check: str) -> None:
    assert parse(check).text == check


@pytest.mark.parametrize(("check", "what", "place"), BAD)
def test_what_is_not_allowed_is_refused_with_its_place(check: str, what: str, place: int) -> None:
    with pytest.raises(ProblemsFound) as found:
        parse(check, "claims.csv", 7)
    told = [p for p in found.value.problems if what in p.what]
    assert told, str(found.value)
    (problem, *_) = told
    assert (problem.file, problem.row, problem.column, problem.value) == (
        "claims.csv",
        7,
        "check",
        check,
    )
    assert problem.allowed
    assert problem.mend
    assert not place or problem.what.startswith(f"place {place}: ")


def test_all_faults_are_told_at_once() -> None:
    with pytest.raises(ProblemsFound) as found:
        parse('nosuch(1) and most("a", cells("t")) and x.y')
    told = " ".join(p.what for p in found.value.problems)
    for part in ("no word 'nosuch'", "is a text", "lacks rows, columns", "'Attribute'"):
        assert part in told


pieces = st.sampled_from(
    [*WORDS, *"()[]{},.+-*/<>=!'\"\\ \n:@%&|~^0123456789_", "==", "<=", "and ", " or ", "not "]
    + ["lambda ", "import ", "__class__", "if ", " else ", "for ", " in ", "e9", "10**", "but="]
)


@settings(max_examples=400)
@given(st.lists(pieces, max_size=30).map("".join))
@example("1" * 5000)
@example("(" * 3000)
@example("\x00")
@example("9" * 400 + ".0 == 1")
@example("most(" * 900)
@example("-" * 3000 + "1 == 1")
@example("'\ud800' == 'a'")
def test_no_text_does_anything_but_be_read_or_refused(text: str) -> None:
    try:
        read = parse(text)
    except ProblemsFound:
        return
    assert all(call.func.id in WORDS for call in read.calls)  # type: ignore[attr-defined]


def test_nothing_of_a_check_is_run() -> None:
    for name in ("eval", "exec", "compile"):
        assert not hasattr(claim_language, name)
    source = Path(claim_language.__file__).with_name("claim_evaluation.py").read_text("utf-8")
    assert not any(f"{name}(" in source for name in ("eval", "exec", "compile", "getattr"))


def test_every_word_has_one_meaning_and_a_usage() -> None:
    plain = [w for w in WORDS.values() if not w.ours]
    # `most` and `majority` are one meaning.
    assert len({w.meaning for w in plain}) >= len(plain) - 1
    for word in WORDS.values():
        assert word.meaning.endswith("."), word.name
        assert word.usage.startswith(f"{word.name}(")
    assert DEEPEST > 20


def test_the_files_that_checks_name_are_found_without_reading_them(tmp_path: Path) -> None:
    file = tmp_path / "claims.csv"
    checks = (
        'found("survey/a", "x", by="y") > total(frame("performance/b.csv", "x", by="n"))',
        'records("sites", "staff", by="site") and relation("r") or statement("s")',
        'identified("i") > 1',
        "nonsense((",
    )
    rows = "".join('"' + c.replace('"', '""') + '"\n' for c in checks)
    file.write_text("check\n" + rows, encoding="utf-8")
    assert files_named([str(file)]) == {
        "frames": [
            "engagement/statements",
            "performance/b",
            "reconstruction/identified",
            "survey/a",
            "verdicts/relations",
        ],
        "records": ["sites"],
    }
    assert files_named([str(tmp_path / "none.csv")]) == {"frames": [], "records": []}


def test_the_documentation_tells_every_word_and_reason_as_it_is() -> None:
    text = (Path(__file__).parents[2] / "docs" / "claims.md").read_text(encoding="utf-8")
    lines = set(text.splitlines())
    assert {f"- `{w.usage}`: {w.meaning}" for w in WORDS.values()} <= lines
    assert {f"- `{reason}`: {reason.meaning}" for reason in ClaimReason} <= lines
    told = [line.removeprefix("- `").split("(")[0] for line in lines if line.startswith("- `")]
    assert sorted(told) == sorted(
        [*WORDS, *(f"{r}`: {r.meaning}".split("(")[0] for r in ClaimReason)]
    )
