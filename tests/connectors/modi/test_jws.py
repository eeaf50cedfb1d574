import json

import pytest
from cryptography.hazmat.primitives import serialization as form
from cryptography.hazmat.primitives.asymmetric import ed25519
from joserfc import jws
from joserfc.jwk import OctKey

from patto_connectors.modi.compact import base64url
from patto_connectors.modi.jws import read_token, write_token
from patto_connectors.modi.keys import known_key
from patto_connectors.modi.refusal import Untrusted
from patto_schemas.catalogue import CATALOGUE


def refusal(text, keys, clock, **options):
    with pytest.raises(Untrusted) as caught:
        read_token(text, keys, clock.world().now(), **options)
    return caught.value.code


@pytest.mark.parametrize("carry", ["kid", "x5c", "x5t#S256"])
def test_what_is_signed_is_read(pair, clock, carry):
    text = write_token({"aud": "noi", "nota": "perché"}, pair.signing(carry))

    token = read_token(text, (pair.pinned("ours"),), clock.world().now())

    assert token.claims == {"aud": "noi", "nota": "perché"}


def test_signature_of_another_key_under_our_name_is_refused(ec_pair, other_pair, clock):
    text = write_token({}, other_pair.signing(kid="ours"))

    assert refusal(text, (ec_pair.known(),), clock) == "modi.signature"


def test_public_key_used_as_a_shared_secret_is_refused(rsa_pair, clock):
    secret = OctKey.import_key(base64url(rsa_pair.public))
    text = jws.serialize_compact({"alg": "HS256", "typ": "JWT", "kid": "ours"}, b"{}", secret, algorithms=["HS256"])

    assert refusal(text, (rsa_pair.known(),), clock) == "modi.algorithm"


def test_algorithm_of_another_kind_of_key_is_refused(rsa_pair, ec_pair, clock):
    text = write_token({}, ec_pair.signing(kid="theirs"))

    assert refusal(text, (rsa_pair.known("theirs"),), clock) == "modi.signature"


def test_allowed_algorithms_can_be_narrowed(ec_pair, clock):
    text = write_token({}, ec_pair.signing())

    assert refusal(text, (ec_pair.known(),), clock, algorithms=frozenset({"RS256"})) == "modi.algorithm"


@pytest.mark.parametrize("payload", [b"", b"[]", b"{", b'{"aud":"a","aud":"b"}', b'{"exp":NaN}', b"\xff"])
def test_payload_that_is_no_object_of_claims_is_refused(ec_pair, clock, payload):
    signing = ec_pair.signing()
    text = jws.serialize_compact(signing.header(), payload, signing.key, algorithms=["ES256"])

    assert refusal(text, (ec_pair.known(),), clock) == "modi.claim"


@pytest.mark.parametrize("kind", ["at+jwt", "", "JOSE"])
def test_token_of_another_type_is_refused(ec_pair, clock, kind):
    assert refusal(write_token({}, ec_pair.signing(), kind=kind), (ec_pair.known(),), clock) == "modi.header"


def test_header_parameter_of_a_wrong_type_is_refused(ec_pair, clock):
    signing = ec_pair.signing()
    head = base64url(json.dumps({**signing.header(), "cty": 7}).encode())
    tail = write_token({}, signing).split(".", 1)[1]

    assert refusal(f"{head}.{tail}", (ec_pair.known(),), clock) == "modi.signature"


def test_refusal_says_the_likely_cause_in_both_languages(ec_pair, clock):
    with pytest.raises(Untrusted) as caught:
        read_token(write_token({}, ec_pair.signing(kid="new")), (ec_pair.known(),), clock.world().now())

    assert caught.value.entry == CATALOGUE["modi.key_unknown"]
    assert "registrat" in caught.value.entry.it
    assert caught.value.hint == caught.value.entry.fix_en


@pytest.mark.parametrize("name", ["EdDSA", "Ed25519"])
def test_edwards_signatures_are_taken_by_both_names_where_they_are_allowed(clock, name):
    private = ed25519.Ed25519PrivateKey.generate()
    public = private.public_key().public_bytes(form.Encoding.PEM, form.PublicFormat.SubjectPublicKeyInfo)
    head = base64url(json.dumps({"alg": name, "typ": "JWT", "kid": "ours"}).encode())
    signed = f"{head}.{base64url(b'{}')}"
    token = f"{signed}.{base64url(private.sign(signed.encode()))}"
    keys = (known_key(public, "ours"),)

    assert read_token(token, keys, clock.world().now(), algorithms=frozenset({name})).claims == {}
    with pytest.raises(Untrusted):
        read_token(token, keys, clock.world().now())
    with pytest.raises(Untrusted):
        read_token(f"{signed}.{base64url(bytes(64))}", keys, clock.world().now(), algorithms=frozenset({name}))


def test_an_edwards_name_opens_no_key_of_another_kind(rsa_pair, clock):
    head = base64url(json.dumps({"alg": "EdDSA", "typ": "JWT", "kid": "ours"}).encode())
    token = f"{head}.{base64url(b'{}')}.{base64url(bytes(64))}"

    with pytest.raises(Untrusted) as caught:
        read_token(token, (rsa_pair.known(),), clock.world().now(), algorithms=frozenset({"EdDSA"}))

    assert caught.value.code == "modi.signature"
