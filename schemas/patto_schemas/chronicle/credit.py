"""A microcredit: asked for, judged, paid out through the bank; paying back and visits have rooms of their own."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, cast

from patto_schemas.chronicle.bank import Paying, Transfer, movement, order
from patto_schemas.chronicle.chance import after, instant, weighted
from patto_schemas.chronicle.chapter import Part
from patto_schemas.chronicle.measures import WITH_PACT, Policy, event, measure_history, proposed, refused
from patto_schemas.chronicle.pact import asked
from patto_schemas.chronicle.repayment import plan, repaid
from patto_schemas.chronicle.scene import BIC, iban
from patto_schemas.chronicle.told import History, Step, history, in_order
from patto_schemas.chronicle.visits import visits
from patto_schemas.model import Loan
from patto_schemas.model.base import Name
from patto_schemas.model.credit import Disbursement

if TYPE_CHECKING:
    from patto_schemas.chronicle.pact import Road
    from patto_schemas.chronicle.people import Dweller
    from patto_schemas.chronicle.told import Change
    from patto_schemas.model.measure import MeasureEvent

ENDS: Final = MappingProxyType({"approved": 82, "rejected": 11, "withdrawn": 7})
"""What becomes of a request."""
PAYING: Final = 4
"""The most days from an order to the money."""
LESS: Final = 0.2
"""The part of loans that are granted, but not in full."""
BAD_ACCOUNT: Final = 0.06
"""The part of orders that the bank sends back, so that a second one is needed."""
SERVICES: Final = ("household_budget", "monitoring", "project_support")
"""Auxiliary services, of which a business loan has two at least (DM 176/2014 art. 3)."""


@dataclass(frozen=True, slots=True)
class Deal:
    """A loan's way from the request to the money."""

    requested: date
    assessed: date
    decided: date
    end: str
    granted: Decimal = Decimal(0)
    """What is lent; less, now and then, than what was asked for."""
    orders: tuple[Paying, ...] = ()

    @property
    def paid(self) -> date | None:
        """When the money came; None: never."""
        return next((each.done for each in self.orders if each.end == "executed"), None)


def credit(who: Dweller, way: Road, ready: date, part: int) -> Part:
    """Let a person ask for a loan, instead of a pact's other measures or after one that was finished."""
    luck = who.chance
    on = way.awake(after(luck, ready, 0, 20))
    if on >= way.ends and way.end not in {"completed", "transformed"}:
        return Part()  # who has lost the pact is lent nothing
    granted, consents = asked(who, on - timedelta(1), who.lender.organisation)
    loan = _loan(who, on)
    deal, words = _deal(who, way, loan)
    measures = _measure(who, way, deal, part, granted=granted)
    if not granted:
        return Part(measures, consents=tuple(consents))
    return Part((*measures, *_told(who, loan, deal)), consents=(*consents, *words))


def _loan(who: Dweller, on: date) -> Loan:
    luck = who.chance
    business = luck.random() < 0.35  # noqa: PLR2004 - a third begin a trade
    amount = Decimal(luck.randint(50, 200) if business else luck.randint(10, 70)) * 100
    return Loan(
        loan_id=who.other_key("PR"),
        regime="business" if business else "social",
        borrower_id=who.cf,
        operator_id=who.lender.organisation.value,
        operator_scheme=who.lender.organisation.scheme,
        pact_id=who.protocol,
        pact_scheme="inps_protocol",
        amount=amount,
        rate=Decimal("1.50"),
        months=luck.choice((12, 12, 18, 24, 36)),
        grace_months=luck.choice((0, 0, 3)) if business else 0,
        purpose="AVVIO_ATTIVITA" if business else luck.choice(("ALLOGGIO", "SALUTE", "ISTRUZIONE")),
        auxiliary_services=SERVICES if business else SERVICES[:2],
        requested_on=on,
        iban=iban(10**9 + who.sequence(0)),
        status="requested",
        tutor=f"TU-{luck.randint(1, 9):02}",
    )


def _deal(who: Dweller, way: Road, loan: Loan) -> tuple[Deal, list[Step]]:
    """Decide on a request; a yes needs the person's word that the bank may know, or no order can be sent."""
    luck, on = who.chance, loan.requested_on or way.active
    assessed = after(luck, on, 10, 25)
    decided = after(luck, assessed, 5, 20)
    end = weighted(luck, ENDS)
    if end != "approved":
        return Deal(on, assessed, decided, end), []
    granted, words = asked(who, decided - timedelta(1), Name("bic", BIC))
    if not granted:
        return Deal(on, assessed, decided, "unpayable"), words
    amount = (loan.amount * 4 / 5).quantize(Decimal(1)) if luck.random() < LESS else loan.amount
    ordered = way.awake(after(luck, decided, 1, 4), PAYING)
    orders = [_paying(who, 1, ordered, "executed")]
    if luck.random() < BAD_ACCOUNT:
        orders = [
            _paying(who, 1, ordered, "rejected"),
            _paying(who, 2, way.awake(after(luck, ordered, 5, 9), PAYING), "executed"),
        ]
    return Deal(on, assessed, decided, end, amount, tuple(orders)), words


