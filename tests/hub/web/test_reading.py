from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from patto_hub.feeds import cursors
from patto_hub.web.site import BASE

PACT = {
    "pact_id": "P1",
    "person_id": "RSSMRA80A01D643X",
    "person_scheme": "cf",
    "ambito": "FG/1",
    "scheme": "ReD_3",
    "status": "active",
    "note": "CANARY",
}
FEED = f"{BASE}/feeds/pacts"
SNAPSHOT, CHANGES = f"{FEED}/snapshot", f"{FEED}/changes"


@pytest.fixture
def key(key_of):
    return key_of(scopes=("pacts", "enrolments"))


@pytest.fixture
async def client(client_at, site, key):
    return await client_at(site, key)


@pytest.fixture
def pacts(say):
    return [say("pact", {**PACT, "pact_id": f"P{n}"}, to=[2]) for n in range(5)]


def numbers(page):
    return [item["data"]["pact_id"] for item in page["items"]]


async def test_following_the_links_leads_from_the_snapshot_into_the_changes(client, pacts, say):
    read, ways, link = [], [], f"{SNAPSHOT}?limit=2"
    while link:
        answer = await client.get(link)
        page = await answer.json()
        ways.append((urlsplit(link).path, answer.headers.get("Snapshot-Complete")))
        read += numbers(page)
        if len(ways) == 1:
            say("pact", {**PACT, "pact_id": "P0 corrected"}, to=[2], head=1, version=2)
            say("pact", {**PACT, "pact_id": "P4 corrected"}, to=[2], head=5, version=2)
        link = page["_links"]["next"]["href"] if page["has_more"] else None

    assert read == ["P0", "P1", "P2", "P3", "P0 corrected", "P4 corrected"]
    assert ways == [(SNAPSHOT, "false"), (SNAPSHOT, "true"), (CHANGES, None)]


async def test_a_snapshot_lets_out_what_the_view_names_in_every_format(client, pacts):
    of_json = await (await client.get(SNAPSHOT)).json()
    lines = (await (await client.get(SNAPSHOT, headers={"Accept": "application/x-ndjson"})).text()).splitlines()
    table = (await (await client.get(f"{SNAPSHOT}.csv")).read()).decode("utf-8-sig")
    tree = await (await client.get(f"{SNAPSHOT}.xml")).text()
    workbook = await client.get(f"{SNAPSHOT}.xlsx")

    assert [json.loads(line) for line in lines][:-1] == of_json["items"]
    assert numbers(of_json) == [row["pact_id"] for row in csv.DictReader(io.StringIO(table), delimiter=";")]
    assert tree.count("<pact_id>") == 5
    assert "/changes.xml?" in tree
    assert workbook.headers["Next-Cursor"] == of_json["next_cursor"]
    assert all("CANARY" not in text for text in (json.dumps(of_json), table, tree, *lines))


async def test_an_unchanged_page_of_a_snapshot_is_not_sent_twice(client, pacts, say):
    tag = (await client.get(SNAPSHOT)).headers["ETag"]

    again = await client.get(SNAPSHOT, headers={"If-None-Match": tag})
    say("pact", {**PACT, "pact_id": "P9"}, to=[1])
    changed = await client.get(SNAPSHOT, headers={"If-None-Match": tag})

    assert (again.status, await again.read()) == (304, b"")
    assert changed.status == 200


async def test_F80_a_stale_cursor_is_answered_with_the_way_to_the_snapshot(client_at, site, key, client, pacts):
    cursor = (await (await client.get(CHANGES)).json())["next_cursor"]
    later = replace(site.world, now=lambda: site.world.now() + timedelta(days=402))
    then = await client_at(replace(site, world=later), key)

    stale = await then.get(CHANGES, params={"cursor": cursor})
    problem = await stale.json()

    assert (stale.status, problem["code"]) == (410, "cursor-stale")
    assert urlsplit(problem["_links"]["snapshot"]["href"]).path == SNAPSHOT
    again = await (await then.get(problem["_links"]["snapshot"]["href"])).json()
    assert numbers(again) == ["P0", "P1", "P2", "P3", "P4"]


