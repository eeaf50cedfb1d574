"""What a receipt tells of its rows: in both languages, whenever it was told."""

from __future__ import annotations

import pytest

from patto_connectors.contract import Outcome, RowOutcome
from patto_hub.ledger import pushed
from patto_hub.web.receipts import receipt_body

JOB = "ambito-fg1/notes"


@pytest.fixture
def told(ledger):
    """Hand something in and tell what became of a row; gives what the receipt says of it."""

    def made(**words):
        row = RowOutcome(position="riga 3", verdict="quarantined", code="field.date", owner="partner", **words)
        kept = {"idempotency_key": None, "content": b"x", "media_type": "text/csv", "now": 1_000}
        ledger.write_now(pushed.take, job=JOB, receipt="5" * 32, **kept)
        outcome = Outcome(name="5" * 32, counts={"read": 1, "quarantined": 1}, rows=[row])
        ledger.write_now(pushed.tell, JOB, outcome, 2_000)
        [said] = receipt_body(ledger.read_now(pushed.get, "ambito-fg1", "5" * 32)).rows
        return said.message, said.message_en

    return made


def test_a_row_is_told_in_both_languages(told):
    assert told(message="Manca la data.", message_en="The date is missing.") == (
        "Manca la data.",
        "The date is missing.",
    )


def test_of_a_row_that_was_told_in_italian_only_the_catalogue_gives_the_english(told):
    message, english = told(message="La data non esiste.")

    assert message == "La data non esiste."
    assert english == "The date does not exist or is not written as year-month-day."
