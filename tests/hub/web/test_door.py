"""The hub's door: kept before it is answered, once per key, only for whom it is open."""

from __future__ import annotations

import asyncio
import json
import threading
import zlib
from dataclasses import replace

import pytest

from patto_connectors.contract import Batch, Door
from patto_connectors.errors import Malformed
from patto_hub import failpoints
from patto_hub.feeds.spec import PUSH
from patto_hub.jobs import Unusable
from patto_hub.ledger import job_state
from patto_hub.web.site import BASE, PUSHES, WebSettings

HAND_IN = f"{BASE}/streams/notes"
JSON = {"Content-Type": "application/json"}


def rows(body):
    yield Batch(rows=json.loads(body.content))


def soap(body):
    if b"Envelope" not in body.content:
        raise Malformed("soap.envelope", "no SOAP envelope", position="line 1")
    return b"<Envelope/>", "text/xml"


def numbered(body):
    if b"Envelope" not in body.content:
        raise Malformed("soap.envelope", "no SOAP envelope", position="line 1")
    return f"<Taken number='{body.name}'/>".encode(), "text/xml"


def fault(wrong):
    return f"<Fault>{wrong.position}</Fault>".encode(), "text/xml", 500


@pytest.fixture
def site(make_site):
    return make_site(settings=WebSettings(largest_push=1_000))


@pytest.fixture
def woken():
    return []


@pytest.fixture
async def client(client_at, site, stream_of, woken):
    jobs = {
        job.name: job
        for job in (
            stream_of(Door(media_types=("application/json",), rows=rows)),
            stream_of(Door(media_types=("text/xml",), rows=rows, answer=soap), "soap"),
            stream_of(Door(media_types=("text/xml",), rows=rows, answer=numbered, refuse=fault), "faults"),
        )
    }
    return await client_at(replace(site, jobs=jobs, wake=lambda: woken.append(1)))


def kept(site):
    return site.ledger.read_now(lambda each: each.exec_driver_sql("SELECT count(*) FROM pushed").scalar_one())


async def test_what_is_handed_in_is_kept_and_receipted_and_its_run_is_asked_for(client, bearer, site, woken):
    answer = await client.post(HAND_IN, data=b'[{"a": 1}]', headers=bearer() | JSON)
    told = await answer.json()

    assert (answer.status, told["state"], told["stream"], told["size"]) == (202, "received", "notes", 10)
    assert answer.headers["Location"] == f"{BASE}/receipts/{told['receipt']}"
    assert (kept(site), woken) == (1, [1])
    requested = "SELECT job, requested_by FROM job_state"
    assert site.ledger.read_now(lambda each: each.exec_driver_sql(requested).all()) == [("ambito-fg1/notes", "push")]


async def test_F82_the_same_idempotency_key_gives_the_same_receipt_and_keeps_nothing_twice(client, bearer, site):
    headers = bearer() | JSON | {"Idempotency-Key": "7c9e6679-7425-40de-944b-e07fc1f90ae7"}

    first = await (await client.post(HAND_IN, data=b"[1]", headers=headers)).json()
    answer = await client.post(HAND_IN, data=b"[1]", headers=headers)
    again = await answer.json()

    assert (answer.status, again["receipt"], again["repeated"]) == (200, first["receipt"], True)
    assert kept(site) == 1


async def test_F82_an_idempotency_key_used_for_something_else_is_refused(client, bearer, site):
    headers = bearer() | JSON | {"Idempotency-Key": "k"}
    await client.post(HAND_IN, data=b"[1]", headers=headers)

    answer = await client.post(HAND_IN, data=b"[2]", headers=headers)

    assert (answer.status, (await answer.json())["code"]) == (422, "idempotency-key-reused")
    assert kept(site) == 1


@pytest.mark.parametrize(
    ("path", "content", "more", "status", "problem"),
    [
        (HAND_IN, b"", JSON, 400, "content-empty"),
        (HAND_IN, b"x" * 1_001, JSON, 413, "too-large"),
        (HAND_IN, b"<a/>", {"Content-Type": "text/xml"}, 415, "media-type-unsupported"),
        (HAND_IN, b"[]", JSON | {"Idempotency-Key": "k" * 256}, 400, "idempotency-key-invalid"),
        (f"{BASE}/streams/none", b"[]", JSON, 404, "not-found"),
        (f"{BASE}/streams/soap", b"<other/>", {"Content-Type": "text/xml"}, 422, "content-malformed"),
    ],
)
async def test_what_cannot_be_taken_says_why_and_is_not_kept(  # noqa: PLR0917 - a table
    client, bearer, site, path, content, more, status, problem
):
    answer = await client.post(path, data=content, headers=bearer() | more)
    told = await answer.json()

    assert (answer.status, told["code"]) == (status, problem)
    assert told["who_can_fix"]
    assert kept(site) == 0


