"""What a receiver has lost goes to it once more: the same batches under the same ids, beside what is new."""

from __future__ import annotations

import json

import pytest

from patto_connectors.testing.webhook import Mood
from patto_hub.lanes.schedule import STEPS_S
from patto_hub.ledger import again, audit, lanes
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


async def test_a_replay_that_was_not_taken_goes_on_where_it_was(bench, ask):
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


async def refused_replay(bench, ask, post, status=400, headers=()):
    """Let the receiver refuse a replay of what it has; gives the seconds until it is tried again."""
    await three_batches(bench, post)
    ask()
    bench.receiver.order(Mood(status=status, headers=dict(headers)))
    return await bench.until_rest(post)


def wish(bench, key="k-1"):
    return next(each for each in bench.ledger.read_now(again.of_partner, "foggia") if each.idempotency_key == key)


@pytest.mark.parametrize("status", [400, 413, 503])
async def test_what_is_new_does_not_wait_for_a_replay_that_was_not_taken(bench, ask, status):
    post = await bench.post(payload="full")
    rest = await refused_replay(bench, ask, post, status)
    bench.say(1)
    await bench.until_rest(post)

    assert items(bench.receiver.arrived[-1:]) == ["pact-10"], "no second of the clock has passed"
    assert (bench.lane().position, bench.lane().not_before, bench.lane().failures) == (10, None, 0)
    assert (wish(bench).failures, wish(bench).state) == (1, "running")
    assert 5 <= rest <= 5.5


async def test_a_replay_that_is_never_taken_ends_with_the_schedule_and_holds_up_nothing(bench, ask):
    post = await bench.post(payload="full")
    await three_batches(bench, post)
    ask()
    bench.receiver.mood = Mood(status=400)
    hours = 0.0
    while (rest := await bench.until_rest(post)) is not None:
        bench.pass_(rest)
        hours += rest / 3_600

    tries = bench.receiver.arrived[3:]
    assert (len(tries), len({each.id for each in tries})) == (len(STEPS_S) + 1, 1)
    assert 75 < hours < 84
    assert (wish(bench).state, wish(bench).trouble, wish(bench).items) == ("failed", "webhook.refused", 0)
    assert wish(bench).ended_at is not None
    assert bench.lane().state == "running"


async def test_another_replay_does_not_wait_for_one_that_is_refused(bench, ask):
    post = await bench.post(payload="full")
    await refused_replay(bench, ask, post)
    ask(pact="pact-4", key="k-2")
    await bench.until_rest(post)

    assert items(bench.receiver.arrived[-1:]) == ["pact-4"]
    assert [wish(bench, key).state for key in ("k-1", "k-2")] == ["running", "done"]


async def test_a_receiver_that_is_away_is_not_tried_once_more_for_each_replay(bench, ask):
    post = await bench.post(payload="full")
    await three_batches(bench, post)
    for number in range(5):
        ask(pact=f"pact-{number + 1}", key=f"k-{number}")
    bench.receiver.order(Mood(status=503))
    rest = await bench.until_rest(post)
    tried = len(bench.receiver.arrived) - 3
    bench.pass_(rest)
    await bench.until_rest(post)

    assert (tried, rest >= 5) == (1, True)
    assert {wish(bench, f"k-{number}").state for number in range(5)} == {"done"}


async def test_what_the_receiver_asks_for_is_heeded_by_what_is_new_too(bench, ask):
    post = await bench.post(payload="full")
    await refused_replay(bench, ask, post, 429, {"Retry-After": "600"})
    bench.say(1)
    rest = await bench.until_rest(post)
    before = len(bench.receiver.arrived)
    bench.pass_(600)
    await bench.until_rest(post)

    assert (before, rest) == (4, 600)
    assert items(bench.receiver.arrived[4:5]) == ["pact-10"]
    assert bench.lane().failures == 0, "it is no failure of what is new"


async def test_a_receiver_that_wants_no_more_stops_the_lane_and_the_replay_waits_with_it(bench, ask):
    post = await bench.post(payload="full")
    rest = await refused_replay(bench, ask, post, 410)

    assert rest is None
    assert (bench.lane().state, bench.lane().trouble) == ("disabled", "webhook.gone")
    bench.ledger.write_now(lanes.start, NAME, by="cli:anna", now=9)
    await bench.until_rest(post)
    assert wish(bench).state == "done"


async def test_replays_wait_while_what_is_new_is_not_taken(bench, ask):
    post = await bench.post(payload="full")
    await three_batches(bench, post)
    ask()
    bench.say(1)
    bench.receiver.order(Mood(status=503))
    rest = await bench.until_rest(post)

    assert items(bench.receiver.arrived[3:]) == ["pact-10"]
    bench.pass_(rest)
    await bench.until_rest(post)
    assert wish(bench).state == "done"


async def test_a_persons_word_lets_a_replay_go_on_at_once(bench, ask):
    post = await bench.post(payload="full")
    await refused_replay(bench, ask, post)
    before = bench.ledger.read_now(lanes.touched)
    started = bench.ledger.write_now(lanes.start, NAME, by="cli:anna", now=9)
    seen = bench.ledger.read_now(lanes.touched) != before
    await bench.until_rest(post)

    assert (started, seen, wish(bench).state) == (True, True, "done")
