from __future__ import annotations

import json
from itertools import product
from threading import Event, Thread

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from patto_hub.feeds import cursors, pages
from patto_hub.feeds.spec import FeedSpec, Projection, View
from patto_hub.ledger import feed as addressed
from patto_hub.testing.subscribed import whole

KEY = b"k" * 32
NOW = 1_772_442_000_000
WHY = {"it": "prova", "en": "test"}


class Shape(Projection):
    pact_id: str


PACTS = FeedSpec(name="pacts", title=WHY, views=(View(kind="pact", shape=Shape, purpose=WHY, legal_basis=WHY),))
OPEN = FeedSpec(
    name="open", title=WHY, views=(View(kind="course", shape=Shape, purpose=WHY, legal_basis=WHY),), public=True
)
READER = pages.Reader(partner="cpi-foggia", organisation=2)


async def read(ledger, *, feed=PACTS, reader=READER, cursor=None, limit=100, now=NOW):
    return await pages.read(
        ledger, subscription=whole(feed), reader=reader, key=KEY, cursor=cursor, limit=limit, now=now
    )


async def everything(ledger, **how):
    items, cursor = [], None
    while True:
        page = await read(ledger, cursor=cursor, **how)
        items += page.items
        cursor = page.next_cursor
        if not page.has_more:
            return items, cursor


def keys_of(page):
    return [json.loads(line)["data"]["pact_id"] for line in page.as_ndjson("/").splitlines()[:-1]]


async def test_a_reader_gets_what_is_addressed_to_it_in_order(ledger, say):
    for n, to in enumerate(([2], [1], [1, 2], [3], [2])):
        say("pact", {"pact_id": str(n)}, to=to)

    page = await read(ledger)

    assert keys_of(page) == ["0", "2", "4"]
    assert not page.has_more


async def test_an_item_says_what_happened_to_which_version_of_what(ledger, say):
    say("pact", {"pact_id": "7", "name": "Rossi"}, to=[2], version=3)

    page = json.loads((await read(ledger)).as_json("/next"))

    assert page["items"] == [
        {
            "id": "pact-1",
            "version": 3,
            "change": "upsert",
            "changed_at": "2026-03-02T09:00:00.000Z",
            "kind": "pact",
            "source": "ambito-fg1",
            "view": "Shape/1",
            "data": {"pact_id": "7"},
        }
    ]
    assert page["_links"] == {"next": {"href": "/next"}}
    assert page["has_more"] is False


@pytest.mark.parametrize("op", ["delete", "withdraw", "erase"])
async def test_of_a_record_that_is_gone_only_its_number_leaves(ledger, say, op):
    say("pact", {"pact_id": "SECRET"}, to=[2], op=op)

    body = (await read(ledger)).as_json("/")

    assert json.loads(body)["items"][0]["change"] == op
    assert json.loads(body)["items"][0]["data"] is None
    assert b"SECRET" not in body


async def test_an_erased_record_is_told_as_erased(ledger, say):
    say("pact", None, to=[2])

    page = await read(ledger)

    assert [(item["change"], item["data"]) for item in page.items] == [("erase", None)]


async def test_public_records_leave_in_public_feeds_only_and_once(ledger, say):
    say("course", {"pact_id": "all"}, to=[0])
    say("course", {"pact_id": "both"}, to=[0, 2])
    say("pact", {"pact_id": "public by mistake"}, to=[0])

    assert keys_of(await read(ledger, feed=OPEN)) == ["all", "both"]
    assert keys_of(await read(ledger, feed=PACTS)) == []


async def test_a_partner_without_an_organisation_reads_public_records_only(ledger, say):
    say("course", {"pact_id": "all"}, to=[0])
    say("pact", {"pact_id": "mine"}, to=[2])
    nobody = pages.Reader(partner="nessuno", organisation=None)

    assert keys_of(await read(ledger, feed=OPEN, reader=nobody)) == ["all"]
    assert keys_of(await read(ledger, feed=PACTS, reader=nobody)) == []


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(
        st.tuples(st.sampled_from(["pact", "course"]), st.sets(st.integers(min_value=0, max_value=3))), max_size=25
    ),
    limit=st.integers(min_value=1, max_value=7),
)
async def test_what_a_reader_gets_agrees_with_a_model_of_who_may_see_what(ledger, say, rows, limit):
    ledger.write_now(_forget)
    for n, (kind, to) in enumerate(rows):
        say(kind, {"pact_id": str(n)}, to=sorted(to))

    for organisation, feed in product((None, 1, 2, 3), (PACTS, OPEN)):
        reader = pages.Reader(partner=f"p{organisation}", organisation=organisation)
        items, _ = await everything(ledger, feed=feed, reader=reader, limit=limit)

        may = {organisation} - {None} | ({0} if feed.public else set())
        model = [str(n) for n, (kind, to) in enumerate(rows) if kind in feed.kinds and to & may]
        assert [json.loads(bytes(item["data"]))["pact_id"] for item in items] == model


def _forget(connection):
    for table in ("audience", "change", "record_version", "head"):
        connection.exec_driver_sql(f"DELETE FROM {table}")  # noqa: S608 - names from the line above


