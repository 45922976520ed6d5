"""Diagrams of the engagement scale, without data: model, tree of scales, grid of types.

Drawn from what sections 6.2 and 6.6 tell, in a design of this project; words are configuration.
"""

from collections.abc import Sequence

from medlead.engagement.instrument import Scale
from medlead.present import style
from medlead.present.engagement_declared import COMPONENTS
from medlead.present.engagement_paper import arrow, line, tint
from medlead.present.engagement_topic import KIND_MARKS, Topic, scale_label, tree
from medlead.present.sheet import INNER, Sheet
from medlead.present.style import Figure

_PAD = 0.1
_SIDE = 1.75  # of the column left of a grid
_CELL = 1.5
_FOOT, _FOOT_GRID = 0.85, 0.55


def draw_model(topic: Topic) -> Figure:
    """Two sides that make up engagement, each with its scales, and where both together lead."""
    corners = {
        (o, i): topic.plan.corners[f"{'high' if o else 'low'}_{'high' if i else 'low'}"]
        for o in (False, True)
        for i in (False, True)
    }
    with style.style():
        sheet = topic.sheet(2 * _CELL + _FOOT + 0.1, topic.caption(touches=()))
        cells = {corner: ("", text) for corner, text in corners.items()}
        left, low, width = _grid(topic, sheet, cells, lists=True)
        start = (left + 0.62 * width, low + 0.62 * _CELL)
        end = (left + 1.32 * width, low + 1.32 * _CELL)
        arrow(sheet, start, end, color=style.COLOURS["green"], linewidth=3, mutation_scale=22)
        text = style.wrap(topic.plan.corners["both"], width - 0.3, style.BODY, bold=True)
        place = (left + 1.5 * width, low + 1.36 * _CELL)
        sheet.write(*place, text, ha="center", va="bottom", weight="bold", color="#00614a")
    told = [f"{_corner(o, i)}: {text}." for (o, i), text in corners.items()]
    sides = [f"{topic.plan.words[k]}: {', '.join(_titles(topic, k))}." for k in COMPONENTS]
    alt = topic.alt(
        "A square of four fields: what the organisation offers grows from left to right, what "
        "doctors bring grows upwards; an arrow leads to the upper right field.",
        *sides,
        *told,
    )
    rows = [
        {"part": "field", "level": _corner(o, i), "note": text} for (o, i), text in corners.items()
    ]
    return topic.finished(sheet, rows, alt)


def draw_grid(topic: Topic) -> Figure:
    """The four types, one in each field of the grid."""
    typology = topic.instrument.typology
    with style.style():
        sheet = topic.sheet(2 * _CELL + _FOOT_GRID + 0.1, topic.caption(touches=()))
        cells = {
            (q.organisational, q.individual): (q.label, topic.plan.quadrants.get(q.label, ""))
            for q in typology.quadrants
        }
        left, low, width = _grid(topic, sheet, cells, lists=False)
        for x in (left, left + width, left + 2 * width):
            value = {left: 0.0, left + width: typology.cut}.get(x, 100.0)
            sheet.write(x, low - 0.05, f"{value:g}", style.SMALL, ha="center", color=style.SOFT)
        for y in (low, low + _CELL, low + 2 * _CELL):
            value = {low: 0.0, low + _CELL: typology.cut}.get(y, 100.0)
            look = {"ha": "right", "va": "center", "color": style.SOFT}
            sheet.write(left - 0.06, y, f"{value:g}", style.SMALL, **look)
    told = [
        f"{q.label.capitalize()} ({_corner(q.organisational, q.individual)}): "
        f"{topic.plan.quadrants.get(q.label, '')}."
        for q in typology.quadrants
    ]
    side = "high" if typology.cut_is_high else "low"
    alt = topic.alt(
        "A square of four fields: the percentile of what the organisation offers grows from left "
        f"to right, that of what doctors bring upwards, cut at {typology.cut:g} ({side} side).",
        *told,
    )
    rows = [
        {
            "part": "quadrant",
            "level": q.label,
            "label": _corner(q.organisational, q.individual),
            "value": typology.cut,
            "note": topic.plan.quadrants.get(q.label, ""),
        }
        for q in typology.quadrants
    ]
    return topic.finished(sheet, rows, alt)


