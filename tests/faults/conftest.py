"""What the fault tests share: a district behind a real socket, and hubs in processes that can be killed."""

from __future__ import annotations

import asyncio
import json
import random
import subprocess
import sys
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from aiohttp import web

from patto_connectors.testing.simulation_partner import Register, Service
from patto_hub.ledger import invariants as facts
from patto_hub.ledger import partners, store, upgrade
from patto_hub.testing import district, invariants

HUB_PROCESS = Path(__file__).with_name("hub_process.py")


@dataclass
class Partner:
    """A district's service on a real loopback socket, in a thread of its own; its clock is moved by hand."""

    clock: timedelta = timedelta()
    loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.new_event_loop)
    address: str = ""

    def __post_init__(self):
        self.register = Register(lambda: datetime.now(UTC) + self.clock)
        self.people = district.District(self.register, random.Random(7))
        self.service = Service(self.register, random.Random(8), asyncio.sleep)

    async def serve(self, ready):
        runner = web.AppRunner(self.service.app(), access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        self.address = f"http://127.0.0.1:{runner.addresses[0][1]}"
        self.stop = asyncio.Event()
        ready.set()
        await self.stop.wait()
        await runner.cleanup()

    def do(self, work, *args):
        """Let the people of the district work, in the service's own thread."""

        async def now():
            return work(*args)

        return asyncio.run_coroutine_threadsafe(now(), self.loop).result(10)


@pytest.fixture
def partner():
    """A district that serves its register on loopback."""
    made, ready = Partner(), threading.Event()
    thread = threading.Thread(target=lambda: made.loop.run_until_complete(made.serve(ready)))
    thread.start()
    assert ready.wait(10)
    yield made
    made.loop.call_soon_threadsafe(made.stop.set)
    thread.join()
    made.loop.close()


@dataclass
class Hubs:
    """Starts and kills hubs on one ledger, and judges the ledger."""

    path: Path
    partner: Partner
    partners: dict[str, int]
    process: subprocess.Popen[str]

    def run(self, after_s=None, points="", isolation="inline", mark=""):
        """Run a hub, killed after `after_s` seconds or at fail points; gives how it ended."""
        order = {
            "path": str(self.path),
            "address": self.partner.address,
            "partners": self.partners,
            "after_s": after_s,
            "points": points,
            "isolation": isolation,
            "mark": mark,
            "clock_s": self.partner.clock.total_seconds(),
        }
        self.process.stdin.write(json.dumps(order) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def wait(self, seconds):
        """Let time pass for everybody."""
        self.partner.clock += timedelta(seconds=seconds)

    def judge(self):
        """Give all that is wrong with the ledger, compared with the district's register too."""
        engine = store.make_engine(self.path)
        with engine.connect() as connection:
            wrong = self.light(connection) + invariants.everything(connection)
            held = {}
            for name, number in self.partners.items():
                offered = {each for each in self.partner.register.versions if district.OWNER[each[0]] == name}
                wrong += invariants.conservation(connection, number, offered, name_of=district.name_of)
                held |= facts.current(connection, number)
            for kind in district.MODELS:
                for key, payload in district.expected(self.partner.register, kind).items():
                    if held.get((kind, key)) != payload:
                        wrong.append(f"{kind} {key} is not as the partner has it")
            assert connection.exec_driver_sql("PRAGMA quick_check").scalar_one() == "ok"
        engine.dispose()
        return wrong

    def light(self, connection):
        """Give what is wrong with cursors and balances."""
        wrong = invariants.balance(connection)
        for kind, owner in district.OWNER.items():
            wrong += invariants.cursor_honesty(
                connection,
                self.partners[owner],
                f"{owner}/{kind}",
                partial(district.covered, self.partner.register, kind),
                name_of=district.name_of,
            )
        return wrong

    def judge_lightly(self):
        """Check what is cheap, in the middle of things."""
        engine = store.make_engine(self.path)
        with engine.connect() as connection:
            wrong = self.light(connection)
        engine.dispose()
        return wrong

    def forget_cursors(self):
        """Let every job start from the beginning: all pages are offered again."""
        engine = store.make_engine(self.path)
        with engine.connect() as connection:
            connection.exec_driver_sql("DELETE FROM cursor")
        engine.dispose()

    def count(self, table):
        """Count the rows of a table of the ledger."""
        engine = store.make_engine(self.path)
        with engine.connect() as connection:
            rows = connection.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar_one()  # noqa: S608 - ours
        engine.dispose()
        return rows


@pytest.fixture(scope="module")
def forge():
    """A process that has imported the hub, and forks one in milliseconds."""
    command = [sys.executable, str(HUB_PROCESS)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield process
        process.stdin.close()


@pytest.fixture
def hubs(tmp_path, partner, forge):
    """Hubs in processes of their own, on one ledger file, that read the partner."""
    path = tmp_path / "ledger.db"
    upgrade.upgrade(path)
    engine = store.make_engine(path)
    ledger = store.Ledger(engine=engine, writer=None, readers=None)
    numbers = {
        name: ledger.write_now(partners.register, name=name, plugin="simulated", organisation=organisation)
        for name, organisation in district.ORGANISATIONS.items()
    }
    engine.dispose()
    return Hubs(path, partner, numbers, forge)
