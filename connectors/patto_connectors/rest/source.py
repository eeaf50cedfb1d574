"""Read a partner's REST listing page by page; what it yields can be gone on from after every page."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from patto_connectors.contract import Batch
from patto_connectors.errors import Malformed
from patto_connectors.http.client import Answer, Call, open_client
from patto_connectors.ports import WORLD
from patto_connectors.rest.answer import read_page
from patto_connectors.rest.endless import Guard
from patto_connectors.rest.paging import Page, Step, first_step, last_cursor, next_step
from patto_connectors.rest.settings import NumberedPages, OffsetPages
from patto_connectors.rest.watermark import Mark, ask_from, highest, marks

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from patto_connectors.contract import Cursor
    from patto_connectors.rest.settings import RestSettings

_LOST = frozenset({400, 404, 410, 422})
"""How partners answer to a page cursor that they have forgotten."""
_RESET = frozenset({410})
"""How partners say that they cannot tell what is new since then: everything must be read again."""


@dataclass(frozen=True, slots=True)
class _Position:
    """Where a run stands; kept as the cursor `{"since": mark, "high": mark, "low": mark, "step": {...}}`."""

    since: Mark | None = None
    """The mark that this run asks from; the same for all its pages."""
    high: Mark | None = None
    step: Step | None = None
    low: Mark | None = None
    """The highest mark when the listing was interrupted and gone on with later: what appeared behind its back by then
    can only be a little below this, so the next run asks from here and not from `high`."""

    def cursor(self) -> Cursor:
        step = None if self.step is None else dict(self.step)
        parts = {"since": self.since, "high": self.high, "low": self.low, "step": step}
        return {name: value for name, value in parts.items() if value is not None}


@dataclass(frozen=True, slots=True)
class RestSource:
    """A source over one REST listing."""

    settings: RestSettings

    async def read(self, after: Cursor | None) -> AsyncIterator[Batch]:
        """Yield the listing's pages after a cursor.

        Raises:
            Trouble: one of the four errors; `paging.endless` for a listing that does not end.
        """
        settings = self.settings
        guard = Guard(settings.limits, WORLD.get().monotonic)
        position = _start(after, settings)
        number = 1
        async with open_client(settings.http) as client:
            while True:
                step = first_step(settings.pages) if position.step is None else position.step
                guard.ask(step)
                found = await client.fetch(self._call(position, step, first=number == 1), self._understand)
                if found is None:  # the partner has forgotten the page, or where we were
                    position = _Position() if position.step is None else replace(position, step=None)
                    guard = Guard(settings.limits, WORLD.get().monotonic)
                    continue
                content, envelope, rows, links = found
                page = Page(envelope, links, client.address(self._call(position, step)), len(rows), settings.size, step)
                guard.rows(rows)
                position, more, trouble = self._advance(position, page, rows, guard)
                yield Batch(
                    rows=rows,
                    content=content,
                    name=f"page {number}",
                    place=f"$.{settings.items}[{{}}]" if settings.items else "$[{}]",
                    cursor=None if trouble or (more and settings.snapshot) else position.cursor(),
                    complete=settings.snapshot and not more and trouble is None,
                )
                if trouble is not None:
                    raise trouble
                if not more:
                    return
                number += 1

    def _advance(
        self, position: _Position, page: Page, rows: list[bytes], guard: Guard
    ) -> tuple[_Position, bool, Malformed | None]:
        """Give where to go on, whether a page follows, and why it may not be asked for."""
        settings = self.settings
        high = highest(position.high, marks(settings.since)(rows)) if settings.since else None
        try:
            step = next_step(settings.pages, page)
            if step is None:
                since = high if position.low is None else position.low
                return _Position(since=since, step=last_cursor(settings.pages, page)), False, None
            guard.judge(step)
        except Malformed as trouble:
            return position, True, trouble
        return replace(position, high=high, step=step), True, None

    def _call(self, position: _Position, step: Step, *, first: bool = False) -> Call:
        """Make the request for one page; the first of a continued run may find that the partner has forgotten it."""
        settings = self.settings
        statuses: frozenset[int] = frozenset()
        if first and (position.step is not None or position.since is not None):
            statuses = _RESET if position.step is None else _LOST
        if "" in step:
            return Call(path=step[""], statuses=statuses)
        query = {**settings.query, **step}
        if settings.size_param:
            query[settings.size_param] = str(settings.size)
        if settings.since and position.since is not None:
            query[settings.since.param] = ask_from(position.since, settings.since)
        return Call(path=settings.path, query=query, statuses=statuses)

    def _understand(self, answer: Answer) -> tuple[bytes, dict[str, Any], list[bytes], str] | None:
        if answer.status in _LOST:
            return None
        return *read_page(answer, self.settings), answer.headers.get("Link", "")


def _start(after: Cursor | None, settings: RestSettings) -> _Position:
    """Give where to start; a snapshot starts over, since only a whole one shows what has gone.

    So does a listing that counts its rows: those that changed since the interruption have moved, and others with them.
    """
    if not after or settings.snapshot:
        return _Position()
    since, step = after.get("since"), after.get("step")
    high = after.get("high", since)
    if step is None or isinstance(settings.pages, NumberedPages | OffsetPages):
        return _Position(since, since)
    return _Position(since, high, step, after.get("low", high) if settings.since else None)