def _corner(organisational: bool, individual: bool) -> str:
    high = {True: "high", False: "low"}
    return f"organisational {high[organisational]}, individual {high[individual]}"


def _titles(topic: Topic, kind: str) -> list[str]:
    return [s.title for _, s in tree(topic.instrument) if s.kind == kind]


def _grid(
    topic: Topic,
    sheet: Sheet,
    cells: dict[tuple[bool, bool], tuple[str, str]],
    *,
    lists: bool,
) -> tuple[float, float, float]:
    """A square of four fields with a heading on each side; returns left, low and field width.

    `cells` has a name and a sentence for each corner; with `lists` the scales of each side stand
    beside its axis.
    """
    left = style.MARGIN + _SIDE
    low = sheet.low + (_FOOT if lists else _FOOT_GRID)
    width = (INNER - _SIDE) / 2 - 0.12
    for (o, i), (name, text) in cells.items():
        x, y = left + o * width, low + i * _CELL
        shade = tint(style.COLOURS["green"], 0.16) if o and i else style.FAINT
        ground = shade if o == i else "white"
        sheet.box(x, y, width, _CELL, facecolor=ground, edgecolor=style.MUTED, linewidth=0.8)
        told = style.wrap(text, width - 2 * _PAD - 0.1, style.BODY)
        middle = y + _CELL / 2
        if lists:
            # The middle belongs to the arrow: sentences stand at the outer edges.
            at, va = (y + _CELL - _PAD, "top") if i else (y + _PAD, "bottom")
            sheet.write(x + width / 2, at, told, ha="center", va=va)
            continue
        high = style.text_height(told, style.BODY)
        look = {"ha": "center", "weight": "bold"}
        size = style.HEADING + 1.5
        sheet.write(x + width / 2, middle + high / 2 + 0.03, name, size, va="bottom", **look)
        sheet.write(x + width / 2, middle + high / 2 - 0.03, told, ha="center")
    right = left + 2 * width
    axis = low - (0.26 if not lists else 0.12)
    arrow(sheet, (left, axis), (right, axis))
    bar = left - (0.3 if not lists else 0.12)
    arrow(sheet, (bar, low), (bar, low + 2 * _CELL))
    heads = [f"{topic.plan.words[k]}{'' if lists else ' (percentile)'}" for k in COMPONENTS]
    head = style.wrap(heads[0], right - left, style.BODY, bold=True)
    sheet.write(left, axis - 0.09, head, weight="bold", color=style.COLOURS["blue"])
    side = _SIDE - (0.42 if not lists else 0.22)
    across = style.wrap(heads[1], side, style.BODY, bold=True)
    top = low + 2 * _CELL
    sheet.write(style.MARGIN, top, across, weight="bold", color="#8a5a00")
    if lists:
        names = _listed(topic, "organisational", right - left)
        sheet.write(left, axis - 0.25, names, style.SMALL, color=style.SOFT)
        below = top - style.text_height(across, style.BODY) - 0.06
        names = _listed(topic, "individual", side)
        sheet.write(style.MARGIN, below, names, style.SMALL, color=style.SOFT)
    return left, low, width


def _listed(topic: Topic, kind: str, width: float) -> str:
    """The scales of one side, one below the other, lines after the first set in."""
    indent = style.text_width("· ", style.SMALL)
    lines = [style.wrap(title, width - indent, style.SMALL) for title in _titles(topic, kind)]
    return "\n".join("· " + text.replace("\n", "\n  ") for text in lines)


# --- the tree -------------------------------------------------------------------------------------

_BOX_GAP = 0.12


