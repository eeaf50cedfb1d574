from random import Random

from patto_schemas import Name, Pact, canonical_json
from patto_schemas.invent import Inventor
from patto_schemas.model.people import ConsentGiven


def pact(*consents, **changes):
    words = [
        ConsentGiven(
            organisation_scheme="cpi_11",
            organisation_id=who,
            from_domain="social",
            granted=granted,
            at=f"2020-01-0{day}T00:00:00Z",
        )
        for day, (who, granted) in enumerate(consents, 1)
    ]
    given = Inventor(Random(1)).pact(ambito="FG/1").model_dump()
    return Pact.model_validate({**given, "consents": words, **changes})


ONE, TWO = Name("cpi_11", "D643C000001"), Name("cpi_11", "D643C000002")


def test_a_pact_names_its_ambito_and_whom_the_person_allowed():
    assert pact().organisations() == (Name("ambito", "FG/1"),)
    assert pact((ONE.value, True), (TWO.value, False)).organisations() == (Name("ambito", "FG/1"), ONE)


def test_the_last_word_about_an_organisation_counts():
    assert pact((ONE.value, True), (ONE.value, False)).allows() == ((Name("ambito", "FG/1"), True), (ONE, False))
    assert pact((ONE.value, False), (ONE.value, True)).organisations()[1:] == (ONE,)


def test_a_pact_waits_for_nobody_and_names_its_person():
    record = pact(person_id="RSSMRA80A01H501U")

    assert record.needs() == ()
    assert record.persons() == (Name("cf", "RSSMRA80A01H501U"),)


def test_a_pact_answers_to_its_inps_protocol():
    assert Name("inps_protocol", "INPS.1") in pact(inps_protocol="INPS.1").names()


def test_a_pact_of_1_kb_is_valid_without_end():
    record = pact(valid_from="1900-01-01", valid_to="2099-12-31")

    assert (record.valid_from, record.valid_to) == (None, None)
    assert b"valid_to" not in canonical_json(record)
