"""The transcribed data: complete, parsable, and equal wherever it stands twice."""

import csv
import itertools
import re
from collections import Counter
from fractions import Fraction
from pathlib import Path

import pandas as pd
import pytest
import yaml

from medlead.evidence import EvidenceClass
from medlead.layout import lay_out
from medlead.printed import EXACT_KINDS, number, numbers_in
from medlead.sources.inputs import read_inputs, read_scales
from medlead.sources.manifest import verify
from medlead.verdicts.compare import FINGERPRINT
from medlead.writing import read_csv

ROOT = Path(__file__).parents[2]
PUBLISHED, RAW = ROOT / "data" / "published", ROOT / "data" / "raw"
INSTRUMENTS = ROOT / "config" / "instruments"
TABLES, FIGURES = 32, 90

ITEMS = read_csv(PUBLISHED / "items.csv")
CELLS = read_csv(PUBLISHED / "cells.csv", line="int64")
LAYOUTS = yaml.safe_load((INSTRUMENTS / "layouts.yaml").read_text(encoding="utf-8"))
CONFIG = yaml.safe_load((ROOT / "config" / "config.yaml").read_text(encoding="utf-8"))
KINDS = {"count", "percent", "statistic", "stars", "n", "rating", "value", "label"}
SITES = "ABCDEFGHI"


# --- the register ---------------------------------------------------------------------


def test_every_table_and_figure_is_registered_once() -> None:
    wanted = [f"table-{n:02}" for n in range(1, TABLES + 1)]
    wanted += [f"figure-{n:02}" for n in range(1, FIGURES + 1)]
    numbered = [i for i in ITEMS["item"] if i.startswith(("table-", "figure-"))]
    assert sorted(numbered) == sorted(wanted)
    assert ITEMS["item"].is_unique
    others = set(ITEMS["item"]) - set(wanted)
    assert all(re.fullmatch(r"section-\d+(\.\d+)*|appendix-\d", i) for i in others)


def test_every_item_has_title_place_class_and_scope() -> None:
    assert (ITEMS["title"] != "").all()
    assert {EvidenceClass(e) for e in ITEMS["evidence"]} <= set(EvidenceClass)
    assert set(ITEMS["scope"]) <= {"in", "out"}
    assert (ITEMS.loc[ITEMS["scope"] == "out", "reason"] != "").all()
    assert ITEMS["section"].str.fullmatch(r"\d+(\.\d+)*|Appendix \d").all()
    assert ITEMS["line"].astype(int).gt(0).all()


@pytest.mark.parametrize("kind", ["table", "figure"])
def test_numbered_items_stand_in_the_order_of_the_report(kind: str) -> None:
    own = ITEMS[ITEMS["item"].str.startswith(kind)].sort_values("item")
    assert own["line"].astype(int).is_monotonic_increasing


def test_sections_are_registered_under_their_own_number() -> None:
    own = ITEMS[ITEMS["item"].str.startswith("section-")]
    assert (own["item"].str.removeprefix("section-") == own["section"]).all()


# --- the printed cells ----------------------------------------------------------------


def test_cells_are_unique_and_their_items_known() -> None:
    assert not CELLS.duplicated(["item", "row", "column"]).any()
    assert set(CELLS["item"]) <= set(ITEMS["item"])
    assert {f"table-{n:02}" for n in range(1, TABLES + 1)} <= set(CELLS["item"])
    assert (CELLS[["row", "column", "section"]] != "").all(axis=None)


def test_cells_of_a_table_stand_together_and_below_its_heading() -> None:
    tables = CELLS.loc[CELLS["item"].str.startswith("table-"), "item"]
    runs = [item for item, _ in itertools.groupby(tables)]
    assert len(runs) == len(set(runs))
    for item, part in CELLS[CELLS["item"].str.startswith("table-")].groupby("item"):
        heading = int(ITEMS.set_index("item")["line"][item])
        assert part["line"].ge(heading).all(), item
        assert set(part["section"]) == {ITEMS.set_index("item")["section"][item]}