async def test_content_that_cannot_be_read_is_refused_with_its_place_and_why_in_both_languages(client, bearer):
    answer = await client.post(f"{BASE}/streams/soap", data=b"<o/>", headers=bearer() | {"Content-Type": "text/xml"})
    told = await answer.json()

    assert told["record"] == "line 1"
    assert told["detail"].endswith("(line 1): Il messaggio non è SOAP, o è di un'altra versione di SOAP.")
    assert told["detail_en"].endswith("(line 1): no SOAP envelope")


async def test_only_a_key_with_the_right_to_push_opens_the_door(client, bearer, site):
    answer = await client.post(HAND_IN, data=b"[]", headers=bearer(scopes=("pacts",)) | JSON)

    problem = await answer.json()
    assert (answer.status, problem["code"]) == (403, "push-not-granted")
    assert (problem["detail"], problem["detail_en"]) == (
        "La chiave non comprende il diritto «push».",
        "The key's scopes lack the right `push`.",
    )
    assert kept(site) == 0


async def test_a_right_that_the_settings_have_taken_back_opens_nothing(client_at, site, bearer):
    def refuse(_partner, what):
        return ("non più", "no longer") if what == PUSH else None

    client = await client_at(replace(site, refuse_feed=refuse))

    answer = await client.post(HAND_IN, data=b"[]", headers=bearer() | JSON)

    assert (answer.status, (await answer.json())["detail_en"]) == (403, "no longer")


async def test_a_partner_reaches_only_its_own_streams_and_receipts(client, bearer):
    told = await (await client.post(HAND_IN, data=b"[]", headers=bearer() | JSON)).json()
    other = bearer(partner="cpi-foggia")

    assert (await client.post(HAND_IN, data=b"[]", headers=other | JSON)).status == 404
    assert (await client.get(f"{BASE}/receipts/{told['receipt']}", headers=other)).status == 404
    assert (await client.get(f"{BASE}/receipts/{told['receipt']}", headers=bearer())).status == 200


async def test_a_partner_can_be_answered_in_its_own_format(client, bearer, site):
    answer = await client.post(
        f"{BASE}/streams/soap", data=b"<Envelope/>", headers=bearer() | {"Content-Type": "text/xml"}
    )

    assert (answer.status, answer.content_type, await answer.read()) == (200, "text/xml", b"<Envelope/>")
    assert kept(site) == 1


async def test_a_partner_can_be_refused_in_its_own_format(client, bearer, site):
    answer = await client.post(
        f"{BASE}/streams/faults", data=b"<other/>", headers=bearer() | {"Content-Type": "text/xml"}
    )

    assert (answer.status, answer.content_type, await answer.read()) == (500, "text/xml", b"<Fault>line 1</Fault>")
    assert kept(site) == 0


async def test_F82_a_repeat_is_answered_with_the_number_of_the_first_receipt(client, bearer):
    headers = bearer() | {"Content-Type": "text/xml", "Idempotency-Key": "k"}

    first = await client.post(f"{BASE}/streams/faults", data=b"<Envelope/>", headers=headers)
    again = await client.post(f"{BASE}/streams/faults", data=b"<Envelope/>", headers=headers)

    number = first.headers["Location"].rpartition("/")[2]
    assert await first.read() == await again.read() == f"<Taken number='{number}'/>".encode()


async def test_a_stream_that_cannot_be_run_now_is_no_unknown_one_and_asks_to_come_again(client_at, site, bearer):
    broken = Unusable(job="ambito-fg1/notes", it="plugin spento", en="plugin off", fault="plugin")
    client = await client_at(replace(site, unusable=[broken]))

    answer = await client.post(HAND_IN, data=b"[]", headers=bearer() | JSON)

    assert (answer.status, int(answer.headers["Retry-After"]) > 0, kept(site)) == (503, True, 0)


