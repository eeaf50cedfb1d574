from __future__ import annotations

import pytest

from patto_hub.ledger import job_state
from patto_hub.ledger.job_state import JobState

JOB = "foggia/pacts"


def test_a_job_without_a_row_runs_normally(ledger):
    assert ledger.read_now(job_state.get, JOB) == JobState(job=JOB)
    assert not JobState(job=JOB).paused(0)


def test_a_pause_says_who_why_and_until_when(ledger):
    ledger.write_now(job_state.pause, JOB, by="Anna", reason=" migrazione ", now=10, until=20)
    state = ledger.read_now(job_state.get, JOB)

    assert (state.paused_by, state.pause_reason, state.paused_until) == ("Anna", "migrazione", 20)
    assert [state.paused(now) for now in (10, 19, 20)] == [True, True, False]


@pytest.mark.parametrize(("reason", "until"), [("  ", None), ("ferie", 10), ("ferie", 5)])
def test_a_pause_without_reason_or_with_a_past_end_is_refused(ledger, reason, until):
    with pytest.raises(ValueError, match=r"\|"):
        ledger.write_now(job_state.pause, JOB, by="Anna", reason=reason, now=10, until=until)


def test_resuming_ends_the_pause_and_the_back_off_but_remembers_the_failures(ledger):
    ledger.write_now(job_state.failed, JOB, now=5, not_before=500)
    ledger.write_now(job_state.pause, JOB, by="Anna", reason="ferie", now=10)
    ledger.write_now(job_state.resume, JOB)
    state = ledger.read_now(job_state.get, JOB)

    assert not state.paused(11)
    assert state.not_before is None
    assert state.failures == 1


def test_failures_in_a_row_open_the_circuit_and_success_closes_it(ledger):
    states = [ledger.write_now(job_state.failed, JOB, now=n, not_before=n + 60) for n in range(1, 7)]
    assert [state.circuit for state in states] == ["closed"] * 4 + ["open"] * 2
    assert [state.outage_since for state in states] == [1] * 6

    ledger.write_now(job_state.probe, JOB)
    assert ledger.read_now(job_state.get, JOB).circuit == "half_open"
    ledger.write_now(job_state.failed, JOB, now=9, not_before=99)
    assert ledger.read_now(job_state.get, JOB).circuit == "open"

    before = ledger.write_now(job_state.succeeded, JOB)
    assert (before.outage_since, before.failures) == (1, 7)
    assert ledger.read_now(job_state.get, JOB) == JobState(job=JOB)


def test_a_hold_is_no_failure(ledger):
    ledger.write_now(job_state.hold, JOB, 100)
    state = ledger.read_now(job_state.get, JOB)

    assert state.not_before == 100
    assert state.failures == 0
    assert state.outage_since is None


def test_states_are_given_for_all_jobs_asked_for(ledger):
    ledger.write_now(job_state.request_run, JOB, by="Anna", now=7)

    states = ledger.read_now(job_state.of_jobs, [JOB, "foggia/persons"])

    assert states[JOB].requested_by == "Anna"
    assert states["foggia/persons"] == JobState(job="foggia/persons")
