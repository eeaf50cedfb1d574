from datetime import date

import pytest

from patto_connectors.http.settings import Pdnd
from patto_connectors.modi.pdnd import audience_of
from patto_connectors.modi.selfcheck import likely_causes
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
        ({"key": "not a key"}, "modi.key"),
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


def test_audience_may_be_free_outside_of_pdnd(causes):
    assert causes(token_url="https://auth.pdnd.test/token.oauth2", audience="anything") == []


def test_audience_follows_the_environment(rsa_pair):
    settings = Pdnd(token_url=UAT, client_id="a", purpose_id="b", kid="c", key="d")

    assert audience_of(settings) == "auth.uat.interop.pagopa.it/client-assertion"
