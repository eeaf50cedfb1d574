"""The routes of proofs: everybody reads the roots, a partner proves what it was given and nothing else."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from patto_hub.client import patto_proof
from patto_hub.feeds.closing import Books, close_yesterday
from patto_hub.web.site import BASE

PACT = {"pact_id": "P1", "person_id": "X", "ambito": "FG/1", "scheme": "ReD_3", "status": "active"}
FEED = f"{BASE}/feeds/pacts"


@pytest.fixture
def close(site):
    """Close a day of March."""

    async def done(day):
        after = datetime(2026, 3, day, 23, 30, tzinfo=UTC)
        world = replace(site.world, now=lambda: after)
        return await close_yesterday(Books(site.ledger, world, site.place, site.subscriptions))

    return done


async def told(client, url, status=200, **params):
    answer = await client.get(url, params=params)
    body = await answer.json()
    assert answer.status == status, body
    return body


async def test_a_partner_proves_what_it_was_given(client, say, close):
    for number in range(1, 6):
        say("pact", {**PACT, "pact_id": f"P{number}"}, to=[2])
    await close(2)
    items = (await told(client, f"{FEED}/changes"))["items"]
    published = (await told(client, f"{BASE}/roots"))["items"]
    for item in items:
        proof = await told(client, f"{FEED}/proofs/{item['id']}")

        assert proof["change"] == {name: item[name] for name in ("id", "version", "change", "changed_at")}
        assert (proof["tree"]["partner"], proof["tree"]["feed"], proof["tree"]["items"]) == ("cpi-foggia", "pacts", 5)
        assert patto_proof.verify({**proof, "item": item}, published)
        assert not any(word in json.dumps(proof) for word in ("P1", "FG/1", "ReD_3", "active"))


async def test_one_version_or_one_day_can_be_asked_for(client, say, close):
    say("pact", PACT, to=[2])
    await close(2)
    say("pact", {**PACT, "status": "closed"}, to=[2], head=1, version=2)
    await close(3)
    link = f"{FEED}/proofs/pact-1"

    assert [(await told(client, link))["change"]["version"]] == [2]
    assert (await told(client, link, version=1))["root"]["day"] == "2026-03-02"
    assert (await told(client, link, day="2026-03-02"))["change"]["version"] == 1
    assert (await told(client, link, status=404, day="2026-03-03", version=1))["type"].endswith("proof-missing")


async def test_what_is_not_the_partners_or_not_closed_has_no_proof(client, say, close):
    say("pact", PACT, to=[1])
    await close(2)
    say("pact", PACT, to=[2])

    for record in ("pact-1", "pact-2", "pact-99", "person-1", "pact-01", "x", "pact-%20"):
        body = await told(client, f"{FEED}/proofs/{record}", status=404)
        assert body["code"] == "proof-missing"


async def test_everybody_reads_the_roots_page_by_page(client_at, site, say, close):
    client = await client_at(site)
    for day in (2, 3, 4, 6, 7):
        say("pact", PACT, to=[2])
        await close(day)
    found, link = [], f"{BASE}/roots?limit=2"
    while link:
        page = await told(client, link)
        found += page["items"]
        link = page["_links"]["next"]["href"] if page["has_more"] else None

    assert [each["number"] for each in found] == [5, 4, 3, 2, 1]
    patto_proof.follow(found[::-1])
    assert [await told(client, f"{BASE}/roots/{each['day']}") for each in found] == found
    assert not any(partner in json.dumps(found) for partner in ("cpi-foggia", "ambito", "pacts"))
    assert {each["trees"] for each in found} == {len(site.subscriptions)}


async def test_roots_may_be_kept_by_whoever_passes_them_on_and_proofs_may_not(client, say, close):
    say("pact", PACT, to=[2])
    day = (await close(2)).day
    kept = {
        path: (await client.get(path)).headers["Cache-Control"]
        for path in (f"{BASE}/roots", f"{BASE}/roots/{day}", f"{FEED}/proofs/pact-1")
    }

    assert list(kept.values()) == ["public, max-age=300", "public, max-age=86400", "no-store"]
    missing = await client.get(f"{BASE}/roots/2026-03-09")
    assert (missing.status, missing.headers["Cache-Control"]) == (404, "no-store")


@pytest.mark.parametrize(
    ("path", "params", "wrong"),
    [
        ("/roots", {"before": "0"}, "/before"),
        ("/roots", {"limit": "367"}, "/limit"),
        ("/roots/ieri", {}, "/day"),
        ("/feeds/pacts/proofs/pact-1", {"version": "0"}, "/version"),
        ("/feeds/pacts/proofs/pact-1", {"day": "2"}, "/day"),
        ("/feeds/pacts/proofs/pact-1", {"cursor": "x"}, "/cursor"),
    ],
)
async def test_a_wrong_question_is_refused_by_name(client, path, params, wrong):
    body = await told(client, f"{BASE}{path}", status=400, **params)

    assert [each["pointer"] for each in body["errors"]] == [wrong]


async def test_no_key_no_proof(client_at, site, say, close):
    say("pact", PACT, to=[2])
    await close(2)
    client = await client_at(site)

    body = await told(client, f"{FEED}/proofs/pact-1", status=401)

    assert body["code"] == "key-missing"
