"""A simulated training catalogue for `patto demo`: its service, its drop folder, and the settings to read them by."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from patto_connectors.ports import WORLD
from patto_plugins.training_catalogue.fake import FakeSettings, service

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from patto_connectors.testing.stage import Stage

AMBITI = ("LE/1", "BR/1")
"""The simulated Ambiti whose people are enrolled."""


@asynccontextmanager
async def demo(stage: Stage) -> AsyncIterator[Mapping[str, Mapping[str, Any]]]:
    """Simulate the catalogue for the length of the block; gives its settings by partner name."""
    drop = stage.folder / "catalogo_puglia" / "presenze"
    made = service(FakeSettings(ambiti=AMBITI, drop=drop))
    made.catalogue.drop(WORLD.get().now())
    async with made.running() as url:
        yield {
            "catalogo_puglia": {
                "plugin": "training_catalogue",
                "title": "Catalogo formativo regionale",
                "organisation": {"scheme": "local:puglia", "value": "catalogo", "domain": "training"},
                "settings": {
                    "http": {"base_url": f"{url}/v1"},
                    "attendance": {"folder": str(drop), "done": str(drop.parent / "lette"), "settle_seconds": 1},
                },
                "jobs": {
                    "courses": {"every": "15s", "expected_within": "2m"},
                    "enrolments": {"every": "5s", "expected_within": "1m"},
                    "attendance": {"every": "5s", "expected_within": "2m"},
                },
            }
        }
