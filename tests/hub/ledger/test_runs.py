from __future__ import annotations

import pytest

from patto_connectors.errors import Refused, Unreachable
from patto_hub.balance import Balance
from patto_hub.ledger import job_state, runs, slots

LEASE = runs.LEASE_MS


def test_a_job_has_one_writer_at_a_time(begin):
    first = begin(1_000)

    assert first is not None
    assert begin(1_000 + LEASE - 1) is None


def test_an_expired_lease_is_taken_over_and_its_run_is_lost(begin, ledger, sql):
    first = begin(1_000)
    second = begin(1_000 + LEASE, owner="other")

    assert second.fence == first.fence + 1
    assert sql("SELECT state FROM run ORDER BY id") == [("lost",), ("running",)]
    for write in (runs.guard, runs.heartbeat, runs.finish):
        arguments = {runs.guard: (), runs.heartbeat: (50_000,), runs.finish: ("done", 50_000)}[write]
        with pytest.raises(runs.Fenced):
            ledger.write_now(write, first, *arguments)
    ledger.write_now(runs.guard, second)


def test_a_fence_only_grows_over_runs_that_end_well(begin, ledger):
    fences = []
    for n in range(5):
        run = begin(n * 1_000)
        fences.append(run.fence)
        ledger.write_now(runs.finish, run, "done", n * 1_000 + 1)

    assert fences == [1, 2, 3, 4, 5]


def test_a_heartbeat_keeps_others_out(begin, ledger):
    run = begin(0)
    ledger.write_now(runs.heartbeat, run, LEASE - 1)

    assert begin(LEASE + 10) is None


def test_beating_prolongs_only_what_this_owner_still_holds(begin, ledger, sql):
    begin(0, owner="me")
    begin(0, job="foggia/persons", owner="other")

    in_hand = {"foggia/pacts": 0, "foggia/persons": 0, "foggia/none": 0}
    prolonged = ledger.write_now(runs.beat, "me", in_hand, 20_000)

    assert prolonged == 1
    assert sql("SELECT job, expires_at FROM lease ORDER BY job") == [
        ("foggia/pacts", 20_000 + LEASE),
        ("foggia/persons", LEASE),
    ]


def test_beating_for_a_run_to_come_prolongs_no_lease_that_an_earlier_one_could_not_give_back(begin, ledger, sql):
    begin(0, owner="me")
    reached = ledger.read_now(runs.fences, ["foggia/pacts", "foggia/none"])

    assert reached == {"foggia/pacts": 1, "foggia/none": 0}
    assert ledger.write_now(runs.beat, "me", reached, 20_000) == 0
    assert sql("SELECT expires_at FROM lease") == [(LEASE,)]


def test_expiry_fences_the_run_even_if_nobody_takes_over(begin, ledger):
    run = begin(0)

    lost = ledger.write_now(runs.expire, LEASE)

    assert [each.id for each in lost] == [run.id]
    with pytest.raises(runs.Fenced):
        ledger.write_now(runs.guard, run)
    assert ledger.write_now(runs.expire, LEASE) == []


def test_F53_a_lease_from_a_clock_a_year_ahead_locks_nobody_out(begin):
    begin(365 * 86_400_000, lease_ms=LEASE)

    assert begin(1_000) is not None


def test_finishing_twice_is_harmless_and_frees_the_lease_once(begin, ledger, sql):
    run = begin(0)
    ledger.write_now(runs.finish, run, "done", 10)
    ledger.write_now(runs.finish, run, "done", 20)

    assert sql("SELECT state, finished_at FROM run") == [("done", 10)]
    with pytest.raises(runs.Fenced):
        ledger.write_now(runs.finish, run, "failed", 30)
    with pytest.raises(runs.Fenced):
        ledger.write_now(runs.guard, run)


@pytest.mark.parametrize("lease_ms", [0, -1, runs.LONGEST_LEASE_MS + 1])
def test_a_lease_has_a_sensible_length(begin, lease_ms):
    with pytest.raises(ValueError, match="lease"):
        begin(0, lease_ms=lease_ms)


def test_two_hubs_that_see_the_same_slot_make_one_run(begin, ledger):
    ledger.write_now(slots.claim, "foggia/pacts", [("2027-05-01", 0)], 0)
    first = begin(0, slot_key="2027-05-01")
    ledger.write_now(runs.finish, first, "done", 5)

    assert begin(10, slot_key="2027-05-01", owner="other") is None


