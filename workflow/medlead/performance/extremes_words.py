"""What the tables of the two ends say, in sentences made from their numbers.

Each function takes the tables of `medlead.performance.extremes`, the labels of the ratings, the
plan and the level of the tests, and gives a sentence or two, or nothing where its tables are empty.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

import pandas as pd

from medlead.performance.corrected_readings import BOUNDED, CODES, ENDS, PRINTED
from medlead.performance.doses import COMBINED
from medlead.performance.extremes_plan import ExtremesPlan
from medlead.performance.influence import DELTA, NOBODY, YES
from medlead.performance.ordinal_tables import GROUP, PENALISED, SCORE
from medlead.performance.separation import OVERLAP

Tables: TypeAlias = Mapping[str, pd.DataFrame]
Labels: TypeAlias = Mapping[str, str]
Teller: TypeAlias = Callable[[Tables, Labels, ExtremesPlan, float], str]

TEST, POWER = "test", "power"
KENDALL = "Kendall tau-b"


def spread_words(tables: Tables, labels: Labels, plan: ExtremesPlan, alpha: float) -> str:
    """How much wider the ends are spread than all units, and what that does to r."""
    hidden = tables["spread"]
    if hidden.empty or not (hidden["n_all"] > hidden["n_ends"]).any():
        return ""
    widest = hidden.sort_values(["n_all", "n_ends"], ascending=False, kind="stable").iloc[0]
    less = [100 * (1 - float(widest[name])) for name in ("shrink_high", "shrink_low")]
    table = tables["corrected"].set_index(["rating", "reading"])
    told = []
    for rating in hidden["rating"]:
        if (rating, BOUNDED) not in table.index:
            continue
        alone, mended = table.loc[(rating, ENDS)], table.loc[(rating, BOUNDED)]
        words = f"{labels[rating]} {_r(alone['estimate'])} becomes "
        words += _span(mended["least"], mended["most"])
        if (rating, PRINTED) in table.index:
            words += f" (printed {_r(table.loc[(rating, PRINTED)]['estimate'])})"
        told.append(words)
    alone = f"The {int(widest['n_ends'])} {plan.units} at both ends alone"
    over_all = f"over all {int(widest['n_all'])} the {plan.score_name} is spread"
    return (
        f"{alone} overstate: {over_all} {less[0]:.0f} to {less[1]:.0f} "
        if less[0] > 0
        else f"{alone} may mislead: {over_all} from {-less[0]:.0f} per cent more to {less[1]:.0f} "
    ) + (
        f"per cent less, whatever the hidden {plan.units} have. If the regression is straight and "
        f"its scatter even, Pearson's r of the ends corrects so: {'; '.join(told)}."
    )


def printed_words(tables: Tables, labels: Labels, plan: ExtremesPlan, alpha: float) -> str:
    """Whether the printed coefficients are those of the ends or of the corrected readings."""
    table = tables["corrected"]
    if table.empty:
        return ""
    asked = table[table["interval_holds_printed"] != ""]
    if asked.empty:
        return ""
    ends, mended = (asked[asked["reading"] == name] for name in (ENDS, BOUNDED))
    inside = mended[mended["holds_printed"] == YES]
    printed = table[table["reading"] == PRINTED].set_index("rating")["estimate"]
    rest = mended[mended["holds_printed"] != YES]
    words = (
        f"Of {len(mended)} printed coefficients {_count(len(inside))} "
        f"{'lies' if len(inside) == 1 else 'lie'} within the corrected readings and "
        f"{_count(int((ends['holds_printed'] == YES).sum()))} at what the ends alone give."
    )
    if not rest.empty:
        told = []
        for row in rest.to_dict("records"):
            over = float(printed[row["rating"]]) > float(row["most"])
            told.append(
                f"{labels[row['rating']]} is printed {_r(printed[row['rating']])}, "
                f"{'above' if over else 'below'} {_span(row['least'], row['most'])}, so that the "
                f"hidden {plan.units} lie {'nearer to' if over else 'farther from'} a straight "
                "line than the ends lead one to expect"
            )
        words += f" {'; '.join(told)}."
    model = table[table["reading"] == CODES].set_index("rating")
    within = asked[asked["reading"] == CODES]
    words += (
        f" The intervals of a model of both ends hold "
        f"{_count(int((within['interval_holds_printed'] == YES).sum()))} of the {len(within)}; "
        "they are wide, from "
        f"{_r(model['low'].min())} to {_r(model['high'].max())} over all ratings."
    )
    return words


def influence_words(tables: Tables, labels: Labels, plan: ExtremesPlan, alpha: float) -> str:
    """Which single units turn a decision, and which decisions none can turn."""
    table = tables["influence"]
    whole = table[table["left_out"] == NOBODY]
    passing = whole[whole["passes"] == YES]
    turned = table[(table["left_out"] != NOBODY) & (table["turns"] == YES)]
    lost = turned[turned["passes"] != YES]
    if lost.empty:
        return f"No single {plan.unit} carries a decision at {alpha:g} after Holm's correction."
    counts = lost["left_out"].value_counts(sort=False)
    first = str(counts.idxmax())
    own = lost[lost["left_out"] == first]
    firm = [
        f"{labels[str(rating)]} ({', '.join(part['statistic'])})"
        for rating, part in _firm(passing, lost).groupby("rating", sort=False)
    ]
    fallen = [
        f"{labels[str(rating)]} ({', '.join(part['statistic'])})"
        for rating, part in own.groupby("rating", sort=False)
    ]
    return (
        f"Of {len(whole)} statistics {len(passing)} pass at {alpha:g} after Holm's correction over "
        f"the ratings, and {len(passing) - len(_firm(passing, lost))} of these would not pass "
        f"without one {plan.unit} or another. Most hangs on {plan.unit} {first}: without it "
        f"{_listed(fallen)} would not pass. "
        + (f"No single {plan.unit} undoes {_listed(firm)}." if firm else "None is safe.")
    )


def _firm(passing: pd.DataFrame, lost: pd.DataFrame) -> pd.DataFrame:
    fallen = set(zip(lost["rating"], lost["statistic"], strict=True))
    keys = zip(passing["rating"], passing["statistic"], strict=True)
    return passing[[key not in fallen for key in keys]]


def dose_words(tables: Tables, labels: Labels, plan: ExtremesPlan, alpha: float) -> str:
    """Whether ratings rise with the score inside the ends."""
    table = tables["doses"]
    tests = table[(table["kind"] == TEST) & (table["statistic"] == KENDALL)]
    tests = tests[tests["p_value"].notna()]
    if tests.empty:
        return ""
    ends, both = tests[tests["part"] != COMBINED], tests[tests["part"] == COMBINED]
    told = []
    for part, rows in ends.groupby("part", sort=False):
        up = int((rows["estimate"] > 0).sum())
        told.append(
            f"{part} group {_r(rows['estimate'].min())} to {_r(rows['estimate'].max())} "
            f"({up} of {len(rows)} positive)"
        )
    bare = pd.concat([ends[ends["p_value"] < alpha], both[both["p_value"] < alpha]])
    held = int((pd.concat([ends, both])["p_holm"] < alpha).sum())
    names = [
        f"{labels[row['rating']]} in the {_part(row['part'])} (tau {_r(row['estimate'])}, "
        f"p {_p(row['p_value'])})"
        for row in bare.to_dict("records")
    ]
    return (
        f"Does a higher {plan.score_name} go with better ratings inside the ends? Kendall's tau "
        f"is, in the {'; in the '.join(told)}. Below {alpha:g} by exact test: "
        f"{_listed(names) if names else 'none'}; after Holm's correction over the ratings "
        f"{_count(held)}."
    )


def _part(part: str) -> str:
    return "two groups, each by itself" if part == COMBINED else f"{part} group"


def power_words(tables: Tables, labels: Labels, plan: ExtremesPlan, alpha: float) -> str:
    """What an end could have shown: the other half of finding nothing in it."""
    table = tables["doses"]
    power = table[table["kind"] == POWER]
    ends = power[(power["rating"] != "") & (power["part"] != COMBINED)]
    both = power[(power["rating"] != "") & (power["part"] == COMBINED)]
    best = power[power["rating"] == ""]
    never = ends[ends["detectable_rank"].isna()]
    if best.empty or ends["detectable_rank"].isna().all():
        return ""
    seen = ends["detectable_rank"].dropna()
    words = (
        f"That is no proof of absence: {int(best['n'].iloc[0])} {plan.units} show with "
        f"{100 * plan.power:.0f} per cent power only a Spearman correlation of "
        f"{_r(best['detectable_rank'].iloc[0])} or more, with the ties of these ratings of "
        f"{_r(seen.min())} to {_r(seen.max())}, and both ends together one of "
        f"{_r(both['detectable_rank'].min())} to {_r(both['detectable_rank'].max())} (simulated)."
    )
    if len(never):
        words += f" In {len(never)} of {len(ends)} cases nothing at all could have been shown."
    return words


def ordinal_words(tables: Tables, labels: Labels, plan: ExtremesPlan, alpha: float) -> str:
    """Separation, and the penalised odds ratios."""
    table = tables["ordinal"]
    soft = table[(table["method"] == PENALISED) & table["log_odds"].notna()]
    apart = soft[(soft["predictor"] == GROUP) & (soft["separation"] != OVERLAP)]
    by_score = soft[soft["predictor"] == SCORE]
    clear = by_score[by_score["low"] > 0]
    words = ""
    if not apart.empty:
        told = [
            f"{labels[row['rating']]} (penalised odds ratio {row['odds_ratio']:.0f}, interval "
            f"{row['odds_low']:.1f} to {row['odds_high']:,.0f})"
            for row in apart.to_dict("records")
        ]
        words = (
            f"The groups separate {_listed(told)}: an ordinary ordinal regression has no finite "
            "estimate there, and how large the ratio is cannot be told. "
        )
    if by_score.empty:
        return words.strip()
    words += (
        f"Per standard deviation of the {plan.score_name} the odds of a better rating rise "
        f"{by_score['odds_ratio'].min():.1f}- to {by_score['odds_ratio'].max():.1f}-fold "
        f"(penalised); the interval is above 1 for {_listed([labels[r] for r in clear['rating']])}"
        if len(clear)
        else f"No penalised odds ratio of the {plan.score_name} has its interval above 1"
    )
    untested = by_score[by_score["parallel_p"].isna()]
    if len(untested):
        words += (
            f". That one odds ratio serves all cuts of a scale is assumed: for {len(untested)} of "
            f"{len(by_score)} ratings there are too few {plan.units} at some level to test it"
        )
    return words + "."


def rule_words(tables: Tables, labels: Labels, plan: ExtremesPlan, alpha: float) -> str:
    """Whether the built rating can be read off the others."""
    table = tables["rules"]
    if table.empty:
        return ""
    best = table[table["changes"] == table["changes"].min()]
    fewest = best.sort_values(["n_others", "n"], ascending=[True, False], kind="stable").iloc[0]
    built = labels[fewest["rating"]]
    names = _listed([labels[name] for name in str(fewest["others"]).split(" + ")])
    single = table[table["n_others"] == 1].sort_values("changes", kind="stable").iloc[0]
    if fewest["changes"] == 0:
        words = (
            f"{built} adds nothing here that the others do not show: some rule that never falls "
            f"gives it from {names} for all {int(fewest['n'])} {plan.units}, without one of "
            f"{int(fewest['comparable'])} comparable pairs against it"
        )
    else:
        words = (
            f"{built} follows a rule that never falls from {names} for "
            f"{int(fewest['n'] - fewest['changes'])} of {int(fewest['n'])} {plan.units}"
        )
    return (
        f"{words}; ratings handed out at random would need {fewest['by_chance']:.1f} changes on "
        f"average (p {_p(fewest['p_value'])}). {labels[single['others']]} alone gives it for "
        f"{int(single['n'] - single['changes'])} of {int(single['n'])}."
    )


def together_words(tables: Tables, labels: Labels, plan: ExtremesPlan, alpha: float) -> str:
    """How many tests the ratings are worth, and what passes a test over all of them."""
    table = tables["joint"]
    if len(table) < 2:
        return ""
    passing = table[table["p_joint"] < alpha].sort_values("p_joint", kind="stable")
    told = [f"{labels[r['rating']]} (p {_p(r['p_joint'])})" for r in passing.to_dict("records")]
    return (
        f"The {len(table)} ratings are worth {table['effective_li_ji'].iloc[0]:.1f} (Li and Ji) to "
        f"{table['effective_nyholt'].iloc[0]:.1f} (Nyholt) independent tests. In one permutation "
        f"test over all of them, their dependence kept, the {plan.score_name} is associated at "
        f"{alpha:g} with {_listed(told) if told else 'none'}"
        + (f", not shown for the other {_count(len(table) - len(told))}." if told else ".")
    )


def partial_words(tables: Tables, labels: Labels, plan: ExtremesPlan, alpha: float) -> str:
    """What is left of the built rating's association among units alike in the others."""
    table = tables["partial"]
    if table.empty:
        return ""
    plain, alike = table[table["given"] == ""].iloc[0], table[table["given"] != ""]
    if alike.empty:
        return ""
    every, several = alike.iloc[-1], alike["given"].str.contains(" + ", regex=False)
    one = alike[~several]
    below = one[one["p_value"] < alpha]
    words = (
        f"Among {plan.units} alike in one other rating the association of the {plan.score_name} "
        f"with {labels[plan.built]} (tau {_r(plain['estimate'])}) is {_r(one['estimate'].min())} "
        f"to {_r(one['estimate'].max())}, below {alpha:g} for {_count(len(below))} of the "
        f"{len(one)} ratings held alike"
    )
    if every["pairs"] == 0:
        return words + (
            f"; no two {plan.units} alike in all others differ in it, so that whether anything is "
            "left cannot be tested."
        )
    return words + (
        f"; alike in all others, {int(every['pairs'])} of {int(every['pairs_all'])} pairs are left "
        f"(tau {_r(every['estimate'])}, p {_p(every['p_value'])})."
    )


