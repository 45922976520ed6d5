"""The way of a printed cell, a claim and an item, in a small project made for the test."""

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from trace_world import (
    AUDIT,
    CELLS,
    DECLARED,
    RELATIONS,
    evidence_of,
    frame,
    lineage_of,
    write_files,
)

from medlead.evidence import Reason, Verdict
from medlead.lineage import Entry, Lineage, Step
from medlead.present.traced import CLAIM_FIELDS, FIELDS, embedded, numbered, page_traces
from medlead.sources.messages import ProblemsFound
from medlead.verdicts.judgement import LEAST_SLACK
from medlead.verdicts.relations import Instance, Key
from medlead.verdicts.trace_evidence import Evidence, Way
from medlead.verdicts.trace_names import NotFound, meant, name_key
from medlead.verdicts.trace_reading import checked
from medlead.verdicts.trace_records import Rows, all_rows, rows_by_key, rows_by_values
from medlead.verdicts.trace_ways import trace, trace_claim
from medlead.verdicts.trace_words import row_words, words
from medlead.verdicts.tracing import trace_cell

INDEX = "Index (in descending order)"


@pytest.fixture
def evidence(tmp_path: Path) -> Evidence:
    write_files(tmp_path)
    return evidence_of(tmp_path)


def file_of(way: Way, name: str) -> Way:
    (found,) = [f for f in way["files"] if f["file"] == name]
    return dict(found)


# --- a cell -----------------------------------------------------------------------------------


def test_the_way_of_a_copied_record(evidence: Evidence) -> None:
    way = trace(evidence, ["table-01", "5", INDEX])
    assert way["printed"] == {
        "text": "62.0",
        "kind": "statistic",
        "section": "6.3",
        "line": 10,
        "file": "print/cells.csv",
        "row": 2,
    }
    assert way["verdict"]["verdict"] == "agrees-by-construction"
    assert way["verdict"]["meaning"] == Verdict.AGREES_BY_CONSTRUCTION.meaning
    assert way["verdict"]["row"] == 2
    assert way["result"]["value"] == "62.0"
    assert (way["result"]["file"], way["result"]["rows"]) == ("results/tables/table-01.csv", [2])
    made = way["made_by"]
    assert (made["rule"], made["file"], made["line"]) == ("compare", "workflow/rules/all.smk", 1)
    assert made["script"] == "workflow/scripts/compare.py"
    assert made["functions"] == [
        {
            "module": "medlead.layer.sums",
            "name": "add",
            "file": "workflow/medlead/layer/sums.py",
            "line": 3,
        }
    ]
    # The third line of the file, where the heading is the first.
    raw = file_of(way, "raw/trusts.csv")
    assert (raw["rows"], raw["of"], raw["how"], raw["is"]) == ([3], 2, "trust 5", "records")
    assert raw["now"] == "same"
    assert len(raw["sha256"]) == 64
    assert way["files"][0] == raw
    assert way["stale"] == []
    assert way["judged_by"]["rule"] == "judge"


def test_a_value_of_several_rows_is_told_with_all_of_them(evidence: Evidence) -> None:
    way = trace(evidence, ["table-02", "Quality / stars", "Index"])
    assert way["result"]["rows"] == [2, 3]
    assert way["result"]["value"] == "0.1 to 0.2; 0.3"
    # It rests on the inputs that are named, and not on the record.
    assert [f["file"] for f in way["files"]] == ["print/cells.csv"]
    # Of what was tried, that which reaches the number.
    (method,) = way["methods"]
    assert (method["method"], method["result"]) == ("t of r, two-sided", "***")
    assert (method["match"], method["word"], method["tries"]) == ("exact", "lucky", "2")


