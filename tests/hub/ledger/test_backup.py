from __future__ import annotations

import shutil
import sqlite3
import threading
from contextlib import closing

import pytest

from patto_connectors.ports import World
from patto_hub.balance import Balance
from patto_hub.feeds import pages
from patto_hub.ledger import backup, partners, runs, secrets, upgrade
from patto_hub.ledger.store import open_ledger
from patto_hub.testing import changes
from patto_hub.testing.subscribed import whole
from patto_schemas.model.base import Name

PAGE = 50


def keep_page(connection, run, page):
    """What a page's transaction does, in small: versions with their changes, the counters and the cursor."""
    runs.guard(connection, run)
    first = page * PAGE + 1
    for n in range(first, first + PAGE):
        connection.exec_driver_sql(
            "INSERT INTO record_version (id, head_id, version, digest, valid_from, known_at, run_id, position, payload)"
            " VALUES (?, ?, 1, x'00', 0, 0, ?, '$', ?)",
            (n, n, run.id, "x" * 500),
        )
        connection.exec_driver_sql(
            "INSERT INTO change (seq, head_id, version_id, kind, op, run_id, at)"
            " VALUES (?, ?, ?, 'pact', 'upsert', ?, 0)",
            (n, n, n, run.id),
        )
    runs.add(connection, run, Balance(read=PAGE, new=PAGE, pages=1))
    connection.exec_driver_sql(
        "INSERT INTO cursor (job, value, run_id, moved_at) VALUES (?, ?, ?, 0)"
        " ON CONFLICT (job) DO UPDATE SET value = excluded.value",
        (run.job, str(page), run.id),
    )


def standing(path):
    with closing(sqlite3.connect(path)) as connection:
        (page,) = connection.execute("SELECT value FROM cursor").fetchone() or ("-1",)
        counts = [
            connection.execute(statement).fetchone()[0]
            for statement in (
                "SELECT count(*) FROM record_version",
                "SELECT count(*) FROM change WHERE seq < 1000000000000",
                "SELECT coalesce(max(seq), 0) FROM change WHERE seq < 1000000000000",
                "SELECT coalesce(sum(read), 0) FROM run",
            )
        ]
        return int(page), counts


def test_F16_copies_taken_while_pages_are_written_are_each_one_moment_and_can_be_gone_on_from(
    path, ledger, begin, tmp_path
):
    run = begin(0)
    stop, begun = threading.Event(), threading.Event()
    written = []

    def write_pages():
        while not stop.is_set():
            ledger.write_now(keep_page, run, len(written))
            written.append(len(written))
            begun.set()

    writer = threading.Thread(target=write_pages)
    writer.start()
    try:
        assert begun.wait(30)
        copies = [backup.make(path, tmp_path / f"copy-{n}.db") for n in range(4)]
    finally:
        stop.set()
        writer.join()

    pages = []
    for copy in copies:
        page, counts = standing(copy.path)
        assert counts == [(page + 1) * PAGE] * 4
        assert copy.rows["record_version"] == (page + 1) * PAGE
        pages.append(page)
    assert pages == sorted(pages)
    assert pages[-1] > pages[0]

    restored = tmp_path / "restored.db"
    backup.restore(copies[1].path, restored, changes.AT)
    with closing(open_ledger(restored)) as again:
        (lost,) = again.write_now(runs.expire, 10**9)
        follower = again.write_now(
            runs.start, job=run.job, partner_id=1, owner="new", reason="retry", now=10**9, attempt=lost.attempt + 1
        )
        for page in range(pages[1] + 1, len(written)):
            again.write_now(keep_page, follower, page)
    assert standing(restored)[1][:3] == standing(path)[1][:3]


def test_a_copy_is_checked_before_it_gets_its_name(path, tmp_path):
    copy = backup.make(path, tmp_path / "copy.db")

    assert copy == backup.check(tmp_path / "copy.db")
    assert copy.migration == upgrade.head()
    assert sorted(each.name for each in tmp_path.glob("copy*")) == ["copy.db"]


def test_a_copy_replaces_no_other_unasked(path, tmp_path):
    backup.make(path, tmp_path / "copy.db")

    with pytest.raises(FileExistsError, match=r"copy\.db"):
        backup.make(path, tmp_path / "copy.db")
    backup.make(path, tmp_path / "copy.db", replace=True)


