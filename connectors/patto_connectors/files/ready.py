"""The rules of every drop folder: what is ready, in which order, what was read before, what is set aside and told."""

from __future__ import annotations

import asyncio
from contextlib import aclosing, asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from typing import IO, TYPE_CHECKING, Literal, Protocol, cast

from patto_connectors.contract import Batch
from patto_connectors.errors import Malformed, Refused
from patto_connectors.files.folder import Found, Marks, digest_of, outcome_name, unread_digest
from patto_connectors.files.names import Format, format_of, shown
from patto_connectors.files.outcome import outcome_bytes
from patto_connectors.files.pages import Reading, read_pages
from patto_connectors.ports import WORLD
from patto_connectors.xml.source import CHUNK

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Callable, Generator, Iterator

    from patto_connectors.contract import Cursor, Outcome, Source
    from patto_connectors.files.folder import Look
    from patto_connectors.xml.source import Body

_HEAD = 4_096
"""Bytes that tell the format, and that are kept of a file that is set aside."""


class Folder(Protocol):
    """A drop folder, on this machine or at a partner's."""

    @property
    def clocked(self) -> bool:
        """Whether its files' times are by our own clock, so that an old file is settled at the first look."""
        ...

    @property
    def moves(self) -> bool:
        """Whether processed files are moved away."""
        ...

    async def look(self) -> Look:
        """See what lies there now.

        Raises:
            Unreachable: the folder is not there, or nobody answers for it.
            Refused: the folder may not be read.
        """
        ...

    async def open(self, file: Found) -> IO[bytes] | None:
        """Open a file, as bytes of this machine that can be read from any place; None if it is no longer as it was.

        Raises:
            PermissionError: this file may not be read.
            Malformed: it is longer than was agreed.
        """
        ...

    async def move_away(self, name: str, digest: str) -> None:
        """Move a processed file and its marker; one of the same name that lies there already keeps its place."""
        ...

    async def put(self, name: str, content: bytes) -> None:
        """Write an outcome file, whole or not at all."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What was agreed on a folder's files."""

    ready: Literal["settled", "done"] = "settled"
    settle_seconds: float = 5.0
    reading: Reading = field(default_factory=Reading)
    xml: Callable[[Body], Source] | None = None
    """Makes the source that reads an XML file, as `partial(XmlSource, readers=...)`; None: XML files are refused."""


async def read_ready(folder: Folder, rules: Rules, after: Cursor | None) -> AsyncGenerator[Batch, None]:
    """Yield the pages of each ready file; a file that cannot be read is set aside whole, the others go on.

    Raises:
        Unreachable: the folder is not there.
        Refused: the folder may not be read.
    """
    marks = Marks(after)
    ready, odd = await _ready(folder, rules, marks)
    for name in odd:
        file = Found(name, 0, 0, 0)
        if not marks.unchanged(file):
            marks.add(file, "")
            yield _set_aside(name, "file.link", b"", marks)
    for file in ready:
        try:
            handle = await folder.open(file)
        except PermissionError:
            # Without a mark: rights can be mended without touching the file, and the next look then reads it.
            yield replace(
                _set_aside(file.name, "file.permission", file.name.encode("utf-8", "replace"), marks), cursor=None
            )
            continue
        except Malformed as wrong:
            marks.add(file, unread_digest(file))
            yield _set_aside(file.name, wrong.code, b"", marks)
            continue
        if handle is None:
            continue  # gone or changed since the look, or turned into a link: the next look tells
        with handle:
            async with aclosing(_file(handle, file, rules, marks)) as pages:
                async for batch in pages:
                    yield batch


async def tell_outcome(folder: Folder, outcome: Outcome, form: Literal["csv", "json"]) -> None:
    """Write `<name>_esito.csv` (or .json) back."""
    await folder.put(outcome_name(outcome.name, form), outcome_bytes(outcome, form))


async def _ready(folder: Folder, rules: Rules, marks: Marks) -> tuple[list[Found], list[str]]:
    """Look, move what was processed, wait once for what may still grow; give what may be read."""
    first = await folder.look()
    fresh = []
    for file in first.files:
        if not marks.unchanged(file):
            fresh.append(file)
        elif folder.moves:
            await folder.move_away(file.name, marks.digest_of(file.name))
    odd = list(first.odd)
    if rules.ready == "done":
        return [file for file in fresh if file.name in first.markers], odd
    world = WORLD.get()
    settled_before = (world.now().timestamp() - rules.settle_seconds) * 1e9
    if not fresh or (folder.clocked and all(file.modified_ns <= settled_before for file in fresh)):
        return fresh, odd
    await world.sleep(rules.settle_seconds)
    again = frozenset((await folder.look()).files)
    return [file for file in fresh if file in again], odd


async def _file(handle: IO[bytes], file: Found, rules: Rules, marks: Marks) -> AsyncGenerator[Batch, None]:
    """Give a file's pages, the last one with the mark."""
    digest = await asyncio.to_thread(digest_of, handle)
    known = marks.same_bytes(file.name, digest)
    marks.add(file, digest)
    held: Batch | None = None
    if not known:
        try:
            async with aclosing(_pages(handle, file.name, rules)) as pages:
                async for page in pages:
                    if held is not None:
                        yield held
                    held = replace(page, name=shown(file.name))
        except (Malformed, Refused) as wrong:
            if held is not None:
                yield held
            place = wrong.position if isinstance(wrong, Malformed) else ""
            yield _set_aside(file.name, wrong.code, await asyncio.to_thread(_head, handle), marks, place)
            return
    held = held or Batch(rows=(), name=shown(file.name), media_type="text/plain")
    yield replace(held, cursor=marks.cursor())


async def _pages(handle: IO[bytes], name: str, rules: Rules) -> AsyncGenerator[Batch, None]:
    form = format_of(name, await asyncio.to_thread(_head, handle))
    if form is Format.XML:
        if rules.xml is None:
            raise Malformed("file.format", "XML files are not part of what was agreed.")
        async with aclosing(cast("AsyncGenerator[Batch, None]", rules.xml(_body(handle)).read(None))) as whole:
            async for page in whole:
                yield replace(page, complete=False)  # one file of a folder is not all that a partner holds
        return
    pages = cast("Generator[Batch]", read_pages(handle, shown(name), form, rules.reading))
    try:
        while (following := await asyncio.to_thread(_next, pages)) is not None:
            yield following
    finally:
        with suppress(ValueError):  # whoever was cancelled leaves a thread in it, which ends by itself
            pages.close()


def _next(pages: Iterator[Batch]) -> Batch | None:
    return next(pages, None)


def _head(handle: IO[bytes]) -> bytes:
    handle.seek(0)
    head = handle.read(_HEAD)
    handle.seek(0)
    return head


def _set_aside(name: str, code: str, head: bytes, marks: Marks, place: str = "") -> Batch:
    return Batch(
        rows=(),
        content=head,
        media_type="application/octet-stream",
        name=shown(name),
        troubles=[(place or "file", code, head)],
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
