"""What is asked of a bank, as plain values that were checked before anything is written.

Limits are those of SEPA credit transfers (EPC132-08) and of CBI (`CBIPaymentRequest.00.04.01`), whichever is tighter,
so that an order can be written in any of the formats: names 70 characters, remittance 140, references 35, euros only,
at most 999,999,999.99.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from stdnum import bic as stdnum_bic

from patto_connectors.iso20022.charset import UnwritableError, is_reference, sepa_text
from patto_schemas.identity.numbers import iban_problem

if TYPE_CHECKING:
    from datetime import date, datetime

NAME: Final = 70
REMITTANCE: Final = 140
MOST: Final = Decimal("999999999.99")
_PURPOSE = re.compile(r"[A-Z0-9]{4}", re.ASCII)
_CUC = re.compile(r"[A-Z0-9]{8}", re.ASCII)


class UnpayableError(ValueError):
    """A value that no order may hold; `code` is of the message catalogue, the message names no person.

    Args:
        code: as `payment.iban`.
        detail: what is wrong, in one sentence.
    """

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    """One credit transfer; texts are kept as they will be written.

    Raises:
        UnpayableError: a value is not one that can be carried.
    """

    end_to_end_id: str
    """Comes back in the statement, unchanged: how a payment is recognised."""
    amount: Decimal
    creditor_name: str
    creditor_iban: str
    currency: str = "EUR"
    creditor_bic: str | None = None
    """Only where the bank asks for it."""
    remittance: str | None = None
    purpose: str | None = None
    """A code of the ISO list `ExternalPurpose1Code`, as SSBE."""

    def __post_init__(self) -> None:
        """Check all values, and write texts with the characters of SEPA."""
        if not is_reference(self.end_to_end_id):
            raise UnpayableError("payment.reference", "The end-to-end reference is no SEPA reference of 1 to 35 signs.")
        if self.currency != "EUR":
            raise UnpayableError("payment.currency", "Only euros can be ordered by SEPA credit transfer.")
        if not self.amount.is_finite() or not 0 < self.amount <= MOST or self.amount != self.amount.quantize(_CENT):
            raise UnpayableError("payment.amount", "The amount is not above 0 with whole cents.")
        if self.purpose is not None and _PURPOSE.fullmatch(self.purpose) is None:
            raise UnpayableError("payment.purpose", "The purpose is not a code of four letters.")
        _set(self, amount=self.amount.quantize(_CENT), creditor_iban=_iban(self.creditor_iban))
        _set(self, creditor_bic=_bic(self.creditor_bic), creditor_name=_text(self.creditor_name, NAME))
        _set(self, remittance=None if self.remittance is None else _text(self.remittance, REMITTANCE))


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """Transfers from one account on one day: what becomes a file.

    Raises:
        UnpayableError: a value is not one that can be carried.
    """

    message_id: str
    """The same order always has the same one: the bank knows by it what came twice."""
    created_at: datetime
    """Aware."""
    debtor_name: str
    debtor_iban: str
    debtor_bic: str | None = None
    cuc: str | None = None
    """The debtor's CBI code (codice univoco CBI), which CBIPaymentRequest needs."""
    execute_on: date
    transfers: tuple[Transfer, ...]

    def __post_init__(self) -> None:
        """Check all values, and write texts with the characters of SEPA."""
        if not is_reference(self.message_id):
            raise UnpayableError("payment.reference", "The message's reference is no SEPA reference of 1 to 35 signs.")
        if self.created_at.tzinfo is None:
            raise UnpayableError("payment.date", "The time of the order has no time zone.")
        if self.execute_on < self.created_at.date():
            raise UnpayableError("payment.date", "The day of execution is before the order itself.")
        if self.cuc is not None and _CUC.fullmatch(self.cuc) is None:
            raise UnpayableError("payment.order", "The CUC is not eight capital letters and digits.")
        references = {each.end_to_end_id for each in self.transfers}
        if not self.transfers or len(references) != len(self.transfers):
            raise UnpayableError("payment.reference", "An order holds transfers, each with its own reference.")
        _set(self, debtor_name=_text(self.debtor_name, NAME), debtor_iban=_iban(self.debtor_iban))
        _set(self, debtor_bic=_bic(self.debtor_bic))

    @property
    def total(self) -> Decimal:
        """What is taken from the debtor's account."""
        return sum((each.amount for each in self.transfers), Decimal("0.00"))


_CENT: Final = Decimal("0.01")


def _set(value: Transfer | Order, **fields: object) -> None:
    for name, field in fields.items():
        object.__setattr__(value, name, field)


def _iban(number: str) -> str:
    compact = "".join(number.split()).upper()
    problem = iban_problem(compact)
    if problem is not None:
        raise UnpayableError("payment.iban", f"An IBAN of the order is wrong ({problem}).")
    return compact


def _bic(code: str | None) -> str | None:
    if code is not None and not stdnum_bic.is_valid(code):
        raise UnpayableError("payment.bic", "A BIC of the order is none.")
    return None if code is None else stdnum_bic.compact(code)


def _text(text: str, most: int) -> str:
    try:
        return sepa_text(text, most)
    except UnwritableError as wrong:
        raise UnpayableError("payment.text", f"A name or reason of payment cannot be written: {wrong}.") from None
