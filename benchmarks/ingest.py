"""How fast a partner's pacts get from its HTTP address into the ledger, against a hand-written floor of the same work.

    python benchmarks/ingest.py --records 100000

The partner is a process of its own that serves pre-rendered pages. Floor: download, `validate_json` of the page, one
`executemany` upsert per page, WAL and synchronous=FULL. Ours: the whole road with all that the ledger promises. Floor
and ours alternate, and the ratio is of the two best times of one run, so that a busy machine does not decide. Then, on
the ledger that is full: 1 % changed, and nothing changed. The last line is JSON.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import os
import shutil
import sqlite3
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import aiohttp
from partner import PAGE, PartnerPact, render, serve
from pydantic import TypeAdapter

from patto_connectors.contract import Connector
from patto_connectors.http.settings import HttpSettings
from patto_connectors.ports import World
from patto_connectors.rest.settings import CursorPages, RestSettings
from patto_connectors.rest.source import RestSource
from patto_hub.clock.schedule import Schedule
from patto_hub.jobs import Job
from patto_hub.ledger import partners
from patto_hub.ledger.store import open_ledger
from patto_hub.ledger.upgrade import upgrade
from patto_hub.road import runner
from patto_schemas.model.base import Name
from patto_schemas.model.wire import canonical_json

MIB = 1024 * 1024


# --- the floor -----------------------------------------------------------------------------------------------------
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


# --- ours ----------------------------------------------------------------------------------------------------------
def ours(address: str, path: Path, kind: str, isolation: str) -> dict[str, float]:
    """The whole road into a ledger that is made if it is missing."""
    upgrade(path)
    ledger = open_ledger(path)
    partner_id = ledger.write_now(
        partners.register, name="fg1", plugin="benchmark", organisation=Name("ambito", "FG/1"), title="Ambito FG/1"
    )
    ledger.write_now(lambda connection: connection.exec_driver_sql("DELETE FROM cursor"))
    settings = RestSettings(
        http=HttpSettings(base_url=f"{address}/{kind}"), path="pacts", pages=CursorPages(), size=PAGE
    )
    connector = Connector(
        name="pacts", settings=RestSettings, source=RestSource, translate=PartnerPact, kinds=("pact",)
    )
    job = Job(
        name="fg1/pacts",
        partner="fg1",
        partner_id=partner_id,
        plugin="benchmark",
        connector=connector,
        settings=settings,
        schedule=Schedule(),
        isolation=isolation,
    )

    begun = time.perf_counter()
    outcome = asyncio.run(runner.run(job, ledger=ledger, world=World(), owner="benchmark", reason="cli"))
    seconds = time.perf_counter() - begun

    ledger.close()
    if outcome is None or outcome.state != "done":
        raise SystemExit(f"the run did not end well: {outcome}")
    balance = outcome.balance
    return {
        "records": balance.read,
        "seconds": seconds,
        "new": balance.new,
        "changed": balance.changed,
        "unchanged": balance.unchanged,
    }


# --- measuring -----------------------------------------------------------------------------------------------------
class Memory:
    """The highest resident memory of a process and of its descendants, sampled."""

    def __init__(self, pid: int) -> None:
        self.hub = 0
        self.workers = 0
        self._pid = pid
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def end(self) -> None:
        """Stop sampling."""
        self._stop.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._stop.wait(0.05):
            self.hub = max(self.hub, _resident(self._pid))
            self.workers = max(self.workers, sum(_resident(each) for each in _descendants(self._pid)))


def _resident(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, IndexError):
        return 0


def _descendants(pid: int) -> list[int]:
    try:
        children = [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
        others = Path(f"/proc/{pid}/task").iterdir()
        for task in others:
            children += [int(each) for each in (task / "children").read_text().split() if int(each) not in children]
    except OSError:
        return []
    return children + [each for child in children for each in _descendants(child)]


def measured(work: Any, *args: Any) -> dict[str, float]:  # noqa: ANN401 - a function and its arguments
    """Run `work` in a process of its own and give its figures with the memory that it took."""
    context = multiprocessing.get_context("spawn")
    mine, theirs = context.Pipe()
    process = context.Process(target=_measure, args=(theirs, work, args))
    process.start()
    theirs.close()
    memory = Memory(process.pid or 0)
    try:
        figures: dict[str, float] = mine.recv()
    except EOFError:
        raise SystemExit("a measured process failed; its message is above") from None
    finally:
        memory.end()
    process.join()
    return figures | {"hub_mib": memory.hub / MIB, "workers_mib": memory.workers / MIB}


def _measure(pipe: Any, work: Any, args: tuple[Any, ...]) -> None:  # noqa: ANN401 - as above
    pipe.send(work(*args))


def tell(what: str, figures: dict[str, float]) -> None:
    """Print one line."""
    rate = figures["records"] / figures["seconds"]
    print(
        f"{what:<18} {figures['records']:>9,} records {figures['seconds']:>7.2f} s {rate:>9,.0f}/s"
        f"   memory {figures['hub_mib']:.0f} MiB + {figures['workers_mib']:.0f} MiB",
        flush=True,
    )


def main() -> None:
    """Measure and print."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--records", type=int, default=100_000)
    asked.add_argument("--pairs", type=int, default=2, help="floor and ours, this often in turns")
    asked.add_argument("--isolation", choices=("worker", "inline"), default="worker")
    asked.add_argument("--mode", choices=("all", "full"), default="all")
    args = asked.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="patto-ingest-"))
    context = multiprocessing.get_context("spawn")
    mine, theirs = context.Pipe()
    partner = context.Process(target=serve, args=(folder, theirs), daemon=True)
    try:
        render(folder, args.records)
        partner.start()
        address = f"http://127.0.0.1:{mine.recv()}"
        print(json.dumps(compare(address, folder, args)))
    finally:
        partner.terminate()
        shutil.rmtree(folder, ignore_errors=True)


