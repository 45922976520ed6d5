"""Tables as HTML: order, escaping, badges, notes, and the layout of printed tables."""

from html.parser import HTMLParser

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from medlead.evidence import EvidenceClass, Reason, Verdict
from medlead.present.tables import (
    Judged,
    evidence_badge,
    html_table,
    is_numeric,
    page,
    printed_grid,
    verdict_badge,
)


class Reader(HTMLParser):
    """Reads back the rows of all tables, all texts and all start tags."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.rows: list[list[str]] = []
        self.text = ""
        self._open = False
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")
            self._open = True

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th"):
            self._open = False

    def handle_data(self, data: str) -> None:
        self.text += data
        if self._open:
            self.rows[-1][-1] += data


def frame(*cells: tuple[str, str, str], n: object = "", evidence: str = "") -> pd.DataFrame:
    rows = [(r, c, "", t, n, evidence) for r, c, t in cells]
    return pd.DataFrame(rows, columns=["row", "column", "value", "text", "n", "evidence"])


def shown(table: pd.DataFrame, note: str = "") -> str:
    return html_table(
        table, identifier="t", title="Title", evidence=EvidenceClass.RECONSTRUCTED, note=note
    )


def test_rows_and_columns_stand_in_the_order_of_first_appearance() -> None:
    table = frame(("z", "b", "1"), ("z", "a", "2"), ("a", "a", "3"), ("a", "c", "4"))
    assert Reader(shown(table)).rows == [
        ["", "b", "a", "c"],
        ["z", "1", "2", ""],
        ["a", "", "3", "4"],
    ]


def test_every_heading_has_a_scope() -> None:
    table = frame(("z", "b", "1"), ("a", "b", "2"))
    scopes = [attrs.get("scope") for tag, attrs in Reader(shown(table)).tags if tag == "th"]
    assert scopes == ["col", "row", "row"]


def test_caption_carries_the_badge_in_words_and_the_meaning_is_told() -> None:
    text = shown(frame(("a", "b", "1")), note="A note.")
    caption = text[text.index("<figcaption") : text.index("</figcaption>")]
    assert "reconstructed" in Reader(caption).text
    assert EvidenceClass.RECONSTRUCTED.meaning in Reader(text).text
    assert "A note." in Reader(text).text


@given(st.text(alphabet="<>&\"'ab;/", min_size=1, max_size=12))
def test_any_text_comes_back_as_it_went_in(text: str) -> None:
    read = Reader(shown(frame((text, text, text)), note=text))
    assert read.rows == [["", text], [text, text]]
    assert text in read.text
    assert {tag for tag, _ in read.tags} <= {
        *("figure", "figcaption", "span", "div", "table", "thead", "tbody"),
        *("tr", "td", "th", "ul", "li"),
    }


def test_one_n_is_told_once() -> None:
    read = Reader(shown(frame(("a", "x", "1"), ("b", "x", "2"), n=72)))
    assert "n = 72." in read.text
    assert read.rows[1] == ["a", "1"]


def test_n_that_goes_with_rows_or_columns_is_listed() -> None:
    table = frame(("a", "x", "1"), ("a", "y", "2"), ("b", "x", "3"), ("b", "y", "4"))
    table["n"] = [30, 30, 24, 24]
    assert "n by row: a 30; b 24." in Reader(shown(table)).text
    table["n"] = [30, 24, 30, 24]
    assert "n by column: x 30; y 24." in Reader(shown(table)).text


def test_n_of_each_cell_stands_in_the_cell_and_missing_is_left_out() -> None:
    table = frame(("a", "x", "1"), ("a", "y", "2"), ("b", "x", "3"), ("b", "y", "4"))
    table["n"] = [30.0, 24.0, 24.0, float("nan")]
    assert [row[1:] for row in Reader(shown(table)).rows[1:]] == [
        ["1 n = 30", "2 n = 24"],
        ["3 n = 24", "4"],
    ]


def test_a_cell_on_other_evidence_than_its_table_is_marked_and_explained() -> None:
    table = frame(("a", "x", "1"), ("b", "x", "2"), evidence="reconstructed")
    table.loc[1, "evidence"] = "printed-aggregates"
    read = Reader(shown(table))
    assert [row[1] for row in read.rows[1:]] == ["1", "2a"]
    assert EvidenceClass.PRINTED_AGGREGATES.meaning in read.text
    targets = {a["id"] for _, a in read.tags if "id" in a}
    links = [str(a["href"]).removeprefix("#") for t, a in read.tags if t == "a"]
    assert links
    assert set(links) <= targets


def test_faulty_frames_are_refused() -> None:
    with pytest.raises(ValueError, match="without cells"):
        shown(frame())
    with pytest.raises(ValueError, match="twice"):
        shown(frame(("a", "x", "1"), ("a", "x", "2")))
    with pytest.raises(ValueError, match="no column evidence"):
        shown(frame(("a", "x", "1")).drop(columns="evidence"))


def test_page_is_complete_loads_nothing_and_takes_the_title_of_its_table() -> None:
    fragment = html_table(
        frame(("a", "x", "1")), identifier="t", title="A & B", evidence=EvidenceClass.STUDY
    )
    text = page(fragment)
    read = Reader(text)
    assert fragment in text
    assert "<title>A &amp; B</title>" in text
    assert ("html", {"lang": "en-GB"}) in read.tags
    assert not any({"src", "srcset"} & set(a) or t == "link" for t, a in read.tags)
    assert "://" not in text
    with pytest.raises(ValueError, match="not a table fragment"):
        page("<p>no table</p>")


def test_badges_differ_in_symbol_and_in_word() -> None:
    for badges in (
        [verdict_badge(v) for v in Verdict],
        [evidence_badge(e) for e in EvidenceClass],
    ):
        assert len({b.symbol for b in badges}) == len(badges)
        assert len({b.word for b in badges}) == len(badges)
        assert all(b.meaning.endswith(".") for b in badges)


@pytest.mark.parametrize(
    ("texts", "numeric"),
    [
        (["0.68", "-0.3", ""], True),
        (["1,234", "17 %"], True),
        (["***", ""], True),
        (["3 units", "4"], False),
        (["", ""], False),
    ],
)
def test_columns_of_numbers_are_known(texts: list[str], numeric: bool) -> None:
    assert is_numeric(texts) is numeric


# --- printed tables ----------------------------------------------------------------------


def cell(row: str, column: str, text: str, kind: str = "count") -> Judged:
    return Judged(row, column, text, kind)


def test_headings_groups_and_notes_find_their_places() -> None:
    grid = printed_grid(
        [
            cell("(heading)", "Ratings", "Ratings", "label"),
            cell("Acute", "(sub-heading)", "Acute", "label"),
            cell("A", "x", "1"),
            cell("B", "(group)", "Lowest", "label"),
            cell("B", "x", "2"),
            cell("(note)", "*", "p < 0.05", "label"),
        ]
    )
    assert [h.text for h in grid.headings] == ["Ratings"]
    assert grid.columns == ["x"]
    assert [(r.label, r.heading is not None) for r in grid.rows] == [
        ("Acute", True),
        ("A", False),
        ("Lowest", True),
        ("B", False),
    ]
    assert [n.text for n in grid.notes] == ["p < 0.05"]


def test_stars_join_their_numbers() -> None:
    grid = printed_grid(
        [
            cell("r", "x", "0.68", "statistic"),
            cell("r", "y", "0.12", "statistic"),
            cell("r / stars", "x", "***", "stars"),
            cell("r / stars", "y", "", "stars"),
            cell("r", "n", "30", "n"),
        ]
    )
    assert [r.label for r in grid.rows] == ["r"]
    pairs = [(p[0].text, p[1].text if p[1] else None) for p in grid.rows[0].cells if p]
    assert pairs == [("0.68", "***"), ("0.12", ""), ("30", None)]


def test_stars_without_numbers_stay_a_row() -> None:
    grid = printed_grid([cell("r", "x", "0.68"), cell("r / stars", "y", "***", "stars")])
    assert [r.label for r in grid.rows] == ["r", "r / stars"]


names = st.sampled_from(["a", "b", "b / stars", "c", "(heading)", "(note)"])
columns = st.sampled_from(["x", "y", "(group)", "(sub-heading)"])


@given(st.dictionaries(st.tuples(names, columns), st.text("12*", max_size=3), max_size=20))
def test_no_printed_cell_is_lost_or_doubled(texts: dict[tuple[str, str], str]) -> None:
    # One heading over a row at most, as in print.
    cells = [
        cell(r, c, t)
        for (r, c), t in texts.items()
        if not (c == "(group)" and (r, "(sub-heading)") in texts)
    ]
    grid = printed_grid(cells)
    placed = [*grid.headings, *grid.notes]
    for row in grid.rows:
        assert row.heading is not None or len(row.cells) == len(grid.columns)
        placed += [row.heading] if row.heading else []
        placed += [c for pair in row.cells if pair for c in pair if c is not None]
    assert sorted(map(id, placed)) == sorted(map(id, cells))


def test_a_cell_tells_its_verdict_in_one_line() -> None:
    judged = Judged(
        "r",
        "c",
        "6",
        "percent",
        verdict=Verdict.DIFFERS,
        rebuilt="5.2",
        rule="nearest",
        reason=Reason.CONFLICTS_WITH_PRINT,
    )
    for part in ("Differs.", "5.2", "nearest", Reason.CONFLICTS_WITH_PRINT.meaning):
        assert part in judged.tooltip
    assert cell("r", "c", "6").tooltip == "Not judged."


def test_a_sentence_that_is_not_carried_is_shown_as_such() -> None:
    assert cell("r", "c", "sha256:00ff").shown == "sentence not carried (fingerprint 00ff)"
    assert cell("r", "c", "").shown == "blank"
    assert cell("r", "c", "6").shown == "6"
