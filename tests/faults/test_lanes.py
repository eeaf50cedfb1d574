"""F04, F70: hubs that hand changes over to a real receiver are killed anywhere; nothing is lost, no id changes."""

from __future__ import annotations

import asyncio
import json
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from patto_connectors.ports import World
from patto_connectors.testing.webhook import FakeReceiver, Mood, checking
from patto_connectors.webhook import fresh_secret
from patto_hub.failpoints import POINTS
from patto_hub.ledger import lanes, partners, upgrade
from patto_hub.ledger.lane_leases import LEASE_MS
from patto_hub.ledger.lanes import LaneName
from patto_hub.ledger.store import open_ledger
from patto_hub.testing import changes
from patto_schemas.model.base import Name

NAME = LaneName("foggia", "pacts", "webhook")
ON_THE_WAY = sorted(name for name in POINTS if name.startswith(("lane.", "ledger.")))
COUNT = 1_200
"""Changes: three full messages."""


@dataclass
class Office:
    """A ledger with changes that wait, a receiver, and hubs that hand over."""

    path: Path
    process: asyncio.subprocess.Process
    receiver: FakeReceiver
    secret: str
    url: str = ""
    verifies: bool = True

    def ask(self, work, *args, **named):
        ledger = open_ledger(self.path)
        try:
            return ledger.write_now(work, *args, **named)
        finally:
            ledger.close()

    def say(self, count):
        return self.ask(changes.say, count, organisation=1)

    def position(self):
        return self.ask(lanes.position, NAME)

    async def run(self, until, points="", **how):
        [status] = await self.run_all(until, [points], **how)
        return status

    async def run_all(self, until, points, *, hours_per_s=0.0, lease_ms=300):
        order = {"path": str(self.path), "url": self.url, "secret": self.secret, "points": points, "until": until}
        self.process.stdin.write(
            json.dumps({**order, "hours_per_s": hours_per_s, "lease_ms": lease_ms}).encode() + b"\n"
        )
        return json.loads(await self.process.stdout.readline())["status"]

    def items(self):
        """Give the items of what the receiver has kept, message by message in the order of their arrival."""
        bodies = [json.loads(body) for body in self.receiver.kept.values()]
        return [item["id"] for body in bodies for item in body["data"].get("items", ())]


@pytest.fixture
async def office(tmp_path):
    path = tmp_path / "ledger.db"
    upgrade.upgrade(path)
    script = Path(__file__).with_name("lane_process.py")
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(script), stdin=pipe, stdout=pipe, stderr=asyncio.subprocess.DEVNULL
    )
    secret = fresh_secret(World())
    verify = checking(secret)
    receiver = FakeReceiver(lambda headers, body: not made.verifies or verify(headers, body))
    made = Office(path, process, receiver, secret)
    made.ask(partners.register, name="foggia", plugin="test", organisation=Name("ambito", "FG/1"))
    made.ask(partners.register, name="lecce", plugin="test", organisation=Name("ambito", "LE/1"))
    async with made.receiver.running() as made.url:
        yield made
    process.stdin.close()
    await process.wait()


def expected(count):
    return [f"pact-{number}" for number in range(1, count + 1)]


@pytest.mark.parametrize("point", ON_THE_WAY)
async def test_F04_a_hub_killed_anywhere_on_the_way_hands_over_again_under_the_same_id_and_loses_nothing(office, point):
    office.say(COUNT)
    killed = []
    for nth in (1, 2, 3):
        killed.append(await office.run(COUNT, f"{point}:{nth}:kill"))
        office.say(5)  # what comes after a kill never changes the batch that was on its way
    ended = await office.run(COUNT + 15)

    assert -9 in killed
    assert ended == 0
    assert office.items() == expected(COUNT + 15)
    assert office.position() == COUNT + 15


async def test_F04_what_was_sent_and_not_noted_comes_with_the_id_of_the_first_time(office):
    office.say(3)
    await office.run(3, "lane.after_send:1:kill")
    office.say(4)
    await office.run(7)

    ids = [each.id for each in office.receiver.arrived]
    assert (len(ids), len(set(ids))) == (3, 2)
    assert ids[0] == ids[1]
    assert office.items() == expected(7)


async def test_two_hubs_that_serve_one_ledger_send_each_message_once(office):
    office.say(COUNT)
    ended = await office.run_all(COUNT, ["", ""], lease_ms=LEASE_MS)

    assert ended == [0, 0]
    assert office.items() == expected(COUNT)
    assert set(office.receiver.times.values()) == {1}


@pytest.mark.parametrize("point", ["lane.before_send", "lane.after_send", "ledger.before_commit"])
async def test_F04_of_two_hubs_the_other_goes_on_when_one_is_killed(office, point):
    office.say(COUNT)
    ended = await office.run_all(COUNT, [f"{point}:1:kill", ""], lease_ms=3_000)

    assert ended[1] == 0
    assert office.items() == expected(COUNT)
    assert max(office.receiver.times.values()) <= 2


@pytest.mark.slow
async def test_F70_a_real_receiver_that_is_down_for_days_of_a_fast_clock_gets_everything(office):
    office.receiver.mood = Mood(status=503)
    office.verifies = False  # the receiver's clock is the real one, the hub's runs faster

    async def days():
        for _ in range(9):
            office.say(500)
            await asyncio.sleep(1)  # eight hours
        office.receiver.mood = Mood()

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(days())
        ended = await office.run(4_500, hours_per_s=8.0, lease_ms=LEASE_MS)

    assert ended == 0
    assert office.items() == expected(4_500)
    assert set(office.receiver.times.values()) <= set(range(1, 12))
