"""F71: lanes work beside each other; one that hangs, trickles or is broken keeps no other from anything."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager
from dataclasses import replace

from patto_connectors.ports import World
from patto_connectors.testing.webhook import FakeReceiver, Mood
from patto_hub.lanes.service import Lanes
from patto_hub.ledger.lanes import LaneName

NAMES = {way: LaneName("foggia", "pacts", way) for way in ("hangs", "trickles", "breaks", "well", "fine")}


@asynccontextmanager
async def serving(bench, posts, poll_s=0.01):
    """Let the lanes work for the length of the block, in real time."""
    lanes = Lanes(ledger=bench.ledger, world=World(), posts=posts, poll_s=poll_s)
    async with asyncio.TaskGroup() as tasks, asyncio.timeout(30):
        working = tasks.create_task(lanes.serve())
        try:
            yield lanes
        finally:
            working.cancel()


async def has_kept(receiver, items):
    def held():
        return sum(json.loads(body)["data"]["items"] for body in receiver.kept.values())

    while held() < items:  # noqa: ASYNC110 - a server's loop, which tells nobody
        await asyncio.sleep(0.001)


class Broken:
    made_as, at_once = "x", 10

    async def hand_over(self, _batch):
        raise SystemError

    async def probe(self, _message_id, _at):
        raise SystemError


async def test_F71_slow_and_broken_receivers_keep_the_others_from_nothing(bench):
    receivers = {way: FakeReceiver() for way in NAMES}
    receivers["hangs"].mood = Mood(way="hang")
    receivers["trickles"].mood = Mood(way="trickle", pace=0.05)
    posts = {way: await bench.post(name=name, receiver=receivers[way]) for way, name in NAMES.items()}
    posts["breaks"] = replace(posts["breaks"], outlet=Broken())
    async with serving(bench, list(posts.values())):
        for number in range(1, 31):
            bench.say(1)
            await has_kept(receivers["well"], number)
            await has_kept(receivers["fine"], number)
        stuck = {way: (bench.lane(NAMES[way]).position, len(receivers[way].arrived)) for way in ("hangs", "trickles")}
        for way in ("hangs", "trickles"):
            receivers[way].release()

    assert stuck == {"hangs": (0, 1), "trickles": (0, 1)}, "the one message is still on its way"
    assert bench.lane(NAMES["breaks"]).trouble == "lane.broken"


async def test_a_wish_of_another_process_is_found_without_being_told(bench):
    receiver = FakeReceiver()
    post = await bench.post(name=NAMES["well"], receiver=receiver)
    bench.change(lambda lane: replace(lane, state="disabled", updated_by="cli:anna", since=1), NAMES["well"])
    bench.say(1)
    async with serving(bench, [post]):
        await asyncio.sleep(0.05)
        before = len(receiver.arrived)
        bench.change(lambda lane: replace(lane, state="running", updated_by="cli:anna", since=2), NAMES["well"])
        await has_kept(receiver, 1)

    assert before == 0


async def test_a_hub_without_receivers_does_nothing(bench):
    lanes = Lanes(ledger=bench.ledger, world=World(), posts=[])

    async with asyncio.timeout(5):
        ended = await lanes.serve()

    assert ended is None
    assert bench.receiver.arrived == []


async def test_F11_a_ledger_that_cannot_be_read_for_a_while_stops_no_lane(bench, monkeypatch):
    receiver = FakeReceiver()
    post = await bench.post(name=NAMES["well"], receiver=receiver)
    failing = iter([OSError(28, "no space left on device")])
    step = type(post).step
    slept = []

    async def sometimes(self):
        for error in failing:
            raise error
        return await step(self)

    async def sleep(seconds):
        slept.append(seconds)
        await asyncio.sleep(0.001)

    monkeypatch.setattr(type(post), "step", sometimes)
    bench.say(1)
    lanes = Lanes(ledger=bench.ledger, world=World(sleep=sleep), posts=[post])
    async with asyncio.TaskGroup() as tasks, asyncio.timeout(30):
        working = tasks.create_task(lanes.serve())
        await has_kept(receiver, 1)
        working.cancel()

    assert 15.0 in slept
