"""Rule R10 on loans, and that money which moves is more than nothing and says what it is paid for.

Ceilings by regime and day stand in `codes/loan_ceilings.csv` (art. 111 TUB, DM 176/2014 and what amended
them). Nobody is judged for what was not lent: a refused or withdrawn loan passes, an open request gets warnings.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from patto_schemas.codes import table
from patto_schemas.issues import Issue, Severity

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from patto_schemas.model import Loan, Movement, PaymentOrder

NOT_LENT: Final = frozenset({"rejected", "withdrawn"})
UNDECIDED: Final = frozenset({"requested", "assessed"})
PUNCTUAL: Final = 6
"""Instalments in a row that must have been paid in time before more than the ceiling is paid out."""
PERSON_TAX_CODE: Final = 16
"""A tax code of so many characters is a person's; with 11, as a VAT number, it may be a firm's."""


@dataclass(frozen=True, slots=True)
class Ceiling:
    """What a regime allows on a day."""

    amount: Decimal
    amount_firm: Decimal
    """For a limited company."""
    extension: Decimal
    """On top, for who has paid back in time so far."""
    months: int
    months_long: int
    long_for: frozenset[str]
    """The purposes that may take `months_long`."""
    services: int
    """Auxiliary services at least."""
    confirmed: bool


@lru_cache(maxsize=4096)
def ceiling(regime: str, on: date | None) -> Ceiling | None:
    """Give what a regime allows on a day (None: today); None before there was a law."""
    row = table("loan_ceilings").find(regime, on)
    if row is None:
        return None
    more = row.more
    return Ceiling(
        amount=Decimal(more["amount"]),
        amount_firm=Decimal(more["amount_firm"]),
        extension=Decimal(more["extension"]),
        months=int(more["months"]),
        months_long=int(more["months_long"]),
        long_for=frozenset(more["long_for"].split()),
        services=int(more["services"]),
        confirmed=more["confirmed"] == "yes",
    )


def ceilings_hold(loan: Loan) -> Iterable[Issue]:
    """R10: amount, months and services of a loan are within its regime on the day it was approved, or asked for."""
    allowed = ceiling(loan.regime, loan.approved_on or loan.requested_on)
    if allowed is None or loan.status in NOT_LENT:
        return ()
    sure = allowed.confirmed and loan.status not in UNDECIDED
    severity = Severity.ERROR if sure else Severity.WARNING
    return [*_amount(loan, allowed, severity), *_months(loan, allowed, severity), *_services(loan, allowed, severity)]


def extension_is_earned(loan: Loan) -> Iterable[Issue]:
    """R10: more than the ceiling is paid out only after six instalments in a row that were paid in time.

    That intermediate results were reached too, as DM 176/2014 asks, no record says.
    """
    allowed = ceiling(loan.regime, loan.approved_on or loan.requested_on)
    if allowed is None or not allowed.extension:
        return
    most, paid = _most(loan, allowed), Decimal(0)
    for index, disbursement in enumerate(loan.disbursements):
        paid += disbursement.amount
        if paid > most and not _punctual(loan, disbursement.on):
            severity = Severity.ERROR if allowed.confirmed else Severity.WARNING
            yield Issue("R10.extension", f"/disbursements/{index}/amount", severity, {"most": f"{most:.2f}"})


def _most(loan: Loan, allowed: Ceiling) -> Decimal:
    """Give the ceiling of a borrower; where the record does not tell a firm from a person, the firm's."""
    person = loan.borrower_scheme == "cf" and len(loan.borrower_id) == PERSON_TAX_CODE
    return allowed.amount if person else allowed.amount_firm


def _amount(loan: Loan, allowed: Ceiling, severity: Severity) -> Iterable[Issue]:
    most = _most(loan, allowed) + allowed.extension
    if loan.amount > most:
        yield Issue("R10.amount", "/amount", severity, {"most": f"{most:.2f}", "example": f"{most:.2f}"})


def _months(loan: Loan, allowed: Ceiling, severity: Severity) -> Iterable[Issue]:
    most = allowed.months_long if loan.purpose in allowed.long_for else allowed.months
    if loan.months is not None and loan.months > most:
        yield Issue("R10.months", "/months", severity, {"most": str(most), "example": str(most)})


def _services(loan: Loan, allowed: Ceiling, severity: Severity) -> Iterable[Issue]:
    if loan.status not in UNDECIDED and len(set(loan.auxiliary_services)) < allowed.services:
        yield Issue("R10.services", "/auxiliary_services", severity, {"least": str(allowed.services)})


def _punctual(loan: Loan, on: date) -> bool:
    due = sorted((each for each in loan.instalments if each.due_on <= on), key=lambda each: each.due_on)[-PUNCTUAL:]
    return len(due) == PUNCTUAL and all(
        each.paid_on is not None and each.paid_on <= each.due_on and (each.paid is None or each.paid >= each.amount)
        for each in due
    )


def amount_is_positive(record: Loan | PaymentOrder | Movement) -> Iterable[Issue]:
    """A loan, an order and a movement are of more than nothing."""
    if record.amount == 0:
        yield Issue("amount.zero", "/amount")


def order_says_what_for(order: PaymentOrder) -> Iterable[Issue]:
    """A disbursement names its loan and an indemnity its pact: without them no dossier holds the order."""
    if order.type == "disbursement" and order.loan_id is None:
        yield Issue("order.subject", "/loan_id")
    if order.type == "indemnity" and order.pact_id is None:
        yield Issue("order.subject", "/pact_id")
