"""Who was asked and answered, and whether they stand for all: hand-worked, and as printed."""

import copy
import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml
from scipy import stats

from medlead.configuration import check_config
from medlead.evidence import EvidenceClass
from medlead.printed import number
from medlead.sources.messages import ProblemsFound
from medlead.survey.declared import Numbers, cell_texts, level_counts
from medlead.survey.representativeness import representativeness
from medlead.survey.response import completed_by, funnel
from medlead.survey.sampling import detectable

ROOT = Path(__file__).parents[2]
RESPONSE: dict[str, Any] = yaml.safe_load(
    (ROOT / "config/instruments/response.yaml").read_text(encoding="utf-8")
)
SCHEMA = json.loads((ROOT / "workflow/schemas/response.schema.json").read_text(encoding="utf-8"))
CELLS = cell_texts(pd.read_csv(ROOT / "data/published/cells.csv", dtype=str, keep_default_na=False))


def returns(levels: dict[str, list[str | None]], used: list[bool] | None = None) -> pd.DataFrame:
    """Coded returns: each variable an ordered category in the order of first mention."""
    n = len(next(iter(levels.values())))
    frame = pd.DataFrame(
        {
            "respondent": [f"{i:03}" for i in range(n)],
            "returned": [True] * n,
            "complete": [True] * n,
            "used": [True] * n if used is None else used,
        }
    )
    for name, values in levels.items():
        known = list(dict.fromkeys(v for v in values if v is not None))
        frame[name] = pd.Categorical(values, categories=known, ordered=True)
    return frame


def study(cells: dict[tuple[str, str, str], str] | None = None, **counted: int) -> Numbers:
    counts = {"returned": 0, "completed": 0, "used": 0} | counted
    return Numbers(cells or {}, counts, EvidenceClass.STUDY)


def printed(evidence: EvidenceClass = EvidenceClass.RECONSTRUCTED) -> Numbers:
    # What the returns hold is not read where cells are declared, so any returns do.
    return Numbers(CELLS, {"returned": 7, "completed": 6, "used": 6}, evidence)


STEPS: list[dict[str, Any]] = [
    {"step": "asked", "says": "Asked", "count": {"number": 40}, "shares": True},
    {"step": "no", "of": "asked", "leaves": True, "says": "Refused", "count": {"number": 8}},
    {"step": "sent", "of": "asked", "says": "Sent", "count": {"rest_of": "asked"}},
    {
        "step": "back",
        "of": "sent",
        "says": "Came back",
        "count": {"returns": "returned"},
        "estimates": "the chance of a return",
    },
]


def test_the_declaration_fits_its_schema_and_a_wrong_one_does_not() -> None:
    check_config(RESPONSE, SCHEMA, "response.yaml")
    wrong = copy.deepcopy(RESPONSE)
    wrong["funnel"][0]["cout"] = wrong["funnel"][0].pop("count")
    wrong["completed_by"]["counts"]["Other"] = {"number": 3, "cells": [["a", "b", "c"]]}
    with pytest.raises(ProblemsFound) as found:
        check_config(wrong, SCHEMA, "config/instruments/response.yaml")
    text = str(found.value)
    assert "did you mean 'count'?" in text
    assert "missing key 'funnel.0.count'" in text
    assert "copy it from the response.yaml" in text
    assert "completed_by.counts.Other" in text


def test_a_study_gets_its_funnel_from_its_own_numbers() -> None:
    numbers = study(returned=24)
    frame = funnel(STEPS, numbers, 0.95)
    numbers.stop()
    shares = {(r.step, r.of): r.percent for r in frame.itertuples() if r.of}
    assert shares == {
        ("no", "asked"): 20,
        ("sent", "asked"): 80,
        ("back", "sent"): 75,
        ("back", "asked"): 60,
    }
    assert frame["printed"].eq("").all()
    assert frame["follows"].eq("").all()
    assert set(frame["evidence"]) == {"study"}
    back = frame[(frame["step"] == "back") & (frame["of"] == "sent")].iloc[0]
    theirs = stats.binomtest(24, 32).proportion_ci(0.95, method="exact")
    assert (back["low"], back["high"]) == pytest.approx((100 * theirs.low, 100 * theirs.high))
    # A share that estimates nothing has no interval.
    assert frame.loc[frame["step"] != "back", ["low", "high"]].isna().all(axis=None)


