from __future__ import annotations

import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from textwrap import dedent

import pytest
from sqlalchemy.exc import OperationalError

from patto_hub.ledger import backup, runs, storage, store
from patto_hub.ledger.store import open_ledger

PAGES = """
    import json, resource, sys
    from pathlib import Path
    from patto_hub.balance import Balance
    from patto_hub.ledger import partners, runs, storage, upgrade
    from patto_hub.ledger.store import open_ledger

    path, kind = Path(sys.argv[1]), sys.argv[2]
    upgrade.upgrade(path)
    ledger = open_ledger(path)
    ledger.write_now(partners.register, name="foggia", plugin="test")
    run = ledger.write_now(
        runs.start, job="foggia/pacts", partner_id=1, owner="child", reason="cli", now=0, lease_ms=30_000
    )

    def keep_page(connection, page):
        runs.guard(connection, run)
        for n in range(50):
            connection.exec_driver_sql(
                "INSERT INTO inbox (digest, job, run_id, name, media_type, size, content, received_at)"
                " VALUES (?, 'foggia/pacts', 1, 'p', 'text/plain', 1, zeroblob(4000), 0)", (f"{page}.{n}".encode(),)
            )
        runs.add(connection, run, Balance(read=50, new=50, pages=1))

    def fill():
        page = int(ledger.read_now(lambda c: c.exec_driver_sql("SELECT pages FROM run").scalar_one()))
        try:
            for page in range(page, page + 60):
                ledger.write_now(keep_page, page)
        except Exception as error:
            return storage.trouble_of(error).code, str(getattr(error.orig, "sqlite_errorname", ""))
        return None

    def counts():
        return ledger.read_now(lambda c: c.exec_driver_sql("SELECT count(*), (SELECT read FROM run) FROM inbox").one())

    if kind == "limit":
        before = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (2_000_000, before[1]))
    else:
        ballast = path.with_name("ballast")
        ballast.write_bytes(bytes(int(sys.argv[3])))
    met = fill()
    kept = tuple(counts())
    if kind == "limit":
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    else:
        ballast.unlink()
    again = fill()
    print(json.dumps({"met": met, "kept": kept, "again": again, "end": tuple(counts())}))
    ledger.close()
    storage.require_sound(path)
"""
LEADER = """
    import sys
    from pathlib import Path
    from patto_hub.balance import Balance
    from patto_hub.ledger import runs
    from patto_hub.ledger.store import open_ledger

    ledger = open_ledger(Path(sys.argv[1]))
    run = ledger.write_now(
        runs.start, job="foggia/pacts", partner_id=1, owner="leader", reason="cli", now=0, lease_ms=30_000
    )

    def page(connection):
        runs.guard(connection, run)
        runs.add(connection, run, Balance(read=1, new=1, pages=1))

    ledger.write_now(page)
    print("leading", flush=True)
    sys.stdin.readline()
    try:
        ledger.write_now(page)
    except runs.Fenced as error:
        print("fenced:", error, flush=True)
"""


def child(program, *arguments, unshared=""):
    command = [sys.executable, "-c", dedent(program), *map(str, arguments)]
    if unshared:
        command = ["unshare", "-m", "sh", "-c", f'{unshared} && exec "$@"', "sh", *command]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def assert_survived(ended, code):
    assert ended.returncode == 0, ended.stderr
    told = json.loads(ended.stdout)
    assert told["met"] == ["storage.full", code]
    rows, read = told["kept"]
    assert rows == read > 0  # whole pages only, and reading still works
    assert rows % 50 == 0
    assert told["again"] is None
    assert told["end"] == [rows + 3000, rows + 3000]


def test_F11_a_file_size_limit_is_a_full_disk_and_the_run_goes_on_when_it_is_lifted(tmp_path):
    ended = child(PAGES, tmp_path / "ledger.db", "limit")

    assert_survived(ended, "SQLITE_IOERR_WRITE")


def test_F11_a_full_disk_stores_nothing_half_and_the_run_goes_on_when_there_is_room(tmp_path):
    mount = f"mount -t tmpfs -o size=40m patto {tmp_path}"
    if child("pass", unshared=mount).returncode:
        pytest.skip("needs the right to mount a file system (root)")

    ended = child(PAGES, tmp_path / "ledger.db", "disk", 36_000_000, unshared=mount)

    assert_survived(ended, "SQLITE_FULL")


def test_F13_a_locked_ledger_is_named_so_and_can_be_read(path, monkeypatch):
    monkeypatch.setattr(store, "BUSY_TIMEOUT_MS", 20)
    with closing(open_ledger(path)) as ledger, closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")

        with pytest.raises(OperationalError) as met:
            ledger.write_now(runs.expire, 0)
        assert storage.trouble_of(met.value).code == "storage.locked"
        assert ledger.read_now(runs.newest) == []

        other.execute("ROLLBACK")
        ledger.write_now(runs.expire, 0)


