"""The words of the checks of conclusions: they ask for the verdicts on claims, and for no more.

Every function is one word; its docstring is the one meaning that it has.
"""

from fractions import Fraction

from medlead.sources.texts import nearest
from medlead.verdicts.claim_registry import Context, Name, Names, word
from medlead.verdicts.claim_truths import both
from medlead.verdicts.claim_values import Number, Refused, Truth

CLAIM_WORDS = ("claim", "all_claims", "claims_holding")
"""The words of this module."""


def _truth(context: Context, name: str) -> Truth:
    found = context.claims.get(name)
    if found is None:
        near = nearest(name, context.claims)
        some = f"did you mean '{near}'?" if near else "name one of claims.csv"
        mend = some if context.claims else "only the check of a conclusion asks for claims"
        raise Refused(f"there is no claim '{name}'", mend)
    return found


@word()
def claim(context: Context, name: Name) -> Truth:
    """The claim holds; one that is open, or that nothing can decide, leaves it open."""
    return _truth(context, name)


@word()
def all_claims(context: Context, names: Names) -> Truth:
    """Every one of these claims holds."""
    return both(*(_truth(context, name) for name in names))


@word()
def claims_holding(context: Context, names: Names) -> Number:
    """How many of these claims hold; those that are open may or may not."""
    values = [_truth(context, name).value for name in names]
    sure = sum(v is True for v in values)
    return Number(Fraction(sure), Fraction(sure + sum(v is None for v in values)))
