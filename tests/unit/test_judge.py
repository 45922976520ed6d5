"""The whole verdict stage on a small synthetic print, and on the report's own."""

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml

from medlead.evidence import EvidenceClass, Reason, Verdict
from medlead.performance.significance import judge_stars
from medlead.performance.trusts import printed_correlations
from medlead.verdicts.findings import BETWEEN_CHECKS
from medlead.verdicts.judge import (
    Verdicts,
    judge,
    judge_marks,
)
from medlead.verdicts.judgement import Judgement
from medlead.verdicts.marks_alike import CHECK as ALIKE
from medlead.verdicts.relations import DeclarationError, printed_cells
from medlead.verdicts.solved import Pool, Solved, in_order
from medlead.writing import read_csv

PUBLISHED = Path(__file__).parents[2] / "data" / "published"

ITEMS = pd.DataFrame(
    {
        "item": ["table-01", "table-02", "figure-01", "section-4.1", "appendix-1"],
        "evidence": ["printed-records", *["printed-aggregates"] * 2, *["conceptual"] * 2],
        "scope": ["in", "in", "out", "in", "in"],
    }
)
CELLS = pd.DataFrame(
    [
        ("table-01", "a", "n", "1", "count", "1", "1"),
        ("table-01", "b", "n", "2", "count", "1", "2"),
        ("table-02", "Total", "n", "3", "count", "1", "3"),
        ("table-02", "m / stars", "s", "*", "stars", "1", "4"),
    ],
    columns=["item", "row", "column", "text", "kind", "section", "line"],
)
DECLARED: dict[str, Any] = {
    "outside": [{"item": "table-01", "rows": ["b"]}],
    "relations": [
        {
            "relation": "sum",
            "kind": "total",
            "says": "Parts and whole.",
            "parts": {"item": "table-01"},
            "total": {"item": "table-02", "rows": ["Total"]},
        }
    ],
}
REBUILT = pd.DataFrame(
    {"row": ["a"], "column": ["n"], "text": ["1"], "evidence": ["printed-records"]}
)


def significance(*rows: tuple[str, str, str, str]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["measure", "tail", "implied", "match"])
    sizes = {"r": 0.5, "r_low": 0.495, "r_high": 0.505, "n": range(3, 3 + len(frame))}
    # No two marks are of the same number of pairs.
    stars = frame["implied"].str.count(r"\*")
    return frame.assign(
        scale="s", printed=frame["implied"], implied_fewest=stars, implied_most=stars, **sizes
    )


def small(**changes: Any) -> Verdicts:
    arguments = {
        "items": ITEMS,
        "cells": CELLS,
        "declarations": DECLARED,
        "tables": {"table-01": REBUILT},
        "significance": significance(("m", "two-sided", "*", "exact")),
        "marked_item": "table-02",
    }
    return judge(**(arguments | changes))


def test_the_headline_counts_add_up() -> None:
    found = small()
    summary = found.summary
    assert summary["cells_total"] == len(CELLS) == sum(summary["cells_by_verdict"].values())
    assert set(summary["cells_by_verdict"]) == set(Verdict)
    assert set(summary["cells_by_reason"]) == set(Reason)
    crossed = summary["cells_by_verdict_and_evidence"]
    assert sum(entry["cells"] for entry in crossed) == len(CELLS)
    assert summary["cells_by_verdict"] == {
        "agrees": 2,
        "agrees-by-rounding": 0,
        "agrees-by-construction": 1,
        "differs": 0,
        "not-derivable": 1,
    }
    assert summary["cells_by_reason"]["outside-information"] == 1
    # Only tables and figures are items that are counted.
    assert (summary["items_total"], summary["items_in_scope"]) == (3, 2)
    assert summary["items_rebuilt"] == 1
    assert summary["agreements_by_basis"] == {"arithmetic": 1, "test": 1, "printed twice": 0}
    assert (summary["relations_total"], summary["relations_failing"]) == (1, 0)
    assert summary["items_with_verdict"] == 2


def test_agreements_are_counted_by_what_they_rest_on() -> None:
    again = pd.DataFrame(
        [
            ("section-4.1", "told", "n", "3", "count", "1", "5"),
            ("section-4.1", "told again", "n", "4", "count", "1", "6"),
        ],
        columns=CELLS.columns,
    )
    told = [
        {
            "relation": f"again-{row}",
            "kind": "same",
            "says": "Twice.",
            "first": {"item": "table-02", "rows": ["Total"]},
            "second": {"item": "section-4.1", "rows": [row]},
        }
        for row in ("told", "told again")
    ]
    found = small(
        cells=pd.concat([CELLS, again], ignore_index=True),
        declarations={**DECLARED, "relations": [*DECLARED["relations"], *told[:1]]},
    )
    basis = found.summary["agreements_by_basis"]
    assert basis == {"arithmetic": 1, "test": 1, "printed twice": 1}
    # A repetition that fails is no agreement.
    found = small(
        cells=pd.concat([CELLS, again], ignore_index=True),
        declarations={**DECLARED, "relations": told[1:]},
    )
    assert found.summary["agreements_by_basis"]["printed twice"] == 0