async def test_what_is_handed_in_while_the_stream_is_paused_is_kept_and_its_run_waits(client, bearer, site):
    site.ledger.write_now(job_state.pause, "ambito-fg1/notes", by="anna", reason="migrazione", now=1)

    answer = await client.post(HAND_IN, data=b"[1]", headers=bearer() | JSON)

    state = site.ledger.read_now(job_state.get, "ambito-fg1/notes")
    assert (answer.status, kept(site), state.requested_by, state.paused_at) == (202, 1, "push", 1)


async def test_what_is_handed_in_leaves_a_persons_request_to_that_person(client, bearer, site):
    site.ledger.write_now(job_state.request_run, "ambito-fg1/notes", by="Anna", now=1)

    await client.post(HAND_IN, data=b"[1]", headers=bearer() | JSON)

    assert site.ledger.read_now(job_state.get, "ambito-fg1/notes").requested_by == "Anna"


async def test_equal_bodies_without_a_key_are_two_receipts_for_a_partner_may_take_back_a_correction(
    client, bearer, site
):
    headers = bearer() | JSON

    told = [await (await client.post(HAND_IN, data=each, headers=headers)).json() for each in (b"[1]", b"[2]", b"[1]")]

    assert len({each["receipt"] for each in told}) == kept(site) == 3


async def test_F02_a_body_is_kept_with_the_request_for_its_run_or_neither_is(client, bearer, site):
    headers = bearer() | JSON
    with failpoints.armed("ledger.before_commit"):
        answer = await client.post(HAND_IN, data=b"[1]", headers=headers)
    requested = site.ledger.read_now(lambda each: each.exec_driver_sql("SELECT count(*) FROM job_state").scalar_one())

    assert (answer.status >= 500, kept(site), requested) == (True, 0, 0)


async def test_F03_a_body_whose_answer_was_lost_is_kept_with_the_request_for_its_run_and_the_same_key_finds_it(
    client, bearer, site
):
    headers = bearer() | JSON | {"Idempotency-Key": "k"}
    with failpoints.armed("ledger.before_commit", action="error_after"):
        lost = await client.post(HAND_IN, data=b"[1]", headers=headers)
    requested = site.ledger.read_now(lambda each: each.exec_driver_sql("SELECT count(*) FROM job_state").scalar_one())
    again = await client.post(HAND_IN, data=b"[1]", headers=headers)

    assert (lost.status >= 500, kept(site), requested) == (True, 1, 1)
    assert (again.status, (await again.json())["repeated"]) == (200, True)


async def test_a_hundred_at_once_are_each_kept_once(client, bearer, site):
    headers = bearer() | JSON

    async def hand_in(number):
        key = {"Idempotency-Key": f"k{number % 50}"}
        answer = await client.post(HAND_IN, data=b"[%d]" % (number % 50), headers=headers | key)
        return answer.status, (await answer.json())["receipt"]

    told = await asyncio.gather(*(hand_in(number) for number in range(100)))

    assert sorted(status for status, _ in told) == [200] * 50 + [202] * 50
    assert len({receipt for _, receipt in told}) == kept(site) == 50


async def test_a_partner_that_hands_in_much_at_once_fills_no_more_memory_than_its_own_share(
    client_at, site, bearer, stream_of
):
    inside, most, full = [], [], threading.Barrier(PUSHES)

    def answer(body):
        inside.append(body)
        most.append(len(inside))
        full.wait(10)  # so many are let in at once
        inside.remove(body)
        return b"<Envelope/>", "text/xml"

    job = stream_of(Door(media_types=("text/xml",), rows=rows, answer=answer), "soap")
    client = await client_at(replace(site, jobs={job.name: job}))
    headers = bearer() | {"Content-Type": "text/xml"}

    told = await asyncio.gather(
        *(client.post(f"{BASE}/streams/soap", data=b"<Envelope/>", headers=headers) for _ in range(3 * PUSHES))
    )

    assert {each.status for each in told} == {200}
    assert (max(most), kept(site)) == (PUSHES, 3 * PUSHES)


async def test_a_compressed_body_counts_by_what_it_unpacks_to(client, bearer, site):
    bomb = zlib.compress(b"[" + b" " * 100_000 + b"]")
    answer = await client.post(HAND_IN, data=bomb, headers=bearer() | JSON | {"Content-Encoding": "deflate"})

    assert answer.status == 413
    assert kept(site) == 0