def test_a_cell_that_follows_from_others_rests_on_their_rows(evidence: Evidence) -> None:
    way = trace(evidence, ["section-4.1", "back", "percent"])
    assert way["result"]["file"] == "results/verdicts/relations.csv"
    # The relation from which it follows, not the other one that fails.
    assert way["result"]["rows"] == [2]
    assert file_of(way, "print/cells.csv")["rows"] == [8, 6, 7]
    assert {f["file"] for f in way["files"]} == {"print/cells.csv", "print/relations.yaml"}
    assert [(r["name"], r["outcome"], r["derived"]) for r in way["relations"]] == [
        ("shares[back]", "holds", True),
        ("order", "holds", False),
    ]


def test_a_cell_that_differs_names_the_relation_that_fails(evidence: Evidence) -> None:
    way = trace(evidence, ["section-4.1", "back", "count"])
    assert way["result"]["rows"] == [3]
    assert way["result"]["value"] == "73"
    assert [f["finding"] for f in way["findings"]] == ["finding-001"]
    assert [c["claim"] for c in way["claims"]] == ["es-02"]


def test_of_two_relations_a_cell_that_differs_is_traced_to_the_one_that_fails(
    evidence: Evidence, tmp_path: Path
) -> None:
    back, sent = ("section-4.1", "back", "count"), ("section-4.1", "sent", "count")
    twice = Instance("twice", "twice", "same", "", (sent,), (back,), (), back)
    row = "twice,twice,same,section-4.1,2,72,72,holds,Told twice.,printed-aggregates"
    parts = {
        "instances": [*evidence.instances, twice],
        "relations": frame(f"{RELATIONS}\n{row}"),
    }
    assert trace(evidence_of(tmp_path, **parts), back)["result"]["rows"] == [3]
    # One that agrees is traced to those that hold.
    parts["verdicts"] = evidence.verdicts.assign(verdict="agrees")
    assert trace(evidence_of(tmp_path, **parts), back)["result"]["rows"] == [5]


def test_what_all_the_print_together_shows_concerns_the_cells_in_that_conflict(
    evidence: Evidence, tmp_path: Path
) -> None:
    row = f"finding-004,4.1,30,72,,{LEAST_SLACK},major,certain,Not all can hold.,printed-aggregates"
    rules = [f"{LEAST_SLACK}: 3" if r else "" for r in evidence.verdicts["rule"]]
    slack = evidence_of(
        tmp_path,
        audit=frame(f"{AUDIT}\n{row}"),
        verdicts=evidence.verdicts.assign(rule=rules),
    )

    def of(*names: str) -> list[str]:
        return [f["finding"] for f in trace(slack, names)["findings"]]

    assert of("table-01", "5", INDEX) == ["finding-004"]
    assert of("section-4.1", "sent", "count") == ["finding-001"]


def test_a_cell_that_nothing_gives_ends_at_the_print(evidence: Evidence) -> None:
    way = trace(evidence, ["section-4.1", "sent", "count"])
    assert way["result"] is None
    assert way["made_by"] is None
    assert way["verdict"]["reason_meaning"] == Reason.BASIC_FACT.meaning
    (only,) = way["files"]
    assert (only["file"], only["rows"], only["recorded"]) == ("print/cells.csv", [6], True)


def test_findings_concern_a_cell_by_its_relation_or_by_its_name(evidence: Evidence) -> None:
    def of(*names: str) -> list[str]:
        return [f["finding"] for f in trace(evidence, names)["findings"]]

    assert of("table-02", "Quality / stars", "Index") == ["finding-002"]
    assert of("table-01", "5", "Index of quality") == ["finding-003"]
    assert of("table-01", "5", INDEX) == []
    # The relation of three cells fails for all of them.
    assert of("section-4.1", "sent", "count") == ["finding-001"]


