"""The rows of a table once its header is found: what is a row, what is its legend, and who a row without a key is."""

from __future__ import annotations

import json
from hashlib import blake2b
from itertools import chain, islice
from typing import TYPE_CHECKING, Final, NamedTuple

from patto_connectors.files.cells import plain_text
from patto_connectors.files.header import Header, find_header, plain, require
from patto_connectors.files.register import IDENTITY, REGISTER, SHEET
from patto_schemas.model.written import read_amount, read_day

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from patto_connectors.files.register import Kind, Register

_LEGEND_ROWS: Final = 60
"""Rows that wait to be known as the legend below a table; when more come, they are rows."""
_LEGEND_CELLS: Final = 2
"""Cells that a row of a legend fills at most: the short name and what it means."""


class Cells(NamedTuple):
    """A row as it stands in the file: its line (from 1), its cells, or why it could not be cut into cells."""

    number: int
    cells: Sequence[str]
    refusal: str = ""
    text: str = ""


class Line(NamedTuple):
    """One row: the line it starts at (from 1), its fields by column, or why it is refused (a code) and its text."""

    number: int
    fields: dict[str, str]
    refusal: str = ""
    text: str = ""
    place: str = ""
    """The sheet, said before the line: `foglio 'Presenze', `."""
    column: str = ""
    """The column that is wrong, where it is one."""

    @property
    def position(self) -> str:
        """Say where the line stands, for a person."""
        return f"{self.place}riga {self.number}" + (f", colonna '{self.column}'" if self.column else "")


def read_table(
    rows: Iterable[Cells], register: Register, sheet: str, seen: Counter[tuple[str, bytes]], place: str = ""
) -> Iterator[Line]:
    """Read a table's rows by their agreed columns; what is no row is passed over, what is wrong is refused alone.

    A row that has nothing, or only what was filled in beforehand, is no row. Nor is a legend below the table: rows
    that fill no key and two cells at most, less than half the table, with no proper row after them. An agreed column
    that is not there is refused once, as `sheet.column_missing`.

    Args:
        rows: the rows from the first one of the sheet or file.
        register: what was agreed.
        sheet: the sheet's name as the partner wrote it.
        seen: how often each row without a key came before; shared by the sheets of one register.
        place: what positions begin with.

    Raises:
        Malformed: `sheet.header` or `sheet.column_missing`.
    """
    source = iter(rows)
    head = list(islice(source, register.look))
    header = find_header([row.cells for row in head], register)
    above = {field: text for field, label in register.above.items() if (text := _above(head[: header.row], label))}
    missing = {**header.missing, **{field: "" for field in register.above if field not in above}}
    require(missing, register)
    at = head[header.row].number
    yield from (
        Line(at, {}, "sheet.column_missing", f"{name}: {near}" if near else name, place, name)
        for name, near in missing.items()
    )
    told = {REGISTER: register.name, SHEET: sheet} if register.name else {}
    for row, filled in _within(chain(head[header.row + 1 :], source), header, register):
        if row.refusal:
            yield Line(row.number, {}, row.refusal, row.text, place)
            continue
        fields = {name: _uniform(text, register.kinds.get(name)) for name, text in (filled | above).items()}
        if register.identity is not None:
            told[IDENTITY] = _identity(fields, register, header, seen)
        yield Line(row.number, fields | told, place=place)


def _above(rows: Sequence[Cells], label: str) -> str:
    """Find what stands beside a label: in the next cell that is not empty, or in its own behind a colon."""
    wanted = plain(label)
    for row in rows:
        for at, cell in enumerate(row.cells):
            before, _, behind = cell.partition(":")
            if plain(before) == wanted:
                return behind.strip() or next((each.strip() for each in row.cells[at + 1 :] if each.strip()), "")
    return ""


def _within(rows: Iterable[Cells], header: Header, register: Register) -> Iterator[tuple[Cells, dict[str, str]]]:
    """Give the table's rows with their fields, and those that are refused; a legend waits for what comes after it."""
    nothing = {*register.nulls, ""}
    waiting: list[tuple[Cells, dict[str, str]]] = []
    for row in rows:
        fields: dict[str, str] = {}
        refusal = row.refusal or _odd(row, header)
        if refusal:
            given = row._replace(refusal=refusal, text=row.text or json.dumps(row.cells, ensure_ascii=False))
        else:
            given = row
            cells = ((name, row.cells[at]) for at, name in header.fields.items() if at < len(row.cells))
            fields = {name: text for name, text in cells if text.strip() not in nothing}
            if fields.keys() <= set(register.fixed):
                continue
            if _like_a_legend(fields, header, register) and len(waiting) < _LEGEND_ROWS:
                waiting.append((row, fields))
                continue
        yield from waiting
        waiting = []
        yield given, fields


def _odd(row: Cells, header: Header) -> str:
    """Say why a row does not fit its header; empty if it does."""
    if not any(row.cells):
        return ""
    if len(row.cells) != header.width:
        return "csv.columns"
    return "csv.columns" if header.gap is not None and row.cells[header.gap].strip() else ""


def _like_a_legend(fields: Mapping[str, str], header: Header, register: Register) -> bool:
    if not register.key or any(name in fields for name in register.key):
        return False
    return len(fields) <= _LEGEND_CELLS and len(fields) * 2 < len(header.fields)


def _uniform(text: str, kind: Kind | None) -> str:
    """Give a text in the one form of its kind; as it is where it cannot be read."""
    try:
        if kind == "day" and (day := read_day(text)) is not None:
            return day.isoformat()
        if kind == "amount" and (amount := read_amount(text)) is not None:
            return plain_text(amount.normalize())
    except ValueError:
        return text
    return text


def _identity(fields: Mapping[str, str], register: Register, header: Header, seen: Counter[tuple[str, bytes]]) -> str:
    """Tell a row by its day, its content, and how many like it came before on that day.

    The content is that of the agreed columns, where any were: a new column does not make new rows of old ones.
    """
    names = register.columns or header.fields.values()
    content = json.dumps([[name, fields[name]] for name in sorted({*names, *register.above}) if name in fields])
    digest = blake2b(content.encode(), digest_size=12).digest()
    day = fields.get(register.identity or "", "")
    seen[day, digest] += 1
    return f"{day or '-'}/{digest.hex()}/{seen[day, digest]}"
