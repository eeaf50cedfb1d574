from random import Random

import pytest
from pydantic import ValidationError

from patto_schemas import Employment, Name, Need
from patto_schemas.invent import Inventor
from patto_schemas.invented_dealings import employment


@pytest.fixture
def job():
    inventor = Inventor(Random(1))
    return employment(inventor, inventor.pact())


def test_an_employment_waits_for_its_pact(job):
    assert job.needs() == (Need("pact", Name("local", job.pact_id)),)
    assert job.person == Name("cf", job.person_id)


def test_each_communication_finds_its_employment_and_no_name_comes_twice(job):
    code = job.communications[0].code
    later = job.communications[0].model_copy(update={"code": "1600021200123457", "type": "PRO"})
    extended = job.model_copy(update={"communications": (*job.communications, later)})

    assert extended.names() == (
        Name("local", job.employment_id),
        Name("co", code),
        Name("co", "1600021200123457"),
    )


def test_employer_and_promoter_are_named_as_far_as_they_are_known(job):
    nobody = job.model_copy(update={"employer_id": None, "promoter_id": None})

    assert job.organisations() == (Name("piva", job.employer_id), Name("cpi_11", job.promoter_id))
    assert nobody.organisations() == ()


@pytest.mark.parametrize("code", ["160002120012345", "16000212001234567", "160002120012345a", ""])
def test_a_communication_has_a_code_of_sixteen_characters(job, code):
    document = job.model_dump(mode="json") | {"communications": [{"code": code, "type": "ASS", "on": "2026-01-01"}]}

    with pytest.raises(ValidationError, match="string_pattern_mismatch"):
        Employment.model_validate(document)
