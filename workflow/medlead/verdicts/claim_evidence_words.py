"""The words of checks that get at evidence, and at what is decided elsewhere.

Every function is one word; its docstring is the one meaning that it has.
"""

from dataclasses import replace

from medlead.verdicts.claim_evidence import (
    FRAME,
    IDENTIFIED,
    RECORD,
    RELATION,
    SENTENCE,
    STATEMENT,
    written_number,
)
from medlead.verdicts.claim_registry import Context, Name, Names, word
from medlead.verdicts.claim_truths import leaf
from medlead.verdicts.claim_values import (
    Basis,
    Judged,
    Number,
    Refused,
    Series,
    Text,
    Texts,
    Truth,
    added,
    series_of,
    short_text,
)
from medlead.verdicts.claim_verdicts import ClaimReason, Conflicting, Nothing

_TOLD_TESTS = 3
_OURS = "ours"
"""The threshold of a test of a sentence on a figure that its words leave to us."""


def starred(names: Names) -> list[str] | str:
    """A star alone means all, other names are those that are listed."""
    return "*" if list(names) == ["*"] else list(names)


# -- evidence


@word()
def cell(context: Context, item: Name, row: Name, column: Name) -> Number:
    """The number of one printed cell: exact for counts, all that rounds to it for others."""
    ((_, found),) = context.evidence.select(item, row, column)
    value = context.evidence.number_of_cell(found)
    if value is None:
        raise Refused(
            f"this cell prints no number but '{found.text}'", "ask for its text by text(...)"
        )
    return value


@word()
def text(context: Context, item: Name, row: Name, column: Name) -> Text:
    """The text of one printed cell."""
    ((_, found),) = context.evidence.select(item, row, column)
    return context.evidence.text_of_cell(found)


@word()
def cells(
    context: Context, item: Name, rows: Names, columns: Names, *, but: Names | None = None
) -> Series:
    """The numbers of printed cells by label; cells without a number are left out."""
    chosen = context.evidence.select(item, starred(rows), starred(columns), but or [])
    found = {label: context.evidence.number_of_cell(c) for label, c in chosen}
    return series_of({k: v for k, v in found.items() if v is not None})


@word()
def texts(
    context: Context, item: Name, rows: Names, columns: Names, *, but: Names | None = None
) -> Texts:
    """The texts of printed cells by label."""
    chosen = context.evidence.select(item, starred(rows), starred(columns), but or [])
    return Texts({label: context.evidence.text_of_cell(c) for label, c in chosen})


def _sums(
    context: Context, item: str, rows: Names, columns: Names, but: Names | None, place: int
) -> Series:
    sums: dict[str, list[Number]] = {}
    for _, found in context.evidence.select(item, starred(rows), starred(columns), but or []):
        value = context.evidence.number_of_cell(found)
        if value is not None:
            sums.setdefault(found.key[place], []).append(value)
    return series_of({label: added(values) for label, values in sums.items()})


@word()
def row_sums(
    context: Context, item: Name, rows: Names, columns: Names, *, but: Names | None = None
) -> Series:
    """The sum of the printed numbers of each row."""
    return _sums(context, item, rows, columns, but, 1)


@word()
def column_sums(
    context: Context, item: Name, rows: Names, columns: Names, *, but: Names | None = None
) -> Series:
    """The sum of the printed numbers of each column."""
    return _sums(context, item, rows, columns, but, 2)


def _one(context: Context, file: str, columns: list[str], keys: dict[str, Names]) -> list[Text]:
    for column in columns:
        context.evidence.column(FRAME, file, column)
    rows = context.evidence.rows(FRAME, file, **keys)
    if len(rows) != 1:
        raise Refused(f"{len(rows)} rows of {file} have these values", "name one row by more keys")
    given = [context.evidence.entry(FRAME, file, rows[0], c, keys) for c in columns]
    return [Text(told, basis) for told, basis in given]


def _numbers(file: str, columns: list[str], given: list[Text]) -> list[Number]:
    found = [written_number(t.text, FRAME, t.basis) for t in given]
    for column, number_, told in zip(columns, found, given, strict=True):
        if number_ is None:
            raise Refused(f"'{column}' of {file} is '{told.text}' here, no number", "correct it")
    return [n for n in found if n is not None]


@word()
def found(context: Context, file: Name, column: Name, /, **keys: Names) -> Number:
    """The number of the one row of a result that has these values."""
    return _numbers(file, [column], _one(context, file, [column], keys))[0]


@word()
def found_text(context: Context, file: Name, column: Name, /, **keys: Names) -> Text:
    """The text of the one row of a result that has these values."""
    return _one(context, file, [column], keys)[0]


@word()
def found_set(context: Context, file: Name, low: Name, high: Name, /, **keys: Names) -> Number:
    """All between two columns of the one row of a result that has these values."""
    ends = _numbers(file, [low, high], _one(context, file, [low, high], keys))
    if ends[0].low > ends[1].high:
        raise Refused(f"'{low}' of {file} is above '{high}'", "name the lower column first")
    basis = ends[0].basis | ends[1].basis
    return Number(ends[0].low, ends[1].high, interval=True, basis=basis)