def test_sections_of_cells_are_those_of_their_item_or_below() -> None:
    sections = ITEMS.set_index("item")["section"].to_dict()
    for item, section in set(zip(CELLS["item"], CELLS["section"], strict=True)):
        own = sections[item]
        assert section == own or (item == f"section-{own}" and section.startswith(f"{own}."))


def test_kinds_are_known() -> None:
    assert set(CELLS["kind"]) == KINDS


@pytest.mark.parametrize("kind", sorted(EXACT_KINDS - {"rating"}))
def test_counts_are_whole_numbers_from_0_up(kind: str) -> None:
    values = [number(t) for t in CELLS.loc[CELLS["kind"] == kind, "text"]]
    assert values
    assert all(v.denominator == 1 and v >= 0 for v in values)


def test_percentages_lie_between_0_and_100_where_printed() -> None:
    printed = [t for t in CELLS.loc[CELLS["kind"] == "percent", "text"] if t != ""]
    assert printed
    assert all(0 <= number(t) <= 100 for t in printed)


def test_statistics_are_numbers() -> None:
    texts = list(CELLS.loc[CELLS["kind"] == "statistic", "text"])
    assert texts
    assert [t for t in texts if numbers_in(t) != [number(t)]] == []


def test_values_hold_a_number() -> None:
    for text in CELLS.loc[CELLS["kind"] == "value", "text"]:
        assert numbers_in(text), text


def test_marks_are_stars_or_nothing() -> None:
    assert set(CELLS.loc[CELLS["kind"] == "stars", "text"]) <= {"", "*", "**", "***"}


def test_correlations_lie_within_their_range_and_have_a_mark_and_an_n() -> None:
    table = CELLS[CELLS["item"] == "table-28"]
    by_key = {(r, c): (t, k) for r, c, t, k in table[["row", "column", "text", "kind"]].to_numpy()}
    correlations = [k for k, (_, kind) in by_key.items() if kind == "statistic"]
    marks = [k for k, (_, kind) in by_key.items() if kind == "stars"]
    assert {(f"{r} / stars", c) for r, c in correlations} == set(marks)
    assert all(-1 <= number(by_key[k][0]) <= 1 for k in correlations)
    sized = {r for (r, _), (_, kind) in by_key.items() if kind == "n"}
    assert sized == {r for r, _ in correlations}


def test_sentences_are_kept_as_fingerprints_only() -> None:
    prints = [t for t in CELLS["text"] if t.startswith(FINGERPRINT)]
    assert prints
    assert all(re.fullmatch(r"sha256:[0-9a-f]{16}", t) for t in prints)


def test_texts_have_no_stray_blanks_or_line_ends() -> None:
    for column in ("item", "row", "column", "text", "kind", "section"):
        assert (CELLS[column] == CELLS[column].str.strip()).all()
        assert not CELLS[column].str.contains("[\r\n\t\ufeff\xa0]").any()


# --- the records ----------------------------------------------------------------------


def raw(name: str) -> pd.DataFrame:
    return read_csv(RAW / f"{name}.csv")


def printed(item: str) -> dict[tuple[str, str], str]:
    """The cells of a table without the rows that are headings, sub-headings and notes."""
    part = CELLS[CELLS["item"] == item]
    naming = {"(heading)", "(note)", *part.loc[part["column"] == "(sub-heading)", "row"]}
    part = part[~part["row"].isin(naming)]
    return {(r, c): t for r, c, t in part[["row", "column", "text"]].to_numpy()}


def as_cells(frame: pd.DataFrame) -> dict[tuple[str, str], str]:
    cells = {(r, c): t for r, c, t in frame[["row", "column", "text"]].to_numpy()}
    assert len(cells) == len(frame)
    return cells


REBUILT = [i for i in LAYOUTS if i in set(ITEMS["item"])]


def test_every_table_of_printed_records_has_a_layout() -> None:
    records = ITEMS[ITEMS["evidence"] == str(EvidenceClass.PRINTED_RECORDS)]
    assert sorted(LAYOUTS) == sorted(records["item"])


