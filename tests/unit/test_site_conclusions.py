"""The opening of the report page and its list of sentences."""

from typing import Any

import pandas as pd
import pytest
from test_conclusions import CONTEXT, claims, every
from test_conclusions import conclusion as row_of
from test_site import by_id, parts, tree

from medlead.present.site import build_page
from medlead.present.site_claims import how_read
from medlead.present.site_conclusions import Answer, read_answer
from medlead.verdicts.claims import claim_counts
from medlead.verdicts.conclusions import conclusion_counts, judge_conclusions
from medlead.verdicts.impact import impact_counts
from medlead.verdicts.impact_changes import Changes

__all__ = ["parts"]
STATES = ("holds", "fails", "undecidable", "not-checkable", "by-construction", "holds")
CHECKS = {
    "c-01": every(1),
    "c-02": every(2),
    "c-03": 'claim("1-03")',
    "c-04": 'claim("1-04")',
    "c-05": 'claim("1-05")',
    "c-06": 'claim("1-04") and claim("1-06")',
}


def frames() -> dict[str, pd.DataFrame]:
    said = claims(*STATES, ours=(6,)).assign(section=["ES", "4.1", "4.1", "4.2", "4.2", "4.2"])
    said.loc[0, "statement"] = "Statement <1> & more"
    stated = pd.DataFrame([row_of(c, conclusion=n) for n, c in CHECKS.items()])
    inputs = pd.DataFrame(
        [("1-01", "cell", "table-01"), ("1-01", "frame", "tables/table-01"), ("1-02", "cell", "x")],
        columns=["claim", "kind", "item"],
    )
    impact = pd.DataFrame(
        [
            ("Table 1, a", "cell", "3", "conclusion", "rank", "1-02: fails -> holds", "It turns."),
            ("finding-007", "finding", "3", "conclusion", "rank", "", "It turns."),
            ("1-02", "claim", "Statement 2", "conclusion", "majority", "", "If it held."),
            ("finding-008", "finding", "other", "unknown", "number", "", "Not known."),
            ("finding-009", "finding", "last", "nothing", "number", "", "It changes nothing."),
        ],
        columns=["about", "kind", "printed", "changes", "touches", "claims_turned", "says"],
    ).assign(section="4.1", line="2", instead="4", evidence="printed-aggregates")
    judged = judge_conclusions(stated, said, CONTEXT, "c.csv")
    judged.loc[judged["conclusion"] == "c-01", "findings"] = "finding-007; finding-099"
    told = pd.DataFrame(
        [
            ("answer", "Is it so?", "c-01; c-02", "", "In part.", "printed-records"),
            ("Somewhere", "It is", "c-01", "the conclusion stands", "3 of 4.", "printed-records"),
        ],
        columns=["part", "about", "conclusions", "stands", "says", "evidence"],
    )
    return {
        "answer": told,
        "conclusions": judged,
        "impact": impact,
        "claims": said,
        "inputs": inputs,
    }


AUDIT = pd.DataFrame(
    [("finding-007", "major", "certain", "4.1", "2", "It is otherwise. " + "Long words. " * 60)],
    columns=["finding", "severity", "certainty", "section", "line", "explanation"],
)


def answer(**other: Any) -> Answer:
    given = frames()
    summary = (
        claim_counts(given["claims"])
        | conclusion_counts(given["conclusions"])
        | impact_counts(given["impact"])
    )
    return read_answer(
        **{**given, "summary": summary, "items": {"table-01"}, "audit": AUDIT, **other}
    )


def page(parts: dict[str, Any]) -> Any:
    return tree(build_page(**parts, answer=answer()))


def test_what_does_not_stand_opens_the_page(parts: dict[str, Any]) -> None:
    root = page(parts)
    order = [e.attrs.get("id") for e in root.all("section") if e.attrs.get("id")]
    assert order.index("answer") == 0
    assert order.index("sentences") < order.index("register")
    found = answer()
    assert [v.id for v in found.doubted] == ["c-02", "c-03"]
    assert [v.id for v in found.firm] == ["c-01", "c-06"]
    assert [v.id for v in found.apart] == ["c-05"]
    assert [v.id for v in found.beyond] == ["c-04"]
    text = by_id(root, "answer").text
    places = [text.index(word) for word in ("What does not stand,", "What stands firm")]
    assert places == sorted(places)
    assert by_id(root, "c-02").text.index("Does not hold") < by_id(root, "c-02").text.index(
        "1 more"
    )


