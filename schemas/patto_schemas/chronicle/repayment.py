"""How a loan comes back: a plan of instalments, paid in time, late, or from some month on not at all."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import ROUND_DOWN, Decimal
from typing import TYPE_CHECKING, Final, NamedTuple

from patto_schemas.chronicle.bank import Transfer, movement
from patto_schemas.chronicle.chance import after, instant
from patto_schemas.chronicle.told import History, Step
from patto_schemas.model.credit import Instalment
from patto_schemas.model.payments import NOT_PROVIDED

if TYPE_CHECKING:
    from patto_schemas.chronicle.people import Dweller
    from patto_schemas.chronicle.told import Change
    from patto_schemas.model import Loan

CENT: Final = Decimal("0.01")
MONTH: Final = 30
"""Days between two instalments."""
FAILING: Final = 0.1
"""The part of loans that are not paid back."""
PATIENCE: Final = 75
"""Days after the first missed instalment until the lender gives the loan up."""
NOTICED: Final = (10, 30)
"""Days until the lender sees that an instalment came over the counter, and takes the identifier off the plan."""


class Repaid(NamedTuple):
    """What a loan's paying back brings."""

    steps: list[Step]
    movements: tuple[History, ...]
    over: date
    """The day of the last instalment or of giving the loan up."""


def plan(loan: Loan, paid: date) -> tuple[Instalment, ...]:
    """Give the instalments: equal ones, the last with what the division leaves."""
    months, grace = loan.months or 1, loan.grace_months or 0
    each = (loan.amount / months).quantize(CENT, ROUND_DOWN)
    return tuple(
        Instalment(
            no=number,
            due_on=paid + timedelta(MONTH * (grace + number)),
            amount=each if number < months else loan.amount - each * (months - 1),
            end_to_end_id=f"E2E-{loan.loan_id[3:]}-R{number:02}",
        )
        for number in range(1, months + 1)
    )


def repaid(who: Dweller, loan: Loan, paid: date) -> Repaid:
    """Let the borrower pay back, till the plan, the patience or the world ends."""
    luck, due = who.chance, plan(loan, paid)
    fails = luck.randint(2, 6) if luck.random() < FAILING else None
    steps: list[Step] = []
    movements: list[History] = []
    for each in due:
        if each.due_on > who.settings.ends_on:
            break
        if fails is not None and each.no >= fails:
            over = each.due_on + timedelta(PATIENCE)
            steps.append(Step(instant(luck, over), lambda _: {"status": "defaulted"}))
            return Repaid(steps, tuple(movements), over)
        on = after(luck, each.due_on, 5, 25) if luck.random() < 0.12 else after(luck, each.due_on, -2, 0)  # noqa: PLR2004 - one in eight is late
        by_hand = luck.random() < 0.1  # noqa: PLR2004 - paid at the counter, where nobody writes the identifier
        steps.append(Step(instant(luck, on, (16, 18)), _paid(each, on, last=each.no == len(due))))
        if by_hand:
            steps.append(Step(instant(luck, after(luck, on, *NOTICED)), _at_the_counter(each)))
        key, name = who.other_key("BM", each.no), NOT_PROVIDED if by_hand else str(each.end_to_end_id)
        movements.append(movement(who, Transfer(key, on, each.amount, "credit", name)))
    return Repaid(steps, tuple(movements), due[-1].due_on)


def _paid(due: Instalment, on: date, *, last: bool) -> Change:
    def change(loan: Loan) -> dict[str, object]:
        done = tuple(
            each.model_copy(update={"paid": each.amount, "paid_on": on}) if each.no == due.no else each
            for each in loan.instalments
        )
        return {"status": "repaid" if last else "repaying", "instalments": done}

    return change


def _at_the_counter(due: Instalment) -> Change:
    def change(loan: Loan) -> dict[str, object]:
        plan = (
            each.model_copy(update={"end_to_end_id": None}) if each.no == due.no else each for each in loan.instalments
        )
        return {"instalments": tuple(plan)}

    return change
