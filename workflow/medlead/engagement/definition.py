"""Whether the definition file of an engagement scale can be used: every fault, in plain words."""

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise, product
from typing import Any

from medlead.sources.messages import Problem
from medlead.sources.reading import nearest

LEVELS = ("sub", "meta", "index", "component")
KINDS = ("organisational", "individual", "both")
DEFINITIONS = ("weak", "strict", "mean")
STANDINGS = ("mean-of-percentiles", "percentile-of-mean")
SIDES = ("disagree", "neither", "agree")
ENDS = ("low", "high")
TOPICS = ("scores", "percentiles", "bands", "typology", "groups", "section-b", "names")

# For each thing in the file: the keys it must have, and those it may have.
_KEYS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "instrument": (
        (
            "instrument",
            "title",
            "source",
            "responses",
            "items",
            "scales",
            "scores",
            "norms",
            "bands",
            "typology",
            "groups",
            "section_b",
            "open_questions",
            "assumptions",
            "decisions",
        ),
        (),
    ),
    "responses": (("respondent", "site", "group", "missing", "points"), ("ignored",)),
    "point": (("value", "label"), ("also",)),
    "item": (("item",), ("reverse",)),
    "scale": (
        ("scale", "level", "kind", "name", "means"),
        ("items", "scales", "weights", "at_least", "least_share", "aliases"),
    ),
    "alias": (("as", "section", "line"), ()),
    "scores": (("lowest", "highest"), ()),
    "norms": (("definition", "standing"), ()),
    "band": (("band",), ("to", "includes_end", "printed_colour")),
    "typology": (("cut", "at_cut", "quadrants", "maps"), ()),
    "quadrant": (("quadrant", "organisational", "individual"), ()),
    "map": (("map", "organisational", "individual"), ()),
    "groups": (("place_from",), ()),
    "section_b": (("about", "statements", "categories"), ()),
    "statement": (("statement", "says"), ()),
    "category": (("value", "category", "side"), ("named", "assumed", "also")),
    "place": (("section", "line"), ()),
    "open question": (("question", "asks", "section", "line"), ()),
    "assumption": (
        ("assumption", "about", "section", "line", "report", "assumed", "touches"),
        (),
    ),
    "decision": (("about", "section", "line", "found", "decided", "because"), ()),
}
_SEE_HEAD = "see the head of the file"


def check_definition(mapping: Mapping[str, Any], file: str) -> list[Problem]:
    """Every fault of a parsed definition file, under the name `file`; empty where it is sound."""
    check = _Check(file)
    if not check.keys("the file", mapping, "instrument"):
        return check.problems
    check.responses(mapping)
    check.scales(mapping)
    check.norms(mapping)
    check.bands(mapping["bands"])
    check.typology(mapping["typology"])
    check.section_b(mapping)
    check.told(mapping)
    return check.problems