def test_what_was_changed_since_is_told(evidence: Evidence, tmp_path: Path) -> None:
    (tmp_path / "raw/trusts.csv").write_text("trust,index\n", encoding="utf-8")
    (tmp_path / "results/tables/table-01.csv").unlink()
    now = evidence_of(tmp_path, lineage=evidence.lineage)
    way = trace(now, ["table-01", "5", INDEX])
    assert way["stale"] == [
        "results/tables/table-01.csv is missing since it was written by compare",
        "raw/trusts.csv is changed since it was read by compare",
    ]
    assert file_of(way, "raw/trusts.csv")["now"] == "changed"
    assert "STALE" in words(way)
    assert trace(now, ["table-01"])["stale"] == way["stale"]
    # A cell that does not rest on the record is not stale by it, only its verdict is told.
    other = trace(now, ["section-4.1", "back", "percent"])
    assert not any("raw/trusts.csv" in told for told in other["stale"])


def test_without_verdicts_the_print_is_traced_all_the_same(tmp_path: Path) -> None:
    write_files(tmp_path)
    nothing = {"verdicts": None, "relations": None, "audit": None, "methods": None, "used": None}
    way = trace(evidence_of(tmp_path, **nothing, claims=None), ["table-01", "5", INDEX])
    assert way["verdict"] is None
    assert way["printed"]["text"] == "62.0"
    assert "not built" in words(way)


@pytest.mark.parametrize("key", [tuple(line.split(",")[:3]) for line in CELLS.split("\n")[1:]])
def test_every_cell_is_told_in_words_and_in_json(
    evidence: Evidence, key: tuple[str, str, str]
) -> None:
    way = trace_cell(evidence, key)
    assert json.loads(json.dumps(way)) == way
    told = words(way)
    assert way["printed"]["text"] in told
    assert way["verdict"]["verdict"] in told
    for file in way["files"]:
        assert f"SHA-256 {file['sha256']}, as recorded" in told
    # A word that is longer than a line is not cut, so that it can be copied.
    assert all(len(line) <= 100 or " " not in line.strip() for line in told.splitlines())


# --- items and claims -------------------------------------------------------------------------


def test_an_item_tells_its_way_and_lists_its_cells(evidence: Evidence) -> None:
    way = trace(evidence, ["table-01"])
    assert way["results"] == ["results/tables/table-01.csv"]
    assert way["made_by"]["rule"] == "compare"
    assert [(c["row"], c["text"], c["verdict"]) for c in way["cells"]] == [
        ("5", "62.0", "agrees-by-construction"),
        ("5", "Good", "agrees-by-construction"),
        ("12", "59.0", "agrees-by-construction"),
    ]
    assert len(trace(evidence, ["table-01", "5"])["cells"]) == 2
    assert '"12" "Index (in descending order)": 59.0' in words(way)
    alone = trace(evidence, ["figure-05"])
    assert (alone["cells"], alone["results"], alone["made_by"]) == ([], [], None)
    assert "no cell of it is printed" in words(alone)


def test_a_claim_tells_what_it_used(evidence: Evidence) -> None:
    way = trace(evidence, ["ES-2"])
    assert (way["claim"], way["verdict"], way["line"]) == ("es-02", "fails", "5")
    assert [(c["row"], c["text"]) for c in way["cells"]] == [("back", "72"), ("sent", "179")]
    (other,) = way["others"]
    assert other["item"] == "perf/marks"
    assert other["made by"] == "compare"
    assert all(len(f["sha256"]) == 64 or f["file"] == "print/claims.csv" for f in way["files"])
    told = words(way)
    assert 'section-4.1 "back" "count": 72' in told
    assert "a threshold of ours" not in told
    assert "a threshold of ours" in words(trace(evidence, ["4.1-03"]))


