from __future__ import annotations

import json
import tracemalloc

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec import Raw

from patto_hub.feeds import cursors, pages, snapshot
from patto_hub.feeds.spec import FeedSpec, Projection, View
from patto_hub.ledger import audiences, snapshots
from patto_hub.testing.subscribed import whole

KEY = b"k" * 32
NOW = 1_772_442_000_000
WHY = {"it": "prova", "en": "test"}


class Shape(Projection):
    pact_id: str


def view(kind):
    return View(kind=kind, shape=Shape, purpose=WHY, legal_basis=WHY)


PACTS = FeedSpec(name="pacts", title=WHY, views=(view("pact"), view("measure")))
OPEN = FeedSpec(name="open", title=WHY, views=(view("pact"), view("course")), public=True)
READER = pages.Reader(partner="cpi-foggia", organisation=2)


async def piece(ledger, cursor=None, *, feed=PACTS, reader=READER, limit=100, now=NOW):
    return await snapshot.read(
        ledger, subscription=whole(feed), reader=reader, key=KEY, cursor=cursor, limit=limit, now=now
    )


async def changes(ledger, cursor, *, feed=PACTS, reader=READER, limit=100, now=NOW):
    return await pages.read(
        ledger, subscription=whole(feed), reader=reader, key=KEY, cursor=cursor, limit=limit, now=now
    )


async def record(ledger, name, cursor=None, *, reader=READER, limit=100):
    return await snapshot.read_record(
        ledger,
        subscription=whole(PACTS),
        reader=reader,
        key=KEY,
        record=name,
        cursor=cursor,
        limit=limit,
        now=NOW,
    )


def keep(held, items):
    """Do with a page what a reader does."""
    for item in items:
        version, _ = held.get(item["id"], (0, None))
        if item["version"] >= version:
            data = item["data"]
            held[item["id"]] = (item["version"], bytes(data) if isinstance(data, Raw) else data)
    return held


def there(held):
    return {name: each for name, each in held.items() if each[1] is not None}


async def replayed(ledger, **how):
    held, cursor, more = {}, None, True
    while more:
        page = await changes(ledger, cursor, **how)
        keep(held, page.items)
        cursor, more = page.next_cursor, page.has_more
    return there(held)


class Writer:
    """Says, corrects, withdraws, deletes and erases records, as the road does it."""

    def __init__(self, ledger, say):
        self.ledger, self.say = ledger, say
        self.versions = {}
        ledger.write_now(_forget_all)

    def do(self, act, which, to):
        if act == "new" or not self.versions:
            kind = ("pact", "measure", "course")[which % 3]
            self.say(kind, {"pact_id": f"n{len(self.versions)}"}, to=sorted(to))
            head = self.ledger.read_now(lambda c: c.exec_driver_sql("SELECT max(id) FROM head").scalar_one())
            self.versions[head] = (kind, 1)
            return
        head = sorted(self.versions)[which % len(self.versions)]
        kind, version = self.versions[head]
        if act == "again":  # the same version is addressed to somebody new
            self.say(kind, {"pact_id": f"h{head}v{version}"}, to=sorted(to), head=head, version=version)
        elif act == "change":
            self.versions[head] = (kind, version + 1)
            self.say(kind, {"pact_id": f"h{head}v{version + 1}"}, to=sorted(to), head=head, version=version + 1)
        elif act == "withdraw":
            seq = self.say(kind, None, to=sorted(to), op="withdraw", head=head, version=version)
            for organisation in sorted(to):
                self.ledger.write_now(audiences.forget, organisation, [head], seq)
        else:
            if act == "erase":
                self.ledger.write_now(_blank, head)
            self.versions[head] = (kind, version + 1)
            self.say(kind, None, to=[0, 1, 2, 3], op="delete", head=head, version=version + 1)


def _forget_all(connection):
    for table in ("audience", "change", "record_version", "head"):
        connection.exec_driver_sql(f"DELETE FROM {table}")  # noqa: S608 - names from the line above


def _blank(connection, head):
    connection.exec_driver_sql("UPDATE record_version SET payload = NULL WHERE head_id = ?", (head,))


