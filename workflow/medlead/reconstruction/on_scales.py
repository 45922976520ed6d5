"""Statements on the scales as conditions: bands, quadrants, alignment, order of groups."""

from collections.abc import Mapping

import numpy as np

from medlead.reconstruction.statements import JOIN, Condition, Reader, Reading, View

# What a value that stands exactly on an edge misses by, where the edge is not its own.
_HAIR = 1e-9


def in_quadrant(reading: Reading, sides: tuple[float, float], quadrant: str) -> float:
    """By how much a rating stands within a quadrant: the lesser of its two distances.

    A side on the cut is low or high as the instrument says; a rating that only this keeps
    out misses by a hair.
    """
    typology = reading.instrument.typology
    slack = float("inf")
    for value, high in zip(sides, reading.quadrants[quadrant], strict=True):
        inside = value - typology.cut if high else typology.cut - value
        if inside == 0 and high is not typology.cut_is_high:
            inside = -_HAIR
        slack = min(slack, inside)
    return slack


def off_centre(reading: Reading, sides: tuple[float, float]) -> float:
    """How far a rating stands from the middle of the grid, on the side that is farther."""
    return max(abs(value - reading.instrument.typology.cut) for value in sides)


def _place(group: str, scale: str, sides: tuple[float, float]) -> str:
    return f"{group or 'site'} {scale}: {sides[0]:.1f}, {sides[1]:.1f}"


def _one(group: str, column: str, value: float) -> str:
    return f"{group or 'site'} {column}: {value:.1f}"


def _ratings(view: View) -> list[tuple[str, str, tuple[float, float]]]:
    return [(g, c, view.sides(g, c)) for g in view.groups() for c in view.columns()]


def in_band(reading: Reading, band: str, value: float, found: str) -> list[Condition]:
    """That a standing lies in a band; each edge belongs to the band that the instrument says."""
    bands = reading.instrument.bands
    number = [b.label for b in bands].index(band)
    conditions = []
    if number:
        below = bands[number - 1]
        lead = value - reading.edges[number - 1]
        conditions.append(Condition(lead, found, strict=below.includes_end))
    if number < len(reading.edges):
        lead = reading.edges[number] - value
        conditions.append(Condition(lead, found, strict=not bands[number].includes_end))
    return conditions


def _band(view: View) -> list[Condition]:
    return [
        one
        for g in view.groups()
        for c in view.columns()
        for one in in_band(view.reading, view.said.value, view.at(g, c), _one(g, c, view.at(g, c)))
    ]


def _component_band(view: View) -> list[Condition]:
    side, band = view.said.value.split("=")
    found = []
    for g in view.groups():
        for c in view.columns():
            column = f"{c}:{side}"
            value = view.at(g, column)
            found += in_band(view.reading, band, value, _one(g, column, value))
    return found


def _both(view: View) -> list[Condition]:
    found = []
    for g, c, sides in _ratings(view):
        place = _place(g, c, sides)
        if view.said.value == "low":
            found.append(Condition(view.reading.edges[0] - max(sides), place))
        elif view.said.value == "not-low":
            found.append(Condition(max(sides) - view.reading.edges[0], place, strict=True))
        else:
            found.append(Condition(min(sides) - view.reading.edges[0], place, strict=True))
    return found


def _alignment(view: View) -> list[Condition]:
    found = []
    for g, c, (organisation, person) in _ratings(view):
        place = _place(g, c, (organisation, person))
        slack = {
            "aligned": view.figure("aligned") - abs(organisation - person),
            "individual-higher": person - organisation - view.figure("apart"),
            "organisational-higher": organisation - person - view.figure("apart"),
        }[view.said.value]
        found.append(Condition(slack, place))
    return found


def _aligned_groups(view: View) -> list[Condition]:
    gaps = sorted(
        (max(abs(o - p) for o, p in (view.sides(g, c) for c in view.columns())), g)
        for g in view.groups()
    )
    wanted, limit = int(view.said.value), view.figure("aligned")
    told = "; ".join(f"{g}: largest gap {gap:.1f}" for gap, g in gaps)
    within = [Condition(limit - gap, told) for gap, _ in gaps[:wanted]]
    return within + [Condition(gap - limit, told, strict=True) for gap, _ in gaps[wanted:]]


def _quadrant(view: View) -> list[Condition]:
    return [
        Condition(in_quadrant(view.reading, sides, view.said.value), _place(g, c, sides))
        for g, c, sides in _ratings(view)
    ]


def _not_quadrant(view: View) -> list[Condition]:
    return [
        Condition(-in_quadrant(view.reading, s, view.said.value), _place(g, c, s))
        for g, c, s in _ratings(view)
    ]


def _sorted_slacks(view: View, quadrant: str) -> list[float]:
    slacks = (in_quadrant(view.reading, sides, quadrant) for _, _, sides in _ratings(view))
    return sorted(slacks, reverse=True)


def _ratings_in(view: View) -> list[Condition]:
    quadrant, wanted = view.said.value.split("=")
    slacks = _sorted_slacks(view, quadrant)
    told = f"{sum(s >= 0 for s in slacks)} of {len(slacks)} ratings are {quadrant}"
    number = int(wanted)
    inside = [Condition(s, told) for s in slacks[:number]]
    return inside + [Condition(-s, told, strict=True) for s in slacks[number:]]