def test_the_counts_are_those_of_the_summary(parts: dict[str, Any]) -> None:
    root = page(parts)
    assert by_id(root, "count-conclusions").attrs["value"] == "6"
    assert by_id(root, "count-claims").attrs["value"] == "6"
    assert by_id(root, "count-stands-in-part").attrs["value"] == "2"
    text = by_id(root, "answer").text
    assert "3 hold, 1 fail, 1 are open, 1 cannot be checked" in " ".join(text.split())
    assert "1 of those that hold do so by construction" in " ".join(text.split())
    assert "the records of the interviews (1)" in " ".join(text.split())


@pytest.mark.parametrize("name", ["conclusions_by_standing", "claims_by_verdict"])
def test_a_summary_that_says_otherwise_is_refused(name: str) -> None:
    given = frames()
    summary = (
        claim_counts(given["claims"])
        | conclusion_counts(given["conclusions"])
        | impact_counts(given["impact"])
    )
    wrong = {key: n + 1 for key, n in summary[name].items()}
    with pytest.raises(ValueError, match="are not those of"):
        answer(summary=summary | {name: wrong})


def test_a_conclusion_on_a_claim_that_is_not_there_is_refused() -> None:
    given = frames()
    broken = given["conclusions"].assign(holds="1-77")
    with pytest.raises(ValueError, match="no such claim: 1-77"):
        answer(conclusions=broken)


def test_the_question_comes_first_with_what_its_answer_rests_on(parts: dict[str, Any]) -> None:
    text = " ".join(by_id(page(parts), "answer").text.split())
    assert text.startswith("Is the report right? Is it so? In part.")
    assert "Somewhere (c-01): the conclusion stands. 3 of 4." in text
    none = answer(answer=frames()["answer"].iloc[:0])
    assert none.question is None
    assert "Is it so?" not in build_page(**parts, answer=none)


def test_findings_that_bear_on_what_stands_are_told(parts: dict[str, Any]) -> None:
    found = answer()
    assert [v.id for v in found.spoken_against] == ["c-01"]
    card = " ".join(by_id(page(parts), "c-01").text.split())
    assert "A finding bears on it finding-007 (major, certain; Section 4.1, line 2)" in card
    assert "It is otherwise." in card
    assert "…" in card
    text = " ".join(by_id(page(parts), "answer").text.split())
    assert "Findings bear on 1 of the 2 all the same, and are listed with them: c-01." in text
    assert "speaks against" not in text
    without = answer(audit=AUDIT.iloc[:0])
    assert without.spoken_against == []


def test_rows_that_were_joined_are_counted(parts: dict[str, Any]) -> None:
    text = " ".join(by_id(page(parts), "answer").text.split())
    assert "The table tells each once, in 1 row, of the 3 that change something" in text


def test_each_wrong_thing_is_told_once(parts: dict[str, Any]) -> None:
    found = answer()
    # The finding on the cell, and the sentence that it turns, are the cell told again.
    assert [w["about"] for w in found.changing] == ["Table 1, a"]
    assert [w["link"] for w in found.unknown] == ["finding-8"]
    assert dict(found.changes)[Changes.NOTHING] == 1
    text = " ".join(by_id(page(parts), "answer").text.split())
    assert "which comes first, or next" in text
    assert "3 would change how a conclusion stands" in text


