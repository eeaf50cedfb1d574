"""F70 in simulated time: a receiver is away for days, the hub is killed meanwhile, and nobody has to do anything."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass

import pytest
from structlog.testing import capture_logs

from patto_connectors.ports import WORLD
from patto_connectors.testing.simulation import SimulatedWorld
from patto_connectors.testing.webhook import PATH, FakeReceiver, checking
from patto_connectors.webhook import fresh_secret
from patto_hub.lanes.schedule import STEPS_S
from patto_hub.lanes.service import Lanes
from patto_hub.ledger import lanes, partners, upgrade
from patto_hub.ledger.lanes import LaneName
from patto_hub.testing import changes
from patto_hub.testing.mortal import Life, open_mortal
from patto_hub.testing.receivers import open_post
from patto_schemas.model.base import Name

NAME = LaneName("foggia", "pacts", "webhook")
HOUR = 3_600.0
PORT = 8002


@dataclass
class Outage:
    """A receiver that is away while changes come and the hub is killed."""

    world: SimulatedWorld
    path: object
    hours: float
    count: int
    secret: str = ""
    back_at: float = 0.0
    done_at: float = 0.0

    async def play(self):
        self.secret = fresh_secret(self.world.ports())
        receiver = FakeReceiver(self.check)
        ledger = open_mortal(self.path, Life())
        ledger.write_now(partners.register, name="foggia", plugin="test", organisation=Name("ambito", "FG/1"))
        ledger.write_now(partners.register, name="lecce", plugin="test", organisation=Name("ambito", "LE/1"))
        lives = [await self.hub("hub.1")]
        for hour in range(int(self.hours)):
            ledger.write_now(changes.say, self.count // int(self.hours), organisation=1)
            await asyncio.sleep(HOUR)
            if hour == int(self.hours) // 2:
                lives[0].over = True
                await self.world.kill("hub.1")
                lives.append(await self.hub("hub.2"))
        left = self.count - ledger.read_now(lambda c: c.exec_driver_sql("SELECT count(*) FROM change").scalar_one())
        ledger.write_now(changes.say, left, organisation=1)
        self.back_at = self.world.loop.time()
        await self.world.network.serve(receiver.app, PORT)
        while ledger.read_now(lanes.position, NAME) < self.count:  # noqa: ASYNC110 - simulated time
            await asyncio.sleep(60)
        self.done_at = self.world.loop.time()
        lives[-1].over = True
        await self.world.kill("hub.2")
        ledger.close()
        return receiver

    def check(self, headers, body):
        """Verify by the simulated clock: the server's handlers do not run in the world's context."""
        token = WORLD.set(self.world.ports())
        try:
            return checking(self.secret)(headers, body)
        finally:
            WORLD.reset(token)

    async def hub(self, process):
        life = Life()
        await self.world.start_process(process, self.work(process, life))
        return life

    async def work(self, process, life):
        world = self.world.ports(process)
        ledger = open_mortal(self.path, life)
        address = f"http://127.0.0.1:{PORT}{PATH}"
        async with open_post(ledger, world, NAME, address, [self.secret], payload="full") as post:
            await Lanes(ledger=ledger, world=world, posts=[post], poll_s=300.0).serve()


@pytest.mark.parametrize(
    ("hours", "count", "within_hours"),
    [(72, 100_000, 12.0), (100, 4_000, 1.2)],
    ids=["within the schedule", "beyond it"],
)
def test_F70_a_receiver_that_was_away_for_days_gets_everything_in_order_and_nobody_does_anything(
    tmp_path, hours, count, within_hours
):
    path = tmp_path / "ledger.db"
    upgrade.upgrade(path)
    with capture_logs() as logs, SimulatedWorld(7, max_steps=300_000) as world:
        outage = Outage(world, path, hours, count)
        receiver = world.run(outage.play())

    items = [item["id"] for body in receiver.kept.values() for item in json.loads(body)["data"].get("items", ())]
    events = [each["event"] for each in logs]
    ledger = open_mortal(path, Life())
    rows = dict(ledger.read_now(lambda c: c.exec_driver_sql("SELECT state, count(*) FROM delivery GROUP BY 1").all()))
    ledger.close()
    assert items == [f"pact-{number}" for number in range(1, count + 1)]
    assert [each["log_level"] for each in logs].count("error") == 1, "one alarm"
    assert (events.count("lane.down"), events.count("lane.back")) == (1, 1)
    assert events.count("lane.waiting") == (hours > 76)
    assert rows["failed"] <= len(STEPS_S) + 1, "an outage leaves some rows, not one for each change or probe"
    assert rows["done"] <= count // 500 + 2
    assert outage.done_at - outage.back_at <= within_hours * HOUR
    assert set(receiver.times.values()) == {1}
