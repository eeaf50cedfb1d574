from random import Random

from patto_schemas import Ambito, Name
from patto_schemas.invent import Inventor


def test_an_organisation_answers_to_key_and_identifiers():
    body = Inventor(Random(1)).organisation()

    assert [name.scheme for name in body.names()] == ["local", "piva", "cf"]


def test_an_ambito_answers_to_its_code_for_every_partner():
    ambito = Ambito(code="FG/1", name="Foggia", lead_municipality="071024")

    assert Name("ambito", "FG/1") in ambito.names()
