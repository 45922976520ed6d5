"""Open comments: coding frame, codes, counts by theme, agreement of two codings."""

import math
from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from medlead.engagement.comments import (
    AGREEMENT_COLUMNS,
    CODED_ONCE,
    COUNT_COLUMNS,
    NO_DISAGREEMENT,
    NOT_USED,
    TOO_RARE,
    agreement,
    cohens_kappa,
    load_coding_frame,
    of_sites,
    read_codes,
    theme_counts,
)
from medlead.engagement.instrument import load_instrument
from medlead.sources.contracts import read_checked, read_study
from medlead.sources.inputs import read_yaml
from medlead.sources.messages import ProblemsFound

ROOT = Path(__file__).parents[2]
INSTRUMENTS, PUBLISHED = ROOT / "config/instruments", ROOT / "data/published"
FRAME = {
    "evidence": "study",
    "caveat": "all  of\nthem",
    "readers": "two",
    "themes": [
        {"theme": "food", "label": "Food", "covers": "meals"},
        {"theme": "sleep", "label": "Sleep", "covers": "beds", "but": "rest is food"},
        {"theme": "none", "label": "None", "covers": "nothing", "alone": True},
    ],
}
CODING = load_coding_frame(FRAME)


def table(*rows):
    columns = ["site", "question", "position", "first", "second", "themes"]
    return pd.DataFrame(rows, columns=columns)


def coded(*rows):
    return read_codes(table(*rows), CODING, ("Q1", "Q2"))


# --- what is shipped ----------------------------------------------------------


@pytest.fixture(scope="module")
def shipped():
    coding = load_coding_frame(read_yaml(INSTRUMENTS / "comments.yaml"))
    comments = read_checked(PUBLISHED / "comments.csv", "comments")
    asked = load_instrument(read_yaml(INSTRUMENTS / "mes.yaml")).open_questions
    questions = [q.name for q in asked]
    return coding, comments, read_codes(comments, coding, questions), questions


def test_the_shipped_comments_stand_in_print_order_without_gaps(shipped):
    _, comments, _, _ = shipped
    assert comments["line"].is_monotonic_increasing
    for _, part in comments.groupby(["site", "question"]):
        assert part["position"].tolist() == list(range(1, len(part) + 1))


def test_the_shipped_comments_hold_codes_and_no_words(shipped):
    coding, comments, _, _ = shipped
    known = {*coding.names, "A", "D", ""}
    for column in ("site", "question", "first", "second", "themes"):
        words = {w for text in comments[column] for w in str(text).split("|")}
        assert words <= known | {"B"}


def test_the_shipped_counts_are_those_of_a_plain_count(shipped):
    coding, comments, codes, questions = shipped
    counts = theme_counts(codes, coding, questions)
    expected = Counter(
        (row.site, row.question, name)
        for row in comments.itertuples()
        for name in row.themes.split("|")
    )
    found = {
        (r.site, r.question, r.theme): r.comments
        for r in counts[counts["site"] != "all"].itertuples()
    }
    assert {k: n for k, n in found.items() if n} == dict(expected)
    assert {*coding.names} == {t for _, _, t in expected}, "a theme that no comment has"


def test_the_settled_coding_takes_sides_only_where_the_passes_differ(shipped):
    _, _, codes, _ = shipped
    settled = codes.first == codes.second
    assert (codes.themes[settled] == codes.first[settled]).all()


# --- counts -------------------------------------------------------------------


def test_counts_by_hand():
    counts = theme_counts(
        coded(
            ("S", "Q1", 1, "food", "food", "food|sleep"),
            ("S", "Q1", 2, "food", "food", "food"),
            ("S", "Q2", 1, "none", "none", "none"),
            ("R", "Q1", 1, "sleep", None, "sleep"),
        ),
        CODING,
        ("Q1", "Q2"),
    )
    assert list(counts.columns) == list(COUNT_COLUMNS)
    assert list(dict.fromkeys(counts["site"])) == ["all", "R", "S"]
    key = counts.set_index(["site", "question", "theme"])
    assert key.loc[("all", "Q1", "food"), "comments"] == 2
    assert key.loc[("all", "Q1", "sleep"), "comments"] == 2
    assert key.loc[("all", "Q1", "none"), "printed"] == 3
    assert key.loc[("R", "Q2", "food"), ["comments", "printed"]].tolist() == [0, 0]
    assert set(counts["evidence"]) == {"study"}
    # Every theme of every question and site stands there, also those that nobody raised.
    assert len(counts) == 3 * 2 * 3


