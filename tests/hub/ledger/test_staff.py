from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from patto_connectors.ports import World
from patto_hub.ledger import audit, desk, job_state, staff
from patto_hub.ledger.store import open_ledger
from patto_hub.ledger.upgrade import upgrade

NOW = datetime(2026, 3, 2, tzinfo=UTC)
WORLD = World(now=lambda: NOW, chance=Random(3))
T0 = WORLD.milliseconds()


@pytest.fixture
def ledger(tmp_path):
    upgrade(tmp_path / "ledger.db")
    with closing(open_ledger(tmp_path / "ledger.db")) as opened:
        yield opened


@pytest.fixture
def anna(ledger):
    return ledger.write_now(staff.add, name="anna", role="region", password_hash="h", now=T0)


def begin(ledger, person, world=WORLD, before=""):
    return ledger.write_now(staff.begin_session, world, person, before=before, way="password")


def later(**span):
    return replace(WORLD, now=lambda: NOW + timedelta(**span))


def test_a_new_hub_has_nobody(ledger):
    assert not ledger.read_now(staff.anybody)


def test_a_setup_link_makes_the_first_user_once(ledger):
    token = ledger.write_now(staff.make_link, WORLD, "setup")
    assert ledger.read_now(staff.link_is_good, "setup", token, T0)

    made = ledger.write_now(staff.set_up, token, name="anna", password_hash="h", now=T0)
    again = ledger.write_now(staff.set_up, token, name="eva", password_hash="h", now=T0)

    assert (made.name, made.role) == ("anna", "region")
    assert again is None
    assert not ledger.read_now(staff.link_is_good, "setup", token, T0)


def test_an_unused_setup_link_is_dead_once_there_is_somebody(ledger, anna):
    token = ledger.write_now(staff.make_link, WORLD, "setup")

    assert ledger.write_now(staff.set_up, token, name="eva", password_hash="h", now=T0) is None


@pytest.mark.parametrize(
    ("purpose", "token_of", "after"),
    [
        ("signin", lambda token: token, 0),
        ("setup", lambda token: token[:-1] + "x", 0),
        ("setup", lambda token: token, staff.LINK_MS),
    ],
)
def test_a_link_of_another_purpose_a_wrong_one_and_an_old_one_are_no_good(ledger, purpose, token_of, after):
    token = ledger.write_now(staff.make_link, WORLD, "setup")

    assert not ledger.read_now(staff.link_is_good, purpose, token_of(token), T0 + after)


def test_a_signin_link_signs_in_once(ledger):
    token = ledger.write_now(staff.signin_link, WORLD, "demo")

    assert ledger.write_now(staff.sign_in_by_link, token, T0).name == "demo"
    assert ledger.write_now(staff.sign_in_by_link, token, T0) is None


def test_tokens_are_kept_as_digests_only(ledger, anna, tmp_path):
    tokens = [ledger.write_now(staff.make_link, WORLD, "setup"), begin(ledger, anna)]

    for file in tmp_path.iterdir():
        content = file.read_bytes()
        assert not [token for token in tokens if token.encode() in content or bytes.fromhex(token) in content]


def test_a_session_ends_after_half_an_hour_without_a_request(ledger, anna):
    token = begin(ledger, anna)

    assert ledger.read_now(staff.of_session, token, T0 + staff.IDLE_MS - 1)[0] == anna
    assert ledger.read_now(staff.of_session, token, T0 + staff.IDLE_MS) is None


def test_a_session_in_use_goes_on_but_not_beyond_its_longest_life(ledger, anna):
    token = begin(ledger, anna)
    for at in range(T0, T0 + staff.SESSION_MS, staff.IDLE_MS - 1):
        assert ledger.read_now(staff.of_session, token, at) is not None
        ledger.write_now(staff.touch_session, token, at)

    assert ledger.read_now(staff.of_session, token, T0 + staff.SESSION_MS) is None


def test_signing_in_ends_the_session_that_the_browser_had(ledger, anna):
    old = begin(ledger, anna)
    new = begin(ledger, anna, before=old)

    assert old != new
    assert ledger.read_now(staff.of_session, old, T0) is None
    assert ledger.read_now(staff.of_session, new, T0) is not None