def test_a_claim_rests_on_the_files_of_what_it_used_and_on_no_others(tmp_path: Path) -> None:
    write_files(tmp_path)
    lineage = lineage_of(tmp_path)
    judge, compare = lineage.steps["judge"], lineage.steps["compare"]
    claims = "results/verdicts/claims.csv"
    unused = {"raw/unused.csv": Entry("0" * 64, "raw"), "print/items.csv": Entry("1" * 64, "print")}
    marks = {"results/perf/marks.csv": compare.made["results/perf/marks.csv"]}
    tell = Step("tell", {claims: Entry("2" * 64, "claims")}, judge.inputs | marks | unused)
    whole = Lineage(lineage.steps | {"tell": tell}, {**lineage.maker, claims: tell})
    way = trace(evidence_of(tmp_path, lineage=whole), ["es-02"])
    # Two cells, and a result that comes from the trusts and the cells: no relation, no more.
    files = {"print/claims.csv", "print/cells.csv", "raw/trusts.csv"}
    assert {f["file"] for f in way["files"]} == files
    assert file_of(way, "print/cells.csv")["rows"] == [7, 6]


# --- names ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "names",
    [
        ("table-01", "5", "index (in"),
        ("Table 1", "5", "  INDEX (In descending ORDER) "),
        ("TABLE1", "05", INDEX),
    ],
)
def test_names_are_taken_as_people_type_them(evidence: Evidence, names: tuple[str, ...]) -> None:
    assert trace(evidence, names)["cell"] == {"item": "table-01", "row": "5", "column": INDEX}


@pytest.mark.parametrize(
    ("names", "near"),
    [
        (("tabel-01", "5", INDEX), "table-01"),
        (("table-01", "5", "index"), "Index of quality"),  # two begin so
        (("table-01", "5", "quality"), "Index of quality"),  # it stands within
        (("table-01", "55", INDEX), "5"),
        (("table-99",), "table-01"),
    ],
)
def test_a_name_that_is_not_there_names_the_nearest(
    evidence: Evidence, names: tuple[str, ...], near: str
) -> None:
    with pytest.raises(NotFound) as error:
        trace(evidence, names)
    assert near in error.value.near
    assert set(error.value.near) <= set(error.value.allowed)
    assert near in str(error.value)


def test_the_very_name_is_found_beside_one_that_is_alike() -> None:
    assert meant("row", "a b", ["ab", "a b"]) == "a b"
    with pytest.raises(NotFound):
        meant("row", "A-B", ["ab", "a b"])
    assert meant("row", "1", ["1", "10", "12"]) == "1"
    assert name_key("table-005") == name_key("Table 5") != name_key("table-50")
    with pytest.raises(NotFound, match="and 10 more"):
        meant("row", "", [str(n) for n in range(50)])


# --- the declaration --------------------------------------------------------------------------


def test_a_declaration_with_other_keys_is_told_at_once() -> None:
    good = {"rules": ["a"], "file": "f", "row": "r", "column": "c", "shown": ["s"]}
    bad = {k: v for k, v in good.items() if k != "shown"} | {"colum": "c"}
    relations = {"rules": ["b"], "file": "g", "rests": ["x"]}
    content = {"places": [good, bad], "relations": relations, "records": {}}
    with pytest.raises(ProblemsFound) as error:
        checked(content, "trace.yaml")
    told = {p.what.split("'")[1] for p in error.value.problems}
    assert told == {"shown", "colum", "rests"}
    content = {"places": [good], "relations": {"rules": ["b"], "file": "g"}, "records": {}}
    assert checked(content, "trace.yaml") == content
    with pytest.raises(ProblemsFound, match="records"):
        checked({"places": [good], "relations": relations}, "trace.yaml")


# --- rows -------------------------------------------------------------------------------------


def test_rows_are_numbered_as_the_file_is_seen() -> None:
    held = frame("site,group,q\nA,x,1\nB,y,2\nA,y,3")
    assert all_rows(held) == Rows((2, 3, 4), 3)
    by_key = rows_by_key(held, "site", ("q", "A"))
    assert by_key is not None
    assert by_key.rows == (2, 4)
    assert rows_by_key(held, "site", ("C",)) is None
    assert rows_by_key(held, "site", ("B / Doctors", "A")) == by_key
    assert rows_by_key(held, "site", ("B / Doctors", "n")) == Rows((3,), 3, ("B",), "site B")
    both = rows_by_values(held, {"site": "A", "group": "x + y"}, "all", " + ")
    assert both == Rows((2, 4), 3, ("A", "A"), "site A, group x + y")
    every = rows_by_values(held, {"site": "", "group": "all"}, "all", " + ")
    assert every is not None
    assert every.rows == (2, 3, 4)
    assert rows_by_values(held, {"site": "C"}, "all", " + ") is None


