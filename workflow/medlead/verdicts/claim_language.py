"""The language of checks: a small part of Python's expressions, parsed and never run.

A check is read by `ast` and held against the registry of words (`claim_registry`) down to
the kind of every argument. What is not listed here is refused, with its place.
"""

import ast
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from medlead.sources.messages import Problem, ProblemsFound
from medlead.sources.texts import nearest
from medlead.verdicts import (
    claim_evidence_words,
    claim_judgement,
    claim_series_words,
    claim_words,
    conclusion_words,
)
from medlead.verdicts.claim_registry import (
    NAME,
    NAMES,
    NUMBER,
    TEXT,
    TRUTH,
    WORDS,
    Word,
)
from medlead.verdicts.claim_verdicts import GIVEN

__all__ = ["ALLOWED", "Check", "parse", "truth_words"]

ALLOWED = (
    "words with their arguments, numbers, texts in quotes, lists of texts, < <= == != >= >, "
    "and, or, not, + - * / and brackets"
)
LONGEST, DEEPEST = 4000, 60
SIGN_OF: Mapping[type[ast.cmpop], str] = {
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Eq: "==",
    ast.NotEq: "!=",
}
_SUMS = (ast.Add, ast.Sub, ast.Mult, ast.Div)
# The registry is filled by the modules that define words.
_FILLED = (
    *(claim_evidence_words, claim_series_words, claim_words, claim_judgement),
    conclusion_words,
)


@dataclass(frozen=True)
class Check:
    """A check that can be evaluated: its text, and what it was parsed to."""

    text: str
    tree: ast.expr

    @property
    def calls(self) -> list[ast.Call]:
        """Every word that it uses, in no order."""
        return [n for n in ast.walk(self.tree) if isinstance(n, ast.Call)]


@dataclass(frozen=True)
class _Fault:
    at: int
    what: str
    mend: str


def truth_words(*, ours: bool) -> frozenset[str]:
    """The words that are a truth by a meaning of their own, with or without a threshold of ours.

    Words that ask for what is decided elsewhere, or say that nothing is, have none.
    """
    asked = {"relation", "sentence", "statement", "not_checkable", "needs", "claim", "all_claims"}
    return frozenset(
        w.name
        for w in WORDS.values()
        if w.returns == TRUTH and w.ours is ours and w.name not in asked
    )


def parse(text: str, file: str = "check", row: int | None = None, column: str = "check") -> Check:
    """Read a check; raises ProblemsFound with everything that is wrong with it.

    Each fault names the place in the text (counted from 1), what stands there, what is
    allowed and how to mend it. `file`, `row` and `column` say where the check stands.
    """
    faults: list[_Fault] = []
    tree: ast.expr | None = None
    if len(text) > LONGEST:
        faults.append(_Fault(0, f"the check is longer than {LONGEST} signs", "make it shorter"))
    else:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                tree = ast.parse(text.strip(), mode="eval").body
        except SyntaxError as error:
            at = (error.offset or 1) - 1
            faults.append(_Fault(at, f"it cannot be read: {error.msg}", "mend it at this place"))
        except (ValueError, RecursionError, MemoryError) as error:
            faults.append(_Fault(0, f"it cannot be read: {error}", "write it in a simpler way"))
    if tree is not None:
        if _depth(tree) > DEEPEST:
            faults.append(_Fault(0, "it is nested too deeply", "write it in a simpler way"))
        else:
            reader = _Reader(faults)
            kind = reader.kind(tree)
            if kind not in (TRUTH, None):
                faults.append(_Fault(0, f"the check is {kind}, not a truth", "compare it"))
            reader.whole(tree)
    if faults or tree is None:
        raise ProblemsFound(
            Problem(
                file,
                f"place {fault.at + 1}: {fault.what}",
                fault.mend,
                row,
                column,
                text,
                ALLOWED,
            )
            for fault in faults
        )
    return Check(text, tree)


def place_of(node: ast.AST) -> int:
    """Where a part begins in its line; further lines count as places far behind."""
    line = getattr(node, "lineno", 1) - 1
    return int(line * LONGEST + getattr(node, "col_offset", 0))


def _depth(tree: ast.AST) -> int:
    deepest, level = 0, [tree]
    while level:
        deepest += 1
        level = [child for node in level for child in ast.iter_child_nodes(node)]
    return deepest


