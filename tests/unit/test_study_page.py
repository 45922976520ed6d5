"""The page of a study: its tables and pictures, in order, and nothing of the 2013 report."""

import re

import pytest

from medlead.evidence import EvidenceClass
from medlead.present.study_page import Part, build_study_page, figure, survey_part, table

TABLE = '<figure class="table" id="t"><table><tr><td>5</td></tr></table></figure>'
SVG = '<svg xmlns="http://www.w3.org/2000/svg"><text>9</text></svg>'


def page(link: str = "../survey/problems.csv", **changed: int) -> str:
    part = survey_part(
        EvidenceClass.STUDY,
        {"table-05": "Budgets", "figure-05": "Budgets drawn"},
        {"table-05": TABLE},
        {"figure-05": (SVG, 'bars "a"'), "survey-funnel": (SVG, "steps")},
        [(link, "what to look at")],
        **({"used": 14, "returned": 15} | changed),
    )
    return build_study_page("Beds & boards", [part])


def test_everything_given_is_shown_once_with_its_class() -> None:
    text = page()
    assert "<title>Beds &amp; boards</title>" in text
    assert text.count(TABLE) == 1
    assert text.count("<img ") == 2
    assert 'alt="bars &#34;a&#34;"' in text
    assert "Survey funnel" in text
    assert "15 returns came in, and 14 are used." in text
    assert text.count('class="badge e-study"') == 3
    ids = re.findall(r' id="([^"]+)"', text)
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'href="#([^"]+)"', text)) <= set(ids)
    assert '<a href="../survey/problems.csv">problems.csv</a>: what to look at' in text


def test_it_loads_nothing_and_tells_no_verdict() -> None:
    text = page(used=1, returned=1)
    assert "1 return came in, and 1 is used." in text
    assert "<script" not in text
    assert not re.search(r'(?:src|href)="(?:https?:)?//', text)
    assert not re.search(r'class="[^"]*\bv-', text.partition("</style>")[2])


def test_a_link_that_leaves_the_results_is_refused() -> None:
    with pytest.raises(ValueError, match="not a link inside the results"):
        page("https://example.org/x")


def test_each_part_stands_under_its_name_with_classes_of_its_own() -> None:
    survey = survey_part(EvidenceClass.STUDY, {}, {"a": TABLE}, {}, [], used=1, returned=1)
    ranked = Part(
        "engagement",
        "Engagement",
        "9 doctors answered.",
        EvidenceClass.STUDY,
        ["Ranks are simulated."],
        [table("b", "Sites", TABLE.replace('"t"', '"u"'), EvidenceClass.SIMULATED)],
        [figure("b", "Sites drawn", (SVG, "sites"), EvidenceClass.SIMULATED)],
        [("Site <A>", "../notebooks/site-A.html")],
        [("../engagement/standings.csv", "where all stand")],
        [("Keying", "none is turned")],
    )
    text = build_study_page("Both", [survey, ranked])
    for words in ("Survey: tables", "Engagement: pictures", "9 doctors answered.", "1 return came"):
        assert words in text
    assert '<a href="../notebooks/site-A.html">Site &lt;A&gt;</a>' in text
    assert "Keying: none is turned" in text
    assert text.count('class="badge e-simulated"') == 1
    ids = re.findall(r' id="([^"]+)"', text)
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'href="#([^"]+)"', text)) <= set(ids)
