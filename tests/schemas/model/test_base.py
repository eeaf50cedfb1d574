from datetime import UTC, datetime
from random import Random

import pytest
from pydantic import ValidationError

from patto_schemas import ENTITIES, Name, Need, Pact
from patto_schemas.invent import Inventor
from patto_schemas.model.base import Entity, microseconds


@pytest.mark.parametrize("entity", ENTITIES.values(), ids=ENTITIES)
def test_every_entity_has_a_kind_a_required_text_key_and_a_docstring(entity):
    field = entity.model_fields[entity.key_field]

    assert ENTITIES[entity.kind] is entity
    assert field.is_required()
    assert field.annotation is str
    assert entity.__doc__


def test_kinds_are_sixteen_and_differ():
    assert len(ENTITIES) == 16


def test_an_entity_is_frozen_and_refuses_unknown_keys():
    pact = Inventor(Random(1)).pact()

    with pytest.raises(ValidationError, match="frozen"):
        pact.status = "draft"
    with pytest.raises(ValidationError, match="Extra inputs"):
        Pact.model_validate({**pact.model_dump(), "surprise": 1})


def test_the_revision_orders_before_the_time():
    pact = Inventor(Random(1)).pact()
    at = datetime(2020, 1, 1, tzinfo=UTC)

    assert pact.model_copy(update={"revision": 7, "modified_at": at}).order() == 7
    assert pact.model_copy(update={"revision": None, "modified_at": at}).order() == microseconds(at) == 1577836800000000
    assert pact.model_copy(update={"revision": None, "modified_at": None}).order() is None


def test_an_entity_answers_at_least_to_its_key_and_needs_nothing_unless_it_says_so():
    class Thing(Entity):
        kind = "thing"
        key_field = "thing_id"
        thing_id: str

    thing = Thing(thing_id="1")

    assert thing.names() == (Name("local", "1"),)
    assert (thing.needs(), thing.organisations(), thing.allows(), thing.persons()) == ((), (), (), ())


def test_names_and_needs_compare_by_value():
    assert Need("pact", Name("local", "1")) == ("pact", ("local", "1"))
