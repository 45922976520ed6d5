"""The words of checks that need a threshold of ours: `words.yaml`, read and checked."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from medlead.sources.messages import ProblemsFound, fault, with_keys
from medlead.sources.texts import nearest

_KEYS = ("means", "threshold", "of_shares")


@dataclass(frozen=True)
class Threshold:
    """The threshold of one word; `of_shares` where shares are measured in another way."""

    value: Fraction
    of_shares: Fraction | None = None


Thresholds = Mapping[str, Threshold]


def load_words(
    content: Any, ours: frozenset[str], plain: frozenset[str], file: str = "words.yaml"
) -> dict[str, Threshold]:
    """The thresholds by word, of a file that gives every truth word its one meaning.

    `ours` are the words that need a threshold, `plain` those that need none. Raises
    ProblemsFound with everything that is wrong: a word without entry or the other way
    round, a meaning that is empty, a threshold that is missing, needless or no number.
    """
    words = with_keys(content, ("words",), file)["words"]
    if not isinstance(words, Mapping):
        raise ProblemsFound([fault(file, "no words are declared", "see its head", "words")])
    known = ours | plain
    problems = []
    found: dict[str, Threshold] = {}
    for name in sorted(known - set(words)):
        mend = "add it with `means:`" + (" and `threshold:`" if name in ours else "")
        problems.append(fault(file, f"the word '{name}' has no entry", mend, "words"))
    for name, entry in words.items():
        key = f"words / {name}"
        if name not in known:
            near = nearest(str(name), known)
            mend = f"did you mean '{near}'?" if near else "take it out"
            problems.append(fault(file, "there is no such word", mend, key))
            continue
        entry = entry if isinstance(entry, Mapping) else {}
        for other in sorted(set(entry) - set(_KEYS)):
            mend = f"the keys are {', '.join(_KEYS)}"
            problems.append(fault(file, f"the key '{other}' is not known", mend, key))
        means = entry.get("means")
        if not (isinstance(means, str) and means.strip()):
            problems.append(fault(file, "its meaning is missing", "say it in `means:`", key))
        given = {k: entry[k] for k in ("threshold", "of_shares") if k in entry}
        if name in plain:
            if given:
                what = "this word needs no threshold"
                problems.append(fault(file, what, "take it out", key))
            continue
        wrong = [k for k, v in given.items() if not _is_number(v)]
        if "threshold" not in given or wrong:
            what = "its threshold is missing or no number of 0 or more"
            problems.append(fault(file, what, "write a number such as 0.8", key))
            continue
        values = {k: Fraction(str(v)) for k, v in given.items()}
        found[name] = Threshold(values["threshold"], values.get("of_shares"))
    if problems:
        raise ProblemsFound(problems)
    return found


def _is_number(value: Any) -> bool:
    plain = isinstance(value, int | float) and not isinstance(value, bool)
    return plain and 0 <= value < float("inf")
