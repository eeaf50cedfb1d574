"""A partner that reads: it pulls its feeds over HTTP with its key, as any partner would, and tells what it got."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from aiohttp import ClientError, ClientSession, ClientTimeout
from yarl import URL

from patto_hub.web.site import BASE

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from patto_connectors.ports import World

EVERY_S: Final = 3.0
PAGE: Final = 500
TIME_OUT: Final = ClientTimeout(total=10)


@dataclass(frozen=True, slots=True)
class Received:
    """What one look at a feed brought: how many changes of each kind; never what they say of whom."""

    feed: str
    kinds: Counter[str] = field(default_factory=Counter)
    """By kind; what is gone or no longer the reader's to know counts as `kind (delete)`, `kind (withdraw)`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Receiver:
    """Reads feeds from where it stopped; its positions are in a file, so that it goes on there the next time."""

    address: str
    key: str = field(repr=False)
    feeds: tuple[str, ...]
    positions: Path
    world: World
    told: Callable[[Received], None]

    async def pull(self) -> None:
        """Look for changes until cancelled; a hub that does not answer is asked again later."""
        headers = {"Authorization": f"Bearer {self.key}", "Accept": "application/json"}
        async with ClientSession(headers=headers, timeout=TIME_OUT) as session:
            while True:
                for feed in self.feeds:
                    try:
                        await self._read(session, feed)
                    except (ClientError, TimeoutError):
                        break
                await self.world.sleep(EVERY_S)

    async def _read(self, session: ClientSession, feed: str) -> None:
        received = Received(feed)
        more = True
        while more:
            positions = self._positions()
            query = {"limit": str(PAGE)} | ({"cursor": positions[feed]} if feed in positions else {})
            address = URL(self.address + BASE) / "feeds" / feed / "changes"
            async with session.get(address, params=query) as answer:
                answer.raise_for_status()
                page = await answer.json()
            for item in page["items"]:
                received.kinds[item["kind"] + ("" if item["change"] == "upsert" else f" ({item['change']})")] += 1
            self.positions.write_text(json.dumps(positions | {feed: page["next_cursor"]}), encoding="utf-8")
            more = page["has_more"]
        if received.kinds:
            self.told(received)

    def _positions(self) -> dict[str, str]:
        if not self.positions.exists():
            return {}
        found: dict[str, str] = json.loads(self.positions.read_bytes())
        return found
