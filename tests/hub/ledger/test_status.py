from __future__ import annotations

import json
import re
from contextlib import closing
from dataclasses import replace

import pytest
from sqlalchemy import event

from patto_hub.ledger import freshness, job_state, lanes, runs, status
from patto_hub.ledger.lanes import LaneName
from patto_hub.ledger.store import open_ledger
from patto_hub.ledger.upgrade import upgrade

JOB = "a/b"


@pytest.fixture
def ledger(tmp_path):
    upgrade(tmp_path / "ledger.db")
    with closing(open_ledger(tmp_path / "ledger.db")) as opened:
        opened.write_now(_partner)
        yield opened


def _partner(connection):
    connection.exec_driver_sql(
        "INSERT OR IGNORE INTO organisation (id, scheme, value) VALUES (0, '*', '*'), (1, 'x', 'y')"
    )
    connection.exec_driver_sql(
        "INSERT INTO partner (id, name, plugin, organisation_id, title) VALUES (1, 'a', 'p', 1, 'A')"
    )


def run(ledger, started_at, state, job=JOB, **counts):
    names, values = ", ".join(counts), tuple(counts.values())
    return ledger.write_now(
        lambda c: c.exec_driver_sql(
            f"INSERT INTO run (job, partner_id, fence, owner, reason, state, started_at, finished_at"  # noqa: S608 - ours
            f"{', ' + names if names else ''}) VALUES (?, 1, 1, 'h', 'cli', ?, ?, ?{', ?' * len(values)}) RETURNING id",
            (job, state, started_at, started_at + 1, *values),
        ).scalar_one()
    )


def aside(ledger, number, owner="partner", state="open", job=JOB):
    ledger.write_now(
        lambda c: c.exec_driver_sql(
            "INSERT INTO quarantine (job, run_id, partner_id, position, row, row_digest, issues, code, owner, state,"
            " opened_at, last_at) VALUES (?, 1, 1, ?, x'00', ?, ?, 'R1', ?, ?, 0, 0)",
            (job, f"riga {number}", number, json.dumps([{"code": "R1"}]), owner, state),
        )
    )


def test_a_job_that_never_ran_stands_at_nothing(ledger):
    standing = ledger.read_now(status.standing, JOB)

    assert (standing.last, standing.last_good, standing.news_at) == (None, None, None)
    assert (standing.quarantined, standing.parked, standing.owners) == (0, 0, {})


def test_last_run_last_good_run_and_last_news_are_three_different_things(ledger):
    run(ledger, 10, "done", new=4)
    run(ledger, 20, "partial", unchanged=4)
    run(ledger, 30, "failed")
    run(ledger, 40, "done", job="a/c", new=1)

    standing = ledger.read_now(status.standing, JOB)

    assert (standing.last.started_at, standing.last.state) == (30, "failed")
    assert standing.last_good.started_at == 20
    assert standing.news_at == 10


def test_what_is_set_aside_is_counted_by_who_can_fix_it(ledger):
    for number, (owner, state) in enumerate(
        [("partner", "open"), ("partner", "open"), ("ambito", "open"), ("region", "waived"), ("partner", "fixed")]
    ):
        aside(ledger, number, owner, state)
    aside(ledger, 9, job="a/c")

    standing = ledger.read_now(status.standing, JOB)

    assert standing.owners == {"partner": 2, "ambito": 1}
    assert standing.quarantined == 3


def test_rows_come_newest_first_page_by_page_without_their_content(ledger):
    for number in range(5):
        aside(ledger, number)

    first = ledger.read_now(status.set_aside, JOB, limit=3)
    second = ledger.read_now(status.set_aside, JOB, limit=3, before=first[-1].id)

    assert [row.position for row in (*first, *second)] == [f"riga {number}" for number in (4, 3, 2, 1, 0)]
    assert not hasattr(first[0], "row")
    assert ledger.read_now(status.set_aside, JOB, states=("waived",)) == []


def test_a_reader_waits_for_what_its_feed_can_give(ledger):
    ledger.write_now(_addressed)

    waiting = {reading.feed: reading.waiting for reading in ledger.read_now(status.readings, frozenset({"catalogue"}))}

    assert waiting == {"pacts": False, "catalogue": True, "enrolments": True}


def test_what_keeps_the_worst_lane_of_a_reader_is_told(ledger):
    ledger.write_now(_addressed)
    for way, stands in {
        "webhook": {"failures": 4},
        "signals": {"state": "waiting", "failures": 12},
        "files": {"failures": 1},
    }.items():
        name = LaneName("a", "pacts", way)
        ledger.write_now(lanes.change, name, lambda lane, stands=stands: replace(lane, **stands))
    ledger.write_now(lanes.change, LaneName("a", "catalogue", "files"), lambda lane: replace(lane, failures=4))

    held = {reading.feed: reading.held for reading in ledger.read_now(status.readings)}
    gauges = ledger.read_now(status.gauges)

    assert held == {"pacts": "waiting", "catalogue": "failing", "enrolments": ""}
    assert gauges.lanes["a", "pacts", "signals"] == ("waiting", 12)


