"""Rows as the bytes of a file, in each format that partners can read."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import msgspec
from lxml import etree

from patto_connectors.errors import RejectedItem
from patto_connectors.files.cells import cell_text, plain_text
from patto_connectors.files.workbook import LONGEST, workbook_bytes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_NAME = re.compile(r"^[^\W\d][\w.\-]*$")
_QUOTED = re.compile(r"[;\"\r\n]|^\s|\s$")


@dataclass(slots=True)
class Written:
    """A file's bytes, how many rows it holds, and the rows that its format cannot carry."""

    content: bytes
    accepted: int
    rejected: list[RejectedItem] = field(default_factory=list)


def write_rows(
    form: str,
    rows: Sequence[Mapping[str, Any]],
    columns: Sequence[str] | None = None,
    legend: Sequence[tuple[str, str]] = (),
) -> Written:
    """Write rows as `csv`, `json`, `ndjson`, `xml` or `xlsx`; a row that the format cannot carry is left out and told.

    Args:
        form: the format.
        rows: fields by column.
        columns: the order of columns; None for all in the order of their first appearance.
        legend: words and what they mean, for the second sheet of a workbook; other formats have no place for it.
    """
    names = list(columns) if columns is not None else list(dict.fromkeys(name for row in rows for name in row))
    good, rejected = _sorted(form, rows)
    content = workbook_bytes(names, good, legend) if form == "xlsx" else _FORMS[form](names, good)
    return Written(content, len(good), rejected)


def _sorted(form: str, rows: Sequence[Mapping[str, Any]]) -> tuple[list[Mapping[str, Any]], list[RejectedItem]]:
    good, rejected = [], []
    for index, row in enumerate(rows):
        code = next((code for value in row.values() if (code := _unfit(form, value))), "")
        if not code and form == "xml" and not all(_NAME.match(name) for name in row):
            code = "xml.name"
        if code:
            rejected.append(RejectedItem(index, code, _REASONS[code]))
        else:
            good.append(row)
    return good, rejected


_REASONS = {
    "text.surrogate": "A text holds half of a character (a lone surrogate).",
    "csv.nul": "A text holds a NUL character, which CSV does not carry.",
    "xml.character": "A text holds a control character, which XML 1.0 does not carry.",
    "xml.name": "A field's name cannot be an XML element's name.",
    "sheet.text": "A text is longer than a cell can hold.",
    "sheet.character": "A text holds a control character, which a workbook does not carry.",
}


def _unfit(form: str, value: Any) -> str:  # noqa: ANN401 - a row's value
    """Say why a format cannot carry a value; empty if it can."""
    text = plain_text(value)
    if not _utf8(text):
        return "text.surrogate"
    if form == "csv" and "\0" in text:
        return "csv.nul"
    if form == "xml" and _NOT_XML.search(text):
        return "xml.character"
    if form == "xlsx":
        if len(text) > LONGEST:
            return "sheet.text"
        return "sheet.character" if _NOT_XML.search(text) else ""
    return ""


def _utf8(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def csv_bytes(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    """Write CSV as Excel in Italy opens it: UTF-8 with a mark, `;`, quotes where needed, guarded texts."""
    lines = [";".join(_quoted(cell_text(cell)) for cell in row) for row in [columns, *rows]]
    return b"\xef\xbb\xbf" + "".join(f"{line}\r\n" for line in lines).encode()


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"' if _QUOTED.search(text) else text


def _csv(columns: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> bytes:
    return csv_bytes(columns, ([row.get(name) for name in columns] for row in rows))


def _json(columns: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> bytes:
    return msgspec.json.encode({"items": [_picked(columns, row) for row in rows]})


def _ndjson(columns: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> bytes:
    return b"".join(msgspec.json.encode(_picked(columns, row)) + b"\n" for row in rows)


def _picked(columns: Sequence[str], row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: row[name] for name in columns if name in row}


def _xml(columns: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> bytes:
    root = etree.Element("items")
    for row in rows:
        item = etree.SubElement(root, "item")
        for name, value in _picked(columns, row).items():
            _put(item, name, value)
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True)


def _put(parent: etree._Element, name: str, value: Any) -> None:  # noqa: ANN401 - a row's value
    if isinstance(value, list | tuple):
        for each in value:
            _put(parent, name, each)
        return
    element = etree.SubElement(parent, name)
    if isinstance(value, dict):
        for key, inner in value.items():
            _put(element, str(key), inner)
    elif value is not None:
        element.text = plain_text(value)


_FORMS: dict[str, Callable[[Sequence[str], Sequence[Mapping[str, Any]]], bytes]] = {
    "csv": _csv,
    "json": _json,
    "ndjson": _ndjson,
    "xml": _xml,
}
