"""What requests were told since somebody wrote last, for those that come again byte for byte (`web/repeats.py`)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from patto_hub.feeds.cursors import DAY_MS

if TYPE_CHECKING:
    from multidict import CIMultiDict

    from patto_hub.web.callers import Caller

BUDGET: Final = 16 * 1024 * 1024
"""Bytes of all answers that are remembered; then all are forgotten. Pages are the shelf's own bytes, not copies."""
_OVERHEAD: Final = 2_048


@dataclass(frozen=True, slots=True)
class Told:
    """What a request was told."""

    caller: Caller
    feed: str
    route: str
    """The pattern of its route, for figures and the log."""
    status: int
    headers: CIMultiDict[str]
    """All but those that count requests, and the request's number."""
    body: bytes | None
    at: int
    """In milliseconds since 1970: cursors name the day on which they were made."""


@dataclass(slots=True)
class Again:
    """What requests were told since somebody wrote last; of the requests themselves only digests are kept."""

    budget: int = BUDGET
    told: dict[bytes, Told] = field(default_factory=dict)
    size: int = 0
    version: int | None = None
    """What the ledger's watch said when they were told."""

    def find(self, request: bytes, version: int, now: int) -> Told | None:
        """Give what the request of this digest was told, if nobody has written since and it is the same day still.

        Args:
            request: its digest.
            version: what the ledger's watch says now.
            now: in milliseconds since 1970.
        """
        if self.version != version:
            self.forget()
            return None
        found = self.told.get(request)
        return None if found is None or found.at // DAY_MS != now // DAY_MS else found

    def keep(self, request: bytes, version: int, told: Told) -> None:
        """Remember what the request of this digest was told."""
        size = _OVERHEAD + len(told.body or b"")
        if self.version != version or self.size + size > self.budget:
            self.forget()
        self.version = version
        self.told[request] = told
        self.size += size

    def forget(self) -> None:
        """Forget all."""
        self.told.clear()
        self.size = 0
