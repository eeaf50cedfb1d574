"""How a partner's format moves away from the schema."""

from __future__ import annotations

from patto_hub.ledger import drift


def test_drift_keeps_the_first_time_and_counts(ledger):
    ledger.write_now(drift.note, "fg1/pacts", {("/colore", "added"): 3}, 10)
    ledger.write_now(drift.note, "fg1/pacts", {("/colore", "added"): 2}, 20)

    [found] = ledger.read_now(drift.of_job, "fg1/pacts")

    assert (found.field, found.what, found.first_at, found.last_at, found.times) == ("/colore", "added", 10, 20, 5)
