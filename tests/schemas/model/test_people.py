from random import Random

import pytest
from pydantic import ValidationError

from patto_schemas import Consent, Name, Need, Person
from patto_schemas.invent import Inventor


def test_a_person_answers_to_key_and_identifiers():
    person = Inventor(Random(1)).person()

    assert person.names() == (Name("local", person.person_id), Name("cf", person.identifiers[0].value))


def test_a_person_without_any_identifier_is_refused():
    person = Inventor(Random(1)).person().model_dump()

    with pytest.raises(ValidationError, match="at least 1 item"):
        Person.model_validate({**person, "identifiers": []})


def consent(**changes):
    given = Inventor(Random(1)).consent(Inventor(Random(2)).pact()).model_dump()
    return Consent.model_validate(
        {**given, "organisation_scheme": "cpi_11", "organisation_id": "D643C000001", **changes}
    )


def test_a_granted_consent_names_the_organisation_and_allows_it():
    centre = Name("cpi_11", "D643C000001")

    assert consent(granted=True).organisations() == (centre,)
    assert consent(granted=True).allows() == ((centre, True),)


def test_a_withdrawn_consent_names_nobody_and_allows_nothing():
    assert consent(granted=False).organisations() == ()
    assert consent(granted=False).allows() == ((Name("cpi_11", "D643C000001"), False),)


def test_a_consent_waits_for_the_pact_that_it_is_limited_to():
    assert consent(pact_id="P1", pact_scheme="local").needs() == (Need("pact", Name("local", "P1")),)
    assert consent(pact_id=None).needs() == ()
    assert consent(person_id="RSSMRA80A01H501U").person == Name("cf", "RSSMRA80A01H501U")
