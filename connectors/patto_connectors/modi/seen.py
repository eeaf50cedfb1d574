"""Tokens that have been taken once: no token is taken twice while it could still be valid."""

from __future__ import annotations

from dataclasses import dataclass, field
from heapq import heappop, heappush
from typing import TYPE_CHECKING, NamedTuple, Protocol

from patto_connectors.ports import WORLD

if TYPE_CHECKING:
    from datetime import datetime


class Mark(NamedTuple):
    """What a token is remembered by."""

    signer: str
    """Thumbprint of the key that signed; two partners may choose the same `jti`."""
    jti: str
    until: datetime
    """When the token can no longer be valid, by a clock that is as slow as is allowed."""


class Seen(Protocol):
    """Remembers tokens; shared by all processes that take them."""

    async def first(self, mark: Mark) -> bool:
        """Remember a token in one step, and say whether it is the first time; kept at least until `mark.until`."""


@dataclass(slots=True)
class SeenHere:
    """Remembers tokens in this process: for tests, and for a hub of one process that may forget when it restarts."""

    _marks: set[tuple[str, str]] = field(default_factory=set)
    _ends: list[tuple[datetime, tuple[str, str]]] = field(default_factory=list)

    async def first(self, mark: Mark) -> bool:
        """Remember a token; those that have long expired are forgotten on the way."""
        now = WORLD.get().now()
        while self._ends and self._ends[0][0] < now:
            self._marks.discard(heappop(self._ends)[1])
        key = (mark.signer, mark.jti)
        if key in self._marks:
            return False
        self._marks.add(key)
        heappush(self._ends, (mark.until, key))
        return True

    def __len__(self) -> int:
        return len(self._marks)
