from datetime import date

import pytest

from patto_connectors.http.settings import Pdnd
from patto_connectors.modi.pdnd import audience_of
from patto_connectors.modi.selfcheck import likely_causes, shown, suspects
from patto_schemas.catalogue import CATALOGUE

UAT = "https://auth.uat.interop.pagopa.it/token.oauth2"


@pytest.fixture
def causes(rsa_pair, clock):
    """Codes of what is wrong with good settings after these changes."""

    def find(**more):
        values = {
            "token_url": UAT,
            "client_id": "7f9d2b1e-3c54-4a6b-9d0e-5b8a1c2d3e4f",
            "purpose_id": "0d6c3a52-8e1f-4b7a-a2c9-6f5e4d3c2b1a",
            "kid": "ZmYxZGE2YjQ",
            "key": rsa_pair.private.decode(),
            "registered_key": rsa_pair.public.decode(),
            "key_until": date(2026, 3, 2),
            **more,
        }
        return [trouble.code for trouble in likely_causes(Pdnd.model_validate(values), clock.world().now())]

    return find


def test_good_settings_have_no_cause(causes):
    assert causes() == []


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"client_id": ""}, "pdnd.client"),
        ({"client_id": "7f9d2b1e3c544a6b9d0e5b8a1c2d3e4f"}, "pdnd.client"),
        ({"purpose_id": "{0d6c3a52-8e1f-4b7a-a2c9-6f5e4d3c2b1a}"}, "pdnd.purpose"),
        ({"purpose_id": "ReD 3.0"}, "pdnd.purpose"),
        ({"kid": ""}, "pdnd.kid"),
        ({"kid": "my key"}, "pdnd.kid"),
        ({"key_until": date(2026, 3, 1)}, "pdnd.key_expired"),
        ({"audience": "auth.interop.pagopa.it/client-assertion"}, "pdnd.audience"),
        ({"audience": "https://auth.interop.pagopa.it/client-assertion"}, "pdnd.audience"),
        ({"audience": "test.interop.pagopa.it"}, "pdnd.audience"),
        ({"registered_key": "-----BEGIN PUBLIC KEY-----"}, "modi.key"),
        ({"key": "not a key"}, "pdnd.key_file"),
        ({"audience": "auth.uat.interop.pagopa.it/token"}, "pdnd.audience"),
    ],
)
def test_each_cause_is_named(causes, wrong, code):
    assert causes(**wrong) == [code]


def test_private_key_of_another_pair_is_seen(causes, ec_pair):
    assert causes(registered_key=ec_pair.public.decode()) == ["pdnd.key_pair"]


def test_key_that_pdnd_does_not_take_is_seen(causes, ec_pair):
    assert causes(key=ec_pair.private.decode(), registered_key="") == ["pdnd.key_kind"]


def test_all_causes_are_told_at_once(causes):
    found = causes(client_id="a", purpose_id="b", kid="", key_until=date(2025, 1, 1), audience="auth.interop.pagopa.it")

    assert found == ["pdnd.client", "pdnd.purpose", "pdnd.kid", "pdnd.audience", "pdnd.key_expired"]
    assert all(CATALOGUE[code].fix_it for code in found)


def test_a_public_key_in_place_of_the_private_one_is_seen(causes, rsa_pair):
    assert causes(key=rsa_pair.public.decode()) == ["pdnd.key_file"]
    assert causes(key=rsa_pair.certificate.decode()) == ["pdnd.key_file"]


@pytest.mark.parametrize(
    ("url", "more", "code"),
    [
        (UAT, {"kid": "A" * 43}, "pdnd.kid_pair"),
        (UAT, {"kid": "la-mia-chiave"}, "pdnd.kid_pair"),
        ("https://auth.pdnd.test/token.oauth2", {"kid": "A" * 43}, "pdnd.kid_pair"),
        ("https://auth.pdnd.test/token.oauth2", {"kid": "la-mia-chiave"}, None),
        ("https://auth.pdnd.test/token.oauth2", {"audience": "auth.pdnd.test/token"}, "pdnd.audience"),
        ("https://gateway.test/token.oauth2", {"audience": "auth.interop.pagopa.it/client-assertion"}, "pdnd.audience"),
        ("https://gateway.test/token.oauth2", {"audience": "as agreed"}, None),
    ],
)
def test_after_a_refusal_what_is_probably_wrong_is_suspected(suspected, url, more, code):
    assert suspected(token_url=url, **more) == ([] if code is None else [code])


@pytest.fixture
def suspected(rsa_pair):
    """Codes of what would be suspected after a refusal; the `kid` is that of the key unless it is an argument."""

    def find(**more):
        values = {
            "client_id": "a",
            "purpose_id": "b",
            "kid": rsa_pair.known().key.thumbprint(),
            "key": rsa_pair.private.decode(),
            **more,
        }
        return [trouble.code for trouble in suspects(Pdnd.model_validate(values))]

    return find


def test_nothing_is_suspected_of_settings_that_agree(suspected):
    assert suspected(token_url=UAT) == []


def test_the_key_of_another_pair_shows_in_its_kid(suspected, rsa_pair, ec_pair):
    other = ec_pair.known().key.thumbprint()

    assert suspected(token_url=UAT, kid=other) == ["pdnd.kid_pair"]


def test_what_is_shown_beside_a_refusal_tells_what_the_key_is_called_and_no_secret(rsa_pair):
    thumbprint = rsa_pair.known().key.thumbprint()
    auth = {"token_url": UAT, "client_id": "a", "purpose_id": "b", "kid": "", "key": rsa_pair.private.decode()}
    good = shown(Pdnd.model_validate(auth))
    broken = shown(Pdnd.model_validate({**auth, "key": "secret"}))

    assert (good[-1][1], broken[-1][1]) == (thumbprint, "-")
    assert ("audience", "auth.uat.interop.pagopa.it/client-assertion") in good
    assert "PRIVATE" not in str(good)
    assert "secret" not in str(broken)


def test_audience_may_be_free_outside_of_pdnd(causes):
    assert causes(token_url="https://auth.pdnd.test/token.oauth2", audience="anything") == []


def test_audience_follows_the_environment(rsa_pair):
    settings = Pdnd(token_url=UAT, client_id="a", purpose_id="b", kid="c", key="d")

    assert audience_of(settings) == "auth.uat.interop.pagopa.it/client-assertion"
