"""Simulated employment centres for `patto demo`: their services, their notifications, the settings to read them by."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Final

from patto_connectors.ports import WORLD
from patto_plugins.employment_centres.fake import notify, service, tellers

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from patto_connectors.testing.stage import Stage
    from patto_plugins.employment_centres.fake import FakeCentres

LOOK_S: Final = 5.0
"""Seconds between two looks at what is to be notified."""
JOBS: Final = {
    "sap": {"every": "90s", "jitter": "45s", "expected_within": "5m"},
    "notifications": {"every": "1m"},
    "sap_out": {"every": "45s", "jitter": "20s", "feed": "sap"},
    "communications": {"every": "90s", "jitter": "45s", "expected_within": "5m"},
    "rdc": {"every": "5m", "jitter": "1m"},
}


@asynccontextmanager
async def demo(stage: Stage) -> AsyncIterator[Mapping[str, Mapping[str, Any]]]:
    """Simulate the centres for the length of the block; gives their settings by partner name."""
    made = service(stage.chronicle, seed=stage.chronicle.settings.seed)
    async with made.running() as url, asyncio.TaskGroup() as tasks:
        life = [
            tasks.create_task(stage.follow([code], centre.show), name=f"fake {code}")
            for code, centre in made.centres.items()
        ]
        life.append(tasks.create_task(_notifying(stage, made), name="fake notifications"))
        yield {
            each.partner: {
                "plugin": "employment_centres",
                "title": each.title,
                "organisation": {"scheme": "cpi_11", "value": each.organisation.value, "domain": "labour"},
                "scope": "any",
                "feeds": ["push", "sap"],
                "settings": made.settings(url, each.code),
                "jobs": JOBS,
            }
            for each in tellers(stage.chronicle)
        }
        for task in life:
            task.cancel()


async def _notifying(stage: Stage, made: FakeCentres) -> None:
    """Call the hub's door about sheets that have changed, once it is open; until cancelled."""
    world = WORLD.get()
    partners = {each.code: each.partner for each in tellers(stage.chronicle)}
    while True:
        await world.sleep(LOOK_S)
        door = stage.door()
        for code, centre in made.centres.items():
            if door is not None and partners[code] in door["keys"] and centre.changed:
                await notify(centre, door, partners[code])
