"""A message of one id has the same bytes whenever it is sent, as far as the law and the cursors let it."""

from __future__ import annotations

import json

import pytest

from patto_hub.feeds import cursors, pages
from patto_hub.lanes.batch import USABLE_DAYS
from patto_hub.ledger import again
from patto_hub.ledger.lanes import LaneName
from patto_hub.testing import changes

NAME = LaneName("foggia", "pacts", "webhook")
DAY = 86_400
FORMS = [
    {"payload": payload, "envelope": envelope}
    for payload in ("thin", "full")
    for envelope in ("standard", "cloudevents", "cloudevents-binary")
]


def ask(bench, key):
    bench.ledger.write_now(again.ask, NAME, key=key, after=0, pact=None, by="partner:foggia", now=7)


async def sent_again(bench, days, **form):
    """Deliver in two messages while more waits, and again some days and some changes later; gives both times."""
    bench.say(2)
    post = await bench.post(**form)
    await bench.until_rest(post)
    bench.say(700)
    await bench.until_rest(post)
    bench.say(1)
    await bench.until_rest(post)
    first = list(bench.receiver.arrived)
    bench.pass_(days * DAY)
    ask(bench, f"after {days}")
    await bench.until_rest(post)
    return first, bench.receiver.arrived[len(first) :]


@pytest.mark.parametrize("form", FORMS, ids=lambda form: " ".join(form.values()))
@pytest.mark.parametrize("days", [0, 1, 365])
async def test_F72_a_message_that_is_repeated_within_a_year_has_the_bytes_of_the_first_time(bench, days, form):
    first, again_ = await sent_again(bench, days, **form)

    assert [each.id for each in again_] == [each.id for each in first]
    assert [each.body for each in again_] == [each.body for each in first]
    changing = {"webhook-timestamp", "webhook-signature"}
    for before, after in zip(first, again_, strict=True):
        assert {name for name in before.headers if before.headers[name] != after.headers[name]} <= {
            name for name in before.headers if name.lower() in changing
        }


async def test_of_a_message_that_is_older_than_that_the_cursors_are_others_and_can_be_used(bench):
    first, again_ = await sent_again(bench, pages.RETENTION_DAYS + 1)
    said = [json.loads(each.body)["data"] for each in again_]
    places = [cursors.read(b"k" * 32, "pacts", "foggia", each["from"]) for each in said]
    today = bench.clock.world().milliseconds() // cursors.DAY_MS

    assert [each.id for each in again_] == [each.id for each in first]
    assert [each["items"] for each in said] == [2, 700, 1]
    assert [place.day for place in places] == [today] * 3


async def test_a_messages_cursors_can_be_used_for_a_month_at_least(bench):
    last = pages.RETENTION_DAYS - USABLE_DAYS
    _, again_ = await sent_again(bench, last)
    cursor = json.loads(again_[-1].body)["data"]["to"]
    now = bench.clock.world().milliseconds() + USABLE_DAYS * cursors.DAY_MS
    place = cursors.read(b"k" * 32, "pacts", "foggia", cursor)

    assert place.day == changes.AT // cursors.DAY_MS
    assert now // cursors.DAY_MS - place.day <= pages.RETENTION_DAYS


async def test_a_full_message_never_says_that_there_is_more(bench):
    bench.say(1_200)
    await bench.until_rest(await bench.post(payload="full"))

    assert [body["data"]["has_more"] for body in bench.bodies()] == [False] * 3


async def test_what_may_not_leave_any_more_is_missing_under_the_id_of_the_first_time(bench):
    bench.say(3)
    post = await bench.post(payload="full")
    await bench.until_rest(post)
    bench.ledger.write_now(lambda each: each.exec_driver_sql("DELETE FROM audience WHERE seq = 2"))
    ask(bench, "k")
    await bench.until_rest(post)

    first, second = bench.receiver.arrived
    assert first.id == second.id
    assert [item["id"] for item in json.loads(second.body)["data"]["items"]] == ["pact-1", "pact-3"]