def _paying(who: Dweller, number: int, ordered: date, end: str) -> Paying:
    key = who.other_key("PR")
    return Paying(
        order_id=f"OP-{key[3:]}-{number}",
        end_to_end_id=f"E2E-{key[3:]}-D{number}",
        ordered=ordered,
        sent=ordered + timedelta(1),
        done=after(who.chance, ordered, 2, PAYING),
        end="executed" if end == "executed" else "rejected",
    )


def _measure(who: Dweller, way: Road, deal: Deal, part: int, *, granted: bool) -> tuple[History, ...]:
    """Tell the pact's measure that goes with a loan, where the pact still runs."""
    if deal.requested >= way.ends:
        return ()
    months = 6
    base = proposed(who, part, "microcredit", "B08", deal.requested).model_copy(
        update={
            "title": "Microcredito e accompagnamento",
            "planned_end_on": (deal.paid or deal.decided) + timedelta(30 * months),
            "duration": months,
            "duration_unit": "M",
        }
    )
    made = Policy(base, _events(who, way, deal, granted=granted))
    return (measure_history(who.ambito.code, who.chance, made),)


def _events(who: Dweller, way: Road, deal: Deal, *, granted: bool) -> tuple[MeasureEvent, ...]:
    if not granted:
        return refused(deal.requested, "04", after(who.chance, deal.requested, 2, 6))
    if deal.paid is None or deal.paid >= way.ends:
        code = {"rejected": "03", "withdrawn": "04"}.get(deal.end, "06")
        return refused(deal.requested, code, min(deal.decided, way.ends))
    end = deal.paid + timedelta(180)
    stop = event("10", end) if end < way.ends else event(WITH_PACT[way.end], way.ends)
    return event("01", deal.requested), event("02", deal.paid), stop


def _told(who: Dweller, loan: Loan, deal: Deal) -> tuple[History, ...]:
    """Tell the loan, its orders, its movements and its visits."""
    luck, account = who.chance, cast("str", loan.iban)
    lent = loan.model_copy(update={"amount": deal.granted})
    orders = tuple(order(who, (loan.loan_id, account, lent.amount), each) for each in deal.orders)
    steps = _judged(who, loan, deal)
    if deal.paid is None:
        return (history(who.lender.code, loan, in_order(steps)), *orders)
    paying, paid = deal.orders[-1], deal.paid
    steps.append(Step(instant(luck, paid, (16, 18)), _disbursed(lent, paying, paid)))
    out = movement(who, Transfer(who.other_key("BM"), paid, lent.amount, "debit", paying.end_to_end_id))
    back = repaid(who, lent, paid)
    told = history(who.lender.code, loan, in_order([*steps, *sorted(back.steps, key=lambda each: each.when)]))
    return (told, *orders, out, *back.movements, *visits(who, loan.loan_id, paid, back.over))


def _judged(who: Dweller, loan: Loan, deal: Deal) -> list[Step]:
    luck = who.chance
    steps = [
        Step(instant(luck, deal.requested, (16, 18)), lambda _: {}),
        Step(instant(luck, deal.assessed), lambda _: {"status": "assessed"}),
    ]
    if deal.end in {"rejected", "withdrawn"}:
        code = "REDDITO_INSUFFICIENTE" if deal.end == "rejected" else "RINUNCIA"
        refused = {"status": deal.end, "decided_on": deal.decided, "decision_code": code}
        return [*steps, Step(instant(luck, deal.decided), lambda _: refused)]
    approved = {"status": "approved", "approved_on": deal.decided, "decided_on": deal.decided}
    if deal.orders:
        approved["planned_disbursement_on"] = deal.orders[0].done
    if deal.orders and deal.granted != loan.amount:
        approved |= {"amount": deal.granted, "requested_amount": loan.amount}
    steps.append(Step(instant(luck, deal.decided), lambda _: approved))
    if deal.end == "unpayable":
        steps.append(Step(instant(luck, deal.decided + timedelta(5)), lambda _: {"status": "withdrawn"}))
    return steps


def _disbursed(loan: Loan, paying: Paying, paid: date) -> Change:
    money = Disbursement(on=paid, amount=loan.amount, end_to_end_id=paying.end_to_end_id)
    due = plan(loan, paid)
    return lambda _: {"status": "disbursed", "disbursements": (money,), "instalments": due}
