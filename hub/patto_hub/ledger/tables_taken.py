"""How often something was taken away from what readers could have read before; SQLite itself counts it.

Numbers of changes only grow, so a full page of a feed stays as it is until an address or a payload is taken back. The
triggers count that in the transaction that does it, whoever does it: a run, an erasure, a command, a person with SQL.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import DDL, CheckConstraint, Column, Integer, Table, event

from patto_hub.ledger.tables_access import metadata

taken = Table(
    "taken",
    metadata,
    Column("id", Integer, primary_key=True),  # always 1
    Column("times", Integer, nullable=False),
    CheckConstraint("id = 1", name="one"),
)
_COUNT: Final = (
    "BEGIN INSERT INTO taken (id, times) VALUES (1, 1) ON CONFLICT (id) DO UPDATE SET times = times + 1; END"
)
TRIGGERS: Final = {
    "taken_address": "AFTER DELETE ON audience",
    "taken_payload": "AFTER UPDATE OF payload ON record_version",
    "taken_version": "AFTER DELETE ON record_version",
    "taken_change": "AFTER DELETE ON change",
    "taken_op": "AFTER UPDATE ON change",
    "taken_name": "AFTER UPDATE OF name ON partner WHEN OLD.name IS NOT NEW.name",
    "taken_reader": "AFTER UPDATE OF organisation_id ON partner WHEN OLD.organisation_id IS NOT NEW.organisation_id",
}
"""By name, when each of them counts."""

for _name, _when in TRIGGERS.items():
    _made = DDL(f"CREATE TRIGGER {_name} {_when} {_COUNT}")  # type: ignore[no-untyped-call]
    event.listen(metadata, "after_create", _made)
