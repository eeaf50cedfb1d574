"""Each invariant passes on a ledger that is right and names what is wrong in one that is not."""

from __future__ import annotations

import json

import pytest

from patto_hub.ledger import store, upgrade
from patto_hub.testing import invariants

JOB = "ambito/pacts"


@pytest.fixture
def ledger(tmp_path):
    path = tmp_path / "ledger.db"
    upgrade.upgrade(path)
    engine = store.make_engine(path)
    with engine.connect() as connection:
        for table, rows in good().items():
            for row in rows:
                marks = ", ".join(f":{name}" for name in row)
                connection.exec_driver_sql(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({marks})", row)  # noqa: S608
        yield connection
    engine.dispose()


def good():
    """Two runs of a job; P-1 in two versions, P-2 in one, P-3 parked, P-4 in quarantine; one organisation reads."""
    run = {"job": JOB, "partner_id": 1, "owner": "a", "reason": "cli", "state": "done", "started_at": 0}
    version = {"valid_from": 0, "known_at": 0, "position": "$[0]", "payload": "{}"}
    change = {"kind": "pact", "op": "upsert", "at": 0}
    head = {"partner_id": 1, "kind": "pact", "run_id": 1}
    aside = {"job": JOB, "run_id": 1, "partner_id": 1, "position": ""}
    waits = {"waits_kind": "pact", "waits_scheme": "local:1", "waits_value": "P-9", "since": 0, "patience_until": 0}
    return {
        "organisation": [{"id": 5, "scheme": "ambito", "value": "FG/1"}],
        "partner": [{"id": 1, "name": "ambito", "plugin": "social_districts", "organisation_id": 5}],
        "run": [
            {**run, "id": 1, "fence": 1, "read": 4, "new": 2, "parked": 1, "quarantined": 1},
            {**run, "id": 2, "fence": 2, "read": 2, "changed": 1, "unchanged": 1},
        ],
        "cursor": [{"job": JOB, "value": json.dumps({"upto": 4}), "run_id": 2, "moved_at": 0}],
        "record_version": [
            {**version, "id": 1, "head_id": 1, "version": 1, "digest": b"a", "ord": 1, "run_id": 1},
            {**version, "id": 2, "head_id": 2, "version": 1, "digest": b"b", "ord": 1, "run_id": 1},
            {**version, "id": 3, "head_id": 1, "version": 2, "digest": b"c", "ord": 2, "run_id": 2},
        ],
        "head": [
            {**head, "id": 1, "key": "P-1", "version_id": 3, "version": 2, "digest": 1, "ord": 2},
            {**head, "id": 2, "key": "P-2", "version_id": 2, "version": 1, "digest": 2, "ord": 1},
        ],
        "change": [
            {**change, "seq": 1, "head_id": 1, "version_id": 1, "run_id": 1},
            {**change, "seq": 2, "head_id": 2, "version_id": 2, "run_id": 1},
            {**change, "seq": 3, "head_id": 1, "version_id": 3, "run_id": 2},
        ],
        "audience": [{"organisation_id": 5, "seq": seq} for seq in (1, 2, 3)],
        "parked": [
            {**aside, **waits, "kind": "measure", "key": "P-3", "digest": 3, "record": "{}"}
        ],
        "quarantine": [
            {**aside, "row": b'{"id": "P-4"}', "row_digest": 4,
             "issues": "[]", "code": "R1", "owner": "partner", "opened_at": 0, "last_at": 0}
        ],
        "snag": [
            {"seq": 1, "partner_id": 1, "sort": "row", "ref": 1, "job": JOB, "position": "", "owner": "partner",
             "issues": "[]", "state": "open", "since": 0, "changed_at": 0}
        ],
    }  # fmt: skip


OFFERED = [("pact", "P-1"), ("pact", "P-2"), ("measure", "P-3"), ("pact", "P-4")]


def name_of(row):
    return "pact", json.loads(row)["id"]


def covered(cursor):
    return OFFERED[: cursor["upto"]]


def test_a_right_ledger_has_no_violation(ledger):
    assert invariants.everything(ledger) == []
    assert invariants.conservation(ledger, 1, OFFERED, name_of=name_of) == []
    assert invariants.cursor_honesty(ledger, 1, JOB, covered, name_of=name_of) == []


def test_a_job_without_a_cursor_covers_nothing(ledger):
    assert invariants.cursor_honesty(ledger, 1, "other/job", covered) == []


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ("UPDATE run SET read = 5 WHERE id = 1", "I1: run 1 of ambito/pacts (done) has read 5 and accounts for 4"),
        ("UPDATE head SET version_id = 2 WHERE id = 1", "I3: 1/pact/P-1 has no current version"),
        ("UPDATE record_version SET digest = x'61', ord = 1 WHERE id = 3", "the same content twice running"),
        ("UPDATE record_version SET digest = 'a', ord = NULL WHERE head_id = 1", "the same content twice"),
        ("UPDATE record_version SET version = 1 WHERE id = 3", "has two versions of one number"),
        ("UPDATE record_version SET ord = 9 WHERE id = 1", "is at 2 although 9 is known"),
        ("DELETE FROM change WHERE seq = 3", "I5: no change tells of 1/pact/P-1"),
        ("UPDATE run SET fence = 3 WHERE id = 1", "(fence 2) wrote run 2 after run 1 (fence 3)"),
        ("UPDATE run SET slot_key = '2027-01-01'", "I6: 2 runs have made the slot 2027-01-01 of ambito/pacts"),
        ("UPDATE run SET fence = 1 WHERE id = 2", "I6: runs 1 and 2 of ambito/pacts share the fence 1"),
        ("UPDATE record_version SET run_id = 2 WHERE id = 1", "(fence 1) wrote record_version 2"),
        ("DELETE FROM snag", "told to its partner otherwise than it is (1): ('row', 1, None)"),
        ("UPDATE quarantine SET state = 'fixed'", "told to its partner otherwise than it is (1): ('row', 1, 'open')"),
        ("UPDATE parked SET told_at = 1", "told to its partner otherwise than it is (1): ('waiting', 1, None)"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(ledger, wrong, words):
    ledger.exec_driver_sql(wrong)

    assert any(words in each for each in invariants.everything(ledger)), invariants.everything(ledger)


def test_a_record_that_was_offered_and_is_nowhere_is_lost(ledger):
    ledger.exec_driver_sql("DELETE FROM parked")

    found = invariants.conservation(ledger, 1, OFFERED, name_of=name_of)

    assert found == ["I1: offered by the partner and nowhere to be found (1): ('measure', 'P-3')"]


def test_a_record_that_was_never_offered_is_invented(ledger):
    found = invariants.conservation(ledger, 1, OFFERED[1:], name_of=name_of)

    assert found == ["I1: known to the ledger and never offered (1): ('pact', 'P-1')"]


def test_a_cursor_past_a_record_that_was_not_kept_is_dishonest(ledger):
    ledger.exec_driver_sql("DELETE FROM quarantine")

    found = invariants.cursor_honesty(ledger, 1, JOB, covered, name_of=name_of)

    assert found == ["I2: the cursor of ambito/pacts is past records that were not kept (1): ('pact', 'P-4')"]


def test_a_reader_that_was_not_told_of_the_last_version_is_found(ledger):
    reader = invariants.Reader(5, ["pact"])
    reader.catch_up(ledger)
    ledger.exec_driver_sql("UPDATE head SET version = 3 WHERE id = 1")

    assert [each.split(":")[-1] for each in reader.violations(ledger)] == [" (1, 2, 3)"]


def test_a_number_below_one_already_served_is_never_read(ledger):
    reader = invariants.Reader(5, ["pact"])
    ledger.exec_driver_sql("UPDATE change SET seq = 30 WHERE seq = 2")
    ledger.exec_driver_sql("UPDATE audience SET seq = 30 WHERE seq = 2")
    reader.catch_up(ledger)
    ledger.exec_driver_sql("UPDATE change SET seq = 2 WHERE seq = 30")
    ledger.exec_driver_sql("UPDATE audience SET seq = 2 WHERE seq = 30")
    ledger.exec_driver_sql("UPDATE head SET version = 5 WHERE id = 2")
    reader.catch_up(ledger)

    assert any("holds other versions" in each for each in reader.violations(ledger))


def test_a_reader_drops_what_was_withdrawn(ledger):
    ledger.exec_driver_sql(
        "INSERT INTO change (seq, head_id, version_id, kind, op, run_id, at) VALUES (4, 2, 2, 'pact', 'withdraw', 2, 0)"
    )
    ledger.exec_driver_sql("INSERT INTO audience VALUES (5, 4)")
    reader = invariants.Reader(5, ["pact"])
    reader.catch_up(ledger, limit=1)

    assert set(reader.holds) == {1}
    assert reader.violations(ledger) == []


@pytest.mark.parametrize("part", ["snapshots.current", "digests.held"])
def test_a_snapshot_or_a_digest_of_something_else_is_found(ledger, monkeypatch, part):
    module, name = part.split(".")
    right = getattr(getattr(invariants, module), name)
    monkeypatch.setattr(getattr(invariants, module), name, lambda *args, **how: right(*args, **how | {"kinds": ["x"]}))

    assert [each.split(" for ")[0] for each in invariants.feeds(ledger)] == [f"I5: a {module.rstrip('s')}"]
