"""A report that contradicts itself nowhere: drawn trusts, counted into the printed tables.

Headings are those of the transcription, all figures are new. Everything is counted here from
the drawn records, without the engine that tests it.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from medlead.performance.significance import p_from_r, stars
from medlead.writing import read_csv

PUBLISHED = Path(__file__).parents[2] / "data" / "published"
SITES = "ABCDEFGHI"
ACUTE, MENTAL, SPECIALIST = "Acute", "Mental Health", "Specialist"
TYPES = (ACUTE, MENTAL, SPECIALIST)
UNIT_OF = dict(
    zip(SITES, ["dir", "div", "oth", "oth", "dir", "div", "div", "sl", "sl"], strict=True)
)
Trust = dict[str, Any]


def half_up(share: float, places: int = 0) -> str:
    """A percentage as printed: rounded to nearest, halves up."""
    return f"{np.floor(share * 10**places + 0.5) / 10**places:.{places}f}"


class Print:
    """The cells of the transcription, to be given new texts one by one."""

    def __init__(self) -> None:
        self.frame = read_csv(PUBLISHED / "cells.csv")
        keys = zip(self.frame["item"], self.frame["row"], self.frame["column"], strict=True)
        self.texts = dict(zip(keys, self.frame["text"], strict=True))

    def put(self, item: str, row: str, column: str, text: object) -> None:
        assert (item, row, column) in self.texts, (item, row, column)
        self.texts[item, row, column] = str(text)

    def rows(self, item: str) -> list[str]:
        return list(dict.fromkeys(r for i, r, _ in self.texts if i == item and r[0] != "("))

    def columns(self, item: str) -> list[str]:
        return list(dict.fromkeys(c for i, r, c in self.texts if i == item and r[0] != "("))

    def cells(self) -> pd.DataFrame:
        return self.frame.assign(text=list(self.texts.values()))


def bands(report: Print, item: str) -> list[tuple[int, int]]:
    ends = (c.split("-") for c in report.columns(item))
    return [(int(low), int(high)) for low, high in ends]


def draw(rng: np.random.Generator) -> tuple[Print, list[Trust], dict[str, Trust]]:
    """All trusts that answered, the sites first."""
    report = Print()
    spans = {
        v: bands(report, t)
        for v, t in (("budget", "table-05"), ("staff", "table-07"), ("consultants", "table-09"))
    }
    doctors = [int(r) for r in report.rows("table-13") if r != "TOTAL"]
    size = int(rng.integers(70, 120))
    trusts: list[Trust] = []
    for n in range(size):
        site = SITES[n] if n < len(SITES) else ""
        if site:
            kind = SPECIALIST if site == "F" else MENTAL if site in "GHI" else ACUTE
        else:
            kind = str(rng.choice(TYPES, p=[0.6, 0.3, 0.1]))
        ft = site != "C" and (site == "A" or bool(rng.random() < 0.5))
        # Of mental health sites as many things are known of each as of the others.
        ft = trusts[SITES.index("G")]["ft"] if site and site in "HI" else ft
        large = not ft and kind == ACUTE
        trust: Trust = {"site": site, "type": kind, "ft": ft, "region": int(rng.integers(10))}
        for name, spans_of in spans.items():
            # Most lie in a few bands; large staffs and budgets are those of other acute trusts.
            free = [0.03, 0.22, 0.3, 0.25, 0.12, 0.08]
            last = len(spans_of) - 1
            band = last if site == "C" else int(rng.choice(6, p=free))
            if not site and large and rng.random() < 0.2:
                band = int(rng.integers(6, last + 1))
            low, high = spans_of[band]
            trust[name] = high if site == "C" else int(rng.integers(max(low, 1), high))
            if not site and rng.random() < 0.03:
                trust[name] = None
        trust["board"] = int(rng.choice([1, 2, 3, 4], p=[0.6, 0.25, 0.1, 0.05]))
        trust["management"] = int(rng.choice(doctors)) if rng.random() < 0.7 else doctors[0]
        if not site and rng.random() < 0.05:
            trust["management"] = None
        trust["ratings"] = (
            None
            if not site and rng.random() < 0.1
            else [int(rng.integers(0, 11)) for _ in range(4)]
        )
        if site == "H":  # the text gives both sites one figure
            trust["ratings"][1] = trusts[SITES.index("C")]["ratings"][1]
        trust["unit"] = UNIT_OF.get(site, "")
        trust["officer"] = int(rng.choice(5, p=[0.5, 0.25, 0.13, 0.06, 0.06]))
        trusts.append(trust)
    rest = trusts[len(SITES) :]
    # As many divisions as directorates: three sites have the one, two the other.
    each = int(rng.integers(8, len(rest) // 2 - 3))
    units = ["div"] * each + ["dir"] * (each + 1)
    units += [str(u) for u in rng.choice(["sl", "oth"], len(rest) - len(units))]
    for trust, unit in zip(rest, rng.permutation(units), strict=True):
        trust["unit"] = str(unit)
    forms = report.columns("table-16")
    # The principal kind of unit is one of those in use; Other goes with a mix of them.
    fits = {
        "div": [1, 0, 0, 1, 0, 1, 1],
        "dir": [0, 1, 0, 1, 1, 0, 1],
        "sl": [0, 0, 1, 1, 1, 1, 0],
        "oth": [0, 0, 0, 1, 1, 1, 1],
    }
    for n, trust in enumerate(trusts):
        chances = np.array([0.12, 0.4, 0.12, 0.09, 0.09, 0.09, 0.09]) * fits[trust["unit"]]
        trust["form"] = str(rng.choice(forms, p=chances / chances.sum()))
        if trust["site"] and trust["site"] in "CD":
            trust["form"] = "All"
        if n >= len(SITES) and rng.random() < 0.03:
            trust["form"] = ""
    # The largest budget of a foundation trust is the end of the last band that holds one.
    next(t for t in trusts if t["ft"])["budget"] = spans["budget"][5][1]
    return report, trusts, {t["site"]: t for t in trusts if t["site"]}


def told(trusts: Sequence[Trust]) -> bool:
    """Whether what the text says of the commonest holds of these trusts."""
    forms = Counter(t["form"] for t in trusts)
    counts = Counter(t["management"] for t in trusts if t["management"]).most_common(3)
    boards = Counter(t["board"] for t in trusts).most_common(2)
    officers = Counter(t["officer"] for t in trusts)
    return (
        forms["Directorate"] == max(forms.values())
        and len({c for _, c in counts}) == 3
        and boards[0][1] > boards[1][1]
        and [officers[n] for n in range(4)] == sorted((officers[n] for n in range(4)), reverse=True)
        and all(_most_in_the_middle(trusts, v) for v in ("budget", "staff", "consultants"))
    )


def _most_in_the_middle(trusts: Sequence[Trust], variable: str) -> bool:
    report = Print()
    item = {"budget": "table-05", "staff": "table-07", "consultants": "table-09"}[variable]
    spans = bands(report, item)
    for group in (trusts, [t for t in trusts if t["ft"]], [t for t in trusts if not t["ft"]]):
        known = [t[variable] for t in group if t[variable] is not None]
        inside = [v for v in known if spans[1][0] <= v <= spans[4][1]]
        per = Counter(next(n for n, (a, b) in enumerate(spans) if a <= v <= b) for v in known)
        top = [n for n, c in per.items() if c == max(per.values())]
        if 2 * len(inside) <= len(known) or not set(top) <= {1, 2, 3, 4}:
            return False
        low_band = [v for v in known if v < spans[1][0]]
        if group is trusts and not low_band:
            return False
    return True


def consistent(seed: int) -> pd.DataFrame:
    """The cells of one report whose every figure is counted from the same trusts."""
    rng = np.random.default_rng(seed)
    report, trusts, sites = draw(rng)
    while not told(trusts):
        report, trusts, sites = draw(rng)
    _answers(report, trusts, rng)
    _crossings(report, trusts)
    _boards(report, trusts)
    _units(report, trusts, rng)
    _ratings(report, trusts)
    _ranges(report, trusts)
    _sites(report, sites, rng)
    _site_tables(report, sites, rng)
    _engagement(report, rng)
    return report.cells()


def _count(trusts: Sequence[Trust], test: Callable[[Trust], bool]) -> int:
    return sum(1 for t in trusts if test(t))


def _of(heading: str) -> Callable[[Trust], bool]:
    """Whether a trust is of the group that a heading names."""
    plain = heading.lower()
    if plain.startswith(("foundation", "non")):
        return lambda t: t["ft"] == plain.startswith("foundation")
    kind = MENTAL if plain.startswith("mental") else heading
    return lambda t: t["type"] == kind


def _answers(report: Print, trusts: Sequence[Trust], rng: np.random.Generator) -> None:
    n, put = len(trusts), report.put
    sent = n + int(rng.integers(20, 120))
    declined, silent = int(rng.integers(1, 9)), int(rng.integers(20, 90))
    asked = sent + declined + silent
    for row, count in (
        ("sites in the sample", asked),
        ("sites approached", asked),
        ("sites approving", sent),
        ("sites declining", declined),
        ("sites not answering", silent),
    ):
        put("section-3.1.1", row, "count", count)
    for row, count, places in (
        ("sites approving", sent, 0),
        ("sites declining", declined, 1),
        ("sites not answering", silent, 0),
    ):
        put("section-3.1.1", row, "percent", half_up(100 * count / asked, places))
    put("section-4.1", "questionnaires sent", "count", sent)
    put("section-4.1", "questionnaires returned", "count", n + 1)
    put("section-4.1", "questionnaires completed", "count", n)
    put("section-4.1", "questionnaires completed", "percent", half_up(100 * n / sent))
    by = rng.multinomial(n, [0.4, 0.4, 0.1, 0.1])
    for who, count in zip(
        ("the chief executive", "the medical director", "others", "an unknown person"),
        by,
        strict=True,
    ):
        put("section-4.1", f"completed by {who}", "count", count)
    for row, is_ft in (("foundation trusts responding", True), ("other trusts responding", False)):
        count = _count(trusts, lambda t, is_ft=is_ft: t["ft"] == is_ft)
        put("section-4.1.2", row, "count", count)
        put("section-4.1.2", row, "percent", half_up(100 * count / n))
    national = int(rng.integers(30, asked))
    put("section-4.1.2", "foundation trusts in the country", "count", national)
    put(
        "section-4.1.2",
        "foundation trusts in the country",
        "percent",
        half_up(100 * national / asked),
    )
    shares = rng.multinomial(100, [0.7, 0.2, 0.1])
    for row, share in zip(
        [r for r in report.rows("table-04") if r != "TOTAL"], shares, strict=True
    ):
        count = _count(trusts, _of(row))
        put("table-04", row, "Number of responses", count)
        put("table-04", row, "% of total responses", half_up(100 * count / n))
        put("table-04", row, "% of national trusts", share)
    put("table-04", "TOTAL", "Number of responses", n)
    counts = Counter(t["region"] for t in trusts)
    named = [r for r in report.rows("table-03") if r != "TOTAL"]
    order = sorted(range(10), key=lambda r: -counts[r])
    for row, region in zip(named, order, strict=True):
        put("table-03", row, "Number of responses", counts[region])
        for t in trusts:
            if t["region"] == region:
                t["region name"] = row
    put("table-03", "TOTAL", "Number of responses", n)
    for item, row, share in (("section-4.3.3", "trusts with a development programme", 0.7),):
        count = int(rng.binomial(n, share))
        put(item, row, "count", count)
        put(item, row, "percent", half_up(100 * count / n))
    answering = n - int(rng.integers(0, 5))
    changed = int(rng.binomial(answering, 0.7))
    put("section-4.3.4", "trusts answering on change", "n", answering)
    put("section-4.3.4", "trusts that changed structure", "count", changed)
    put(
        "section-4.3.4",
        "trusts that changed structure",
        "percent",
        half_up(100 * changed / answering),
    )
    named_by = sorted(rng.binomial(n, rng.uniform(0.05, 0.6, 15)), reverse=True)
    for place, (row, count) in enumerate(zip(report.rows("table-15"), named_by, strict=True), 1):
        put("table-15", row, "Rank", place)
        put("table-15", row, "Frequency", count)
        put("table-15", row, "%", half_up(100 * count / n))


def _crossings(report: Print, trusts: Sequence[Trust]) -> None:
    for variable, items in (
        ("budget", ("table-05", "table-06")),
        ("staff", ("table-07", "table-08")),
        ("consultants", ("table-09", "table-10")),
    ):
        for item in items:
            for row in report.rows(item):
                for column, (low, high) in zip(
                    report.columns(item), bands(report, item), strict=True
                ):
                    count = sum(
                        low <= t[variable] <= high
                        for t in trusts
                        if t[variable] is not None and _of(row)(t)
                    )
                    report.put(item, row, column, count)


def _boards(report: Print, trusts: Sequence[Trust]) -> None:
    boards = Counter(t["board"] for t in trusts)
    for row in "1234":
        report.put("table-11", row, "Responses", boards[int(row)])
        report.put("table-11", row, "%", half_up(100 * boards[int(row)] / len(trusts)))
        for group in report.rows("table-12"):
            count = _count(trusts, lambda t, g=group, r=row: _of(g)(t) and t["board"] == int(r))
            report.put("table-12", group, row, count)
    report.put("table-11", "Total", "Responses", len(trusts))
    for row, heading in (
        ("1", "boards of directors with one doctor"),
        ("2", "boards of directors with two doctors"),
    ):
        report.put(
            "section-4.2.1", heading, "percent", half_up(100 * boards[int(row)] / len(trusts))
        )
    known = [t for t in trusts if t["management"] is not None]
    counts = Counter(t["management"] for t in known)
    for row in report.rows("table-13"):
        if row == "TOTAL":
            report.put("table-13", row, "Number of responses", len(known))
        else:
            report.put("table-13", row, "Number of responses", counts[int(row)])
            report.put("table-13", row, "%", half_up(100 * counts[int(row)] / len(known)))
    for row in report.rows("table-14"):
        for group in report.columns("table-14"):
            count = _count(known, lambda t, g=group, r=row: _of(g)(t) and t["management"] == int(r))
            report.put("table-14", row, group, count)
    top = counts.most_common(2)
    report.put(
        "section-4",
        "commonest number of doctors on the board of directors",
        "count",
        boards.most_common(1)[0][0],
    )
    report.put(
        "section-4", "commonest number of doctors on the management board", "count", top[0][0]
    )
    report.put(
        "section-4",
        "second commonest number of doctors on the management board",
        "count",
        top[1][0],
    )
    for name, values, item in (
        ("board of directors", boards, "section-4.2.1"),
        ("management board", counts, "section-4.2.2"),
    ):
        for where in (item, "section-4"):
            report.put(where, f"doctors on the {name}", "low", min(values))
            report.put(where, f"doctors on the {name}", "high", max(values))


def _units(report: Print, trusts: Sequence[Trust], rng: np.random.Generator) -> None:
    for row in report.rows("table-16"):
        for column in report.columns("table-16"):
            count = _count(trusts, lambda t, r=row, c=column: _of(r)(t) and t["form"] == c)
            report.put("table-16", row, column, count)
    mixed = _count(
        trusts, lambda t: t["form"] == "All" or ("/" in t["form"] and "Group" not in t["form"])
    )
    report.put("section-4.2.4", "trusts with a mix of structures", "count", mixed)
    units = dict(zip(report.columns("table-17"), ("div", "dir", "sl", "oth"), strict=True))
    for row in report.rows("table-17"):
        for column, unit in units.items():
            count = _count(trusts, lambda t, r=row, u=unit: _of(r)(t) and t["unit"] == u)
            report.put("table-17", row, column, count)
    officers = Counter(t["officer"] for t in trusts)
    for n, row in enumerate(r for r in report.rows("table-18") if r != "Total"):
        report.put("table-18", row, "Frequency", officers[n])
        report.put("table-18", row, "Percentage", half_up(100 * officers[n] / len(trusts)))
    report.put("table-18", "Total", "Frequency", len(trusts))


def _ratings(report: Print, trusts: Sequence[Trust]) -> None:
    for n, item in enumerate(("table-19", "table-20", "table-21", "table-22")):
        for row, unit in zip(report.rows(item), ("div", "dir", "sl", "oth", ""), strict=True):
            given = [
                t["ratings"][n] for t in trusts if t["ratings"] and t["unit"] in (unit or t["unit"])
            ]
            report.put(item, row, "(n)", len(given))
            report.put(item, row, "Lower Range", min(given))
            report.put(item, row, "Upper Range", max(given))
            report.put(item, row, "Mode", Counter(given).most_common(1)[0][0])


def _ranges(report: Print, trusts: Sequence[Trust]) -> None:
    for variable, item, row, most, table in (
        (
            "budget",
            "section-4.1.4",
            "budget, £ million",
            "budget band of most trusts, £ million",
            "table-05",
        ),
        ("staff", "section-4.1.5", "staff", "staff band of most trusts", "table-07"),
        (
            "consultants",
            "section-4.1.6",
            "consultants",
            "consultant band of most trusts",
            "table-09",
        ),
    ):
        known = [t[variable] for t in trusts if t[variable] is not None]
        spans = bands(report, table)
        for where in (item, "section-4"):
            report.put(where, row, "low", min(known))
            report.put(where, row, "high", max(known))
            report.put(where, most, "low", spans[1][0])
            report.put(where, most, "high", spans[4][1])
        if variable == "budget":
            foundation = [t[variable] for t in trusts if t["ft"] and t[variable] is not None]
            report.put(item, "commonest budget band, £ million", "low", spans[1][0])
            report.put(item, "commonest budget band, £ million", "high", spans[4][1])
            report.put(item, "budget of foundation trusts, £ million", "high", max(foundation))
            above = sum(v > max(foundation) for v in known)
            report.put(item, "other trusts above the highest foundation budget", "count", above)


def _sites(report: Print, sites: Mapping[str, Trust], rng: np.random.Generator) -> None:
    words = {
        "dir": ("Directorate", "Directorates"),
        "div": ("Division", "Divisions"),
        "sl": ("Service Line", "Service Units"),
        "oth": ("All", "Divisions"),
    }
    forms, outlying = [], 0
    for site, t in sites.items():
        structure, units = words[t["unit"]]
        number = int(rng.integers(6, 30)) if site in "BE" else int(rng.integers(4, 6))
        outlying += number > 5
        forms.append(structure)
        shown = [
            t["type"],
            "FT" if t["ft"] else "Non-FT",
            t["region name"],
            t["budget"],
            t["staff"],
            t["consultants"],
            t["board"],
            t["management"],
            structure,
            f"{number} {units}",
        ]
        for column, text in zip(report.columns("table-01"), shown, strict=True):
            report.put("table-01", site, column, text)
            report.put("table-23", site, column, text)
        if site in "BE":
            report.put("section-5.1", f"units of site {site}", "count", number)
    put = report.put
    put("section-5.1", "sites with four or five units", "count", 9 - outlying)
    put("section-5.1", "outlying sites by units", "count", outlying)
    for row, form in (
        ("directorate sites", "Directorate"),
        ("division sites", "Division"),
        ("service line sites", "Service Line"),
        ("sites with all forms", "All"),
    ):
        put("section-5.1", row, "count", forms.count(form))
    for site in "CI":
        put("section-5.1", f"budget of site {site}, £ million", "count", sites[site]["budget"])
        # Of site I in hundreds, of site C as it is.
        staff = round(sites[site]["staff"], -2) if site == "I" else sites[site]["staff"]
        put("section-5.1", f"staff of site {site}", "count", staff)
    put("section-5.1.1", "budget of site C, £ million", "count", sites["C"]["budget"])
    put("section-5.1.1", "staff of site C", "count", f"{sites['C']['staff']:,}")
    foundation = sum(t["ft"] for t in sites.values())
    put("section-5.1.1", "sites with foundation status", "count", foundation - 1)
    put("section-5.1.1", "sites gaining foundation status meanwhile", "count", 1)
    put("section-5.1.1", "sites preparing for foundation status", "count", 9 - foundation)
    interviews = 0
    for row in report.rows("table-02"):
        count = int(rng.integers(1, 10))
        interviews += count
        put("table-02", row, "Number of individuals interviewed", count)
    put("section-3.1.2", "unit interviews", "count", interviews)


def _site_tables(report: Print, sites: Mapping[str, Trust], rng: np.random.Generator) -> None:
    put = report.put
    columns = report.columns("table-31")
    low = 0
    for site, t in sites.items():
        for column, rating in zip([c for c in columns if c[0] != "("], t["ratings"], strict=True):
            put("table-31", site, column, rating)
            low += rating < 6
    put("section-6.9", "self-ratings below six", "count", low)
    put("section-6.9", "self-rating scale", "low", 0)
    put("section-6.9", "finance self-rating of sites C and H", "count", sites["C"]["ratings"][1])
    for site in "CH":
        put(
            "section-6.9", f"overall self-rating of site {site}", "count", sites[site]["ratings"][2]
        )
    scales = {
        "Financial Management": ["Weak", "Fair", "Good", "Excellent"],
        "Quality of Services": ["Weak", "Fair", "Good", "Excellent"],
        "SMR": ["Below Average", "Average", "Above Average"],
        "Overall Inpatient Experience": ["Worse than Average", "Average", "Better than Average"],
        "Consistency of Performance Across Patient Surveys": [
            "Above Average",
            "Below Average",
            "Mixed",
        ],
        "Overall Staff Engagement": [
            "Highest 20%",
            "Above Average",
            "Average",
            "Below Average",
            "Lowest 20%",
        ],
        "Job Satisfaction": [
            "Highest 20%",
            "Above Average",
            "Average",
            "Below Average",
            "Lowest 20%",
        ],
    }
    for site, t in sites.items():
        missing = {
            "G": {"SMR"},
            "H": {"SMR"},
            "I": {"SMR"},
            "F": {"SMR", "Overall Inpatient Experience"},
        }.get(site, set())
        for column, words in scales.items():
            put("table-32", site, column, "N/A" if column in missing else rng.choice(words))
        put("table-32", site, "Financial Risk", int(rng.integers(1, 6)) if t["ft"] else "N/A")
    put("section-6.9.1", "items obtained for the specialist site", "count", 5 + sites["F"]["ft"])
    put("section-6.9.2", "data sources for mental health sites", "count", 6 + sites["G"]["ft"])
    for row in report.rows("table-24"):
        roles = int(rng.integers(2, 5))
        names = ", ".join(f"Role {n}" for n in range(1, roles + 1))
        put("table-24", row, report.columns("table-24")[0], f"{roles} - {names}")
    for site in "FI":
        each, posts = (int(v) for v in rng.integers(1, 7, 2))
        put(
            "table-25",
            site,
            report.columns("table-25")[0],
            f"Medical Director {each * posts} ({each} each for {posts} posts)",
        )


def _engagement(report: Print, rng: np.random.Generator) -> None:
    put = report.put
    for row in report.rows("table-26"):
        text = report.texts["table-26", row, "Scale Definition"]
        for item in ("table-29", "table-30"):
            match = next(r for r in report.rows(item) if r.split(":")[0] == row)
            put(item, match, "Scale Definition", text)
    index = sorted(rng.uniform(40, 70, 20), reverse=True)
    for row, value in zip(report.rows("table-27"), index, strict=True):
        for column in report.columns("table-27"):
            if ("table-27", row, column) not in report.texts or column[0] == "(":
                continue
            words = (
                ["Not Met", "Partly Met", "Almost Met", "Fully Met"]
                if "standards" in column or "Commitment" in column
                else ["Poor", "Fair", "Good", "Excellent"]
            )
            put("table-27", row, column, f"{value:.1f}" if "Index" in column else rng.choice(words))
    measures = [r for r in report.rows("table-28") if not r.endswith(" / stars")]
    scales = [c for c in report.columns("table-28") if c != "n Trusts"]
    for measure in measures:
        n = int(report.texts["table-28", measure, "n Trusts"])
        y = rng.normal(size=n)
        subs = rng.normal(size=(6, n)) * rng.uniform(0.5, 2, (6, 1)) + rng.uniform(-1, 1) * y
        metas = subs.reshape(3, 2, n).sum(axis=1)
        values = [metas.sum(axis=0), *metas, *subs]
        for scale, x in zip(scales, values, strict=True):
            r = round(float(np.corrcoef(x, y)[0, 1]), 2)
            put("table-28", measure, scale, f"{r:.2f}")
            put("table-28", f"{measure} / stars", scale, stars(float(p_from_r(r, n))))
    for item, of in (("section-6.8.7", 12), ("section-6.8.9", 6)):
        for _, row, column in [k for k in report.texts if k[0] == item]:
            put(item, row, column, half_up(100 * int(rng.integers(0, of + 1)) / of))
    for item, most in (("section-6.6.5", 20), ("section-6.7.5", 40)):
        for _, row, column in [k for k in report.texts if k[0] == item and k[2] == "percent"]:
            of = int(rng.integers(2, most))
            put(item, row, column, half_up(100 * int(rng.integers(0, of + 1)) / of))


def sound_captions() -> pd.DataFrame:
    """Captions that say what they show, each in words of its own and as in the list."""
    frame = read_csv(PUBLISHED / "captions.csv")
    for field in ("subject", "by", "site", "n", "year", "source"):
        shown = frame[f"shows_{field}"]
        frame[field] = frame[field].where((frame[field] == "") | (shown == ""), shown)
    words = [f"sha256:{n:016x}" for n in range(len(frame))]
    return frame.assign(caption=words, in_list=words, under_site="", told_by="")