def _most_ratings(view: View) -> list[Condition]:
    slacks = _sorted_slacks(view, view.said.value)
    told = f"{sum(s >= 0 for s in slacks)} of {len(slacks)} ratings are {view.said.value}"
    wanted = int(np.ceil(view.figure("most") * len(slacks)))
    return [Condition(s, told) for s in slacks[:wanted]]


def _midpoint(view: View) -> list[Condition]:
    limit = view.figure("midpoint")
    return [
        Condition(limit - off_centre(view.reading, sides), _place(g, c, sides))
        for g, c, sides in _ratings(view)
    ]


def _area(view: View) -> list[Condition]:
    limit = view.figure("inner")
    found = []
    for g, c, sides in _ratings(view):
        distance = off_centre(view.reading, sides)
        if view.said.value == "inner":
            found.append(Condition(limit - distance, _place(g, c, sides)))
        else:
            found.append(Condition(distance - limit, _place(g, c, sides), strict=True))
    return found


def _not_all_in(view: View) -> list[Condition]:
    found = []
    for g in view.groups():
        placed = [
            (in_quadrant(view.reading, s, view.said.value), c, s)
            for c, s in ((c, view.sides(g, c)) for c in view.columns())
        ]
        slack, column, sides = min(placed)
        found.append(Condition(view.figure("undoubted") - slack, _place(g, column, sides)))
    return found


def _clusters(view: View) -> list[Condition]:
    groups = view.groups()
    points = {g: np.array([view.sides(g, c) for c in view.columns()]) for g in groups}
    centres = {g: points[g].mean(axis=0) for g in groups}
    wanted = int(view.said.value)
    told = f"{len(groups)} groups"
    found = [Condition(-abs(len(groups) - wanted), told, exact=True)]
    for g in groups:
        own = np.linalg.norm(points[g] - centres[g], axis=1)
        for other in groups:
            if other != g:
                lead = float((np.linalg.norm(points[g] - centres[other], axis=1) - own).min())
                words = f"{g} is nearer to its own centre than to that of {other} by {lead:.1f}"
                found.append(Condition(lead, words, strict=True))
    return found


def _higher(view: View) -> list[Condition]:
    found = []
    for c in view.columns():
        for g in view.groups():
            for other in view.said.value.split(JOIN):
                lead = view.at(g, c) - view.at(other, c)
                words = f"{g} {c}: {view.at(g, c):.1f}, {other}: {view.at(other, c):.1f}"
                found.append(Condition(lead, words, strict=True))
    return found


def _extreme(sign: int) -> Reader:
    def read(view: View) -> list[Condition]:
        found = []
        (own,) = view.groups()
        for c in view.columns():
            for other in view.site.groups:
                if other != own:
                    lead = sign * (view.at(own, c) - view.at(other, c))
                    words = f"{own} {c}: {view.at(own, c):.1f}, {other}: {view.at(other, c):.1f}"
                    found.append(Condition(lead, words, strict=True))
        return found

    return read


def _lead_largest(view: View) -> list[Condition]:
    (own,) = view.groups()
    (column,) = view.columns()
    others = [g for g in view.site.groups if g != own]

    def lead(c: str) -> float:
        return view.at(own, c) - sum(view.at(g, c) for g in others) / len(others)

    found = []
    for c in view.reading.columns(view.said.value):
        if c != column:
            words = f"{own} leads by {lead(column):.1f} on {column}, by {lead(c):.1f} on {c}"
            found.append(Condition(lead(column) - lead(c), words, strict=True))
    return found


def _mixed(view: View) -> list[Condition]:
    found = []
    for g in view.groups():
        values = [view.at(g, c) for c in view.columns()]
        low, high = min(values), max(values)
        # Two bands at least: some edge lies between the lowest and the highest scale.
        slack = max(min(high - edge, edge - low) for edge in view.reading.edges)
        found.append(Condition(slack, f"{g}: from {low:.1f} to {high:.1f}", strict=True))
    return found


def _some_band(view: View) -> list[Condition]:
    found = []
    for g in view.groups():
        value, column = min((view.at(g, c), c) for c in view.columns())
        found.append(Condition(view.reading.edges[-1] - value, _one(g, column, value), strict=True))
    return found


def _differ(view: View) -> list[Condition]:
    found = []
    for c in view.columns():
        values = [view.at(g, c) for g in view.groups()]
        words = f"{c}: from {min(values):.1f} to {max(values):.1f}"
        found.append(Condition(max(values) - min(values) - view.figure("differ"), words))
    return found


def _spread(view: View) -> list[Condition]:
    index = view.at("", view.reading.grid[0])
    limit = view.figure(view.said.value)
    return [
        Condition(limit - abs(view.at("", c) - index), f"{_one('', c, view.at('', c))}")
        for c in view.columns()
    ]


SCALE_KINDS: Mapping[str, Reader] = {
    "aligned-groups": _aligned_groups,
    "alignment": _alignment,
    "area": _area,
    "band": _band,
    "both-components": _both,
    "clusters": _clusters,
    "component-band": _component_band,
    "differ": _differ,
    "higher": _higher,
    "lead-largest": _lead_largest,
    "least": _extreme(-1),
    "midpoint": _midpoint,
    "mixed": _mixed,
    "most": _extreme(1),
    "most-ratings": _most_ratings,
    "not-all-in": _not_all_in,
    "not-quadrant": _not_quadrant,
    "quadrant": _quadrant,
    "ratings-in": _ratings_in,
    "some-band": _some_band,
    "spread": _spread,
}
