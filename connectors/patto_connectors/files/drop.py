"""A source that reads the files a partner drops into a folder, and writes back what became of them."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path  # noqa: TC003 - a field's type
from typing import IO, TYPE_CHECKING, Literal

from patto_connectors.contract import Batch
from patto_connectors.errors import Malformed, Refused
from patto_connectors.files.atomic import put
from patto_connectors.files.folder import Found, Marks, digest_of, look, move_away, open_plain, outcome_name
from patto_connectors.files.names import Format, format_of, shown
from patto_connectors.files.outcome import outcome_bytes
from patto_connectors.files.pages import Reading, read_pages
from patto_connectors.ports import WORLD
from patto_connectors.xml.source import CHUNK

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

    from patto_connectors.contract import Cursor, Outcome, Source
    from patto_connectors.xml.source import Body

_HEAD = 4_096
"""Bytes that tell the format, and that are kept of a file that is set aside."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DropFolderSource:
    """Reads ready files by age then name; a file's mark goes into the cursor with its last page.

    A file is ready when its size and time have not changed for `settle_seconds` of the world's clock (by its own time,
    or over two looks), or, with `ready="done"`, when `<name>.done` lies beside it. A processed file is moved to `done`
    (by the next look after its mark was kept, or when its outcome is told); without `done` it stays, and is known.
    """

    folder: Path
    done: Path | None = None
    ready: Literal["settled", "done"] = "settled"
    settle_seconds: float = 5.0
    reading: Reading = field(default_factory=Reading)
    xml: Callable[[Body], Source] | None = None
    """Makes the source that reads an XML file, as `partial(XmlSource, readers=...)`; None: XML files are refused."""
    outcomes: Path | None = None
    """Where outcome files go; None: beside the files."""
    outcome_format: Literal["csv", "json"] = "csv"

    async def read(self, after: Cursor | None) -> AsyncIterator[Batch]:
        """Yield the pages of each ready file; a file that cannot be read is set aside whole, the others go on.

        Raises:
            Unreachable: the folder is not there.
            Refused: the folder may not be read.
        """
        marks = Marks(after)
        ready, odd = await self._ready(marks)
        for name in odd:
            file = Found(name, 0, 0, 0)
            if not marks.unchanged(file):
                marks.add(file, "")
                yield _set_aside(name, "file.link", b"", marks)
        for file in ready:
            try:
                handle = await asyncio.to_thread(open_plain, self.folder, file.name)
            except OSError:
                continue  # gone since the look, or turned into a link: the next look tells
            with handle:
                async for batch in self._file(handle, file, marks):
                    yield batch

    async def tell(self, outcome: Outcome) -> None:
        """Write `<name>_esito.csv` (or .json) back, whole or not at all."""
        target = (self.outcomes or self.folder) / outcome_name(outcome.name, self.outcome_format)
        await asyncio.to_thread(put, target, outcome_bytes(outcome, self.outcome_format))

    async def _ready(self, marks: Marks) -> tuple[list[Found], list[str]]:
        """Look, move what was processed, wait once for what may still grow; give what may be read."""
        first = await asyncio.to_thread(look, self.folder)
        fresh = []
        for file in first.files:
            if not marks.unchanged(file):
                fresh.append(file)
            elif self.done is not None:
                await asyncio.to_thread(move_away, self.folder, file.name, self.done, marks.digest_of(file.name))
        odd = list(first.odd)
        if self.ready == "done":
            return [file for file in fresh if file.name in first.markers], odd
        world = WORLD.get()
        settled_before = (world.now().timestamp() - self.settle_seconds) * 1e9
        if all(file.modified_ns <= settled_before for file in fresh):
            return fresh, odd
        await world.sleep(self.settle_seconds)
        again = frozenset((await asyncio.to_thread(look, self.folder)).files)
        return [file for file in fresh if file in again], odd

    async def _file(self, handle: IO[bytes], file: Found, marks: Marks) -> AsyncIterator[Batch]:
        """Give a file's pages, the last one with the mark."""
        digest = await asyncio.to_thread(digest_of, handle)
        known = marks.same_bytes(file.name, digest)
        marks.add(file, digest)
        held: Batch | None = None
        if not known:
            try:
                async for page in self._pages(handle, file.name):
                    if held is not None:
                        yield held
                    held = replace(page, name=shown(file.name))
            except (Malformed, Refused) as wrong:
                if held is not None:
                    yield held
                yield _set_aside(file.name, wrong.code, await asyncio.to_thread(_head, handle), marks)
                return
        held = held or Batch(rows=(), name=shown(file.name), media_type="text/plain")
        yield replace(held, cursor=marks.cursor())

    async def _pages(self, handle: IO[bytes], name: str) -> AsyncIterator[Batch]:
        form = format_of(name, await asyncio.to_thread(_head, handle))
        if form is Format.XML:
            if self.xml is None:
                raise Malformed("file.format", "XML files are not part of what was agreed.")
            async for page in self.xml(_body(handle)).read(None):
                yield replace(page, complete=False)  # one file of a folder is not all that a partner holds
            return
        pages = read_pages(handle, shown(name), form, self.reading)
        while (following := await asyncio.to_thread(_next, pages)) is not None:
            yield following


def _next(pages: Iterator[Batch]) -> Batch | None:
    return next(pages, None)


def _head(handle: IO[bytes]) -> bytes:
    handle.seek(0)
    head = handle.read(_HEAD)
    handle.seek(0)
    return head


def _set_aside(name: str, code: str, head: bytes, marks: Marks) -> Batch:
    return Batch(
        rows=(),
        content=head,
        media_type="application/octet-stream",
        name=shown(name),
        troubles=[("file", code, head)],
        cursor=marks.cursor(),
    )


def _body(handle: IO[bytes]) -> Body:
    @asynccontextmanager
    async def opened() -> AsyncIterator[AsyncIterator[bytes]]:
        async def pieces() -> AsyncIterator[bytes]:
            while piece := await asyncio.to_thread(handle.read, CHUNK):
                yield piece

        yield pieces()

    return opened
