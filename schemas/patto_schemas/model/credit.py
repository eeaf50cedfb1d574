"""Microcredit loans and the visits of social monitoring."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from patto_schemas.model.base import LOCAL, Entity, Identifier, Model, Name, Need
from patto_schemas.model.payments import end_to_end
from patto_schemas.model.types import (
    Code,
    Currency,
    Day,
    EndToEndId,
    Iban,
    Key,
    Label,
    Money,
    Rate,
    Scheme,
    Sha256,
    Text,
    ValidTo,
    Whole,
)

LoanStatus = Literal[
    "requested", "assessed", "approved", "rejected", "disbursed", "repaying", "repaid", "defaulted", "withdrawn"
]


class Disbursement(Model):
    """Money paid out to the borrower."""

    on: Day
    amount: Money
    end_to_end_id: EndToEndId | None = None
    """Links the payment to its bank movement (ISO 20022)."""


class Instalment(Model):
    """One repayment of the plan."""

    no: Annotated[int, Whole(1, 600)]
    due_on: Day
    amount: Money
    paid: Money | None = None
    paid_on: Day | None = None
    end_to_end_id: EndToEndId | None = None


class Loan(Entity):
    """A microcredit, business or social (art. 111 TUB, DM 176/2014)."""

    kind: ClassVar[str] = "loan"
    key_field: ClassVar[str] = "loan_id"

    loan_id: Key
    identifiers: tuple[Identifier, ...] = ()
    regime: Literal["business", "social"]
    borrower_id: Key
    borrower_scheme: Scheme = "cf"
    operator_id: Key | None = None
    operator_scheme: Scheme = "cf"
    pact_id: Key | None = None
    pact_scheme: Scheme = LOCAL
    amount: Money
    """What is lent; what was asked for while nothing is decided."""
    requested_amount: Money | None = None
    """What was asked for, where the decision grants less."""
    currency: Currency = "EUR"
    rate: Rate | None = None
    months: Annotated[int, Whole(1, 600)] | None = None
    grace_months: Annotated[int, Whole(0, 120)] | None = None
    guarantee: Text | None = None
    purpose: Code | None = None
    """What the money is for; `training` is what may take longer to pay back (`codes/loan_ceilings.csv`)."""
    auxiliary_services: tuple[Code, ...] = ()
    """At least two for a business loan (DM 176/2014 art. 3)."""
    requested_on: Day | None = None
    approved_on: Day | None = None
    decided_on: Day | None = None
    """The day of the decision, whichever it was; `approved_on` only where it was a yes."""
    decision_code: Code | None = None
    """Why it was decided so, by the operator's own code: mostly the reason of a no."""
    planned_disbursement_on: Day | None = None
    """When the money is to be paid out, or the next part of it."""
    iban: Iban | None = None
    disbursements: tuple[Disbursement, ...] = ()
    instalments: tuple[Instalment, ...] = ()
    status: LoanStatus
    tutor: Key | None = None
    """By the operator's own key, never a name."""

    def names(self) -> tuple[Name, ...]:
        """Give the local key, every identifier, and the EndToEndId of each disbursement and instalment."""
        names = [Name(LOCAL, self.loan_id), *(identifier.name for identifier in self.identifiers)]
        payments: tuple[Disbursement | Instalment, ...] = (*self.disbursements, *self.instalments)
        names.extend(name for payment in payments for name in end_to_end(payment.end_to_end_id))
        return tuple(dict.fromkeys(names))

    def needs(self) -> tuple[Need, ...]:
        """Give the pact, where the loan belongs to one."""
        return () if self.pact_id is None else (Need("pact", Name(self.pact_scheme, self.pact_id)),)

    def organisations(self) -> tuple[Name, ...]:
        """Give the operator, where it is named."""
        return () if self.operator_id is None else (Name(self.operator_scheme, self.operator_id),)


class Visit(Entity):
    """A visit of social monitoring to a pact's or a loan's person."""

    kind: ClassVar[str] = "visit"
    key_field: ClassVar[str] = "visit_id"

    visit_id: Key
    pact_id: Key | None = None
    pact_scheme: Scheme = LOCAL
    loan_id: Key | None = None
    loan_scheme: Scheme = LOCAL
    on: Day
    visitor: Key
    """By the partner's own key, never a name."""
    place: Literal["home", "workplace", "office", "course", "remote", "other"]
    progress: Annotated[int, Whole(1, 3)] | None = None
    """Progress on the goals: 1 none, 2 some, 3 good."""
    risk_flags: tuple[Code, ...] = ()
    next_visit_on: ValidTo = None
    documents: tuple[Sha256, ...] = ()
    note: Text | None = None
    """Never leaves the hub unless a view names it."""
    summary: Label | None = None

    def needs(self) -> tuple[Need, ...]:
        """Give the pact and the loan, as far as the visit names them."""
        pact = () if self.pact_id is None else (Need("pact", Name(self.pact_scheme, self.pact_id)),)
        loan = () if self.loan_id is None else (Need("loan", Name(self.loan_scheme, self.loan_id)),)
        return pact + loan
