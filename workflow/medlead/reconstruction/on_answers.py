"""Statements on Section B and on the returns as a whole, as conditions."""

from collections.abc import Mapping

import numpy as np

from medlead.reconstruction.on_scales import in_band
from medlead.reconstruction.sizes import PARTS, WHOLE, Share, counts_of
from medlead.reconstruction.statements import (
    SITES_JOIN,
    Condition,
    Reader,
    Reading,
    Statement,
    Study,
    StudyReader,
    View,
)


def _b_percent(view: View) -> list[Condition]:
    category, text = view.said.value.split("=")
    wanted = view.reading.categories[category]
    chosen = [view.reading.answers.index(a) for a in wanted]
    found = []
    for g in view.groups():
        for c in view.columns():
            tally = view.site.tallies[view.site.row(g), view.reading.questions.index(c)]
            n, count = int(tally.sum()), int(tally[chosen].sum())
            fitting = counts_printed(Share(c, text, len(wanted)), n)
            away = min((abs(count - f) for f in fitting), default=n + 1)
            words = f"{g or 'site'} {c}: {count} of {n}"
            found.append(Condition(-away, words, exact=True))
    return found


def counts_printed(share: Share, n: int) -> tuple[int, ...]:
    """The counts out of n that are printed as this share, as a whole, halves up or to even."""
    if n < 1:
        return ()
    whole = {c for r in ("half-up", "half-even") for c in counts_of(share, n, r, WHOLE)}
    if whole:
        return tuple(sorted(whole))
    parts = {c for r in ("half-up", "half-even") for c in counts_of(share, n, r, PARTS)}
    return tuple(sorted(parts))


def _b_over(view: View) -> list[Condition]:
    what, wanted = view.said.value.split(" in ")
    category, _, limit = what.partition(">")
    number, least = int(wanted), view.reading.figure(limit)
    found = []
    for g in view.groups():
        shares = sorted(view.shares(g, category, view.columns()), reverse=True)
        words = f"{g or 'site'} {category}: " + ", ".join(f"{s:.1f}" for s in shares)
        found += [Condition(s - least, words, strict=True, exact=True) for s in shares[:number]]
        found += [Condition(least - s, words, exact=True) for s in shares[number:]]
    return found


def _b_limit(sign: int, strict: bool) -> Reader:
    def read(view: View) -> list[Condition]:
        category, _, limit = view.said.value.partition(">")
        value = view.reading.figure(limit)
        return [
            Condition(
                sign * (share - value),
                f"{g or 'site'} {c} {category}: {share:.1f}",
                strict=strict,
                exact=True,
            )
            for g in view.groups()
            for c, share in zip(
                view.columns(), view.shares(g, category, view.columns()), strict=True
            )
        ]

    return read


def _mean_answer(view: View, group: str) -> float:
    tallies = view.site.tallies[view.site.row(group)]
    chosen = tallies[[view.reading.questions.index(c) for c in view.columns()]]
    ranks = np.arange(1, len(view.reading.answers) + 1)
    return float((chosen * ranks).sum()) / max(int(chosen.sum()), 1)


def _mean_share(view: View, group: str) -> float:
    shares = view.shares(group, view.said.value, view.columns())
    return sum(shares) / len(shares)


def _b_extreme(sign: int) -> Reader:
    def read(view: View) -> list[Condition]:
        (own,) = view.groups()
        category = view.said.value
        measure = _mean_share if category else _mean_answer
        # By the mean answer, or by the share of one kind of answer where the statement names it.
        what = f"share of {category}" if category else "mean answer"
        mean = measure(view, own)
        found = []
        for other in view.site.groups:
            if other != own:
                rest = measure(view, other)
                words = f"{what} of {own}: {mean:.2f}, of {other}: {rest:.2f}"
                found.append(Condition(sign * (mean - rest), words, strict=True, exact=True))
        return found

    return read


def _b_lean(view: View) -> list[Condition]:
    found = []
    for g in view.groups():
        shares = view.shares(g, "agree", view.columns())
        share, limit = sum(shares) / len(shares), view.figure("positive")
        sign = 1 if view.said.value == "positive" else -1
        words = f"{g or 'site'}: {share:.1f} of the answers agree"
        found.append(Condition(sign * (share - limit), words, strict=True, exact=True))
    return found


