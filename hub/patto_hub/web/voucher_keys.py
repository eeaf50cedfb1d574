"""PDND's public keys while the hub runs: read in time, looked for again when a voucher names one that is missing.

Whoever waits for a reading is only the request that named a key nobody knows; all others go by the keys as they are.
A stranger may name such keys as often as it likes: between two readings there is a pause.
"""

from __future__ import annotations

import asyncio
import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import structlog

from patto_connectors.errors import Trouble
from patto_connectors.modi import Untrusted, known_set
from patto_connectors.ports import WORLD

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from datetime import datetime, timedelta

    from patto_connectors.modi import Keys

EVERY_S: Final = 900.0
"""How often the keys are read."""
SOON_S: Final = 60.0
"""How soon they are read again after a reading that failed."""
PAUSE_S: Final = 30.0
"""How long nobody can make the hub read them again: PDND publishes a key long before it signs with it."""

log = structlog.get_logger(__name__)


@dataclass(slots=True, kw_only=True)
class PublishedKeys:
    """The protocol `patto_connectors.modi.KeySource` over what PDND publishes."""

    place: str
    """Where they are read, for people: a host, or the name of a file."""
    read: Callable[[], Awaitable[bytes]]
    """Gives the key set; raises one of the four errors."""
    keep: Callable[[bytes, datetime], None]
    """Keeps what was read, and when, for the next start."""
    believed: timedelta | None
    """How long they hold while they cannot be read; None: without end, for a file that people put there."""
    known: Keys = ()
    read_at: datetime | None = None
    trouble: str = ""
    """Code of what went wrong with the last reading; empty where nothing did."""
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    _not_before: float = -math.inf
    """On the monotonic clock."""
    _readings: int = 0
    """How many went well."""
    _over: bool = False
    """Whether it was said that they are no longer believed."""

    @property
    def until(self) -> datetime | None:
        """When they stop being believed, if they are not read before that; None: never, or there are none."""
        return None if self.read_at is None or self.believed is None else self.read_at + self.believed

    def current(self, now: datetime, /) -> Keys:
        """Give the keys as they are known.

        Raises:
            Untrusted: `pdnd.keys_old`.
        """
        until = self.until
        if not self.known or (until is not None and now > until):
            raise Untrusted("pdnd.keys_old", f"PDND's keys could not be read at {self.place} for too long")
        return self.known

    async def look_again(self) -> bool:
        """Read them anew, unless that was done a moment ago; says whether they were read since the question."""
        before = self._readings
        async with self._lock:
            if self._readings == before and WORLD.get().monotonic() >= self._not_before:
                await self._look()
        return self._readings != before

    async def stay_fresh(self) -> None:
        """Read them at the start and then in time, until cancelled."""
        while True:
            async with self._lock:
                await self._look()
            await WORLD.get().sleep(SOON_S if self.trouble else EVERY_S)

    async def _look(self) -> None:
        world = WORLD.get()
        self._not_before = world.monotonic() + PAUSE_S
        try:
            content = await self.read()
            found = known_set(content, whole=False)
        except Trouble as trouble:
            self._failed(trouble, world.now())
            return
        if self.trouble:
            log.warning("pdnd_keys.read_again", place=self.place)
        self.trouble, self._over, self.read_at = "", False, world.now()
        self._readings += 1
        if _named(found) != _named(self.known):
            log.info("pdnd_keys.changed", place=self.place, kids=sorted(known.kid for known in found))
            self.known = found
        await self._keep(content)

    def _failed(self, trouble: Trouble, now: datetime) -> None:
        """Say once that they cannot be read, and once that those of before are no longer believed."""
        first, until = not self.trouble, self.until
        self.trouble = trouble.code
        if first:
            held = None if until is None else until.isoformat(timespec="seconds")
            log.warning("pdnd_keys.unread", place=self.place, code=trouble.code, detail=trouble.detail, held_until=held)
        if until is not None and now > until and not self._over:
            self._over = True
            log.error("pdnd_keys.too_old", place=self.place, code=trouble.code)

    async def _keep(self, content: bytes) -> None:
        if self.read_at is None:
            return
        try:
            await asyncio.to_thread(self.keep, content, self.read_at)
        except OSError as error:
            log.warning("pdnd_keys.not_kept", reason=error.strerror)


def _named(keys: Keys) -> set[tuple[str, str]]:
    return {(known.kid, known.thumbprint) for known in keys}
