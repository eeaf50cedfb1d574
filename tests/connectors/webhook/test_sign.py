"""The `standardwebhooks` package verifies what we sign: an independent receiver."""

import base64
from datetime import UTC, datetime

import pytest
import time_machine
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook, WebhookVerificationError

from patto_connectors.webhook import fresh_pair, fresh_secret, secret_key, signed
from patto_connectors.webhook.keys import SharedKey

NOW = datetime(2026, 3, 2, 9, 0, 0, 700_000, tzinfo=UTC)


@given(body=st.text(st.characters(exclude_categories=("Cs",))), secret=st.binary(min_size=24, max_size=64))
def test_an_independent_receiver_verifies_every_body_and_secret(body, secret):
    headers = signed("changes-1-2", NOW, body.encode(), [SharedKey(secret)])

    with time_machine.travel(NOW, tick=False):
        Webhook(secret).verify(body, headers, json_parse=False)
        with pytest.raises(WebhookVerificationError):
            Webhook(secret).verify(f"{body} ", headers, json_parse=False)


def test_an_independent_receiver_refuses_a_changed_body(secret):
    headers = signed("changes-1-2", NOW, b"{}", [secret_key(secret)])

    with time_machine.travel(NOW, tick=False), pytest.raises(WebhookVerificationError):
        Webhook(secret).verify("{ }", headers)


def test_F75_while_a_secret_is_changed_receivers_verify_with_the_old_and_with_the_new(world):
    old, new = fresh_secret(world), fresh_secret(world)
    headers = signed("changes-1-2", NOW, b"{}", [secret_key(new), secret_key(old)])

    with time_machine.travel(NOW, tick=False):
        assert Webhook(old).verify("{}", headers) == {}
        assert Webhook(new).verify("{}", headers) == {}


def test_F75_after_the_overlap_the_old_secret_verifies_nothing(world):
    old, new = fresh_secret(world), fresh_secret(world)
    headers = signed("changes-1-2", NOW, b"{}", [secret_key(new)])

    with time_machine.travel(NOW, tick=False), pytest.raises(WebhookVerificationError):
        Webhook(old).verify("{}", headers)


def test_F75_a_shared_secret_gives_way_to_a_key_pair_without_a_gap(world, secret):
    pair, _ = fresh_pair(world)
    headers = signed("changes-1-2", NOW, b"{}", [secret_key(pair), secret_key(secret)])

    with time_machine.travel(NOW, tick=False):
        assert Webhook(secret).verify("{}", headers) == {}


def test_the_published_example_is_signed_as_published():
    keys = [secret_key("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")]
    at = datetime.fromtimestamp(1_614_265_330, UTC)
    headers = signed("msg_p5jXN8AQM9LWM0D4loKWxJek", at, b'{"test": 2432232314}', keys)

    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_a_key_pair_signs_as_ed25519_does():
    seed = bytes(range(32))
    headers = signed("m1", NOW, b"{}", [secret_key("whsk_" + base64.b64encode(seed).decode())])
    label, signature = headers["webhook-signature"].split(",")

    assert label == "v1a"
    public = Ed25519PrivateKey.from_private_bytes(seed).public_key()
    public.verify(base64.b64decode(signature), b"m1." + headers["webhook-timestamp"].encode() + b".{}")


def test_the_time_is_in_whole_seconds(secret):
    assert signed("m1", NOW, b"", [secret_key(secret)])["webhook-timestamp"] == "1772442000"


@pytest.mark.parametrize("message_id", ["", "a.b", "a b", "a\nb", "è", "x" * 65])
def test_an_id_that_a_signature_could_misread_is_never_signed(secret, message_id):
    with pytest.raises(ValueError, match="an id has"):
        signed(message_id, NOW, b"{}", [secret_key(secret)])