def test_every_sentence_stands_once_with_what_decided_it(parts: dict[str, Any]) -> None:
    root = page(parts)
    for n, state in enumerate(STATES, 1):
        row = by_id(root, f"claim-1-{n:02d}")
        assert row.attrs["data-v"] == ("holds" if state == "by-construction" else state)
    assert "Statement <1> & more" in by_id(root, "claim-1-01").text
    (link,) = by_id(root, "claim-1-01").all("a")
    assert (link.attrs["href"], link.text) == ("#table-01", "Table 1")
    assert by_id(root, "claim-1-02").all("a") == []
    assert "by construction" in by_id(root, "claim-1-05").text
    assert "Turns: few at 3 %" in by_id(root, "claim-1-06").text
    assert "data-o" in by_id(root, "claim-1-06").attrs
    told = " ".join(by_id(root, "said-4-2").all("summary")[0].text.split())
    assert told == "Section 4.2 ✓ 1 holds ≡ 1 by construction ○ 1 not checkable"
    folded = [e.attrs["id"] for e in root.all("details", css="said")]
    assert folded == ["said-es", "said-4-1", "said-4-2"]


@pytest.mark.parametrize(
    ("rests_on", "reason", "told"),
    [
        ("table-12", "", ""),
        ("table-12; figure-15", "", ""),
        ("table-12; figure-15; read as the same order", "", "Read as the same order"),
        ("table-12: share of boards", "", "Table 12: share of boards"),
        ("section-4.2.5 has it otherwise", "", "Section 4.2.5 has it otherwise"),
        ("interviews; cited work", "interviews", "Cited work"),
        ("answers in free text", "free-text", "Answers in free text"),
        ("site_roles; relation mental-health-sites; so read", "", "So read"),
        ("table-9 (by one; by two); more", "", "Table 9 (by one; by two); more"),
        ("by the mean it is open (one-or-two-sided)", "", "By the mean it is open"),
        ("t of r, one-sided; same cause as: marks", "", "t of r, one-sided"),
        ("table-3; same cause as: claim 6.1-2", "", "Same cause as claim 6.1-2"),
        ("conditional: only two answered", "", "Assuming that only two answered"),
        ("table-31: of nine sites; severity: major", "", "Table 31: of nine sites"),
    ],
)
def test_how_a_sentence_was_read(rests_on: str, reason: str, told: str) -> None:
    assert how_read(rests_on, reason) == told


def test_how_a_sentence_was_read_stands_below_what_was_computed(parts: dict[str, Any]) -> None:
    given = frames()
    said = given["claims"].assign(
        rests_on=["table-01; read so", "table-01", "so", "interviews", "made so", ""]
    )
    root = tree(build_page(**parts, answer=answer(claims=said)))
    assert "Read: Read so" in by_id(root, "claim-1-01").text
    assert "Read:" not in by_id(root, "claim-1-02").text
    assert "Rests on: Made so" in by_id(root, "claim-1-05").text
    # What it names is linked to, though it used nothing of it.
    assert [a.text for a in by_id(root, "claim-1-02").all("a")] == ["Table 1"]


def test_a_sentence_links_to_the_items_of_its_relations(parts: dict[str, Any]) -> None:
    inputs = pd.DataFrame([("1-02", "relation", "sums[a]")], columns=["claim", "kind", "item"])
    relations = pd.DataFrame(
        [("sums[a]", "table-01; figure-02"), ("sums[b]", "section-4.1")],
        columns=["instance", "items"],
    )
    known = {"table-01", "figure-02", "section-4.1"}
    found = answer(inputs=inputs, relations=relations, items=known)
    links = {c.claim: [i for i, _ in c.items] for s in found.sections for c in s.claims}
    assert links["1-02"] == ["table-01", "figure-02"]
    assert links["1-01"] == []


def test_every_link_of_the_answer_arrives(parts: dict[str, Any]) -> None:
    root = page(parts)
    ids = {e.attrs["id"] for e in root.all() if e.attrs.get("id")}
    links = [
        a.attrs["href"][1:] for name in ("answer", "sentences") for a in by_id(root, name).all("a")
    ]
    missing = {to for to in links if to not in ids}
    # The small report of these tests has one finding only.
    assert missing <= {"finding-7", "finding-8", "finding-9"}


def test_without_an_answer_the_page_is_as_it_was(parts: dict[str, Any]) -> None:
    text = build_page(**parts)
    assert 'id="answer"' not in text
    assert "q-filters" not in text
    assert build_page(**parts, answer=answer()) == build_page(**parts, answer=answer())
