from datetime import date
from random import Random

import pytest

from patto_schemas.identity import tax_code
from patto_schemas.invent import Inventor
from patto_schemas.invented_dealings import employment, movement, payment_order
from patto_schemas.issues import Severity
from patto_schemas.model.base import Identifier
from patto_schemas.model.people import BirthPlace
from patto_schemas.rules import check


@pytest.fixture
def inventor():
    return Inventor(Random(1))


def found(record, **changes):
    return [(issue.code, issue.where, issue.severity) for issue in check(record.model_copy(update=changes))]


def test_R8_a_wrong_check_letter_is_an_error(inventor):
    person = inventor.person()
    code = person.identifiers[0].value
    wrong = code[:15] + ("A" if code[15] != "A" else "B")

    assert found(person, identifiers=(Identifier(scheme="cf", value=wrong),)) == [
        ("tax_code.check_letter", "/identifiers/0/value", Severity.ERROR)
    ]
    assert ("tax_code.check_letter", "/person_id", Severity.ERROR) in found(inventor.pact(), person_id=wrong)


@pytest.mark.parametrize("level", range(8))
def test_R8_an_omocode_of_any_depth_agrees_with_its_person(inventor, level):
    person = inventor.person()
    code = tax_code.omocode(person.identifiers[0].value, level)

    assert found(person, identifiers=(Identifier(scheme="cf", value=code),)) == []


def test_R8_disagreement_with_birth_sex_and_place_is_a_warning(inventor):
    person = inventor.person()
    other = {"birth_date": date(1950, 6, 1), "sex": "M" if person.sex == "F" else "F"}

    assert found(person, **other, birth_place=BirthPlace(belfiore="H501")) == [
        ("R8.birth_date", "/birth_date", Severity.WARNING),
        ("R8.sex", "/sex", Severity.WARNING),
        ("R8.birth_place", "/birth_place/belfiore", Severity.WARNING),
    ]


def test_R8_a_person_known_by_a_partners_own_key_is_not_judged(inventor):
    assert [code for code, _, _ in found(inventor.pact(), person_scheme="local", person_id="X")] in (
        [],
        ["code.unlisted"],
    )


def test_other_identifiers_keep_their_checks(inventor):
    wrong = (Identifier(scheme="piva", value="00743110158"), Identifier(scheme="ipa", value="anything"))

    assert found(inventor.organisation(), identifiers=wrong) == [
        ("vat.check_digit", "/identifiers/0/value", Severity.ERROR)
    ]


def test_the_borrower_and_the_account_are_checked(inventor):
    loan = inventor.loan(inventor.pact())

    assert [code for code, _, _ in found(loan, iban="IT60X0542811101000000123457")] == ["iban.check_digits"]
    assert [code for code, _, _ in found(loan, borrower_id="RSSMRA80A01H501A")] == ["tax_code.check_letter"]


@pytest.mark.parametrize(
    ("number", "codes"),
    [
        ("00743110157", []),
        ("00743110158", ["vat.check_digit"]),
        ("RSSMRA80A01H501U", []),
        ("RSSMRA80A01H501A", ["tax_code.check_letter"]),
    ],
)
def test_R8_the_employer_of_a_measure_is_checked(inventor, number, codes):
    measure = inventor.measure(inventor.pact())

    assert [code for code, where, _ in found(measure, employer_cf=number) if where == "/employer_cf"] == codes


def test_the_person_of_an_enrolment_is_checked(inventor):
    pact = inventor.pact()
    enrolment = inventor.enrolment(inventor.measure(pact), "RSSMRA80A01H501A")

    assert [code for code, _, _ in found(enrolment)] == ["tax_code.check_letter"]


def test_a_cup_has_fifteen_characters_of_its_shape(inventor):
    assert [code for code, _, _ in found(inventor.pact(ambito="FG/1"), cup="000000000000000")] == ["cup.shape"]


def test_a_consent_that_names_no_pact_is_set_aside_rather_than_without_effect(inventor):
    consent = inventor.consent(inventor.pact())

    assert found(consent) == []
    assert found(consent, pact_id=None) == [("consent.pact", "/pact_id", Severity.ERROR)]


@pytest.mark.parametrize("field", ["debtor_iban", "creditor_iban"])
def test_the_accounts_of_a_payment_order_are_checked(inventor, field):
    order = payment_order(inventor, inventor.loan(inventor.pact()))

    assert found(order, **{field: "IT60X0542811101000000123457"}) == [
        ("iban.check_digits", f"/{field}", Severity.ERROR)
    ]


def test_the_bank_of_a_payment_order_is_checked(inventor):
    order = payment_order(inventor, inventor.loan(inventor.pact()))

    assert found(order, bank_id="PTTOIT2") == [("bic.shape", "/bank_id", Severity.ERROR)]
    assert found(order, bank_scheme="piva", bank_id="00743110157") == []


def test_the_account_of_a_movement_is_checked(inventor):
    moved = movement(inventor, inventor.loan(inventor.pact()))

    assert found(moved, account_iban="IT60X0542811101000000123457") == [
        ("iban.check_digits", "/account_iban", Severity.ERROR)
    ]


def test_whoever_an_employment_names_is_checked(inventor):
    job = employment(inventor, inventor.pact())
    names = {"employer_id": "00743110158", "promoter_scheme": "piva", "promoter_id": "1"}

    assert found(job, person_id="RSSMRA80A01H501A", **names) == [
        ("tax_code.check_letter", "/person_id", Severity.ERROR),
        ("vat.check_digit", "/employer_id", Severity.ERROR),
        ("vat.shape", "/promoter_id", Severity.ERROR),
    ]
    assert found(job, identifiers=(Identifier(scheme="co", value="16000212"),)) == [
        ("co.shape", "/identifiers/0/value", Severity.ERROR)
    ]
