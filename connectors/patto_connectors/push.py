"""A ready door: what a partner hands in as JSON, NDJSON, XML, CSV or a workbook becomes rows as a file would."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Final

from patto_connectors.contract import Door
from patto_connectors.errors import Malformed
from patto_connectors.files.blank import blank_csv, blank_workbook
from patto_connectors.files.names import Format, check_content
from patto_connectors.files.pages import Reading, read_pages
from patto_connectors.xml.rows import read_rows
from patto_schemas.model import ENTITIES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from patto_connectors.contract import Batch, Pushed

WORKBOOK: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
FORMS: Final[Mapping[str, Format]] = {
    "application/json": Format.JSON,
    "application/x-ndjson": Format.NDJSON,
    "application/xml": Format.XML,
    "text/xml": Format.XML,
    "text/csv": Format.CSV,
    WORKBOOK: Format.SHEET,
    "application/vnd.oasis.opendocument.spreadsheet": Format.SHEET,
}
"""The media types that a door of rows may take."""
HEAD: Final = 4_096
"""Bytes by which a body is told to be what it is called."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RowDoor:
    """How bodies of rows are read: their formats, and the profiles by which a file of each is read.

    Raises:
        ValueError: a media type that is not one of `FORMS`, or XML of no kind.
    """

    media_types: tuple[str, ...] = ("application/json", "application/x-ndjson")
    reading: Reading = field(default_factory=Reading)
    kind: str = ""
    """The kind of entity that XML holds, as `pact`: a `<pact_list>` of our published XSD, whose rows are canonical."""

    def __post_init__(self) -> None:
        unknown = sorted(set(self.media_types) - FORMS.keys())
        if unknown:
            raise ValueError(f"a door of rows takes {', '.join(FORMS)}, not {', '.join(unknown)}")
        xml = any(FORMS[each] is Format.XML for each in self.media_types)
        if xml and self.kind not in ENTITIES:
            raise ValueError(f"a door that takes XML says which kind its list holds: {', '.join(ENTITIES)}")

    def door(self) -> Door:
        """Give the door, for `Connector.door`."""
        return Door(media_types=self.media_types, rows=self.rows, blanks=self.blanks())

    def blanks(self) -> Mapping[str, Callable[[], bytes]]:
        """Give the empty files that can be made: of agreed columns only, and as CSV of one table that has no labels."""
        registers = self.reading.registers
        if not registers or not all(each.columns for each in registers):
            return {}
        made = {WORKBOOK: partial(blank_workbook, registers)}
        if len(registers) == 1 and not registers[0].above:
            made["text/csv"] = partial(blank_csv, registers[0])
        return {name: make for name, make in made.items() if name in self.media_types}

    def rows(self, body: Pushed) -> Iterator[Batch]:
        """Yield the pages of a body.

        Raises:
            Malformed: it is not what its media type says.
        """
        form = FORMS.get(body.media_type)
        if form is None or body.media_type not in self.media_types:
            raise Malformed("file.format", "The media type is not one of those that were agreed.", content=body.content)
        check_content(form, body.content[:HEAD])
        if form is Format.XML:
            # At once: lxml keeps names in a table of the thread that parses, and each page may be asked for by another.
            yield from list(read_rows(body.content, body.name, self.kind, self.reading.page_rows))
            return
        yield from read_pages(io.BytesIO(body.content), body.name, form, self.reading)
