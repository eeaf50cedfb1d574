"""The floors of the benchmark of feeds: what a careful hand would write for each answer, with nothing around it.

No key, no limit, no log, no cursor, no tag that is computed. The statements run on threads, each with its connection.
"""

from __future__ import annotations

import asyncio
import sqlite3
import threading
import zlib
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import orjson
from aiohttp import web

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

BASE = "/rest/patto/v1/feeds/pacts/changes"
"""Where the bare handler takes the very requests that ours takes."""
THREADS = 4
LEVEL = 1
"""Of compression: the one of our pages, so that it decides nothing."""
FIELDS = (
    "pact_id",
    "pact_number",
    "person_id",
    "person_scheme",
    "ambito",
    "scheme",
    "signed_on",
    "valid_from",
    "valid_to",
    "status",
    "loan_mode",
    "next_review_on",
)
ROWS = """
SELECT c.kind, c.head_id, v.version, c.op, v.payload FROM audience a JOIN change c ON c.seq = a.seq
JOIN record_version v ON v.id = c.version_id WHERE a.organisation_id = ? AND a.seq > ? ORDER BY a.seq LIMIT ?
"""
JOINED = f"""
SELECT '{{"items":[' || group_concat('{{"id":"' || kind || '-' || head_id || '","version":' || version || ',"change":"'
|| op || '","data":' || payload || '}}', ',') || ']}}' FROM ({ROWS})
"""  # noqa: S608 - of constants


class Floor:
    """The handlers, over a ledger's file and a page that ours has made."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "data" / "ledger.db"
        self._threads = ThreadPoolExecutor(THREADS)
        self._own = threading.local()
        self._page = {name: (folder / f"page.{name}").read_bytes() for name in ("identity", "gzip")}

    async def bare(self, request: web.Request) -> web.Response:
        """Say that there is nothing new to whoever has a tag, else give the bytes of a page that is in memory."""
        if "If-None-Match" in request.headers:
            return web.Response(status=304, headers={"ETag": 'W/"a"'})
        coding = request.headers["Accept-Encoding"]
        headers = {} if coding == "identity" else {"Content-Encoding": coding}
        return web.Response(body=self._page[coding], content_type="application/json", headers=headers)

    async def joined(self, request: web.Request) -> web.Response:
        """Join a page of whole payloads inside SQLite."""
        return await self._answer(request, self._joined)

    async def again(self, request: web.Request) -> web.Response:
        """Read rows, parse each, take the fields that may leave, write the page."""
        return await self._answer(request, self._again)

    async def _answer(self, request: web.Request, make: Callable[[int, int, int], bytes]) -> web.Response:
        where = [int(request.query[name]) for name in ("organisation", "after", "limit")]
        coding = request.match_info["coding"]
        body = await asyncio.get_running_loop().run_in_executor(self._threads, _made, make, where, coding)
        headers = {} if coding == "identity" else {"Content-Encoding": coding}
        return web.Response(body=body, content_type="application/json", headers=headers)

    def _joined(self, organisation: int, after: int, limit: int) -> bytes:
        text: str = self._connection().execute(JOINED, (organisation, after, limit)).fetchone()[0]
        return text.encode()

    def _again(self, organisation: int, after: int, limit: int) -> bytes:
        items = []
        for kind, head_id, version, op, payload in self._connection().execute(ROWS, (organisation, after, limit)):
            record: dict[str, Any] = orjson.loads(payload)
            shown = {name: record[name] for name in FIELDS if name in record}
            items.append({"id": f"{kind}-{head_id}", "version": version, "change": op, "data": shown})
        return orjson.dumps({"items": items})

    def _connection(self) -> sqlite3.Connection:
        if not hasattr(self._own, "connection"):
            self._own.connection = sqlite3.connect(self._path, isolation_level=None)
            self._own.connection.execute("PRAGMA cache_size=-8000")
        connection: sqlite3.Connection = self._own.connection
        return connection


def _made(make: Callable[[int, int, int], bytes], where: list[int], coding: str) -> bytes:
    body = make(*where)
    return body if coding == "identity" else zlib.compress(body, LEVEL, wbits=31)


def run(folder: Path, pipe: Any) -> None:  # noqa: ANN401 - a multiprocessing connection
    """Serve the floors on a free port of loopback; the port is told through the pipe."""

    async def main() -> None:
        floor, app = Floor(folder), web.Application()
        app.router.add_get(BASE, floor.bare)
        app.router.add_get("/joined/{coding}", floor.joined)
        app.router.add_get("/again/{coding}", floor.again)
        started = web.AppRunner(app, access_log=None)
        await started.setup()
        await web.TCPSite(started, "127.0.0.1", 0).start()
        pipe.send(started.addresses[0][1])
        await asyncio.Event().wait()

    asyncio.run(main())
