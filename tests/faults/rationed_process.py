"""A hub with little memory reads a partner's listing, and tells how much that took; run by `test_memory.py`.

python rationed_process.py ledger.db http://127.0.0.1:1 most_bytes  ->  {"state": "done", "read": 60000, ...}
"""

from __future__ import annotations

import asyncio
import json
import resource
import sys
from pathlib import Path

import structlog

from patto_connectors.contract import Connector
from patto_connectors.http.settings import HttpSettings
from patto_connectors.ports import World
from patto_connectors.rest.settings import CursorPages, RestSettings
from patto_connectors.rest.source import RestSource
from patto_hub.clock.schedule import Schedule
from patto_hub.jobs import Job
from patto_hub.ledger import partners
from patto_hub.ledger.store import opened
from patto_hub.memory import return_large_blocks
from patto_hub.road import runner
from patto_schemas.model import Pact
from patto_schemas.model.base import Name
from patto_schemas.model.wire import wire


class PartnerPact(Pact):
    model_config = wire(Pact)


def job(address: str, partner_id: int) -> Job:
    """Read the listing of pacts page by page."""
    settings = RestSettings(http=HttpSettings(base_url=address), path="pacts", pages=CursorPages(), size=500)
    connector = Connector(name="pacts", settings=RestSettings, source=RestSource, translate=PartnerPact)
    return Job(
        name="fg1/pacts",
        partner="fg1",
        partner_id=partner_id,
        plugin="test",
        connector=connector,
        settings=settings,
        schedule=Schedule(),
    )


def peak_mib() -> int:
    """Give the most memory that this process has ever held; `getrusage` would count who started it, too."""
    status = Path("/proc/self/status").read_text("utf-8")
    return int(status.partition("VmHWM:")[2].split()[0]) // 1024


async def main(path: Path, address: str) -> dict[str, object]:
    """Run the job once."""
    async with opened(path) as ledger:
        number = await ledger.write(
            partners.register, name="fg1", plugin="test", organisation=Name("ambito", "FG/1"), title="FG/1"
        )
        before = peak_mib()
        outcome = await runner.run(job(address, number), ledger=ledger, world=World(), owner="test", reason="cli")
    balance = outcome.balance
    return {
        "state": outcome.state,
        "code": outcome.trouble and outcome.trouble.code,
        "read": balance.read,
        "kept": balance.new,
        "before": before,
        "peak": peak_mib(),
    }


if __name__ == "__main__":
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    most = int(sys.argv[3])
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
    return_large_blocks()
    print(json.dumps(asyncio.run(main(Path(sys.argv[1]), sys.argv[2]))))  # noqa: T201 - the answer