def test_a_table_that_only_differs_is_not_rebuilt() -> None:
    found = small(tables={"table-01": REBUILT.assign(text="9")})
    assert found.summary["items_rebuilt"] == 0
    assert found.summary["cells_by_verdict"]["differs"] == 1


def test_a_rebuilt_cell_or_a_mark_that_is_printed_nowhere_stops_the_stage() -> None:
    with pytest.raises(ValueError, match="not printed"):
        small(tables={"table-01": REBUILT.assign(row="c")})
    with pytest.raises(ValueError, match="not printed"):
        small(significance=significance(("other", "two-sided", "*", "exact")))
    with pytest.raises(ValueError, match="not printed"):
        small(marked_item="table-01")


SOLVED = pd.DataFrame(
    [("Total", "n", "3", "reconstructed")], columns=["row", "column", "text", "evidence"]
)


def bounds(*attained: str) -> pd.DataFrame:
    """Identified sets of the total, one per way."""
    return pd.DataFrame(
        [
            ("table-02", "Total", "n", "Spearman", "", ties, "2", "4", word)
            for ties, word in zip(("none", "allowed"), attained, strict=True)
        ],
        columns=["item", "row", "column", "method", "coding", "ties", "low", "high", "attained"],
    )


@pytest.mark.parametrize(
    ("attained", "verdict", "reason", "evidence"),
    [
        (None, Verdict.AGREES_BY_CONSTRUCTION, None, "reconstructed"),
        # Bounds are asked first; they name the ways that can give the value, and only those.
        (("yes", "no"), Verdict.NOT_DERIVABLE, Reason.ONLY_BOUNDED, "printed-aggregates"),
        (("no", "no"), Verdict.DIFFERS, Reason.CONFLICTS_WITH_PRINT, "printed-aggregates"),
        # Where they leave it open, the solved records say what is left to be said.
        (("no", "open"), Verdict.AGREES_BY_CONSTRUCTION, None, "reconstructed"),
    ],
)
def test_bounds_stand_before_solved_records(
    attained: Any, verdict: Verdict, reason: Any, evidence: str
) -> None:
    found = small(
        declarations={"relations": []},
        tables={"table-02": SOLVED},
        identified=None if attained is None else bounds(*attained),
    ).cells.set_index(["item", "row", "column"])
    line = found.loc[("table-02", "Total", "n")]
    assert (line["verdict"], line["evidence"]) == (str(verdict), evidence)
    assert line["reason"] == str(reason or "")
    if reason is Reason.ONLY_BOUNDED:
        assert line["rule"] == "bounds: Spearman without ties 2.00 to 4.00"


def test_a_marked_table_that_only_repeats_the_print_derives_nothing() -> None:
    found = small(
        declarations={"relations": []},
        tables={"table-02": SOLVED.assign(evidence="printed-aggregates")},
    ).cells.set_index(["item", "row", "column"])
    line = found.loc[("table-02", "Total", "n")]
    assert (line["verdict"], line["rebuilt"]) == (str(Verdict.NOT_DERIVABLE), "")


def test_the_order_of_what_bears_on_a_cell_keeps_what_only_one_tells() -> None:
    key, other = ("t", "r", "c"), ("t", "r", "d")
    first = Judgement(Verdict.DIFFERS, EvidenceClass.PRINTED_AGGREGATES)
    second = Judgement(Verdict.NOT_DERIVABLE, EvidenceClass.RECONSTRUCTED)
    pool = Pool((key, other), 2)
    found = in_order(
        Solved({key: first}, {other: first}, always=(key,)),
        Solved({key: second, other: second}, {other: second}, pools=(pool,)),
    )
    assert found == Solved({key: first, other: second}, {other: first}, (key,), (pool,))


