import base64
import json
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives import serialization as form
from cryptography.hazmat.primitives.asymmetric import ec, ed448, rsa

from patto_connectors.errors import Refused
from patto_connectors.modi.keys import find_key, known_key, known_set, signing_key
from patto_connectors.modi.refusal import Untrusted

PEM = form.Encoding.PEM


def public(raw):
    return raw.public_key().public_bytes(PEM, form.PublicFormat.SubjectPublicKeyInfo)


def refusal(keys, header, now):
    with pytest.raises(Untrusted) as caught:
        find_key(keys, header, now)
    return caught.value.code


@pytest.mark.parametrize("carry", ["kid", "x5c", "x5t#S256"])
def test_key_is_found_by_what_our_own_header_says(pair, other_pair, clock, carry):
    keys = (other_pair.pinned("theirs"), pair.pinned("ours"))

    found = find_key(keys, pair.signing(carry).header(), clock.world().now())

    assert found == keys[1]


def test_references_of_one_header_must_mean_the_same_key(rsa_pair, ec_pair, clock):
    keys = (rsa_pair.pinned("a"), ec_pair.pinned("b"))
    header = {**rsa_pair.signing("x5c").header(), "kid": "b"}

    assert refusal(keys, header, clock.world().now()) == "modi.key_unknown"


@pytest.mark.parametrize(
    ("header", "code"),
    [
        ({}, "modi.key_unknown"),
        ({"kid": ""}, "modi.key_unknown"),
        ({"kid": None}, "modi.key_unknown"),
        ({"kid": ["ours"]}, "modi.key_unknown"),
        ({"x5c": []}, "modi.key_unknown"),
        ({"x5c": "MIIC"}, "modi.key_unknown"),
        ({"x5c": ["not base64!"]}, "modi.key_unknown"),
        ({"x5t#S256": ""}, "modi.key_unknown"),
        ({"x5u": "https://evil.test/certificate.pem"}, "modi.remote_key"),
    ],
)
def test_header_that_names_no_known_key_is_refused(rsa_pair, clock, header, code):
    assert refusal((rsa_pair.pinned(), rsa_pair.known()), header, clock.world().now()) == code


def test_certificate_of_somebody_else_is_not_trusted_for_being_there(rsa_pair, other_pair, clock):
    header = {"x5c": [base64.b64encode(other_pair.pinned().certificate).decode()]}

    assert refusal((rsa_pair.pinned(),), header, clock.world().now()) == "modi.key_unknown"


@pytest.mark.parametrize("days", [-3, 400])
def test_certificate_is_valid_in_its_time_only(ec_pair, clock, days):
    now = clock.world().now() + timedelta(days=days)

    assert refusal((ec_pair.pinned(),), ec_pair.signing("x5c").header(), now) == "modi.certificate"


def test_key_set_leaves_out_what_does_not_sign(rsa_pair, ec_pair):
    members = [
        {**rsa_pair.known().key.as_dict(private=False), "kid": "one", "use": "sig"},
        {**ec_pair.known().key.as_dict(private=False), "kid": "two", "use": "enc"},
        {"kty": "oct", "k": "c2VjcmV0", "kid": "three"},
    ]

    found = known_set(json.dumps({"keys": members}).encode())

    assert [known.kid for known in found] == ["one"]


def test_one_strange_key_does_not_take_the_good_ones_of_others_away(rsa_pair):
    members = [
        {"kty": "RSA", "kid": "weak", "e": "AQAB", "n": "AQAB"},
        {"kty": "EC", "crv": "P-999", "kid": "unheard-of"},
        {**rsa_pair.known().key.as_dict(private=False), "kid": "good"},
    ]
    content = json.dumps({"keys": members}).encode()

    assert [known.kid for known in known_set(content, whole=False)] == ["good"]
    with pytest.raises(Refused):
        known_set(content)
    with pytest.raises(Refused):
        known_set(json.dumps({"keys": members[:2]}).encode(), whole=False)


@pytest.mark.parametrize("content", [b"", b"[]", b'{"keys":[]}', b'{"keys":[{"kty":"RSA"}]}', b'{"keys":{}}'])
def test_broken_key_set_is_told(content):
    with pytest.raises(Refused) as caught:
        known_set(content)

    assert caught.value.code == "modi.key"


def test_two_keys_of_one_name_are_refused(rsa_pair, ec_pair):
    members = [{**pair.known().key.as_dict(private=False), "kid": "same"} for pair in (rsa_pair, ec_pair)]

    with pytest.raises(Refused):
        known_set(json.dumps({"keys": members}).encode())


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(lambda: rsa.generate_private_key(65537, 1024), id="short"),  # noqa: S505 - the point
        pytest.param(lambda: ec.generate_private_key(ec.SECP384R1()), id="other curve"),
        pytest.param(ed448.Ed448PrivateKey.generate, id="other kind"),
    ],
)
def test_key_of_another_kind_or_size_is_refused(raw):
    with pytest.raises(Refused) as caught:
        known_key(public(raw()))

    assert caught.value.code == "modi.key"


def test_own_key_needs_what_it_is_named_by(rsa_pair, ec_pair):
    for wrong in (
        {"carry": "kid"},
        {"carry": "x5c"},
        {"carry": "x5c", "certificate": ec_pair.certificate},
    ):
        with pytest.raises(Refused):
            signing_key(rsa_pair.private, **wrong)


def test_broken_private_key_is_told_without_quoting_it():
    with pytest.raises(Refused) as caught:
        signing_key(b"-----BEGIN PRIVATE KEY-----\nCANARY\n-----END PRIVATE KEY-----", carry="kid", kid="a")

    assert "CANARY" not in repr(caught.value) + caught.value.hint
    assert caught.value.__cause__ is None


def test_private_key_does_not_show(pair):
    shown = repr(pair.signing())

    assert "PRIVATE" not in shown
    assert "key=" not in shown
