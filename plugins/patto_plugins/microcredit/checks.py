"""Rules on a loan that Ambito, operator and bank answer together: may it be lent, was it paid, is it monitored.

Source of the relation between pact and loan: the programme lends *instead of* the pact's measures, or *after* one of
them (`Pact.loan_mode`); a loan instead of them needs no internship or course, but visits. None of these rules looks at
what was refused or withdrawn, and none says who is right.
"""

from __future__ import annotations

from datetime import timedelta
from itertools import chain
from typing import TYPE_CHECKING, Final, TypeVar

from patto_hub import Check, Finding
from patto_schemas.issues import Owner
from patto_schemas.model import Loan, Measure, Movement, Pact, PaymentOrder, Visit
from patto_schemas.model.base import LOCAL

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from patto_hub import Dossier, Statement
    from patto_schemas.model import Entity

E = TypeVar("E", bound="Entity")

NOT_LENT: Final = frozenset({"rejected", "withdrawn"})
ASKED: Final = frozenset({"requested", "assessed"})
OVER: Final = NOT_LENT | {"repaid", "defaulted"}
FINISHED: Final = "10"
"""The SAP event of a measure that was completed."""
OPEN: Final = frozenset({"01", "02", "09"})
"""The SAP events after which a measure is still due: proposed, started, suspended."""
DUTIES: Final = frozenset({"internship", "training"})
"""What a loan stands instead of, where it is an alternative to the pact's measures."""
BANK_DAYS: Final = 7
"""Days in which a payment shows in a statement: two for the transfer, the weekend, a statement that comes late."""
FIRST_VISIT_DAYS: Final = 30
"""Days from the money to the first visit of social monitoring."""


def against_the_pact(dossier: Dossier) -> Iterator[Finding]:
    """Find loans on a pact that provides for none."""
    for pact, loan in _lent(dossier):
        if _record(pact, Pact).loan_mode == "none":
            yield _found(loan, pact, Owner.AMBITO)


def before_a_measure(dossier: Dossier) -> Iterator[Finding]:
    """Find loans that should follow a measure, and were approved before one was finished (event 10)."""
    for pact, loan in _lent(dossier):
        approved = _record(loan, Loan).approved_on
        if _record(pact, Pact).loan_mode == "downstream" and approved and not _finished(dossier, approved):
            yield _found(loan, pact, Owner.AMBITO)


def beside_duties(dossier: Dossier) -> Iterator[Finding]:
    """Find loans that stand instead of internship and course, while the pact asks for one all the same."""
    for pact, loan in _lent(dossier):
        if _record(pact, Pact).loan_mode != "alternative" or _record(loan, Loan).status in ASKED:
            continue
        for said in _of(dossier, Measure):
            if _record(said, Measure).type in DUTIES and _due(_record(said, Measure)):
                yield _found(loan, said, Owner.AMBITO)


def opened_while_resting(dossier: Dossier) -> Iterator[Finding]:
    """Find loans that were asked for while the pact rested, and before any measure was finished."""
    for pact, loan in _lent(dossier):
        asked = _record(loan, Loan).requested_on
        if asked and _rests(_record(pact, Pact), asked) and not _finished(dossier, asked):
            yield _found(loan, pact, Owner.AMBITO)


def paid_without_movement(dossier: Dossier) -> Iterator[Finding]:
    """Find disbursements that the bank was to make, and that no statement shows after a week."""
    ordered = {_record(said, PaymentOrder).end_to_end_id: said for said in _of(dossier, PaymentOrder)}
    moved = _moved(dossier, "debit")
    for loan in _of(dossier, Loan):
        for paid in _record(loan, Loan).disbursements:
            name = paid.end_to_end_id
            if name in ordered and name not in moved and _late(dossier, paid.on):
                yield _found(loan, ordered[name], Owner.PARTNER)


def amount_differs(dossier: Dossier) -> Iterator[Finding]:
    """Find orders that the bank has executed with another amount."""
    moved = _moved(dossier, "debit")
    for order in _of(dossier, PaymentOrder):
        asked = _record(order, PaymentOrder)
        for movement in moved.get(asked.end_to_end_id, ()):
            paid = _record(movement, Movement)
            if (paid.amount, paid.currency) != (asked.amount, asked.currency):
                yield _found(order, movement, Owner.PARTNER)


def first_visit_late(dossier: Dossier) -> Iterator[Finding]:
    """Find loans that nobody came to monitor within a month of the money, as long as they are being paid back."""
    for loan in _of(dossier, Loan):
        lent = _record(loan, Loan)
        paid = min((each.on for each in lent.disbursements), default=None)
        if paid is None or lent.status in OVER:
            continue
        limit = paid + timedelta(FIRST_VISIT_DAYS)
        days = [_record(said, Visit).on for said in _of(dossier, Visit) if _visits(said, loan)]
        first = min((on for on in days if on >= paid), default=None)
        if (first or dossier.today) > limit:
            yield Finding(subject=_name(loan), sources=(loan.partner,), owner=Owner.PARTNER)


