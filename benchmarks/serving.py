"""The partner of the benchmarks: pre-rendered pages of pacts, served by a process of its own."""

from __future__ import annotations

import asyncio
import json
import random
from typing import TYPE_CHECKING, Any

from aiohttp import web
from partner import PAGE

from patto_schemas.invent import Inventor
from patto_schemas.model.wire import canonical_json

if TYPE_CHECKING:
    from pathlib import Path

CENTRES = 44
"""Employment centres that the pacts name: as many as Puglia has."""
INVENTED = 20_000
"""Different pacts; beyond them the same contents come again under other keys."""


def render(folder: Path, records: int) -> None:
    """Write the partner's pages: `full` and `changed` (one record in a hundred has another revision)."""
    inventor = Inventor(random.Random(1))
    centres = [inventor.promoter_code().encode() for _ in range(CENTRES)]
    base, old_keys = [], []
    for number in range(min(records, INVENTED)):
        pact = inventor.pact()
        own = pact.consents[0].organisation_id.encode()
        base.append(canonical_json(pact).replace(own, centres[number % CENTRES]))
        old_keys.append(pact.pact_id.encode())
    for number in range(0, records, PAGE):
        count = min(PAGE, records - number)
        rows = []
        for index in range(number, number + count):
            at = index % len(base)
            rows.append(base[at].replace(old_keys[at], b"PA-%08d" % index, 1))
        more = number + count < records
        _page(folder / f"full-{number // PAGE}.json", rows, number // PAGE + 1 if more else None)
        for index in range(0, count, 100):
            rows[index] = rows[index].replace(b'"revision":1', b'"revision":2', 1)
        _page(folder / f"changed-{number // PAGE}.json", rows, number // PAGE + 1 if more else None)


def _page(path: Path, rows: list[bytes], following: int | None) -> None:
    path.write_bytes(
        b'{"items":[' + b",".join(rows) + b'],"next_cursor":' + json.dumps(following and str(following)).encode() + b"}"
    )


def serve(folder: Path, ready: Any) -> None:  # noqa: ANN401 - a multiprocessing connection
    """Serve the pages on a free port of loopback; the port is told through the pipe."""

    async def page(request: web.Request) -> web.FileResponse:
        number = request.query.get("cursor") or "0"
        return web.FileResponse(
            folder / f"{request.match_info['kind']}-{number}.json", headers={"Content-Type": "application/json"}
        )

    async def main() -> None:
        app = web.Application()
        app.router.add_get("/{kind}/pacts", page)
        started = web.AppRunner(app, access_log=None)
        await started.setup()
        site = web.TCPSite(started, "127.0.0.1", 0)
        await site.start()
        ready.send(started.addresses[0][1])
        await asyncio.Event().wait()

    asyncio.run(main())
