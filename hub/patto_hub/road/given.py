"""Makes a job's source: of its settings, of what the hub gives it besides, or of what its partner hands in."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from patto_connectors.contract import Batch, Given, Subject
from patto_connectors.errors import Malformed, Refused
from patto_hub.ledger import partners, pushed, subjects
from patto_hub.road.read import made

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Sequence

    from patto_connectors.contract import Cursor, Door, Pushed, Source
    from patto_hub.jobs import Job
    from patto_hub.ledger.store import Ledger

NUMBER = "pushed"
"""The member of a cursor that says up to which number what was handed in has been read."""


def source_of(job: Job, ledger: Ledger) -> Source:
    """Make a job's source.

    Raises:
        PluginFault: the plugin's own code failed.
        ValueError: its connector cannot be read from.
    """
    connector, settings = job.connector, job.settings
    if connector.asks is not None:
        asks, given = connector.asks, given_to(job, ledger)
        return made(lambda of: asks(of, given), settings)
    if connector.source is not None:
        return made(connector.source, settings)
    if connector.door is not None:
        return HandedIn(made(connector.door, settings), given_to(job, ledger))
    raise ValueError(f"{job.name}: the connector {connector.name} has no source")


def given_to(job: Job, ledger: Ledger) -> Given:
    """Give what a job's source may ask for."""

    async def handed_in(after: int) -> AsyncIterator[Pushed]:
        while (body := await ledger.read(pushed.after, job.name, after)) is not None:
            yield body
            after = body.number

    return Given(subjects=OpenPacts(job.partner_id, ledger), pushed=handed_in)


@dataclass(frozen=True, slots=True)
class OpenPacts:
    """The people of open pacts whom a partner's organisation may know, from the ledger as it is when asked."""

    partner_id: int
    ledger: Ledger

    async def after(self, position: str | None, most: int) -> Sequence[Subject]:
        """Give at most `most` people after a position."""
        organisation = await self.ledger.read(partners.organisation_of, self.partner_id)
        return [] if organisation is None else await self.ledger.read(subjects.after, organisation, position, most)

    async def find(self, scheme: str, value: str) -> Subject | None:
        """Give the person of this name with its newest open pact."""
        organisation = await self.ledger.read(partners.organisation_of, self.partner_id)
        return None if organisation is None else await self.ledger.read(subjects.find, organisation, scheme, value)


@dataclass(frozen=True, slots=True)
class HandedIn:
    """Reads what was handed in through a door, body by body; one that is not the agreed format is set aside whole."""

    door: Door
    given: Given

    async def read(self, after: Cursor | None) -> AsyncIterator[Batch]:
        """Yield the pages of each body, the last one with the cursor."""
        number = int((after or {}).get(NUMBER, 0))
        async for body in self.given.pushed(number):
            cursor = {NUMBER: body.number}
            held: Batch | None = None
            pages: Iterator[Batch] = iter(())
            try:
                pages = await asyncio.to_thread(_opened, self.door, body)
                while (page := await asyncio.to_thread(_next, pages)) is not None:
                    if held is not None:
                        yield held
                    held = replace(page, name=body.name, cursor=None)
            except (Malformed, Refused) as wrong:  # a workbook with a password must not hold up those behind it
                if held is not None:
                    yield held
                held = _set_aside(body, wrong)
            yield replace(held or Batch(rows=(), name=body.name), cursor=cursor)


def _next(pages: Iterator[Batch]) -> Batch | None:
    return next(pages, None)


def _opened(door: Door, body: Pushed) -> Iterator[Batch]:
    return iter(door.rows(body))


def _set_aside(body: Pushed, wrong: Malformed | Refused) -> Batch:
    position, content = (wrong.position, wrong.content) if isinstance(wrong, Malformed) else ("", b"")
    return Batch(
        rows=(),
        content=body.content,
        media_type=body.media_type,
        name=body.name,
        troubles=[(position or "body", wrong.code, content or body.content)],
    )
