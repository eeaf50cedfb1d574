"""A text or workbook file as pages of rows with their lines; one page is in memory at a time."""

from __future__ import annotations

import io
from collections import Counter
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import IO, TYPE_CHECKING

from patto_connectors.contract import Batch
from patto_connectors.errors import Malformed, Refused
from patto_connectors.files.charset import Charset, charset_of
from patto_connectors.files.delimited import CsvProfile, read_cells, read_csv
from patto_connectors.files.names import Format
from patto_connectors.files.register import Register
from patto_connectors.files.sheet import SheetProfile, read_sheet
from patto_connectors.files.table import read_table
from patto_connectors.json import slices

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from patto_connectors.contract import Row
    from patto_connectors.files.scope import Scope
    from patto_connectors.files.table import Line

PIECE = 1 << 20
LINE_CAP = 16 * 2**20
"""Bytes of one NDJSON line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """How the files of one partner are read."""

    csv: CsvProfile = field(default_factory=CsvProfile)
    sheet: SheetProfile = field(default_factory=SheetProfile)
    registers: Sequence[Register] = ()
    """The tables that were agreed, alike in workbooks and CSV files.

    None: the first line of a CSV file names its columns, and the first sheet of a workbook is a `Register()`.
    """
    scope: Scope | None = None
    """Of which records a file is the whole content; None: of none, its rows only add."""
    charset: str | None = None
    """The character set that was agreed; looked at only where a text has no mark and is not UTF-8."""
    items: str = ""
    """Where the rows of a JSON file stand (`data.items`); empty when the file is a list."""
    page_rows: int = 1_000
    whole: int = 64 * 2**20
    """Bytes of a file that must be read as a whole: JSON, workbooks."""


def read_pages(handle: IO[bytes], name: str, form: Format, reading: Reading) -> Iterator[Batch]:
    """Read an open file from its start; positions say `riga 12`, counted from 1, or `foglio 'Presenze', riga 12`.

    A row that cannot be read is a trouble of its page; the rest goes on. The last page says what the file replaces.

    Raises:
        Malformed: the file as a whole cannot be read.
        Refused: a person must act: a password, a missing sheet.
    """
    pages = _FORMS.get(form)
    if pages is None:
        raise ValueError(f"{form} files are not read line by line")
    found = pages(handle, name, reading)
    yield from found if reading.scope is None else _scoped(found, name, reading.scope)


def _scoped(pages: Iterator[Batch], name: str, scope: Scope) -> Iterator[Batch]:
    """Say with the last page what the file replaces; a file without rows has one page, as it replaces too."""
    prefixes = dict.fromkeys(scope(name, ()))
    held = None
    for page in pages:
        if held is not None:
            yield held
        prefixes |= dict.fromkeys(scope(name, page.rows))
        held = page
    yield replace(held or Batch(rows=(), name=name, media_type="text/plain"), replaces=tuple(prefixes))


class _Tape:
    """Text lines that remember what was read since the last page; one without an end is never held."""

    def __init__(self, lines: IO[str]) -> None:
        self._lines = lines
        self._taken: list[str] = []

    def __iter__(self) -> Iterator[str]:
        while line := self._lines.readline(LINE_CAP):
            if len(line) == LINE_CAP and not line.endswith(("\n", "\r")):
                raise _too_long(LINE_CAP)
            self._taken.append(line)
            yield line

    def cut(self, charset: Charset) -> bytes:
        """Give the lines since the last cut, in the file's own character set."""
        text, self._taken = "".join(self._taken), []
        return text.encode("utf-8" if charset.name == "utf-8-sig" else charset.name)


def _csv(handle: IO[bytes], name: str, reading: Reading) -> Iterator[Batch]:
    def pieces() -> Iterator[bytes]:
        handle.seek(0)
        return iter(lambda: handle.read(PIECE), b"")

    charset = charset_of(pieces, reading.charset)
    handle.seek(0)
    text = io.TextIOWrapper(handle, encoding=charset.name, newline="")
    tape = _Tape(text)
    try:
        lines = _registered(tape, name, reading) if reading.registers else read_csv(tape, reading.csv)
        while page := list(islice(lines, reading.page_rows)):
            yield _page(page, tape.cut(charset), f"text/csv; charset={charset.name}", name, f"{charset.how}")
    finally:
        text.detach()


