import hashlib
import json
from dataclasses import replace

import pytest

from patto_connectors.webhook.signals import (
    Signal,
    SignalType,
    change_signal,
    fresh_seed,
    hashed,
    new_seed,
    one,
    page,
    seed_signal,
)

SERVICE = "5ca54741-8f62-4aad-ab79-13ae762920e3"
SEED = "f3a7f54e-8e57-4a06-8bca-ac1857b6b045"


def _signal(number, kind=SignalType.UPDATE, record="pact-41"):
    return Signal(
        id=change_signal(number),
        type=kind,
        object_id=hashed(record, SEED),
        object_type="pact",
        eservice_id=SERVICE,
    )


def test_a_signal_has_the_members_of_pdnds_push_service_and_no_other():
    body = json.loads(one(_signal(7, SignalType.CREATE)).body)

    assert body == {
        "signalId": 14,
        "signalType": "CREATE",
        "objectId": hashlib.sha256(b"pact-41" + SEED.encode()).hexdigest(),
        "objectType": "pact",
        "eserviceId": SERVICE,
    }


def test_a_page_has_the_members_of_pdnds_pull_service_and_our_token():
    body = json.loads(page([_signal(7), _signal(9)], "https://hub.example/api", "token").body)

    assert [each["signalId"] for each in body["signals"]] == [14, 18]
    assert body["lastSignalId"] == 18
    assert (body["pull"], body["pullToken"]) == ("https://hub.example/api", "token")


def test_a_page_without_token_has_nothing_of_ours():
    assert set(json.loads(page([_signal(7)]).body)) == {"signals", "lastSignalId"}


def test_the_same_record_has_another_identifier_under_another_seed(world):

    assert (
        len({hashed("pact-41", SEED), hashed("pact-41", fresh_seed(world)), hashed("pact-41", fresh_seed(world))}) == 3
    )


def test_a_new_seed_is_announced_between_two_changes():
    announced = new_seed(7, SERVICE)

    assert change_signal(7) < announced.id == seed_signal(7) < change_signal(8)
    assert announced.members() | {"signalId": 0} == {
        "signalId": 0,
        "signalType": "SEEDUPDATE",
        "objectId": "-",
        "objectType": "-",
        "eserviceId": SERVICE,
    }


def test_the_same_signals_again_have_the_same_id():
    assert page([_signal(7), _signal(9)]).id == page([_signal(7), _signal(9)], "https://hub.example", "new").id


def test_signals_of_another_service_have_another_id_whatever_their_numbers():
    other = replace(_signal(7), eservice_id="0d6c3a52-8e1f-4b7a-a2c9-6f5e4d3c2b1a")

    assert page([_signal(7)]).id != page([other]).id


@pytest.mark.parametrize("numbers", [[], [2, 1], [1, 1], list(range(1, 102))])
def test_a_page_that_is_empty_too_long_or_out_of_order_is_a_fault(numbers):
    with pytest.raises(ValueError, match="a page holds"):
        page([_signal(number) for number in numbers])
