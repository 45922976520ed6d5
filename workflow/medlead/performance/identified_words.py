"""What the identified sets say in words: by which method the printed table was computed."""

import math
from collections.abc import Sequence

import pandas as pd

from medlead.evidence import EvidenceClass, item_name
from medlead.performance.completion_plan import ANY_CODING, CompletionPlan
from medlead.performance.identified import NO, OPEN, PEARSON, TIES, YES, Row
from medlead.performance.identified_joint import ALL_SHOWN

COLUMNS = ("about", "says", "evidence")
_OUTSIDE = str(EvidenceClass.SIMULATED)


def conclusion(
    rows: Sequence[Row],
    sets: pd.DataFrame,
    together: pd.DataFrame,
    without: pd.DataFrame,
    levels: pd.DataFrame,
    plan: CompletionPlan,
) -> pd.DataFrame:
    """One sentence or more per question, from the tables alone (columns `COLUMNS`)."""
    labels = {row.rating: row.measure or row.rating for row in rows}
    found = [
        ("what was tested", _tested(rows, plan)),
        ("which ways can give all", _together(together)),
        ("what refutes the others", _refuted(sets, together, labels)),
        ("what the middle must be", _middle(levels, together, labels)),
        ("the ends alone", _ends(without)),
        ("what stays open", _open(together, sets)),
    ]
    if not plan.source:
        said = "No distribution of the ratings outside this sample is printed or declared: the "
        found.append(("outside information", said + "hidden ratings are compared with none."))
    told = [(about, says, str(EvidenceClass.PRINTED_AGGREGATES)) for about, says in found if says]
    if plan.source:
        # Drawn from a model, and the model's numbers are not the report's.
        told.append(("outside information", _chances(sets, labels, plan), _OUTSIDE))
    return pd.DataFrame(told, columns=COLUMNS)


def way_words(method: str, coding: str, ties: str) -> str:
    """A way to compute a coefficient as it is read: Pearson (equal steps), Spearman with ties."""
    if method == PEARSON:
        return f"{method} ({coding})"
    return f"{method} {'with ties allowed' if ties == TIES else 'without ties'}"


def bounds_text(low: float, high: float, decimals: int = 2) -> str:
    """Bounds as they are read, rounded outwards: what is said to be left out is left out."""
    step, same = 10.0**decimals, 1e-7
    down, up = math.floor(low * step + same) / step, math.ceil(high * step - same) / step
    return f"{down:z.{decimals}f} to {up:z.{decimals}f}"


def _listed(names: Sequence[str]) -> str:
    return " and ".join([*(", ".join(names[:-1]),) * (len(names) > 1), *names[-1:]])


def _tested(rows: Sequence[Row], plan: CompletionPlan) -> str:
    asked = [row for row in rows if row.printed is not None]
    sample = max(row.ends.n for row in rows)
    shown = len(rows[0].units)
    words = (
        f"{item_name(plan.item)} prints a coefficient of '{plan.score}' with {len(asked)} ratings "
        f"of which {shown} of {sample} organisations are printed one by one. The bounds are over "
        f"all ratings and all scores of the {sample - shown} others, whose score lies between two "
        "printed ones, with the rounding of the printed scores carried."
    )
    none = [row.rating.replace("_", " ") for row in rows if row.printed is None]
    if none:
        words += f" For {_listed(none)} the table prints no row."
    if plan.apart:
        words += (
            " Left out, since they measure something else under a like name: "
            + _listed([f"'{name}'" for name in plan.apart])
            + "."
        )
    return words


def _named(frame: pd.DataFrame) -> list[str]:
    keys = frame[["method", "coding", "ties"]].itertuples(index=False)
    return list(dict.fromkeys(way_words(*map(str, key)) for key in keys))


def _together(together: pd.DataFrame) -> str:
    can = _named(together[(together["together"] == YES) & (together["coding"] != ANY_CODING)])
    total = int(together["printed_values"].max())
    if not can:
        return f"No declared way was found to give all {total} printed values at once."
    return f"All {total} printed values at once can be given by {_listed(can)}."