def test_a_study_without_comments_has_no_rows():
    none = read_codes(None, CODING, ("Q1",))
    assert theme_counts(none, CODING, ("Q1",)).empty
    empty = agreement(none, CODING)
    assert (len(empty), list(empty.columns)) == (0, list(AGREEMENT_COLUMNS))


# --- agreement ----------------------------------------------------------------


def test_kappa_by_hand():
    # 20 both, 5 first only, 10 second only, 15 neither: 0.7 observed, 0.5 by chance.
    first = np.repeat([True, True, False, False], [20, 5, 10, 15])
    second = np.repeat([True, False, True, False], [20, 5, 10, 15])
    assert cohens_kappa(first, second) == pytest.approx(0.4)


@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=30))
def test_kappa_against_the_formula_of_the_four_counts(pairs):
    a, b = (np.array(x) for x in zip(*pairs, strict=True))
    n11, n10, n01, n00 = ((a & b).sum(), (a & ~b).sum(), (~a & b).sum(), (~a & ~b).sum())
    below = (n11 + n10) * (n10 + n00) + (n11 + n01) * (n01 + n00)
    kappa = cohens_kappa(a, b)
    if below == 0:
        assert math.isnan(kappa)
    else:
        assert kappa == pytest.approx(2 * (n11 * n00 - n10 * n01) / below)
        assert cohens_kappa(b, a) == pytest.approx(kappa)
        assert cohens_kappa(~a, ~b) == pytest.approx(kappa)


def test_agreement_names_what_has_no_kappa_or_no_interval():
    shared = agreement(
        coded(
            ("S", "Q1", 1, "food", "food", "food"),
            ("S", "Q1", 2, "food|sleep", "food", "food"),
            ("S", "Q1", 3, "food|sleep", "food|sleep", "food"),
            ("S", "Q1", 4, "food", "food|sleep", "food"),
            ("S", "Q1", 5, "food", None, "food"),
        ),
        CODING,
    ).set_index("theme")
    assert shared.loc["all", "comments"] == 4
    assert shared.loc["food", "note"] == NOT_USED  # all have it: nothing to tell apart
    sleep = shared.loc["sleep", ["both", "first_only", "second_only", "neither"]]
    assert sleep.tolist() == [1, 1, 1, 1]
    assert shared.loc["sleep", "kappa"] == 0
    assert math.isnan(shared.loc["none", "kappa"])


def test_agreement_without_a_second_coding_or_without_a_difference():
    once = agreement(coded(("S", "Q1", 1, "food", None, "food")), CODING)
    assert set(once["note"]) == {CODED_ONCE}
    same = [("S", "Q1", n, *[("food", "sleep")[n % 2]] * 3) for n in range(1, 7)]
    perfect = agreement(coded(*same), CODING).set_index("theme")
    assert perfect.loc["food", ["kappa", "note"]].tolist() == [1.0, NO_DISAGREEMENT]
    assert math.isnan(perfect.loc["food", "low"])
    # Without the one comment that has it, there is no kappa of this theme.
    rare = [*same, ("S", "Q1", 9, "food|sleep", "food", "food")]
    rare = [(s, q, p, f.replace("|sleep", ""), b, t) for s, q, p, f, b, t in rare]
    rare += [("S", "Q1", 10, "none", "food", "food")]
    assert agreement(coded(*rare), CODING).set_index("theme").loc["none", "note"] == TOO_RARE