def test_a_closed_session_opens_nothing(ledger, anna):
    token = begin(ledger, anna)
    ledger.write_now(staff.close_session, token)

    assert ledger.read_now(staff.of_session, token, T0) is None


def test_of_a_thousand_guesses_in_a_minute_at_most_ten_are_looked_at(ledger, anna):
    looked = sum(ledger.write_now(staff.begin_try, "anna", T0 + n * 60).locked_until is None for n in range(1000))

    assert 0 < looked <= 10


def test_each_lock_is_longer_up_to_an_hour():
    locks = [staff.lock_ms(n) for n in range(40)]

    assert locks[: staff.FREE_TRIES] == [0] * staff.FREE_TRIES
    assert locks == sorted(locks)
    assert locks[-1] == staff.LONGEST_LOCK_MS


def test_signing_in_forgets_the_failed_tries(ledger, anna):
    for _ in range(4):
        ledger.write_now(staff.begin_try, "anna", T0)
    begin(ledger, anna)
    tries = [ledger.write_now(staff.begin_try, "anna", T0).locked_until for _ in range(5)]

    assert tries == [None] * 5


def test_a_lock_and_a_signing_in_are_in_the_audit_trail_without_a_password_or_token(ledger, anna):
    for _ in range(6):
        ledger.write_now(staff.begin_try, "anna", T0)
    token = begin(ledger, anna)
    entries = ledger.read_now(audit.newest)

    assert [entry.action for entry in entries] == ["staff.sign_in", "staff.lock"]
    assert token not in str(entries)
    assert ledger.read_now(audit.verify).holds


def test_a_name_is_taken_once(ledger, anna):
    with pytest.raises(ValueError, match="taken"):
        ledger.write_now(staff.add, name="anna", role="dpo", password_hash="h", now=T0)


def test_F82_one_form_asks_for_one_run(ledger):
    first = ledger.write_now(desk.run_now, "a/b", by="anna", form="f1", now=T0)
    second = ledger.write_now(desk.run_now, "a/b", by="anna", form="f1", now=T0 + 5)
    other = ledger.write_now(desk.run_now, "a/b", by="anna", form="f2", now=T0 + 9)

    assert (first, second, other) == (True, False, True)
    assert ledger.read_now(job_state.get, "a/b").requested_at == T0 + 9
    assert [entry.action for entry in ledger.read_now(audit.newest)] == ["job.run_now"] * 2


def test_a_pause_and_its_end_are_audited_with_who_and_why(ledger):
    ledger.write_now(desk.pause, "a/b", by="anna", form="f1", reason="migrazione", until=T0 + 10, now=T0)
    assert ledger.read_now(job_state.get, "a/b").paused(T0)
    ledger.write_now(desk.resume, "a/b", by="anna", form="f2", now=T0 + 1)
    assert not ledger.read_now(job_state.get, "a/b").paused(T0 + 1)

    resumed, paused = ledger.read_now(audit.newest)
    assert (paused.actor, paused.action, paused.subject) == ("staff:anna", "job.pause", "a/b")
    assert "migrazione" in paused.detail
    assert resumed.action == "job.resume"


def test_a_refused_pause_leaves_its_form_good_for_another_try(ledger):
    with pytest.raises(ValueError, match="futuro"):
        ledger.write_now(desk.pause, "a/b", by="anna", form="f1", reason="x", until=T0 - 1, now=T0)

    assert ledger.write_now(desk.pause, "a/b", by="anna", form="f1", reason="x", until=None, now=T0)


def test_old_links_and_sessions_are_cleared_away(ledger, anna):
    ledger.write_now(staff.make_link, WORLD, "setup")
    begin(ledger, anna)
    ledger.write_now(staff.make_link, later(days=2), "setup")
    begin(ledger, anna, world=later(days=2))

    for table in ("one_time_link", "session"):
        assert ledger.read_now(lambda c, t=table: c.exec_driver_sql(f"SELECT count(*) FROM {t}").scalar_one()) == 1  # noqa: S608 - our own words
