"""Ours: the whole road, from the partner's address into the ledger."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from partner import PAGE, PartnerPact

from patto_connectors.contract import Connector
from patto_connectors.http.settings import HttpSettings
from patto_connectors.ports import World
from patto_connectors.rest.settings import CursorPages, RestSettings
from patto_connectors.rest.source import RestSource
from patto_hub.clock.schedule import Schedule
from patto_hub.jobs import Job
from patto_hub.ledger import partners
from patto_hub.ledger.store import open_ledger
from patto_hub.road import runner
from patto_schemas.model.base import Name

if TYPE_CHECKING:
    from pathlib import Path


def ours(address: str, path: Path, kind: str, isolation: str) -> dict[str, float]:
    """Take the whole road into a ledger that is there."""
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
