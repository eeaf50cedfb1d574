from __future__ import annotations

from dataclasses import replace

import pytest

from patto_hub.ledger import audit


@pytest.fixture
def chain(ledger):
    for n in range(1, 6):
        ledger.write_now(
            audit.append, "staff:anna", "quarantine.waive", f"quarantine:{n}", {"reason": f"è {n}"}, n * 100
        )
    return list(ledger.read_now(lambda c: list(audit.entries(c))))


def test_a_chain_that_nobody_touched_verifies(ledger, chain):
    verdict = ledger.read_now(audit.verify)

    assert verdict.holds
    assert verdict.entries == 5
    assert verdict.head == chain[-1].hash
    assert [entry.n for entry in chain] == [1, 2, 3, 4, 5]


@pytest.mark.parametrize(
    "change",
    [
        "at = 1",
        "actor = 'staff:bruno'",
        "action = 'x'",
        "subject = 'x'",
        "detail = '{}'",
        "prev = x'00'",
        "hash = x'00'",
    ],
)
def test_each_changed_column_is_found_at_its_entry(ledger, chain, sql, change):
    sql(f"UPDATE audit SET {change} WHERE n = 3")  # noqa: S608 - from the list above

    verdict = ledger.read_now(audit.verify)

    assert verdict.broken == 3
    assert verdict.entries == 2


def test_a_removed_entry_is_found(ledger, chain, sql):
    sql("DELETE FROM audit WHERE n = 3")

    verdict = ledger.read_now(audit.verify)

    assert (verdict.broken, verdict.why) == (4, "entry 3 is missing")


def test_an_entry_cut_off_the_end_shows_by_the_head_noted_before(ledger, chain, sql):
    noted = ledger.read_now(audit.verify).head
    sql("DELETE FROM audit WHERE n = 5")

    verdict = ledger.read_now(audit.verify)

    assert verdict.holds
    assert verdict.head != noted


def test_a_detail_that_was_removed_is_found(ledger, chain, sql):
    sql("UPDATE audit SET detail = NULL WHERE n = 3")

    verdict = ledger.read_now(audit.verify)

    assert (verdict.broken, verdict.why) == (3, "its detail was removed")
    assert audit.verify_entries([*chain[:2], replace(chain[2], detail=None)]).broken == 3


def test_the_name_of_whoever_is_behind_a_request_can_be_removed(ledger, chain, sql):
    ledger.write_now(audit.append, "partner:borgo", "request.tracked", "pacts", {"user": "m.rossi"}, 6)
    sql("UPDATE audit SET detail = NULL WHERE n = 6")

    verdict = ledger.read_now(audit.verify)

    assert (verdict.holds, verdict.entries) == (True, 6)


def test_an_export_is_verified_without_a_ledger(chain):
    assert audit.verify_entries(chain).holds
    assert (
        audit.verify_entries([*chain[:2], replace(chain[2], detail='{"reason":"altro"}')]).why
        == "its detail was changed"
    )


def test_an_entry_belongs_to_the_transaction_of_what_it_tells_of(ledger, chain):
    def undone(connection):
        audit.append(connection, "hub", "x.y", "z", {}, 1)
        raise RuntimeError

    with pytest.raises(RuntimeError):
        ledger.write_now(undone)

    assert ledger.read_now(audit.verify).entries == 5


def test_a_long_chain_is_read_in_pieces(ledger, monkeypatch):
    monkeypatch.setattr(audit, "PIECE", 3)
    ledger.write_now(lambda c: [audit.append(c, "hub", "x.y", str(n), {}, n) for n in range(10)])

    assert ledger.read_now(audit.verify).entries == 10