class _Reader:
    """Goes through a check once: the kind of every part, and all faults."""

    def __init__(self, faults: list[_Fault]) -> None:
        self.faults = faults

    def _wrong(self, node: ast.AST, what: str, mend: str) -> None:
        self.faults.append(_Fault(place_of(node), what, mend))

    def whole(self, tree: ast.expr) -> None:
        """Words that make up a check alone stand nowhere else."""
        for node in ast.walk(tree):
            if node is not tree and isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                found = WORDS.get(node.func.id)
                if found and found.whole:
                    mend = "write it as the whole check, without anything else"
                    self._wrong(node, f"'{node.func.id}' makes up a check alone", mend)

    def kind(self, node: ast.expr) -> str | None:
        """What a part is; None where it has faults."""
        if isinstance(node, ast.Constant):
            if _plain_number(node.value):
                return NUMBER
            if isinstance(node.value, str):
                return TEXT
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.UAdd):
            self._need(node.operand, NUMBER, "a sign needs a number behind it")
            return NUMBER
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            self._need(node.operand, TRUTH, "'not' needs a truth behind it")
            return TRUTH
        if isinstance(node, ast.BinOp) and isinstance(node.op, _SUMS):
            for side in (node.left, node.right):
                self._need(side, NUMBER, "sums are of numbers")
            return NUMBER
        if isinstance(node, ast.BoolOp):
            for part in node.values:
                self._need(part, TRUTH, "'and' and 'or' join truths")
            return TRUTH
        if isinstance(node, ast.Compare) and all(type(op) in SIGN_OF for op in node.ops):
            return self._comparison(node)
        if isinstance(node, ast.Call):
            return self._call(node)
        self._wrong(
            node, f"'{type(node).__name__}' is no part of the language", "see what is allowed"
        )
        return None

    def _need(self, node: ast.expr, wanted: str, what: str) -> None:
        kind = self.kind(node)
        if kind is not None and kind != wanted:
            self._wrong(node, f"{what}, and this is {kind}", f"write {wanted} here")

    def _comparison(self, node: ast.Compare) -> str | None:
        parts = [node.left, *node.comparators]
        kinds = [self.kind(part) for part in parts]
        if None in kinds:
            return None
        for part, kind, other, op in zip(parts[1:], kinds[1:], kinds, node.ops, strict=False):
            texts = kind == other == TEXT and isinstance(op, ast.Eq | ast.NotEq)
            if not texts and not kind == other == NUMBER:
                self._wrong(
                    part,
                    f"{other} and {kind} cannot be compared by '{SIGN_OF[type(op)]}'",
                    "compare two numbers, or two texts by == or !=",
                )
        return TRUTH

    def _call(self, node: ast.Call) -> str | None:
        if not isinstance(node.func, ast.Name):
            self._wrong(node, "only words can be called", "write a word, then its arguments")
            return None
        found = WORDS.get(node.func.id)
        if found is None:
            near = nearest(node.func.id, WORDS)
            mend = f"did you mean '{near}'?" if near else f"the words are {', '.join(WORDS)}"
            self._wrong(node, f"there is no word '{node.func.id}'", mend)
            return None
        self._arguments(node, found)
        return found.returns

    def _arguments(self, node: ast.Call, found: Word) -> None:
        placed = [p for p in found.parameters if p.by_place]
        named = {p.name: p for p in found.parameters}
        given: set[str] = set()
        if len(node.args) > len(placed):
            self._wrong(node, f"'{found.name}' takes {len(placed)} arguments", found.usage)
        for argument, parameter in zip(node.args, placed, strict=False):
            given.add(parameter.name)
            self._argument(argument, parameter.kinds)
        taken_by_place = set(given)
        for keyword in node.keywords:
            key = keyword.arg
            free = found.any_key and key is not None
            if key in named and not (found.any_key and named[key].by_place):
                if key in given:
                    self._wrong(keyword, f"'{key}' is given twice", found.usage)
                given.add(key)
                self._argument(keyword.value, named[key].kinds)
            elif free:
                self._argument(keyword.value, frozenset([NAMES]))
            else:
                self._wrong(keyword, f"'{found.name}' has no '{key}='", found.usage)
        missing = [p.name for p in found.parameters if p.needed and p.name not in given]
        if missing:
            self._wrong(node, f"'{found.name}' lacks {', '.join(missing)}", found.usage)
        if found.name == "not_checkable" and "reason" in taken_by_place:
            reason = node.args[0]
            known = [str(r) for r in GIVEN]
            if isinstance(reason, ast.Constant) and reason.value not in known:
                mend = f"the reasons are {', '.join(known)}"
                self._wrong(reason, f"{reason.value!r} is no reason", mend)

    def _argument(self, node: ast.expr, kinds: frozenset[str]) -> None:
        literal = literal_of(node)
        if kinds & {NAME, NAMES}:
            if literal is None or (isinstance(literal, list) and NAMES not in kinds):
                wanted = NAMES if NAMES in kinds else NAME
                self._wrong(node, f"{wanted} is needed here", 'write it in quotes, as in "Total"')
            return
        kind = self.kind(node)
        if kind is not None and kind not in kinds:
            wanted = " or ".join(sorted(kinds))
            self._wrong(node, f"{wanted} is needed here, and this is {kind}", f"write {wanted}")


def _plain_number(value: Any) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return value == value and abs(value) < 1e300


def literal_of(node: ast.expr) -> str | list[str] | None:
    """A name, or a list of names, that is written out; numbers count as their text."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.Constant) and _plain_number(node.value):
        return str(node.value)
    if isinstance(node, ast.List):
        parts = [literal_of(part) for part in node.elts]
        if parts and all(isinstance(part, str) for part in parts):
            return [str(part) for part in parts]
    return None
