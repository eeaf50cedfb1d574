"""Ask a partner about one person after the other: in a fixed order, a page at a time, going on where a run was ended.

For partners that list nothing and answer only about somebody whom one names (a SAP by tax code, a labour system's
search). When everybody has been asked about, the next run begins again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from pydantic import Field

from patto_connectors.contract import Batch
from patto_connectors.errors import Malformed, Trouble
from patto_connectors.http.settings import Part
from patto_connectors.ports import WORLD

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from contextlib import AbstractAsyncContextManager

    from patto_connectors.contract import Cursor, Row
    from patto_connectors.given import Subject, Subjects

AFTER = "after"
"""The member of the cursor that says after whom to go on."""
SILENCE_S = 120.0
"""Seconds after which a page without rows is given, so that the hub sees that we are still asking."""
BROKEN = 3
"""Answers in a row that nobody can read, after which it is the service that is broken and not somebody's record."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """What a partner says of one person."""

    rows: Sequence[Row] = ()
    positions: Sequence[str] = ()
    """Where each row stands in the answer, as `politica 2`; without anything personal."""
    content: bytes = b""
    """The answer as it came."""
    troubles: Sequence[tuple[str, str, bytes]] = ()
    """Parts of it that are no rows: (position, issue code, bytes)."""


Ask: TypeAlias = Callable[["Subject"], Awaitable[Answered]]
"""Asks about one person; raises one of the four errors. `Malformed` sets this answer aside and the round goes on."""


class Pace(Part):
    """How many people are asked about, at a time and in all."""

    page: int = Field(50, ge=1, le=1_000)
    """People whose answers make one page."""
    at_once: int = Field(2, ge=1, le=32)
    """People asked about at a time; the partner's own budget holds besides."""
    each_run: int | None = Field(None, ge=1)
    """People that one run asks about; the next run goes on with the others. None: all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AskingSource:
    """A source over the people of open pacts."""

    subjects: Subjects
    opened: Callable[[], AbstractAsyncContextManager[Ask]]
    """Opens a session with the partner for the length of a run."""
    pace: Pace
    media_type: str = "application/json"

    async def read(self, after: Cursor | None) -> AsyncIterator[Batch]:
        """Yield pages of answers, each with the cursor after its last person.

        Raises:
            Trouble: of the partner; the answers before it are given first. `Malformed` only when several answers in a
                row cannot be read.
        """
        page = _Page((after or {}).get(AFTER), self.media_type)
        asked = broken = 0
        async with self.opened() as ask:
            while some := await self.subjects.after(page.position, self._next(asked)):
                for subject, answer in zip(some, await self._all(ask, some), strict=True):
                    broken = broken + 1 if isinstance(answer, Malformed) else 0
                    if isinstance(answer, Trouble) and (broken >= BROKEN or not isinstance(answer, Malformed)):
                        if page.holds:
                            yield page.turn()
                        raise answer
                    page.add(subject, answer)
                asked += len(some)
                if asked == self.pace.each_run:
                    yield page.turn()
                    return
                if page.people >= self.pace.page and page.due:
                    yield page.turn()
        page.position = None
        yield page.turn()

    def _next(self, asked: int) -> int:
        """Give how many people to ask about next."""
        left = self.pace.at_once if self.pace.each_run is None else self.pace.each_run - asked
        return min(self.pace.at_once, left)

    async def _all(self, ask: Ask, some: Sequence[Subject]) -> Sequence[Answered | Trouble]:
        """Ask about some people at the same time; gives the answers in their order.

        Raises:
            BaseException: what the plugin threw beyond the four errors.
        """
        answers = await asyncio.gather(*(self._one(ask, each) for each in some), return_exceptions=True)
        for answer in answers:
            if isinstance(answer, BaseException) and not isinstance(answer, Trouble):
                raise answer
        return [answer for answer in answers if isinstance(answer, Answered | Trouble)]

    async def _one(self, ask: Ask, subject: Subject) -> Answered:
        """Ask about a person for the newest of its open pacts: what is said must not move to and fro between two."""
        newest = await self.subjects.find(*subject.person)
        return Answered() if newest is not None and newest.pact != subject.pact else await ask(subject)


@dataclass(slots=True)
class _Page:
    """The answers since the last page."""

    position: str | None
    media_type: str
    number: int = 1
    people: int = 0
    rows: list[Row] = field(default_factory=list)
    positions: list[str] = field(default_factory=list)
    content: list[bytes] = field(default_factory=list)
    troubles: list[tuple[str, str, bytes]] = field(default_factory=list)
    since: float = field(default_factory=lambda: WORLD.get().monotonic())

    @property
    def holds(self) -> bool:
        """Whether there is anything to be given: a row, or a place to go on from."""
        return bool(self.people)

    @property
    def due(self) -> bool:
        """Whether the page has something in it, or nothing was given for a long time.

        The hub takes page after page without anything new for a source that never ends.
        """
        return bool(self.rows or self.troubles) or WORLD.get().monotonic() - self.since >= SILENCE_S

    def add(self, subject: Subject, answer: Answered | Trouble) -> None:
        """Take an answer in; a position says whose pact it is about, by the pact's key."""
        self.people += 1
        self.position = subject.position
        where = subject.pact.value
        if isinstance(answer, Trouble):
            content = answer.content if isinstance(answer, Malformed) else b""
            place = answer.position if isinstance(answer, Malformed) else ""
            self.troubles.append((f"{where}: {place}" if place else where, answer.code, content))
            return
        self.rows.extend(answer.rows)
        self.positions.extend(f"{where}: {each}" for each in answer.positions)
        self.troubles.extend((f"{where}: {place}", code, content) for place, code, content in answer.troubles)
        if answer.content:
            self.content.append(answer.content)

    def turn(self) -> Batch:
        """Give the page, and begin the next one."""
        batch = Batch(
            rows=self.rows,
            positions=self.positions,
            content=b"\n".join(self.content),
            media_type=self.media_type,
            troubles=self.troubles,
            name=f"page {self.number}",
            cursor={AFTER: self.position},
        )
        self.number, self.people, self.since = self.number + 1, 0, WORLD.get().monotonic()
        self.rows, self.positions, self.content, self.troubles = [], [], [], []
        return batch
