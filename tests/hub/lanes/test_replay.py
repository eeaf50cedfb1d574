"""What a receiver has lost goes to it once more: the same batches under the same ids, beside what is new."""

from __future__ import annotations

import json

import pytest

from patto_connectors.testing.webhook import Mood
from patto_hub.ledger import again, audit
from patto_hub.ledger.lanes import LaneName

NAME = LaneName("foggia", "pacts", "webhook")


@pytest.fixture
def ask(bench):
    def asked(after=0, key="k-1", pact=None):
        return bench.ledger.write_now(again.ask, NAME, key=key, after=after, pact=pact, by="partner:foggia", now=7)

    return asked


async def three_batches(bench, post):
    for count in (2, 3, 4):
        bench.say(count)
        await bench.until_rest(post)


def items(arrived):
    return [item["id"] for each in arrived for item in json.loads(each.body)["data"]["items"]]


async def test_F72_what_was_taken_and_lost_comes_again_under_the_same_ids(bench, ask):
    post = await bench.post(payload="full")
    await three_batches(bench, post)
    before = list(bench.receiver.arrived)
    bench.receiver.lose()
    ask()
    await bench.until_rest(post)

    again_ = bench.receiver.arrived[len(before) :]
    assert [each.id for each in again_] == [each.id for each in before]
    assert items(again_) == items(before) == [f"pact-{n}" for n in range(1, 10)]
    assert bench.lane().position == 9


async def test_F72_a_range_that_begins_within_a_batch_joins_the_batches_of_the_first_time(bench, ask):
    post = await bench.post(payload="full")
    await three_batches(bench, post)
    before = [each.id for each in bench.receiver.arrived]
    ask(after=1)
    await bench.until_rest(post)

    again_ = bench.receiver.arrived[3:]
    assert [each.id for each in again_][1:] == before[1:]
    assert again_[0].id not in before
    assert items(again_) == [f"pact-{n}" for n in range(2, 10)]


async def test_what_is_new_goes_on_beside_a_replay(bench, ask):
    post = await bench.post(payload="full")
    await three_batches(bench, post)
    bench.say(1)
    ask()
    await bench.until_rest(post)

    assert items(bench.receiver.arrived[3:])[0] == "pact-10", "what is new goes first"
    assert sorted(items(bench.receiver.arrived[3:])) == sorted(f"pact-{n}" for n in range(1, 11))


async def test_one_pact_comes_again_alone(bench, ask):
    post = await bench.post(payload="full")
    await three_batches(bench, post)
    ask(pact="pact-4")
    await bench.until_rest(post)

    assert items(bench.receiver.arrived[3:]) == ["pact-4"]
    assert bench.ledger.read_now(again.of_partner, "foggia")[0].state == "done"


async def test_a_thin_lane_says_which_record_comes_again_and_nothing_of_it(bench, ask):
    post = await bench.post()
    bench.say(3)
    await bench.until_rest(post)
    ask(pact="pact-2")
    await bench.until_rest(post)

    said = json.loads(bench.receiver.arrived[-1].body)["data"]
    assert (said["record"], said["items"]) == ("pact-2", 1)
    assert "status" not in said


async def test_a_pact_that_is_not_the_partners_gives_nothing(bench, ask):
    post = await bench.post(payload="full")
    bench.say(1, organisation=2)
    bench.say(1)
    await bench.until_rest(post)
    before = len(bench.receiver.arrived)
    for key, pact in enumerate(("pact-1", "pact-999", "person-1", "nonsense")):
        ask(pact=pact, key=str(key))
    await bench.until_rest(post)

    assert len(bench.receiver.arrived) == before
    assert {each.state for each in bench.ledger.read_now(again.of_partner, "foggia")} == {"done"}


async def test_the_same_wish_twice_is_one_and_another_under_its_key_is_refused(bench, ask):
    bench.say(3)
    await bench.until_rest(await bench.post())
    (first, new), (second, other) = ask(), ask()

    assert (first, new, other) == (second, True, False)
    with pytest.raises(again.KeyReused):
        ask(after=1)
    assert [each.action for each in bench.ledger.read_now(audit.newest)] == ["lane.replay"]


async def test_a_replay_waits_with_its_lane_and_goes_on_where_it_was(bench, ask):
    post = await bench.post(payload="full")
    await three_batches(bench, post)
    ask()
    bench.receiver.orders = [Mood(), Mood(status=503)]
    rest = await bench.until_rest(post)
    in_between = bench.ledger.read_now(again.running, NAME)
    bench.pass_(rest)
    await bench.until_rest(post)

    assert (in_between.position, in_between.items) == (2, 2)
    assert items(bench.receiver.arrived[3:]) == [f"pact-{n}" for n in (1, 2, 3, 4, 5, 3, 4, 5, 6, 7, 8, 9)]
    [done] = bench.ledger.read_now(again.of_partner, "foggia")
    assert (done.state, done.position, done.items) == ("done", 9, 9)


async def test_a_replay_can_be_ended(bench, ask):
    post = await bench.post()
    bench.say(2)
    await bench.until_rest(post)
    wish, _ = ask()
    ended = [bench.ledger.write_now(again.cancel, wish.id, by="cli:anna", now=8) for _ in range(2)]
    await bench.until_rest(post)

    assert ended == [True, False]
    assert len(bench.receiver.arrived) == 1


async def test_nothing_to_repeat_is_done_at_once(bench, ask):
    wish, new = ask()

    assert (wish.state, wish.items, new) == ("done", 0, True)
