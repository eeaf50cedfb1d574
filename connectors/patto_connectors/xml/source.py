"""A source that reads one XML document in bulk, from a file or an HTTP body, in pages of about a thousand rows."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias

from patto_connectors.contract import Batch
from patto_connectors.errors import Malformed
from patto_connectors.http.client import Call, Reply, open_client
from patto_connectors.http.redact import redact
from patto_connectors.http.repeat import repeat
from patto_connectors.xml.stream import Caps, Page, Records, Stream
from patto_connectors.xml.xsd import PageJudge, Schemas, WholeJudge

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
    from pathlib import Path

    from patto_connectors.contract import Cursor
    from patto_connectors.http.settings import HttpSettings
    from patto_connectors.xml.fields import Reader

CHUNK = 262_144

Body: TypeAlias = "Callable[[], AbstractAsyncContextManager[AsyncIterator[bytes]]]"
"""Opens a document and gives its bytes in pieces of any size: a file, an HTTP response."""


_There: TypeAlias = "Callable[..., Awaitable[Any]]"
"""Runs a function in the one thread of a document."""


@dataclass(frozen=True, slots=True, kw_only=True)
class XmlSource:
    """Reads a whole document as a snapshot; its cursor is empty, what did not change costs the hub a look-up.

    The last page says `complete` if `snapshot` and no record was set aside: a broken record has not disappeared.
    """

    body: Body
    readers: Mapping[str, Reader | None]
    """By tag (`{namespace}local`), what makes a row of the element; None for one that only holds records."""
    parents: Mapping[str, str] = field(default_factory=dict)
    """By tag, the tag that a record's parent must have, where the same tag stands elsewhere too."""
    root: str | None = None
    """The tag of the document's root; another document is refused. None: any."""
    name: str = "catalogo.xml"
    xsd: Path | None = None
    """A local schema file; records that break it become troubles with line and path."""
    whole: int = 16 * 2**20
    """Bytes up to which a document is judged by the XSD as a whole; longer ones are judged page by page."""
    page_rows: int = 1_000
    page_bytes: int = 8 * 2**20
    snapshot: bool = True
    caps: Caps = field(default_factory=Caps)
    schemas: Schemas = field(default_factory=Schemas)

    @property
    def http(self) -> HttpSettings | None:
        """The partner's address, where the document comes from one: `patto check` tries it stage by stage."""
        return self.body.settings if isinstance(self.body, HttpBody) else None

    async def read(self, after: Cursor | None) -> AsyncIterator[Batch]:  # noqa: ARG002 - a snapshot starts at its start
        """Yield the document's records, page by page.

        Raises:
            Malformed: the document is refused, or breaks off; pages before stay good.
        """
        number, clean = 0, True
        # lxml keeps names in a table of the thread that parses: a document must not wander from thread to thread.
        with ThreadPoolExecutor(1, "patto-xml") as thread:
            there = partial(asyncio.get_running_loop().run_in_executor, thread)
            async with self.body() as whole:
                stream, pieces = await self._opened(whole, there)
                async for piece in pieces:
                    for page in await there(self._pages, stream, piece):
                        number, clean = number + 1, clean and not page.troubles
                        yield self._batch(page, number, complete=False)
            page = await there(self._last, stream)
        yield self._batch(page, number + 1, complete=self.snapshot and clean and not page.troubles)

    async def _opened(self, pieces: AsyncIterator[bytes], there: _There) -> tuple[Stream, AsyncIterator[bytes]]:
        """Make the reader; with an XSD, hold a short document back until it is judged as a whole."""
        records = Records(readers=self.readers, parents=self.parents, root=self.root)
        make = partial(Stream, records, caps=self.caps)
        if self.xsd is None:
            return await there(make), pieces
        schema = await there(self.schemas.get, self.xsd)
        held, size = [], 0
        async for piece in pieces:
            held.append(piece)
            size += len(piece)
            if size > self.whole:
                return await there(partial(make, judge=PageJudge(schema, records))), _chained(held, pieces)
        content = b"".join(held)
        # The gate and the caps come first: a document that they refuse is never parsed as a whole.
        await there(self._rehearse, content)
        judge = await there(WholeJudge, schema, content, records)
        return await there(partial(make, judge=judge)), _chained(held, pieces)

    def _rehearse(self, content: bytes) -> None:
        stream = Stream(Records(readers={}), caps=self.caps)
        stream.feed(content)
        stream.finish()

    def _pages(self, stream: Stream, piece: bytes) -> list[Page]:
        pages = []
        for at in range(0, len(piece), CHUNK):
            stream.feed(piece[at : at + CHUNK])
            if stream.size >= self.page_rows or (stream.size and stream.weight >= self.page_bytes):
                pages.append(stream.take())
        return pages

    @staticmethod
    def _last(stream: Stream) -> Page:
        stream.finish()
        return stream.take()

    def _batch(self, page: Page, number: int, *, complete: bool) -> Batch:
        return Batch(
            rows=page.rows,
            content=page.content,
            media_type="application/xml",
            name=f"{self.name} (pagina {number})",
            positions=page.positions,
            troubles=page.troubles,
            complete=complete,
        )


async def _chained(held: list[bytes], rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    while held:
        yield held.pop(0)
    async for piece in rest:
        yield piece


def file_body(path: Path) -> Body:
    """Give the bytes of a local file."""

    @asynccontextmanager
    async def opened() -> AsyncIterator[AsyncIterator[bytes]]:
        handle = await asyncio.to_thread(path.open, "rb")
        try:

            async def pieces() -> AsyncIterator[bytes]:
                while piece := await asyncio.to_thread(handle.read, CHUNK):
                    yield piece

            yield pieces()
        finally:
            handle.close()

    return opened


def bytes_body(content: bytes) -> Body:
    """Give bytes that are in hand already."""

    @asynccontextmanager
    async def opened() -> AsyncIterator[AsyncIterator[bytes]]:
        async def pieces() -> AsyncIterator[bytes]:
            yield content

        yield pieces()

    return opened


@dataclass(frozen=True, slots=True)
class HttpBody:
    """The body of a partner's HTTP address as it arrives; opening it is repeated, reading it is not.

    What was read before a break is kept, and the next run reads all again: what is known costs little.
    """

    settings: HttpSettings
    path: str

    @asynccontextmanager
    async def __call__(self) -> AsyncIterator[AsyncIterator[bytes]]:
        """Ask for the document and give its bytes in pieces.

        Raises:
            Trouble: the partner does not give it.
        """
        call = Call(path=self.path, accept="application/xml, text/xml")
        async with open_client(self.settings) as client, AsyncExitStack() as stack:

            async def once() -> Reply:
                return await stack.enter_async_context(client.open(call))

            reply = await repeat(once, self.settings.repeats, client.world)
            if "html" in reply.headers.get("Content-Type", "").lower():
                raise Malformed(
                    "http.html",
                    "The partner answers with a web page instead of XML.",
                    content=redact(await anext(reply.pieces, b"")),
                    hint="Controllare che cosa risponde il sistema: forse una pagina di manutenzione (check it).",
                )
            yield reply.pieces


def http_body(settings: HttpSettings, path: str) -> Body:
    """Give the body of a partner's HTTP address."""
    return HttpBody(settings, path)
