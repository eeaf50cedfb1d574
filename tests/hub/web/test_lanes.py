"""A partner sees how it is told of changes, and asks for what it has lost; once, however often it asks."""

from __future__ import annotations

from dataclasses import replace

import pytest

from patto_hub.feeds import cursors
from patto_hub.ledger import again, deliveries, lanes
from patto_hub.ledger.lanes import LaneName
from patto_hub.web.app import make_app
from patto_hub.web.site import BASE

PACT = {"pact_id": "P1", "person_id": "X", "ambito": "FG/1", "scheme": "ReD_3", "status": "active"}
NAME = LaneName("cpi-foggia", "pacts", "webhook")
LANES = f"{BASE}/feeds/pacts/lanes"
REPLAYS = f"{BASE}/feeds/pacts/replays"


@pytest.fixture
def served(ledger, say):
    """Three changes of which two were handed over."""
    for _ in range(3):
        say("pact", PACT, to=[2])
    ledger.write_now(deliveries.move, NAME, 2, 5, delivered=True)


@pytest.fixture
def ask(client):
    async def asked(key="k-1", status=202, **wish):
        headers = {} if key is None else {"Idempotency-Key": key}
        answer = await client.post(REPLAYS, json=wish, headers=headers)
        assert answer.status == status, await answer.text()
        return await answer.json()

    return asked


async def test_lanes_and_the_schedule_are_shown(client, ledger, served):
    trouble = {"failures": 2, "trouble": "http.status", "not_before": 9_000}
    ledger.write_now(lanes.change, NAME, lambda lane: replace(lane, **trouble))
    told = await (await client.get(LANES)).json()

    [lane] = told["items"]
    assert (lane["way"], lane["state"], lane["behind"], lane["trouble"]) == ("webhook", "running", True, "http.status")
    assert lane["next_attempt_at"] == "1970-01-01T00:00:09Z"
    assert told["schedule"][-1]["after_s"] > 75 * 3_600
    assert told["probes_s"] == [900, 1_800, 3_600]


async def test_other_partners_and_feeds_lanes_are_not_shown(client, ledger, served):
    for name in (NAME._replace(partner="ente"), NAME._replace(feed="catalogue")):
        ledger.write_now(deliveries.move, name, 2, 5)

    assert len((await (await client.get(LANES)).json())["items"]) == 1


async def test_F72_what_is_after_a_cursor_is_asked_for_once(site, ask, ledger, served):
    cursor = cursors.write(site.cursor_key, "pacts", "cpi-foggia", cursors.Place(1, 20_514))
    first = await ask(cursor=cursor)
    second = await ask(cursor=cursor, status=200)
    [wish] = ledger.read_now(again.of_partner, "cpi-foggia")

    assert (first["state"], first["repeated"], second["repeated"]) == ("running", False, True)
    assert first["number"] == second["number"] == wish.id
    assert (wish.after, wish.until, wish.asked_by) == (1, 2, "partner:cpi-foggia")


async def test_from_a_day_or_of_one_record(ask, client, ledger, served):
    await ask(since="2026-03-01", key="a")
    await ask(record="pact-2", key="b")
    listed = await (await client.get(REPLAYS)).json()

    assert [each["record"] for each in listed["items"]] == ["pact-2", None]
    assert [each.after for each in ledger.read_now(again.of_partner, "cpi-foggia")] == [0, 0]


async def test_without_a_key_each_wish_is_a_new_one(ask, served):
    numbers = {(await ask(since="2026-03-01", key=None))["number"] for _ in range(2)}

    assert len(numbers) == 2


@pytest.mark.parametrize(
    ("wish", "status", "kind"),
    [
        ({}, 422, "body-invalid"),
        ({"since": "2026-03-01", "record": "pact-1"}, 422, "body-invalid"),
        ({"since": "2026-02-30"}, 422, "body-invalid"),
        ({"record": "person-x"}, 422, "body-invalid"),
        ({"since": "2026-03-01", "way": "files"}, 422, "body-invalid"),
        ({"cursor": "forged"}, 400, "cursor-forged"),
    ],
)
async def test_a_wish_that_cannot_be_is_told(ask, served, wish, status, kind):
    told = await ask(status=status, **wish)

    assert told["type"].endswith(kind)


async def test_the_same_key_for_another_wish_is_refused(ask, served):
    await ask(since="2026-03-01")
    told = await ask(record="pact-1", status=422)

    assert told["type"].endswith("idempotency-key-reused")


async def test_whoever_only_fetches_is_told_to_fetch_again(ask):
    told = await ask(since="2026-03-01", status=409)

    assert told["type"].endswith("way-missing")


async def test_where_there_are_several_ways_one_is_named(ask, ledger, served):
    ledger.write_now(deliveries.move, NAME._replace(way="files"), 2, 5)
    unclear = await ask(since="2026-03-01", status=422)
    clear = await ask(since="2026-03-01", way="files")

    assert unclear["errors"][0]["pointer"] == "/way"
    assert clear["way"] == "files"


async def test_no_key_no_replay(aiohttp_client, site, served):
    stranger = await aiohttp_client(make_app(site))

    assert (await stranger.post(REPLAYS, json={"since": "2026-03-01"})).status == 401
    assert (await stranger.get(LANES)).status == 401
