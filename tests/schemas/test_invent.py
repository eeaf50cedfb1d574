from random import Random

import pytest

from patto_schemas import canonical_json
from patto_schemas.identity import numbers, tax_code
from patto_schemas.invent import Inventor
from patto_schemas.invented_dealings import employment, movement, payment_order
from patto_schemas.issues import Severity
from patto_schemas.rules import check


def records(inventor):
    course = inventor.course_offering()
    dossier = inventor.dossier(course)
    yield from (*dossier, course, inventor.organisation(), inventor.ambito())
    pact = dossier.pact
    loan = inventor.loan(pact)
    yield from (loan, payment_order(inventor, loan), movement(inventor, loan), employment(inventor, pact))
    yield from (inventor.visit(pact), inventor.monitoring_record(pact), inventor.consent(pact))
    yield inventor.attendance_month(dossier.enrolments[0], dossier.attendance)


@pytest.mark.parametrize("seed", range(30))
def test_invented_records_keep_every_rule(seed):
    issues = [issue for record in records(Inventor(Random(seed))) for issue in check(record)]

    assert [issue for issue in issues if issue.severity is Severity.ERROR] == []


def test_the_same_seed_gives_the_same_bytes():
    first, second = ([canonical_json(record) for record in records(Inventor(Random(7)))] for _ in range(2))

    assert first == second


def test_another_seed_gives_other_people():
    assert Inventor(Random(1)).person() != Inventor(Random(2)).person()


def test_the_records_of_a_dossier_name_each_other():
    inventor = Inventor(Random(5))
    course = inventor.course_offering()
    dossier = inventor.dossier(course)
    known = {(record.kind, name) for record in (*dossier, course) for name in record.names()}

    asked = {(need.kind, need.name) for record in dossier for need in record.needs()}
    assert asked
    assert asked <= known
    assert dossier.pact.person in dossier.person.names()


def test_codes_and_numbers_carry_right_check_characters():
    inventor = Inventor(Random(11))

    assert [tax_code.problem(inventor.tax_code()) for _ in range(300)] == [None] * 300
    assert [numbers.vat_problem(inventor.vat_number()) for _ in range(300)] == [None] * 300


def test_keys_never_repeat_and_carry_the_prefix():
    inventor = Inventor(Random(3), prefix="FG1-")
    keys = [inventor.pact().pact_id for _ in range(200)]

    assert len(set(keys)) == 200
    assert all(key.startswith("FG1-PA-") for key in keys)


@pytest.mark.parametrize(("parts", "least", "most"), [(0, 500, 1000), (2, 1000, 1500), (40, 8000, 20_000)])
def test_a_pact_has_the_size_asked_for(parts, least, most):
    assert least < len(canonical_json(Inventor(Random(1)).pact(parts=parts))) < most
