"""Two hubs on one ledger in simulated time: each message leaves once, and a killed hub's lane is taken over."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field

import pytest

from patto_connectors.ports import WORLD
from patto_connectors.testing.simulation import SimulatedWorld
from patto_connectors.testing.webhook import PATH, FakeReceiver, Mood, checking
from patto_connectors.webhook import fresh_secret
from patto_hub.lanes.service import Lanes
from patto_hub.ledger import lanes, partners, upgrade
from patto_hub.ledger.lane_leases import LEASE_MS
from patto_hub.ledger.lanes import LaneName
from patto_hub.testing import changes
from patto_hub.testing.mortal import Life, open_mortal
from patto_hub.testing.receivers import open_post
from patto_schemas.model.base import Name

NAME = LaneName("foggia", "pacts", "webhook")
PORT = 8002
COUNT = 1_200


@dataclass
class Pair:
    """Two hubs, one receiver."""

    world: SimulatedWorld
    path: object
    secret: str = ""
    lives: dict = field(default_factory=dict)
    killed_at: float = 0.0
    done_at: float = 0.0

    async def play(self, *, kill):
        self.secret = fresh_secret(self.world.ports())
        self.receiver = FakeReceiver(self.check)
        await self.world.network.serve(self.receiver.app, PORT)
        self.ledger = open_mortal(self.path, Life())
        self.ledger.write_now(partners.register, name="foggia", plugin="test", organisation=Name("ambito", "FG/1"))
        self.ledger.write_now(partners.register, name="lecce", plugin="test", organisation=Name("ambito", "LE/1"))
        for name in ("hub.1", "hub.2"):
            self.lives[name] = Life()
            await self.world.start_process(name, self.work(name, self.lives[name]))
        for number in range(COUNT // 100):
            if kill and number == COUNT // 200:
                self.receiver.order(Mood(way="hang"))
            self.ledger.write_now(changes.say, 100, organisation=1)
            await asyncio.sleep(1)
            if kill and self.hangs() and not self.killed_at:
                await self.kill_whoever_sends()
        while self.ledger.read_now(lanes.position, NAME) < COUNT:  # noqa: ASYNC110 - simulated time
            await asyncio.sleep(1)
        self.done_at = self.world.loop.time()
        for name in [name for name, life in self.lives.items() if not life.over]:
            await self.world.kill(name)
        self.ledger.close()

    def hangs(self):
        return len(self.receiver.arrived) > len(self.receiver.kept)

    async def kill_whoever_sends(self):
        [(owner,)] = self.ledger.read_now(
            lambda each: each.exec_driver_sql("SELECT owner FROM lane_lease WHERE expires_at > 0").all()
        )
        self.lives[owner].over = True
        await self.world.kill(owner)
        self.killed_at = self.world.loop.time()

    def check(self, headers, body):
        """Verify by the simulated clock: the server's handlers do not run in the world's context."""
        token = WORLD.set(self.world.ports())
        try:
            return checking(self.secret)(headers, body)
        finally:
            WORLD.reset(token)

    async def work(self, process, life):
        world = self.world.ports(process)
        ledger = open_mortal(self.path, life)
        address = f"http://127.0.0.1:{PORT}{PATH}"
        async with open_post(ledger, world, NAME, address, [self.secret], payload="full", owner=process) as post:
            await Lanes(ledger=ledger, world=world, posts=[post]).serve()


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_two_hubs_that_serve_one_ledger_send_each_message_once(tmp_path, seed):
    pair = played(tmp_path, seed, kill=False)

    assert kept(pair.receiver) == [f"pact-{number}" for number in range(1, COUNT + 1)]
    assert set(pair.receiver.times.values()) == {1}


@pytest.mark.parametrize("seed", [4, 5, 6])
def test_F04_when_the_hub_that_sends_is_killed_the_other_goes_on_in_its_place(tmp_path, seed):
    pair = played(tmp_path, seed, kill=True)

    assert kept(pair.receiver) == [f"pact-{number}" for number in range(1, COUNT + 1)]
    assert sorted(pair.receiver.times.values())[-2:] == [1, 2], "only what was on its way comes twice"
    assert 0 < pair.done_at - pair.killed_at <= LEASE_MS / 1000 + 15


def played(tmp_path, seed, *, kill):
    path = tmp_path / "ledger.db"
    upgrade.upgrade(path)
    with SimulatedWorld(seed, max_steps=300_000) as world:
        pair = Pair(world, path)
        world.run(pair.play(kill=kill))
    return pair


def kept(receiver):
    return [item["id"] for body in receiver.kept.values() for item in json.loads(body)["data"].get("items", ())]
