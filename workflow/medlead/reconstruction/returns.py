"""From records to returns: answers in the questionnaire's own shape, as a study collects them."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from medlead.reconstruction.levels import TICKED
from medlead.reconstruction.space import Space
from medlead.survey.definition import PartType
from medlead.survey.instrument import OPTION_MARK, Code, CodeKind, Instrument, Part

Numbers = Mapping[str, "pd.Series[float]"]


class ReturnWriter:
    """Writes records into the raw columns of an instrument, by the rules of a recipe.

    `records` are level positions (`medlead.reconstruction.deal`), `numbers` the values of
    the variables that have any, `several` the variables made from one with several codes.
    `first_times` are, by single record, the times of its first roles that are known.
    """

    def __init__(
        self,
        instrument: Instrument,
        space: Space,
        several: Mapping[str, Mapping[str, str]],
        records: pd.DataFrame,
        numbers: Numbers,
        recipe: Mapping[str, Any],
        totals: Mapping[str, tuple[float, float, float]],
        first_times: Mapping[str, Sequence[float]],
        seed: int,
    ) -> None:
        self.instrument, self.space, self.several = instrument, space, several
        self.records, self.numbers, self.recipe = records, numbers, recipe
        self.totals, self.first_times = totals, first_times
        self.random = np.random.default_rng(seed)
        self.raw = pd.DataFrame("", index=records.index, columns=list(instrument.columns))

    def write(self) -> pd.DataFrame:
        """The returns, one row for each record, every cell a text."""
        for coded in self.instrument.coded:
            if coded.name not in self.several and not coded.sum and not coded.of:
                part = self.instrument.part(coded.sources[0])
                codes = self.instrument.codes.get(coded.codes or "")
                if coded.name in self.numbers:
                    shown = [_number(v) for v in self.numbers[coded.name]]
                    self.raw[part.column or ""] = shown
                elif coded.name in self.space.variables and codes is None:
                    self._plain(coded.name, part)
                elif coded.name in self.space.variables and codes is not None:
                    self._codes(coded.name, part, codes.kind, codes.codes)
        rules: Mapping[str, Callable[[Mapping[str, Any]], None]] = {
            "roles": self._roles,
            "items": self._items,
            "units": self._units,
            "used": self._used,
            "draw": self._draw,
        }
        for rule in self.recipe["answers"]:
            rules[rule["kind"]](rule)
        return self.raw

    def _pick(self, options: Sequence[Any]) -> Any:
        return options[int(self.random.integers(len(options)))]

    def _levels(self, name: str) -> list[str]:
        levels = self.space.variables[name]
        return [levels[i].name for i in self.records[name]]

    def _plain(self, name: str, part: Part) -> None:
        labels = {o.name: o.name if part.from_frame else o.label for o in part.options}
        texts = [labels.get(level, level) for level in self._levels(name)]
        if part.type is PartType.YES_NO:
            texts = [text.capitalize() for text in texts]
        self.raw[part.column or ""] = texts

    def _codes(self, name: str, part: Part, kind: CodeKind, codes: Sequence[Code]) -> None:
        by_name = {code.name: code for code in codes}
        for i, level in zip(self.raw.index, self._levels(name), strict=True):
            code = by_name.get(level)
            if code is None:
                continue
            if kind is CodeKind.TICKS:
                for option in part.options:
                    if option.name in code.ticks:
                        self.raw.loc[i, option.column or ""] = TICKED
            elif kind is CodeKind.CHOICE:
                labels = [o.label for o in part.options if o.name in code.options]
                self.raw.loc[i, part.column or ""] = labels[0]
            else:
                self.raw.loc[i, part.column or ""] = self._pick(self.recipe["words"][name][level])

    def _roles(self, rule: Mapping[str, Any]) -> None:
        counts = self.numbers[rule["count"]]
        times = self._times(rule["times"], counts) if "times" in rule else {}
        for i, count in zip(counts.index, counts, strict=True):
            if not count > 0:
                continue
            titles = [self._pick(rule["first"])]
            titles += [self._pick(rule["further"]) for _ in range(int(count) - 1)]
            if i in times:
                known = len(self.first_times.get(str(self.records.loc[i, "single"]), ()))
                titles[:known] = [titles[0]] * known
                shown = [f"{title} {_number(t)}" for title, t in zip(titles, times[i], strict=True)]
                titles = shown
            self.raw.loc[i, rule["column"]] = "; ".join(titles)

    def _times(self, rule: Mapping[str, Any], counts: "pd.Series[float]") -> dict[Any, list[float]]:
        """The time of each role in so many returns; lowest, highest and mean as printed."""
        low, high, mean = self.totals[rule["total"]]
        single = self.records["single"]
        having = [i for i in counts.index if counts[i] > 0]
        known = [i for i in having if single[i] in self.first_times]
        open_ones = [i for i in having if i not in known]
        chosen = [
            str(i) for i in self.random.permutation(open_ones)[: rule["returns"] - len(known)]
        ]
        by_text = {str(i): i for i in open_ones}
        times: dict[Any, list[float]] = {}
        for i in [*known, *sorted(by_text[c] for c in chosen)]:
            first = list(self.first_times.get(str(single[i]), [self._pick(rule["first"])]))
            first = first[: int(counts[i])]
            further = [self._pick(rule["further"]) for _ in range(int(counts[i]) - len(first))]
            times[i] = [float(t) for t in [*first, *further]]
        free = [i for i in times if i not in known]
        by_size = sorted(free, key=lambda i: (counts[i], self.records.loc[i, "_size"]))
        _set_total(times[by_size[0]], low)
        _set_total(times[by_size[-1]], high)
        # The rest moves by whole activities until the mean is the printed one.
        wanted = round(mean * len(times))
        movable = by_size[1:-1]
        step = 0
        while (missing := wanted - sum(map(sum, times.values()))) != 0:
            move = 1.0 if missing > 0 else -1.0
            i = movable[step % len(movable)]
            if low <= sum(times[i]) + move <= high and times[i][0] + move >= 1:
                times[i][0] += move
            step += 1
            if step > 1000 * len(movable):
                raise ValueError("the printed mean of times cannot be reached")
        return times

    def _items(self, rule: Mapping[str, Any]) -> None:
        words, columns = self.recipe["words"][rule["of"]], rule["columns"]
        made = self.several[rule["of"]]
        place = {code: column for column, codes in columns.items() for code in codes}
        held = {code: self._levels(name) for code, name in made.items()}
        for row, i in enumerate(self.raw.index):
            listed: dict[str, list[str]] = {column: [] for column in columns}
            for code, levels in held.items():
                if levels[row] == "yes" and code in words:
                    listed[place.get(code, next(iter(columns)))].append(self._pick(words[code]))
            more = self.random.permutation(rule["others"])[: int(self.random.integers(3))]
            listed[next(iter(columns))] += [str(other) for other in more]
            for column, names in listed.items():
                self.raw.loc[i, column] = "; ".join(names)
                part = next(p for p in self.instrument.parts if p.column == column)
                if part.asked_if:
                    before = self.instrument.part(part.asked_if.part)
                    self.raw.loc[i, before.column or ""] = "Yes" if names else "No"

    def _used_kinds(self, choice: str) -> list[tuple[Any, list[str], str]]:
        """For each return the kinds of unit in use, and the principal one."""
        part = self.instrument.part(choice)
        routing = part.asked_if
        ticks = self.instrument.part(routing.part if routing else choice)
        found = []
        for i in self.raw.index:
            label = str(self.raw.loc[i, part.column or ""])
            main = next((o.name for o in part.options if o.label == label), "")
            used = [o.name for o in ticks.options if self.raw.loc[i, o.column or ""] == TICKED]
            # A kind without a tick is given one only where that adds no code: Other.
            for option in ticks.options:
                if option.name == main and main not in used:
                    used.append(main)
                    if option.name in self._no_code(ticks):
                        self.raw.loc[i, option.column or ""] = TICKED
            found.append((i, used, main))
        return found

    def _no_code(self, ticks: Part) -> frozenset[str]:
        """The options of a set of ticks that change no code."""
        sets = [codes for codes in self.instrument.codes.values() if ticks.name in codes.of]
        return frozenset(name for codes in sets for name in codes.ignore)

    def _units(self, rule: Mapping[str, Any]) -> None:
        for i, used, main in self._used_kinds(rule["choice"]):
            for option in used:
                number = self.numbers[rule["number"]][i]
                value = number if option == main else float(self._pick(rule["others"]))
                self.raw.loc[i, rule["column"].replace(OPTION_MARK, option)] = _number(value)

    def _used(self, rule: Mapping[str, Any]) -> None:
        for i, used, _ in self._used_kinds(rule["choice"]):
            for option in used:
                column = rule["column"].replace(OPTION_MARK, option)
                self.raw.loc[i, column] = self._pick(rule["words"])

    def _draw(self, rule: Mapping[str, Any]) -> None:
        among = pd.Series(True, index=self.raw.index)
        for name, level in rule.get("if", {}).items():
            among &= pd.Series(self._levels(name), index=self.raw.index) == level
        follows = float(rule.get("attitude", 0.0))
        noise = self.random.standard_normal(len(self.raw))
        score = follows * self.records["_attitude"] + np.sqrt(1 - follows**2) * noise
        index = score[among].sort_values().index
        self.raw.loc[index, rule["column"]] = _quota(rule["texts"], len(index))


def within_levels(
    space: Space,
    name: str,
    records: pd.DataFrame,
    step: float,
    ends: tuple[float, float],
    random: np.random.Generator,
) -> "pd.Series[float]":
    """A value for each record within its level, larger for a larger hidden size; NaN for none.

    Values are multiples of `step` where the level is wide enough, and lie within `ends`.
    """
    values = pd.Series(np.nan, index=records.index)
    for position, level in enumerate(space.variables[name]):
        if level.low is None or level.below is None:
            continue
        held = records.index[records[name] == position]
        low, high = max(level.low, ends[0]), min(level.below, ends[1] + step / 2)
        drawn = np.sort(random.uniform(low, high, len(held)))
        values[records.loc[held, "_size"].sort_values().index] = _stepped(drawn, step, low, high)
    return values


def _stepped(
    drawn: npt.NDArray[np.float64], step: float, low: float, high: float
) -> npt.NDArray[np.float64]:
    first, last = np.ceil(low / step) * step, np.ceil(high / step) * step - step
    if first > last:
        return np.full(len(drawn), low)
    return np.clip(np.floor(drawn / step) * step, first, last)


def _set_total(times: list[float], total: float) -> None:
    """Bring the times of one return to a total that its posts share.

    Less is left to the first post alone; more goes, one activity at a time, to the post
    that has the least, since no single post fills more than a week.
    """
    if total < sum(times):
        times[:] = [total, *[0.0] * (len(times) - 1)]
    while (missing := total - sum(times)) > 0:
        times[times.index(min(times))] += min(1.0, missing)


def _quota(weights: Mapping[str, float], number: int) -> list[str]:
    """Texts in the order given, each as often as its weight says (largest remainders)."""
    total = sum(weights.values())
    shares = [number * weight / total for weight in weights.values()]
    amounts = [int(share) for share in shares]
    order = sorted(range(len(shares)), key=lambda k: (amounts[k] - shares[k], k))
    for k in order[: number - sum(amounts)]:
        amounts[k] += 1
    return [text for text, amount in zip(weights, amounts, strict=True) for _ in range(amount)]


def _number(value: float) -> str:
    return "" if np.isnan(value) else f"{value:g}" if value < 1e5 else f"{value:.0f}"
