"""The numbers in the messages of the rules: `Stage 3/20: what is done`.

Usage: python tests/number_messages.py      (or `make format`)

The rules of the default build are numbered from 1 in the order in which they stand: a new rule
takes the number of the rule that it follows, whatever its total, and this puts all in order. What
stands behind `else:` takes the place of what stands before it, and its number.
"""

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
MESSAGE = re.compile(r'^ +"(?P<stage>[A-Z]\w+) (?P<number>\d+)/(?P<total>\d+): ', re.MULTILINE)
INSTEAD = re.compile(r"^else:$", re.MULTILINE)
# Targets that the default build leaves out count for themselves.
APART = ("Doctors", "Records")


@dataclass(frozen=True)
class Message:
    """One numbered message: where its numbers stand, and whether it is of another's place."""

    file: Path
    start: int
    end: int
    number: int
    total: int
    instead: bool


def messages(root: Path = ROOT) -> list[Message]:
    """The messages of the default build, by number, then in the order of the Snakefile."""
    snakefile = (root / "Snakefile").read_text(encoding="utf-8")
    found = []
    for name in re.findall(r'^include: "(.*)"$', snakefile, re.MULTILINE):
        file = root / name
        text = file.read_text(encoding="utf-8")
        before = 0
        for match in MESSAGE.finditer(text):
            if match["stage"] not in APART:
                instead = INSTEAD.search(text, before, match.start()) is not None
                ends = match.start("number"), match.end("total")
                found.append(
                    Message(file, *ends, int(match["number"]), int(match["total"]), instead)
                )
                before = match.end()
    return sorted(found, key=lambda message: message.number)


def wanted(found: list[Message]) -> list[tuple[int, int]]:
    """The number and the total that each message must have."""
    numbers, last = [], 0
    for message in found:
        last += not message.instead
        numbers.append(last)
    return [(number, last) for number in numbers]


def put_in_order(root: Path = ROOT) -> None:
    """Write the wanted numbers into the rules."""
    found = messages(root)
    pairs = sorted(zip(found, wanted(found), strict=True), key=lambda pair: -pair[0].start)
    for message, (number, total) in pairs:
        text = message.file.read_text(encoding="utf-8")
        text = f"{text[: message.start]}{number}/{total}{text[message.end :]}"
        message.file.write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    put_in_order()
