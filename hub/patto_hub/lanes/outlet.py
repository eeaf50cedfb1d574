"""What a lane hands its batches to: a receiver at the end of one way out, and what it answered."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from patto_hub.lanes.batch import Batch
    from patto_hub.lanes.schedule import Failure


@dataclass(frozen=True, slots=True, kw_only=True)
class Handed:
    """What came of one attempt."""

    digest: bytes
    """SHA-256 of the bytes that were sent."""
    failure: Failure | None = None
    """None: the receiver has taken them."""
    receipt: Mapping[str, Any] = field(default_factory=dict)
    """What the receiver said of them, as the ledger keeps it: a status, a number; never its text."""


class Outlet(Protocol):
    """One receiver at the end of one way; whatever the receiver does has an answer, and none is an exception."""

    @property
    def made_as(self) -> str:
        """Name what a message is made by besides its changes (view, form): as long as it is equal, messages are."""
        ...

    @property
    def at_once(self) -> int:
        """Give the changes that one message carries, or speaks of, at most."""
        ...

    async def hand_over(self, batch: Batch) -> Handed:
        """Hand over one batch, once; the same batch again has the same id."""
        ...

    async def probe(self, message_id: str, at: datetime) -> Handed:
        """Ask, without any data, whether the receiver is there again."""
        ...
