"""One check or one claim tried on built results, for people who write or review claims."""

from collections import Counter
from pathlib import Path

from medlead.sources.messages import Problem, ProblemsFound, report
from medlead.sources.texts import nearest
from medlead.verdicts.claim_language import parse
from medlead.verdicts.claim_registry import Context
from medlead.verdicts.claim_values import Refused
from medlead.verdicts.claims import Decided, judged_claim
from medlead.writing import read_csv


def tried(text: str, context: Context, name: str = "check") -> Decided:
    """One check, evaluated; raises ProblemsFound where it cannot be."""
    check = parse(text, name)
    try:
        return judged_claim(check, context)
    except Refused as refused:
        raise ProblemsFound(
            [Problem(name, refused.what, refused.mend, column="check", value=text)]
        ) from None


def told(found: Decided) -> str:
    """What was found, for a screen."""
    lines = [
        f"verdict:   {found.verdict}" + (f" ({found.reason})" if found.reason else ""),
        f"computed:  {found.computed}",
        f"evidence:  {found.evidence}",
    ]
    if found.judgement:
        turns = f"; it turns with {found.turns_at}" if found.turns_at else ""
        lines.append(f"judgement: a threshold of ours decides{turns}")
    lines.append(f"used:      {len(found.used)}")
    for use in found.used[:40]:
        parts = [p for p in (use.item, use.row, use.column, use.where) if p]
        lines.append(f"  {use.kind}: {' | '.join(parts)} [{use.evidence}]")
    if len(found.used) > 40:
        lines.append(f"  ... and {len(found.used) - 40} more")
    return "\n".join(lines)


def claims_told(file: Path, claim: str, context: Context) -> str:
    """The claims of a file, one in full or all in a line each; then how many have which verdict.

    Raises ProblemsFound with the faults of all checks.
    """
    rows = read_csv(file).to_dict("records")
    chosen = [r for r in rows if r["claim"] == claim] if claim else rows
    if not chosen:
        near = nearest(claim, [str(r["claim"]) for r in rows])
        mend = f"did you mean '{near}'?" if near else "see the file"
        raise ProblemsFound([Problem(file.as_posix(), f"there is no claim '{claim}'", mend)])
    lines, counts, problems = [], Counter[str](), list[Problem]()
    for row in chosen:
        name = str(row["claim"])
        try:
            found = tried(str(row["check"]), context, name)
        except ProblemsFound as faults:
            problems.extend(faults.problems)
            continue
        counts[str(found.verdict)] += 1
        reason = f" ({found.reason})" if found.reason else ""
        ours = " [judgement]" if found.judgement else ""
        lines.append(f"{name}: {found.verdict}{reason}{ours}: {row['statement']}")
        lines.append(f"    {row['check']}\n{told(found)}" if claim else f"    {found.computed}")
    lines += [f"{count:5d}  {verdict}" for verdict, count in sorted(counts.items())]
    lines += [report(problems)] if problems else []
    return "\n".join(lines)
