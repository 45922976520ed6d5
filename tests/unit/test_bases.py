"""Every base that a percentage could have been taken of, by hand and on the report's own print."""

from fractions import Fraction
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml

from medlead.verdicts.bases import METHOD_COLUMNS, tried_bases
from medlead.verdicts.declared import expand
from medlead.verdicts.judge import printed_cells
from medlead.verdicts.relations import Cell, DeclarationError, numeric_values
from medlead.writing import read_csv

PUBLISHED = Path(__file__).parents[2] / "data" / "published"

CELLS = [
    Cell(("t", "a", "n"), "18", "count"),
    Cell(("t", "a", "%"), "25", "percent"),
    Cell(("t", "all", "n"), "72", "count"),
    Cell(("u", "back", "n"), "73", "count"),
    Cell(("u", "few", "n"), "10", "count"),
    Cell(("u", "more", "n"), "60", "count"),
    Cell(("u", "again", "n"), "72", "count"),
]
SHARE = {
    "relation": "share",
    "kind": "share",
    "says": "",
    "percent": {"item": "t", "rows": ["a"], "columns": ["%"]},
    "count": {"item": "t", "rows": ["a"], "columns": ["n"]},
    "base": {"item": "t", "rows": ["all"], "columns": ["n"]},
}


def u(*rows: str) -> dict[str, Any]:
    return {"item": "u", "rows": list(rows)}


BASES: dict[str, Any] = {
    "items": ["t"],
    "tried": [
        {"base": "returned", "cells": u("back")},
        {"base": "answering", "by_item": {"t": u("few", "more")}},
        {"base": "too few", "cells": u("few")},
        {"base": "the same", "cells": u("again")},
    ],
}


def tried(declared: dict[str, Any] | None) -> pd.DataFrame:
    return tried_bases(declared, expand([SHARE], CELLS), CELLS, numeric_values(CELLS))


def test_every_base_is_tried_and_the_lucky_match_is_visible() -> None:
    frame = tried(BASES)
    assert list(frame.columns) == METHOD_COLUMNS
    assert frame[["method", "result", "match", "tries"]].to_numpy().tolist() == [
        ["18 of 72, T : all, n", "25", "exact", 3],
        ["18 of 73, returned", "24.65753425", "within rounding", 3],
        # The cells of a base are added up; fewer than the count cannot be one.
        ["18 of 70, answering", "25.71428571", "no", 3],
        # Another cell of the same size is no other try.
        ["18 of 72, the same", "25", "exact", 3],
    ]


def test_a_base_with_several_names_is_one_try() -> None:
    cells = {"item": "t", "rows": ["all"], "columns": ["n"]}
    named = [{"base": name, "cells": cells} for name in ("completed", "used")]
    frame = tried({"items": ["t"], "tried": named})
    assert frame["method"].tolist() == ["18 of 72, completed; used"]
    assert frame["tries"].tolist() == [1]


def test_other_items_and_studies_have_nothing_to_try() -> None:
    assert tried(None).empty
    assert tried({"items": ["u"], "tried": []}).empty


@pytest.mark.parametrize(
    "wrong",
    [
        {"items": ["t"], "tried": [{"base": "x", "cells": u("nowhere")}]},
        {"items": ["t"], "tried": [{"base": "x", "by_item": {"v": u("back")}}]},
    ],
)
def test_a_base_that_is_not_printed_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(DeclarationError, match="bases"):
        tried(wrong)


def test_the_published_percentages_of_the_survey_are_all_tried() -> None:
    frame = read_csv(PUBLISHED / "cells.csv")
    cells = printed_cells(frame)
    declared = yaml.safe_load((PUBLISHED / "relations.yaml").read_text(encoding="utf-8"))
    values = numeric_values(cells)
    found = tried_bases(declared["bases"], expand(declared["relations"], cells), cells, values)
    tried_cells = set(zip(found["item"], found["row"], found["column"], strict=True))
    chapter = frame[(frame["section"] == "4") | frame["section"].str.startswith("4.")]
    # A percentage of trusts, and not a figure from elsewhere or the end of a range.
    percent = chapter[
        (chapter["kind"] == "percent")
        & (chapter["text"] != "")
        & ~chapter["column"].isin(["low", "high", "% of national trusts"])
    ]
    wanted = set(zip(percent["item"], percent["row"], percent["column"], strict=True))
    assert wanted == tried_cells
    # By an own reckoning: what is printed, against the count and the base that the method names.
    texts = {c.key: c.text for c in cells}
    for row in found.to_dict("records"):
        count, _, base = row["method"].partition(",")[0].partition(" of ")
        share = Fraction(100) * int(count) / int(base)
        text = texts[row["item"], row["row"], row["column"]]
        near = abs(share - Fraction(text)) <= Fraction(1, 2 * 10 ** len(text.partition(".")[2]))
        assert (row["match"] != "no") == near
    # A share of 72 is often printed as one of 73 would be: no base is proved by one percentage.
    fits = found[found["match"] != "no"].groupby(["item", "row", "column"]).size()
    assert (fits > 1).any()
