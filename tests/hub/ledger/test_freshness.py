from __future__ import annotations

import pytest

from patto_connectors.errors import Malformed, Unreachable
from patto_hub.balance import Balance
from patto_hub.ledger import freshness, runs

JOB = "foggia/pacts"


@pytest.fixture
def made(begin, ledger):
    def make(at, state="done", read=10, new=0, trouble=None):
        run = begin(at)
        ledger.write_now(runs.add, run, Balance(read=read, new=new, unchanged=read - new))
        if state != "running":
            ledger.write_now(runs.finish, run, state, at + 5, trouble=trouble)
        return run

    return make


def test_a_job_without_runs_has_no_facts(ledger):
    facts = ledger.read_now(freshness.facts, [JOB, "foggia/persons"])

    assert facts[JOB] == freshness.Facts(state=facts[JOB].state)
    assert list(facts) == [JOB, "foggia/persons"]


def test_the_newest_ended_good_and_new_bringing_runs_are_told_apart(made, ledger):
    made(100, new=3)
    made(200)
    good = made(300, "partial")
    made(350, "partial", trouble=Malformed("json.cut", "the page ends in mid-record"))
    failed = made(400, "failed", read=0, trouble=Unreachable("http.status", "503", hint="wait"))
    made(500, "running")

    facts = ledger.read_now(freshness.facts, [JOB])[JOB]

    assert facts.running_since == 500
    assert facts.news_at == 100
    assert (facts.good.run_id, facts.good.finished_at, facts.good.balance.read) == (good.id, 305, 10)
    assert (facts.ended.run_id, facts.ended.state, facts.ended.trouble_code) == (failed.id, "failed", "http.status")


def test_volumes_are_of_the_good_runs_before_the_last_newest_first(made, ledger):
    for n in range(1, 15):
        made(n * 10, "partial" if n % 3 == 0 else "done", read=n)
        made(n * 10 + 6, "failed", read=0)

    facts = ledger.read_now(freshness.facts, [JOB])[JOB]

    assert facts.good.balance.read == 14
    assert facts.volumes == (13, 12, 11, 10, 9, 8, 7, 6, 5, 4)


def test_facts_of_many_runs_come_from_indexes_alone(ledger):
    for query, values in ((freshness._FACTS, {"jobs": "[]"}), (freshness._VOLUMES, {"jobs": "[]", "limit": 11})):
        plan = ledger.read_now(lambda c, q=query, v=values: c.exec_driver_sql(f"EXPLAIN QUERY PLAN {q}", v).all())

        scans = [
            row[3] for row in plan if row[3].startswith("SCAN") and "VIRTUAL" not in row[3] and "(sub" not in row[3]
        ]
        assert scans == []
