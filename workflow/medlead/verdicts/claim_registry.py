"""The registry of the words of checks: each a small function whose docstring is its meaning."""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from medlead.verdicts.claim_evidence import ClaimEvidence
from medlead.verdicts.claim_thresholds import Thresholds
from medlead.verdicts.claim_values import Number, Series, Text, Texts, Truth, Value
from medlead.verdicts.claim_verdicts import Touch

NUMBER, TEXT, SERIES, TEXTS, TRUTH = "a number", "a text", "a series", "texts", "a truth"
NAME, NAMES = "a name in quotes", "a name or a list of names"


@dataclass(frozen=True)
class Context:
    """What words may ask for: the evidence, and the thresholds that are ours.

    `claims` has the truth of each claim, for the checks of conclusions; else it is empty.
    """

    evidence: ClaimEvidence
    thresholds: Thresholds
    claims: Mapping[str, Truth] = field(default_factory=dict)


@dataclass(frozen=True)
class Parameter:
    """One argument of a word: the kinds it may be, and how it is given."""

    name: str
    kinds: frozenset[str]
    needed: bool
    by_place: bool


@dataclass(frozen=True)
class Word:
    """One word: its function, what it takes and gives, and whether its threshold is ours.

    `touches` is what a sentence with this word settles; None for words that only get at
    evidence or count.
    """

    name: str
    function: Callable[..., Value]
    parameters: tuple[Parameter, ...]
    returns: str
    any_key: bool
    context: bool
    ours: bool
    whole: bool
    touches: Touch | None = None

    @property
    def meaning(self) -> str:
        """Its one meaning: the first paragraph of what documents it."""
        return " ".join((inspect.getdoc(self.function) or "").split("\n\n")[0].split())

    @property
    def usage(self) -> str:
        """How it is written, in one line."""
        given = [
            (p.name if p.by_place else f"{p.name}=...")
            if p.needed
            else (f"[{p.name}]" if p.by_place else f"[{p.name}=...]")
            for p in self.parameters
        ]
        return f"{self.name}({', '.join([*given, *(['key=value, ...'] if self.any_key else [])])})"

    @property
    def looks(self) -> bool:
        """Whether it looks at evidence."""
        return self.context and not self.ours


class Name(str):
    """A name that is written out in a check, a number counting as its text."""


Names = list[str]
"""Names that are written out in a check; one name stands for a list of it."""

_KINDS: Mapping[Any, str] = {
    Number: NUMBER,
    Text: TEXT,
    Series: SERIES,
    Texts: TEXTS,
    Truth: TRUTH,
    Name: NAME,
    Names: NAMES,
}
WORDS: dict[str, Word] = {}
"""Every word of the language, by name."""


def word(
    *, ours: bool = False, whole: bool = False, touches: Touch | None = None
) -> Callable[[Callable[..., Any]], Any]:
    """Register a function as a word, by its name, signature and docstring.

    `ours`: its threshold stands in the configuration. `whole`: it makes up a check alone.
    `touches`: what a sentence settles that uses it.
    """

    def register(function: Callable[..., Any]) -> Callable[..., Any]:
        hints = get_type_hints(function)
        # A word that is one of Python's own names has an underscore behind it.
        name = function.__name__.rstrip("_")
        parameters, any_key, context = [], False, False
        for p in inspect.signature(function).parameters.values():
            if p.name == "context":
                context = True
            elif p.kind is p.VAR_KEYWORD:
                any_key = True
            else:
                kinds = frozenset(_KINDS[h] for h in _parts(hints[p.name]))
                by_place = p.kind is not p.KEYWORD_ONLY
                parameters.append(Parameter(p.name, kinds, p.default is p.empty, by_place))
        returns = _KINDS[hints["return"]]
        WORDS[name] = Word(
            name, function, tuple(parameters), returns, any_key, context, ours, whole, touches
        )
        return function

    return register


def _parts(hint: Any) -> list[Any]:
    if get_origin(hint) in (Union, UnionType):
        return [h for h in get_args(hint) if h is not type(None)]
    return [hint]
