"""Large delimited files in columns: where each field of each record stands, block by block.

A response file has millions of cells with one digit each. Turning every cell into an
object would cost far more than all scoring, so a block of the file is kept as bytes and
only the places of its separators are worked out, with array operations. Texts are made
once for each distinct text, not once for each cell. Quoted fields, LF and CRLF line ends,
commas, semicolons and tabs, and a byte order mark are read; anything else about a file is
left to `medlead.sources.reading`, which is slower and handles more.
"""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from medlead.sources.messages import Problem, ProblemsFound
from medlead.sources.texts import clean, decoded, heading_key

Bytes = NDArray[np.uint8]
Places = NDArray[np.intp]

# Small enough that what is worked out for a block stays in the processor's cache.
BLOCK = 1 << 19
# A record longer than this is a quotation mark that nobody closed.
LONGEST_RECORD = 1 << 23
_NEWLINE, _RETURN, _BLANK, _QUOTE = 10, 13, 32, 34
_DELIMITERS = (b",", b";", b"\t")
_SHOWN_ROWS = 20
_WORD = 8
_MIX = np.uint64(0x9E3779B97F4A7C15)
_LITTLE = sys.byteorder == "little"
# Which bytes of a word belong to a text of 0 to 8 characters.
_KEPT = np.array([(1 << 64) - (1 << 64 - 8 * n) for n in range(_WORD + 1)], dtype=np.uint64)


@dataclass(frozen=True)
class Layout:
    """How a file is laid out: its delimiter, and for each wanted column its place."""

    delimiter: int
    width: int
    places: tuple[int, ...]


