from __future__ import annotations

from datetime import date

import pytest

from patto_connectors.testing.camt import Account

REFERENCE = "CRO0000123456789"


def keys(rows):
    return [row["key"] for row in rows]


@pytest.fixture
def key(written, read):
    """Read the one movement of a message; gives its key."""

    def of(*bookings, **changed):
        rows, _ = read(written(*bookings, **changed))
        return keys(rows)

    return of


@pytest.mark.parametrize("later", ["camt.053.001.02", "camt.053.001.08", "camt.054.001.08"])
@pytest.mark.parametrize(
    "named",
    [{"bank_reference": REFERENCE}, {"end_to_end_id": "PATTO-7"}, {"transaction_id": "T-7"}, {"remittance": ("rata",)}],
    ids=["the bank's reference", "end to end", "transaction", "content"],
)
def test_a_movement_has_one_key_in_whatever_message_it_comes_again(key, booking, named, later):
    notice = key(booking(**named), message="camt.054.001.02", message_id="N-1", statement_id="N-1")

    statement = key(booking(**named), message=later, message_id="M-9", statement_id="S-9")

    assert statement == notice


def test_a_file_sent_twice_gives_the_same_keys(written, read, booking):
    content = written(booking(), booking(), booking(end_to_end_id="A"))

    assert keys(read(content)[0]) == keys(read(content)[0])


def test_equal_movements_of_one_statement_are_several(key, booking):
    found = key(booking(), booking(), booking())

    assert len(set(found)) == 3
    assert found[1:] == [f"{found[0]}-2", f"{found[0]}-3"]


def test_parts_of_a_batch_with_one_bank_reference_are_several(key, booking):
    parts = [booking(end_to_end_id=name) for name in ("A", "B")]

    assert len(set(key(booking(amount=parts[0].amount * 2, parts=parts, bank_reference=REFERENCE)))) == 2


@pytest.mark.parametrize(
    "changed",
    [{"direction": "DBIT"}, {"reversal": True}, {"bank_reference": "CRO0000123456780"}, {"account_iban": True}],
    ids=["direction", "reversal", "reference", "account"],
)
def test_what_makes_another_movement_makes_another_key(key, booking, italian, changed):

    account = {"account": Account(iban=italian(7))} if changed.pop("account_iban", False) else {}

    assert key(booking(**{"bank_reference": REFERENCE, **changed}), **account) != key(booking(bank_reference=REFERENCE))


def test_a_bank_reference_holds_when_a_pending_movement_is_booked(key, booking):
    pending = key(booking(bank_reference=REFERENCE, booked_on=None, value_on=None, status="PDNG"))

    assert key(booking(bank_reference=REFERENCE)) == pending


def test_a_short_reference_is_a_counter_that_starts_again_each_day(key, booking):

    today = key(booking(bank_reference="0001"))
    tomorrow = key(booking(bank_reference="0001", value_on=date(2026, 3, 3), booked_on=date(2026, 3, 3)))

    assert today != tomorrow


def test_a_standing_order_has_a_key_for_each_day(key, booking):

    march, april = booking(end_to_end_id="A"), booking(end_to_end_id="A", value_on=date(2026, 4, 2))

    assert key(march) != key(april)


def test_a_key_holds_nothing_that_was_written(key, booking):
    found = key(booking(end_to_end_id="RSSMRA80A01H501U", remittance=("Ada Rossi",)))

    assert all(set(each) <= set("0123456789abcdef-") for each in found)
