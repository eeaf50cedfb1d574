from __future__ import annotations

from patto_hub.ledger import runs, slots

JOB = "foggia/pacts"


def test_a_slot_is_claimed_once_by_whoever_comes_first(ledger):
    assert ledger.write_now(slots.claim, JOB, [("2027-05-01", 10)], 11) == 1
    assert ledger.write_now(slots.claim, JOB, [("2027-05-01", 10)], 12) == 0


def test_a_new_slot_takes_the_place_of_one_that_still_waits(ledger, sql):
    ledger.write_now(slots.claim, JOB, [("a", 1)], 1)
    ledger.write_now(slots.claim, JOB, [("b", 2)], 2)

    assert sql("SELECT slot_key, state FROM slot ORDER BY 1") == [("a", "skipped"), ("b", "waiting")]


def test_slots_of_a_job_that_wants_each_one_are_all_kept(ledger):
    ledger.write_now(slots.claim, JOB, [("a", 1), ("b", 2)], 2, keep_all=True)
    ledger.write_now(slots.claim, JOB, [("c", 3)], 3, keep_all=True)

    assert [slot.slot_key for slot in ledger.read_now(slots.waiting)] == ["a", "b", "c"]


def test_the_attempts_at_a_slot_are_counted(ledger, begin):
    ledger.write_now(slots.claim, JOB, [("a", 1)], 1)
    assert [slot.attempt for slot in ledger.read_now(slots.waiting)] == [1]

    for attempt in (1, 2):
        run = begin(attempt, slot_key="a", attempt=attempt)
        ledger.write_now(runs.finish, run, "cancelled", attempt)

    assert [slot.attempt for slot in ledger.read_now(slots.waiting)] == [3]


def test_the_last_due_slot_ignores_those_of_a_clock_that_ran_ahead(ledger):
    ledger.write_now(slots.claim, JOB, [("a", 10), ("b", 999)], 10, keep_all=True)

    assert ledger.read_now(slots.last_due, [JOB, "foggia/none"], 100) == {JOB: 10}


def test_old_slots_are_forgotten_unless_they_still_wait(ledger, sql):
    ledger.write_now(slots.claim, JOB, [("a", 1)], 1)
    ledger.write_now(slots.claim, JOB, [("b", 2)], 2)

    assert ledger.write_now(slots.forget, 50) == 1
    assert sql("SELECT slot_key FROM slot") == [("b",)]
