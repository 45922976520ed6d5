"""The messages of the rules are numbered in order, as somebody who watches a build reads them."""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tests"))
from number_messages import messages, put_in_order, wanted  # noqa: E402

MEND = "run `python tests/number_messages.py` (or `make format`)"


def test_the_rules_of_the_default_build_are_numbered_in_order() -> None:
    found = messages()
    assert [(m.number, m.total) for m in found] == wanted(found), MEND
    assert found[-1].number > 10


def test_every_rule_with_a_script_has_a_message() -> None:
    for file in sorted((ROOT / "workflow/rules").glob("*.smk")):
        text = file.read_text(encoding="utf-8")
        rules = re.split(r"^ *rule ", text, flags=re.MULTILINE)[1:]
        silent = [r.partition(":")[0] for r in rules if "script:" in r and "message:" not in r]
        assert silent == []


def rule(name: str, message: str, indent: str = "") -> str:
    return f'{indent}rule {name}:\n{indent}    message:\n{indent}        "{message}"\n'


def test_a_new_rule_comes_behind_the_one_whose_number_it_has(tmp_path: Path) -> None:
    (tmp_path / "Snakefile").write_text('include: "a.smk"\ninclude: "b.smk"\n', encoding="utf-8")
    first = rule("one", "One 1/3: a") + rule("three", "One 3/3: c")
    first += rule("made", "Records 1/1: apart") + rule("free", "Recording")
    second = rule("two", "Two 2/3: b") + rule("new", "Two 2/9: n")
    second += "if x:\n\n" + rule("page", "Two 3/3: p", "    ")
    second += "\nelse:\n\n" + rule("other", "Two 3/3: o", "    ")
    for name, text in (("a.smk", first), ("b.smk", second)):
        (tmp_path / name).write_text(text, encoding="utf-8")
    put_in_order(tmp_path)
    text = "".join((tmp_path / name).read_text(encoding="utf-8") for name in ("a.smk", "b.smk"))
    assert re.findall(r'"(.*)"', text) == [
        *("One 1/5: a", "One 4/5: c", "Records 1/1: apart", "Recording"),
        *("Two 2/5: b", "Two 3/5: n", "Two 5/5: p", "Two 5/5: o"),
    ]
    found = messages(tmp_path)
    assert [(m.number, m.total) for m in found] == wanted(found)
