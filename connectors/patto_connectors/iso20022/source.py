"""A source that reads bank messages: statements (camt.053) and notices (camt.054), as they arrive.

A row is plain and says what the bank said, in the bank's codes; see `entry.py` and `key.py`. Fields: `key`; of the
message `message`, `message_id`, `message_created_at`, `message_page`; of the statement `statement_id`, `sequence`,
`legal_sequence`, `page`, `copy`, `statement_created_at`, `account_iban`, `account_other`, `account_currency`; of the
entry `entry_reference`, `bank_reference`, `amount` (text, never negative), `currency`, `direction` (CRDT, DBIT),
`status` (BOOK, PDNG, INFO, from version 08 on also FUTR), `reversal`, `booked_on`, `value_on`, `batch_message_id`,
`batch_id`, `batch_count`, `part` of `parts`; of the movement `end_to_end_id`, `instruction_id`, `transaction_id`,
`transaction_reference`, `payment_message_id`, `payment_id`, `transaction_code` (`PMNT/RCDT/ESCT`), `proprietary_code`,
`purpose`, `return_reason`, `remittance`, `remittance_reference`. Personal data, which a plugin keeps or drops:
`counterparty_name`, `counterparty_iban`, `additional`, `remittance`. What the bank does not say is None.
"""

from __future__ import annotations

import asyncio
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, cast

from patto_connectors.contract import Batch
from patto_connectors.errors import Refused
from patto_connectors.iso20022.message import Message, opening
from patto_connectors.iso20022.statement import Fold, parents, readers
from patto_connectors.xml.source import CHUNK, XmlSource
from patto_connectors.xml.stream import Caps, Page, Records, Stream
from patto_connectors.xml.xsd import Schemas

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Iterator
    from pathlib import Path

    from patto_connectors.contract import Cursor
    from patto_connectors.xml.source import Body

MEDIA_TYPE: Final = "application/xml"
JUDGED: Final = 64 * 2**20
"""Bytes of a document that is judged by an XSD: it is held in memory as a whole then."""
_HEAD: Final = 4_096
"""Bytes that are kept of a document that is refused as a whole."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CamtSource:
    """Reads one document, page by page; its cursor is empty, what is known costs the hub a look-up.

    A drop folder or an SFTP folder makes one per file: `xml=lambda body: CamtSource(body=body)`.
    """

    body: Body
    name: str = "estratto.xml"
    xsd: Path | None = None
    """A folder with the official schemas under their names, as `camt.053.001.02.xsd`; None: only our own checks."""
    page_rows: int = 1_000
    caps: Caps = field(default_factory=Caps)
    schemas: Schemas = field(default_factory=Schemas)

    async def read(self, after: Cursor | None) -> AsyncIterator[Batch]:
        """Yield the document's movements, page by page.

        Raises:
            Malformed: the document is refused, or breaks off; pages before stay good.
            Refused: `camt.schema`: there is a folder of schemas, but not with this message's.
        """
        async with self.body() as pieces:
            message, head = await _opened(pieces)
            caps = self.caps if self.xsd is None else Caps(document=JUDGED, record=self.caps.record)
            elements = XmlSource(
                body=_again(head, pieces),
                readers=readers(message),
                parents=parents(message),
                name=self.name,
                xsd=None if self.xsd is None else _schema(self.xsd, message),
                whole=JUDGED,
                page_rows=self.page_rows,
                snapshot=False,
                caps=caps,
                schemas=self.schemas,
            )
            fold = Fold(message)
            async with aclosing(cast("AsyncGenerator[Batch]", elements.read(after))) as pages:
                async for page in pages:
                    yield await asyncio.to_thread(fold.page, page)
            fold.close(b"".join(head)[:_HEAD])


def read_camt(content: bytes, *, name: str = "estratto.xml", page_rows: int = 1_000) -> Iterator[Batch]:
    """Read a document that is in hand, as a body that a bank handed in; as `CamtSource`, without an XSD.

    Raises:
        Malformed: the document is refused; pages before stay good.
    """
    message = opening(content, final=True)
    if message is None:  # never with all the bytes: `opening` raises
        raise ValueError(name)
    fold = Fold(message)
    stream = Stream(Records(readers=readers(message), parents=parents(message)), caps=Caps())
    for at in range(0, len(content), CHUNK):
        stream.feed(content[at : at + CHUNK])
        if stream.size >= page_rows:
            yield fold.page(_batch(stream.take(), name))
    stream.finish()
    yield fold.page(_batch(stream.take(), name))
    fold.close(content[:_HEAD])


def _batch(page: Page, name: str) -> Batch:
    return Batch(
        rows=page.rows,
        content=page.content,
        media_type=MEDIA_TYPE,
        name=name,
        positions=page.positions,
        troubles=page.troubles,
    )


async def _opened(pieces: AsyncIterator[bytes]) -> tuple[Message, list[bytes]]:
    """Read until the document has said what it is."""
    held: list[bytes] = []
    async for piece in pieces:
        held.append(piece)
        message = opening(b"".join(held), final=False)
        if message is not None:
            return message, held
    message = opening(b"".join(held), final=True)
    if message is None:  # never with all the bytes: `opening` raises
        raise ValueError("a document that does not end")
    return message, held


def _again(head: list[bytes], rest: AsyncIterator[bytes]) -> Body:
    """Give a body whose first pieces are in hand already."""

    @asynccontextmanager
    async def opened() -> AsyncIterator[AsyncIterator[bytes]]:
        async def pieces() -> AsyncIterator[bytes]:
            for piece in head:
                yield piece
            async for piece in rest:
                yield piece

        yield pieces()

    return opened


def _schema(folder: Path, message: Message) -> Path:
    path = folder / f"{message}.xsd"
    if not path.is_file():
        raise Refused(
            "camt.schema",
            f"The folder of schemas has no {message}.xsd.",
            hint=f"Aggiungere {message}.xsd alla cartella `xsd`, o togliere `xsd` (add it, or leave `xsd` out).",
        )
    return path
