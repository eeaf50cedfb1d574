from __future__ import annotations

from patto_hub.ledger import secrets


def test_a_key_is_made_once_and_stays(ledger, world):
    first = ledger.write_now(secrets.get, "row-digest", world)

    assert len(first) == 32
    assert ledger.read_now(secrets.get, "row-digest", world) == first


def test_each_name_has_a_key_of_its_own(ledger, world):
    assert ledger.write_now(secrets.get, "row-digest", world) != ledger.write_now(secrets.get, "cursor", world)
