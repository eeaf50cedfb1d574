"""Connectors that misbehave in all the ways that plugins do: the hub must survive each, beside others that work.

`ZOO` names them; each is a whole connector without settings. `rows(n)` gives rows that a good one would read.
"""

from __future__ import annotations

import asyncio
import os
import sys
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING, Any, ClassVar

import msgspec
from pydantic import BaseModel

from patto_connectors.contract import Batch, Connector
from patto_connectors.ports import WORLD
from patto_schemas.model.base import Entity

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping

    from patto_connectors.contract import Cursor, Source

BLOCKED_SECONDS = 2.0
_encode = msgspec.json.encode


class Nothing(BaseModel):
    """A partner that needs no settings."""


class Note(Entity):
    """A record as plain as can be."""

    kind: ClassVar[str] = "note"
    key_field: ClassVar[str] = "note_id"

    note_id: str
    text: str = ""


class Outrage(BaseException):
    """An error that is no `Exception`: `except Exception` lets it through."""


def rows(number: int, start: int = 0) -> list[bytes]:
    """Give raw rows of notes."""
    return [_encode({"note_id": f"N-{n}", "text": "x" * 20, "revision": 1}) for n in range(start, start + number)]


def page(number: int = 10, start: int = 0, cursor: Mapping[str, Any] | None = None) -> Batch:
    """Give a good page of notes."""
    content = b"[" + b",".join(rows(number, start)) + b"]"
    return Batch(rows=rows(number, start), content=content, name=f"page from {start}", cursor=cursor)


@dataclass(frozen=True, slots=True)
class Reading:
    """A source made of one async generator function."""

    pages: Callable[[Cursor | None], AsyncIterator[Batch]]

    def read(self, after: Cursor | None) -> AsyncIterator[Batch]:
        """Yield what the function yields."""
        return self.pages(after)


def connector(name: str, pages: Callable[[Cursor | None], AsyncIterator[Any]], translate: Any = Note) -> Connector[Any]:  # noqa: ANN401 - the zoo keeps to no type
    """Make a connector of a generator function."""

    def source(_settings: Nothing) -> Source:
        return Reading(pages)

    return Connector(name=name, settings=Nothing, source=source, translate=translate, kinds=("note",))


async def good(after: Cursor | None) -> AsyncIterator[Batch]:
    """Behave: three pages, a cursor after each."""
    for start in range(int((after or {}).get("next", 0)), 30, 10):
        yield page(10, start, {"next": start + 10})


async def raises(_after: Cursor | None) -> AsyncIterator[Batch]:
    """F60: one page, then a bug."""
    yield page(cursor={"next": 10})
    raise RuntimeError("a bug of the plugin; it quotes RSSMRA80A01H501U from a record")


async def raises_outrage(_after: Cursor | None) -> AsyncIterator[Batch]:
    """F60: one page, then an error that `except Exception` lets through."""
    yield page(cursor={"next": 10})
    raise Outrage("not an Exception")


async def exits(_after: Cursor | None) -> AsyncIterator[Batch]:
    """F61: `sys.exit()` inside a task would end the whole hub."""
    yield page(cursor={"next": 10})
    sys.exit(3)


async def interrupts(_after: Cursor | None) -> AsyncIterator[Batch]:
    """F61: as if somebody had pressed Ctrl-C."""
    yield page(cursor={"next": 10})
    raise KeyboardInterrupt


async def hangs(_after: Cursor | None) -> AsyncIterator[Batch]:
    """F62: waits for something that never comes."""
    yield page(cursor={"next": 10})
    await asyncio.get_running_loop().create_future()
    yield page(10, 10)


async def swallows(_after: Cursor | None) -> AsyncIterator[Batch]:
    """F63: goes on when it is cancelled."""
    yield page(cursor={"next": 10})
    world = WORLD.get()
    for _ in range(1_000):
        try:
            await world.sleep(3_600.0)
        except asyncio.CancelledError:
            continue
    yield page(10, 10)


async def blocks(_after: Cursor | None) -> AsyncIterator[Batch]:
    """F64: keeps the loop busy for two seconds, as a computation or a synchronous call would."""
    yield page(cursor={"next": 10})
    monotonic = WORLD.get().monotonic
    until = monotonic() + BLOCKED_SECONDS
    while monotonic() < until:
        pass
    yield page(10, 10, {"next": 20})


async def leaks(_after: Cursor | None) -> AsyncIterator[Batch]:
    """F65: starts tasks and forgets them."""
    sleep = WORLD.get().sleep

    async def forgotten() -> None:
        await sleep(1_000_000.0)

    for start in (0, 10):
        for _ in range(5):
            asyncio.get_running_loop().create_task(forgotten())
        yield page(10, start, {"next": start + 10})


async def gives_no_batch(_after: Cursor | None) -> AsyncIterator[Any]:
    """F66: yields text where a page is due."""
    yield page(cursor={"next": 10})
    yield "ten records"


async def gives_odd_rows(_after: Cursor | None) -> AsyncIterator[Any]:
    """F66: rows that are no rows, and a cursor that is no JSON."""
    yield page(cursor={"next": 10})
    yield Batch(rows=[42, None, {"note_id": object()}], cursor={"at": object()})  # type: ignore[list-item]


async def never_ends(after: Cursor | None) -> AsyncIterator[Batch]:
    """F66: a page after the other for ever."""
    for start in count(int((after or {}).get("next", 0)), 10):
        yield page(10, start, {"next": start + 10})


async def is_empty_for_ever(_after: Cursor | None) -> AsyncIterator[Batch]:
    """F66: pages without rows for ever."""
    for _ in count():
        await WORLD.get().sleep(0.001)
        yield Batch(rows=[])


def translate_for_ever(row: Mapping[str, Any]) -> Iterator[Entity]:
    """F66: gives records without end for one row."""
    for n in count():
        yield Note(note_id=f"{row['note_id']}-{n}")


def translate_to_garbage(_row: Mapping[str, Any]) -> Iterable[Any]:
    """F66: gives what is no record."""
    return [42]


def translate_raises(_row: Mapping[str, Any]) -> Entity:
    """F60: a bug for each row, of a kind that is no bad row."""
    raise AttributeError("a bug of the plugin")


def translate_exits(_row: Mapping[str, Any]) -> Entity:
    """F61: ends the process for a row."""
    sys.exit(3)


def translate_dies(_row: Mapping[str, Any]) -> Entity:
    """F61: ends the process without even an exception; only a process of its own contains it."""
    os._exit(3)


ZOO: Mapping[str, Connector[Any]] = {
    each.name: each
    for each in (
        connector("raises", raises),
        connector("raises-outrage", raises_outrage),
        connector("exits", exits),
        connector("interrupts", interrupts),
        connector("hangs", hangs),
        connector("swallows", swallows),
        connector("blocks", blocks),
        connector("leaks", leaks),
        connector("gives-no-batch", gives_no_batch),
        connector("gives-odd-rows", gives_odd_rows),
        connector("never-ends", never_ends),
        connector("is-empty-for-ever", is_empty_for_ever),
        connector("translates-for-ever", good, translate_for_ever),
        connector("translates-to-garbage", good, translate_to_garbage),
        connector("translate-raises", good, translate_raises),
        connector("translate-exits", good, translate_exits),
    )
}
"""Connectors that misbehave, by name; `translate_dies` is not among them, for it needs `isolation = "worker"`."""

GOOD = connector("good", good)
"""A connector that works, to run beside them."""
DIES = connector("dies", good, translate_dies)
"""A connector whose translate ends its process."""
