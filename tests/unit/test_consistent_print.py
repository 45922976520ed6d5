"""A report without a contradiction has no finding, and one planted error has one."""

import pytest
import yaml
from consistent_print import PUBLISHED, consistent, sound_captions

from medlead.performance.significance import judge_stars
from medlead.performance.trusts import printed_correlations
from medlead.verdicts.declared import expand
from medlead.verdicts.findings import BETWEEN_CHECKS
from medlead.verdicts.judge import judge
from medlead.verdicts.relations import Instance, numeric_values, printed_cells
from medlead.verdicts.relations import test_instance as decide
from medlead.writing import read_csv

DECLARED = yaml.safe_load((PUBLISHED / "relations.yaml").read_text(encoding="utf-8"))
SEEDS = range(25)


@pytest.fixture(scope="module")
def instances() -> list[Instance]:
    return expand(DECLARED["relations"], printed_cells(consistent(0)))


def one_of_several_readings(instances: list[Instance], held: set[str]) -> set[str]:
    """The tests of readings beside which another one of the same cell holds."""
    open_to = {i.derived for i in instances if i.reading and i.derived and i.name in held}
    return {i.name for i in instances if i.reading and i.derived in open_to}


@pytest.mark.parametrize("seed", SEEDS)
def test_every_relation_holds_of_a_consistent_report(seed: int, instances: list[Instance]) -> None:
    cells = printed_cells(consistent(seed))
    texts, values = {c.key: c.text for c in cells}, numeric_values(cells)
    held = {i.name for i in instances if decide(i, values, texts).holds}
    failing = {i.name for i in instances} - held
    assert failing <= one_of_several_readings(instances, held)
    # What is open to readings are a few things, not a hole that all could fall through.
    assert len(failing) <= 2


@pytest.mark.parametrize("seed", [100, 101, 102])
def test_the_audit_of_a_consistent_report_is_empty(seed: int, instances: list[Instance]) -> None:
    cells = consistent(seed)
    found = judge(
        items=read_csv(PUBLISHED / "items.csv"),
        cells=cells,
        declarations=DECLARED,
        tables={},
        significance=judge_stars(printed_correlations(cells)),
        captions=sound_captions(),
    )
    held = set(found.relations.loc[found.relations["outcome"] == "holds", "instance"])
    readings = one_of_several_readings(instances, held)
    checks = {c for told in found.audit["check"] for c in told.split(BETWEEN_CHECKS)}
    assert checks <= readings
    assert set(found.audit["certainty"]) <= {"conditional"}


def test_the_reports_differ_in_most_of_their_figures() -> None:
    first, second = consistent(1), consistent(2)
    numeric = first["text"].str.fullmatch(r"-?[\d.,]+")
    assert (first["text"] != second["text"])[numeric].mean() > 0.4


@pytest.mark.parametrize(
    ("item", "row", "column", "text"),
    [
        ("table-03", "TOTAL", "Number of responses", "1"),
        ("table-18", "Triumvirate", "Percentage", "99"),
        ("table-19", "Overall (n=65)", "Mode", "11"),
        (
            "table-24",
            "E",
            "Number of levels doctors hold formalised structural roles and roles",
            "9 - A, B",
        ),
        ("table-32", "C", "Financial Risk", "3"),
        ("table-28", "Overall quality score", "Medical Engagement Index", "-0.99"),
    ],
)
def test_one_wrong_cell_in_a_consistent_report_is_seen(
    item: str, row: str, column: str, text: str, instances: list[Instance]
) -> None:
    frame = consistent(7)
    here = (frame["item"] == item) & (frame["row"] == row) & (frame["column"] == column)
    assert here.sum() == 1
    cells = printed_cells(frame.assign(text=frame["text"].where(~here, text)))
    texts, values = {c.key: c.text for c in cells}, numeric_values(cells)
    failing = [i.name for i in instances if not decide(i, values, texts).holds]
    assert any(f for f in failing if not f.startswith("items-possible"))
