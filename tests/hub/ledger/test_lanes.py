"""A lane is one row that says how far a receiver was served; what it shared with readers before is told apart."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace

from patto_hub.ledger import deliveries, lanes, upgrade
from patto_hub.ledger.lanes import Lane, LaneName

NAME = LaneName("foggia", "pacts", "webhook")


def delivery(state="done", to=5, way="webhook", at=9):
    return deliveries.Delivery(
        partner="foggia",
        feed="pacts",
        way=way,
        from_seq=1,
        to_seq=to,
        items=5,
        view="PactView/1",
        digest=b"d",
        at=at,
        state=state,
        receipt={},
    )


def test_a_lane_that_was_never_used_stands_at_the_beginning_and_runs(ledger):
    lane = ledger.read_now(lanes.get, NAME)

    assert (lane.position, lane.state, lane.name) == (0, "running", NAME)
    assert ledger.read_now(lanes.every) == []


def test_a_step_is_taken_from_how_the_lane_stands_now(ledger):
    ledger.write_now(lanes.change, NAME, lambda lane: replace(lane, failures=lane.failures + 1, not_before=7))
    before, after = ledger.write_now(lanes.change, NAME, lambda lane: replace(lane, failures=lane.failures + 1))

    assert (before.failures, after.failures, after.not_before) == (1, 2, 7)
    assert ledger.read_now(lanes.every, "foggia") == [after]
    assert ledger.read_now(lanes.every, "lecce") == []


def test_a_receipt_moves_its_own_lane_only_and_never_back(ledger):
    ledger.write_now(deliveries.note, delivery(to=5))
    ledger.write_now(deliveries.note, delivery(to=3))
    ledger.write_now(deliveries.note, delivery(to=9, state="failed"))

    assert ledger.read_now(lanes.position, NAME) == 5
    assert ledger.read_now(lanes.position, NAME._replace(way="files")) == 0


def test_attempts_are_counted_by_lane(ledger):
    ledger.write_now(deliveries.note, delivery(state="failed", way="files"))
    ledger.write_now(deliveries.note, delivery(state="failed"))

    failed = ledger.read_now(deliveries.last_failed, NAME, 0)

    assert failed.attempts == 1


def test_what_people_set_and_new_changes_are_seen_by_their_figures(ledger):
    first = ledger.read_now(lanes.touched)
    ledger.write_now(lanes.change, NAME, lambda lane: replace(lane, attempted_at=4))
    hub = ledger.read_now(lanes.touched)
    ledger.write_now(lanes.change, NAME, lambda lane: replace(lane, since=5, updated_by="cli:anna"))
    person = ledger.read_now(lanes.touched)

    assert first == hub != person


def test_places_of_streams_come_from_their_receipts_not_from_what_the_partner_has_pulled(tmp_path):
    path = tmp_path / "old.db"
    upgrade.upgrade(path)
    upgrade.downgrade(path, "0002")
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("INSERT INTO subscription VALUES ('foggia', 'pacts', 90, 1), ('lecce', 'pacts', 80, 1)")
        connection.executemany(
            "INSERT INTO delivery (partner, feed, way, from_seq, to_seq, items, view, digest, at, state)"
            " VALUES ('foggia', 'pacts', ?, 1, ?, 1, 'v', x'00', ?, ?)",
            [("push", 40, 5, "done"), ("push", 70, 7, "partial"), ("push", 90, 8, "failed"), ("files", 20, 6, "done")],
        )
        connection.commit()

    upgrade.upgrade(path)

    with closing(sqlite3.connect(path)) as connection:
        rows = connection.execute("SELECT partner, way, position, state, delivered_at FROM lane ORDER BY way")
        assert rows.fetchall() == [("foggia", "files", 20, "running", 6), ("foggia", "push", 70, "running", 7)]
        assert connection.execute("SELECT count(*) FROM subscription").fetchone() == (2,)


def test_the_columns_of_a_lane_are_those_of_its_value(sql):
    columns = {name for (name,) in sql("SELECT name FROM pragma_table_info('lane')")}

    assert columns == set(Lane.__dataclass_fields__)


def test_a_person_stops_a_lane_and_starts_it_again_and_both_are_noted(ledger, sql):
    ledger.write_now(lanes.change, NAME, lambda lane: replace(lane, failures=3, not_before=9, trouble="dns"))
    stopped = [ledger.write_now(lanes.stop, NAME, by="cli:anna", reason="prova", now=5) for _ in range(2)]
    while_stopped = ledger.read_now(lanes.get, NAME)
    started = [ledger.write_now(lanes.start, NAME, by="cli:anna", now=6) for _ in range(2)]
    lane = ledger.read_now(lanes.get, NAME)

    assert (stopped, started) == ([True, False], [True, False])
    assert (while_stopped.state, while_stopped.trouble, while_stopped.updated_by) == (
        "disabled",
        "lane.paused",
        "cli:anna",
    )
    assert (lane.state, lane.since, lane.failures, lane.trouble, lane.not_before) == ("running", 6, 0, None, None)
    assert sql("SELECT action, subject FROM audit ORDER BY n") == [
        ("lane.pause", "foggia/pacts/webhook"),
        ("lane.resume", "foggia/pacts/webhook"),
    ]
