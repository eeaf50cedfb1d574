from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from patto_connectors.iso20022 import Order, Transfer, UnpayableError

OURS = "IT60X0542811101000000123456"
TRANSFER = Transfer(end_to_end_id="P-1", amount=Decimal(500), creditor_name="Nicolò Rossi", creditor_iban=OURS)
ORDER = Order(
    message_id="PATTO-1",
    created_at=datetime(2026, 3, 2, 9, tzinfo=UTC),
    debtor_name="Microcredito Sociale",
    debtor_iban=OURS,
    execute_on=date(2026, 3, 3),
    transfers=(TRANSFER,),
)


def test_values_are_kept_as_they_will_be_written():
    transfer = replace(TRANSFER, creditor_iban="it60 x054 2811 1010 0000 0123 456", remittance="rata\ndi già")

    assert str(transfer.amount) == "500.00"
    assert (transfer.creditor_name, transfer.creditor_iban) == ("Nicolo Rossi", OURS)
    assert transfer.remittance == "rata di gia"


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"amount": Decimal(0)}, "payment.amount"),
        ({"amount": Decimal(-1)}, "payment.amount"),
        ({"amount": Decimal("1.005")}, "payment.amount"),
        ({"amount": Decimal("NaN")}, "payment.amount"),
        ({"amount": Decimal("1E30")}, "payment.amount"),
        ({"amount": Decimal(1_000_000_000)}, "payment.amount"),
        ({"currency": "USD"}, "payment.currency"),
        ({"creditor_iban": "IT60X0542811101000000123457"}, "payment.iban"),
        ({"creditor_iban": "IT61X0542811101000000123456"}, "payment.iban"),
        ({"creditor_iban": "0123456789"}, "payment.iban"),
        ({"creditor_bic": "BANCA"}, "payment.bic"),
        ({"creditor_name": " "}, "payment.text"),
        ({"creditor_name": "Мария"}, "payment.text"),
        ({"creditor_name": "n" * 71}, "payment.text"),
        ({"remittance": "r" * 141}, "payment.text"),
        ({"purpose": "loan"}, "payment.purpose"),
        ({"end_to_end_id": "A_1"}, "payment.reference"),
        ({"end_to_end_id": ""}, "payment.reference"),
    ],
)
def test_a_transfer_that_no_bank_takes_is_never_made(changed, code):
    with pytest.raises(UnpayableError) as caught:
        replace(TRANSFER, **changed)

    assert caught.value.code == code
    assert "Мария" not in str(caught.value)


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"message_id": "A" * 36}, "payment.reference"),
        ({"transfers": ()}, "payment.reference"),
        ({"transfers": (TRANSFER, TRANSFER)}, "payment.reference"),
        ({"execute_on": date(2026, 3, 1)}, "payment.date"),
        ({"created_at": datetime(2026, 3, 2, 9)}, "payment.date"),  # noqa: DTZ001 - that is what is wrong
        ({"debtor_iban": "IT00"}, "payment.iban"),
        ({"debtor_bic": "X"}, "payment.bic"),
        ({"cuc": "short"}, "payment.order"),
    ],
)
def test_an_order_that_no_bank_takes_is_never_made(changed, code):
    with pytest.raises(UnpayableError) as caught:
        replace(ORDER, **changed)

    assert caught.value.code == code