def repaid_without_movement(dossier: Dossier) -> Iterator[Finding]:
    """Find instalments that the operator calls paid, and that no statement shows after a week.

    Only in dossiers that a bank speaks in: where none does, nothing can be missed.
    """
    banks = sorted({said.partner for said in _of(dossier, Movement)})
    moved = _moved(dossier, "credit")
    for loan in _of(dossier, Loan):
        for due in _record(loan, Loan).instalments:
            name, paid = due.end_to_end_id, due.paid_on
            if banks and name and paid and name not in moved and _late(dossier, paid):
                yield Finding(subject=f"{_name(loan)}/{due.no}", sources=(loan.partner, *banks), owner=Owner.PARTNER)


def _of(dossier: Dossier, kind: type[Entity]) -> Iterator[Statement]:
    return (said for said in dossier.statements if isinstance(said.record, kind))


def _record(said: Statement, kind: type[E]) -> E:
    if not isinstance(said.record, kind):
        raise TypeError(said.record.kind)
    return said.record


def _lent(dossier: Dossier) -> Iterator[tuple[Statement, Statement]]:
    """Give each pact with each loan that was not refused or withdrawn."""
    for pact in _of(dossier, Pact):
        for loan in _of(dossier, Loan):
            if _record(loan, Loan).status not in NOT_LENT:
                yield pact, loan


def _finished(dossier: Dossier, by: date) -> bool:
    """Whether some measure but the loan's own was finished by a day."""
    measures = (_record(said, Measure) for said in _of(dossier, Measure))
    events = chain.from_iterable(each.events for each in measures if each.type != "microcredit")
    return any(event.code == FINISHED and event.on <= by for event in events)


def _due(measure: Measure) -> bool:
    last = measure.events[-1].code if measure.events else None
    return last in OPEN if last is not None else measure.ended_on is None


def _rests(pact: Pact, day: date) -> bool:
    return any(rest.valid_from <= day and (rest.valid_to is None or day < rest.valid_to) for rest in pact.suspensions)


def _moved(dossier: Dossier, direction: str) -> dict[str, list[Statement]]:
    """Give what was booked, by EndToEndId."""
    found: dict[str, list[Statement]] = {}
    for said in _of(dossier, Movement):
        movement = _record(said, Movement)
        if movement.direction == direction and movement.status == "booked" and movement.end_to_end_id:
            found.setdefault(movement.end_to_end_id, []).append(said)
    return found


def _late(dossier: Dossier, day: date) -> bool:
    return dossier.today > day + timedelta(BANK_DAYS)


def _visits(said: Statement, loan: Statement) -> bool:
    """Whether a visit was to this loan; one that names no loan was to the person, whose only loan it may be."""
    visit, lent = _record(said, Visit), _record(loan, Loan)
    if visit.loan_id is None:
        return True
    if visit.loan_scheme in {LOCAL, f"{LOCAL}:{loan.partner}"}:
        return visit.loan_id == lent.loan_id and (visit.loan_scheme != LOCAL or said.partner == loan.partner)
    return (visit.loan_scheme, visit.loan_id) in {tuple(name) for name in lent.names()}


def _name(said: Statement) -> str:
    return f"{said.record.kind}:{said.record.key}"


def _found(said: Statement, other: Statement, owner: Owner) -> Finding:
    return Finding(subject=_name(said), sources=(said.partner, other.partner), owner=owner)


CHECKS: Final = (
    Check(
        rule="loan.against_the_pact",
        find=against_the_pact,
        summary={
            "it": "Microcredito su un patto che non lo prevede",
            "en": "A loan on a pact that provides for none",
        },
    ),
    Check(
        rule="loan.before_a_measure",
        find=before_a_measure,
        summary={
            "it": "Microcredito successivo deliberato prima che una misura fosse conclusa (evento 10)",
            "en": "A loan that should follow a measure was approved before one was finished (event 10)",
        },
    ),
    Check(
        rule="loan.beside_duties",
        find=beside_duties,
        summary={
            "it": "Microcredito alternativo, ma il patto chiede ancora tirocinio o corso",
            "en": "A loan instead of measures, while the pact still asks for an internship or a course",
        },
    ),
    Check(
        rule="loan.opened_while_resting",
        find=opened_while_resting,
        summary={
            "it": "Microcredito chiesto durante una sospensione, senza misure concluse",
            "en": "A loan asked for while the pact rested, with no measure finished",
        },
    ),
    Check(
        rule="loan.paid_without_movement",
        find=paid_without_movement,
        summary={
            "it": "Erogazione senza movimento bancario dopo 7 giorni",
            "en": "A disbursement that no bank movement shows after 7 days",
        },
    ),
    Check(
        rule="order.amount_differs",
        find=amount_differs,
        summary={
            "it": "La banca ha pagato un importo diverso da quello disposto",
            "en": "The bank has paid another amount than was ordered",
        },
    ),
    Check(
        rule="loan.first_visit_late",
        find=first_visit_late,
        summary={
            "it": "Prima visita di monitoraggio oltre 30 giorni dall'erogazione",
            "en": "First visit of social monitoring more than 30 days after the disbursement",
        },
    ),
    Check(
        rule="loan.repaid_without_movement",
        find=repaid_without_movement,
        summary={
            "it": "Rata pagata per l'operatore, ma senza movimento bancario dopo 7 giorni",
            "en": "An instalment that the operator calls paid, and no bank movement shows after 7 days",
        },
    ),
)
