from __future__ import annotations

import pytest

from patto_hub.ledger import keys, portal_sessions

KEPT = {"job": "coop/visits", "media_type": "text/csv", "content": b"abc", "verdict": {"counts": {}}}


@pytest.fixture
def key(ledger, world):
    ledger.write_now(
        lambda c: c.exec_driver_sql("INSERT INTO partner (name, plugin) VALUES ('coop', 'p'), ('altra', 'p')")
    )
    return ledger.write_now(keys.add, world, partner="coop", scopes=("push",))[0]


@pytest.fixture
def token(ledger, world, key):
    return ledger.write_now(portal_sessions.begin, world, key, before="")


def test_only_the_very_token_finds_its_session(ledger, world, key, token):
    now = world.milliseconds()

    assert ledger.read_now(portal_sessions.key_of, token, now)[0] == key
    for other in ("", token[:-1], token.upper() + "x", "patto"):
        assert ledger.read_now(portal_sessions.key_of, other, now) is None


def test_a_session_is_noted_as_in_use_once_a_minute(ledger, world, token):
    now = world.milliseconds()

    assert ledger.read_now(portal_sessions.key_of, token, now)[1] is False
    assert ledger.read_now(portal_sessions.key_of, token, now + portal_sessions.TOUCH_MS)[1] is True
    ledger.write_now(portal_sessions.touch, token, now + portal_sessions.TOUCH_MS)
    assert ledger.read_now(portal_sessions.key_of, token, now + portal_sessions.IDLE_MS + 1) is not None


def test_sessions_that_are_over_are_removed_with_their_files_and_others_stay(ledger, world, key, token):
    ledger.write_now(portal_sessions.keep_tried, token, number="n", **KEPT, now=world.milliseconds())
    other = ledger.write_now(portal_sessions.begin, world, key, before="")
    later = world.milliseconds() + portal_sessions.IDLE_MS
    ledger.write_now(portal_sessions.touch, token, later - 1)

    ledger.write_now(portal_sessions.forget, later)

    assert ledger.read_now(portal_sessions.key_of, token, later) is not None
    assert ledger.read_now(portal_sessions.key_of, other, later) is None
    with pytest.raises(KeyError):
        ledger.read_now(portal_sessions.tried, token, "n", later)


def test_a_file_is_handed_in_by_its_own_session_and_for_its_own_partner_only(ledger, world, key, token):
    now = world.milliseconds()
    ledger.write_now(portal_sessions.keep_tried, token, number="n", **{**KEPT, "job": "altra/visits"}, now=now)

    with pytest.raises(KeyError):
        ledger.write_now(portal_sessions.hand_in, token, "n", receipt="r", by=key, now=now)
    with pytest.raises(KeyError):
        ledger.write_now(portal_sessions.hand_in, "another", "n", receipt="r", by=key, now=now)

    assert ledger.read_now(lambda c: c.exec_driver_sql("SELECT count(*) FROM pushed").scalar()) == 0


def test_a_key_has_a_few_sessions_at_a_time_and_the_first_gives_way(ledger, world, key, token):
    further = [ledger.write_now(portal_sessions.begin, world, key, before="") for _ in range(portal_sessions.MOST)]

    now = world.milliseconds()
    live = [ledger.read_now(portal_sessions.key_of, each, now) is not None for each in (token, *further)]
    assert live == [False] + [True] * portal_sessions.MOST