def _registered(lines: Iterable[str], name: str, reading: Reading) -> Iterator[Line]:
    """Read a CSV file by its register: the only one, or the one that its name tells."""
    stem = name.rpartition(".")[0] or name
    first, *others = reading.registers
    register = next((each for each in reading.registers if each.wants(stem)), None) if others else first
    if register is None:
        raise Refused(
            "sheet.missing",
            "The file's name is that of none of the tables that were agreed.",
            hint="Chiamare il file come concordato (name the file as agreed): chi produce il file.",
        )
    return read_table(read_cells(lines, reading.csv, register.look), register, stem, Counter())


def _sheet(handle: IO[bytes], name: str, reading: Reading) -> Iterator[Batch]:
    content = _whole(handle, reading)
    lines = read_sheet(content, reading.sheet, reading.registers or (Register(),))
    while page := list(islice(lines, reading.page_rows)):
        # The workbook is kept once, with its first page: its rows cannot be cut out of it.
        yield _page(page, content, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", name)
        content = b""


def _page(page: Sequence[Line], content: bytes, media_type: str, name: str, how: str = "") -> Batch:
    return Batch(
        rows=[line.fields for line in page if not line.refusal],
        content=content,
        media_type=f"{media_type}; known-by={how}" if how else media_type,
        name=name,
        positions=[line.position for line in page if not line.refusal],
        troubles=[(line.position, line.refusal, line.text.encode("utf-8", "replace")) for line in page if line.refusal],
    )


def _ndjson(handle: IO[bytes], name: str, reading: Reading) -> Iterator[Batch]:
    number = 0
    while True:
        rows: list[Row] = []
        positions: list[str] = []
        troubles: list[tuple[str, str, bytes]] = []
        taken: list[bytes] = []
        while len(rows) < reading.page_rows and (line := handle.readline(LINE_CAP)):
            number += 1
            taken.append(line)
            if len(line) == LINE_CAP and not line.endswith(b"\n"):
                raise _too_long(LINE_CAP)
            row = line.removeprefix(b"\xef\xbb\xbf" if number == 1 else b"").strip()
            if row.startswith(b"{"):
                rows.append(row)
                positions.append(f"riga {number}")
            elif row:
                troubles.append((f"riga {number}", "json.row", row))
        if not taken:
            return
        yield Batch(
            rows=rows,
            content=b"".join(taken),
            media_type="application/x-ndjson",
            name=name,
            positions=positions,
            troubles=troubles,
        )


def _json(handle: IO[bytes], name: str, reading: Reading) -> Iterator[Batch]:
    content = _whole(handle, reading).removeprefix(b"\xef\xbb\xbf")
    try:
        _, rows = slices(content, reading.items)
    except (ValueError, KeyError) as wrong:
        raise Malformed(
            "json.syntax",
            "The file is not JSON with a list of rows where it was agreed.",
            hint="Inviare JSON valido, con le righe dove concordato (send valid JSON): chi produce il file.",
            content=content[:PIECE],
        ) from wrong
    place = "$." + reading.items if reading.items else "$"
    for at in range(0, len(rows), reading.page_rows):
        page = rows[at : at + reading.page_rows]
        yield Batch(
            rows=page,
            content=b"\n".join(page),
            media_type="application/x-ndjson",
            name=name,
            positions=[f"{place}[{index}]" for index in range(at, at + len(page))],
        )


def _whole(handle: IO[bytes], reading: Reading) -> bytes:
    content = handle.read(reading.whole + 1)
    if len(content) > reading.whole:
        raise _too_long(reading.whole)
    return content


def _too_long(cap: int) -> Malformed:
    return Malformed(
        "file.size",
        f"The file, or one of its lines, is longer than {cap} bytes.",
        hint="Inviare file più piccoli, o CSV (send smaller files, or CSV): chi produce il file.",
    )


_FORMS: Mapping[Format, Callable[[IO[bytes], str, Reading], Iterator[Batch]]] = {
    Format.CSV: _csv,
    Format.SHEET: _sheet,
    Format.NDJSON: _ndjson,
    Format.JSON: _json,
}
