"""A receiver that takes its time, in a simulated world: seconds are exact and take no time."""

import pytest

from patto_connectors.http.guard import Rules, networks
from patto_connectors.testing.simulation import SimulatedWorld
from patto_connectors.testing.webhook import PATH, FakeReceiver, Mood
from patto_connectors.webhook import Message, Outcome, Target, open_sender
from patto_connectors.webhook.keys import SharedKey

HERE = Rules(allow=networks(["127.0.0.0/8"]))
KEYS = (SharedKey(bytes(32)),)


async def _timed(world, mood):
    receiver = FakeReceiver()
    receiver.mood = mood
    url = await world.network.serve(receiver.app, 8_080) + PATH
    async with open_sender(world.ports(), HERE) as sender:
        answer = await sender.send(Message("m1", b"{}"), Target("ambito", url, KEYS))
        took = world.loop.time()
    receiver.release()
    return answer, took


@pytest.mark.parametrize(
    "mood", [Mood(way="late", pace=29.0), Mood(way="trickle", pace=1.0)], ids=["29 seconds", "trickles"]
)
def test_F71_a_slow_receiver_has_failed_after_15_seconds(mood):
    with SimulatedWorld(seed=1) as world:
        answer, took = world.run(_timed(world, mood))

    assert (answer.outcome, answer.code) == (Outcome.WAIT, "http.timeout")
    assert 15 <= took < 16


def test_a_receiver_that_takes_14_seconds_is_waited_for():
    with SimulatedWorld(seed=1) as world:
        answer, _ = world.run(_timed(world, Mood(way="late", pace=14.0)))

    assert answer.outcome is Outcome.DELIVERED