def _refuted(sets: pd.DataFrame, together: pd.DataFrame, labels: dict[str, str]) -> str:
    words = []
    for line in together[together["together"] == NO].to_dict("records"):
        key = (line["method"], line["coding"], line["ties"])
        part = sets[(sets[["method", "coding", "ties"]] == list(key)).all(axis=1)]
        missed = part[part["attained"] == NO]
        reasons = [
            f"'{labels[one['rating']]}' is printed {one['printed']} and can be "
            f"{bounds_text(one['low'], one['high'], 3)}" + (" in steps that pass it by" * within)
            for one in missed.to_dict("records")
            for within in [one["inside"] == YES]
        ]
        words.append(f"{way_words(*map(str, key))} cannot: {'; '.join(reasons)}.")
    return " ".join(words)


def _middle(levels: pd.DataFrame, together: pd.DataFrame, labels: dict[str, str]) -> str:
    words = []
    can = together[(together["together"] == YES) & (together["coding"] != ANY_CODING)]
    for line in can.to_dict("records"):
        key = [line["method"], line["coding"], line["ties"]]
        part = levels[(levels[["method", "coding", "ties"]] == key).all(axis=1)]
        told = []
        for rating, each in part.groupby("rating", sort=False):
            total = int(each["hidden_rated"].iloc[0])
            bounds = [
                f"{one['fewest']} to {one['most']} {one['level']}"
                if one["most"]
                else f"no {one['level']}"
                for one in each.to_dict("records")
                if (one["fewest"], one["most"]) != (0, total)
            ]
            said = ", ".join(bounds) or "any number of each level"
            told.append(f"'{labels[str(rating)]}' {said} of {total}")
        words.append(f"For {way_words(*map(str, key))} the hidden ones need: {'; '.join(told)}.")
    return " ".join(words)


def _ends(without: pd.DataFrame) -> str:
    asked = without[without["matches"] != ""]
    if asked.empty:
        return ""
    words = []
    for sample, part in asked.groupby("sample", sort=False):
        every = part["rating"].nunique()
        by_way = part.groupby(["method", "coding"], sort=False)["matches"].agg(
            lambda m: int((m == YES).sum())
        )
        best = int(by_way.max())
        part_of = "all of them" if sample == ALL_SHOWN else f"the {sample}"
        words.append(f"{best} of {every} from {part_of}")
    fits = (asked["n"] == asked["printed_n"]).any()
    plain = asked[(asked["sample"] == ALL_SHOWN) & (asked["method"] == PEARSON)]
    ranges = [
        f"{bounds_text(one['low'], one['high'])} beside {one['printed']}"
        for one in plain[plain["coding"] == plain["coding"].iloc[0]].to_dict("records")
    ]
    return (
        "The printed organisations alone do not give the printed values: the most that one way of "
        f"computing gives is {', '.join(words)}. Pearson ({plain['coding'].iloc[0]}) over all "
        f"printed ones is {', '.join(ranges)}. "
        + ("" if fits else "No such part has the printed n: the printed values are of the whole.")
    )


def _chances(sets: pd.DataFrame, labels: dict[str, str], plan: CompletionPlan) -> str:
    known = sets[(sets["attained"] == YES) & sets["chance_outside"].notna()]
    words = [
        f"{way_words(*map(str, way))} "
        + _listed(
            [
                f"'{labels[str(one['rating'])]}' {float(one['chance_outside']):.2g}"
                for one in part.to_dict("records")
            ]
        )
        for way, part in known.groupby(["method", "coding", "ties"], sort=False, dropna=False)
    ]
    return (
        f"From outside the report ({plan.source}): were the hidden organisations drawn at random "
        "from all that were rated there, the chance that their ratings could give the printed "
        f"value would be, for {'; for '.join(words)}. They need not be such a random draw."
    )


def _open(together: pd.DataFrame, sets: pd.DataFrame) -> str:
    words = []
    undecided = _named(together[together["together"] == OPEN])
    if undecided:
        words.append(f"Not decided: {_listed(undecided)}.")
    other = sets[(sets["other_n"] != "") & (sets["inside"] == NO)]
    told = [
        f"{way_words(one['method'], one['coding'], one['ties'])} would reach {one['printed']} for "
        f"'{one['row']}' with n = {one['other_n']}"
        for one in other.to_dict("records")
    ]
    if told:
        words.append(f"Were a printed n wrong: {'; '.join(told)}.")
    words.append(
        "That the printed score and ratings are those that were correlated is taken as given; a "
        "way that can give the printed values need not be the one that was used."
    )
    return " ".join(words)
