"""Rows that were set aside: one entry per row, closed by good news or by a person with a reason."""

from __future__ import annotations

import pytest

from patto_hub.ledger import quarantine


@pytest.fixture
def entry(ledger):
    """Set a row aside and give its number."""

    def add(digest=1, *, key="P-1", now=1_000):
        row = ("fg1/pacts", 1, 1, None, "$[0]", "pact", key, b"{}", digest, "[]", "R2", "partner", now, now)
        ledger.write_now(quarantine.add, [row])
        return ledger.read_now(
            lambda each: each.exec_driver_sql("SELECT id FROM quarantine WHERE row_digest = ?", (digest,)).scalar_one()
        )

    return add


def test_an_entry_is_given_back_with_its_bytes(ledger, entry):
    number = entry()

    found = ledger.read_now(quarantine.get, number)

    assert (found.job, found.position, found.row, found.state) == ("fg1/pacts", "$[0]", b"{}", "open")


def test_no_entry_of_that_number(ledger):
    assert ledger.read_now(quarantine.get, 7) is None


def test_the_same_row_again_is_seen_once_more(ledger, entry):
    number = entry(now=1_000)

    entry(now=2_000)

    found = ledger.read_now(quarantine.get, number)
    assert (found.times, found.opened_at, found.last_at) == (2, 1_000, 2_000)


def test_a_row_that_was_thought_fixed_is_open_again(ledger, entry):
    number = entry()
    ledger.write_now(quarantine.settle, "fg1/pacts", [("pact", "P-1")], [], [], 2_000)

    entry(now=3_000)

    found = ledger.read_now(quarantine.get, number)
    assert (found.state, found.closed_at) == ("open", None)


def test_a_waived_row_stays_waived_when_it_comes_again(ledger, entry):
    number = entry()
    ledger.write_now(quarantine.close, number, state="waived", by="staff:anna", reason="prova", now=2_000)

    entry(now=3_000)

    found = ledger.read_now(quarantine.get, number)
    assert (found.state, found.closed_by, found.times) == ("waived", "staff:anna", 2)


def test_a_person_gives_a_reason(ledger, entry):
    number = entry()

    with pytest.raises(ValueError, match="says why"):
        ledger.write_now(quarantine.close, number, state="waived", by="staff:anna", reason=" ", now=2_000)


def test_a_person_cannot_say_that_it_is_fixed(ledger, entry):
    number = entry()

    with pytest.raises(ValueError, match="returned or waived"):
        ledger.write_now(quarantine.close, number, state="fixed", by="staff:anna", reason="sì", now=2_000)


def test_what_is_closed_is_not_closed_again(ledger, entry):
    number = entry()
    ledger.write_now(quarantine.close, number, state="returned", by="staff:anna", reason="inviata", now=2_000)

    again = ledger.write_now(quarantine.close, number, state="waived", by="staff:anna", reason="prova", now=3_000)

    assert again is False


def test_good_news_of_a_key_or_of_a_row_closes(ledger, entry):
    entry(1, key="P-1")
    entry(2, key=None)
    entry(3, key="P-3")

    ledger.write_now(quarantine.settle, "fg1/pacts", [("pact", "P-1")], [2], [], 2_000)

    left = ledger.read_now(quarantine.open_entries)
    assert [each.row_digest for each in left] == [3]


def test_open_entries_are_listed_by_job_and_in_pages(ledger, entry):
    for digest in range(1, 6):
        entry(digest)

    first = ledger.read_now(quarantine.open_entries, job="fg1/pacts", limit=3)
    rest = ledger.read_now(quarantine.open_entries, job="fg1/pacts", after=first[-1].id)

    assert [each.row_digest for each in (*first, *rest)] == [1, 2, 3, 4, 5]
    assert ledger.read_now(quarantine.open_entries, job="other/job") == []
    assert ledger.read_now(quarantine.count, "fg1/pacts") == 5
