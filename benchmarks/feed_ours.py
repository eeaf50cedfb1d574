"""Ours: the whole hub as `patto serve` starts it, with keys, limits, log and ledger."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from patto_connectors.ports import World
from patto_hub.compose.serve import Serving, serve
from patto_hub.observe.logs import set_up_logs
from patto_hub.settings.read import read_settings

if TYPE_CHECKING:
    from pathlib import Path

NO_LIMIT = 10**9
"""Requests of a key in a minute: the limit is counted, and never reached."""


def run(folder: Path, pipe: Any) -> None:  # noqa: ANN401 - a multiprocessing connection
    """Serve the hub of a folder; the port is told through the pipe."""

    async def ready(started: Serving) -> None:
        started.site.rates.limit = NO_LIMIT
        pipe.send(urlsplit(started.listening).port)

    async def main() -> None:
        world = World()
        with (folder / "hub.log").open("w", encoding="utf-8") as log:
            set_up_logs("info", "json", stream=log, now=world.now)
            await serve(read_settings(folder / "hub.toml", {}), world, stop=asyncio.Event(), ready=ready)

    asyncio.run(main())
