import hashlib
import json

import pytest

from patto_connectors.contract import Batch
from patto_connectors.errors import Malformed, Refused, Rejected, Unreachable
from patto_connectors.http.settings import HttpSettings, Repeats
from patto_connectors.rest.settings import FailureFlag, RestSinkSettings
from patto_connectors.rest.sink import RestSink

BATCH = Batch(rows=[b'{"id":"p1"}', {"id": "p2", "citt\u00e0": "Forl\u00ec"}])


@pytest.fixture
def write(fake):
    async def run(reply=b"{}", status=200, batch=BATCH, **settings):
        fake.taking("/in", reply, status)
        async with fake.running() as url:
            http = HttpSettings(base_url=url, repeats=Repeats(attempts=2))
            return await RestSink(RestSinkSettings(http=http, path="in", **settings)).write(batch)

    return run


async def test_batch_is_handed_over_with_a_receipt(write, fake):
    receipt = await write(b'{"protocollo":"A/7"}', reference="protocollo")

    assert json.loads(fake.asked[0].body) == {"items": [{"id": "p1"}, {"id": "p2", "citt\u00e0": "Forl\u00ec"}]}
    assert (receipt.accepted, receipt.reference) == (2, "A/7")
    assert receipt.digest == fake.asked[0].headers["Idempotency-Key"]


async def test_trap_14_the_digest_is_that_of_the_very_bytes_that_were_sent(write, fake):
    row = b'{ "b":1.50,\t"a": "Forl\\u00ec" ,"a2":"Forl\xc3\xac"}'

    receipt = await write(batch=Batch(rows=[row]))

    assert row in fake.asked[0].body, "a row of bytes is handed on, not written anew"
    assert receipt.digest == hashlib.sha256(fake.asked[0].body).hexdigest()


async def test_F04_lost_answer_leads_to_a_repeat_with_the_same_key(write, fake):
    fake.faults.order("truncated")

    receipt = await write(reference="protocollo")

    assert receipt.accepted == 2
    assert len(fake.asked) == 2
    assert len({asked.headers["Idempotency-Key"] for asked in fake.asked}) == 1


async def test_F48_refused_rows_are_named_by_their_place(write):
    results = [{"status": "ok"}, {"status": "error", "code": "CF_UNKNOWN"}]

    with pytest.raises(Rejected) as caught:
        await write(json.dumps({"results": results}).encode(), status=207, results="results")

    assert [(item.index, item.code) for item in caught.value.items] == [(1, "CF_UNKNOWN")]


@pytest.mark.parametrize("status", [201, "created"])
async def test_F48_taken_rows_by_number_or_word(write, status):
    receipt = await write(json.dumps({"results": [{"status": status}] * 2}).encode(), status=207, results="results")

    assert receipt.accepted == 2


@pytest.mark.parametrize("status", [422, "no", None, True])
async def test_F48_anything_else_is_no_taking(write, status):
    with pytest.raises(Rejected):
        await write(json.dumps({"results": [{"status": status}] * 2}).encode(), status=207, results="results")


async def test_F48_results_that_match_no_rows_are_no_receipt(write):
    with pytest.raises(Malformed) as caught:
        await write(b'{"results":[{"status":200}]}', results="results")

    assert caught.value.code == "rest.results"


async def test_F48_personal_words_in_a_code_are_masked(write):
    results = json.dumps({"results": [{"status": "no", "code": "RSSMRA80A01H501U"}] * 2}).encode()

    with pytest.raises(Rejected) as caught:
        await write(results, results="results")

    assert caught.value.items[0].code == "***"


async def test_F48_failure_flag_in_a_good_answer_is_refused(write):
    with pytest.raises(Refused) as caught:
        await write(b'{"esitoPositivo":false,"apiMessages":[{"codice":"E7"}]}', failure=FailureFlag())

    assert "E7" in caught.value.detail


async def test_partner_that_is_down_has_taken_nothing(write, fake):
    fake.faults.order("unavailable", times=None)

    with pytest.raises(Unreachable):
        await write()


async def test_client_error_needs_a_person(write):
    with pytest.raises(Refused):
        await write(status=422)
