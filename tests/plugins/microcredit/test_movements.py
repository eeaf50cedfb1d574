"""From statements to movements: what is kept, what is dropped, and when two tellings are one movement."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from pydantic import ValidationError

from patto_connectors.iso20022 import read_camt
from patto_connectors.testing.camt import Account, Booking, Statement, camt
from patto_plugins.microcredit import movements
from patto_schemas.model.wire import canonical_json

OURS = "IT60X0542811101000000123456"
AT = datetime(2026, 3, 3, 6, 0, tzinfo=UTC)
DAY = date(2026, 3, 2)
MESSAGES = ("camt.053.001.02", "camt.053.001.04", "camt.053.001.08", "camt.054.001.02", "camt.054.001.08")


def written(*bookings, message="camt.053.001.02", iban=OURS):
    statement = Statement(statement_id="S-1", account=Account(iban=iban), bookings=bookings, created_at=AT)
    return camt(message, [statement], message_id="M-1", created_at=AT)


def booking(**changed):
    usual = {
        "amount": Decimal("125.00"),
        "booked_on": DAY,
        "value_on": DAY,
        "bank_reference": "BM20260302000001",
        "end_to_end_id": "E2E-4100007-R01",
        "name": "Maria Rossi",
        "iban": "IT40X0542811101000000654321",
        "remittance": ("rata della signora Rossi",),
    }
    return Booking(**{**usual, **changed})


def read(content):
    return [movements.translate(row) for page in read_camt(content) for row in page.rows]


@pytest.mark.parametrize("message", MESSAGES)
def test_nobody_is_named_in_what_is_kept(message):
    (movement,) = read(written(booking(), message=message))

    kept = canonical_json(movement).decode()
    assert not any(text in kept for text in ("Rossi", "signora", "654321"))
    assert movement.note is None


@pytest.mark.parametrize("message", MESSAGES)
def test_trap_9_the_version_is_read_from_the_namespace(message):
    (movement,) = read(written(booking(), message=message))

    assert (movement.status, movement.end_to_end_id) == ("booked", "E2E-4100007-R01")
    assert (movement.amount, movement.direction) == (Decimal("125.00"), "credit")


def test_trap_16_what_is_sent_again_in_whatever_message_has_one_key():
    files = [written(booking(), message=message) for message in MESSAGES for _ in range(2)]

    keys = {movement.key for content in files for movement in read(content)}

    assert len(keys) == 1


def test_a_notice_never_takes_back_what_a_statement_said():
    told = {
        (message[:8], status): read(written(booking(status=status), message=message))[0].revision
        for message in ("camt.054.001.04", "camt.053.001.08")
        for status in ("PDNG", "BOOK")
    }

    assert sorted(told, key=told.__getitem__) == [
        ("camt.054", "PDNG"),
        ("camt.053", "PDNG"),
        ("camt.054", "BOOK"),
        ("camt.053", "BOOK"),
    ]


def test_the_statement_alone_gives_its_number():
    notice, statement = (read(written(booking(), message=each))[0] for each in ("camt.054.001.04", "camt.053.001.04"))

    assert (notice.statement_id, statement.statement_id) == (None, "S-1")


@pytest.mark.parametrize("reference", [None, "NOTPROVIDED", "rata di Maria Rossi"])
def test_a_movement_without_a_reference_of_ours_belongs_to_nobody(reference):
    (movement,) = read(written(booking(end_to_end_id=reference)))

    assert (movement.end_to_end_id, movement.needs()) == (None, ())


def test_a_movement_needs_the_loan_that_its_reference_belongs_to():
    (movement,) = read(written(booking()))

    assert movement.needs() == (("loan", ("end_to_end", "E2E-4100007-R01")),)


def test_what_is_to_come_is_information():
    (movement,) = read(written(booking(status="FUTR"), message="camt.053.001.08"))

    assert movement.status == "info"


def test_a_status_of_no_version_is_a_row_that_is_set_aside():
    with pytest.raises(KeyError):
        read(written(booking(status="BOH")))


def test_an_account_without_an_iban_cannot_be_reconciled():
    content = written(booking()).replace(
        f"<IBAN>{OURS}</IBAN>\n        </Id>\n        <Ccy>".encode(),
        b"<Othr><Id>123</Id></Othr>\n        </Id>\n        <Ccy>",
    )

    with pytest.raises(ValidationError, match="account_iban"):
        read(content)
