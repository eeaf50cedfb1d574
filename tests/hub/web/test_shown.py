"""Whoever is shown people's data stands in the audit: before the first page leaves, and for all pages soon after."""

from __future__ import annotations

import errno
import json

import pytest

from patto_hub.compose.shown_watch import note_shown
from patto_hub.ledger import audit
from patto_hub.web.shown import Pages, Shown, What
from patto_hub.web.site import BASE

PACT = {"pact_id": "P1", "person_id": "RSSMRA80A01D643X", "ambito": "FG/1", "scheme": "ReD_3", "status": "active"}
FEED = f"{BASE}/feeds/pacts"


@pytest.fixture
async def client(client_at, site, key_of):
    return await client_at(site, key_of(scopes=("pacts",)))


@pytest.fixture
def pacts(say):
    return [say("pact", {**PACT, "pact_id": f"P{n}"}, to=[2]) for n in range(5)]


@pytest.fixture
def noted(ledger):
    """Give what the audit says of readings: by whom, of which feed, and how much."""

    def of():
        chain = ledger.read_now(lambda each: list(audit.entries(each)))
        return [(each.actor, each.subject, json.loads(each.detail)) for each in chain if each.action == "feed.read"]

    return of


@pytest.mark.parametrize(
    ("path", "detail"),
    [
        ("changes?limit=2", {"part": "changes", "items": 2, "first": 1, "last": 2}),
        ("changes.csv", {"part": "changes", "items": 5, "first": 1, "last": 5}),
        ("snapshot?limit=3", {"part": "snapshot", "items": 3, "first": 1, "last": 3}),
        ("snapshot.xlsx", {"part": "snapshot", "items": 5, "first": 1, "last": 5}),
        ("records/pact-4", {"part": "record", "record": "pact-4", "items": 1, "first": 4, "last": 4}),
    ],
)
async def test_a_page_is_in_the_audit_before_it_has_come(client, pacts, noted, path, detail):
    answer = await client.get(f"{FEED}/{path}")

    assert answer.status == 200
    assert noted() == [("partner:cpi-foggia", "pacts", {"pages": 1, **detail})]


async def test_further_pages_are_gathered_and_written_at_once(client, site, pacts, noted):
    link = f"{FEED}/changes?limit=2"
    for _ in range(3):
        link = (await (await client.get(link)).json())["_links"]["next"]["href"]
    await client.get(f"{FEED}/records/pact-1")
    before = len(noted())
    await note_shown(site.ledger, site.world, site.shown)

    told = [detail for _, _, detail in noted()]
    assert before == 3, "the record's page took along what was gathered by then"
    assert [(each["part"], each["pages"], each["first"], each["last"]) for each in told] == [
        ("changes", 1, 1, 2),
        ("changes", 2, 3, 5),
        ("record", 1, 1, 1),
    ]
    assert site.ledger.read_now(audit.verify).holds


async def test_what_shows_nobody_is_not_noted(client, site, pacts, say, noted):
    tag = (await client.get(f"{FEED}/changes")).headers["ETag"]
    known = noted()

    again = await client.get(f"{FEED}/changes", headers={"If-None-Match": tag})
    await client.head(f"{FEED}/changes.csv")
    await client.get(f"{FEED}/changes?since=2030-01-01")
    await client.get(f"{FEED}/digest")
    await client.get(f"{FEED}/changes?cursor=forged")

    assert again.status == 304
    assert (noted(), site.shown.gathered) == (known, {})


async def test_the_audit_names_nobody(client, pacts, noted):
    await client.get(f"{FEED}/changes")
    await client.get(f"{FEED}/records/pact-1")

    assert "RSSMRA" not in str(noted())


async def test_without_the_audit_nothing_is_shown(client_at, site, key_of, pacts, monkeypatch):
    client = await client_at(site, key_of(scopes=("pacts",)))
    monkeypatch.setattr(audit, "append", _full)
    answer = await client.get(f"{FEED}/changes")

    assert answer.status >= 500
    assert "items" not in await answer.json()
    assert [(what.part, pages.items) for what, pages in site.shown.gathered.items()] == [("changes", 5)]


async def test_what_there_is_no_room_for_waits_for_the_next_time(ledger, world, noted, monkeypatch):
    shown = Shown({What("cpi-foggia", "pacts", "changes"): Pages(1, 2, 1, 2)})
    with monkeypatch.context() as patched:
        patched.setattr(audit, "append", _full)
        await note_shown(ledger, world, shown)
    without = noted()
    shown.give_back({What("cpi-foggia", "pacts", "changes"): Pages(1, 1, 7, 7)})
    await note_shown(ledger, world, shown)

    both = {"part": "changes", "pages": 2, "items": 3, "first": 1, "last": 7}
    assert (without, noted(), shown.gathered) == ([], [("partner:cpi-foggia", "pacts", both)], {})


def _full(*_):
    raise OSError(errno.ENOSPC, "No space left on device")
