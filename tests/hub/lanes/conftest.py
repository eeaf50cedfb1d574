"""A ledger with one partner that receives, a receiver with bad days, and a clock that moves only when a lane rests."""

from __future__ import annotations

import asyncio
import json
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace

import pytest

from patto_connectors.ports import WORLD
from patto_connectors.testing.clock import StillClock
from patto_connectors.testing.webhook import FakeReceiver, checking
from patto_connectors.webhook import fresh_secret
from patto_hub.ledger import lanes, partners, upgrade
from patto_hub.ledger.lanes import LaneName
from patto_hub.ledger.store import open_ledger
from patto_hub.testing import changes
from patto_hub.testing.receivers import open_post
from patto_schemas.model.base import Name

NAME = LaneName("foggia", "pacts", "webhook")


@dataclass
class Bench:
    """One lane, its ledger, its receiver."""

    ledger: object
    clock: StillClock
    secret: str
    receiver: FakeReceiver
    stack: AsyncExitStack
    told: list = field(default_factory=list)
    held: str | None = None

    def say(self, count, organisation=1, partner=2):
        return self.ledger.write_now(changes.say, count, organisation=organisation, partner=partner)

    async def post(self, *, name=NAME, receiver=None, secrets=(), url="", **more):
        receiver = receiver or self.receiver
        address = url or await self.stack.enter_async_context(receiver.running())
        keys = secrets or (self.secret,)
        post = await self.stack.enter_async_context(open_post(self.ledger, WORLD.get(), name, address, keys, **more))
        return replace(post, told=self.told.append, withheld=lambda: self.held)

    async def until_rest(self, post, most=1_000):
        """Let a lane work until it has nothing to do, or must wait; gives the seconds, None: nothing to do."""
        for _ in range(most):
            rest = await post.step()
            if rest is None or rest > 0:
                return rest
        raise AssertionError("the lane does not come to rest")

    async def comes(self, receiver):
        """Wait until a message has come to a receiver that has not answered yet."""
        while not receiver.arrived:  # noqa: ASYNC110 - a server's loop, which tells nobody
            await asyncio.sleep(0)

    def pass_(self, seconds):
        self.clock.passed += seconds

    def lane(self, name=NAME):
        return self.ledger.read_now(lanes.get, name)

    def change(self, step, name=NAME):
        return self.ledger.write_now(lanes.change, name, step)

    def ask(self, sql, *values):
        return [tuple(row) for row in self.ledger.read_now(lambda each: each.exec_driver_sql(sql, values).all())]

    def bodies(self, receiver=None):
        return [json.loads(body) for body in (receiver or self.receiver).kept.values()]


@pytest.fixture
def clock():
    clock = StillClock()
    token = WORLD.set(clock.world())
    yield clock
    WORLD.reset(token)


@pytest.fixture
def ledger(tmp_path):
    path = tmp_path / "ledger.db"
    upgrade.upgrade(path)
    opened = open_ledger(path)
    opened.write_now(partners.register, name="foggia", plugin="test", organisation=Name("ambito", "FG/1"))
    opened.write_now(partners.register, name="lecce", plugin="test", organisation=Name("ambito", "LE/1"))
    yield opened
    opened.close()


@pytest.fixture
async def bench(ledger, clock):
    secret = fresh_secret(WORLD.get())
    async with AsyncExitStack() as stack:
        yield Bench(ledger, clock, secret, FakeReceiver(checking(secret)), stack)
