import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from patto_schemas import ENTITIES, canonical_json
from patto_schemas.identity import tax_code
from patto_schemas.issues import Severity
from patto_schemas.rules import check
from patto_schemas.testing import documents, entities, lifelike, tax_codes


@given(tax_codes())
def test_drawn_tax_codes_are_right(code):
    assert tax_code.problem(code) is None


@pytest.mark.parametrize("kind", ENTITIES)
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(data=st.data())
def test_drawn_entities_are_of_their_kind_and_round_trip(kind, data):
    entity = data.draw(entities(kind))

    assert entity.kind == kind
    assert type(entity).model_validate_json(canonical_json(entity)) == entity


@pytest.mark.parametrize("kind", ENTITIES)
@settings(max_examples=5, deadline=None)
@given(data=st.data())
def test_lifelike_entities_keep_the_rules(kind, data):
    issues = check(data.draw(lifelike(kind)))

    assert [issue for issue in issues if issue.severity is Severity.ERROR] == []


@settings(max_examples=10, deadline=None)
@given(documents("pact"))
def test_documents_name_the_key_of_the_entity(document):
    assert "pact_id" in document
