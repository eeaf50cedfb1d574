import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from multidict import CIMultiDict

from patto_connectors.errors import Refused
from patto_connectors.modi import SeenHere
from patto_connectors.webhook import Unverified, fresh_pair, is_first, key, secret_key, signed, verify
from patto_connectors.webhook.keys import SharedKey

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
KEY = SharedKey(bytes(range(32)))
BODY = b'{"type":"x"}'


def _refusal(headers, body=BODY, keys=(KEY,), now=NOW):
    with pytest.raises(Unverified) as caught:
        verify(headers, body, keys, now)
    return caught.value.code


@pytest.mark.shared
def test_the_shared_vectors_are_judged_as_they_say(shared):
    cases = json.loads((shared / "bad_input/standard_webhooks/vectors.json").read_text("utf-8"))["cases"]

    right = 0
    for case in cases:
        try:
            found = verify(
                case["headers"],
                case["body"].encode(),
                [key(case["secret"])],
                datetime.fromtimestamp(case["now"], UTC),
            )
        except Refused:
            right += not case["accept"]
        else:
            right += case["accept"] and found.id == case["headers"]["webhook-id"]

    assert (right, len(cases)) == (20, 20)


def test_what_we_sign_is_verified():
    found = verify(signed("m1", NOW, BODY, [KEY]), BODY, [KEY], NOW)

    assert (found.id, found.at) == ("m1", NOW)


def test_headers_are_found_in_any_case():
    headers = CIMultiDict({name.title(): value for name, value in signed("m1", NOW, BODY, [KEY]).items()})

    assert verify(headers, BODY, [KEY], NOW).id == "m1"


def test_a_public_key_verifies_what_its_secret_half_signed(world):
    secret, public = fresh_pair(world)

    assert verify(signed("m1", NOW, BODY, [secret_key(secret)]), BODY, [key(public)], NOW).id == "m1"


def test_a_header_that_is_there_twice_is_refused():
    headers = CIMultiDict(signed("m1", NOW, BODY, [KEY]))
    headers.add("webhook-id", "m2")

    assert _refusal(headers) == "webhook.headers"


def test_an_id_with_a_dot_is_refused_for_it_could_be_read_in_two_ways():
    inside = signed("m1", NOW, b"1772442000." + BODY, [KEY])
    moved = {**inside, "webhook-id": f"m1.{inside['webhook-timestamp']}", "webhook-timestamp": "1772442000"}

    assert _refusal(moved) == "webhook.headers"


@pytest.mark.parametrize("apart", [timedelta(seconds=-301), timedelta(seconds=301), timedelta(days=40)])
def test_F83_an_old_or_future_time_stamp_is_refused(apart):
    assert _refusal(signed("m1", NOW + apart, BODY, [KEY])) == "webhook.time"


@pytest.mark.parametrize("apart", [timedelta(seconds=-300), timedelta(seconds=300)])
def test_F83_clocks_may_be_five_minutes_apart(apart):
    assert verify(signed("m1", NOW + apart, BODY, [KEY]), BODY, [KEY], NOW).at == NOW + apart


async def test_F83_a_replayed_message_is_not_taken_again(world):
    seen = SeenHere()
    headers = signed("m1", NOW, BODY, [KEY])

    assert await is_first(verify(headers, BODY, [KEY], NOW), "inps", seen)
    assert not await is_first(verify(headers, BODY, [KEY], NOW), "inps", seen)


async def test_F83_ids_are_remembered_for_longer_than_the_window(clock, world):
    seen = SeenHere()
    headers = signed("m1", NOW + timedelta(seconds=300), BODY, [KEY])
    await is_first(verify(headers, BODY, [KEY], NOW), "inps", seen)
    await clock.sleep(600)
    last = world.now()

    assert not await is_first(verify(headers, BODY, [KEY], last), "inps", seen)


async def test_two_senders_may_choose_the_same_id(world):
    seen = SeenHere()
    found = verify(signed("m1", NOW, BODY, [KEY]), BODY, [KEY], NOW)
    await is_first(found, "inps", seen)

    assert await is_first(found, "sil", seen)


@pytest.mark.parametrize("label", ["v2", "v1a", "V1", ""])
def test_a_right_digest_under_another_label_is_refused(label):
    headers = signed("m1", NOW, BODY, [KEY])
    headers["webhook-signature"] = label + headers["webhook-signature"].removeprefix("v1")

    assert _refusal(headers) == "webhook.signature"


def test_no_known_key_verifies_nothing():
    assert _refusal(signed("m1", NOW, BODY, [KEY]), keys=()) == "webhook.signature"


def test_a_flood_of_signatures_is_not_worked_through():
    headers = signed("m1", NOW, BODY, [KEY])
    headers["webhook-signature"] = "v1,AAAA " * 100 + headers["webhook-signature"]

    assert _refusal(headers) == "webhook.signature"


_ANY = st.text() | st.sampled_from(["m1", "1772442000", "v1,AAAA", "²", "\uff11", "-1", "1e9", "9" * 11, "9" * 400])


@given(message_id=_ANY, seconds=_ANY, signature=_ANY, body=st.binary())
def test_whatever_comes_has_one_refusal(message_id, seconds, signature, body):
    headers = {"webhook-id": message_id, "webhook-timestamp": seconds, "webhook-signature": signature}

    assert _refusal(headers, body).startswith("webhook.")