def test_a_lane_that_is_no_longer_configured_is_told_apart_and_raises_no_alarm_any_more(ledger):
    ledger.write_now(_addressed)
    for feed, way in (("pacts", "webhook"), ("pacts", "signals"), ("catalogue", "webhook")):
        ledger.write_now(lanes.change, LaneName("a", feed, way), lambda lane: replace(lane, failures=9))
    named = {LaneName("a", "pacts", "signals")}

    held = {each.feed: each.held for each in ledger.read_now(status.readings, (), named)}
    gauges = ledger.read_now(status.gauges, named)

    assert held == {"pacts": "failing", "catalogue": "removed", "enrolments": ""}
    assert gauges.lanes == {("a", "pacts", "signals"): ("running", 9)}


def _addressed(connection):
    connection.exec_driver_sql("INSERT INTO audience (organisation_id, seq) VALUES (1, 5), (0, 9)")
    connection.exec_driver_sql(
        "INSERT INTO subscription (partner, feed, position, read_at)"
        " VALUES ('a', 'pacts', 5, 1), ('a', 'catalogue', 5, 1), ('a', 'enrolments', 4, 1)"
    )


def test_figures_for_monitors_add_up(ledger):
    run(ledger, 10, "done", read=4, new=4)
    run(ledger, 20, "done", read=4, unchanged=4)
    run(ledger, 30, "failed")
    aside(ledger, 1)

    gauges = ledger.read_now(status.gauges)

    assert gauges.records[JOB, "read"] == gauges.records[JOB, "unchanged"] == 4, "of the last good run"
    assert gauges.records[JOB, "new"] == 0
    assert gauges.last_good_at == {JOB: 21}
    assert gauges.quarantined == {JOB: 1}
    assert ledger.read_now(status.titles) == {"a": "A"}
    assert ledger.read_now(runs.last, JOB).state == "failed"


def test_every_look_at_a_job_calls_the_same_runs_good(ledger):
    run(ledger, 10, "done", job="a/z")
    run(ledger, 10, "done")
    good = run(ledger, 20, "partial")
    run(ledger, 30, "partial", trouble_code="json.cut")
    run(ledger, 40, "stopped")

    gauges = ledger.read_now(status.gauges)

    assert ledger.read_now(freshness.facts, [JOB])[JOB].good.run_id == good
    assert ledger.read_now(status.standing, JOB).last_good.id == good
    assert gauges.last_good_at == {JOB: 21, "a/z": 11}


BIG = ("run", "quarantine", "record_version", "head", "change", "audience", "inbox", "audit")
"""Tables that grow for ever: none may be read from end to end for a page that people keep open."""


def look(ledger):
    """Ask all that the status page, a stream's page and the figures ask."""
    names = [f"a/{n}" for n in range(20)]
    for work, *args in (
        (freshness.facts, names),
        (status.standings, names),
        (job_state.of_jobs, names),
        (status.titles,),
        (status.readings,),
        (status.gauges,),
        (status.set_aside, JOB),
    ):
        ledger.read_now(work, *args)
    ledger.read_now(lambda c: runs.newest(c, job=JOB))


def test_the_status_page_reads_no_growing_table_from_end_to_end(ledger):
    ledger.write_now(_many_runs)
    for number in range(50):
        aside(ledger, number, state="open" if number % 5 else "fixed")
    ledger.write_now(_addressed)
    ledger.write_now(lambda c: c.exec_driver_sql("ANALYZE"))
    said = []

    def note(_connection, _cursor, statement, values, _context, _many):
        said.append((statement, values))

    event.listen(ledger.engine, "before_cursor_execute", note)
    look(ledger)
    event.remove(ledger.engine, "before_cursor_execute", note)
    asked = [each for each in said if each[0].lstrip().startswith(("SELECT", "WITH"))]
    plans = {statement: [row[3] for row in ledger.read_now(_plan, statement, values)] for statement, values in asked}

    scans = re.compile(rf"SCAN ({'|'.join(BIG)})\b")
    assert len(plans) >= 12
    assert {s: steps for s, steps in plans.items() if any(scans.match(step) for step in steps)} == {}


def _plan(connection, statement, values):
    return connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values).all()


def _many_runs(connection):
    connection.exec_driver_sql(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)"
        " INSERT INTO run (job, partner_id, fence, owner, reason, state, started_at, finished_at, new)"
        " SELECT 'a/' || (i % 20), 1, 1, 'h', 'cli', CASE WHEN i % 7 THEN 'done' ELSE 'failed' END, i, i, i % 3 FROM n"
    )
