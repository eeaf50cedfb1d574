"""Where each job goes on."""

from __future__ import annotations

from patto_hub.ledger import cursors
from patto_hub.ledger.runs import Run

RUN = Run(id=1, job="fg1/pacts", partner_id=1, attempt=1, fence=1, owner="test", started_at=0, reason="cli")


def test_a_cursor_moves_and_can_be_forgotten(ledger):
    assert ledger.read_now(cursors.get, "fg1/pacts") is None

    ledger.write_now(cursors.move, RUN, {"since": "2026-01-01"}, 5)
    moved = ledger.read_now(cursors.get, "fg1/pacts")
    ledger.write_now(cursors.forget, "fg1/pacts")

    assert moved == {"since": "2026-01-01"}
    assert ledger.read_now(cursors.get, "fg1/pacts") is None