def step_words(tables: Tables, labels: Labels, plan: ExtremesPlan, alpha: float) -> str:
    """Ratings that differ between the ends without rising inside them."""
    whole = tables["influence"]
    groups = whole[(whole["left_out"] == NOBODY) & (whole["statistic"] == DELTA)]
    table = tables["doses"]
    both = table[
        (table["kind"] == TEST) & (table["statistic"] == KENDALL) & (table["part"] == COMBINED)
    ].set_index("rating")["estimate"]
    steps = [
        f"{labels[r['rating']]} (delta {_r(r['estimate'])} between, "
        f"tau {_r(both[r['rating']])} inside)"
        for r in groups.to_dict("records")
        if r["passes"] == YES and r["rating"] in both and both[r["rating"]] <= 0
    ]
    if not steps:
        return ""
    return (
        "What differs between the ends looks like a step, with no rise seen inside them, for "
        f"{_listed(steps)}."
    )


EXTREME_WORDS: Mapping[str, Teller] = {
    "spread": spread_words,
    "printed": printed_words,
    "influence": influence_words,
    "doses": dose_words,
    POWER: power_words,
    "step": step_words,
    "ordinal": ordinal_words,
    "rules": rule_words,
    "partial": partial_words,
    "together": together_words,
}
# What rests on draws from a model.
SIMULATED_WORDS = (POWER,)


def _r(value: float) -> str:
    text = f"{float(value):.2f}"
    return "0.00" if text == "-0.00" else text.replace("-", "−")


def _span(low: float, high: float) -> str:
    return f"{_r(low)} to {_r(high)}"


def _p(value: float) -> str:
    return "below 0.001" if value < 0.001 else f"{value:.2g}"


def _count(number: int) -> str:
    return str(number) if number else "none"


def _listed(names: Sequence[str]) -> str:
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} and {names[-1]}"
