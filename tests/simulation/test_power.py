"""F10: power fails in the middle of writing; what SQLite had confirmed must be there afterwards."""

from __future__ import annotations

import random
import shutil
import sqlite3
from contextlib import closing

import pytest
from sqlalchemy import text

from patto_hub.ledger import store, upgrade

WORLDS = 40
ROWS = 5
PROBE = "SELECT coalesce(max(created_at), 0) FROM secret WHERE name = 'n'"


@pytest.fixture
def ledger_file(tmp_path):
    path = tmp_path / "ledger.db"
    upgrade.upgrade(path)
    return path


def record(tape, path):
    engine = store.make_engine(path)
    tape.record(engine)
    ledger = store.Ledger(engine=engine, writer=None, readers=None)

    def keep(connection, n):
        for each in range(ROWS):
            connection.exec_driver_sql(
                "INSERT INTO cursor (job, value, run_id, moved_at) VALUES (?, ?, ?, 0)", (f"{n}/{each}", "{}" * 300, n)
            )
        connection.execute(
            text(
                "INSERT INTO secret (name, value, created_at) VALUES ('n', :b, :n)"
                " ON CONFLICT (name) DO UPDATE SET created_at = excluded.created_at"
            ),
            {"b": b"\0x", "n": n},
        )

    for n in range(1, 31):
        ledger.write_now(keep, n)
    engine.dispose()


def lost_and_broken(tape, template, folder):
    """Give the seeds of worlds that lost a confirmed commit, and of those that came up damaged or half written."""
    lost, broken = [], []
    for seed in range(WORLDS):
        path = folder / f"{seed}.db"
        shutil.copy(template, path)
        confirmed = tape.play(path, random.Random(seed), PROBE) or 0
        with closing(sqlite3.connect(path)) as connection:
            try:
                whole = connection.execute("PRAGMA quick_check").fetchone()[0] == "ok"
                kept = connection.execute(PROBE).fetchone()[0]
                rows = connection.execute("SELECT count(*) FROM cursor").fetchone()[0]
            except sqlite3.DatabaseError:
                broken.append(seed)
                continue
        if kept < confirmed:
            lost.append(seed)
        if not whole or rows != kept * ROWS:
            broken.append(seed)
    return lost, broken


def test_F10_no_confirmed_commit_is_lost_when_power_fails(tape, ledger_file, tmp_path):
    template = tmp_path / "template.db"
    shutil.copy(ledger_file, template)
    record(tape, ledger_file)

    assert tape.settings == {"journal_mode": "wal", "synchronous": "2"}
    assert lost_and_broken(tape, template, tmp_path) == ([], [])


def test_F10_the_test_would_see_a_setting_that_loses_commits(tape, ledger_file, tmp_path):
    template = tmp_path / "template.db"
    shutil.copy(ledger_file, template)
    record(tape, ledger_file)
    tape.settings["synchronous"] = "1"

    lost, _ = lost_and_broken(tape, template, tmp_path)

    assert len(lost) > WORLDS // 2