@dataclass(frozen=True)
class Block:
    """Some records: the field of record r in column c is `data[start[r, c]:end[r, c]]`.

    `data` ends with eight spare bytes; `rows` are the rows of the records in the file (the
    heading is row 1).
    """

    data: Bytes
    start: Places
    end: Places
    rows: NDArray[np.int64]
    quoted: bool

    def words(self, column: int, records: NDArray[np.intp] | None = None) -> NDArray[np.uint64]:
        """The texts of a column as numbers: (records, words) with eight bytes in a word.

        Blanks around a text do not count. Equal rows are equal texts (up to zero bytes at the
        end, which no text has), and rows in order are texts in the order of their bytes.
        """
        start, end = self.start[:, column], self.end[:, column]
        if records is not None:
            start, end = start[records], end[records]
        while (blank := (start < end) & (self.data[start] == _BLANK)).any():
            start = start + blank
        while (blank := (start < end) & (self.data[end - 1] == _BLANK)).any():
            end = end - blank
        length = end - start
        count = max(1, -(-int(length.max(initial=1)) // _WORD))
        # Eight bytes from every place on, without a copy; the block ends with as many spare ones.
        at = np.ndarray(len(self.data) - _WORD + 1, np.uint64, self.data, 0, (1,))
        found = np.empty((len(start), count), dtype=np.uint64)
        for word in range(count):
            left = np.maximum(np.minimum(length - word * _WORD, _WORD), 0)
            place = np.minimum(start + word * _WORD, len(at) - 1)
            # The first character is the highest byte, so that numbers sort as texts do.
            text = at[place]
            found[:, word] = (text.byteswap() if _LITTLE else text) & _KEPT[left]
        return found


def layout_of(heading: bytes, columns: Sequence[str]) -> Layout | None:
    """The layout of a file whose first line is `heading`, or None where that line is not
    exactly the wanted columns (in any order, whatever their capitals and blanks).
    """
    try:
        text = clean(heading.decode("utf-8-sig"))
    except UnicodeDecodeError:
        return None
    wanted = [heading_key(name) for name in columns]
    for delimiter in _DELIMITERS:
        cells = [heading_key(c.strip().strip('"')) for c in text.split(delimiter.decode())]
        if sorted(cells) == sorted(wanted):
            places = tuple(cells.index(name) for name in wanted)
            return Layout(delimiter[0], len(cells), places)
    return None


def read_blocks(source: BinaryIO, layout: Layout, file: str, size: int = BLOCK) -> Iterator[Block]:
    """The records below the heading, which is already read from `source`, in blocks.

    Records without any text are passed over. Raises `ProblemsFound`, after the last block,
    with every record that has more or fewer cells than the heading, and at once where a
    quotation mark is not closed.
    """
    problems: list[Problem] = []
    rest, row, last = b"", 2, False
    while not last:
        chunk = source.read(size)
        last = not chunk
        text = rest + chunk
        if last and text and not text.endswith(b"\n"):
            text += b"\n"
        data = np.frombuffer(text + bytes(_WORD), np.uint8)
        quoted = b'"' in text
        cut = 1 + (_last_end(data[:-_WORD]) if quoted else text.rfind(b"\n"))
        rest = text[cut:]
        if len(rest) > max(LONGEST_RECORD, size) or (last and rest):
            what = "a quotation mark is not closed in the record that begins here"
            problems.append(Problem(file, what, "close it, or delete it", row))
            break
        if cut:
            block, row = _cut(data, cut, layout, quoted, row, file, problems)
            yield block
    if problems:
        raise ProblemsFound(problems)


def _inside_quotes(data: Bytes) -> NDArray[np.bool_]:
    return (np.cumsum(data == _QUOTE, dtype=np.uint8) & 1).astype(bool)


def _last_end(data: Bytes) -> int:
    """The place of the last line end outside quotes, -1 where there is none."""
    found = np.flatnonzero((data == _NEWLINE) & ~_inside_quotes(data))
    return int(found[-1]) if len(found) else -1


def _cut(
    padded: Bytes,
    cut: int,
    layout: Layout,
    quoted: bool,
    row: int,
    file: str,
    problems: list[Problem],
) -> tuple[Block, int]:
    """The block of the whole records before `cut`, and the row of the record after it."""
    data = padded[:cut]
    line_ends = data == _NEWLINE
    marks = (data == layout.delimiter) | line_ends
    if quoted:
        outside = ~_inside_quotes(data)
        marks &= outside
        line_ends &= outside
    ends = np.flatnonzero(marks)
    width, count = layout.width, int(np.count_nonzero(line_ends))
    regular = len(ends) == count * width and bool(line_ends[ends[width - 1 :: width]].all())
    if regular:
        grid = ends.reshape(-1, width)
        rows = np.arange(row, row + count, dtype=np.int64)
        after = row + count
    else:
        grid, rows, after = _irregular(data, ends, line_ends[ends], width, row, file, problems)
    end = grid
    start = np.empty_like(grid)
    start[:, 1:] = grid[:, :-1] + 1
    # The first field begins behind the record before it, which may be an irregular one.
    if regular:
        start[1:, 0] = grid[:-1, -1] + 1
        start[:1, 0] = 0
    else:
        newlines = np.concatenate([[-1], ends[line_ends[ends]]])
        start[:, 0] = newlines[np.searchsorted(newlines, grid[:, -1]) - 1] + 1
    if (data[end[:, -1] - 1] == _RETURN).any():
        returns = (end[:, -1] > start[:, -1]) & (data[end[:, -1] - 1] == _RETURN)
        end = end.copy()
        end[:, -1] -= returns
    empty = (end[:, -1] - start[:, 0]) == width - 1
    if empty.any():
        start, end, rows = start[~empty], end[~empty], rows[~empty]
    if quoted:
        marked = (end - start >= 2) & (data[start] == _QUOTE) & (data[end - 1] == _QUOTE)
        start, end = start + marked, end - marked
    order = list(layout.places)
    if order != list(range(width)):
        start, end = start[:, order], end[:, order]
    return Block(padded, start, end, rows, quoted), after


def _irregular(
    data: Bytes,
    ends: Places,
    is_line_end: NDArray[np.bool_],
    width: int,
    row: int,
    file: str,
    problems: list[Problem],
) -> tuple[Places, NDArray[np.int64], int]:
    """The records of the right width; blank lines are passed over, others are problems."""
    line_ends = np.flatnonzero(is_line_end)
    counts = np.diff(line_ends, prepend=-1)
    rows = row + np.arange(len(counts), dtype=np.int64)
    stops = ends[line_ends]
    lengths = np.diff(stops, prepend=-1) - 1
    blank = (lengths == 0) | ((lengths == 1) & (data[np.maximum(stops - 1, 0)] == _RETURN))
    good = counts == width
    bad = np.flatnonzero(~good & ~blank) if width > 1 else np.array([], dtype=np.intp)
    mend = 'write one cell for each heading; put a text with a comma in "..."'
    for i in bad[:_SHOWN_ROWS]:
        what = f"the row has {counts[i]} cells where the heading has {width}"
        problems.append(Problem(file, what, mend, int(rows[i])))
    if len(bad) > _SHOWN_ROWS:
        what = f"{len(bad) - _SHOWN_ROWS} more rows from here on have too few or too many cells"
        problems.append(Problem(file, what, mend, int(rows[bad[_SHOWN_ROWS]])))
    first = line_ends[good] - (width - 1)
    grid = ends[first[:, None] + np.arange(width)]
    return grid, rows[good], row + len(counts)


def codes_of(words: NDArray[np.uint64]) -> tuple[NDArray[np.intp], NDArray[np.uint64]]:
    """For each row of `words` the number of its text, and the distinct texts in order of
    appearance. Exact: texts are compared word by word.
    """
    import pandas as pd

    mixed = words[:, 0]
    for column in range(1, words.shape[1]):
        mixed = mixed * _MIX + words[:, column]
    codes, distinct = pd.factorize(mixed)
    first = _first(codes, len(distinct))
    if words.shape[1] > 1 and not np.array_equal(words[first[codes]], words):
        # Two texts were mixed to the same number: go word by word.
        codes, distinct = pd.factorize(words[:, 0])
        for column in range(1, words.shape[1]):
            further, found = pd.factorize(words[:, column])
            pair = codes.astype(np.uint64) * np.uint64(len(found)) + further.astype(np.uint64)
            codes, distinct = pd.factorize(pair)
        first = _first(codes, len(distinct))
    return codes, words[first]


def _first(codes: NDArray[np.intp], count: int) -> NDArray[np.intp]:
    """The first place of each code."""
    first = np.empty(count, dtype=np.intp)
    # Of several assignments to one place the last one stays, so backwards it is the first.
    first[codes[::-1]] = np.arange(len(codes))[::-1]
    return first


def texts_of(words: NDArray[np.uint64], quoted: bool = True) -> list[str]:
    """The texts of rows of words, cleaned; doubled quotation marks are single ones."""
    if not len(words):
        return []
    raw = np.ascontiguousarray(words).astype(">u8").view(np.uint8)
    found = []
    for record in raw.reshape(len(words), -1):
        held = record.tobytes().rstrip(b"\0")
        text = decoded(held)
        found.append(clean(text.replace('""', '"') if quoted else text))
    return found
