from __future__ import annotations

import json
from datetime import date, datetime
from decimal import Decimal
from random import Random
from typing import Annotated, Literal

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import Field, field_validator

from patto_hub.feeds.marked import Pseudonym
from patto_hub.feeds.spec import Projection
from patto_hub.feeds.twins import twin_of
from patto_hub.feeds.views import FEEDS
from patto_schemas.invent import Inventor
from patto_schemas.model.wire import canonical_json

SHAPES = {
    shape.__name__: shape
    for feed in FEEDS
    for view in feed.views
    for shape in (view.shape, view.under_pseudonyms)
    if shape is not None
}
TEXT = st.text(alphabet=st.characters(exclude_categories=()), max_size=12)
DATES = st.dates().map(str) | st.sampled_from(["2026-02-30", "2026-3-1", "2026-03-01T00:00:00", "0000-01-01", ""])
NUMBERS = st.decimals(allow_nan=False).map(str) | st.sampled_from(
    ["4.50", "0.0000001", "1E+3", "-0", "+1", "007", " 1"]
)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXT | DATES
ANYTHING = st.recursive(
    SCALARS | NUMBERS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)


def by_shape(shape, payload):
    return shape.model_validate_json(payload).model_dump_json(exclude_none=True).encode()


def good(annotation):
    """Make a strategy for what canonical JSON holds where a shape has this type."""
    if isinstance(annotation, type) and issubclass(annotation, Projection):
        return st.fixed_dictionaries({name: good(facts.annotation) for name, facts in annotation.model_fields.items()})
    if getattr(annotation, "__origin__", None) is tuple:
        return st.lists(good(annotation.__args__[0]), max_size=3)
    choices = {str: TEXT, date: DATES, Decimal: NUMBERS, int: st.integers(), bool: st.booleans()}
    kinds = [annotation, *getattr(annotation, "__args__", ())]
    inner = [each for each in kinds if isinstance(each, type) and (each in choices or issubclass(each, Projection))]
    return choices[inner[0]] if inner[0] in choices else good(inner[0])


@st.composite
def records(draw):
    """Draw a shape and a record that is nearly of it: fields left out, replaced and added."""
    shape = SHAPES[draw(st.sampled_from(sorted(SHAPES)))]
    record = draw(good(shape))
    for name in draw(st.lists(st.sampled_from(sorted(record)), max_size=3)):
        record.pop(name, None)
    record |= draw(st.dictionaries(st.sampled_from([*shape.model_fields, "note"]), ANYTHING, max_size=2))
    return shape, record


@pytest.mark.parametrize("name", sorted(SHAPES))
def test_each_view_of_the_hub_has_a_twin(name):
    assert twin_of(SHAPES[name]) is not None


@settings(max_examples=600, deadline=None)
@given(records())
def test_what_a_twin_reads_it_writes_as_the_shape_does_and_what_it_refuses_is_left_to_the_shape(drawn):
    shape, record = drawn
    payload = json.dumps(record)

    try:
        written = msgspec.json.encode(twin_of(shape).read(payload))
    except msgspec.MsgspecError:
        return
    assert written == by_shape(shape, payload)


def test_invented_records_are_read_by_their_twins_and_written_alike():
    inventor = Inventor(Random(3))
    made = [make() for make in (inventor.pact, inventor.person, inventor.course_offering, inventor.ambito) * 25]

    for record in made:
        payload = canonical_json(record)
        shape = next(view.shape for feed in FEEDS for view in feed.views if view.kind == record.kind)
        assert msgspec.json.encode(twin_of(shape).read(payload)) == by_shape(shape, payload)


def test_a_list_is_read_at_once_with_gaps_for_records_that_are_gone():
    class Shape(Projection):
        key: str

    read = twin_of(Shape).read_all('[{"key":"1","name":"Rossi"},null,{"key":"2"}]')

    assert msgspec.json.encode(read) == b'[{"key":"1"},null,{"key":"2"}]'


class Instant(Projection):
    at: datetime


class Share(Projection):
    share: float


class Either(Projection):
    which: str | int


class Renamed(Projection):
    name: str = Field(alias="nome")


class Judged(Projection):
    name: str

    @field_validator("name")
    @classmethod
    def upper(cls, value: str) -> str:
        return value.upper()


class Short(Projection):
    name: Annotated[str, Field(max_length=3)]


@pytest.mark.parametrize("shape", [Instant, Share, Either, Renamed, Judged, Short])
def test_a_shape_that_could_be_read_or_written_otherwise_has_no_twin(shape):
    assert twin_of(shape) is None


def test_choices_and_marked_fields_have_twins():
    class Chosen(Projection):
        state: Literal["open", "closed"]
        who: Annotated[str, Pseudonym("person")]

    twin = twin_of(Chosen)

    assert msgspec.json.encode(twin.read('{"state":"open","who":"a","x":1}')) == b'{"state":"open","who":"a"}'
    with pytest.raises(msgspec.MsgspecError):
        twin.read('{"state":"other","who":"a"}')
