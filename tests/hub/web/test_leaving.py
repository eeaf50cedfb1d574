from __future__ import annotations

import asyncio
import gzip
import json
import subprocess
import sys
from dataclasses import replace

import pytest
from structlog.testing import capture_logs

from patto_hub.failpoints import armed
from patto_hub.ledger import audiences
from patto_hub.web.app import make_app
from patto_hub.web.rates import Rates
from patto_hub.web.site import BASE

PACT = {"pact_id": "P1", "person_id": "X", "ambito": "FG/1", "scheme": "ReD_3", "status": "active"}
URL = f"{BASE}/feeds/pacts/changes"
OTHER = "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.execute(sys.argv[2]); c.commit()"


@pytest.fixture
def site(make_site):
    return make_site(rates=Rates(20, 60.0))


@pytest.fixture
def client_of(client_at, key_of):
    async def made(site, partner="cpi-foggia"):
        return await client_at(site, key_of(partner), **{"Accept-Encoding": "identity"})

    return made


@pytest.fixture
async def client(client_of, site):
    return await client_of(site)


@pytest.fixture
def full(say):
    """Say three pacts to the client's organisation: a page of two is full."""
    for number in range(3):
        say("pact", {**PACT, "pact_id": f"P{number}"}, to=[2])
    return f"{URL}?limit=2"


async def ids(client, url, **headers):
    answer = await client.get(url, headers=headers)
    return [item["data"] and item["data"]["pact_id"] for item in (await answer.json())["items"]]


async def made_while(asking):
    """Say how often a page was made while something was asked."""
    with armed("feed.page_made", 1_000_000, lambda _: None) as charge:
        answer = await asking
    return len(charge.hits), answer


async def test_a_page_given_before_is_given_again_without_being_made(client, full):
    first = await (await client.get(full)).read()

    made, answer = await made_while(client.get(full))

    assert (made, await answer.read()) == (0, first)


async def test_a_full_page_is_not_made_anew_because_there_is_more_to_read(client, full, say):
    first = await (await client.get(full)).read()
    say("pact", {**PACT, "pact_id": "P3"}, to=[2])

    made, answer = await made_while(client.get(full))

    assert (made, await answer.read()) == (0, first)


async def test_the_last_page_grows_at_once(client, full, say):
    before = await ids(client, URL)
    say("pact", {**PACT, "pact_id": "P3"}, to=[2])

    assert (before, await ids(client, URL)) == (["P0", "P1", "P2"], ["P0", "P1", "P2", "P3"])


@pytest.mark.parametrize("form", ["json", "ndjson", "xml", "csv"])
async def test_what_another_process_has_erased_never_comes_again(client, full, ledger, form):
    url = f"{BASE}/feeds/pacts/changes.{form}?limit=2"
    first = await client.get(url)
    assert b"P1" in await first.read()

    erase = "UPDATE record_version SET payload = NULL WHERE id = 2"
    await asyncio.to_thread(
        subprocess.run, [sys.executable, "-c", OTHER, ledger.engine.url.database, erase], check=True
    )
    again = await client.get(url, headers={"If-None-Match": first.headers["ETag"]})

    assert again.status == 200
    assert b"P1" not in await again.read()


async def test_what_was_withdrawn_never_comes_again(client, full, ledger):
    first = await ids(client, full)

    ledger.write_now(audiences.forget, 2, [1], 10)

    assert (first, await ids(client, full)) == (["P0", "P1"], ["P1", "P2"])


async def test_a_page_kept_for_one_partner_is_not_anothers(client, client_of, site, full):
    other = await client_of(site, "ambito-fg1")
    await client.get(full)

    assert await ids(other, full) == []


async def test_a_partner_whose_feed_is_closed_gets_no_page_that_it_had_before(aiohttp_client, client, site, full):
    await client.get(full)
    closed = replace(site, refuse_feed=lambda _partner, _feed: ("chiuso", "closed"))
    again = await aiohttp_client(make_app(closed), headers=dict(client.session.headers))

    assert closed.shelf is site.shelf
    assert (await again.get(full)).status == 403


async def test_a_poll_that_brings_nothing_is_made_once_and_counted_but_not_logged(client, full):
    tag = (await client.get(URL)).headers["ETag"]

    with capture_logs() as lines:
        made, answer = await made_while(client.get(URL, headers={"If-None-Match": tag}))
    figures = await (await client.get("/metrics")).text()

    assert (made, answer.status, await answer.read()) == (0, 304, b"")
    assert [line for line in lines if line["event"] == "http.request"] == []
    assert 'route="/rest/patto/v1/feeds/{feed}/changes",status="304"' in figures


@pytest.mark.parametrize(
    ("tags", "status"),
    [('"nothing"', 200), ("*", 304), ('"nothing", {tag}', 304), ("{strong}", 304), ("not a tag", 200)],
)
async def test_what_a_reader_has_is_told_by_any_of_its_tags(client, full, tags, status):
    tag = (await client.get(URL)).headers["ETag"]

    answer = await client.get(URL, headers={"If-None-Match": tags.format(tag=tag, strong=tag.removeprefix("W/"))})

    assert answer.status == status


@pytest.mark.parametrize("taken", ["gzip", "deflate, GZIP;q=0.5, br", "gzip;q=1.0"])
async def test_whoever_takes_packed_pages_gets_the_same_page_packed(client, say, taken):
    for number in range(20):
        say("pact", {**PACT, "pact_id": f"P{number}"}, to=[2])
    plain = await (await client.get(URL)).read()

    asked = client.session.get(client.make_url(URL), headers={"Accept-Encoding": taken}, auto_decompress=False)
    async with asked as got:
        packed = await got.read()

    assert got.headers["Content-Encoding"] == "gzip"
    assert len(packed) < len(plain) / 2
    assert gzip.decompress(packed) == plain


@pytest.mark.parametrize("taken", ["gzip;q=0", "gzip; q=0.0, identity", "br", ""])
async def test_whoever_does_not_take_packed_pages_gets_none(client, say, taken):
    for number in range(20):
        say("pact", {**PACT, "pact_id": f"P{number}"}, to=[2])

    answer = await client.get(URL, headers={"Accept-Encoding": taken})

    assert "Content-Encoding" not in answer.headers
    assert len(json.loads(await answer.read())["items"]) == 20


async def test_F84_a_page_is_made_and_sent_for_a_slow_reader_as_for_any_other_and_holds_no_reader_of_the_ledger(
    client, site, full
):
    slow = [await client.get(full) for _ in range(12)]  # nothing of these is read yet

    assert await ids(client, URL) == ["P0", "P1", "P2"]
    assert site.ledger.readers._work_queue.empty()
    for answer in slow:
        answer.close()


async def test_F85_a_partner_that_floods_is_told_when_to_come_again_and_no_other_is_refused(
    client, client_of, site, full
):
    other = await client_of(site, "ambito-fg1")

    flood = [await client.get(full) for _ in range(50)]
    calm = [await other.get(full) for _ in range(15)]

    assert [answer.status for answer in flood] == [200] * 20 + [429] * 30
    assert all(int(answer.headers["Retry-After"]) >= 1 for answer in flood[20:])
    assert {answer.headers["X-RateLimit-Remaining"] for answer in flood[20:]} == {"0"}
    assert [answer.status for answer in calm] == [200] * 15
    assert [int(answer.headers["X-RateLimit-Remaining"]) for answer in calm] == list(range(19, 4, -1))
