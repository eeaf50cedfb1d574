from random import Random

import pytest
from pydantic import ValidationError

from patto_schemas import Measure, Name, Need
from patto_schemas.invent import Inventor
from patto_schemas.model.measure import MeasureEvent


def measure(**changes):
    inventor = Inventor(Random(1))
    return Measure.model_validate({**inventor.measure(inventor.pact()).model_dump(), **changes})


def test_a_measure_answers_to_its_policy_and_waits_for_its_pact():
    record = measure(policy_id="1400000001B", pact_id="P1")

    assert Name("policy", "1400000001B") in record.names()
    assert record.needs() == (Need("pact", Name("local", "P1")),)


def test_a_measure_without_policy_answers_to_its_key_alone():
    record = measure(policy_id=None)

    assert record.names() == (Name("local", record.measure_id),)


def test_a_measure_names_promoter_provider_and_host():
    record = measure(
        promoter_code="G337C000409", provider_id="1", provider_scheme="piva", host_id="2", host_scheme="cf"
    )

    assert record.organisations() == (Name("cpi_11", "G337C000409"), Name("piva", "1"), Name("cf", "2"))
    assert measure(promoter_code=None, provider_id=None).organisations() == ()


@pytest.mark.parametrize("code", ["00", "16", "1", "010", "AA"])
def test_only_the_fifteen_events_exist(code):
    with pytest.raises(ValidationError):
        MeasureEvent(code=code, on="2020-01-01")
