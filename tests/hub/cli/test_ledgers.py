from __future__ import annotations

import pytest

from patto_connectors.ports import World
from patto_hub.cli.ledgers import Desk
from patto_hub.ledger import audit, staff, upgrade
from patto_hub.ledger.store import open_ledger


@pytest.fixture
def desk(tmp_path):
    path = tmp_path / "ledger.db"
    upgrade.upgrade(path)
    ledger = open_ledger(path)
    yield Desk(None, ledger, path, World())
    ledger.close()


def add(connection):
    return staff.add(connection, name="anna", role="region", password_hash="-", now=1)


def test_what_a_command_does_is_in_the_audit(desk):
    made = desk.write("staff.add", add, lambda who: (who.name, {"role": who.role}))

    (entry,) = desk.ledger.read_now(audit.newest)
    assert made.name == "anna"
    assert (entry.action, entry.subject) == ("staff.add", "anna")
    assert entry.actor.startswith("cli:")


def test_what_cannot_be_noted_in_the_audit_is_not_done(desk):
    with pytest.raises(TypeError, match="JSON serializable"):
        desk.write("staff.add", add, lambda who: (who.name, {"role": object()}))

    assert not desk.ledger.read_now(staff.anybody)