def test_the_interval_leaves_out_whole_comments():
    rows = [
        ("S", "Q1", n, first, second, "food")
        for n, (first, second) in enumerate(
            [("food", "food")] * 6
            + [("sleep", "sleep")] * 5
            + [("food", "sleep"), ("food|sleep", "food"), ("sleep", "food|sleep")],
            1,
        )
    ]
    found = agreement(coded(*rows), CODING, confidence=0.9).set_index("theme").loc["all"]

    def kappa(part):
        pairs = [
            (t in f.split("|"), t in s.split("|")) for *_, f, s, _ in part for t in CODING.names
        ]
        p, e = np.mean([a == b for a, b in pairs]), np.mean(pairs, axis=0)
        chance = e[0] * e[1] + (1 - e[0]) * (1 - e[1])
        return (p - chance) / (1 - chance)

    n = len(rows)
    out = [kappa(rows[:i] + rows[i + 1 :]) for i in range(n)]
    error = math.sqrt((n - 1) * np.var(out))
    # Student's t with 13 degrees of freedom, 90 % two-sided, from a printed table.
    assert found["kappa"] == pytest.approx(kappa(rows))
    assert found["low"] == pytest.approx(kappa(rows) - 1.7709 * error, abs=1e-4)
    assert found["high"] == pytest.approx(min(kappa(rows) + 1.7709 * error, 1), abs=1e-4)


# --- faults -------------------------------------------------------------------


def test_every_fault_of_the_codes_is_told_at_once():
    with pytest.raises(ProblemsFound) as caught:
        coded(
            ("S", "Q3", 1, "food", "food", "food"),
            ("S", "Q1", 2, "foot", "none|food", "sleep|sleep"),
        )
    told = [(p.row, p.column, p.value) for p in caught.value.problems]
    assert sorted(told) == [
        (2, "question", "Q3"),
        (3, "first", "foot"),
        (3, "second", "none|food"),
        (3, "themes", "sleep|sleep"),
    ]
    assert "did you mean 'food'?" in str(caught.value)


def test_every_fault_of_the_frame_is_told_at_once():
    with pytest.raises(ProblemsFound) as caught:
        load_coding_frame(
            {
                "evidence": "printed",
                "caveat": "",
                "readers": "",
                "themes": [
                    {"theme": "a", "label": "A", "covers": "x", "aloen": True},
                    {"theme": "a", "label": "A", "covers": "y"},
                    {"theme": "b", "label": "B"},
                    "c",
                ],
            }
        )
    text = str(caught.value)
    assert len(caught.value.problems) == 5
    for part in ("class 'printed'", "'alone'", "named twice", "'covers' is missing", "list of key"):
        assert part in text
    with pytest.raises(ProblemsFound, match="did you mean 'themes'"):
        load_coding_frame({**FRAME, "theme": []})
    assert CODING.caveat == "all of them"


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("A,A,1,2205,time,", "A,A,1,2205,time and load,", "column 'first'"),
        ("A,A,2,", "A,A,1,", "stands in row 2 already"),
        ("A,A,1,", "K,A,1,", "no site of this name"),
    ],
)
def test_the_contract_finds(tmp_path, old, new, told):
    text = (PUBLISHED / "comments.csv").read_text(encoding="utf-8")
    assert old in text
    file = tmp_path / "comments.csv"
    file.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ProblemsFound, match=told):
        read_study({"comments": file, "sites": ROOT / "data/raw/sites.csv"})


def test_comments_of_sites_that_are_not_shown_count_nowhere():
    codes = coded(
        ("A", "Q1", 1, "food", "food", "food"),
        ("Tiny", "Q1", 1, "sleep", "food", "sleep"),
        ("A", "Q2", 1, "sleep", None, "sleep"),
    )
    kept = of_sites(codes, ["A"])
    counts = theme_counts(kept, CODING, ("Q1", "Q2"))
    assert set(counts["site"]) == {"all", "A"}
    everywhere = counts[counts["site"] == "all"].set_index(["question", "theme"])["comments"]
    assert everywhere[everywhere > 0].to_dict() == {("Q1", "food"): 1, ("Q2", "sleep"): 1}
    assert agreement(kept, CODING)["comments"].tolist()[0] == 1
    assert of_sites(codes, ["A", "Tiny"]).sites == codes.sites
