"""The fake receiver judges as independent ones do: the `standardwebhooks` package signs here, not our signer."""

from datetime import UTC, datetime

import aiohttp
import pytest
from standardwebhooks import Webhook

from patto_connectors.ports import WORLD
from patto_connectors.testing.clock import StillClock
from patto_connectors.testing.webhook import FakeReceiver, Mood, checking

SECRET = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def clock():
    clock = StillClock(NOW)
    token = WORLD.set(clock.world())
    yield clock
    WORLD.reset(token)


@pytest.fixture
def receiver():
    return FakeReceiver(checking(SECRET))


def _headers(message_id="m1", body="{}", at=NOW):
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Webhook(SECRET).sign(message_id, at, body),
    }


async def _post(receiver, *requests):
    async with receiver.running() as url, aiohttp.ClientSession() as session:
        statuses = []
        for headers in requests:
            async with session.post(url, data=b"{}", headers=headers) as response:
                statuses.append(response.status)
        return statuses


async def test_what_others_sign_is_taken_once_and_counted(receiver):
    statuses = await _post(receiver, _headers(), _headers(), _headers("m2"))

    assert statuses == [204, 204, 204]
    assert receiver.kept == {"m1": b"{}", "m2": b"{}"}
    assert receiver.times == {"m1": 2, "m2": 1}


async def test_a_wrong_signature_is_answered_with_401(receiver, clock):
    wrong = _headers(body="{ }")
    other_label = _headers() | {"webhook-signature": _headers()["webhook-signature"].replace("v1,", "v1a,")}
    await clock.sleep(301)

    assert await _post(receiver, wrong, other_label, _headers(), {}) == [401, 401, 401, 401]
    assert receiver.kept == {}


async def test_orders_are_served_before_the_mood(receiver):
    receiver.mood = Mood(status=503)
    receiver.order(Mood(status=410))
    receiver.order(Mood(way="forget"), times=2)

    assert await _post(receiver, *[_headers(f"m{n}") for n in range(4)]) == [410, 204, 204, 503]
    assert receiver.kept == {}


async def test_what_was_taken_can_be_lost(receiver):
    await _post(receiver, _headers())
    receiver.lose()

    assert receiver.kept == {}
    assert receiver.times == {"m1": 1}
