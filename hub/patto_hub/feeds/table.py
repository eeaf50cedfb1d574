"""A page of a feed as a table, for CSV and workbooks: a row for each item, a column for each field of the feed's views.

The columns follow from the views and not from the page, so that a spreadsheet that was built on one page fits the next.
An object within a record becomes columns with dotted names (`provider.name`), a list becomes its JSON in one cell.
"""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from pydantic_core import to_json

from patto_connectors.files.workbook import workbook_bytes
from patto_connectors.files.write import csv_bytes
from patto_hub.feeds.forms import carried, forms_of
from patto_schemas.published.xml_codec import NOT_XML

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from patto_hub.feeds.pages import FeedPage
    from patto_hub.feeds.spec import FeedSpec
    from patto_schemas.published.shape import Field, Form

FIRST: Final = ("id", "version", "change", "changed_at", "kind", "source", "view")
"""The columns that each feed has, before those of its views."""
LAST: Final = "altered"
"""Where U+FFFD stands for a character that the format cannot carry, as JSON pointers into the item; mostly empty."""
PIECE: Final = 16_000
"""Characters of a workbook's cell at most: it holds 32,767 of UTF-16, and a character may need two."""
_NOT_CSV: Final = re.compile("\0")
_MEANINGS: Final = (
    ("change = upsert", "conservare la scheda; se c'è già, sostituirla (keep the record, or replace yours)"),
    ("change = delete", "la scheda non esiste più: cancellarla (the record is gone: delete yours)"),
    ("change = withdraw", "non è più vostra da conoscere: cancellarla (no longer yours to know: delete yours)"),
    ("version", "una versione più bassa non sostituisce mai una più alta (a lower one never replaces a higher one)"),
)


def columns(feed: FeedSpec) -> list[str]:
    """Give the columns of a feed, in their order; a field that is called as one of ours gets the prefix `data.`."""
    named = (_named(path) for form in forms_of(feed).values() for path, _ in _leaves(form, form.root))
    return list(dict.fromkeys((*FIRST, *named, LAST)))


def as_csv(feed: FeedSpec, page: FeedPage, next_link: str) -> bytes:  # noqa: ARG001 - a table has no place for a link
    """Give the page as CSV that Excel in Italy opens; where to go on stands in the answer's headers."""
    names = columns(feed)
    return csv_bytes(names, ([row.get(name) for name in names] for row in _rows(feed, page, _NOT_CSV)))


def as_xlsx(feed: FeedSpec, page: FeedPage, next_link: str) -> bytes:
    """Give the page as a workbook: the table, and a second sheet that says where to go on."""
    names = columns(feed)
    rows = [{name: _short(value) for name, value in row.items()} for row in _rows(feed, page, NOT_XML)]
    wide = {name: max((len(row[name]) for row in rows if isinstance(row.get(name), list)), default=1) for name in names}
    spread = [dict(_spread(row)) for row in rows]
    ends = [
        ("next_cursor", page.next_cursor),
        ("has_more", "true" if page.has_more else "false"),
        ("next", next_link),
    ]
    heads = [_part(name, at) for name in names for at in range(wide[name])]
    return workbook_bytes(heads, spread, [*ends, *_MEANINGS])


def _rows(feed: FeedSpec, page: FeedPage, unfit: re.Pattern[str]) -> Iterator[dict[str, Any]]:
    """Yield each item's cells by column, as the values that a spreadsheet knows."""
    leaves = {
        kind: [(_named(path), path, field) for path, field in _leaves(form, form.root)]
        for kind, form in forms_of(feed).items()
    }
    for each in page.items:
        item = carried(each, unfit)
        row = {name: item[name] for name in FIRST}
        for name, path, field in leaves[item["kind"]]:
            row[name] = _cell(_at(item["data"], path), field)
        row[LAST] = _json(item.get(LAST))
        yield row


def _leaves(form: Form, shape: str, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Field]]:
    """Yield the fields that have a column, by their path."""
    for field in form.shapes[shape].fields:
        here = (*path, field.name)
        if isinstance(field.type, str) and not field.many:
            yield from _leaves(form, field.type, here)
        else:
            yield here, field


def _named(path: tuple[str, ...]) -> str:
    name = ".".join(path)
    return f"data.{name}" if name in (*FIRST, LAST) else name


def _at(data: Mapping[str, Any] | None, path: tuple[str, ...]) -> Any:  # noqa: ANN401 - a JSON value
    value: Any = data
    for name in path:
        value = None if value is None else value.get(name)
    return value


def _cell(value: Any, field: Field) -> Any:  # noqa: ANN401 - a JSON value, a cell's value
    """Give a value as a spreadsheet knows it: numbers and days as such, what has parts as JSON."""
    if value is None or isinstance(value, list) or isinstance(field.type, str):
        return _json(value)
    if field.type.sort == "decimal":
        return Decimal(value)
    return date.fromisoformat(value) if field.type.sort == "date" else value


def _json(value: Any) -> str | None:  # noqa: ANN401 - a JSON value
    return to_json(value).decode() if value else None


def _short(value: Any) -> Any:  # noqa: ANN401 - a cell's value
    """Cut a text that is too long for one cell into pieces."""
    if not isinstance(value, str) or len(value) <= PIECE:
        return value
    return [value[at : at + PIECE] for at in range(0, len(value), PIECE)]


def _spread(row: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in row.items():
        pieces = value if isinstance(value, list) else [value]
        yield from ((_part(name, at), piece) for at, piece in enumerate(pieces))


def _part(name: str, at: int) -> str:
    """Give the column of a long text's piece: `presentations`, `presentations (2)`, ..."""
    return name if at == 0 else f"{name} ({at + 1})"
