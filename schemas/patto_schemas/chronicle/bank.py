"""Money on its way: the lender's orders to pay, and the bank's movements that answer to them by EndToEndId."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from patto_schemas.chronicle.chance import instant, weighted
from patto_schemas.chronicle.scene import BANK, BIC, iban
from patto_schemas.chronicle.told import Step, history, in_order
from patto_schemas.model.payments import Movement, PaymentOrder

if TYPE_CHECKING:
    from datetime import date
    from decimal import Decimal

    from patto_schemas.chronicle.people import Dweller
    from patto_schemas.chronicle.told import History, Teller

CODES: Final = {"debit": "PMNT/ICDT/ESCT", "credit": "PMNT/RCDT/ESCT"}
"""Bank transaction codes of credit transfers, sent and received."""


class Paying(NamedTuple):
    """One order to pay a loan out."""

    order_id: str
    end_to_end_id: str
    ordered: date
    sent: date
    done: date
    end: Literal["executed", "rejected"]


class Transfer(NamedTuple):
    """Money that comes to a lender's account or leaves it."""

    key: str
    on: date
    amount: Decimal
    direction: Literal["credit", "debit"]
    end_to_end_id: str


def account_of(lender: Teller) -> str:
    """Give a lender's account."""
    return iban(1000 + int(lender.code[-1]))


def order(who: Dweller, loan: tuple[str, str, Decimal], paying: Paying) -> History:
    """Give the history of an order: asked for, sent to the bank, executed or rejected by it.

    The loan is given by its key, the account to pay to, and the amount.
    """
    luck, lender, (loan_id, account, amount) = who.chance, who.lender, loan
    first = PaymentOrder(
        order_id=paying.order_id,
        type="disbursement",
        loan_id=loan_id,
        debtor_name=lender.title,
        debtor_iban=account_of(lender),
        creditor_name=f"{who.person.given_name} {who.person.family_name}",
        creditor_iban=account,
        amount=amount,
        requested_on=paying.done,
        end_to_end_id=paying.end_to_end_id,
        remittance=f"Erogazione {loan_id}",
        bank_id=BIC,
        status="requested",
    )
    steps = [
        Step(instant(luck, paying.ordered), lambda _: {}),
        Step(instant(luck, paying.sent), lambda _: {"status": "sent"}),
        Step(instant(luck, paying.done), lambda _: {"status": paying.end}),
    ]
    return history(lender.code, first, in_order(steps))


def movement(who: Dweller, moved: Transfer) -> History:
    """Give the history of a movement on the account of the person's lender: booked at once, or seen coming before."""
    luck, on = who.chance, moved.on
    first = Movement(
        movement_id=moved.key,
        account_iban=account_of(who.lender),
        amount=moved.amount,
        direction=moved.direction,
        status="pending",
        end_to_end_id=moved.end_to_end_id,
        bank_reference=moved.key,
        transaction_code=CODES[moved.direction],
    )
    before = weighted(luck, {"": 6, "pending": 3, "info": 1})
    steps = [Step(instant(luck, on, (5, 6)), lambda _: {"status": before})] if before else []
    statement = f"{on:%Y%j}-{who.lender.code[-1]}"
    booked = {"status": "booked", "booked_on": on, "value_on": on, "statement_id": statement}
    steps.append(Step(instant(luck, on), lambda _: booked))
    return history(BANK, first, steps, may_vanish=True)
