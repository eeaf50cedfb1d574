from __future__ import annotations

import pytest
from pydantic import ValidationError

from patto_connectors.iso20022 import PaymentSettings

GOOD = {"debtor_name": "Società Cooperativa", "debtor_iban": "IT60X0542811101000000123456", "outbox": "/var/lib/outbox"}


def test_a_name_is_kept_as_it_will_be_written():
    assert PaymentSettings.model_validate(GOOD).debtor_name == "Societa Cooperativa"


@pytest.mark.parametrize(
    "wrong",
    [
        {"debtor_iban": "IT60X0542811101000000123457"},
        {"debtor_name": "Мария"},
        {"debtor_bic": "banca"},
        {"cuc": "1"},
        {"form": "pain.001.001.99"},
        {"form": "CBIPaymentRequest.00.04.01"},
        {"purposes": {"disbursement": "loan"}},
        {"prefix": "patto_"},
        {"lead_days": -1},
    ],
)
def test_settings_that_would_fail_with_the_first_order_are_refused(wrong):
    with pytest.raises(ValidationError):
        PaymentSettings.model_validate(GOOD | wrong)