def test_F14_the_write_of_a_leader_that_was_stopped_past_its_lease_is_refused(path, ledger, sql):
    command = [sys.executable, "-c", dedent(LEADER), str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as leader:
        assert leader.stdout.readline() == "leading\n"
        os.kill(leader.pid, signal.SIGSTOP)
        follower = ledger.write_now(
            runs.start, job="foggia/pacts", partner_id=1, owner="second", reason="retry", now=30_000, attempt=2
        )
        ledger.write_now(runs.finish, follower, "done", 30_001)
        os.kill(leader.pid, signal.SIGCONT)
        said, _ = leader.communicate("go\n", timeout=60)

    assert said.startswith("fenced: run 1 of foggia/pacts")
    assert sql("SELECT id, state, fence, read FROM run ORDER BY id") == [(1, "lost", 1, 1), (2, "done", 2, 0)]


@pytest.fixture
def filled(path, ledger):
    def fill(connection):
        for n in range(2_000):
            connection.exec_driver_sql(
                "INSERT INTO identifier (scheme, value, kind, head_id) VALUES ('cup', ?, 'pact', ?)", (f"B{n:05}", n)
            )
            connection.exec_driver_sql(
                "INSERT INTO record_version"
                " (id, head_id, version, digest, valid_from, known_at, run_id, position, payload)"
                " VALUES (?, ?, 1, x'00', 0, 0, 1, '$', ?)",
                (n, n, f"payload {n} " * 20),
            )

    ledger.write_now(fill)
    ledger.close()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return path


def refusal_of(path):
    try:
        storage.require_sound(path)
    except backup.BadLedger as error:
        return str(error)
    return ""


def test_F15_bytes_flipped_anywhere_are_refused_by_name_or_harm_no_structure(filled, tmp_path):
    copy = backup.make(filled, tmp_path / "copy.db")
    whole, chance, refusals = filled.read_bytes(), random.Random(15), []
    for _ in range(200):
        damaged = bytearray(whole)
        start = chance.randrange(len(damaged) - 16)
        damaged[start : start + 16] = chance.randbytes(16)
        filled.write_bytes(damaged)
        refusal = refusal_of(filled)
        refusals += [refusal] if refusal else []
        if not refusal:
            with closing(sqlite3.connect(f"file:{filled}?mode=ro", uri=True)) as connection:
                connection.text_factory = bytes
                assert connection.execute("SELECT count(*), sum(length(payload)) FROM record_version").fetchone()
        assert filled.read_bytes() == bytes(damaged), "a damaged ledger is never rewritten"

    assert all("quick_check" in refusal and "patto db restore" in refusal for refusal in refusals)
    assert len(refusals) >= 10
    backup.restore(copy.path, filled, 1_772_442_000_000)
    storage.require_sound(filled)
    assert backup.check(filled).rows["record_version"] == 2_000


@pytest.mark.parametrize("keep", [0.5, 0.99, 100], ids=["half", "the last page", "a hundred bytes"])
def test_F15_a_truncated_ledger_is_refused_by_name(filled, keep):
    whole = filled.read_bytes()
    cut = whole[: int(len(whole) * keep) if keep < 1 else keep]
    filled.write_bytes(cut)

    with pytest.raises(backup.BadLedger, match="quick_check"):
        storage.require_sound(filled)

    assert filled.read_bytes() == cut


def test_a_sound_ledger_is_let_through_and_left_as_it_is(filled):
    before = filled.read_bytes()

    assert refusal_of(filled) == ""
    assert filled.read_bytes() == before


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (OSError(28, "No space left on device"), "storage.full"),
        (OSError(27, "File too large"), "storage.full"),
        (OSError(2, "No such file"), None),
        (KeyError("x"), None),
        (sqlite3.IntegrityError("UNIQUE"), None),
    ],
)
def test_only_the_disks_errors_are_storage_trouble(error, code):
    trouble = storage.trouble_of(error)

    assert (trouble and trouble.code) == code


@pytest.mark.parametrize(
    ("name", "code"), [("SQLITE_IOERR_FSYNC", "storage.io"), ("SQLITE_BUSY_SNAPSHOT", "storage.locked")]
)
def test_kinds_of_disk_errors_have_their_own_words(name, code):
    error = sqlite3.OperationalError("x")
    error.sqlite_errorname = name

    assert storage.trouble_of(OperationalError("SELECT", {}, error)).code == code


def test_room_is_judged_by_what_is_free(path):
    assert storage.room(path, least=1) is None
    assert storage.room(path, least=shutil.disk_usage(path.parent).total * 2).code == "storage.full"


def test_the_condition_shows_sizes(path, ledger, sql):
    sql("CREATE TABLE filler AS SELECT zeroblob(100000) AS x")
    sql("DROP TABLE filler")

    condition = storage.condition(path)

    assert condition.file == path.stat().st_size
    assert condition.journal > 0
    assert condition.reusable >= 100_000
    assert condition.disk_free > 0
