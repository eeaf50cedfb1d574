"""A lane hands over what is new, in order; whatever the receiver does, nothing is lost and no id changes."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace

import pytest

from patto_connectors.testing.webhook import FakeReceiver, Mood, checking
from patto_connectors.webhook import fresh_secret
from patto_hub import failpoints
from patto_hub.feeds import cursors
from patto_hub.lanes.schedule import STEPS_S
from patto_hub.ledger import again, lanes

DOWN = Mood(status=503)


async def test_a_thin_message_says_what_waits_and_from_where_it_can_be_pulled(bench):
    bench.say(3)
    rest = await bench.until_rest(await bench.post())

    [body] = bench.bodies()
    assert rest is None
    assert body["type"] == "patto.changes.available"
    assert body["data"].keys() == {"feed", "items", "from", "to", "pull"}
    assert (body["data"]["feed"], body["data"]["items"]) == ("pacts", 3)
    assert cursors.read(b"k" * 32, "pacts", "foggia", body["data"]["from"]).position == 0
    assert cursors.read(b"k" * 32, "pacts", "foggia", body["data"]["to"]).position == 3
    assert bench.lane().position == 3


async def test_a_full_message_carries_what_the_pull_feed_gives(bench):
    bench.say(2)
    await bench.until_rest(await bench.post(payload="full"))

    [body] = bench.bodies()
    assert [item["id"] for item in body["data"]["items"]] == ["pact-1", "pact-2"]
    assert body["data"]["items"][0]["data"] == {"pact_id": "P-1", "status": "active"}


@pytest.mark.parametrize("envelope", ["cloudevents", "cloudevents-binary"])
async def test_the_envelope_of_cloudevents_is_an_option(bench, envelope):
    bench.say(1)
    await bench.until_rest(await bench.post(envelope=envelope))

    [came] = bench.receiver.arrived
    event = json.loads(came.body)
    told = event if envelope == "cloudevents" else {name[3:].lower(): came.headers[name] for name in came.headers}
    assert (told["type"], told["source"], told["id"]) == (
        "patto.changes.available",
        "https://patto.example",
        came.headers["webhook-id"],
    )


async def test_what_comes_while_a_message_is_on_its_way_goes_together_in_the_next_one(bench):
    post = await bench.post()
    bench.say(1)
    bench.receiver.order(Mood(way="hang"))
    first = asyncio.ensure_future(post.step())
    await bench.comes(bench.receiver)
    bench.say(40)
    bench.say(2)
    bench.receiver.release()
    await first
    await bench.until_rest(post)

    assert [json.loads(each.body)["data"]["items"] for each in bench.receiver.arrived] == [1, 42]


async def test_receipt_and_place_are_kept_together(bench):
    bench.say(3)
    await bench.until_rest(await bench.post())

    [row] = bench.ask("SELECT way, from_seq, to_seq, items, state, attempts, receipt, length(digest) FROM delivery")
    assert row[:6] == ("webhook", 1, 3, 3, "done", 1)
    assert json.loads(row[6]) == {"message": bench.receiver.arrived[0].id, "status": 204}
    assert row[7] == 32


async def test_what_is_addressed_to_others_sends_no_message(bench):
    bench.say(3, organisation=2)
    rest = await bench.until_rest(await bench.post())

    assert (rest, bench.receiver.arrived) == (None, [])


async def test_a_failed_attempt_is_repeated_with_the_same_id_although_more_has_come(bench):
    post = await bench.post()
    bench.say(2)
    bench.receiver.order(DOWN)
    rest = await bench.until_rest(post)
    bench.say(5)
    bench.pass_(rest)
    await bench.until_rest(post)

    first, again, rest_of_it = bench.receiver.arrived
    assert first.id == again.id != rest_of_it.id
    assert [json.loads(each.body)["data"]["items"] for each in bench.receiver.arrived] == [2, 2, 5]
    assert bench.ask("SELECT state, attempts FROM delivery") == [("failed", 1), ("done", 2), ("done", 1)]


async def test_a_batch_made_by_another_view_has_another_id_and_is_not_cut_as_before(bench):
    thin, full = await bench.post(), None
    bench.say(2)
    bench.receiver.order(DOWN)
    rest = await bench.until_rest(thin)
    bench.say(1)
    bench.pass_(rest)
    full = await bench.post(payload="full", receiver=FakeReceiver(checking(bench.secret)))
    await bench.until_rest(full)

    [row] = bench.ask("SELECT from_seq, to_seq FROM delivery WHERE state = 'done'")
    assert row == (1, 3)


async def test_a_batch_of_which_nothing_is_left_holds_up_nothing_that_comes_after_it(bench):
    post = await bench.post()
    bench.receiver.order(DOWN)
    bench.say(2)
    await post.step()
    bench.ledger.write_now(lambda each: each.exec_driver_sql("DELETE FROM audience"))  # the consent was taken back
    bench.pass_(STEPS_S[0] * 2)
    await bench.until_rest(post)
    bench.say(3)
    await bench.until_rest(post)

    assert [body["data"]["items"] for body in bench.bodies()] == [3]
    assert bench.lane().position == 5


async def test_what_was_taken_back_meanwhile_does_not_leave_with_the_repeat(bench):
    post = await bench.post(payload="full")
    bench.say(3)
    bench.receiver.order(DOWN)
    rest = await bench.until_rest(post)
    bench.ledger.write_now(lambda each: each.exec_driver_sql("DELETE FROM audience WHERE seq IN (2, 3)"))
    bench.pass_(rest)
    await bench.until_rest(post)

    assert [item["id"] for body in bench.bodies() for item in body["data"]["items"]] == ["pact-1"]


@pytest.mark.parametrize("point", ["lane.before_send", "lane.after_send"])
async def test_F04_after_a_crash_the_same_batch_goes_again_with_the_same_id(bench, point):
    post = await bench.post()
    bench.say(2)
    with failpoints.armed(point), pytest.raises(failpoints.Planted):
        await post.step()
    bench.say(3)
    await bench.until_rest(post)

    ids = [each.id for each in bench.receiver.arrived]
    assert len(ids) == (2 if point == "lane.before_send" else 3)
    assert len(set(ids)) == 2
    assert [body["data"]["items"] for body in bench.bodies()] == [2, 3]
    assert bench.lane().position == 5


async def test_F70_a_receiver_that_is_down_for_days_is_probed_and_then_gets_everything(bench):
    post = await bench.post()
    bench.say(2)
    bench.receiver.mood = DOWN
    while bench.lane().state == "running":
        bench.pass_(await bench.until_rest(post))
    before = len(bench.receiver.arrived)
    for _ in range(3):
        bench.pass_(await bench.until_rest(post) or 0)
    bench.say(1)
    bench.receiver.mood = Mood()
    bench.pass_(3_600 * 1.1)
    rest = await bench.until_rest(post)

    probes = [json.loads(each.body)["type"] for each in bench.receiver.arrived[before:]]
    assert before == len(STEPS_S) + 1
    assert len({each.id for each in bench.receiver.arrived[before:]}) == len(probes), "no probe is taken for a repeat"
    assert probes == ["patto.ping"] * (len(probes) - 2) + ["patto.changes.available"] * 2
    assert len(probes) > 4
    assert (rest, bench.lane().state, bench.lane().position) == (None, "running", 3)
    assert [failure.last for failure in bench.told] == [False] * len(STEPS_S) + [True], "one alarm"


async def test_F71_a_receiver_that_never_answers_delays_no_other(bench):
    slow, fast = FakeReceiver(checking(bench.secret)), FakeReceiver(checking(bench.secret))
    other = lanes.LaneName("foggia", "pacts", "other")
    slow.mood = Mood(way="hang")
    bench.say(1)
    hanging = asyncio.ensure_future((await bench.post(receiver=slow)).step())
    post = await bench.post(receiver=fast, name=other)
    await bench.comes(slow)
    for _ in range(20):
        bench.say(1)
        await bench.until_rest(post)

    assert not hanging.done()
    assert len(fast.kept) == 20
    assert (bench.lane().position, bench.lane(other).position) == (0, 21)
    slow.release()
    await hanging


@pytest.mark.parametrize(
    ("status", "state", "code"),
    [
        (410, "disabled", "webhook.gone"),
        (404, "running", "webhook.not_found"),
        (401, "running", "webhook.unauthorised"),
        (302, "running", "webhook.redirect"),
        (400, "running", "webhook.refused"),
        (429, "running", "http.rate"),
        (500, "running", "http.status"),
    ],
)
async def test_F73_each_answer_has_its_meaning(bench, status, state, code):
    bench.say(1)
    bench.receiver.order(Mood(status=status, headers={"Location": "/elsewhere"}))
    rest = await bench.until_rest(await bench.post())

    lane = bench.lane()
    assert (lane.state, lane.trouble, lane.position) == (state, code, 0)
    assert (rest is None) == (state == "disabled")
    assert len(bench.receiver.arrived) == 1, "no redirect is followed, nothing is tried at once again"


async def test_F73_a_lane_that_is_gone_sends_nothing_until_a_person_starts_it_again(bench):
    post = await bench.post()
    bench.say(1)
    bench.receiver.order(Mood(status=410))
    await bench.until_rest(post)
    bench.say(1)
    bench.pass_(1_000_000)
    idle = await bench.until_rest(post)
    bench.change(lambda lane: replace(lane, state="running", updated_by="cli:anna", since=9, failures=0))
    await bench.until_rest(post)

    assert idle is None
    assert [body["data"]["items"] for body in bench.bodies()] == [1, 1]
    assert [failure.last for failure in bench.told] == [True]


async def test_F75_while_a_secret_is_changed_both_sign(bench):
    new = fresh_secret(bench.clock.world())
    bench.say(1)
    receiver = FakeReceiver(checking(new))
    await bench.until_rest(await bench.post(receiver=receiver, secrets=(bench.secret, new)))

    assert len(receiver.arrived[0].headers["webhook-signature"].split()) == 2
    assert checking(bench.secret)(receiver.arrived[0].headers, receiver.arrived[0].body)
    assert len(receiver.kept) == 1


async def test_F76_an_address_that_may_not_be_dialled_is_a_failure_with_its_own_code(bench):
    bench.say(1)
    await bench.until_rest(await bench.post(url="https://10.0.0.7/hook"))

    assert (bench.lane().trouble, bench.lane().state) == ("webhook.address", "running")


async def test_a_feed_that_is_withheld_from_the_partner_is_not_pushed_to_it_either(bench):
    post = await bench.post(payload="full")
    bench.say(1)
    bench.held = "the agreement has ended"
    rest = await bench.until_rest(post)
    withheld = bench.lane()
    bench.held = None
    await bench.until_rest(post)

    assert rest == 60
    assert (withheld.trouble, withheld.position, withheld.failures) == ("lane.withheld", 0, 0)
    assert (bench.lane().trouble, bench.lane().position) == (None, 1)


async def test_a_fault_of_the_way_out_is_one_of_its_lane_and_quotes_nothing(bench):
    post = await bench.post()

    async def broken(_batch):
        raise RuntimeError("canarino")

    class Broken:
        made_as, at_once = "x", 10
        hand_over = staticmethod(broken)

    bench.say(1)
    await bench.until_rest(replace(post, outlet=Broken()))

    assert (bench.lane().trouble, bench.lane().state) == ("lane.broken", "running")
    assert "canarino" not in str(bench.told)


async def test_a_lane_stopped_while_its_message_is_on_its_way_stays_stopped_and_keeps_the_receipt(bench):
    post = await bench.post()
    bench.say(1)
    bench.receiver.order(Mood(way="hang"))
    first = asyncio.ensure_future(post.step())
    await bench.comes(bench.receiver)
    bench.change(lambda lane: replace(lane, state="disabled", updated_by="cli:anna", since=9))
    bench.receiver.release()
    await first
    bench.say(1)
    await bench.until_rest(post)

    assert (bench.lane().state, bench.lane().position) == ("disabled", 1)
    assert len(bench.receiver.arrived) == 1


async def test_F74_what_a_receiver_says_itself_is_not_told_to_it(bench):
    post = await bench.post(payload="full")
    bench.say(1, partner=1)
    bench.say(1)
    bench.say(2, partner=1)
    await bench.until_rest(post)

    assert [item["id"] for body in bench.bodies() for item in body["data"]["items"]] == ["pact-2"]
    assert bench.lane().position == 4


async def test_F74_unless_it_wants_to_be_told(bench):
    post = await bench.post()
    bench.say(2, partner=1)
    await bench.until_rest(replace(post, reading=replace(post.reading, own=True)))

    assert [body["data"]["items"] for body in bench.bodies()] == [2]


async def test_in_its_quiet_hours_a_receiver_is_left_alone_and_then_gets_everything(bench):
    post = await bench.post()
    until = bench.clock.world().milliseconds() + 7_200_000
    quiet = replace(post, quiet=lambda now: until if now < until else None)
    bench.say(2)
    rest = await bench.until_rest(quiet)
    bench.pass_(3_600)
    bench.say(1)
    later = await bench.until_rest(quiet)
    before = len(bench.receiver.arrived)
    bench.pass_(later)
    await bench.until_rest(quiet)

    assert (rest, later, before) == (7_200, 3_600, 0)
    assert [body["data"]["items"] for body in bench.bodies()] == [3]
    assert bench.lane().failures == 0


async def test_neither_a_probe_nor_a_repeat_breaks_the_quiet(bench):
    post = await bench.post()
    bench.say(2)
    await bench.until_rest(post)
    bench.ledger.write_now(again.ask, bench.lane().name, key="k", after=0, pact=None, by="partner:foggia", now=7)
    silent = replace(post, quiet=lambda now: now + 1_000)
    rest = await bench.until_rest(silent)
    bench.change(lambda lane: replace(lane, state="waiting", failures=11))

    assert (rest, await bench.until_rest(silent)) == (1, 1)
    assert len(bench.receiver.arrived) == 1
