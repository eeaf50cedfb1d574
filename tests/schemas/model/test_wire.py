import json
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from patto_schemas import ENTITIES, Model, Pact, canonical_json, extras, wire
from patto_schemas.invent import Inventor
from patto_schemas.model.pact import Goal, Indemnity
from patto_schemas.model.wire import canonical_class
from patto_schemas.testing import entities


class DistrictGoal(Goal):
    model_config = wire(Goal, goal_id="idObiettivo", text="descrizione")


class DistrictIndemnity(Indemnity):
    model_config = wire(Indemnity, months="mesi")


class DistrictPact(Pact):
    model_config = wire(Pact, pact_id="idPatto", signed_on="dataFirma", goals="obiettivi", indemnity="indennità")
    goals: tuple[DistrictGoal, ...] = ()
    indemnity: DistrictIndemnity | None = None


def row(pact, **beyond):
    document = json.loads(canonical_json(pact))
    goals = [
        {**goal, "idObiettivo": goal.pop("goal_id"), "descrizione": goal.pop("text")} for goal in document.pop("goals")
    ]
    document["indennità"] = {**(money := document.pop("indemnity")), "mesi": money.pop("months")}
    del document["indennità"]["months"]
    goals = [{name: value for name, value in goal.items() if name not in {"goal_id", "text"}} for goal in goals]
    renamed = {"idPatto": document.pop("pact_id"), "dataFirma": document.pop("signed_on"), "obiettivi": goals}
    return {**renamed, **document, **beyond}


def read(document):
    return DistrictPact.__pydantic_validator__.validate_json(json.dumps(document))


@pytest.fixture
def pact():
    return Inventor(Random(4)).pact()


def test_a_partners_row_gives_the_canonical_bytes(pact):
    assert canonical_json(read(row(pact))) == canonical_json(pact)


def test_the_order_of_a_partners_fields_does_not_matter(pact):
    document = row(pact)

    assert canonical_json(read(dict(reversed(document.items())))) == canonical_json(pact)


def test_extras_are_kept_by_pointer_and_not_served(pact):
    document = row(pact, **{"nota/interna~": 1})
    document["obiettivi"][1]["priorità"] = {"alta": True}
    document["indennità"]["banca"] = "x"

    record = read(document)

    assert extras(record) == {"/nota~1interna~0": 1, "/goals/1/priorità": {"alta": True}, "/indemnity/banca": "x"}
    assert canonical_json(record) == canonical_json(pact)


def test_a_canonical_record_has_no_extras(pact):
    assert extras(pact) == {}


def test_a_canonical_name_where_the_partner_has_its_own_is_not_taken(pact):
    document = row(pact)
    document["pact_id"] = document.pop("idPatto")

    with pytest.raises(ValidationError, match="idPatto"):
        read(document)


def test_a_wire_record_behaves_as_its_canonical_kind(pact):
    record = read(row(pact))

    assert (record.kind, record.key, record.names()) == (pact.kind, pact.key, pact.names())
    assert canonical_class(DistrictPact) is Pact
    assert canonical_class(Pact) is Pact


def test_a_mistyped_field_is_named_when_the_plugin_is_loaded():
    with pytest.raises(TypeError, match="no field signed_onn"):
        wire(Pact, signed_onn="dataFirma")


def test_two_fields_cannot_read_one_name():
    with pytest.raises(TypeError, match="status"):
        wire(Pact, note="status")


def test_what_is_no_entity_has_no_canonical_class():
    with pytest.raises(TypeError, match="no kind"):
        canonical_class(Model)


@pytest.mark.parametrize("kind", ENTITIES)
@settings(max_examples=15, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_canonical_bytes_depend_on_the_content_alone(kind, data):
    entity = data.draw(entities(kind))
    written = canonical_json(entity)
    again = type(entity).model_validate_json(written)

    assert again == entity
    assert canonical_json(again) == written
    assert canonical_json(type(entity)(**dict(reversed(entity.__dict__.items())))) == written
