"""What the triangulation says in words, every one computed from its tables.

Each function takes a table of `medlead.performance.triangulate` and gives one or more sentences,
or "" where the table has nothing to tell. None of them knows a measure, a site or a number.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from medlead.evidence import EvidenceClass, resting_on
from medlead.performance.triangulation import ALL, KENDALL, NO, YES, Settings
from medlead.performance.triangulation_agreement import SOURCES
from medlead.performance.triangulation_structure import CANNOT_TELL, MEASURED
from medlead.performance.triangulation_variations import AS_IS

Labels = Mapping[str, str]
STRUCTURE = "structure"
POSSIBLE = "what could be shown"


def listed(names: Sequence[str]) -> str:
    """`a, b and c`."""
    return " and ".join([*(", ".join(names[:-1]),) * (len(names) > 1), *names[-1:]])


def p_words(p: float) -> str:
    """A p-value with two significant digits."""
    return f"p = {p:.2g}" if p >= 0.0001 else "p < 0.0001"


def said_pairs(pairs: pd.DataFrame, by: Settings) -> str:
    """How many single measures go with engagement, before and after adjustment."""
    part = pairs[(pairs["sample"] == ALL) & (pairs["coefficient"] == KENDALL)]
    judged = part[part["judged"] == YES]
    if judged.empty:
        return ""
    up = int((judged["estimate"] > 0).sum())
    below = judged[judged["below"] == YES]
    words = [
        f"Of {len(part)} measures {len(judged)} can be judged, on {_range(judged['n'])} "
        f"organisations. {up} of them run with engagement, {int((judged['estimate'] < 0).sum())} "
        "against it (Kendall's tau-b)."
    ]
    named = [f"{_title(r, by)} ({p_words(r['p'])})" for r in below.to_dict("records")]
    told = f": {listed(named)}" if named else ""
    words.append(f"By exact {by.plan.tail} tests {len(below)} are below {by.alpha:g}{told}.")
    source, every = ((judged[f"below_holm_{k}"] == YES).sum() for k in ("source", "all"))
    words.append(
        f"Adjusted for their number (Holm) {source} stay below within their source and {every} "
        f"over all {len(judged)}."
    )
    return " ".join(words)


def said_possible(pairs: pd.DataFrame, by: Settings) -> str:
    """Which tests could have shown anything at all, and how strong an association needs to be."""
    part = pairs[(pairs["sample"] == ALL) & (pairs["coefficient"] == KENDALL)]
    judged = part[part["judged"] == YES]
    known = judged[judged["smallest"].notna()]
    if known.empty:
        return ""
    never = known[known["possible"] == NO]
    words = []
    if len(never):
        named = listed([_title(r, by) for r in never.to_dict("records")])
        words.append(
            f"For {len(never)} of {len(known)} no arrangement of these levels has p below "
            f"{by.alpha:g}: {named}."
        )
    best = int((known["best_holm_all"] < by.alpha).sum())
    words.append(
        f"After adjustment over all, {best} of {len(known)} could have been below, had every "
        "measure gone with engagement as closely as its ties allow."
    )
    found = judged["detectable"].dropna()
    words.append(
        f"With a chance of {by.plan.power:.0%} the single tests find a correlation behind the "
        f"levels of {found.min():.2f} at best ({len(found)} of {len(judged)} tests; the others "
        "reach that chance at no correlation)."
        if len(found)
        else f"No single test reaches a power of {by.plan.power:.0%} at any correlation."
    )
    return " ".join(words)


def said_overall(overall: pd.DataFrame, by: Settings) -> str:
    """Whether the more engaged are rated better, taking the measures of a family together."""
    if overall.empty:
        return ""
    column = "p_two_sided" if by.plan.tail == "two-sided" else "p_greater"
    words = []
    for row in overall.to_dict("records"):
        within = f", rearranged within {_plain(row['strata'])} only" if row["strata"] else ""
        verdict = "below" if row[column] < by.alpha else "not below"
        words.append(
            f"{_family(row['family'], by)} ({row['measures']} measures{within}): mean tau-b "
            f"{row['estimate']:.2f}, the greatest possible {row['largest']:.2f}, "
            f"{p_words(row[column])} of {row['arrangements']} arrangements, {verdict} {by.alpha:g}."
        )
    return " ".join(words)


def said_agreement(agreement: pd.DataFrame, by: Settings) -> str:
    """How far the measures of each source, and the sources, agree over all organisations."""
    if agreement.empty:
        return ""
    part = agreement[agreement["sample"] == ALL]
    words = []
    for row in part.to_dict("records"):
        what = "The sources" if row["source"] == SOURCES else _family(row["source"], by)
        words.append(
            f"{what} ({row['measures']} rankings of {row['n']}, {row['basis']}): "
            f"{row['coefficient']} {row['estimate']:.2f}, {p_words(row['p'])} ({row['method']})."
        )
    return " ".join(words)


def said_counterparts(counterparts: pd.DataFrame, by: Settings, labels: Labels) -> str:
    """Whether sources agree on what they both claim to rate."""
    known = counterparts[counterparts["tau"].notna()] if len(counterparts) else counterparts
    if known.empty:
        return ""
    below = known[known["p_two_sided"] < by.alpha]
    words = [
        f"{_label(row['first'], labels, by)} with {_label(row['second'], labels, by)}: tau-b "
        f"{row['tau']:.2f}, n = {row['n']}, {p_words(row['p_two_sided'])}, {row['same_order']} "
        f"pairs in the same order and {row['opposite']} in the opposite one."
        for row in known.to_dict("records")
    ]
    head = f"{len(below)} of {len(known)} comparisons have a two-sided p below {by.alpha:g}."
    return " ".join([head, *words])


def said_structure(structure: pd.DataFrame, by: Settings) -> str:
    """What was found of structure, what could have been found, and what goes with engagement."""
    if structure.empty:
        return ""
    words = []
    judged = structure[(structure["judged"] == YES) & (structure["sample"] == ALL)]
    for role, part in judged.groupby("is", sort=False):
        below = part[part["p"] < by.alpha]
        found = part["detectable"].dropna()
        named = [
            f"{r['label'].lower()} and {r['measure_label'].lower()} ({p_words(r['p'])}, Holm "
            f"{r['holm']:.2g})"
            for r in below.to_dict("records")
        ]
        words.append(
            f"Of {len(part)} tests of {role} with a measure {len(below)} are below {by.alpha:g}"
            + (f": {listed(named)}. " if named else ". ")
            + f"{int((part['holm'] < by.alpha).sum())} stay so after adjustment for the measures. "
            f"{int((part['possible'] == NO).sum())} could not have been below, and "
            f"{len(part) - len(found)} reach a power of {by.plan.power:.0%} at no strength; the "
            "others do"
            + (f" from a strength of {found.min():.2f} at best." if len(found) else " not either.")
        )
    own = structure[(structure["sample"] == MEASURED) & (structure["judged"] == YES)]
    if len(own):
        least = own.sort_values("p", kind="stable").to_dict("records")[0]
        words.append(
            f"With engagement itself {least['label'].lower()} goes furthest "
            f"({p_words(least['p'])}, the least of {len(own)})."
        )
    return " ".join(words)


def said_strengths(strengths: pd.DataFrame, by: Settings) -> str:
    """Whether engagement goes further with the measures than structure does."""
    if strengths.empty:
        return ""
    words = []
    for family, part in strengths.groupby("family", sort=False):
        told = part[part["says"] != CANNOT_TELL]
        larger = int((part["difference"] > 0).sum())
        names = [f"{r['label'].lower()} ({r['says']})" for r in told.to_dict("records")]
        words.append(
            f"{_family(str(family), by)}: engagement has the larger coefficient beside {larger} of "
            f"{len(part)} structures; the {by.confidence:.0%} interval of the difference holds 0 "
            f"for {len(part) - len(told)}"
            + (f", not for {listed(names)}." if names else ", so that neither can be called first.")
        )
    return " ".join(words)


def said_conflicts(conflicts: pd.DataFrame, variations: pd.DataFrame, alpha: float) -> str:
    """How many conflicts of definition there are, and which of them move a p across alpha.

    A p may move only because fewer organisations are left: then their number is told.
    """
    if conflicts.empty:
        return ""
    counts = conflicts["matters"].value_counts()
    crossing = conflicts[conflicts["matters"] == YES]
    named = [
        f"{about}{_fewer(variation, variations)}"
        for about, variation in zip(crossing["about"], crossing["variation"], strict=True)
    ]
    tried = int(variations.loc[variations["variation"] != AS_IS, "variation"].nunique())
    words = (
        f"{len(conflicts)} things are said in two ways, and {tried} variations were computed. "
        f"{counts.get(NO, 0)} change nothing, {counts.get('numbers only', 0)} change numbers but "
        f"move no p across {alpha:g}, {counts.get('not computed', 0)} cannot be varied."
    )
    return words + (
        f" A p comes to lie on the other side with: {'; '.join(named)}." if named else ""
    )


def _fewer(variation: str, variations: pd.DataFrame) -> str:
    """On how many organisations the moved results rest, where that is fewer than as declared."""
    rows = variations[(variations["variation"] == variation) & (variations["crosses"] == YES)]
    base = variations[variations["variation"] == AS_IS].set_index(["about", "name"])["n"]
    before = base.loc[list(zip(rows["about"], rows["name"], strict=True))]
    if not (rows["n"].to_numpy() < before.to_numpy()).any():
        return ""
    return f" (on {_range(rows['n'])} organisations instead of {_range(before)})"


def said_ahead(ahead: pd.DataFrame, sites: pd.DataFrame) -> str:
    """In each stratum, the organisations that no other is ahead of, measure by measure."""
    words = []
    part = ahead[ahead["source"] == ALL] if len(ahead) else ahead
    for sample, rows in part.groupby("sample", sort=False) if len(part) else ():
        names = list(dict.fromkeys([*rows["first"], *rows["second"]]))
        behind = {*rows.loc[rows["first_ahead"] == YES, "second"]}
        behind |= {*rows.loc[rows["second_ahead"] == YES, "first"]}
        top = [n for n in names if n not in behind]
        where = "Over all" if sample == ALL else str(sample)
        words.append(
            f"{where}: {listed(top)} {'is' if len(top) == 1 else 'are'} not behind any other on "
            f"every measure that both have ({len(top)} of {len(names)})."
        )
    few = sites[sites["source"] != "engagement"].groupby("site", sort=False)["known"]
    counts = few.apply(lambda k: int((k == "yes").sum()))
    if len(counts):
        words.append(
            f"They have {counts.min()} to {counts.max()} measures each; {counts.idxmin()} fewest."
        )
    return " ".join(words)


def all_said(tables: Mapping[str, pd.DataFrame], by: Settings, labels: Labels) -> pd.DataFrame:
    """All of it: `about`, `says`, `evidence`. `tables` by the names of `triangulate`.

    The class is the freest of the table; what could be shown rests on draws from a model besides.
    """
    t = tables
    found: list[tuple[str, str, Any]] = [
        ("single measures", said_pairs(t["pairs"], by), t["pairs"]),
        (POSSIBLE, said_possible(t["pairs"], by), t["pairs"]),
        ("measures together", said_overall(t["overall"], by), t["overall"]),
        ("agreement", said_agreement(t["agreement"], by), t["agreement"]),
        ("counterparts", said_counterparts(t["counterparts"], by, labels), t["counterparts"]),
        (STRUCTURE, said_structure(t["structure"], by), t["structure"]),
        ("engagement or structure", said_strengths(t["strengths"], by), t["strengths"]),
        ("who is ahead", said_ahead(t["ahead"], t["sites"]), t["sites"]),
        ("two ways", said_conflicts(t["conflicts"], t["variations"], by.alpha), t["conflicts"]),
    ]
    rows = []
    for about, says, table in found:
        if says:
            classes = [EvidenceClass(e) for e in table["evidence"].unique()]
            classes += [EvidenceClass.SIMULATED] * (about in (POSSIBLE, STRUCTURE))
            rows.append((about, says, str(resting_on(*classes))))
    return pd.DataFrame(rows, columns=["about", "says", "evidence"])


def _range(values: "pd.Series[int]") -> str:
    low, high = int(values.min()), int(values.max())
    return str(low) if low == high else f"{low} to {high}"


def _title(row: Mapping[Any, Any], by: Settings) -> str:
    return f"{str(row['label']).lower()} ({by.plan.source_labels[str(row['source'])].lower()})"


def _family(name: str, by: Settings) -> str:
    return by.plan.source_labels.get(name, "All measures")


def _label(name: str, labels: Labels, by: Settings) -> str:
    source = by.plan.source_labels[name.partition(".")[0]].lower()
    return f"{labels[name].lower()} ({source})" if name in labels else f"{source} (all measures)"


def _plain(name: str) -> str:
    return name.replace("_", " ")
