from __future__ import annotations

import sqlite3
import subprocess
import sys

import pytest

from patto_hub.ledger.store import open_ledger
from patto_hub.ledger.watch import Standing, Watch, standing

SAID = (
    "INSERT INTO partner (id, name, plugin, organisation_id) VALUES (1, 'foggia', 'p', NULL)",
    (
        "INSERT INTO head (id, partner_id, kind, key, version_id, version, run_id, digest)"
        " VALUES (1, 1, 'pact', 'P1', 1, 1, 1, 1)"
    ),
    (
        "INSERT INTO record_version (id, head_id, version, digest, valid_from, known_at, run_id, position, payload)"
        " VALUES (1, 1, 1, x'00', 0, 0, 1, '$', '{}')"
    ),
    "INSERT INTO change (seq, head_id, version_id, kind, op, run_id, at) VALUES (1, 1, 1, 'pact', 'upsert', 1, 0)",
    "INSERT INTO audience (organisation_id, seq) VALUES (1, 1)",
)
TAKES = {
    "an address": "DELETE FROM audience",
    "a payload": "UPDATE record_version SET payload = NULL",
    "a version": "DELETE FROM record_version",
    "a change": "DELETE FROM change",
    "what a change says": "UPDATE change SET op = 'withdraw'",
    "a partner's name": "UPDATE partner SET name = 'bari'",
    "the organisation that a partner reads for": "UPDATE partner SET organisation_id = 1",
}
OTHER = "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.execute(sys.argv[2]); c.commit()"


@pytest.fixture
def ledger(path):
    opened = open_ledger(path)
    yield opened
    opened.close()


@pytest.fixture
def said(ledger):
    for statement in SAID:
        run(ledger, statement)
    return ledger


def run(ledger, statement):
    ledger.write_now(lambda connection: connection.exec_driver_sql(statement))


def test_nothing_seems_to_have_happened_while_nobody_writes(said):
    watch = Watch()
    first = watch.look(said.engine)

    said.read_now(standing)

    assert watch.look(said.engine) == first


def test_a_write_of_this_process_is_seen(said):
    watch = Watch()
    first = watch.look(said.engine)

    run(said, "DELETE FROM audience")

    assert watch.look(said.engine) != first


def test_a_write_of_another_process_is_seen(said, path):
    watch = Watch()
    first = watch.look(said.engine)

    subprocess.run([sys.executable, "-c", OTHER, str(path), "DELETE FROM audience"], check=True)

    assert watch.look(said.engine) != first


def test_a_new_change_takes_nothing_away(ledger):
    before = ledger.read_now(standing)

    for statement in SAID:
        run(ledger, statement)

    assert (before, ledger.read_now(standing)) == (Standing(0, 0), Standing(1, 0))


@pytest.mark.parametrize("what", TAKES)
def test_taking_something_away_is_counted_by_the_ledger_itself(said, path, what):
    subprocess.run([sys.executable, "-c", OTHER, str(path), TAKES[what]], check=True)

    assert said.read_now(standing).taken == 1


def test_what_stays_as_it_was_is_not_counted(said):
    run(said, "UPDATE partner SET name = 'foggia', organisation_id = NULL, title = 'Foggia'")

    assert said.read_now(standing).taken == 0


def test_the_watch_ends_with_the_ledger(path):
    opened, watch = open_ledger(path), Watch()
    watch.look(opened.engine)

    opened.close()

    assert watch._connection is None


def test_while_the_journal_is_locked_each_look_sees_something_new(said, path):
    watch = Watch()
    watch.look(said.engine)

    class Locked:
        def execute(self, _statement):
            raise sqlite3.OperationalError("database is locked")

    watch._cursor = Locked()

    assert watch.look(said.engine) != watch.look(said.engine)