def _b_questions_with(view: View) -> list[Condition]:
    category, wanted = view.said.value.split("=")
    found = []
    for g in view.groups():
        shares = view.shares(g, category, view.columns())
        names = [c for c, share in zip(view.columns(), shares, strict=True) if share]
        # Too many: the fewer the answers, the nearer.
        slack = -sum(shares) if len(names) > int(wanted) else len(names) - int(wanted)
        words = f"{g or 'site'} {category}: {', '.join(names) or 'no question'}"
        found.append(Condition(slack, words, exact=True))
    return found


def _b_categories(view: View) -> list[Condition]:
    found = []
    for g in view.groups():
        for c in view.columns():
            tally = view.site.tallies[view.site.row(g), view.reading.questions.index(c)]
            unused = int((tally == 0).sum())
            words = f"{g or 'site'} {c}: {len(tally) - unused} of {len(tally)} answers used"
            found.append(Condition(-unused, words, exact=True))
    return found


def _returns(reading: Reading, study: Study, said: Statement) -> list[Condition]:
    site = study.sites.get(said.site)
    number = site.sizes[0] if site else 0
    return [Condition(-abs(number - int(said.value)), f"{number} returns", exact=True)]


def _fewer_returns(reading: Reading, study: Study, said: Statement) -> list[Condition]:
    def number(name: str) -> int:
        return study.sites[name].sizes[0] if name in study.sites else 0

    return [
        Condition(
            number(more) - number(less),
            f"{less}: {number(less)}, {more}: {number(more)}",
            strict=True,
            exact=True,
        )
        for less in said.site.split(SITES_JOIN)
        for more in said.value.split(SITES_JOIN)
    ]


def _sites_returning(reading: Reading, study: Study, said: Statement) -> list[Condition]:
    number = len(study.sites)
    return [Condition(-abs(number - int(said.value)), f"{number} sites returned", exact=True)]


def _norm_size(reading: Reading, study: Study, said: Statement) -> list[Condition]:
    words = f"{study.norm_size} doctors in the norm sample"
    return [Condition(study.norm_size - int(said.value), words, exact=True)]


def _groups(reading: Reading, study: Study, said: Statement) -> list[Condition]:
    names = [said.site] if said.site else list(study.sites)
    found = []
    for name in names:
        number = len(study.sites[name].groups) if name in study.sites else 0
        words = f"{name}: {number} groups"
        found.append(Condition(-abs(number - int(said.value)), words, exact=True))
    return found


def _groups_somewhere(reading: Reading, study: Study, said: Statement) -> list[Condition]:
    names = [n for n, site in study.sites.items() if len(site.groups) == int(said.value)]
    words = f"{said.value} groups at {', '.join(names) or 'no site'}"
    return [Condition(len(names), words, strict=True, exact=True)]


def _group_name(reading: Reading, study: Study, said: Statement) -> list[Condition]:
    site = study.sites.get(said.site)
    known = site is not None and said.group in site.groups
    words = f"{said.group} is {'' if known else 'not '}a group of site {said.site}"
    return [Condition(0.0 if known else -1.0, words, exact=True)]


def _scale_name(reading: Reading, study: Study, said: Statement) -> list[Condition]:
    scale = reading.instrument.scale_called(said.value)
    known = scale is not None and scale.name == said.scale
    words = f"{said.value} is {'' if known else 'not '}a name of {said.scale}"
    return [Condition(0.0 if known else -1.0, words, exact=True)]


def _sites_in_band(reading: Reading, study: Study, said: Statement) -> list[Condition]:
    band, wanted = said.value.split("=")
    (column,) = reading.columns(said.scale)
    place = reading.scales.place[column]
    names = [
        name
        for name, site in study.sites.items()
        if all(c.holds for c in in_band(reading, band, float(site.standing[0, place]), ""))
    ]
    words = f"{band}: {', '.join(names) or 'none'}"
    return [Condition(-abs(len(names) - int(wanted)), words, exact=True)]


ANSWER_KINDS: Mapping[str, Reader] = {
    "b-categories": _b_categories,
    "b-each-over": _b_limit(1, strict=True),
    "b-lean": _b_lean,
    "b-least": _b_extreme(-1),
    "b-most": _b_extreme(1),
    "b-none-over": _b_limit(-1, strict=False),
    "b-over": _b_over,
    "b-percent": _b_percent,
    "b-questions-with": _b_questions_with,
}
STUDY_KINDS: Mapping[str, StudyReader] = {
    "fewer-returns": _fewer_returns,
    "group-name": _group_name,
    "groups": _groups,
    "groups-somewhere": _groups_somewhere,
    "norm-size": _norm_size,
    "returns": _returns,
    "scale-name": _scale_name,
    "sites-in-band": _sites_in_band,
    "sites-returning": _sites_returning,
}
