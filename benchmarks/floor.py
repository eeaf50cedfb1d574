"""The floor: what a careful script would do. Download, `validate_json` of the page, one upsert per page, FULL."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import time
from typing import TYPE_CHECKING

import aiohttp
from partner import PartnerPact
from pydantic import TypeAdapter

from patto_schemas.model.wire import canonical_json

if TYPE_CHECKING:
    from pathlib import Path


def floor(address: str, path: Path) -> dict[str, float]:
    """Download, validate, upsert: what a careful script would do."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("CREATE TABLE pact (id TEXT PRIMARY KEY, revision INTEGER, payload TEXT) WITHOUT ROWID")
    adapter = TypeAdapter(list[PartnerPact])

    async def main() -> int:
        count, cursor = 0, "0"
        async with aiohttp.ClientSession() as session:
            while cursor:
                async with session.get(f"{address}/full/pacts", params={"cursor": cursor}) as answer:
                    content = await answer.read()
                page = json.loads(content[content.rindex(b'"next_cursor"') - 1 :].replace(b",", b"{", 1))
                rows = content[content.index(b"[") : content.rindex(b"]") + 1]
                pacts = adapter.validate_json(rows)
                connection.execute("BEGIN IMMEDIATE")
                connection.executemany(
                    "INSERT INTO pact VALUES (?, ?, ?) ON CONFLICT (id) DO UPDATE SET revision = excluded.revision,"
                    " payload = excluded.payload",
                    [(each.pact_id, each.revision, canonical_json(each)) for each in pacts],
                )
                connection.execute("COMMIT")
                count += len(pacts)
                cursor = page["next_cursor"]
        return count

    begun = time.perf_counter()
    count = asyncio.run(main())
    return {"records": count, "seconds": time.perf_counter() - begun}