@pytest.mark.parametrize(
    ("rows", "of", "told"),
    [
        ([3], 9, "row 3"),
        ([2, 3, 4], 3, "all 3 rows"),
        ([2, 4], 3, "2 of 3 rows: 2, 4"),
        ([2, 3, 4, 5, 6, 7], 9, "6 of 9 rows: 2, 3, 4, 5, 6, ..."),
        ([], 9, "none of 9 rows"),
        ([], 0, ""),
    ],
)
def test_rows_in_words(rows: list[int], of: int, told: str) -> None:
    assert row_words(rows, of) == told


# --- the data of the page ---------------------------------------------------------------------


def test_the_page_has_the_same_way_in_short(evidence: Evidence) -> None:
    data = page_traces(evidence)
    assert len(data["cells"]) == len(evidence.printed)
    for key, number in numbered(data).items():
        way = trace_cell(evidence, key)
        cell = dict(zip(FIELDS, data["cells"][number], strict=True))
        texts = data["texts"]
        assert tuple(texts[cell[n]] for n in ("item", "row", "column")) == key
        assert texts[cell["printed"]] == (way["printed"]["text"] or "(blank)")
        assert texts[cell["kind"]] == way["printed"]["kind"]
        at = f"section {way['printed']['section']}, line {way['printed']['line']}"
        assert texts[cell["at"]] == at
        assert cell["place"] == way["printed"]["row"]
        for name in ("verdict", "rule", "reason", "evidence", "rebuilt"):
            assert texts[cell[name]] == way["verdict"][name]
        assert data["words"][way["verdict"]["verdict"]] == way["verdict"]["meaning"]
        if way["result"]:
            assert texts[cell["result"][0]] == way["result"]["file"]
            assert data["made"][cell["made"]][0] == way["made_by"]["rule"]
        else:
            assert (cell["result"], cell["made"]) == (0, -1)
        places = [f[0] if isinstance(f, list) else f for f in cell["files"]]
        listed = [f for f in way["files"] if f["is"] != "instrument"]
        assert [data["files"][p][:2] for p in places] == [
            [f["file"], f["sha256"][:12]] for f in listed
        ]
        tests = [data["relations"][n][:2] for n in cell["relations"]]
        assert tests == [[r["name"], r["outcome"]] for r in way["relations"]]
        assert [data["findings"][n][0] for n in cell["findings"]] == [
            f["finding"] for f in way["findings"]
        ]
        assert [led(data, n) for n in cell["claims"]] == [
            (c["claim"], c["through"]) for c in way["claims"]
        ]


def led(data: dict[str, Any], entry: Any) -> tuple[str, str]:
    """The claim that an entry of a cell names, and what leads there."""
    number, through = entry if isinstance(entry, list) else (entry, None)
    return data["claims"][number][0], "" if through is None else data["texts"][through]


def test_the_page_has_the_way_of_each_claim_too(evidence: Evidence) -> None:
    data = page_traces(evidence)
    cells = list(evidence.printed)
    for told in data["claims"]:
        claim = dict(zip(CLAIM_FIELDS, told, strict=True))
        way = trace_claim(evidence, claim["claim"])
        texts = data["texts"]
        assert texts[claim["verdict"]] == way["verdict"]
        assert texts[claim["verdict"]] in data["said"]
        assert (texts[claim["section"]], claim["line"]) == (way["section"], way["line"])
        assert (texts[claim["file"]], claim["row"]) == (way["file"], way["row"])
        assert claim["check"] == way["check"]
        behind = [n if isinstance(n, list) else [n, None] for n in claim["cells"]]
        assert [(*cells[n], "" if t is None else texts[t]) for n, t in behind] == [
            (c["item"], c["row"], c["column"], c["through"]) for c in way["cells"]
        ]
        assert len(claim["others"]) == len(way["others"])
    assert [c[0] for c in data["claims"]] == ["es-02", "4.1-03"]


