from random import Random

from patto_schemas import Enrolment, Name, Need, canonical_json
from patto_schemas.invent import Inventor
from patto_schemas.model.training import edition


def test_an_offering_answers_for_its_editions():
    course = Inventor(Random(1)).course_offering(editions=3)

    names = course.names()
    assert Name("local", course.offering_id) in names
    assert all(edition(presentation.edition_id) in names for presentation in course.presentations)
    assert course.organisations() == (Name("piva", course.provider.provider_id),)


def enrolment(**changes):
    inventor = Inventor(Random(1))
    pact = inventor.pact()
    given = inventor.enrolment(inventor.measure(pact), pact.person_id).model_dump()
    return Enrolment.model_validate({**given, "policy_id": "1400000001B", **changes})


def test_an_enrolment_waits_for_its_measure_by_policy_and_for_the_edition():
    record = enrolment(edition_id="E1")

    assert record.needs() == (
        Need("measure", Name("policy", "1400000001B")),
        Need("course_offering", Name("local", "edition:E1")),
    )
    assert len(enrolment(edition_id=None).needs()) == 1


def test_an_enrolment_names_its_host():
    assert enrolment(host_id="1", host_scheme="piva").organisations() == (Name("piva", "1"),)
    assert enrolment(host_id=None).organisations() == ()


def test_attendance_waits_for_its_enrolment():
    inventor = Inventor(Random(1))
    record = enrolment()
    days = inventor.attendance(record, 3)

    need = Need("enrolment", Name("local", record.enrolment_id))
    assert {each.needs() for each in days} == {(need,)}
    assert inventor.attendance_month(record, days).needs() == (need,)


def test_what_answers_no_request_and_says_nothing_of_an_editions_life_keeps_the_bytes_it_had():
    course = Inventor(Random(1)).course_offering()

    assert b"request_" not in canonical_json(enrolment())
    assert b"closed_on" not in canonical_json(course)
    assert b"status" not in canonical_json(course)
    assert b'"request_id":"R-1"' in canonical_json(enrolment(request_id="R-1", request_scheme="local:le_1"))
