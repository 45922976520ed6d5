"""What an answer may look like, in words for people who mend one."""

from medlead.survey.definition import PartType
from medlead.survey.instrument import Part

_ALLOWED = {
    PartType.TICKS: "1, x, yes or a tick; 0, no or an empty cell",
    PartType.YES_NO: "yes, no",
    PartType.ROLES: "titles and times, parted by semicolons: Medical Director 8; Chief Executive 2",
}


def allowed_answers(part: Part) -> str:
    """What may be written in answer to a part; empty where any text may."""
    match part.type:
        case PartType.CHOICE:
            return ", ".join(option.label for option in part.options)
        case PartType.NUMBER | PartType.COUNT | PartType.RATING:
            kind = "a whole number" if part.type is PartType.COUNT else "a number"
            low = "" if part.low is None else f" from {part.low:g}"
            high = "" if part.high is None else f" to {part.high:g}"
            return f"{kind}{low}{high}" + (f", {part.unit}" if part.unit else "")
        case _:
            return _ALLOWED.get(part.type, "")