USES = """claim,kind,item,row,column,where,evidence
es-02,relation,sums,,,verdicts/relations,printed-aggregates
4.1-03,frame,perf/marks,,low,"measure Quality, scale Index",printed-aggregates"""


def through(evidence: Evidence, key: Key) -> dict[str, str]:
    return {c["claim"]: c["through"] for c in trace_cell(evidence, key)["claims"]}


def test_a_cell_lists_the_claims_that_reach_it_by_a_relation_or_a_result(tmp_path: Path) -> None:
    write_files(tmp_path)
    marks = ("table-02", "Quality / stars", "Index")
    evidence = evidence_of(tmp_path, used=frame(USES))
    assert through(evidence, ("section-4.1", "sent", "count")) == {"es-02": "relation sums"}
    assert through(evidence, ("table-01", "12", "Index (in descending order)")) == {}
    assert through(evidence, marks) == {"4.1-03": "result perf/marks"}
    # Another row of the same result is not of this cell.
    for where in ("measure Other, scale Index", "measure Quality, scale Ind"):
        other = frame(USES.replace("measure Quality, scale Index", where))
        assert through(evidence_of(tmp_path, used=other), marks) == {}
    # A result that sums the rows up rests on each of them, where it is declared to.
    summed = frame(USES.replace("perf/marks,,low", "perf/tally,,n"))
    assert through(evidence_of(tmp_path, used=summed), marks) == {}
    places = [{**DECLARED["places"][0], "summed_in": ["perf/tally"]}, DECLARED["places"][1]]
    declared = DECLARED | {"places": places}
    reached = evidence_of(tmp_path, used=summed, declared=declared)
    assert through(reached, marks) == {"4.1-03": "result perf/tally"}


def test_a_claim_that_a_finding_on_the_cell_tells_is_listed_too(tmp_path: Path) -> None:
    write_files(tmp_path)
    audit = evidence_of(tmp_path).audit
    assert audit is not None
    told = audit.assign(check=["sums; claim 4.1-03", *audit["check"][1:]])
    found = through(evidence_of(tmp_path, audit=told), ("section-4.1", "back", "count"))
    assert found["4.1-03"] == "finding 001"
    assert found["es-02"] == ""


def test_a_claim_tells_the_cells_of_its_relations(tmp_path: Path) -> None:
    write_files(tmp_path)
    way = trace_claim(evidence_of(tmp_path, used=frame(USES)), "es-02")
    assert {(c["row"], c["through"]) for c in way["cells"]} == {
        ("sent", "relation sums"),
        ("back", "relation sums"),
    }
    assert "through the relation sums" in words(way)


def test_shared_texts_stand_once(evidence: Evidence) -> None:
    data = page_traces(evidence)
    for name in ("texts", "files", "relations", "made"):
        held = [json.dumps(value) for value in data[name]]
        assert len(held) == len(set(held)), name


def test_the_data_cannot_end_the_element_that_holds_them(evidence: Evidence) -> None:
    cells = evidence.cells.copy()
    cells.loc[0, "text"] = "</script><b>"
    data = page_traces(evidence_of(evidence.disk.root, cells=cells))
    text = embedded(data)
    assert "<" not in text
    assert json.loads(text) == data
    assert embedded(None) == ""
    assert numbered(None) == {}


def test_a_frame_of_no_verdicts_still_makes_a_page(tmp_path: Path) -> None:
    write_files(tmp_path)
    empty = pd.DataFrame(columns=["item", "row", "column"])
    data = page_traces(evidence_of(tmp_path, verdicts=empty))
    assert {data["texts"][c[FIELDS.index("verdict")]] for c in data["cells"]} == {""}