def test_tables_of_a_study_say_nothing_of_the_print() -> None:
    # One cell that is printed so, one that is printed otherwise, one that is printed nowhere.
    own = pd.DataFrame(
        {"row": ["a", "b", "c"], "column": ["n"] * 3, "text": ["1", "9", "5"], "evidence": "study"}
    )
    found = small(tables={"table-01": own}, declarations={"relations": []})
    cells = found.cells.set_index("row")
    assert cells.loc[["a", "b"], "verdict"].tolist() == [Verdict.NOT_DERIVABLE] * 2
    assert cells.loc[["a", "b"], "reason"].tolist() == [Reason.OTHER_RECORDS] * 2
    assert cells.loc[["a", "b"], "rebuilt"].tolist() == ["", ""]
    assert cells.loc["Total", "reason"] == Reason.STAGE_NOT_BUILT
    assert found.summary["items_rebuilt"] == 0
    # What the print says of itself stays.
    again = small(tables={"table-01": own})
    assert again.cells.set_index("row").loc["Total", "verdict"] == Verdict.AGREES
    assert again.audit.empty


def test_a_print_without_relations_or_marks_is_judged_too() -> None:
    found = small(declarations={"outside": [], "relations": []}, significance=significance())
    assert found.summary["relations_total"] == 0
    assert set(found.summary["agreements_by_basis"].values()) == {0}
    assert found.summary["cells_by_verdict"]["not-derivable"] == 3
    assert found.audit.empty


def test_a_wrong_total_moves_from_agreement_to_conflict() -> None:
    wrong = CELLS.assign(text=["1", "2", "4", "*"])
    found = small(cells=wrong)
    assert found.summary["relations_failing"] == 1
    assert found.audit["check"].tolist() == ["sum"]
    by_row = found.cells.set_index("row")
    assert by_row.loc["Total", "reason"] == Reason.CONFLICTING_EVIDENCE
    assert by_row.loc["a", "verdict"] == Verdict.AGREES_BY_CONSTRUCTION


def test_a_declaration_that_does_not_fit_stops_the_stage() -> None:
    misfit = {"outside": [{"item": "table-09"}], "relations": []}
    with pytest.raises(DeclarationError, match="outside"):
        small(declarations=misfit)


def test_a_cell_of_an_unregistered_item_stops_the_stage() -> None:
    with pytest.raises(KeyError):
        small(items=ITEMS[ITEMS["item"] != "table-02"])


# --- marks ----------------------------------------------------------------------------


@pytest.mark.parametrize("order", [("two-sided", "one-sided"), ("one-sided", "two-sided")])
@pytest.mark.parametrize(
    ("two_sided", "one_sided", "verdict", "reason", "rule"),
    [
        (("*", "exact"), ("*", "exact"), Verdict.AGREES, None, "both"),
        (("*", "exact"), ("**", "within rounding"), Verdict.AGREES_BY_ROUNDING, None, "both"),
        (
            *(("", "within rounding"), ("**", "within rounding")),
            *(Verdict.AGREES_BY_ROUNDING, None, "both"),
        ),
        (
            *(("*", "exact"), ("**", "no")),
            *(Verdict.NOT_DERIVABLE, Reason.DEPENDS_ON_TEST, "two-sided"),
        ),
        (
            *(("", "no"), ("*", "within rounding")),
            *(Verdict.NOT_DERIVABLE, Reason.DEPENDS_ON_TEST, "one-sided"),
        ),
        (("**", "no"), ("***", "no"), Verdict.DIFFERS, Reason.TEST_DIFFERS, "both"),
    ],
)
def test_a_mark_agrees_only_where_every_tail_gives_it(
    order: tuple[str, str],
    two_sided: tuple[str, str],
    one_sided: tuple[str, str],
    verdict: Verdict,
    reason: Reason | None,
    rule: str,
) -> None:
    results = {"two-sided": two_sided, "one-sided": one_sided}
    rows = [("a", tail, *results[tail]) for tail in order]
    # What other marks do is no evidence on this one.
    rows += [("b", tail, "*", "exact") for tail in order]
    rows += [("c", tail, "*", "no") for tail in order]
    marks = judge_marks(significance(*rows), "table-28")
    assert set(marks) == {("table-28", f"{m} / stars", "s") for m in "abc"}
    mark = marks["table-28", "a / stars", "s"]
    assert (mark.verdict, mark.reason) == (verdict, reason)
    assert mark.evidence == EvidenceClass.PRINTED_AGGREGATES
    expected = " and ".join(order) if rule == "both" else f"only {rule}"
    assert mark.rule == f"test: t of r, {expected}"