async def test_F80_a_cursor_at_the_wrong_address_is_told_where_it_belongs(client, pacts):
    inside = (await (await client.get(SNAPSHOT, params={"limit": 1})).json())["next_cursor"]
    among = (await (await client.get(CHANGES)).json())["next_cursor"]

    for url, cursor in ((CHANGES, inside), (SNAPSHOT, among)):
        answer = await client.get(url, params={"cursor": cursor})
        problem = await answer.json()
        assert (answer.status, problem["code"]) == (400, "cursor-misplaced")
        assert problem["_links"]["snapshot"]["href"] == SNAPSHOT


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    position=st.integers(0, 2**63 - 1),
    day=st.integers(0, 2**32 - 1),
    top=st.one_of(st.none(), st.integers(0, 2**63 - 1)),
    index=st.integers(0, 100),
    flip=st.integers(1, 127),
)
async def test_F80_whatever_is_wrong_with_a_cursor_is_a_refusal_and_never_a_fault(  # noqa: PLR0917
    client, site, pacts, position, day, top, index, flip
):
    place = cursors.Place(position, day, top)
    mine = cursors.write(site.cursor_key, "pacts", "cpi-foggia", place)
    at = index % len(mine)
    changed = mine[:at] + chr(ord(mine[at]) ^ flip) + mine[at + 1 :]
    others = (
        cursors.write(site.cursor_key, "pacts", "ente", place),
        cursors.write(site.cursor_key, "enrolments", "cpi-foggia", place),
    )

    for url in (CHANGES, SNAPSHOT, f"{FEED}/records/pact-1"):
        for forged in (changed, *others):
            answer = await client.get(url, params={"cursor": forged})
            assert answer.status == 400
        assert (await client.get(url, params={"cursor": mine})).status in {200, 400, 410}


@pytest.mark.parametrize(
    ("since", "expected"),
    [
        ("2026-11-01", ["P2", "P3", "P4"]),  # it begins at 23:00 UTC of the day before: summer time has ended
        ("2026-10-31T23:00:00Z", ["P2", "P3", "P4"]),
        ("2026-11-01T00:00:00+01:00", ["P2", "P3", "P4"]),
        ("2026-11-01T00:00:00.001+01:00", ["P3", "P4"]),
        ("2020-01-01", ["P0", "P1", "P2", "P3", "P4"]),
        ("2030-01-01", []),
    ],
)
async def test_F72_changes_are_given_again_from_a_day_or_an_instant(client, ledger, pacts, since, expected):
    times = (
        datetime(2026, 10, 30, tzinfo=UTC),
        datetime(2026, 10, 31, 22, 59, 59, tzinfo=UTC),
        datetime(2026, 10, 31, 23, tzinfo=UTC),
        datetime(2026, 11, 1, 8, tzinfo=UTC),
        datetime(2026, 11, 2, tzinfo=UTC),
    )
    for seq, at in zip(pacts, times, strict=True):
        ledger.write_now(_recorded, seq, int(at.timestamp() * 1000))
    whole = await (await client.get(CHANGES)).json()

    read, link = [], f"{CHANGES}?limit=2&since={since.replace('+', '%2B')}"
    while link:
        page = await (await client.get(link)).json()
        read += page["items"]
        link = page["_links"]["next"]["href"] if page["has_more"] else None
        assert link is None or "since" not in parse_qs(urlsplit(link).query)

    assert [item["data"]["pact_id"] for item in read] == expected
    assert [item for item in whole["items"] if item in read] == read


def _recorded(connection, seq, at):
    connection.exec_driver_sql("UPDATE change SET at = ? WHERE seq = ?", (at, seq))


@pytest.mark.parametrize(
    "query", ["since=ieri", "since=2026-02-30", "since=2026-11-01T25:00:00Z", "since=2026-11-01T10:00:00", "since="]
)
async def test_a_wrong_instant_is_refused_with_a_right_one(client, query):
    answer = await client.get(f"{CHANGES}?{query}")
    problem = await answer.json()

    assert answer.status == 400
    assert [(each["pointer"], each["example"]) for each in problem["errors"]] == [("/since", "2026-11-01")]


async def test_a_cursor_and_an_instant_do_not_go_together(client, pacts):
    cursor = (await (await client.get(CHANGES)).json())["next_cursor"]

    assert (await client.get(CHANGES, params={"cursor": cursor, "since": "2026-11-01"})).status == 400


async def test_F72_one_pact_is_given_again(client, pacts):
    answer = await client.get(f"{FEED}/records/pact-2")
    page = await answer.json()
    whole = await (await client.get(CHANGES)).json()

    assert page["items"] == whole["items"][1:2]
    onward = await (await client.get(page["_links"]["next"]["href"])).json()
    assert (onward["items"], onward["has_more"]) == ([], False)


@pytest.mark.parametrize("record", ["pact-77", "measure-1", "pact-01", "person-1"])
async def test_a_record_of_others_is_not_found(client, pacts, say, record):
    say("pact", {**PACT, "pact_id": "other"}, to=[1], head=None)

    answer = await client.get(f"{FEED}/records/{record}")

    assert (answer.status, (await answer.json())["code"]) == (404, "not-found")


async def test_without_a_key_there_is_no_snapshot_and_no_history(client_at, site, pacts):
    stranger = await client_at(site)

    for url in (SNAPSHOT, f"{SNAPSHOT}.csv", f"{FEED}/records/pact-1"):
        assert (await stranger.get(url)).status == 401
