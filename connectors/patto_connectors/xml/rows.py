"""Rows from the list documents of our published XSD: `<pact_list>` with one `<pact>` each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from lxml import etree
from pydantic_core import to_json

from patto_connectors.contract import Batch
from patto_connectors.xml.stream import Caps, Records, Stream
from patto_schemas.published.version import NAMESPACE
from patto_schemas.published.xml_codec import document_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lxml.etree import _Element as Element

    from patto_connectors.xml.stream import Page

STEP: Final = 64 * 1024


class _Broken(dict[str, Any]):
    """Stands for an element whose structure is not the schema's; holds its bytes."""


def read_rows(content: bytes, name: str, kind: str, page_rows: int, caps: Caps | None = None) -> Iterator[Batch]:
    """Yield the entities of a list document of one kind as JSON rows; one that breaks the structure is a trouble.

    Raises:
        Malformed: the document is not well-formed, holds a DOCTYPE, is too large, or is no list of this kind.
    """
    stream = Stream(_records(kind), caps=caps or Caps())
    for at in range(0, len(content), STEP):
        stream.feed(content[at : at + STEP])
        if stream.size >= page_rows:
            yield _batch(stream.take(), name)
    stream.finish()
    yield _batch(stream.take(), name)


def _records(kind: str) -> Records:
    entity, listed = (f"{{{NAMESPACE}}}{each}" for each in (kind, f"{kind}_list"))

    def row(element: Element) -> bytes | _Broken:
        try:
            return to_json(document_of(kind, element))
        except ValueError:
            return _Broken(content=etree.tostring(element, with_tail=False))

    return Records(readers={entity: row}, parents={entity: listed}, root=listed)


def _batch(page: Page, name: str) -> Batch:
    rows = list(zip(page.rows, page.positions, strict=True))
    return Batch(
        rows=[row for row, _ in rows if not isinstance(row, _Broken)],
        content=page.content,
        media_type="application/xml",
        name=name,
        positions=[position for row, position in rows if not isinstance(row, _Broken)],
        troubles=[(position, "xml.xsd", row["content"]) for row, position in rows if isinstance(row, _Broken)],
    )
