"""Rule R8 and its like: identifiers carry their own check, and a tax code agrees with what is said of the person."""

from __future__ import annotations

from typing import TYPE_CHECKING

from patto_schemas.identity import CHECKS, tax_code
from patto_schemas.issues import Issue, Severity

if TYPE_CHECKING:
    from collections.abc import Iterable

    from patto_schemas.model import (
        Consent,
        Employment,
        Enrolment,
        Loan,
        Measure,
        Movement,
        Organisation,
        Pact,
        PaymentOrder,
        Person,
    )
    from patto_schemas.model.base import Identifier


def identifiers_hold(entity: Person | Organisation) -> Iterable[Issue]:
    """R8: every identifier with a check keeps it; a wrong check letter is an error."""
    return _broken(entity.identifiers)


def _broken(identifiers: tuple[Identifier, ...]) -> Iterable[Issue]:
    for index, identifier in enumerate(identifiers):
        check = CHECKS.get(identifier.scheme)
        code = None if check is None else check(identifier.value)
        if code is not None:
            yield Issue(code, f"/identifiers/{index}/value")


def signer_is_named(pact: Pact) -> Iterable[Issue]:
    """R8 on the pact's person."""
    return _named(pact.person_scheme, pact.person_id, "/person_id")


def participant_is_named(record: Enrolment | Consent) -> Iterable[Issue]:
    """R8 on the person of an enrolment or a consent."""
    return _named(record.person_scheme, record.person_id, "/person_id")


def consent_names_its_pact(consent: Consent) -> Iterable[Issue]:
    """A consent for all pacts of a person would change nothing unseen: it is set aside until it names one."""
    if consent.pact_id is None:
        yield Issue("consent.pact", "/pact_id")


def employer_is_named(measure: Measure) -> Iterable[Issue]:
    """R8 on the employer of a measure: a firm's number of 11 digits, or a person's tax code."""
    if measure.employer_cf is None:
        return ()
    scheme = "piva" if measure.employer_cf.isdigit() else "cf"
    return _named(scheme, measure.employer_cf, "/employer_cf")


def borrower_is_named(loan: Loan) -> Iterable[Issue]:
    """R8 on the borrower, and the check of the account."""
    yield from _named(loan.borrower_scheme, loan.borrower_id, "/borrower_id")
    if loan.iban is not None:
        yield from _named("iban", loan.iban, "/iban")


def employment_is_named(employment: Employment) -> Iterable[Issue]:
    """R8 on the person, the employer, the promoter and the communications of an employment."""
    yield from _named(employment.person_scheme, employment.person_id, "/person_id")
    if employment.employer_id is not None:
        yield from _named(employment.employer_scheme, employment.employer_id, "/employer_id")
    if employment.promoter_id is not None:
        yield from _named(employment.promoter_scheme, employment.promoter_id, "/promoter_id")
    yield from _broken(employment.identifiers)


def order_accounts_hold(order: PaymentOrder) -> Iterable[Issue]:
    """R8 on the accounts of a payment order, and on the bank that executes it."""
    yield from _named("iban", order.debtor_iban, "/debtor_iban")
    yield from _named("iban", order.creditor_iban, "/creditor_iban")
    if order.bank_id is not None:
        yield from _named(order.bank_scheme, order.bank_id, "/bank_id")


def movement_account_holds(movement: Movement) -> Iterable[Issue]:
    """R8 on the account that a movement is of."""
    return _named("iban", movement.account_iban, "/account_iban")


def _named(scheme: str, value: str, where: str) -> tuple[Issue, ...]:
    check = CHECKS.get(scheme)
    code = None if check is None else check(value)
    return () if code is None else (Issue(code, where),)


def birth_agrees(person: Person) -> Iterable[Issue]:
    """R8: birth date, sex and birthplace agree with the tax code; warnings, as registries err too."""
    for identifier in person.identifiers:
        if identifier.scheme != "cf" or tax_code.SHAPE.fullmatch(identifier.value) is None:
            continue
        born = tax_code.birth(identifier.value)
        if not born.is_on(person.birth_date):
            yield Issue("R8.birth_date", "/birth_date", Severity.WARNING)
        if born.sex != person.sex:
            yield Issue("R8.sex", "/sex", Severity.WARNING)
        place = None if person.birth_place is None else person.birth_place.belfiore
        if place is not None and place != born.belfiore:
            yield Issue("R8.birth_place", "/birth_place/belfiore", Severity.WARNING)


def account_for_cup(pact: Pact) -> Iterable[Issue]:
    """The pact's CUP has a CUP's shape."""
    return () if pact.cup is None else _named("cup", pact.cup, "/cup")