@pytest.mark.parametrize("item", REBUILT)
def test_records_as_they_stand_give_every_printed_cell(item: str) -> None:
    layout = LAYOUTS[item]
    records = raw(layout["source"])
    if "order" in layout:
        records[layout["order"]["by"]] = records[layout["order"]["by"]].astype(float)
    for column in layout.get("parts", {}).get("columns", ()):
        records[column] = records[column].where(records[column] != "", None)
    size = CONFIG["analysis"]["extreme_group_size"]
    rebuilt = lay_out(records, layout, EvidenceClass.PRINTED_RECORDS, group_size=size)
    assert as_cells(rebuilt) == printed(item)


@pytest.mark.parametrize("item", REBUILT)
def test_checked_records_give_every_printed_cell(item: str) -> None:
    layout = LAYOUTS[item]
    names = ["sites", layout["source"]]
    scales = read_scales(INSTRUMENTS / "ratings.yaml")
    frames = read_inputs(names, [str(RAW / f"{n}.csv") for n in names], ["", ""], scales)
    rebuilt = lay_out(
        frames[layout["source"]],
        layout,
        EvidenceClass.PRINTED_RECORDS,
        group_size=CONFIG["analysis"]["extreme_group_size"],
    )
    assert as_cells(rebuilt) == printed(item)


def test_the_rank_groups_of_the_trusts_are_where_the_table_prints_them() -> None:
    trusts = raw("trust_engagement")
    labels = {r: t for (r, c), t in printed("table-27").items() if c == "(group)"}
    starts = {
        t: trusts.loc[trusts["rank_group"] == g, "trust"].iloc[0]
        for g, t in zip(["top", "bottom"], labels.values(), strict=True)
    }
    assert {v: k for k, v in starts.items()} == labels
    size = CONFIG["analysis"]["extreme_group_size"]
    assert Counter(trusts["rank_group"]) == {"top": size, "bottom": size}


@pytest.mark.parametrize("name", ["sites", "site_performance", "site_self_ratings"])
def test_each_site_has_one_record(name: str) -> None:
    assert sorted(raw(name)["site"]) == list(SITES)


# --- roles, coded from the text ---------------------------------------------------------


def filled(values: pd.Series) -> list[str]:
    return [v for v in values if v != ""]


@pytest.mark.parametrize("site", SITES)
def test_every_number_in_the_text_on_time_is_explained_by_the_coded_roles(site: str) -> None:
    """Each printed number is a time per post, a number of posts, or a total for several posts.

    And the other way round: each coded number is printed, or the sum of two that are
    (a fixed part and a part left to local discretion).
    """
    text = raw("sites").set_index("site")["time_text"][site]
    roles = raw("site_roles")
    roles = roles[(roles["site"] == site) & (roles["in_table_25"] == "yes")]
    explained: set[Fraction] = set()
    coded: set[Fraction] = set()
    for role in roles.to_dict("records"):
        low, high = (number(role[k]) for k in ("pa_low", "pa_high"))
        assert low <= high
        coded |= {low, high}
        explained |= {low, high, high - low}
        if role["posts"]:
            posts = number(role["posts"])
            coded.add(posts)
            explained |= {posts, posts * low}
    found = numbers_in(text)
    assert found
    assert [n for n in found if n not in explained] == []
    sums = {a + b for a in found for b in found}
    assert [n for n in coded if n not in set(found) | sums] == []
    # No role without its number, no number without its role.
    numbers_needed = sum(
        1 + (r["pa_low"] != r["pa_high"]) + 2 * bool(r["posts"]) for r in roles.to_dict("records")
    )
    assert len(found) == numbers_needed


@pytest.mark.parametrize("site", SITES)
def test_roles_are_named_in_the_text_they_are_coded_from(site: str) -> None:
    texts = raw("sites").set_index("site").loc[site]
    roles = raw("site_roles")
    for role in roles[roles["site"] == site].to_dict("records"):
        for flag, column in (("in_table_24", "roles_text"), ("in_table_25", "time_text")):
            named = role["role"].casefold() in re.sub(r"\s+", " ", texts[column]).casefold()
            assert named == (role[flag] == "yes") or _part_of_another(role, roles, site, flag), role


