"""The simulated training catalogue of `patto demo`: its service, its registers, and its settings."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from patto_plugins.training_catalogue.fake import service_on
from patto_plugins.training_catalogue.requests import FEED

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from patto_connectors.testing.stage import Stage


@asynccontextmanager
async def demo(stage: Stage) -> AsyncIterator[Mapping[str, Mapping[str, Any]]]:
    """Simulate the catalogue for the length of the block; gives its settings by partner name."""
    teller = next(each for each in stage.chronicle.tellers() if each.kind == "catalogue")
    drop = stage.folder / teller.code / "presenze"
    drop.mkdir(parents=True, exist_ok=True)
    scheme, value = teller.organisation
    async with service_on(stage, drop=drop).running() as url:
        yield {
            teller.partner: {
                "plugin": "training_catalogue",
                "title": teller.title,
                "organisation": {"scheme": scheme, "value": value, "domain": "training"},
                "feeds": [FEED],
                "settings": {
                    "http": {"base_url": f"{url}/v1"},
                    "attendance": {"folder": str(drop), "done": str(drop.parent / "lette"), "settle_seconds": 1},
                },
                "jobs": {
                    "courses": {"every": "30s", "expected_within": "5m"},
                    "enrolments": {"every": "15s", "expected_within": "3m"},
                    "attendance": {"every": "10s", "expected_within": "5m"},
                    "closings": {"every": "30s", "expected_within": "5m"},
                    "requests": {"every": "20s", "feed": FEED},
                },
            }
        }
