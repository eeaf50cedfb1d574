"""F01, F08: a tap of the package index, as anybody gets it, reads through the whole road while its hub is killed."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from aiohttp import web

from patto_connectors.errors import Unreachable
from patto_connectors.singer.environment import found
from patto_connectors.singer.settings import Installed
from patto_hub.ledger import invariants as facts
from patto_hub.ledger import partners, store, upgrade
from patto_hub.testing import invariants

TAP = "tap-rest-api-msdk"
PACKAGE = f"{TAP}==1.4.2"
RECORDS = 10_000
PAGE = 250
LATER = 200.0
"""Seconds until the next start: longer than the lease of the hub that was killed."""
CACHE = Path(os.environ.get("PATTO_TEST_CACHE", tempfile.gettempdir())) / "patto-test-taps"
"""Where the tap stays installed between two runs of the tests."""


def at(second):
    """Give the time stamp of the register's nth entry."""
    return (datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=second)).strftime("%Y-%m-%dT%H:%M:%SZ")


def pact(number, status="active", second=None):
    return {
        "pact_id": f"P-{number:05}",
        "person_id": f"PERS-{number}",
        "person_scheme": "local",
        "ambito": "FG/1",
        "scheme": "ReD_3",
        "status": status,
        "modified_at": at(number if second is None else second),
    }


@dataclass
class Service:
    """A partner's REST service, page after page, that may kill its reader when a page is asked for."""

    rows: list[dict] = field(default_factory=lambda: [pact(number) for number in range(1, RECORDS + 1)])
    asked: list[tuple[int, str]] = field(default_factory=list)
    kills_at: int | None = None
    reader: subprocess.Popen | None = None
    address: str = ""

    async def pacts(self, request):
        start, since = int(request.query.get("cursor", 0)), request.query.get("since", "")
        self.asked.append((start, since))
        if self.kills_at is not None and start >= self.kills_at:
            self.reader.send_signal(signal.SIGKILL)
            self.kills_at = None
        found = [row for row in self.rows if row["modified_at"] >= since]
        more = {"next": str(start + PAGE)} if start + PAGE < len(found) else {}
        return web.json_response({"items": found[start : start + PAGE], **more})

    def change(self, *numbers):
        """Suspend some pacts, after everything that was entered so far."""
        others = [row for row in self.rows if row["pact_id"] not in {pact(number)["pact_id"] for number in numbers}]
        new = [pact(number, "suspended", RECORDS + 60 + number) for number in numbers]
        self.rows, self.asked = [*others, *new], []

    async def serve(self, ready):
        app = web.Application()
        app.router.add_get("/pacts", self.pacts)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        self.address = f"http://127.0.0.1:{runner.addresses[0][1]}"
        self.loop, self.stop = asyncio.get_running_loop(), asyncio.Event()
        ready.set()
        await self.stop.wait()
        await runner.cleanup()


@pytest.fixture
def service():
    made, ready = Service(), threading.Event()
    thread = threading.Thread(target=lambda: asyncio.run(made.serve(ready)))
    thread.start()
    assert ready.wait(10)
    yield made
    made.loop.call_soon_threadsafe(made.stop.set)
    thread.join()


@pytest.fixture
async def tap():
    """The tap, installed once and kept for the next run of the tests."""
    installed = Installed(packages=(PACKAGE,), folder=CACHE)
    try:
        await found(installed, TAP)
    except Unreachable as trouble:
        pytest.skip(f"{PACKAGE} cannot be had here: {trouble.detail}")
    return installed


@dataclass
class Hub:
    """Hubs in processes of their own, one after the other, on one ledger."""

    path: Path
    service: Service
    tap: Installed
    partner: int
    clock_s: float = 0.0

    def settings(self):
        stream = {
            "name": "pacts",
            "path": "/pacts",
            "records_path": "$.items[*]",
            "primary_keys": ["pact_id"],
            "replication_key": "modified_at",
            "source_search_field": "since",
            "source_search_query": "$last_run_date",
            "start_date": "2020-01-01T00:00:00Z",
        }
        config = {
            "api_url": self.service.address,
            "pagination_request_style": "jsonpath_paginator",
            "next_page_token_path": "$.next",
            "pagination_next_page_param": "cursor",
            "streams": [stream],
        }
        return {"tap": self.tap.model_dump(mode="json"), "executable": TAP, "stream": "pacts", "config": config}

    def run(self):
        """Read once; gives what it came to, or None if it was killed."""
        order = {"path": str(self.path), "partner": self.partner, "clock_s": self.clock_s, "settings": self.settings()}
        command = [sys.executable, str(Path(__file__).with_name("singer_hub.py"))]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
            self.service.reader = process
            told, _ = process.communicate(json.dumps(order) + "\n", timeout=200)
        self.clock_s += LATER
        return json.loads(told) if process.returncode != -signal.SIGKILL else None

    def look(self, question, *args):
        engine = store.make_engine(self.path)
        try:
            with engine.connect() as connection:
                return question(connection, *args)
        finally:
            engine.dispose()

    def versions(self):
        return self.look(lambda each: each.exec_driver_sql("SELECT count(*) FROM record_version").scalar_one())

    def wrong(self):
        """Give all that is wrong: lost or invented records, doubles, open balances, feeds that do not tell."""
        offered = {("pact", row["pact_id"]) for row in self.service.rows}
        return self.look(
            lambda each: invariants.conservation(each, self.partner, offered) + invariants.everything(each)
        )


@pytest.fixture
def hub(tmp_path, service, tap):
    path = tmp_path / "ledger.db"
    upgrade.upgrade(path)
    engine = store.make_engine(path)
    ledger = store.Ledger(engine=engine, writer=None, readers=None)
    number = ledger.write_now(partners.register, name="tapped", plugin="tapped", organisation=None)
    engine.dispose()
    return Hub(path, service, tap, number)


def taps():
    """Find the processes of the tap, by their command line."""
    found = []
    for place in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            if str(CACHE).encode() in place.read_bytes():
                found.append(int(place.parent.name))
    return found


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_F01_F08_an_unmodified_tap_loses_and_doubles_nothing_when_its_hub_is_killed(hub, service):
    service.kills_at = 6_000
    killed = hub.run()
    until = time.monotonic() + 20
    while taps() and time.monotonic() < until:
        time.sleep(0.05)
    orphans, half = taps(), hub.versions()

    again = hub.run()
    service.change(1, 5_000, RECORDS)
    news = hub.run()

    assert killed is None
    assert orphans == []
    assert 0 < half < RECORDS
    assert again["state"] == "done", again
    assert again["balance"]["read"] == RECORDS
    assert again["balance"]["new"] + half == RECORDS
    assert again["balance"]["unchanged"] == half
    assert news["balance"]["changed"] == 3
    assert news["balance"]["read"] < 10, "the tap's STATE asks for news only"
    assert {since for _, since in service.asked} <= {"", at(RECORDS)}
    assert hub.versions() == RECORDS + 3
    assert len(hub.look(facts.current, hub.partner)) == RECORDS
    assert hub.wrong() == []