@pytest.mark.parametrize(
    ("state", "trouble", "expected"),
    [
        ("done", None, "done"),
        ("partial", None, "done"),
        ("stopped", None, "done"),
        ("cancelled", None, "waiting"),
        ("failed", Refused("http.auth", "no"), "done"),
        ("failed", Unreachable("http.status", "503"), "waiting"),
        ("failed", None, "done"),
    ],
)
def test_how_a_run_ends_decides_whether_its_slot_waits_again(  # noqa: PLR0917 - a table of cases
    begin, ledger, sql, state, trouble, expected
):
    ledger.write_now(slots.claim, "foggia/pacts", [("2027-05-01", 0)], 0)
    run = begin(0, slot_key="2027-05-01")
    ledger.write_now(runs.finish, run, state, 5, trouble=trouble)

    assert sql("SELECT state FROM slot") == [(expected,)]


def test_a_run_skips_older_slots_that_waited(begin, ledger, sql):
    ledger.write_now(slots.claim, "foggia/pacts", [("a", 1), ("b", 2), ("c", 3)], 5, keep_all=True)
    begin(5, slot_key="b")

    assert sql("SELECT slot_key, state FROM slot ORDER BY 1") == [("a", "skipped"), ("b", "running"), ("c", "waiting")]


@pytest.mark.parametrize(("by", "reason"), [("Anna", "staff:Anna"), (runs.PUSHED, runs.PUSHED)])
def test_a_request_is_answered_by_the_run_and_asked_again_if_the_run_is_lost(begin, ledger, by, reason):
    ledger.write_now(job_state.request_run, "foggia/pacts", by=by, now=0)
    begin(10, reason=reason)
    answered = ledger.read_now(job_state.get, "foggia/pacts")
    ledger.write_now(runs.expire, 10 + LEASE)
    again = ledger.read_now(job_state.get, "foggia/pacts")

    assert answered.requested_at is None
    assert (again.requested_by, again.requested_at) == (by, 10 + LEASE)


@pytest.mark.parametrize(
    ("trouble", "by"),
    [(Unreachable("http.status", "503"), runs.PUSHED), (Refused("http.auth", "no"), None), (None, None)],
)
def test_what_was_handed_in_waits_again_where_its_partner_was_not_reached(begin, ledger, trouble, by):
    run = begin(10, reason=runs.PUSHED)
    ledger.write_now(runs.finish, run, "failed" if trouble else "done", 20, trouble=trouble)

    assert ledger.read_now(job_state.get, "foggia/pacts").requested_by == by


def test_a_balance_is_added_page_by_page_and_read_back(begin, ledger):
    run = begin(0)
    page = Balance(
        read=12,
        new=1,
        changed=2,
        unchanged=3,
        duplicate=1,
        parked=2,
        quarantined=2,
        refused=1,
        released=4,
        pages=1,
        bytes=900,
    )
    ledger.write_now(runs.add, run, page)
    ledger.write_now(runs.add, run, page)

    report = ledger.read_now(runs.get, run.id)

    page.add(page)
    assert report.balance == page
    assert report.balance.closes
    assert ledger.read_now(runs.get, 99) is None


def test_what_went_wrong_is_kept_in_words(begin, ledger):
    run = begin(0)
    trouble = Refused("http.auth", "the key is not accepted", hint="ask for a new key")
    ledger.write_now(runs.finish, run, "failed", 7, trouble=trouble, traceback="KeyError\na.py:3 translate")

    report = ledger.read_now(runs.last, "foggia/pacts")

    assert (report.trouble_code, report.trouble_detail, report.trouble_hint) == (
        "http.auth",
        "the key is not accepted",
        "ask for a new key",
    )
    assert report.traceback == "KeyError\na.py:3 translate"


def test_runs_are_listed_in_pages_newest_first(begin, ledger):
    for n in range(5):
        ledger.write_now(runs.finish, begin(n), "done", n)
    ledger.write_now(runs.finish, begin(9, job="foggia/persons"), "done", 9)

    first = ledger.read_now(runs.newest, job="foggia/pacts", limit=3)
    rest = ledger.read_now(runs.newest, job="foggia/pacts", before=first[-1].id, limit=3)

    assert [run.id for run in first + rest] == [5, 4, 3, 2, 1]
    assert ledger.read_now(runs.newest, limit=1)[0].job == "foggia/persons"
    assert ledger.read_now(runs.last, "foggia/none") is None


def test_giving_up_ends_what_this_owner_left_open_and_nothing_else(begin, ledger, sql):
    begin(0, owner="me")

    assert ledger.write_now(runs.give_up, "foggia/pacts", "other", 5, trouble=None) is None
    ended = ledger.write_now(runs.give_up, "foggia/pacts", "me", 5, trouble=None, traceback="where")

    assert ended is not None
    assert sql("SELECT state, traceback FROM run") == [("failed", "where")]


def test_releasing_spares_another_owners_lease(begin, ledger):
    run = begin(0, owner="me")

    assert ledger.write_now(runs.release, "foggia/pacts", 5, owner="other") == []
    ledger.write_now(runs.guard, run)
    assert [each.id for each in ledger.write_now(runs.release, "foggia/pacts", 5, owner="me")] == [run.id]
