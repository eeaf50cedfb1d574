"""The row that names a table's columns: found by what was agreed, and where the table ends beside it."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING

from patto_connectors.errors import Malformed
from patto_connectors.files.sheet_child import words

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from patto_connectors.files.register import Register

_SHOWN = 8
"""Agreed columns that a message names."""
_SHORT = 60
"""Characters of a column's name as the partner wrote it that a message shows."""
_WIDTH = 26
"""Letters that Excel counts its columns with."""


@dataclass(frozen=True, slots=True)
class Header:
    """What a header row says."""

    row: int
    """Its place among the rows that were looked at, from 0."""
    fields: Mapping[int, str]
    """The row's field for each column that is data."""
    width: int
    gap: int | None
    """The column without a name that ends the table: nothing may stand in it."""
    missing: Mapping[str, str]
    """Agreed columns that are not there, each with the name that comes nearest, if any does."""


def plain(text: str) -> str:
    """Give a column's name as it is compared: `Cod. Fiscale` and `COD.FISCALE` are one, `ore` and `% ore` are not."""
    return words(text, keep="%€+#").replace(" ", "")


def find_header(rows: Sequence[Sequence[str]], register: Register) -> Header:
    """Find the header among the first rows of a table.

    Raises:
        Malformed: `sheet.header`: no row names half of the agreed columns, or one names a column twice.
    """
    agreed = {plain(text): name for name in register.columns for text in (name, *register.aliases.get(name, ()))}
    at = _fullest(rows, register, agreed) if agreed else _likely(rows, register.titles)
    if at is None:
        raise _no_header(register)
    names = _names(rows, at, register.titles)
    fields, gap = _table(names, agreed, _legend(rows[: at + 1], register.legend))
    found = set(fields.values())
    others = {plain(name): name for name in fields.values() if plain(name) not in agreed}
    missing = {name: _nearest(name, others) for name in register.columns if name not in found}
    return Header(at, fields, len(rows[at]), gap, missing)


def require(missing: Mapping[str, str], register: Register) -> None:
    """Make sure that nothing required is missing.

    Raises:
        Malformed: `sheet.column_missing`.
    """
    lacking = [name for name in register.required if name in missing]
    if lacking:
        near = f" (c'è '{missing[lacking[0]]}')" if missing[lacking[0]] else ""
        raise Malformed(
            "sheet.column_missing",
            f"The table lacks the column '{lacking[0]}'.",
            hint=f"Rimettere la colonna '{lacking[0]}'{near} (put the column back): chi produce il file.",
            position=f"colonna '{lacking[0]}'{near}",
        )


def _names(rows: Sequence[Sequence[str]], at: int, titles: int) -> list[str]:
    """Name the columns of a header row: a title holds for the columns to its right until the next one."""
    own = [" ".join(cell.split()) for cell in rows[at]]
    parts: list[list[str]] = [[] for _ in own]
    for title_row in rows[max(at - titles, 0) : at]:
        title = ""
        for column, name in enumerate(own):
            text = " ".join(title_row[column].split()) if column < len(title_row) else ""
            title = text or title
            if told := title if name else text:
                parts[column].append(told)
            elif not name:
                title = ""
    return [" ".join(dict.fromkeys([*above, name])).strip() for above, name in zip(parts, own, strict=True)]


def _fullest(rows: Sequence[Sequence[str]], register: Register, agreed: Mapping[str, str]) -> int | None:
    """Find the first of the rows that name the most agreed columns; none may be enough."""
    counts = [
        len({agreed[key] for name in _names(rows, at, register.titles) if (key := plain(name)) in agreed})
        for at in range(len(rows))
    ]
    best = max(counts, default=0)
    return counts.index(best) if best and best * 2 >= len(register.columns) else None


def _likely(rows: Sequence[Sequence[str]], titles: int) -> int | None:
    """Find the first row that holds more than half as many different texts, no numbers, as the widest has cells."""
    widest = max((sum(bool(cell.strip()) for cell in row) for row in rows), default=0)
    for at in range(titles, len(rows)):
        names = {name for each in _names(rows, at, titles) if (name := plain(each)) and not name.isdigit()}
        if len(names) * 2 > widest:
            return at
    return None


def _legend(rows: Sequence[Sequence[str]], legend: Sequence[str]) -> int | None:
    """Find the column at which a legend was said to begin."""
    told = {plain(each) for each in legend}
    return min((at for row in rows for at, cell in enumerate(row) if at and plain(cell) in told), default=None)


def _table(names: Sequence[str], agreed: Mapping[str, str], legend: int | None) -> tuple[dict[int, str], int | None]:
    """Give the fields of the columns that are data, and the gap that ends them.

    The first column without a name ends the table, if no agreed column comes after it; so does an agreed name that
    comes again when all that was agreed has come.
    """
    places = {key: at for at, name in reversed(list(enumerate(names[:legend]))) if (key := plain(name)) in agreed}
    first = next((at for at, name in enumerate(names) if name), len(names))
    last = max(places.values(), default=first)
    gap = next((at for at in range(last, len(names[:legend])) if not names[at]), None)
    fields: dict[int, str] = {}
    for at, name in enumerate(names[: legend if gap is None else gap]):
        field = agreed.get(plain(name), name) or f"colonna {letters(at)}"
        if field in fields.values():
            if at > last and plain(name) in agreed:
                return fields, None
            raise _twice()
        fields[at] = field
    return fields, gap


def letters(column: int) -> str:
    """Say a column, counted from 0, as spreadsheets do: 0 is A, 26 is AA."""
    head, tail = divmod(column, _WIDTH)
    return (letters(head - 1) if head else "") + chr(ord("A") + tail)


def _nearest(name: str, others: Mapping[str, str]) -> str:
    near = get_close_matches(plain(name), others, n=1)
    return others[near[0]][:_SHORT] if near else ""


def _no_header(register: Register) -> Malformed:
    told = "; ".join(register.columns[:_SHOWN]) or "Data; Codice; Ore"
    return Malformed(
        "sheet.header",
        f"No row among the first {register.look} names the columns.",
        hint=f"Mettere i nomi delle colonne sopra la tabella: {told} (name the columns above the table): "
        "chi produce il file.",
    )


def _twice() -> Malformed:
    return Malformed(
        "sheet.header",
        "The header row names a column twice.",
        hint="Dare a ogni colonna un nome diverso (give each column a name of its own): chi produce il file.",
    )
