"""CSV as Italian offices write it: `;` or another separator, quotes, decimal commas; every value stays text.

A row that cannot be read is refused alone, with its line; nothing is guessed inside a row.
"""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from patto_connectors.errors import Malformed
from patto_connectors.files.cells import unguarded
from patto_connectors.files.table import Cells, Line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

SEPARATORS = ";,\t|"
FIELD_CAP = 200_000
"""Characters of one field."""
ROW_CAP = 1_000_000
"""Characters of one row: an unclosed quote swallows no more than this before it is refused."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CsvProfile:
    """How a CSV file is written; what is None is found out from its header line."""

    separator: str | None = None
    quote: str = '"'
    header: Sequence[str] | None = None
    """The columns' names, where the file has no header line."""
    skip: int = 0
    """Lines before the header."""
    guarded: bool = False
    """Whether texts carry the apostrophe that our own files put before what a spreadsheet could run."""


def separator_of(header: str, quote: str = '"') -> str:
    """Give the separator that a header line uses most outside quotes; `;` where it has none."""
    outside = "".join(header.split(quote)[::2])
    return max(SEPARATORS, key=lambda each: (outside.count(each), each == ";"))


def read_csv(lines: Iterable[str], profile: CsvProfile | None = None) -> Iterator[Line]:
    """Read a CSV text whose first line names the columns.

    Args:
        lines: the text's lines with their ends kept, a mark at the start taken out.
        profile: how the file is written.

    Raises:
        Malformed: `csv.header`: there is no header, or it names a column twice or not at all.
    """
    profile = profile or CsvProfile()
    source = _opened(lines, profile)
    first = source.peek()
    if first is None:
        raise _header("The file is empty.")
    separator = profile.separator or separator_of(first, profile.quote)
    columns = list(profile.header) if profile.header is not None else _columns(source, separator, profile.quote)
    for number, fields, refusal, text in _rows(source, separator, profile):
        if refusal:
            yield Line(number, {}, refusal, text)
        elif len(fields) == len(columns):
            yield Line(number, dict(zip(columns, fields, strict=True)))
        elif fields not in ([], [""]):  # a blank line is no row
            yield Line(number, {}, "csv.columns", text)


def read_cells(lines: Iterable[str], profile: CsvProfile, look: int) -> Iterator[Cells]:
    """Cut a CSV text into rows of cells, whatever they mean; the separator is the one that most of `look` lines use."""
    source = _opened(lines, profile)
    head = list(islice(iter(source.next, None), look))
    source.give_back(head)
    return _rows(source, profile.separator or _commonest(head, profile.quote), profile)


def _commonest(lines: Sequence[str], quote: str) -> str:
    """Give the separator that stands equally often in the most lines: commas of amounts come and go."""

    def regular(separator: str) -> tuple[int, int, bool]:
        counts = Counter("".join(line.split(quote)[::2]).count(separator) for line in lines)
        often, times = max(((times, count) for count, times in counts.items() if count), default=(0, 0))
        return often, times, separator == ";"

    return max(SEPARATORS, key=regular)


def _opened(lines: Iterable[str], profile: CsvProfile) -> _Lines:
    source = _Lines(lines)
    for _ in range(profile.skip):
        source.next()
    return source


def _rows(source: _Lines, separator: str, profile: CsvProfile) -> Iterator[Cells]:
    while source.peek() is not None:
        number, text, fields, refusal = _row(source, separator, profile.quote)
        yield Cells(number, [unguarded(each) for each in fields] if profile.guarded else fields, refusal, text)


def _columns(source: _Lines, separator: str, quote: str) -> list[str]:
    _, _, fields, refusal = _row(source, separator, quote)
    columns = [each.strip() for each in fields]
    if refusal or not all(columns):
        raise _header("The header line cannot be read, or a column has no name.")
    if len(set(columns)) != len(columns):
        raise _header("The header line names a column twice.")
    return columns


def _header(detail: str) -> Malformed:
    return Malformed(
        "csv.header",
        detail,
        hint="Mettere nella prima riga i nomi delle colonne, una volta ciascuno (name each column once in line 1): "
        "chi produce il file.",
        position="riga 1",
    )


class _Lines:
    """Lines with their numbers, which can be given back."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._lines = iter(lines)
        self._returned: deque[str] = deque()
        self.number = 0

    def next(self) -> str | None:
        line = self._returned.popleft() if self._returned else next(self._lines, None)
        self.number += line is not None
        return line

    def peek(self) -> str | None:
        if not self._returned:
            line = next(self._lines, None)
            if line is None:
                return None
            self._returned.append(line)
        return self._returned[0]

    def give_back(self, lines: Sequence[str]) -> None:
        self._returned.extendleft(reversed(lines))
        self.number -= len(lines)


def _row(source: _Lines, separator: str, quote: str) -> tuple[int, str, list[str], str]:
    """Read one row: its line, its text, its fields, why it is refused."""
    line = source.next() or ""
    number = source.number
    bare = line.rstrip("\r\n")
    if quote not in bare:
        fields = bare.split(separator)
        return number, bare, fields, _refusal(bare, fields)
    fields, taken, closed = _quoted(line, source, separator, quote)
    if not closed:
        # Only the first line is the broken row: what follows is read again as rows of its own.
        source.give_back(taken[1:])
        return number, bare, [], "csv.quote"
    text = "".join(taken).rstrip("\r\n")
    return number, text, fields, _refusal(text, fields)


def _refusal(text: str, fields: list[str]) -> str:
    if "\0" in text:
        return "csv.nul"
    if len(text) > FIELD_CAP and any(len(each) > FIELD_CAP for each in fields):
        return "csv.field_size"
    return ""


def _quoted(line: str, source: _Lines, separator: str, quote: str) -> tuple[list[str], list[str], bool]:
    """Read a row with quotes: its fields, the lines it took, whether its quotes close."""
    fields: list[str] = []
    taken = [line]
    at = 0
    while True:
        if not line.startswith(quote, at):
            end = line.find(separator, at)
            if end < 0:
                fields.append(line[at:].rstrip("\r\n"))
                return fields, taken, True
            fields.append(line[at:end])
            at = end + 1
            continue
        value, line, at = _inside(line, at + 1, source, taken, quote)
        if at < 0:
            return fields, taken, False
        fields.append(value)
        if line.startswith(separator, at):
            at += 1
        else:
            # Behind a closing quote there is only a separator or the end of the line.
            return fields, taken, not line[at:].rstrip("\r\n")


def _inside(line: str, at: int, source: _Lines, taken: list[str], quote: str) -> tuple[str, str, int]:
    """Read the inside of a quoted field over as many lines as it has; -1 where it does not close."""
    parts: list[str] = []
    size = 0
    while True:
        end = line.find(quote, at)
        if end < 0:
            parts.append(line[at:])
            size += len(line)
            following = source.next() if size <= ROW_CAP else None
            if following is None:
                return "", line, -1
            taken.append(following)
            line, at = following, 0
            continue
        parts.append(line[at:end])
        if not line.startswith(quote, end + 1):
            return "".join(parts), line, end + 1
        parts.append(quote)
        at = end + 2
