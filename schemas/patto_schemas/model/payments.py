"""Payments by bank: the order to pay, and the movement that a statement shows.

What ISO 20022 says in pain.001 (or CBIPaymentRequest, its Italian form) and in camt.053 and camt.054; an EndToEndId
links the two.
"""

from __future__ import annotations

from typing import ClassVar, Final, Literal

from patto_schemas.model.base import LOCAL, Entity, Name, Need
from patto_schemas.model.types import Currency, Day, EndToEndId, Iban, Key, Label, Money, Scheme

END_TO_END: Final = "end_to_end"
"""The scheme of EndToEndIds."""
NOT_PROVIDED: Final = "NOTPROVIDED"
"""What banks write where the payer gave no EndToEndId (ISO 20022)."""

PaymentOrderStatus = Literal["requested", "sent", "executed", "rejected"]
MovementStatus = Literal["booked", "pending", "info"]
"""The entry's Sts: BOOK, PDNG or INFO (`codes/movement_states.csv`)."""
Direction = Literal["credit", "debit"]
"""The entry's CdtDbtInd, seen from the account: credit is money that came in."""


def end_to_end(identifier: str | None) -> tuple[Name, ...]:
    """Give the name that an EndToEndId makes; none where there is none, nor for the word that stands for none."""
    return () if identifier is None or identifier == NOT_PROVIDED else (Name(END_TO_END, identifier),)


class PaymentOrder(Entity):
    """An order to pay one person: a loan's disbursement, or a pact's indemnity (pain.001 CdtTrfTxInf)."""

    kind: ClassVar[str] = "payment_order"
    key_field: ClassVar[str] = "order_id"

    order_id: Key
    type: Literal["disbursement", "indemnity"]
    loan_id: Key | None = None
    loan_scheme: Scheme = LOCAL
    pact_id: Key | None = None
    pact_scheme: Scheme = LOCAL
    debtor_name: Label
    debtor_iban: Iban
    creditor_name: Label
    """The payee (Cdtr/Nm), which CBI requires though ISO does not."""
    creditor_iban: Iban
    amount: Money
    currency: Currency = "EUR"
    requested_on: Day
    """The day on which the bank shall pay (ReqdExctnDt)."""
    end_to_end_id: EndToEndId
    remittance: Label | None = None
    """What the payee reads (RmtInf); the banks read it too, so it tells nothing of the person."""
    bank_id: Key | None = None
    """The bank that executes the order (DbtrAgt)."""
    bank_scheme: Scheme = "bic"
    status: PaymentOrderStatus

    def names(self) -> tuple[Name, ...]:
        """Give the local key and the EndToEndId."""
        return (Name(LOCAL, self.order_id), *end_to_end(self.end_to_end_id))

    def needs(self) -> tuple[Need, ...]:
        """Give the loan and the pact, as far as the order names them."""
        loan = () if self.loan_id is None else (Need("loan", Name(self.loan_scheme, self.loan_id)),)
        pact = () if self.pact_id is None else (Need("pact", Name(self.pact_scheme, self.pact_id)),)
        return loan + pact

    def organisations(self) -> tuple[Name, ...]:
        """Give the bank, where it is named."""
        return () if self.bank_id is None else (Name(self.bank_scheme, self.bank_id),)


class Movement(Entity):
    """One movement of an account, as a statement or a notice shows it (camt.053 and camt.054 Ntry)."""

    kind: ClassVar[str] = "movement"
    key_field: ClassVar[str] = "movement_id"

    movement_id: Key
    account_iban: Iban
    statement_id: Key | None = None
    booked_on: Day | None = None
    """BookgDt; None while the movement is pending."""
    value_on: Day | None = None
    amount: Money
    """Always positive; `direction` says which way it went."""
    direction: Direction
    currency: Currency = "EUR"
    status: MovementStatus
    end_to_end_id: EndToEndId | None = None
    bank_reference: Key | None = None
    """The bank's own reference (AcctSvcrRef): the same movement has the same in every statement and notice."""
    transaction_code: Key | None = None
    """The bank transaction code (BkTxCd), as `PMNT/RCDT/ESCT`."""
    note: Label | None = None
    """The entry's unstructured text; never leaves the hub unless a view names it."""

    def needs(self) -> tuple[Need, ...]:
        """Give the loan that the EndToEndId belongs to; none where the payer gave no EndToEndId."""
        return tuple(Need("loan", name) for name in end_to_end(self.end_to_end_id))
