"""A partner sees how it is told of changes, and asks for what it has lost; once, however often it asks."""

from __future__ import annotations

from dataclasses import replace

import pytest

from patto_hub.clock.quiet import Quiet, window
from patto_hub.feeds import cursors
from patto_hub.lanes.terms import Terms
from patto_hub.ledger import again, deliveries, lanes
from patto_hub.ledger.lanes import LaneName
from patto_hub.web.app import make_app
from patto_hub.web.site import BASE

PACT = {"pact_id": "P1", "person_id": "X", "ambito": "FG/1", "scheme": "ReD_3", "status": "active"}
NAME = LaneName("cpi-foggia", "pacts", "webhook")
LANES = f"{BASE}/feeds/pacts/lanes"
REPLAYS = f"{BASE}/feeds/pacts/replays"


@pytest.fixture
def ways():
    """What the settings name."""
    return {NAME: Terms()}


@pytest.fixture
def site(make_site, ways):
    return make_site(ways=ways)


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
    assert (lane["next_attempt_at"], lane["quiet_hours"]) == ("1970-01-01T00:00:09Z", [])
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
        ({"since": "2026-03-03"}, 422, "body-invalid"),
        ({"since": "2026-03-02T09:00:01Z"}, 422, "body-invalid"),
        ({"since": "2026-03-02T09:00:00Z", "record": None}, 202, ""),
        ({"since": "1999-01-01"}, 202, ""),
    ],
)
async def test_a_wish_that_cannot_be_is_told(ask, served, wish, status, kind):
    told = await ask(status=status, **wish)

    assert told.get("type", "").endswith(kind)


@pytest.mark.parametrize("wish", [{}, {"since": "2026-03-01", "record": "pact-1"}])
async def test_a_wish_that_says_no_place_or_two_is_told_what_to_name(ask, served, wish):
    [error] = (await ask(status=422, **wish))["errors"]

    assert (error["code"], error["detail"]) == ("one_of", "serve uno solo fra: cursor, since, record")


async def test_the_same_key_for_another_wish_is_refused(ask, served):
    await ask(since="2026-03-01")
    told = await ask(record="pact-1", status=422)

    assert told["type"].endswith("idempotency-key-reused")


async def test_whoever_only_fetches_is_told_to_fetch_again(ask, ways):
    ways.clear()
    told = await ask(since="2026-03-01", status=409)

    assert told["type"].endswith("way-missing")


async def test_where_there_are_several_ways_one_is_named(ask, ledger, served, ways):
    ways[NAME._replace(way="files")] = Terms()
    ledger.write_now(deliveries.move, NAME._replace(way="files"), 2, 5)
    unclear = await ask(since="2026-03-01", status=422)
    clear = await ask(since="2026-03-01", way="files")

    assert unclear["errors"][0]["pointer"] == "/way"
    assert clear["way"] == "files"


async def test_no_key_no_replay(aiohttp_client, site, served):
    stranger = await aiohttp_client(make_app(site))

    assert (await stranger.post(REPLAYS, json={"since": "2026-03-01"})).status == 401
    assert (await stranger.get(LANES)).status == 401


async def test_when_it_is_quiet_the_next_attempt_is_at_its_end(client, ways, served):
    ways[NAME] = Terms(quiet=Quiet((window("09:00-12:00"),)))
    [lane] = (await (await client.get(LANES)).json())["items"]

    assert (lane["quiet_hours"], lane["next_attempt_at"]) == (["09:00-12:00"], "2026-03-02T11:00:00Z")


async def test_a_way_that_has_carried_nothing_yet_is_shown(client):
    [lane] = (await (await client.get(LANES)).json())["items"]

    assert (lane["way"], lane["state"], lane["since"], lane["delivered_at"]) == ("webhook", "running", None, None)


async def test_a_way_that_was_taken_out_of_the_settings_is_shown_as_such_and_takes_no_wish(client, ask, ways, served):
    ways.clear()
    [lane] = (await (await client.get(LANES)).json())["items"]
    alone = await ask(since="2026-03-01", status=409)
    ways[NAME._replace(way="signals")] = Terms()
    named = await ask(since="2026-03-01", way="webhook", status=409)

    assert (lane["state"], lane["behind"], lane["next_attempt_at"]) == ("removed", False, None)
    assert alone["type"].endswith("way-missing")
    assert "webhook" in alone["detail_en"]
    assert named["detail_en"] == alone["detail_en"]


async def test_of_others_records_and_of_none_the_same_is_said(ask, say, served):
    say("pact", PACT, to=[1])
    theirs = await ask(record="pact-4", status=404)
    nobodys = await ask(record="pact-999", status=404)
    told = [{name: said for name, said in each.items() if name != "instance"} for each in (theirs, nobodys)]

    assert told[0] == told[1]
    assert told[0]["type"].endswith("record-missing")
    assert "pact-4" not in str(theirs)


async def test_a_record_that_was_not_sent_yet_is_not_sent_again(ask, served):
    told = await ask(record="pact-3", status=409)

    assert told["type"].endswith("nothing-to-repeat")


async def test_where_nothing_was_sent_there_is_nothing_to_repeat(ask, ledger, say, site):
    say("pact", PACT, to=[2])
    unsent = await ask(since="2026-03-01", status=409)
    ledger.write_now(deliveries.move, NAME, 1, 5)
    after = await ask(
        cursor=cursors.write(site.cursor_key, "pacts", "cpi-foggia", cursors.Place(1, 20_514)), status=409
    )

    assert {unsent["code"], after["code"]} == {"nothing-to-repeat"}
    assert unsent["detail_en"] != after["detail_en"]
    assert ledger.read_now(again.of_partner, "cpi-foggia") == []


async def test_what_the_partner_says_itself_is_nothing_to_repeat_unless_it_wants_it(ask, ledger, say, ways):
    say("pact", PACT, to=[2], partner=2)
    ledger.write_now(deliveries.move, NAME, 1, 5)
    told = await ask(since="2026-03-01", status=409)
    ways[NAME] = Terms(own=True)
    await ask(since="2026-03-01")

    assert told["type"].endswith("nothing-to-repeat")


async def test_a_repeat_is_told_what_the_first_one_was_whatever_came_meanwhile(ask, ledger, served):
    first = await ask(record="pact-2")
    ledger.write_now(lambda each: each.exec_driver_sql("DELETE FROM audience"))
    second = await ask(record="pact-2", status=200)
    another = await ask(record="pact-2", key="k-2", status=404)

    assert first["number"] == second["number"]
    assert another["type"].endswith("record-missing")


async def test_a_replay_that_is_not_taken_says_why_and_when_it_is_tried_again(ask, client, ledger, served):
    await ask(since="2026-03-01")
    [wish] = ledger.read_now(again.of_partner, "cpi-foggia")
    ledger.write_now(again.failed, wish, "webhook.refused", 9_000, 5)
    [waits] = (await (await client.get(REPLAYS)).json())["items"]
    ledger.write_now(again.failed, wish, "webhook.refused", None, 6)
    [ended] = (await (await client.get(REPLAYS)).json())["items"]

    assert (waits["state"], waits["trouble"], waits["next_attempt_at"]) == (
        "running",
        "webhook.refused",
        "1970-01-01T00:00:09Z",
    )
    assert (ended["state"], ended["next_attempt_at"], ended["ended_at"]) == (
        "failed",
        None,
        "1970-01-01T00:00:00.006000Z",
    )
