"""Checks evaluated word by word, in truth of three values; nothing of a check is ever run."""

import ast
from dataclasses import replace
from fractions import Fraction
from typing import Any

from medlead.verdicts.claim_language import ALLOWED, SIGN_OF, Check, literal_of, place_of
from medlead.verdicts.claim_naming import named
from medlead.verdicts.claim_registry import NAME, NAMES, WORDS, Context, Name, Word
from medlead.verdicts.claim_truths import both, compared, either, opposite
from medlead.verdicts.claim_values import (
    PERCENT,
    SHARE,
    Number,
    Refused,
    Text,
    Truth,
    Value,
    added,
    combined,
    divided,
)


def evaluate(check: Check, context: Context, turned: int | None = None) -> Truth:
    """The truth of a check, with what was computed.

    Words whose threshold is ours tell their place in the check (`Judged.place`); `turned`
    is the place of one whose truth is taken to be the other. Raises Refused for a check that
    does not fit the evidence, NotBuilt where a result is not there, and Nothing where
    the check says that nothing decides it.
    """
    truth = _Evaluation(context, turned).value(check.tree)
    if not isinstance(truth, Truth):  # pragma: no cover - the parser has seen to it
        raise Refused("the check is no truth", "compare it")
    return truth


def measured(check: Check, context: Context) -> Number:
    """The number on the left of a check that is one comparison.

    Raises Refused where it is none, or does not fit the evidence, and NotBuilt where a result
    is not there.
    """
    tree = check.tree
    found = _Evaluation(context, None).value(tree.left) if isinstance(tree, ast.Compare) else None
    if not isinstance(found, Number):
        raise Refused("this compares no number", "begin it with a number")
    return found


class _Evaluation:
    def __init__(self, context: Context, turned: int | None) -> None:
        self.context, self.turned = context, turned

    def value(self, node: ast.expr) -> Value:
        """The value of one part."""
        if isinstance(node, ast.Constant):
            if isinstance(node.value, str):
                return Text(node.value)
            exactly = Fraction(str(node.value))
            return Number(exactly, exactly)
        if isinstance(node, ast.UnaryOp):
            if isinstance(node.op, ast.Not):
                return opposite(self._truth(node.operand))
            number = self._number(node.operand)
            return combined([number], lambda v: -v) if isinstance(node.op, ast.USub) else number
        if isinstance(node, ast.BinOp):
            return _sum(node.op, self._number(node.left), self._number(node.right))
        if isinstance(node, ast.BoolOp):
            parts = [self._truth(part) for part in node.values]
            return both(*parts) if isinstance(node.op, ast.And) else either(*parts)
        if isinstance(node, ast.Compare):
            values = [self._named(part) for part in (node.left, *node.comparators)]
            return both(
                *(
                    compared(a, SIGN_OF[type(op)], b)
                    for a, op, b in zip(values, node.ops, values[1:], strict=False)
                )
            )
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            return self._call(node, WORDS[node.func.id])
        raise Refused("this is no part of the language", ALLOWED)  # pragma: no cover

    def _named(self, node: ast.expr) -> Value:
        """The value of one part; a number or text knows what it is, for its reader."""
        found = self.value(node)
        return replace(found, name=named(node)) if isinstance(found, Number | Text) else found

    def _truth(self, node: ast.expr) -> Truth:
        found = self.value(node)
        assert isinstance(found, Truth)
        return found

    def _number(self, node: ast.expr) -> Number:
        found = self.value(node)
        assert isinstance(found, Number)
        return found

    def _call(self, node: ast.Call, found: Word) -> Value:
        placed = [p for p in found.parameters if p.by_place]
        named = {p.name: p for p in found.parameters}
        args = [
            self._given(argument, parameter.kinds)
            for argument, parameter in zip(node.args, placed, strict=False)
        ]
        keywords: dict[str, Any] = {}
        for keyword in node.keywords:
            key = str(keyword.arg)
            known = key in named and not (found.any_key and named[key].by_place)
            kinds = named[key].kinds if known else frozenset([NAMES])
            keywords[key] = self._given(keyword.value, kinds)
        front = (self.context,) if found.context else ()
        truth = found.function(*front, *args, **keywords)
        if not isinstance(truth, Truth) or all(j.placed for j in truth.judged):
            return truth  # What truths that it was given judge by has its own place.
        place = place_of(node)
        judged = tuple(replace(j, place=place) for j in truth.judged)
        truth = replace(truth, judged=judged)
        return opposite(truth) if self.turned == place else truth

    def _given(self, node: ast.expr, kinds: frozenset[str]) -> Any:
        if not kinds & {NAME, NAMES}:
            return self._named(node)
        literal = literal_of(node)
        if NAMES in kinds:
            return literal if isinstance(literal, list) else [literal]
        return Name(literal)


def _sum(op: ast.operator, first: Number, second: Number) -> Number:
    if isinstance(op, ast.Add):
        return added([first, second])
    if isinstance(op, ast.Sub):
        same_unit = first.unit if first.unit == second.unit else ""
        return combined([first, second], lambda a, b: a - b, unit=same_unit)
    if isinstance(op, ast.Div):
        return divided(first, second)
    hundred = [n for n in (first, second) if n.single and n.low == 100]
    of_share = {first.unit, second.unit} == {SHARE, ""} and hundred
    return combined([first, second], lambda a, b: a * b, unit=PERCENT if of_share else "")