@pytest.mark.parametrize(
    ("steps", "says"),
    [
        ([*STEPS, STEPS[3]], "stands there twice"),
        ([STEPS[0], {**STEPS[3], "of": "sentt"}], "no step before it 'sentt'"),
        ([STEPS[0], {**STEPS[1], "count": {"number": 41}}], "add up to 41 of 40"),
        ([STEPS[0], {**STEPS[1], "count": {"number": 2.5}}], "not a whole number"),
        ([{**STEPS[0], "count": {"cells": [["a", "b", "count"]]}}], "no printed cell a / b"),
        ([STEPS[0], {**STEPS[1], "count": {"rest_of": "aksed"}}], "'aksed'"),
    ],
)
def test_a_funnel_that_cannot_be_is_named(steps: list[dict[str, Any]], says: str) -> None:
    numbers = study({("a", "c", "count"): "3"}, returned=1)
    funnel(steps, numbers, 0.95)
    with pytest.raises(ProblemsFound, match=r"response\.yaml") as found:
        numbers.stop()
    assert says in str(found.value)


def test_the_printed_funnel_adds_up_and_says_which_percentages_follow() -> None:
    numbers = printed()
    frame = funnel(RESPONSE["funnel"], numbers, 0.95)
    numbers.stop()
    direct = frame.drop_duplicates("step").set_index("step")
    for whole, part in direct.groupby("of")["count"]:
        if whole and set(direct.loc[part.index, "leaves"]) == {"yes", "no"}:
            assert part.sum() == direct.loc[whole, "count"]
    # By a rule of our own: half up at the digits that are printed.
    for row in frame[frame["printed"] != ""].itertuples():
        text = str(row.printed)
        places = len(text.partition(".")[2])
        exact = Fraction(100 * int(row.count), int(row.base))
        shifted = exact * 10**places
        up = Fraction(int(shifted + Fraction(1, 2)), 10**places)
        assert (row.follows != "no") == (up == number(text)), row
    unexplained = frame[frame["note"].str.contains(" not ")]
    assert set(unexplained["step"]) == {"declined"}
    assert unexplained["note"].str.contains("no count of").all()
    followed = frame[~frame["follows"].isin(["", "no"])]
    assert set(followed["step"]) == {"approved", "unanswered", "completed"}
    # The completed ones are a share of those that were sent, not of those returned.
    bases = set(followed.loc[followed["step"] == "completed", "of"])
    assert "sent" in bases
    assert "returned" not in bases


def test_returns_that_hold_another_number_are_told() -> None:
    numbers = printed()
    frame = funnel(RESPONSE["funnel"], numbers, 0.95)
    assert set(frame.loc[frame["step"] == "returned", "note"]) == {"the returns hold 7"}


def test_who_completed_is_counted_where_nothing_is_printed() -> None:
    frame = returns({"by": ["Head", None, "Deputy", "Head", "Head"]}, [True] * 4 + [False])
    declared = {"variable": "by", "missing": "Not said", "counts": {}, "together": {}}
    numbers = study(returned=5, completed=5, used=4)
    table = completed_by(frame, declared, numbers, 0.95).set_index(["level", "base"])
    numbers.stop()
    everyone, known = "all completed returns", "returns that say who"
    assert table["count"].to_dict() == {
        ("Head", everyone): 2,
        ("Head", known): 2,
        ("Deputy", everyone): 1,
        ("Deputy", known): 1,
        ("Not said", everyone): 1,
    }
    head = table.loc["Head", everyone]
    assert (head["percent"], head["percent_least"], head["percent_most"]) == (50, 50, 75)
    assert table.loc[("Head", known), "percent"] == pytest.approx(200 / 3)
    assert set(table["evidence"]) == {"study"}


