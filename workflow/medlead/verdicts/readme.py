"""The headline of the README: a marked block, written from the counts of `summary.json`."""

from collections.abc import Mapping
from textwrap import fill
from typing import Any

from medlead.evidence import Verdict
from medlead.sources.messages import Problem, ProblemsFound
from medlead.verdicts.claim_verdicts import ClaimVerdict
from medlead.verdicts.conclusions import Standing

BEGIN = "<!-- headline: written by `python -m medlead readme` from the built verdicts -->"
END = "<!-- headline ends -->"
_WIDTH = 96
_STANDING = {
    Standing.STANDS: "stand",
    Standing.IN_PART: "stand in part",
    Standing.FAILS: "fail",
    Standing.OPEN: "are open",
    Standing.BY_CONSTRUCTION: "hold by construction only",
    Standing.NOT_CHECKABLE: "cannot be checked",
}
_CLAIMS = {
    ClaimVerdict.HOLDS: "hold",
    ClaimVerdict.FAILS: "fail",
    ClaimVerdict.UNDECIDABLE: "are open",
    ClaimVerdict.NOT_CHECKABLE: "cannot be checked",
}


def readme_block(summary: Mapping[str, Any]) -> str:
    """The sentences with the headline counts, between their two marks.

    `summary` has `answer`, `cells_total`, `cells_by_verdict`, `relations_total`,
    `relations_holding`, `relations_failing`, `claims_total`, `claims_by_verdict`,
    `claims_by_reason` and `conclusions_by_standing`, as in results/verdicts/summary.json.
    Raises KeyError for one that is missing. What the report is asked comes first.
    """
    answer = [_answered(part, whole=not at) for at, part in enumerate(summary["answer"])]
    cells = {v: int(summary["cells_by_verdict"].get(v.value, 0)) for v in Verdict}
    agreeing = cells[Verdict.AGREES] + cells[Verdict.AGREES_BY_ROUNDING]
    held = int(summary["claims_by_reason"].get("by-construction", 0))
    sentences = (
        f"Of the report's {sum(map(int, summary['conclusions_by_standing'].values()))} main "
        f"conclusions {_counts(summary['conclusions_by_standing'], _STANDING)}.",
        f"Of its {int(summary['claims_total']):,} sentences that were looked at "
        f"{_counts(summary['claims_by_verdict'], _CLAIMS)}; {held:,} of those that hold do so by "
        "construction and confirm nothing.",
        f"Of its {int(summary['cells_total']):,} printed cells {agreeing:,} agree with other "
        f"evidence and {cells[Verdict.DIFFERS]:,} differ; "
        f"{cells[Verdict.AGREES_BY_CONSTRUCTION]:,} are shown from records made from "
        "this very print, which proves nothing, and for "
        f"{cells[Verdict.NOT_DERIVABLE]:,} no other evidence gives a value.",
        "Of {:,} relations between printed cells {:,} hold and {:,} fail.".format(
            *(int(summary[f"relations_{name}"]) for name in ("total", "holding", "failing"))
        ),
    )
    lines = [_item(s, "- " if at == 0 else "  - ") for at, s in enumerate(answer)]
    lines += [_item(s, "- ") for s in sentences]
    return "\n".join([BEGIN, *lines, END])


def _answered(part: Mapping[str, Any], whole: bool) -> str:
    if whole:
        return f"**{part['about']}** {part['says']}"
    return f"{part['about']}: {part['stands']}. {part['says']}"


def _item(text: str, mark: str) -> str:
    indent = " " * len(mark)
    return fill(f"{mark}{text}", _WIDTH, subsequent_indent=indent, break_long_words=False)


def claims_counted(counts: Mapping[str, Any]) -> str:
    """How many sentences hold, fail, are open or cannot be checked, in words."""
    return _counts(counts, _CLAIMS)


def _counts(counts: Mapping[str, Any], words: Mapping[Any, str]) -> str:
    told = [
        f"{int(counts[k.value]):,} {said}"
        for k, said in words.items()
        if int(counts.get(k.value, 0))
    ]
    return " and ".join([", ".join(told[:-1]), told[-1]] if len(told) > 1 else told)


def with_block(text: str, block: str, file: str = "README.md") -> str:
    """The text with this block in place of the one between the marks.

    Raises ProblemsFound where the marks are not there once each, in their order.
    """
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end) or BEGIN in after or END in before + after:
        mend = f"put a line '{BEGIN}' and one '{END}' behind it where the numbers belong"
        raise ProblemsFound(
            [Problem(file, "the marks of the headline are not there once each", mend)]
        )
    return f"{before}{block}{after}"
