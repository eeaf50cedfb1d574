"""One lane for tests, as a hub would open it, to a receiver on this machine or in a simulated network."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

from patto_connectors.http.guard import Rules, networks
from patto_connectors.webhook import Target, open_sender, secret_key
from patto_hub.feeds.pages import Reader
from patto_hub.lanes.batch import Reading
from patto_hub.lanes.lane import Post
from patto_hub.lanes.webhook import WebhookOutlet
from patto_hub.ledger.lane_leases import LEASE_MS
from patto_hub.testing.changes import FEED
from patto_hub.testing.subscribed import whole

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable

    from patto_connectors.ports import World
    from patto_hub.lanes.webhook import Envelope, Payload
    from patto_hub.ledger.lanes import LaneName
    from patto_hub.ledger.store import Ledger

HUB: Final = "https://patto.example"
CURSOR_KEY: Final = b"k" * 32
LOCAL: Final = Rules(allow=networks(["127.0.0.0/8"]))


@asynccontextmanager
async def open_post(  # noqa: PLR0913 - what a lane is made of
    ledger: Ledger,
    world: World,
    name: LaneName,
    url: str,
    secrets: Iterable[str],
    *,
    organisation: int = 1,
    payload: Payload = "thin",
    envelope: Envelope = "standard",
    owner: str = "hub-1",
    lease_ms: int = LEASE_MS,
) -> AsyncIterator[Post]:
    """Open the way to one receiver, which may read everything of the tests' feed."""
    subscription = whole(FEED, name.partner)
    async with open_sender(world, LOCAL) as sender:
        outlet = WebhookOutlet(
            name=name,
            sender=sender,
            target=Target(str(name), url, tuple(map(secret_key, secrets))),
            key=subscription.key,
            pull=f"{HUB}/rest/patto/v1/feeds/{name.feed}/changes",
            source=HUB,
            payload=payload,
            envelope=envelope,
        )
        reading = Reading(
            ledger=ledger,
            world=world,
            subscription=subscription,
            reader=Reader(partner=name.partner, organisation=organisation),
            cursor_key=CURSOR_KEY,
        )
        yield Post(name=name, reading=reading, outlet=outlet, owner=owner, lease_ms=lease_ms)
