"""Two hubs on one ledger: one at a time makes a lane's attempt, and what a late one thinks of it is not kept."""

from __future__ import annotations

import asyncio

from patto_connectors.testing.webhook import FakeReceiver, Mood, checking
from patto_hub.lanes import turns
from patto_hub.lanes.lane import LONGEST_S
from patto_hub.ledger import again, lane_leases
from patto_hub.ledger.lane_leases import LEASE_MS
from patto_hub.ledger.lanes import LaneName

NAME = LaneName("foggia", "pacts", "webhook")


async def pair(bench):
    """Open the same lane as two hubs do."""
    address = await bench.stack.enter_async_context(bench.receiver.running())
    return [await bench.post(url=address, owner=f"hub-{number}") for number in (1, 2)]


async def hanging(bench, post):
    """Let a hub send a message that is not answered yet."""
    bench.receiver.order(Mood(way="hang"))
    first = asyncio.ensure_future(post.step())
    await bench.comes(bench.receiver)
    return first


async def test_while_one_hub_sends_the_other_does_not(bench):
    one, other = await pair(bench)
    bench.say(2)
    first = await hanging(bench, one)
    rest = await bench.until_rest(other)
    sent = len(bench.receiver.arrived)
    bench.receiver.release()
    await first
    await bench.until_rest(other)

    assert (rest, sent) == (10.0, 1)
    assert set(bench.receiver.times.values()) == {1}
    assert bench.lane().position == 2


async def test_F04_the_lane_of_a_killed_hub_goes_on_under_the_same_id_once_its_lease_has_run_out(bench):
    one, other = await pair(bench)
    bench.say(2)
    first = await hanging(bench, one)
    first.cancel()  # as a kill: nothing of it is written any more
    await asyncio.wait({first})
    bench.say(3)
    early = await bench.until_rest(other)
    bench.pass_(LEASE_MS / 1000)
    await bench.until_rest(other)

    assert early == 10.0
    assert [body["data"]["items"] for body in bench.bodies()] == [2, 3]
    assert sorted(bench.receiver.times.values()) == [1, 2]
    assert bench.lane().position == 5


async def test_what_a_hub_learns_after_its_lease_was_taken_over_is_not_kept(bench):
    one, other = await pair(bench)
    bench.say(2)
    bench.receiver.order(Mood(way="hang", status=503))
    first = asyncio.ensure_future(one.step())
    await bench.comes(bench.receiver)
    bench.pass_(LEASE_MS / 1000)
    await bench.until_rest(other)
    bench.receiver.release()
    await first

    assert (bench.lane().position, bench.lane().failures) == (2, 0)
    assert bench.ask("SELECT state FROM delivery") == [("done",)]


async def test_a_hub_that_read_the_lane_before_the_other_moved_it_sends_nothing(bench):
    one, other = await pair(bench)
    bench.say(2)
    before = bench.lane()
    await bench.until_rest(other)
    stale = bench.ledger.write_now(
        lambda connection: one_turn(connection, before, one.owner, one.reading.world.milliseconds())
    )

    assert stale is None
    assert bench.ask("SELECT count(*) FROM lane_lease WHERE expires_at > 0") == [(0,)]


def one_turn(connection, lane, owner, now):
    return turns.begin(connection, lane, lane, owner, now, LEASE_MS)


async def test_two_hubs_repeat_a_replay_once(bench):
    one, other = await pair(bench)
    bench.say(4)
    await bench.until_rest(one)
    bench.ledger.write_now(again.ask, NAME, key="k", after=0, pact=None, by="partner:foggia", now=7)
    first = await hanging_again(bench, one)
    rest = await bench.until_rest(other)
    bench.receiver.release()
    await first
    await bench.until_rest(other)

    assert rest == 10.0
    assert sorted(bench.receiver.times.values()) == [2], "the first time, and once again"


async def hanging_again(bench, post):
    before = len(bench.receiver.arrived)
    bench.receiver.order(Mood(way="hang"))
    first = asyncio.ensure_future(post.step())
    while len(bench.receiver.arrived) == before:  # noqa: ASYNC110 - a server's loop, which tells nobody
        await asyncio.sleep(0)
    return first


async def test_another_lane_is_not_kept_by_it(bench):
    one, _ = await pair(bench)
    beside = FakeReceiver(checking(bench.secret))
    other = await bench.post(receiver=beside, name=NAME._replace(way="beside"), owner="hub-2")
    bench.say(1)
    first = await hanging(bench, one)
    await bench.until_rest(other)
    bench.receiver.release()
    await first

    assert len(beside.kept) == 1
    assert bench.ledger.write_now(lane_leases.take, NAME, "hub-3", 0) is not None


def test_a_lease_lasts_longer_than_any_attempt():
    assert LONGEST_S * 1000 + 10_000 < LEASE_MS
