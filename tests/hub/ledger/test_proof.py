from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from patto_hub.ledger import audit, backup, upgrade
from patto_hub.ledger.backup import BadLedger
from patto_hub.ledger.proof import prove
from patto_hub.ledger.store import open_ledger


@pytest.fixture
def kept(tmp_path):
    """A closed ledger whose audit has five entries."""
    path = tmp_path / "ledger.db"
    upgrade.upgrade(path)
    ledger = open_ledger(path)
    for n in range(1, 6):
        ledger.write_now(audit.append, "cli:anna", "job.pause", "a/b", {"reason": "x"}, n)
    ledger.close()
    return path


def tamper(path, *statements):
    with closing(sqlite3.connect(path)) as connection, connection:
        for statement in statements:
            connection.execute(statement)


def test_a_ledger_that_nobody_touched_is_proved_and_left_as_it_was(kept, tmp_path):
    copy = tmp_path / "copy.db"
    backup.make(kept, copy)
    before = copy.read_bytes()

    proof = prove(copy)

    assert (proof.audit_entries, proof.current) == (5, True)
    assert len(bytes.fromhex(proof.audit_head)) == audit.SIZE
    assert copy.read_bytes() == before
    assert sorted(each.name for each in tmp_path.glob("copy.db*")) == ["copy.db"]


@pytest.mark.parametrize(
    ("statement", "entry"),
    [
        ("UPDATE audit SET actor = 'cli:bruno' WHERE n = 3", 3),
        ("UPDATE audit SET detail = '{}' WHERE n = 3", 3),
        ("UPDATE audit SET detail = x'7b7d' WHERE n = 3", 3),
        ("DELETE FROM audit WHERE n = 3", 4),
        ("DELETE FROM audit WHERE n = 1", 2),
    ],
)
def test_a_touched_audit_is_refused_with_the_entry(kept, statement, entry):
    tamper(kept, statement)

    with pytest.raises(BadLedger, match=f"la voce {entry} non segue.*entry {entry} does not follow"):
        prove(kept)


def test_a_cut_end_shows_in_the_last_hash(kept):
    noted = prove(kept)
    tamper(kept, "DELETE FROM audit WHERE n = 5")

    cut = prove(kept)

    assert (cut.audit_entries, cut.audit_head == noted.audit_head) == (4, False)


@pytest.mark.parametrize(
    ("statement", "named"),
    [
        ("CREATE TABLE mine (a INTEGER)", "remove_table mine"),
        ("ALTER TABLE quarantine ADD COLUMN mine TEXT", "remove_column quarantine mine"),
        ("CREATE INDEX mine ON run (job)", "remove_index mine"),
    ],
)
def test_a_schema_changed_by_hand_is_refused_with_the_place(kept, statement, named):
    tamper(kept, statement)

    with pytest.raises(BadLedger, match=named):
        prove(kept)


def test_an_older_copy_is_proved_without_comparing_schemas(kept):
    tamper(kept, "UPDATE alembic_version SET version_num = '0000'", "CREATE TABLE mine (a INTEGER)")

    assert prove(kept).current is False
