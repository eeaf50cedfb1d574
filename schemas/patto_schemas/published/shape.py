"""An entity's fields in order, as the XSD generator and the XML codec need them, read from its JSON Schema."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from patto_schemas.published.json_schema import json_schema

if TYPE_CHECKING:
    from collections.abc import Mapping

Sort: TypeAlias = Literal["string", "integer", "decimal", "double", "boolean", "date", "dateTime"]


@dataclass(frozen=True, slots=True)
class Scalar:
    """A single value."""

    sort: Sort
    facets: tuple[tuple[str, Any], ...] = ()
    """`pattern`, `minLength`, `maxLength`, `minimum`, `maximum` and `enum` as JSON Schema names them."""


@dataclass(frozen=True, slots=True)
class Field:
    """A field of an object."""

    name: str
    type: Scalar | str
    """A scalar, or the name of an object."""
    required: bool
    many: bool
    """Whether it is a list."""
    least: int
    """How many items a list has at least."""
    text: str
    """What it means, for people."""


@dataclass(frozen=True, slots=True)
class Shape:
    """An object: its fields in order."""

    name: str
    text: str
    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class Form:
    """An entity: its root object and all objects inside it, by name."""

    kind: str
    root: str
    shapes: Mapping[str, Shape]


@lru_cache(maxsize=64)
def form_of(kind: str) -> Form:
    """Give the form of an entity."""
    schema = json_schema(kind)
    root = str(schema["title"])
    objects = {root: schema, **schema.get("$defs", {})}
    return Form(kind, root, {name: _shape(name, each) for name, each in objects.items()})


def _shape(name: str, schema: Mapping[str, Any]) -> Shape:
    required = frozenset(schema.get("required", ()))
    fields = tuple(_field(field, each, field in required) for field, each in schema["properties"].items())
    return Shape(name, str(schema.get("description", "")), fields)


def _field(name: str, schema: Mapping[str, Any], required: bool) -> Field:  # noqa: FBT001 - a fact about the field
    text = str(schema.get("description", ""))
    stated = _without_null(schema)
    if stated.get("type") == "array":
        return Field(name, _type(stated["items"]), required, many=True, least=stated.get("minItems", 0), text=text)
    return Field(name, _type(stated), required, many=False, least=0, text=text)


def _without_null(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """Give what an optional field holds when it holds something."""
    choices = [each for each in schema.get("anyOf", ()) if each != {"type": "null"}]
    return choices[0] if len(choices) == 1 else {**schema, "anyOf": choices} if choices else schema


def _type(schema: Mapping[str, Any]) -> Scalar | str:
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    if "anyOf" in schema:
        return Scalar("decimal", _facets(_texts(schema["anyOf"])))
    if "const" in schema:
        return Scalar("string", (("enum", (schema["const"],)),))
    if schema.get("format") == "date":
        return Scalar("date", _facets(schema))
    if schema.get("format") == "date-time":
        return Scalar("dateTime", _facets(schema))
    return Scalar(schema["type"], _facets(schema))


def _texts(choices: list[Mapping[str, Any]]) -> Mapping[str, Any]:
    """Give the text form of an amount, which may also be sent as a number: its pattern is XML's."""
    return next(each for each in choices if each["type"] == "string")


def _facets(schema: Mapping[str, Any]) -> tuple[tuple[str, Any], ...]:
    names = ("pattern", "minLength", "maxLength", "minimum", "maximum")
    plain = tuple((name, schema[name]) for name in names if name in schema)
    return (*plain, ("enum", tuple(schema["enum"]))) if "enum" in schema else plain