def _listed(
    context: Context, kind: str, file: str, column: str, by: Names, keys: dict[str, Names]
) -> dict[str, Text]:
    for name in (column, *by):
        context.evidence.column(kind, file, name)
    listed: dict[str, Text] = {}
    for row in context.evidence.rows(kind, file, **keys):
        label = " / ".join(str(row[name]) for name in by)
        if label in listed:
            raise Refused(
                f"two rows of {file} have the label '{label}'",
                "add keys, or list several columns in by=[...]",
            )
        listed[label] = Text(*context.evidence.entry(kind, file, row, column, by))
    return listed


def _listed_numbers(kind: str, listed: dict[str, Text]) -> Series:
    found = {k: written_number(t.text, kind, t.basis) for k, t in listed.items()}
    return series_of({k: v for k, v in found.items() if v is not None})


@word()
def frame(context: Context, file: Name, column: Name, /, *, by: Names, **keys: Names) -> Series:
    """The numbers of a column of a result by label, of the rows that have these values."""
    return _listed_numbers(FRAME, _listed(context, FRAME, file, column, by, keys))


@word()
def frame_texts(
    context: Context, file: Name, column: Name, /, *, by: Names, **keys: Names
) -> Texts:
    """The texts of a column of a result by label, of the rows that have these values."""
    return Texts(_listed(context, FRAME, file, column, by, keys))


@word()
def records(context: Context, file: Name, column: Name, /, *, by: Names, **keys: Names) -> Series:
    """The numbers of a column of printed records by label; whole ones are exact."""
    return _listed_numbers(RECORD, _listed(context, RECORD, file, column, by, keys))


@word()
def record_texts(
    context: Context, file: Name, column: Name, /, *, by: Names, **keys: Names
) -> Texts:
    """The texts of a column of printed records by label."""
    return Texts(_listed(context, RECORD, file, column, by, keys))


@word()
def identified(context: Context, statistic: Name) -> Number:
    """All that a statistic can be, given what is printed."""
    (row,) = context.evidence.decided(IDENTIFIED, statistic)
    ends = [written_number(str(row[end]), FRAME, Basis()) for end in ("low", "high")]
    low, high = (n for n in ends if n is not None)
    return Number(low.low, high.high)


# -- what is decided elsewhere


@word()
def relation(context: Context, name: Name) -> Truth:
    """A relation between printed cells: holds if all its tests hold, fails if any fails."""
    rows = context.evidence.decided(RELATION, name)
    failing = [r for r in rows if r["outcome"] != "holds"]
    told = [
        f"{str(row.get('says') or name).rstrip('.')}: {short_text(row['left'])} against "
        f"{short_text(row['right'])}"
        for row in (failing or rows)[:_TOLD_TESTS]
    ]
    count = f"{len(rows) - len(failing)} of {len(rows)} tests hold" if len(rows) > 1 else ""
    return leaf(
        not failing, "; ".join(filter(None, [count, *(told if failing or not count else [])]))
    )


@word()
def sentence(context: Context, name: Name) -> Truth:
    """A sentence on a figure, decided by all that the print leaves possible."""
    rows = context.evidence.decided(SENTENCE, name)
    told = "; ".join(
        f"{str(r['statistic']).replace('-', ' ')}: by what is printed anything from "
        f"{short_text(r['low'])} to {short_text(r['high'])}, and it has to be {r['condition']}"
        for r in rows
    )
    value = {"holds": True, "fails": False}.get(str(rows[0]["verdict"]))
    # The thresholds of such a sentence stand with it; what decides is the whole range.
    judged = tuple(
        Judged(
            str(r["statistic"]).replace("-", " "),
            str(r["condition"]),
            f"{short_text(r['low'])} to {short_text(r['high'])}",
        )
        for r in rows
        if r["threshold"] == _OURS
    )
    return replace(leaf(value, told, firm=not judged), judged=judged)


@word()
def statement(context: Context, name: Name) -> Truth:
    """A statement on engagement that doctors were held to: holds by construction."""
    (row,) = context.evidence.decided(STATEMENT, name)
    told = str(row["found"])
    if row["verdict"] == "agrees-by-construction":
        return leaf(True, told or "the doctors were drawn to meet it", Basis(held=True))
    if row["why"] == "not-checkable":
        raise Nothing(ClaimReason.NO_CONDITION, str(row["reason"]))
    raise Conflicting(ClaimReason(str(row["why"])), str(row["reason"]))


@word(whole=True)
def not_checkable(reason: Name) -> Truth:
    """Nothing can decide it; the reason is one of the closed list."""
    raise Nothing(ClaimReason(reason), "")


@word(whole=True)
def needs(what: Name) -> Truth:
    """The language lacks a word for it."""
    raise Nothing(ClaimReason.NOT_BUILT, f"needs {what}")
