import jsonschema_rs
import pytest

from patto_schemas import ENTITIES
from patto_schemas.published import VERSION, json_schema


@pytest.mark.parametrize("kind", ENTITIES)
def test_the_schema_is_of_2020_12_and_says_its_version(kind):
    schema = json_schema(kind)

    assert jsonschema_rs.meta.is_valid(schema)
    assert schema["$schema"].endswith("2020-12/schema")
    assert schema["x-version"] == VERSION
    assert schema["$id"].endswith(f":{kind}")
    assert schema["additionalProperties"] is False


def test_an_unknown_entity_has_no_schema():
    with pytest.raises(KeyError):
        json_schema("nothing")