class _Check:
    """The faults found so far, and the names known so far."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.problems: list[Problem] = []
        self.known_scales: tuple[str, ...] = ()

    def wrong(self, place: str, what: str, mend: str, allowed: Iterable[str] = ()) -> None:
        shown = ", ".join(allowed) or None
        self.problems.append(Problem(self.file, f"{place}: {what}", mend, allowed=shown))

    def unknown(self, place: str, what: str, name: object, known: Iterable[str]) -> None:
        listed = tuple(known)
        near = nearest(str(name), listed)
        mend = f"did you mean '{near}'?" if near else "correct it, or define it first"
        self.wrong(place, f"the {what} '{name}' is not known", mend, listed)

    def keys(self, place: str, given: object, thing: str) -> bool:
        needed, further = _KEYS[thing]
        if not isinstance(given, Mapping):
            self.wrong(place, "this is not a list of keys", _SEE_HEAD)
            return False
        before = len(self.problems)
        for key in given:
            if key not in (*needed, *further):
                self.unknown(place, "key", key, (*needed, *further))
        for key in needed:
            if key not in given:
                self.wrong(place, f"the key '{key}' is missing", f"add `{key}:`")
        return len(self.problems) == before

    def listed(self, place: str, given: object, thing: str) -> list[Mapping[str, Any]]:
        """The sound members of a list of things."""
        if not isinstance(given, Sequence) or isinstance(given, str):
            self.wrong(place, "this is not a list", _SEE_HEAD)
            return []
        key = _KEYS[thing][0][0]
        named = [(g.get(key, "?") if isinstance(g, Mapping) else "?", g) for g in given]
        return [g for name, g in named if self.keys(f"{place} / {name}", g, thing)]

    def twice(self, place: str, what: str, names: Iterable[Any]) -> None:
        seen: set[Any] = set()
        for name in names:
            if name in seen:
                self.wrong(place, f"the {what} '{name}' is used twice", "give each its own")
            seen.add(name)

    def one_of(self, place: str, what: str, given: object, known: tuple[str, ...]) -> None:
        if given not in known:
            self.unknown(place, what, given, known)

    def number(self, place: str, key: str, given: object) -> bool:
        if isinstance(given, bool) or not isinstance(given, int | float):
            self.wrong(place, f"`{key}` is no number", "write a number")
            return False
        return True

    def whole(self, place: str, key: str, given: object, low: int, high: int | None = None) -> bool:
        sound = isinstance(given, int) and not isinstance(given, bool) and given >= low
        if not sound or (high is not None and isinstance(given, int) and given > high):
            ends = f"from {low}" + (f" to {high}" if high is not None else " on")
            self.wrong(place, f"`{key}` is {given!r}", f"write a whole number {ends}")
            return False
        return True

    def steps(self, place: str, values: list[Any]) -> None:
        """Values of answers: whole numbers, each one more than the one before."""
        if len(values) < 2:
            self.wrong(place, "there are fewer than two", "list every one, the least first")
        for value in values:
            if isinstance(value, bool) or not isinstance(value, int):
                self.wrong(place, f"the value {value!r} is no whole number", "write one")
                return
        if any(b != a + 1 for a, b in pairwise(values)):
            self.wrong(place, "the values do not rise by one", "order them, the least first")

    def responses(self, mapping: Mapping[str, Any]) -> None:
        """Columns, marks and answers of the response file."""
        given = mapping["responses"]
        if not self.keys("responses", given, "responses"):
            return
        points = self.listed("responses / points", given["points"], "point")
        self.steps("responses / points", [p["value"] for p in points])
        spelt = [str(m) for m in given["missing"]]
        for point in points:
            spelt += {str(point["value"]), *map(str, point.get("also", ()))}
        self.twice("responses", "spelling", spelt)
        items = self.listed("items", mapping["items"], "item")
        for item in items:
            if not isinstance(item.get("reverse", False), bool):
                self.wrong(f"items / {item['item']}", "`reverse` is not true or false", "write one")
        section = mapping["section_b"]
        statements = section.get("statements", []) if isinstance(section, Mapping) else []
        columns = [given["respondent"], given["site"], given["group"], *(i["item"] for i in items)]
        columns += [s.get("statement") for s in statements if isinstance(s, Mapping)]
        self.twice("columns", "column", columns)

    def scales(self, mapping: Mapping[str, Any]) -> None:
        """Scales, their parts and their names."""
        scales = self.listed("scales", mapping["scales"], "scale")
        items = [i["item"] for i in mapping["items"] if isinstance(i, Mapping) and "item" in i]
        used: list[str] = []
        before: list[str] = []
        names: dict[str, str] = {}
        # Also those with a fault of their own, which must not be told again as unknown.
        given = mapping["scales"] if isinstance(mapping["scales"], list) else []
        named = [s["scale"] for s in given if isinstance(s, Mapping) and "scale" in s]
        self.known_scales = tuple(map(str, named))
        self.twice("scales", "scale", self.known_scales)
        for scale in scales:
            place = f"scales / {scale['scale']}"
            self.one_of(place, "level", scale["level"], LEVELS)
            self.one_of(place, "kind", scale["kind"], KINDS)
            if ("items" in scale) == ("scales" in scale):
                self.wrong(place, "a scale is made of items or of scales", "keep one of the two")
                continue
            parts = scale.get("items") or scale.get("scales") or []
            if not parts:
                self.wrong(place, "the scale has no parts", "list its items or scales")
            known = items if "items" in scale else before
            what = "item" if "items" in scale else "scale above it"
            for part in parts:
                if part not in known:
                    self.unknown(place, what, part, known)
            self.twice(place, "part", parts)
            used += parts
            before.append(scale["scale"])
            self._rules(place, scale, parts)
            self._aliases(place, scale, names)
        for item in items:
            if item not in used:
                self.wrong("items", f"'{item}' belongs to no scale", "add it to one, or delete it")

    def _rules(self, place: str, scale: Mapping[str, Any], parts: Sequence[str]) -> None:
        for part, weight in scale.get("weights", {}).items():
            if part not in parts:
                self.unknown(f"{place} / weights", "part", part, parts)
            self.whole(f"{place} / weights", str(part), weight, 1)
        if ("at_least" in scale) == ("least_share" in scale):
            what = "the rule for missing parts is not one of the two"
            self.wrong(place, what, "write one", ("at_least", "least_share"))
        elif "at_least" in scale:
            self.whole(place, "at_least", scale["at_least"], 1, max(1, len(parts)))
        elif self.number(place, "least_share", scale["least_share"]) and not (
            0 < scale["least_share"] <= 1
        ):
            self.wrong(place, "`least_share` is no share", "write a number above 0, at most 1")

    def _aliases(self, place: str, scale: Mapping[str, Any], names: dict[str, str]) -> None:
        aliases = self.listed(f"{place} / aliases", scale.get("aliases", []), "alias")
        for text in (scale["scale"], scale["name"], *(a["as"] for a in aliases)):
            key = re.sub(r"[^a-z0-9]+", "", str(text).replace("&", " and ").casefold())
            owner = names.setdefault(key, scale["scale"])
            if owner != scale["scale"]:
                what = f"the name '{text}' also stands for '{owner}'"
                self.wrong(place, what, "give it to one of the two")

    def norms(self, mapping: Mapping[str, Any]) -> None:
        """Ends of scores, definition of ranks, smallest group."""
        scores, norms, groups = mapping["scores"], mapping["norms"], mapping["groups"]
        if self.keys("scores", scores, "scores"):
            sound = [self.number("scores", key, scores[key]) for key in ("lowest", "highest")]
            if all(sound) and scores["lowest"] >= scores["highest"]:
                self.wrong("scores", "`lowest` is not below `highest`", "write the lower one first")
        if self.keys("norms", norms, "norms"):
            self.one_of("norms", "definition", norms["definition"], DEFINITIONS)
            self.one_of("norms", "standing", norms["standing"], STANDINGS)
        if self.keys("groups", groups, "groups"):
            # One doctor has no spread, so nothing can be said of how sure a place is.
            self.whole("groups", "place_from", groups["place_from"], 2)

    def bands(self, given: object) -> None:
        """Bands from low to high, with ends that rise."""
        bands = self.listed("bands", given, "band")
        self.twice("bands", "band", [b["band"] for b in bands])
        if not bands:
            return
        ends: list[Any] = [b.get("to") for b in bands]
        if ends[-1] is not None or None in ends[:-1]:
            self.wrong("bands", "each band but the last has an end", "add or delete `to:`")
            return
        if not all(self.number("bands", "to", end) for end in ends[:-1]):
            return
        for b in bands:
            if not isinstance(b.get("includes_end", True), bool):
                self.wrong(
                    f"bands / {b['band']}", "`includes_end` is not true or false", "write one"
                )
        if any(high <= low for low, high in pairwise(ends[:-1])):
            self.wrong("bands", "the ends do not rise", "order the bands, the lowest first")
        if any(not 0 < end < 100 for end in ends[:-1]):
            self.wrong("bands", "an end is no percentile", "write numbers between 0 and 100")

    def typology(self, given: object) -> None:
        """Cut, quadrants and maps of the grid."""
        if not self.keys("typology", given, "typology") or not isinstance(given, Mapping):
            return
        if self.number("typology", "cut", given["cut"]) and not 0 < given["cut"] < 100:
            self.wrong("typology", "the cut is no percentile", "write a number between 0 and 100")
        self.one_of("typology", "side", given["at_cut"], ENDS)
        quadrants = self.listed("typology / quadrants", given["quadrants"], "quadrant")
        self.twice("typology / quadrants", "quadrant", [q["quadrant"] for q in quadrants])
        corners = sorted((str(q["organisational"]), str(q["individual"])) for q in quadrants)
        if corners != sorted(product(ENDS, ENDS)):
            what = "the quadrants are not the four corners of the grid"
            self.wrong("typology / quadrants", what, "give each pair of low and high one name")
        maps = self.listed("typology / maps", given["maps"], "map")
        self.twice("typology / maps", "map", [m["map"] for m in maps])
        for m in maps:
            for key in ("map", "organisational", "individual"):
                self.one_of(f"typology / maps / {m['map']}", "scale", m[key], self.known_scales)

    def section_b(self, mapping: Mapping[str, Any]) -> None:
        """Statements and their categories."""
        given = mapping["section_b"]
        if not self.keys("section_b", given, "section_b"):
            return
        statements = self.listed("section_b / statements", given["statements"], "statement")
        categories = self.listed("section_b / categories", given["categories"], "category")
        if statements:
            values = [c["value"] for c in categories]
            if (
                len(values) < 2
                or values != sorted(set(values), key=str)
                or not all(isinstance(v, int) and 0 <= v <= 9 for v in values)
            ):
                what = "the values are not two or more single digits that rise"
                self.wrong("section_b / categories", what, "order them, the least first")
        self.twice("section_b / categories", "category", [c["category"] for c in categories])
        spelt = [w for c in categories for w in {str(c["value"]), *map(str, c.get("also", ()))}]
        self.twice("section_b / categories", "spelling", spelt)
        for category in categories:
            place = f"section_b / categories / {category['category']}"
            self.one_of(place, "side", category["side"], SIDES)
            named = self.listed(f"{place} / named", category.get("named", []), "place")
            if named and category.get("assumed", False):
                what = "a category that is named is not assumed"
                self.wrong(place, what, "delete the places, or `assumed: true`")

    def told(self, mapping: Mapping[str, Any]) -> None:
        """Open questions, assumptions and decisions."""
        questions = self.listed("open_questions", mapping["open_questions"], "open question")
        self.twice("open_questions", "question", [q["question"] for q in questions])
        assumptions = self.listed("assumptions", mapping["assumptions"], "assumption")
        self.twice("assumptions", "assumption", [a["assumption"] for a in assumptions])
        for assumption in assumptions:
            for topic in assumption["touches"]:
                place = f"assumptions / {assumption['assumption']}"
                self.one_of(place, "topic", topic, TOPICS)
        self.listed("decisions", mapping["decisions"], "decision")