def test_who_completed_as_printed() -> None:
    numbers = printed()
    levels = [name for name in RESPONSE["completed_by"]["counts"] if name != "Not clear"]
    frame = returns({"completed_by": [*levels, None]})
    table = completed_by(frame, RESPONSE["completed_by"], numbers, 0.95)
    numbers.stop()
    cells = {
        name: number(CELLS[tuple(source["cells"][0])])
        for name, source in RESPONSE["completed_by"]["counts"].items()
    }
    whole = table[table["base"] == "all completed returns"].set_index("level")
    assert whole.loc[list(cells), "count"].to_dict() == cells
    assert set(whole["n"]) == {sum(cells.values())}
    both = whole.loc["Chief Executive or Medical Director"]
    assert both["count"] == cells["Chief Executive"] + cells["Medical Director"]
    assert set(table["evidence"]) == {"printed-aggregates"}


def test_levels_must_be_declared_all_or_none() -> None:
    frame = returns({"by": ["Head", "Deputy"]})
    numbers = study()
    level_counts("who", frame, "by", {"Head": {"number": 1}, "Deptuy": {"number": 1}}, numbers)
    level_counts("who", frame, "by", {"Head": {"number": 1}}, numbers)
    level_counts("who", frame, "bye", {}, numbers)
    with pytest.raises(ProblemsFound) as found:
        numbers.stop()
    text = str(found.value)
    assert "did you mean 'Deputy'?" in text
    assert "no count for: Deputy" in text
    assert "no coded variable 'bye'" in text


# -- representativeness


def claims(numbers: Numbers, **claim: Any) -> pd.DataFrame:
    declared = {
        "population": {"says": "libraries", "count": {"number": 20}},
        "power": 0.8,
        "claims": [
            {"claim": "C", "variable": "kind", "counts": {}, "members": {}, "shares": {}}
            | {"statements": []}
            | claim
        ],
    }
    kinds = returns({"kind": ["a"] * 6 + ["b"] * 2})
    frame = representativeness(kinds, declared, numbers, confidence=0.95, alpha=0.05)
    numbers.stop()
    return frame


def test_a_finite_population_is_tested_as_fisher_would() -> None:
    frame = claims(study(), members={"a": {"number": 8}})
    row = frame[frame["method"] == "finite population"].iloc[0]
    # 6 of 8 members answered, and 2 of the 12 others.
    theirs = stats.fisher_exact([[6, 2], [2, 10]]).pvalue
    assert (row["p_low"], row["p_high"]) == pytest.approx((theirs, theirs))
    assert "6 of 8 answered (75.0 %), and 2 of the other 12 (16.7 %)." in row["says"]
    endless = frame[frame["method"] == "binomial"].iloc[0]
    assert endless["p_low"] == pytest.approx(stats.binomtest(6, 8, 0.4).pvalue)
    assert set(frame["evidence"]) == {"study"}


@pytest.mark.parametrize(("text", "half"), [("40", 0.5), ("38.5", 0.05)])
def test_what_the_responses_would_notice_is_told_of_the_share_itself(
    text: str, half: float
) -> None:
    said = {"level": "a", "direction": "same", "says": "something"}
    frame = claims(study(), shares={"a": {"number": json.loads(text)}}, statements=[said])
    row = frame[frame["method"] == "binomial"].iloc[0]
    ends = [100 * end for end in detectable(8, float(text) / 100, 0.05, 0.8)]
    assert [row["detects_below"], row["detects_above"]] == pytest.approx(ends, nan_ok=True)
    # A share stands for all that is rounded to it at its last digit.
    ends = [float(text) - half, float(text) + half]
    assert [row["population_percent_low"], row["population_percent_high"]] == pytest.approx(ends)
    assert row["percent"] == pytest.approx(75)
    words = frame.loc[frame["method"] == "statement", "says"].item()
    assert words.endswith("with 80 % power.")
    assert "8 responses notice an expected share" in words


