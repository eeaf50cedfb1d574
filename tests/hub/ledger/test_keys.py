from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from patto_connectors.ports import World
from patto_hub.ledger import keys
from patto_hub.ledger.store import open_ledger
from patto_hub.ledger.upgrade import upgrade

NOW = datetime(2026, 3, 2, tzinfo=UTC)
WORLD = World(now=lambda: NOW, chance=Random(3))
LATER = keys.OVERLAP_MS


@pytest.fixture
def ledger(tmp_path):
    upgrade(tmp_path / "ledger.db")
    with closing(open_ledger(tmp_path / "ledger.db")) as opened:
        opened.write_now(_partner)
        yield opened


def _partner(connection):
    connection.exec_driver_sql("INSERT INTO organisation (id, scheme, value) VALUES (5, 'ambito', 'FG/1')")
    connection.exec_driver_sql("INSERT INTO partner (name, plugin, organisation_id) VALUES ('cpi', 'p', 5)")


def at(days):
    return replace(WORLD, now=lambda: NOW + timedelta(days=days))


def test_a_key_opens_for_its_partner(ledger):
    made, text = ledger.write_now(keys.add, WORLD, partner="cpi", scopes=["pacts"])

    found = ledger.read_now(keys.find, text, WORLD.milliseconds())

    assert found == made
    assert (found.partner, found.organisation, found.scopes) == ("cpi", 5, {"pacts"})


def test_a_key_has_256_random_bits_and_is_kept_nowhere(ledger, tmp_path):
    made, text = ledger.write_now(keys.add, WORLD, partner="cpi", scopes=["pacts"])
    secret = text.rsplit("_", 1)[1]

    assert len(bytes.fromhex(secret)) == 32
    assert made.prefix in text
    for file in tmp_path.iterdir():
        assert secret.encode() not in file.read_bytes()
        assert bytes.fromhex(secret) not in file.read_bytes()


@pytest.mark.parametrize(
    "spoil",
    [
        lambda text: text[:-1] + ("0" if text[-1] != "0" else "1"),
        lambda text: text + "0",
        lambda text: text.upper(),
        lambda text: text.replace("patto_", "potta_"),
        lambda text: "",
        lambda text: "patto_000000000000_" + "0" * 64,
        lambda text: text.rsplit("_", 1)[0],
    ],
)
def test_any_other_text_opens_nothing(ledger, spoil):
    _, text = ledger.write_now(keys.add, WORLD, partner="cpi", scopes=["pacts"])

    assert ledger.read_now(keys.find, spoil(text), WORLD.milliseconds()) is None


def test_at_rotation_both_keys_work_until_the_overlap_ends(ledger):
    _, old = ledger.write_now(keys.add, WORLD, partner="cpi", scopes=["pacts"])
    successor, new = ledger.write_now(keys.rotate, WORLD, partner="cpi")
    now = WORLD.milliseconds()

    assert successor.scopes == {"pacts"}
    assert ledger.read_now(keys.find, old, now + LATER - 1) is not None
    assert ledger.read_now(keys.find, old, now + LATER) is None
    assert ledger.read_now(keys.find, new, now + LATER) is not None


def test_a_rotation_can_open_other_feeds(ledger):
    ledger.write_now(keys.add, WORLD, partner="cpi", scopes=["pacts"])

    successor, _ = ledger.write_now(keys.rotate, WORLD, partner="cpi", scopes=["catalogue"])

    assert successor.scopes == {"catalogue"}


def test_a_second_rotation_waits_until_the_first_is_over(ledger):
    ledger.write_now(keys.add, WORLD, partner="cpi", scopes=["pacts"])
    ledger.write_now(keys.rotate, WORLD, partner="cpi")

    with pytest.raises(keys.TooManyKeys):
        ledger.write_now(keys.rotate, WORLD, partner="cpi")

    ledger.write_now(keys.rotate, at(days=15), partner="cpi")
    assert [key.live(at(days=15).milliseconds()) for key in ledger.read_now(keys.of_partner, "cpi")] == [
        False,
        True,
        True,
    ]


def test_a_revoked_key_opens_nothing_at_once(ledger):
    made, text = ledger.write_now(keys.add, WORLD, partner="cpi", scopes=["pacts"])

    ended = ledger.write_now(keys.revoke, made.prefix, WORLD.milliseconds())

    assert ended.revoked_at == WORLD.milliseconds()
    assert ledger.read_now(keys.find, text, WORLD.milliseconds()) is None


def test_an_expired_key_opens_nothing(ledger):
    end = WORLD.milliseconds() + 10
    _, text = ledger.write_now(keys.add, WORLD, partner="cpi", scopes=["pacts"], expires_at=end)

    assert ledger.read_now(keys.find, text, end - 1) is not None
    assert ledger.read_now(keys.find, text, end) is None


def test_a_partner_that_is_not_registered_gets_no_key(ledger):
    with pytest.raises(LookupError, match="altro"):
        ledger.write_now(keys.add, WORLD, partner="altro", scopes=["pacts"])


def test_there_is_nothing_to_rotate_without_a_live_key(ledger):
    with pytest.raises(LookupError, match="cpi"):
        ledger.write_now(keys.rotate, WORLD, partner="cpi")


def test_an_unknown_prefix_cannot_be_revoked(ledger):
    with pytest.raises(LookupError, match="abc"):
        ledger.write_now(keys.revoke, "abc", 0)


def test_how_far_a_partner_has_read_is_noted(ledger):
    ledger.write_now(keys.note_reading, "cpi", feed="pacts", position=4, at=9)
    ledger.write_now(keys.note_reading, "cpi", feed="pacts", position=7, at=10)

    assert ledger.read_now(
        lambda c: c.exec_driver_sql("SELECT partner, feed, position, read_at FROM subscription").all()
    ) == [("cpi", "pacts", 7, 10)]


def test_the_last_use_of_a_key_never_goes_back(ledger):
    first, _ = ledger.write_now(keys.add, WORLD, partner="cpi", scopes=["pacts"])
    second, _ = ledger.write_now(keys.add, WORLD, partner="cpi", scopes=["pacts"])

    ledger.write_now(keys.note_uses, {first.id: 10, second.id: 7})
    ledger.write_now(keys.note_uses, {first.id: 9})

    assert [key.used_at for key in ledger.read_now(keys.of_partner, "cpi")] == [10, 7]


@pytest.mark.parametrize(
    ("after", "left", "reminder"), [(0, 40, None), (9.5, 31, None), (10, 30, 30), (33, 7, 7), (39, 1, 1), (39.9, 1, 1)]
)
def test_a_key_reminds_of_its_end_30_7_and_1_days_before(ledger, after, left, reminder):
    end = at(40).milliseconds()
    made, _ = ledger.write_now(keys.add, WORLD, partner="cpi", scopes=["pacts"], expires_at=end)
    now = at(after).milliseconds()

    assert (made.days_left(now), made.reminder(now)) == (left, reminder)
    assert bool(ledger.read_now(keys.ending, now)) == (reminder is not None)


def test_a_key_without_an_end_reminds_of_nothing(ledger):
    made, _ = ledger.write_now(keys.add, WORLD, partner="cpi", scopes=["pacts"])

    assert (made.days_left(0), made.reminder(0), ledger.read_now(keys.ending, 0)) == (None, None, [])
