"""What plugins may use of the schemas."""

import patto_schemas


def test_every_public_name_is_there_and_sorted():
    names = patto_schemas.__all__

    assert [name for name in names if not hasattr(patto_schemas, name)] == []
    assert len(set(names)) == len(names)


def test_every_entity_is_public():
    assert {entity.__name__ for entity in patto_schemas.ENTITIES.values()} <= set(patto_schemas.__all__)