@pytest.mark.parametrize(
    ("members", "direction", "verdict"),
    [
        (8, "over", "supported"),
        (8, "same", "contradicted"),
        (8, "under", "contradicted"),
        (15, "same", "not contradicted"),
        (14, "over", "not contradicted"),
        (14, "under", "contradicted"),
    ],
)
def test_a_statement_is_judged_by_side_and_chance(
    members: int, direction: str, verdict: str
) -> None:
    said = {"level": "a", "direction": direction, "says": "something"}
    declared = {"members": {"a": {"number": members}}, "statements": [said]}
    frame = claims(study(), **declared)
    assert frame.loc[frame["method"] == "statement", "verdict"].tolist() == [verdict]


def test_without_a_number_for_the_population_nothing_is_tested() -> None:
    said = {"level": "a", "direction": "same", "says": "something"}
    frame = claims(study(), statements=[said])
    assert set(frame["method"]) == {"responses", "statement"}
    assert frame["p_low"].isna().all()
    assert frame["verdict"].iloc[-1] == "cannot be tested"
    assert frame["says"].iloc[0].endswith("is not given: nothing to test.")


@pytest.mark.parametrize(
    ("claim", "says"),
    [
        ({"members": {"a": {"number": 5}}}, "5 of 20 do not fit 6 of 8"),
        ({"members": {"a": {"number": 19}}}, "19 of 20 do not fit"),
        ({"shares": {"a": {"number": 70}, "b": {"number": 60}}}, "more than 100 %"),
        ({"members": {"c": {"number": 5}}}, "no level 'c'"),
    ],
)
def test_a_population_that_cannot_be_is_named(claim: dict[str, Any], says: str) -> None:
    with pytest.raises(ProblemsFound) as found:
        claims(study(), **claim)
    assert says in str(found.value)


@pytest.fixture(scope="module")
def balance() -> pd.DataFrame:
    numbers = printed()
    declared = RESPONSE["representativeness"]
    frame = returns(
        {
            claim["variable"]: [*claim["counts"], *[None] * (10 - len(claim["counts"]))]
            for claim in declared["claims"]
        }
    )
    found = representativeness(frame, declared, numbers, confidence=0.95, alpha=0.05)
    numbers.stop()
    return found


def test_the_base_of_the_national_percentage_is_a_set_that_holds_the_sample(
    balance: pd.DataFrame,
) -> None:
    row = balance[balance["method"] == "possible bases"].iloc[0]
    bases = {int(b) for b in row["against"].split(", ")}
    members = number(CELLS["section-4.1.2", "foundation trusts in the country", "count"])
    share = number(CELLS["section-4.1.2", "foundation trusts in the country", "percent"])
    assert bases == {n for n in range(100, 400) if round(100 * members / n) == share}
    size = int(number(CELLS["section-3.1.1", "sites in the sample", "count"]))
    assert ("is among" in row["says"]) == (size in bases)


def test_the_foundation_share_agrees_with_scipy(balance: pd.DataFrame) -> None:
    own = balance[balance["claim"] == "Foundation status"]
    exact = own[own["method"] == "finite population"].iloc[0]
    count, n = int(exact["count"]), int(exact["n"])
    members, size = (int(t) for t in exact["against"].split(" of "))
    table = [[count, n - count], [members - count, size - members - (n - count)]]
    assert exact["p_low"] == pytest.approx(stats.fisher_exact(table).pvalue)
    assert exact["detects_below"] < exact["population_percent_low"] < exact["detects_above"]


def test_printed_shares_that_do_not_add_up_leave_a_range(balance: pd.DataFrame) -> None:
    own = balance[(balance["claim"] == "Trust type") & (balance["level"] == "")]
    shares = {
        level: int(number(CELLS[tuple(source["cells"][0])]))
        for level, source in RESPONSE["representativeness"]["claims"][1]["shares"].items()
    }
    missing = 100 - sum(shares.values())
    assert missing > 0
    for level in shares:
        assert own["against"].str.contains(f"the missing {missing} % are {level}").any()
    single = own[own["p_low"] == own["p_high"]]
    every = own[own["against"].str.startswith("all shares that print so")].iloc[0]
    # Every way to deal the missing to the three types lies within the range over all ways.
    dealt = single[~single["against"].str.contains("another type")]
    assert dealt["p_low"].between(every["p_low"] - 1e-9, every["p_high"] + 1e-9).all()
    assert every["p_low"] < 0.05 < every["p_high"]
    # A fourth type that never answers is the least likely.
    other = single[single["against"].str.contains("another type")]["p_low"].iloc[0]
    assert other < dealt["p_low"].min()