def compare(address: str, folder: Path, args: argparse.Namespace) -> dict[str, Any]:
    """Measure floor and ours in turns, then what a full ledger makes of changes and of repeats."""
    floors, fulls = [], []
    for pair in range(args.pairs):
        floors.append(measured(floor, address, folder / f"floor-{pair}.db"))
        tell("floor", floors[-1])
        fulls.append(measured(ours, address, folder / f"ours-{pair}.db", "full", args.isolation))
        tell("full load", fulls[-1])
    best_floor = min(floors, key=lambda each: each["seconds"])
    best = min(fulls, key=lambda each: each["seconds"])
    figures: dict[str, Any] = {
        "name": "ingest",
        "records": args.records,
        "isolation": args.isolation,
        "floor_per_s": round(args.records / best_floor["seconds"]),
        "full_per_s": round(args.records / best["seconds"]),
        "ratio_to_floor": round(best_floor["seconds"] / best["seconds"], 3),
        "peak_mib": round(max(each["hub_mib"] + each["workers_mib"] for each in fulls)),
        "hub_mib": round(max(each["hub_mib"] for each in fulls)),
    }
    if args.mode == "all":
        ledger = folder / f"ours-{args.pairs - 1}.db"
        changed = measured(ours, address, ledger, "changed", args.isolation)
        tell("1 % changed", changed)
        again = measured(ours, address, ledger, "changed", args.isolation)
        tell("nothing changed", again)
        figures |= {
            "changed_per_s": round(args.records / changed["seconds"]),
            "unchanged_per_s": round(args.records / again["seconds"]),
            "unchanged_to_full": round(best["seconds"] / again["seconds"], 2),
        }
    print(f"ratio to the floor {figures['ratio_to_floor']}, peak {figures['peak_mib']} MiB", flush=True)
    return figures


if __name__ == "__main__":
    sys.exit(main())