def _part_of_another(role: dict[str, str], roles: pd.DataFrame, site: str, flag: str) -> bool:
    """Whether the name occurs only as a part of a longer role's name in the same text."""
    others = roles[(roles["site"] == site) & (roles[flag] == "yes")]["role"]
    return any(role["role"] in other and role["role"] != other for other in others)


@pytest.mark.parametrize("site", SITES)
def test_levels_of_the_roles_run_from_1_without_a_gap(site: str) -> None:
    roles = raw("site_roles")
    own = roles[roles["site"] == site]
    levels = sorted({int(v) for v in filled(own["level"])})
    assert levels == list(range(1, len(levels) + 1))
    assert all((r["level"] != "") == (r["in_table_24"] == "yes") for r in own.to_dict("records"))


@pytest.mark.parametrize("site", SITES)
def test_a_role_has_time_where_the_table_on_time_names_it(site: str) -> None:
    roles = raw("site_roles")
    for role in roles[roles["site"] == site].to_dict("records"):
        timed = role["in_table_25"] == "yes"
        assert (role["pa_low"] != "") == (role["pa_high"] != "") == timed
        assert "yes" in (role["in_table_24"], role["in_table_25"])
        assert role["payment"] in ("yes", "no")


def test_a_payment_is_coded_where_the_text_says_so() -> None:
    roles, sites = raw("site_roles"), raw("sites").set_index("site")["time_text"]
    paid = Counter(roles.loc[roles["payment"] == "yes", "site"])
    assert paid == {s: t.count("payment") for s, t in sites.items() if "payment" in t}


def test_roles_are_unique_in_a_site() -> None:
    assert not raw("site_roles").duplicated(["site", "role"]).any()


def test_the_level_stated_is_the_first_number_of_the_roles_text() -> None:
    for row in raw("sites").to_dict("records"):
        assert numbers_in(row["roles_text"])[0] == number(row["levels"])


# --- dictionary and manifest ----------------------------------------------------------


def test_the_dictionary_lists_exactly_the_columns_of_each_file() -> None:
    dictionary = read_csv(RAW / "DICTIONARY.csv")
    described = {
        file: part["column"].tolist() for file, part in dictionary.groupby("file", sort=False)
    }
    files = {p.name for p in RAW.glob("*.csv")} - {"DICTIONARY.csv", "MANIFEST.csv"}
    assert set(described) == files
    for file, columns in described.items():
        with (RAW / file).open(encoding="utf-8", newline="") as lines:
            assert next(csv.reader(lines)) == columns
    assert (dictionary[["meaning", "source", "type"]] != "").all(axis=None)


def test_listed_values_are_the_values_that_occur() -> None:
    dictionary = read_csv(RAW / "DICTIONARY.csv")
    for entry in dictionary.to_dict("records"):
        separator = " | " if " | " in entry["allowed"] else " < "
        allowed = entry["allowed"].split(separator)
        if len(allowed) < 2:
            continue
        found = set(filled(read_csv(RAW / entry["file"])[entry["column"]]))
        assert found - {"N/A"} <= set(allowed), (entry["file"], entry["column"])


@pytest.mark.parametrize(
    "file", [*RAW.glob("*.csv"), *PUBLISHED.glob("*.csv")], ids=lambda p: p.name
)
def test_files_are_utf8_with_unix_line_ends_and_full_rows(file: Path) -> None:
    content = file.read_bytes()
    assert not content.startswith(b"\xef\xbb\xbf")
    assert b"\r" not in content
    assert content.endswith(b"\n")
    rows = list(csv.reader(content.decode("utf-8").splitlines()))
    assert {len(r) for r in rows} == {len(rows[0])}


def test_the_manifest_covers_the_folder_as_it_is() -> None:
    assert [str(p) for p in verify(RAW)] == []
