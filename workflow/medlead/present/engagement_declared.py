"""The figures of the engagement scale as declared (`engagement_figures.yaml`), and their looks."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from medlead.engagement.instrument import Instrument
from medlead.present import style
from medlead.sources.each import lacking_kinds, listed_entries
from medlead.sources.messages import Problem, ProblemsFound
from medlead.sources.reading import nearest

if TYPE_CHECKING:
    import pandas as pd

# For each kind of picture the keys that it needs beside the common ones.
KINDS: Mapping[str, tuple[str, ...]] = {
    "model": (),
    "tree": (),
    "grid": (),
    "overview": (),
    "hierarchy": ("site",),
    "components": ("site", "map"),
    "map": ("site",),
    "answers": ("site",),
}
CONCEPTUAL = ("model", "tree", "grid")
SIDES = ("disagree", "neither", "agree")
COMPONENTS = ("organisational", "individual")

_COMMON = ("figure", "kind", "title", "note")
_TOP = ("titles", "notes", "warnings", "looks", "words", "figures", "study")
_LOOKS = ("bands", "components", "sides")
_WORDS = (*COMPONENTS, "model", "quadrants")
_CORNERS = ("both", "high_high", "high_low", "low_high", "low_low")


@dataclass(frozen=True)
class Look:
    """A colour, the hatching that goes with it, and a letter."""

    colour: str
    hatch: str = ""
    letter: str = ""


@dataclass(frozen=True)
class EngagementFigure:
    """One figure: what it draws; `title` and `note` in words."""

    figure: str
    kind: str
    title: str
    site: str = ""
    map: str = ""
    note: str = ""


@dataclass(frozen=True)
class EngagementPlan:
    """All figures, the looks of bands, components and categories, and the words of diagrams."""

    figures: tuple[EngagementFigure, ...]
    instrument: Instrument
    warnings: Mapping[str, str]
    bands: Mapping[str, Look]
    components: Mapping[str, Look]
    categories: Mapping[str, Look]
    words: Mapping[str, str]
    corners: Mapping[str, str]
    quadrants: Mapping[str, str]


def load_engagement_figures(
    mapping: Mapping[str, Any],
    instrument: Instrument,
    *,
    file: str = "engagement_figures.yaml",
    part: str = "figures",
    sites: Sequence[str] = (),
) -> EngagementPlan:
    """The figures of a parsed declaration file: those of one `part` of it.

    `sites` are those for which an entry with `each: site` stands.

    Raises ProblemsFound with every unknown key, kind, map, band, side and quadrant (the nearest
    right one is named), what a kind lacks, and figures declared twice.
    """
    check = _Check(file)
    check.known("the file", mapping, _TOP)
    looks, words = mapping.get("looks", {}), mapping.get("words", {})
    check.known("titles", mapping.get("titles", {}), tuple(KINDS))
    check.known("notes", mapping.get("notes", {}), tuple(KINDS))
    check.known("looks", looks, _LOOKS)
    check.known("words", words, _WORDS)
    check.known("words: model", words.get("model", {}), _CORNERS)
    bands = [band.label for band in instrument.bands]
    check.known("looks: bands", looks.get("bands", {}), bands)
    check.known("looks: components", looks.get("components", {}), COMPONENTS)
    check.known("looks: sides", looks.get("sides", {}), SIDES)
    quadrants = [quadrant.label for quadrant in instrument.typology.quadrants]
    check.known("words: quadrants", words.get("quadrants", {}), quadrants)
    listed = check.listed(mapping.get(part) or (), instrument, sites)
    figures = [check.figure(given, mapping, instrument) for given in listed]
    names = [figure.figure for figure in figures if figure]
    for name in sorted({n for n in names if names.count(n) > 1}):
        check.wrong(name, "the figure is declared twice", "delete one of them")
    if check.problems:
        raise ProblemsFound(check.problems)
    return EngagementPlan(
        figures=tuple(figure for figure in figures if figure is not None),
        instrument=instrument,
        warnings={k: " ".join(str(v).split()) for k, v in mapping.get("warnings", {}).items()},
        bands=_bands(bands, looks.get("bands", {})),
        components=_components(looks.get("components", {})),
        categories=_categories(instrument, looks.get("sides", {})),
        words={name: str(words.get(name, f"{name} component")) for name in COMPONENTS},
        corners={name: str(words.get("model", {}).get(name, "")) for name in _CORNERS},
        quadrants={name: str(words.get("quadrants", {}).get(name, "")) for name in quadrants},
    )


def figures_frame(plan: EngagementPlan) -> "pd.DataFrame":
    """The pictures in order: `figure`, `kind`, `site`, `map` and `title`."""
    import pandas as pd

    rows = [(f.figure, f.kind, f.site, f.map, f.title) for f in plan.figures]
    return pd.DataFrame(rows, columns=["figure", "kind", "site", "map", "title"])


def _bands(labels: Sequence[str], given: Mapping[str, Mapping[str, str]]) -> dict[str, Look]:
    """A look for every band; one that is not declared gets an ordered colour."""
    shades = style.ordered(labels)
    found = {}
    for place, label in enumerate(labels):
        look = given.get(label, {})
        colour = look.get("colour", shades[label])
        hatch = look.get("hatch", "" if look else ("", "-----", "/////", "xxxxx")[place % 4])
        found[label] = Look(colour, hatch, look.get("letter", label[:1].upper()))
    return found


def _components(given: Mapping[str, Mapping[str, str]]) -> dict[str, Look]:
    plain = {
        "organisational": Look(style.COLOURS["blue"]),
        "individual": Look(style.COLOURS["orange"], "/////"),
    }
    return {
        name: Look(given[name].get("colour", look.colour), given[name].get("hatch", ""))
        if name in given
        else look
        for name, look in plain.items()
    }


def _categories(instrument: Instrument, given: Mapping[str, Mapping[str, Any]]) -> dict[str, Look]:
    """The categories of each side between the two colours of the side, the outermost first."""
    from matplotlib.colors import LinearSegmentedColormap, to_hex

    plain: dict[str, tuple[Sequence[str], str]] = {
        "disagree": (("#a8430a", "#eeb07f"), "/////"),
        "neither": (("#dadde0",), "-----"),
        "agree": (("#1b5e94", "#9ecae8"), ""),
    }
    found = {}
    for side in SIDES:
        labels = [c.label for c in instrument.categories if c.side == side]
        # Agreement is strongest at the end of the list, disagreement at its beginning.
        outward = labels[::-1] if side == "agree" else labels
        look = given.get(side, {})
        colours = [*look.get("colours", plain[side][0])]
        ramp = LinearSegmentedColormap.from_list(
            side, [*colours, *colours[-1:]][: max(2, len(colours))]
        )
        last = max(len(labels) - 1, 1)
        for place, label in enumerate(outward):
            found[label] = Look(to_hex(ramp(place / last)), look.get("hatch", plain[side][1]))
    return {c.label: found[c.label] for c in instrument.categories}


class _Check:
    """Reads figure by figure and collects what is wrong."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.problems: list[Problem] = []

    def wrong(self, place: str, what: str, mend: str, allowed: Iterable[str] = ()) -> None:
        shown = ", ".join(allowed) or None
        self.problems.append(Problem(self.file, f"{place}: {what}", mend, allowed=shown))

    def unknown(self, place: str, what: str, name: str, known: Sequence[str]) -> None:
        near = nearest(name, known)
        mend = f"did you mean '{near}'?" if near else "correct it"
        self.wrong(place, f"the {what} '{name}' is not known", mend, known)

    def known(self, place: str, given: Mapping[str, Any], keys: Sequence[str]) -> None:
        for key in given:
            if str(key) not in keys:
                self.unknown(place, "key", str(key), keys)

    def listed(
        self, given: Sequence[Mapping[str, Any]], instrument: Instrument, sites: Sequence[str]
    ) -> list[dict[str, Any]]:
        maps = [m.name for m in instrument.typology.maps]
        lacking = lacking_kinds(maps, list(instrument.statements))
        found = []
        for entry in given:
            try:
                found += listed_entries([entry], sites, maps, lacking)
            except (KeyError, ValueError) as error:
                self.wrong(str(entry.get("figure", "a figure without a name")), str(error),
                           "correct the entry")  # fmt: skip
        return found

    def figure(
        self, given: Mapping[str, Any], mapping: Mapping[str, Any], instrument: Instrument
    ) -> EngagementFigure | None:
        place = str(given.get("figure", "a figure without a name"))
        before = len(self.problems)
        kind = str(given.get("kind", ""))
        if "figure" not in given:
            self.wrong(place, "the key 'figure' is missing", "add `figure:`")
        if kind not in KINDS:
            self.unknown(place, "kind", kind, tuple(KINDS))
            return None
        self.known(place, given, (*_COMMON, *KINDS[kind]))
        for key in KINDS[kind]:
            if not given.get(key):
                self.wrong(place, f"the key '{key}' is missing", f"add `{key}:`")
        maps = [m.name for m in instrument.typology.maps]
        name = str(given.get("map", ""))
        if name and name not in maps:
            self.unknown(place, "map", name, maps)
        title = str(given.get("title") or mapping.get("titles", {}).get(kind, ""))
        if not title:
            self.wrong(place, "there is no title", f"add `title:`, or one under `titles: {kind}:`")
        if len(self.problems) > before:
            return None
        site = str(given.get("site", ""))
        scale = map_title(name, instrument) if name else ""
        notes = (mapping.get("notes", {}).get(kind, ""), given.get("note", ""))
        return EngagementFigure(
            figure=place,
            kind=kind,
            title=title.replace("{site}", site).replace("{scale}", scale),
            site=site,
            map=name,
            note=" ".join(" ".join(map(str, notes)).split()),
        )


def map_title(name: str, instrument: Instrument) -> str:
    """The name of a map: that of the scale with the same key, else the key itself."""
    return instrument.scale(name).title if name in instrument.scale_names else name