async def test_F80_a_place_read_long_ago_goes_on_with_all_that_came_since(ledger, say):
    say("pact", {"pact_id": "0"}, to=[2])
    cursor = (await read(ledger)).next_cursor
    for n in range(1, 250):
        say("pact", {"pact_id": str(n)}, to=[2])

    items, _ = await everything(ledger, now=NOW + 399 * cursors.DAY_MS)
    page = await read(ledger, cursor=cursor, limit=1000, now=NOW + 399 * cursors.DAY_MS)

    assert len(items) == 250
    assert keys_of(page) == [str(n) for n in range(1, 250)]


async def test_F80_a_cursor_older_than_the_retention_is_stale(ledger, say):
    say("pact", {"pact_id": "0"}, to=[2])
    cursor = (await read(ledger)).next_cursor

    assert (await read(ledger, cursor=cursor, now=NOW + pages.RETENTION_DAYS * cursors.DAY_MS)).items == []
    with pytest.raises(pages.Stale):
        await read(ledger, cursor=cursor, now=NOW + (pages.RETENTION_DAYS + 1) * cursors.DAY_MS)


async def test_F80_a_cursor_ahead_of_a_restored_ledger_is_stale(ledger):
    cursor = cursors.write(KEY, "pacts", "cpi-foggia", cursors.Place(99, NOW // cursors.DAY_MS))

    with pytest.raises(pages.Stale):
        await read(ledger, cursor=cursor)


async def test_F80_a_forged_cursor_is_refused(ledger):
    other = cursors.write(b"o" * 32, "pacts", "cpi-foggia", cursors.Place(0, NOW // cursors.DAY_MS))

    with pytest.raises(cursors.Forged):
        await read(ledger, cursor=other)


async def test_F81_no_number_appears_below_one_already_served_while_writers_write(ledger, say):
    stop = Event()

    def writing():
        for n in range(300):
            say("pact", {"pact_id": str(n)}, to=[2] if n % 3 else [2, 3])
        stop.set()

    writer = Thread(target=writing)
    writer.start()
    seen, cursor, ended = [], None, False
    while not ended:
        ended = stop.is_set()
        page = await read(ledger, cursor=cursor, limit=17)
        cursor = page.next_cursor
        seen += keys_of(page)
        ended = ended and not page.has_more
    writer.join()

    assert seen == [str(n) for n in range(300)]


async def test_F81_a_transaction_that_is_still_open_holds_later_numbers_back(ledger, say):
    say("pact", {"pact_id": "before"}, to=[2])
    inside, go = Event(), Event()

    def slow(connection):
        connection.exec_driver_sql(
            "INSERT INTO change (head_id, version_id, kind, op, run_id, at) VALUES (1,1,'pact','upsert',1,0)"
        )
        connection.exec_driver_sql("INSERT INTO audience SELECT 2, max(seq) FROM change")
        inside.set()
        go.wait(20)

    first = Thread(target=ledger.write_now, args=(slow,))
    first.start()
    inside.wait(20)
    second = Thread(target=say, args=("pact", {"pact_id": "second"}), kwargs={"to": [2]})
    second.start()

    during = await read(ledger)
    go.set()
    first.join()
    second.join()
    after = await read(ledger, cursor=during.next_cursor)

    assert [item["id"] for item in during.items] == ["pact-1"]
    assert [item["id"] for item in after.items] == ["pact-1", "pact-2"]


async def test_a_rare_kind_gives_a_short_page_instead_of_a_long_wait(ledger, say):
    for n in range(50):
        say("course", {"pact_id": str(n)}, to=[2])
    last = say("pact", {"pact_id": "rare"}, to=[2])

    def page(after):
        return ledger.read_now(addressed.page, organisations=[2], kinds=["pact"], after=after, limit=10, scan=20)

    first = page(0)
    assert (first.items, first.position, first.more) == ([], 20, True)
    third = page(page(first.position).position)
    assert [item.seq for item in third.items] == [last]
    assert not third.more


async def test_a_page_is_a_range_scan_however_much_others_are_addressed(ledger):
    def plan(connection):
        query = addressed._PAGE.format(
            looked="SELECT seq FROM (SELECT seq FROM audience WHERE organisation_id = 1 AND seq > 5 UNION SELECT seq"
            " FROM audience WHERE organisation_id = 0 AND seq > 5 ORDER BY seq) LIMIT 10",
            kinds="'pact'",
        )
        return [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {query}", (10,))]

    statements = ledger.read_now(plan)

    assert not [
        line for line in statements if line.startswith("SCAN") and line.split()[1] in {"audience", "change", "v", "h"}
    ]
    assert sum("SEARCH audience USING PRIMARY KEY (organisation_id=? AND seq>?)" in line for line in statements) == 2


async def test_the_tag_of_a_page_changes_with_its_items_only(ledger, say):
    say("pact", {"pact_id": "0"}, to=[2])
    first = await read(ledger)

    assert (await read(ledger, now=NOW + 1)).etag == first.etag
    say("pact", {"pact_id": "1"}, to=[2])
    assert (await read(ledger)).etag != first.etag