def test_each_statement_tells_what_would_be_noticed_of_its_own_level(balance: pd.DataFrame) -> None:
    own = balance[balance["claim"] == "Trust type"]
    tests = own[own["method"] == "finite population"].drop_duplicates("level").set_index("level")
    said = own[own["method"] == "statement"].set_index("level")["says"]
    assert len(said) == len(tests) > 1
    for level, words in said.items():
        assert f"above {tests.loc[level, 'detects_above']:.1f} % with" in words


def test_a_share_can_be_all_that_the_least_of_the_others_leave(balance: pd.DataFrame) -> None:
    shares = {
        level: float(number(CELLS[tuple(source["cells"][0])]))
        for level, source in RESPONSE["representativeness"]["claims"][1]["shares"].items()
    }
    rows = balance[balance["against"].str.endswith("% with all that is unaccounted for")]
    found = rows.set_index("level")["population_percent_high"].to_dict()
    # Printed without decimals, each of the others is at least half a point less.
    assert found == pytest.approx(
        {
            level: 100 - sum(share - 0.5 for other, share in shares.items() if other != level)
            for level in shares
        }
    )


def test_what_is_missing_is_dealt_to_each_type_in_turn(balance: pd.DataFrame) -> None:
    own = balance[balance["claim"] == "Trust type"]
    counts = own[own["method"] == "responses"].set_index("level")["count"].astype(int)
    shares = {
        level: int(number(CELLS[tuple(source["cells"][0])]))
        for level, source in RESPONSE["representativeness"]["claims"][1]["shares"].items()
    }
    missing = 100 - sum(shares.values())
    for level in shares:
        dealt = np.array([(s + missing * (k == level)) / 100 for k, s in shares.items()])
        every = stats.multinomial(counts.sum(), dealt)
        ways = np.array(
            [
                (a, b, counts.sum() - a - b)
                for a in range(counts.sum() + 1)
                for b in range(counts.sum() + 1 - a)
            ]
        )
        chances = every.pmf(ways)
        seen = every.pmf([counts[k] for k in shares])
        row = own[own["against"] == f"the missing {missing} % are {level}"].iloc[0]
        assert row["p_low"] == pytest.approx(chances[chances <= seen * (1 + 1e-7)].sum())


def test_a_level_has_at_most_what_the_least_of_the_others_leave(balance: pd.DataFrame) -> None:
    own = balance[(balance["claim"] == "Trust type") & (balance["method"] == "finite population")]
    size = int(number(CELLS["section-3.1.1", "sites in the sample", "count"]))
    shares = {
        level: int(number(CELLS[tuple(source["cells"][0])]))
        for level, source in RESPONSE["representativeness"]["claims"][1]["shares"].items()
    }
    fits = {k: [c for c in range(size) if round(100 * c / size) == s] for k, s in shares.items()}
    for level, found in fits.items():
        most = size - sum(min(f) for k, f in fits.items() if k != level)
        texts = own.loc[own["level"] == level, "against"].tolist()
        assert texts[0] == f"{found[0]} to {found[-1]} of {size}"
        assert texts[1].startswith(f"{found[0]} to {most} of {size},")


def test_no_region_is_tested_because_no_national_number_is_printed(
    balance: pd.DataFrame,
) -> None:
    own = balance[balance["claim"] == "Region"]
    assert set(own["method"]) == {"responses"}
    assert own["p_low"].isna().all()
    assert own["says"].str.contains("nothing to test").all()


def test_what_rests_on_the_print_alone_is_said_to(balance: pd.DataFrame) -> None:
    assert set(balance["evidence"]) == {"printed-aggregates"}