@pytest.mark.parametrize(
    ("two_sided", "one_sided", "shown"),
    [
        ("*", "*", "*"),
        ("", "", "no star"),
        ("*", "**", "* (two-sided), ** (one-sided)"),
        ("", "*", "no star (two-sided), * (one-sided)"),
    ],
)
def test_the_marks_of_all_tails_are_shown(two_sided: str, one_sided: str, shown: str) -> None:
    rows = [("a", "two-sided", two_sided, "no"), ("a", "one-sided", one_sided, "no")]
    (mark,) = judge_marks(significance(*rows), "t").values()
    assert mark.rebuilt == shown


def test_no_marks_at_all() -> None:
    assert judge_marks(significance(), "t") == {}


# --- the report's own print -----------------------------------------------------------


@pytest.fixture(scope="module")
def published() -> Verdicts:
    cells = read_csv(PUBLISHED / "cells.csv")
    return judge(
        items=read_csv(PUBLISHED / "items.csv"),
        cells=cells,
        declarations=yaml.safe_load((PUBLISHED / "relations.yaml").read_text(encoding="utf-8")),
        tables={},
        significance=judge_stars(printed_correlations(cells)),
        repeated=read_csv(PUBLISHED / "repeated.csv"),
    )


def test_what_is_said_again_is_audited_once(published: Verdicts) -> None:
    failing = published.repeated[published.repeated["outcome"] == "fails"]
    checks = {f"said again: {t} / {a}" for t, a in zip(failing.thing, failing.aspect, strict=True)}
    told = published.audit["check"].str.split(BETWEEN_CHECKS)
    # Every failing fact is told once, alone or in the finding of the same cause.
    again = told.explode()
    assert sorted(again[again.str.startswith("said again: ")]) == sorted(checks)
    # The two ends of one scale are a relation between cells already.
    (scale,) = [of for of in told if "said again: scale of the self-ratings / scale" in of]
    assert scale[0] == failing.set_index("thing").loc["scale of the self-ratings", "told_by"]
    assert published.summary["repeated_failing"] == len(failing)


def test_every_printed_cell_has_one_verdict_in_print_order(published: Verdicts) -> None:
    cells = read_csv(PUBLISHED / "cells.csv")
    keys = ["item", "row", "column"]
    assert published.cells[keys].to_numpy().tolist() == cells[keys].to_numpy().tolist()
    assert published.cells["printed"].tolist() == cells["text"].tolist()


def test_verdict_reason_and_evidence_are_of_the_vocabulary(published: Verdicts) -> None:
    for row in published.cells.to_dict("records"):
        EvidenceClass(row["evidence"])
        verdict = Verdict(row["verdict"])
        if verdict in (Verdict.DIFFERS, Verdict.NOT_DERIVABLE):
            Reason(row["reason"])
        else:
            assert row["reason"] == ""
            assert row["rule"]
        if verdict is Verdict.DIFFERS:
            assert row["rebuilt"] != row["printed"]
        if verdict is Verdict.NOT_DERIVABLE:
            # Only where tests or readings give different values is there anything to show.
            open_to = (Reason.DEPENDS_ON_TEST, Reason.DEPENDS_ON_READING)
            assert bool(row["rebuilt"]) == (row["reason"] in open_to)


def test_every_published_agreement_says_what_it_rests_on(published: Verdicts) -> None:
    counted, basis = published.summary["cells_by_verdict"], published.summary["agreements_by_basis"]
    assert sum(basis.values()) == counted["agrees"] + counted["agrees-by-rounding"]
    assert all(basis.values())


def test_every_failing_relation_and_every_wrong_mark_is_a_finding(published: Verdicts) -> None:
    failing = published.relations.loc[published.relations["outcome"] == "fails", "instance"]
    marks = (published.cells["reason"] == str(Reason.TEST_DIFFERS)).sum()
    checks = [c for all_ in published.audit["check"] for c in all_.split(BETWEEN_CHECKS)]
    checks = [check for check in checks if not check.startswith("said again: ")]
    # Marks that differ though size and number are alike are told with those that differ.
    checks = [check for check in checks if check != ALIKE]
    assert sorted(checks) == sorted([*failing, *["marks"] * marks])
    assert published.audit["finding"].is_unique


def test_every_difference_is_explained_by_a_finding(published: Verdicts) -> None:
    lines = set(published.audit["line"])
    cells = read_csv(PUBLISHED / "cells.csv", line="int64")
    differing = cells[(published.cells["verdict"] == str(Verdict.DIFFERS)).to_numpy()]
    assert set(differing["line"]) <= lines


def test_printed_cells_keep_order_and_empty_text() -> None:
    cells = printed_cells(CELLS.assign(text=["", "2", "3", "*"]))
    assert [c.text for c in cells] == ["", "2", "3", "*"]
    assert cells[0].key == ("table-01", "a", "n")
