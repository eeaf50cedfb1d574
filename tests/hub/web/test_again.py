"""The very same request again: nothing is worked out anew, and nothing that has changed since is told as it was."""

from __future__ import annotations

import json
import re
import sqlite3
from dataclasses import replace
from datetime import date

import pytest
from aiohttp.web_urldispatcher import UrlDispatcher

from patto_hub.ledger import audiences
from patto_hub.web.app import make_app
from patto_hub.web.rates import Rates
from patto_hub.web.site import BASE, WebSettings

PACT = {"pact_id": "P1", "person_id": "X", "ambito": "FG/1", "scheme": "ReD_3", "status": "active"}
URL = f"{BASE}/feeds/pacts/changes"


@pytest.fixture
def asked():
    """The feeds that plugins were asked about."""
    return []


@pytest.fixture
def site(make_site, asked):
    def refuse(_partner, feed):
        asked.append(feed)

    return make_site(rates=Rates(20, 60.0), refuse_feed=refuse)


@pytest.fixture
async def poll(client, say):
    """Poll: the third time the answer is what the same request was told before."""
    say("pact", PACT, to=[2])
    tag = (await client.get(URL)).headers["ETag"]

    async def made():
        return await client.get(URL, headers={"If-None-Match": tag})

    await made()  # its reading is noted, so that somebody has written since
    await made()
    return made


def counted(figures):
    """Give how many polls were counted."""
    line = re.search(r'^patto_http_requests_total{.*/changes",status="304"} (.*)$', figures, re.MULTILINE)
    return float(line[1])


def commit(ledger, statement):
    """Write as another process does."""
    other = sqlite3.connect(str(ledger.engine.url.database))
    other.execute(statement)
    other.commit()
    other.close()


async def test_the_same_poll_is_told_the_same_without_looking_into_the_ledger(poll, site, monkeypatch):
    monkeypatch.setattr(type(site.ledger), "read", None)
    monkeypatch.setattr(type(site.ledger), "write", None)

    answer = await poll()

    assert (answer.status, await answer.read()) == (304, b"")
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["ETag"]
    assert answer.headers["X-Request-ID"]


async def test_the_same_poll_is_answered_before_its_route_is_looked_for(poll, monkeypatch):
    monkeypatch.setattr(UrlDispatcher, "resolve", None)

    assert (await poll()).status == 304


async def test_it_is_counted_and_logged_under_its_route(client, poll, lines):
    before = await (await client.get("/metrics")).text()

    await poll()

    line = json.loads(lines.getvalue().splitlines()[-1])
    after = await (await client.get("/metrics")).text()
    assert (line["route"], line["actor"], line["status"]) == (
        f"{BASE}/feeds/{{feed}}/changes",
        "partner:cpi-foggia",
        304,
    )
    assert [counted(text) for text in (before, after)] == [2.0, 3.0]


async def test_over_tls_it_says_so_again(aiohttp_client, client, site, say):
    say("pact", PACT, to=[2])
    secure = replace(site, settings=WebSettings(https=True))
    reader = await aiohttp_client(make_app(secure), headers=dict(client.session.headers))

    answers = [await reader.get(URL) for _ in range(4)]

    assert {each.headers["Strict-Transport-Security"] for each in answers} == {"max-age=31536000"}


async def test_a_page_again_has_the_same_bytes_and_headers_but_for_what_counts(client, say):
    say("pact", PACT, to=[2])
    answers = [await client.get(URL) for _ in range(4)]

    counts = {"X-Request-ID", "X-RateLimit-Remaining", "X-RateLimit-Reset", "Date"}
    same = [{name: value for name, value in each.headers.items() if name not in counts} for each in answers]
    assert same[1:] == same[:-1]
    assert len({await each.read() for each in answers}) == 1


async def test_each_one_is_counted_and_too_many_are_refused(poll):
    left = [int((await poll()).headers["X-RateLimit-Remaining"]) for _ in range(3)]

    assert left == [left[0], left[0] - 1, left[0] - 2]
    assert {(await poll()).status for _ in range(20)} == {304, 429}


async def test_plugins_are_asked_each_time(poll, asked):
    before = len(asked)

    await poll()

    assert asked[before:] == ["pacts"]


async def test_what_is_new_is_told_at_once(poll, say):
    say("pact", {**PACT, "pact_id": "P2"}, to=[2])

    assert (await poll()).status == 200


async def test_what_was_taken_back_is_not_told_again(client, poll, ledger):
    page = await (await client.get(URL)).text()
    await client.get(URL)

    ledger.write_now(audiences.forget, 2, [1], 10)

    assert "P1" in page
    assert "P1" not in await (await client.get(URL)).text()
    assert (await poll()).status == 200


async def test_a_key_that_another_process_has_ended_opens_nothing_any_more(poll, site):
    commit(site.ledger, "UPDATE api_key SET revoked_at = 1")
    site.doorkeeper.forget()  # which remembers for a second more

    assert (await poll()).status == 401


async def test_another_key_is_another_request(poll, client_at, key_of, site):
    await poll()
    other = await client_at(site, key_of("ente", ["catalogue"]))

    assert (await other.get(URL)).status == 403


async def test_a_right_that_ends_by_itself_is_looked_at_each_time(aiohttp_client, client, site, say):
    say("pact", PACT, to=[2])
    ending = {each: replace(right, until=date(2026, 3, 2)) for each, right in site.subscriptions.items()}
    bounded = replace(site, subscriptions=ending)
    reader = await aiohttp_client(make_app(bounded), headers=dict(client.session.headers))

    for _ in range(4):
        assert (await reader.get(URL)).status == 200

    assert bounded.again.told == {}


async def test_answers_that_are_too_large_together_are_forgotten(client, site, say):
    site.again.budget = 6_000
    say("pact", PACT, to=[2])
    for limit in range(1, 9):
        for _ in range(2):
            assert (await client.get(f"{URL}?limit={limit}")).status == 200

    assert 0 < len(site.again.told) <= 2
    assert site.again.size <= 6_000