acts = st.lists(
    st.tuples(
        st.sampled_from(["new", "new", "change", "again", "withdraw", "delete", "erase"]),
        st.integers(min_value=0, max_value=50),
        st.sets(st.sampled_from([0, 1, 2, 3]), min_size=1),
    ),
    max_size=12,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(before=acts, between=st.lists(acts, max_size=6), limit=st.integers(1, 5), feed=st.sampled_from([PACTS, OPEN]))
async def test_F81_snapshot_and_changes_come_to_what_all_changes_from_the_beginning_come_to(  # noqa: PLR0917
    ledger, say, before, between, limit, feed
):
    writer, meanwhile = Writer(ledger, say), iter(between)
    for act in before:
        writer.do(*act)

    held, cursor, complete = {}, None, False
    while not complete:
        part = await piece(ledger, cursor, feed=feed, limit=limit)
        keep(held, part.page.items)
        cursor, complete = part.page.next_cursor, part.complete
        for act in next(meanwhile, ()):
            writer.do(*act)
    more = True
    while more:
        page = await changes(ledger, cursor, feed=feed, limit=limit)
        keep(held, page.items)
        cursor, more = page.next_cursor, page.has_more

    assert there(held) == await replayed(ledger, feed=feed)


async def test_a_snapshot_gives_each_record_once_as_it_is_now_and_nothing_that_is_gone(ledger, say):
    say("pact", {"pact_id": "old"}, to=[2])
    say("pact", {"pact_id": "new"}, to=[2], head=1, version=2)
    say("pact", {"pact_id": "deleted"}, to=[2])
    say("pact", None, to=[2], head=2, op="delete", version=2)
    say("pact", {"pact_id": "of others"}, to=[1])
    say("pact", {"pact_id": "mine, later theirs"}, to=[2])
    say("pact", {"pact_id": "theirs now"}, to=[1], head=4, version=2)
    erased = say("pact", {"pact_id": "erased"}, to=[2])
    ledger.write_now(_blank, 5)

    part = await piece(ledger)

    assert [(item["id"], item["version"]) for item in part.page.items] == [("pact-1", 2), ("pact-4", 1)]
    assert (part.complete, part.page.has_more, part.page.position) == (True, False, erased)


async def test_a_record_that_changes_while_a_reader_pages_comes_with_the_changes_only(ledger, say):
    for n in range(4):
        say("pact", {"pact_id": str(n)}, to=[2])
    first = await piece(ledger, limit=2)
    say("pact", {"pact_id": "3b"}, to=[2], head=4, version=2)

    last = await piece(ledger, first.page.next_cursor, limit=2)
    after = await changes(ledger, last.page.next_cursor)

    assert [item["id"] for item in (*first.page.items, *last.page.items)] == ["pact-1", "pact-2", "pact-3"]
    assert last.complete
    assert last.page.has_more
    assert [(item["id"], item["version"]) for item in after.items] == [("pact-4", 2)]


async def test_F80_a_cursor_of_the_other_kind_is_misplaced(ledger, say):
    for n in range(3):
        say("pact", {"pact_id": str(n)}, to=[2])
    inside = (await piece(ledger, limit=1)).page.next_cursor
    among = (await changes(ledger, None)).next_cursor

    with pytest.raises(cursors.Misplaced):
        await changes(ledger, inside)
    with pytest.raises(cursors.Misplaced):
        await piece(ledger, among)


async def test_F80_a_snapshot_of_another_ledger_or_too_long_ago_is_stale(ledger, say):
    for n in range(3):
        say("pact", {"pact_id": str(n)}, to=[2])
    begun = (await piece(ledger, limit=1)).page.next_cursor
    ahead = cursors.write(KEY, "pacts", "cpi-foggia", cursors.Place(1, NOW // cursors.DAY_MS, top=99))

    with pytest.raises(pages.Stale):
        await piece(ledger, ahead)
    with pytest.raises(pages.Stale):
        await piece(ledger, begun, now=NOW + (pages.RETENTION_DAYS + 1) * cursors.DAY_MS)


async def test_a_snapshot_is_a_range_scan_and_a_look_into_an_index_for_each_record(ledger):
    def plan(connection):
        query = snapshots._CURRENT.format(
            looked="SELECT seq FROM (SELECT seq FROM audience WHERE organisation_id = 1 AND seq > 5 AND seq <= 9 UNION"
            " SELECT seq FROM audience WHERE organisation_id = 0 AND seq > 5 AND seq <= 9 ORDER BY seq) LIMIT 10",
            kinds="'pact'",
            told="0, 1",
        )
        return [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {query}", (10,))]

    steps = ledger.read_now(plan)

    tables = {"audience", "change", "newer", "told", "v", "h", "p"}
    assert [line for line in steps if line.startswith("SCAN") and line.split()[1] in tables] == []
    assert any("SEARCH newer USING" in line and "ix_change_head_id" in line for line in steps)
    assert sum("SEARCH audience USING PRIMARY KEY (organisation_id=? AND seq>?" in line for line in steps) == 2


def test_a_rare_kind_gives_a_short_page_instead_of_a_long_wait(ledger, say):
    for n in range(50):
        say("course", {"pact_id": str(n)}, to=[2])
    last = say("pact", {"pact_id": "rare"}, to=[2])

    def read(after):
        how = {"organisations": [2], "kinds": ["pact"], "limit": 10, "scan": 20, "top": last}
        return ledger.read_now(snapshots.current, after=after, **how)[0]

    first = read(0)
    assert (first.items, first.position, first.more) == ([], 20, True)
    third = read(read(first.position).position)
    assert ([item.seq for item in third.items], third.more) == ([last], False)


def test_F84_a_page_takes_as_much_memory_of_a_long_table_as_of_a_short_one(ledger, say):
    def peak():
        tracemalloc.start()
        ledger.read_now(snapshots.current, organisations=[2], kinds=["pact"], after=0, top=None, limit=50)
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    for n in range(60):
        say("pact", {"pact_id": str(n), "more": "x" * 1000}, to=[2])
    peak()
    short = peak()
    ledger.write_now(_multiply, 3001)

    assert ledger.read_now(lambda c: c.exec_driver_sql("SELECT count(*) FROM audience").scalar_one()) == 3000
    assert peak() < 1.5 * short


def _multiply(connection, most):
    for n in range(61, most):
        connection.exec_driver_sql(
            "INSERT INTO head (id, partner_id, kind, key, version_id, version, run_id, digest)"
            " VALUES (?, 1, 'pact', ?, ?, 1, 0, 0)",
            (n, f"more {n}", n),
        )
        connection.exec_driver_sql(
            "INSERT INTO record_version (id, head_id, version, payload, digest, valid_from, known_at, run_id, position)"
            " SELECT ?, ?, 1, payload, digest, 0, 0, 0, '$' FROM record_version WHERE id = 1",
            (n, n),
        )
        connection.exec_driver_sql("INSERT INTO change VALUES (?, ?, ?, 'pact', 'upsert', 0, 0)", (n, n, n))
        connection.exec_driver_sql("INSERT INTO audience VALUES (2, ?)", (n,))


def test_the_number_at_an_instant_does_not_move_as_numbers_grow(ledger):
    def add(connection, at):
        connection.exec_driver_sql(
            "INSERT INTO change (head_id, version_id, kind, op, run_id, at) VALUES (1, 1, 'pact', 'upsert', 0, ?)",
            (at,),
        )

    told = {}
    for number in range(1, 70):
        ledger.write_now(add, number * 10)
        for instant in range(0, number * 10, 7):
            found = ledger.read_now(snapshots.position_at, instant)

            assert found == told.setdefault(instant, max(0, (instant - 1) // 10))


async def test_F72_one_record_is_given_again_with_the_ids_and_versions_of_the_first_time(ledger, say):
    say("pact", {"pact_id": "P"}, to=[2])
    say("measure", {"pact_id": "M"}, to=[2])
    say("measure", {"pact_id": "of others"}, to=[1])
    say("measure", {"pact_id": "other dossier"}, to=[2])
    say("pact", {"pact_id": "P, corrected"}, to=[2], head=1, version=2)
    ledger.write_now(_hang, (1, 2, 3), 1)
    first = (await changes(ledger, None)).items

    again, cursor, more = [], None, True
    while more:
        page = await record(ledger, "pact-1", cursor, limit=1)
        again += page.items
        cursor, more = page.next_cursor, page.has_more

    assert again == [item for item in first if item["id"] != "measure-4"]
    assert [(item["id"], item["version"]) for item in again] == [("pact-1", 1), ("measure-2", 1), ("pact-1", 2)]
    assert [item["id"] for item in (await record(ledger, "measure-2")).items] == ["measure-2"]


def _hang(connection, heads, pact):
    for head in heads:
        connection.exec_driver_sql("UPDATE head SET pact_id = ? WHERE id = ?", (pact, head))


@pytest.mark.parametrize("name", ["pact-3", "pact-99", "measure-1", "person-1", "pact-01", "pact-", "pact--1", "x"])
async def test_a_record_that_is_not_the_readers_is_as_one_that_is_not(ledger, say, name):
    say("pact", {"pact_id": "P"}, to=[2])
    say("measure", {"pact_id": "M"}, to=[2])
    say("pact", {"pact_id": "of others"}, to=[1])

    with pytest.raises(LookupError):
        await record(ledger, name)


async def test_F80_the_cursor_of_one_record_is_good_for_that_record_only(ledger, say):
    for n in range(2):
        say("pact", {"pact_id": str(n)}, to=[2])
    cursor = (await record(ledger, "pact-1")).next_cursor

    with pytest.raises(cursors.Forged):
        await record(ledger, "pact-2", cursor)
    with pytest.raises(cursors.Forged):
        await changes(ledger, cursor)
    assert json.loads((await record(ledger, "pact-1", cursor)).as_json("/"))["items"] == []
