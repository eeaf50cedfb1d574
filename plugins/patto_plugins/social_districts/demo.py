"""Two simulated Ambiti for `patto demo`: their service, and the settings by which a hub reads them."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from patto_plugins.social_districts.fake import FakeSettings, service, slug

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from patto_connectors.testing.stage import Stage

AMBITI = {"LE/1": "Ambito territoriale di Lecce", "BR/1": "Ambito territoriale di Brindisi"}
STREAMS = ("persons", "pacts", "measures")
EVERY = "5s"


@asynccontextmanager
async def demo(_stage: Stage) -> AsyncIterator[Mapping[str, Mapping[str, Any]]]:
    """Simulate the Ambiti for the length of the block; gives their settings by partner name."""
    async with service(FakeSettings(ambiti=tuple(AMBITI))).running() as url:
        yield {
            f"ambito_{slug(code).replace('-', '_')}": {
                "plugin": "social_districts",
                "title": title,
                "organisation": {"scheme": "ambito", "value": code, "domain": "social"},
                "settings": {"base_url": f"{url}/{slug(code)}"},
                "jobs": {stream: {"every": EVERY, "expected_within": "1m"} for stream in STREAMS},
            }
            for code, title in AMBITI.items()
        }
