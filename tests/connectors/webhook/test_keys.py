import base64
import json

import pytest

from patto_connectors.errors import Refused
from patto_connectors.webhook.keys import PublicKey, SharedKey, SigningKey, fresh_pair, fresh_secret, key, secret_key


def _text(prefix, size):
    return prefix + base64.b64encode(bytes(range(size))).decode()


@pytest.mark.parametrize("size", [24, 32, 64])
def test_a_shared_secret_has_24_to_64_bytes(size):
    assert secret_key(_text("whsec_", size)) == SharedKey(bytes(range(size)))


def test_a_secret_without_prefix_is_shared(secret):
    assert secret_key(secret.removeprefix("whsec_")) == secret_key(secret)


def test_padding_and_alphabet_do_not_matter():
    standard = "whsec_" + base64.b64encode(b"\xff\xfe" * 13).decode()
    pasted = "whsec_" + base64.urlsafe_b64encode(b"\xff\xfe" * 13).decode().rstrip("=") + "\n"

    assert secret_key(pasted) == secret_key(standard)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "whsec_",
        "whsec_%%%",
        "whsec_è",
        _text("whsec_", 23),
        _text("whsec_", 65),
        _text("whpk_", 31),
        _text("whsk_", 33),
        _text("whsk_", 64),  # the second half is not the public key of the first
    ],
)
def test_a_key_that_cannot_be_used_is_refused_without_being_quoted(text):
    with pytest.raises(Refused) as caught:
        key(text)

    assert caught.value.code == "webhook.key"
    assert not text or text[-8:] not in caught.value.detail + caught.value.hint


def test_a_public_key_cannot_sign(world):
    _, public = fresh_pair(world)

    with pytest.raises(Refused, match="cannot sign"):
        secret_key(public)


def test_a_fresh_pair_belongs_together(world):
    secret, public = fresh_pair(world)
    pair = secret_key(secret)

    assert isinstance(pair, SigningKey)
    assert key(public) == pair.public()
    assert key(public).vouches(b"content", pair.sign(b"content"))


def test_a_secret_half_is_read_with_and_without_its_public_half(world):
    secret, _ = fresh_pair(world)
    seed = base64.b64decode(secret.removeprefix("whsk_"))[:32]

    assert secret_key("whsk_" + base64.b64encode(seed).decode()) == secret_key(secret)


@pytest.mark.parametrize("signature", [b"", b"\x00" * 64, b"short"])
def test_a_public_key_vouches_for_no_nonsense(world, signature):
    _, public = fresh_pair(world)

    assert not key(public).vouches(b"content", signature)


def test_a_point_that_is_no_public_key_vouches_for_nothing():
    assert not PublicKey(b"\xff" * 32).vouches(b"content", b"\x00" * 64)


def test_fresh_secrets_differ_and_have_32_bytes(world):
    first, second = fresh_secret(world), fresh_secret(world)

    assert first != second
    assert len(base64.b64decode(first.removeprefix("whsec_"))) == 32


@pytest.mark.shared
def test_the_hostile_signatures_of_wycheproof_are_judged_as_they_say(shared):
    content = (shared / "bad_input/wycheproof/testvectors_v1/ed25519_test.json").read_text("utf-8")
    right = total = 0
    for group in json.loads(content)["testGroups"]:
        public = PublicKey(bytes.fromhex(group["publicKey"]["pk"]))
        for case in group["tests"]:
            vouched = public.vouches(bytes.fromhex(case["msg"]), bytes.fromhex(case["sig"]))
            right += vouched == (case["result"] == "valid")
            total += 1

    assert (right, total) == (total, json.loads(content)["numberOfTests"])
    assert total > 100


@pytest.mark.shared
def test_whole_digests_of_wycheproof_are_judged_as_they_say(shared):
    content = (shared / "bad_input/wycheproof/testvectors_v1/hmac_sha256_test.json").read_text("utf-8")
    groups = [group for group in json.loads(content)["testGroups"] if group["tagSize"] == 256]
    cases = [case for group in groups for case in group["tests"]]
    right = [
        SharedKey(bytes.fromhex(case["key"])).vouches(bytes.fromhex(case["msg"]), bytes.fromhex(case["tag"]))
        == (case["result"] == "valid")
        for case in cases
    ]

    assert all(right)
    assert len(right) > 50


def test_a_digest_that_is_cut_off_vouches_for_nothing():
    key = SharedKey(bytes(32))

    assert not key.vouches(b"content", key.sign(b"content")[:16])