def draw_tree(topic: Topic) -> Figure:
    """The scales from the index (left) to those made of items (right)."""
    rows = tree(topic.instrument)
    depth = max(d for d, _ in rows) + 1
    gap = 0.38
    width = (INNER - (depth - 1) * gap) / depth
    leaves = [scale for _, scale in rows if _is_leaf(scale, depth, rows)]
    texts = {s.name: _box_text(s, width) for _, s in rows}
    tall = max(h for _, _, h in texts.values()) + 2 * 0.07
    body = len(leaves) * (tall + _BOX_GAP) + 0.05
    marks = ", ".join(f"({m}) {name}" for name, m in KIND_MARKS.items() if _titles(topic, name))
    caption = topic.caption(
        f"Names and what each scale asks, in our words. {marks}." if marks else "",
        touches=("names",),
    )
    with style.style():
        sheet = topic.sheet(body, caption)
        centres = _centres(rows, leaves, sheet.high - tall / 2 - 0.02, tall + _BOX_GAP)
        for level, scale in rows:
            x, y = style.MARGIN + level * (width + gap), centres[scale.name]
            for part in () if scale.of_items else scale.parts:
                middle = x + width + gap / 2
                ends = (x + width, middle, middle, x + width + gap)
                to = centres[part]
                line(sheet, ends, (y, y, to, to), color=style.MUTED, linewidth=1.0)
        for level, scale in rows:
            x, y = style.MARGIN + level * (width + gap), centres[scale.name]
            _scale_box(topic, sheet, scale, texts[scale.name], (x, y, width, tall))
    told = [
        f"{s.title} is made of {', '.join(topic.instrument.scale(p).title for p in s.parts)}."
        for _, s in rows
        if not s.of_items
    ]
    sides = [f"{k.capitalize()}: {', '.join(_titles(topic, k))}." for k in COMPONENTS]
    alt = topic.alt("A tree of scales.", *told, *sides)
    data = [
        {"part": "scale", "scale": s.name, "level": s.level, "label": s.title, "note": s.means}
        for _, s in rows
    ]
    return topic.finished(sheet, data, alt)


def _is_leaf(scale: Scale, depth: int, rows: Sequence[tuple[int, Scale]]) -> bool:
    drawn = {s.name for _, s in rows}
    return scale.of_items or depth == 1 or not drawn & set(scale.parts)


def _centres(
    rows: Sequence[tuple[int, Scale]], leaves: Sequence[Scale], top: float, step: float
) -> dict[str, float]:
    """The height of each box: leaves one below the other, all others amid their parts."""
    found = {scale.name: top - place * step for place, scale in enumerate(leaves)}
    for _, scale in reversed(rows):
        if scale.name not in found:
            parts = [found[part] for part in scale.parts]
            found[scale.name] = sum(parts) / len(parts)
    return found


def _box_text(scale: Scale, width: float) -> tuple[str, str, float]:
    name = style.wrap(scale_label(scale), width - 2 * _PAD, style.BODY, bold=True)
    means = style.wrap(scale.means, width - 2 * _PAD, style.SMALL)
    high = style.text_height(name, style.BODY) + style.text_height(means, style.SMALL) + 0.02
    return name, means, high


def _scale_box(
    topic: Topic,
    sheet: Sheet,
    scale: Scale,
    text: tuple[str, str, float],
    place: tuple[float, float, float, float],
) -> None:
    x, y, width, tall = place
    name, means, high = text
    look = topic.plan.components.get(scale.kind)
    ground = tint(look.colour, 0.14) if look else style.FAINT
    edge = look.colour if look else style.SOFT
    sheet.box(x, y - tall / 2, width, tall, facecolor=ground, edgecolor=edge, linewidth=0.9)
    top = y + high / 2
    sheet.write(x + _PAD, top, name, weight="bold")
    below = top - style.text_height(name, style.BODY) - 0.02
    sheet.write(x + _PAD, below, means, style.SMALL, color=style.SOFT)
