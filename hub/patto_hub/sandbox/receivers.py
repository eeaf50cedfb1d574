"""Ways out to test receivers, which now and then bring a message twice, late, out of order or wrongly signed."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from patto_connectors.webhook import fresh_secret, secret_key
from patto_hub.compose.lanes import open_outlet
from patto_hub.lanes.outlet import Handed
from patto_hub.lanes.webhook import WebhookOutlet

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from datetime import datetime

    from patto_connectors.ports import World
    from patto_connectors.webhook import SecretKey
    from patto_hub.compose.lanes import OpenOutlet, Way
    from patto_hub.lanes.batch import Batch
    from patto_hub.lanes.outlet import Outlet
    from patto_hub.sandbox.faults import Fault, Faults

ANY: Final[tuple[Fault, ...]] = ("webhook_twice", "webhook_late", "webhook_out_of_order")
SIGNED: Final[tuple[Fault, ...]] = ("webhook_wrong_signature", "webhook_old_key")
TWO: Final = 2


@dataclass(slots=True, kw_only=True)
class FaultyOutlet:
    """A way out that has the faults which its partner has ordered; without an order it is the one within."""

    partner: str
    inner: Outlet
    faults: Faults
    world: World
    held: list[Batch] = field(default_factory=list)
    """What comes after the message that follows it."""

    @property
    def made_as(self) -> str:
        """Name what a message is made by besides its changes."""
        return self.inner.made_as

    @property
    def at_once(self) -> int:
        """Give the changes of one message at most."""
        return self.inner.at_once

    async def probe(self, message_id: str, at: datetime) -> Handed:
        """Ask whether the receiver is there."""
        return await self.inner.probe(message_id, at)

    async def hand_over(self, batch: Batch) -> Handed:
        """Hand over one batch, with the fault that is ordered, and then what was held back."""
        order = self.faults.take(self.partner, (*ANY, *SIGNED) if isinstance(self.inner, WebhookOutlet) else ANY)
        match None if order is None else order.fault:
            case "webhook_out_of_order":
                self.held.append(batch)
                return Handed(digest=sha256(b"").digest(), receipt={"held": True})
            case "webhook_twice":
                await self.inner.hand_over(batch)
            case "webhook_late" if order is not None:
                await self.world.sleep(order.seconds)
            case "webhook_wrong_signature":
                await self._signed_wrongly(batch)
            case "webhook_old_key":
                return await self._signed_by_the_second(batch)
            case _:
                pass
        handed = await self.inner.hand_over(batch)
        if handed.failure is None:
            while self.held:
                await self.inner.hand_over(self.held.pop(0))
        return handed

    async def _signed_wrongly(self, batch: Batch) -> None:
        """Send what the receiver must not take; the right message follows."""
        stranger = secret_key(fresh_secret(self.world))
        taken = (await self._by((stranger,), batch)).failure is None
        self.faults.note(self.partner, "webhook_wrong_signature", right=not taken)

    async def _signed_by_the_second(self, batch: Batch) -> Handed:
        """Send what only the second key signs: while a key is changed, the receiver takes either."""
        handed = await self._by(self._keys()[-1:], batch)
        self.faults.note(self.partner, "webhook_old_key", right=handed.failure is None)
        return handed if handed.failure is None else await self.inner.hand_over(batch)

    def _keys(self) -> Sequence[SecretKey]:
        return self.inner.target.keys if isinstance(self.inner, WebhookOutlet) else ()

    async def _by(self, keys: Sequence[SecretKey], batch: Batch) -> Handed:
        if not isinstance(self.inner, WebhookOutlet):
            raise TypeError("only webhooks are signed")
        other = replace(self.inner, target=replace(self.inner.target, keys=tuple(keys)))
        return await other.hand_over(batch)


def opening(faults: Faults) -> OpenOutlet:
    """Give what opens ways out that have faults."""

    @asynccontextmanager
    async def opened(way: Way, world: World, hub_address: str) -> AsyncIterator[Outlet]:
        async with open_outlet(way, world, hub_address) as outlet:
            yield FaultyOutlet(partner=way.name.partner, inner=outlet, faults=faults, world=world)

    return opened