def test_a_damaged_copy_is_not_restored_and_the_ledger_stays(path, tmp_path):
    copy = backup.make(path, tmp_path / "copy.db").path
    damaged = bytearray(copy.read_bytes())
    damaged[4096 * 3 : 4096 * 3 + 200] = b"\xff" * 200
    copy.write_bytes(damaged)
    before = path.read_bytes()

    with pytest.raises(backup.BadLedger, match="integrity_check"):
        backup.restore(copy, path, changes.AT)

    assert path.read_bytes() == before


def test_nothing_is_restored_over_a_ledger_in_use(path, ledger, begin, tmp_path):
    copy = backup.make(path, tmp_path / "copy.db").path
    begin(0)

    with pytest.raises(backup.BadLedger, match="patto serve"):
        backup.restore(copy, path, changes.AT)

    assert ledger.read_now(runs.last, "foggia/pacts").state == "running"


def test_a_ledger_that_is_no_database_any_more_is_restored(path, tmp_path):
    copy = backup.make(path, tmp_path / "copy.db").path
    path.write_bytes(b"not a database " * 1000)

    assert backup.restore(copy, path, changes.AT).migration == upgrade.head()


def test_a_restore_keeps_what_it_replaces(path, ledger, begin, tmp_path):
    copy = backup.make(path, tmp_path / "copy.db").path
    begin(0)
    ledger.close()

    backup.restore(copy, path, changes.AT)

    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT count(*) FROM run").fetchone() == (0,)
    with closing(sqlite3.connect(path.with_name("ledger.db.replaced"))) as connection:
        assert connection.execute("SELECT count(*) FROM run").fetchone() == (1,)


async def test_a_cursor_of_what_was_lost_stays_stale_however_much_is_new(path, ledger, tmp_path):
    ledger.write_now(partners.register, name="foggia", plugin="test", organisation=Name("ambito", "FG/1"))
    ledger.write_now(changes.say, 3, organisation=1, partner=1)
    before = await first_page(ledger)
    copy = backup.make(path, tmp_path / "copy.db").path
    ledger.write_now(changes.say, 2, organisation=1, partner=1)
    lost = await first_page(ledger)
    ledger.close()

    backup.restore(copy, path, changes.AT)
    with closing(open_ledger(path)) as again:
        again.write_now(changes.say, 5, organisation=1, partner=1)
        with pytest.raises(pages.Stale):
            await first_page(again, cursor=lost.next_cursor)
        onward = await first_page(again, cursor=before.next_cursor)

    assert len(onward.items) == 5
    assert onward.position > lost.position + 5


async def test_a_cursor_stays_stale_when_the_same_copy_is_restored_a_second_time(path, ledger, tmp_path):
    ledger.write_now(partners.register, name="foggia", plugin="test", organisation=Name("ambito", "FG/1"))
    ledger.write_now(changes.say, 3, organisation=1, partner=1)
    copy = backup.make(path, tmp_path / "copy.db").path
    ledger.close()
    backup.restore(copy, path, changes.AT)
    with closing(open_ledger(path)) as first:
        first.write_now(changes.say, 2, organisation=1, partner=1)
        lost = await first_page(first)

    backup.restore(copy, path, changes.AT + 60_000)
    with closing(open_ledger(path)) as again:
        again.write_now(changes.say, 5, organisation=1, partner=1)
        with pytest.raises(pages.Stale):
            await first_page(again, cursor=lost.next_cursor)


async def test_a_cursor_of_what_was_lost_is_none_where_the_copy_had_no_change(path, ledger, tmp_path):
    ledger.write_now(partners.register, name="foggia", plugin="test", organisation=Name("ambito", "FG/1"))
    key = ledger.write_now(secrets.get, "cursor", World())
    copy = backup.make(path, tmp_path / "copy.db").path
    ledger.close()

    backup.restore(copy, path, changes.AT)

    with closing(open_ledger(path)) as again:
        assert again.write_now(secrets.get, "cursor", World()) != key


async def first_page(ledger, cursor=None):
    reader = pages.Reader(partner="foggia", organisation=1)
    return await pages.read(
        ledger, subscription=whole(changes.FEED), reader=reader, key=b"k", cursor=cursor, limit=100, now=changes.AT
    )


def test_no_half_copy_is_left_where_there_is_no_ledger(tmp_path):
    with pytest.raises(sqlite3.OperationalError):
        backup.make(tmp_path / "none.db", tmp_path / "copy.db")
    with pytest.raises(FileNotFoundError, match=r"none\.db"):
        backup.check(tmp_path / "none.db")

    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_no_database_is_named_so(tmp_path):
    text = tmp_path / "text.db"
    shutil.copy(__file__, text)

    with pytest.raises(backup.BadLedger, match="integrity_check"):
        backup.check(text)
