"""Hypothesis strategies for every canonical entity, for our tests and for those of plugin authors.

`entities(kind)` draws valid JSON documents of any shape that the published schema allows and reads them with the model;
`lifelike(kind)` draws records that also keep the rules: real check letters, real birthplaces in Puglia, dates in order.
Hypothesis is not a dependency of the running hub: install the `dev` extra.
"""

from __future__ import annotations

import json
from datetime import date
from functools import lru_cache
from random import Random
from typing import TYPE_CHECKING, Any, Final

from hypothesis import strategies as st

from patto_schemas import invented_dealings as dealings
from patto_schemas.codes import table
from patto_schemas.identity import tax_code
from patto_schemas.invent import Inventor
from patto_schemas.model import ENTITIES, Entity, types

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from hypothesis.strategies import SearchStrategy

FIRST: Final = date(1, 1, 1)
LAST: Final = date(9999, 12, 31)
LONG: Final = 60
"""How long drawn texts get."""
ASCII: Final = st.characters(min_codepoint=0x20, max_codepoint=0x7E)
WIDE_CHARACTERS: Final = ASCII | st.characters(
    min_codepoint=0xA0, exclude_categories=["Cs"], exclude_characters="\ufffe\uffff"
)


@st.composite
def tax_codes(draw: st.DrawFn, omocodes: bool = True) -> str:  # noqa: FBT001, FBT002 - hypothesis style
    """Draw a person's tax code with a right check letter, a birthplace in Puglia and, mostly, no replaced digits."""
    letters = st.text(alphabet="ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=6, max_size=6)
    place = draw(st.sampled_from(sorted(table("municipalities")))), draw(letters)
    born = draw(st.dates(date(1920, 1, 1), date(2019, 12, 31)))
    day = born.day + (tax_code.WOMEN_DAY if draw(st.booleans()) else 0)
    belfiore = table("municipalities").rows[place[0]][0].more["belfiore"]
    stem = f"{place[1]}{born.year % 100:02}{tax_code.MONTHS[born.month - 1]}{day:02}{belfiore}"
    return tax_code.omocode(f"{stem}X", draw(st.integers(0, 7)) if omocodes and draw(st.booleans()) else 0)


def days() -> SearchStrategy[str]:
    """Draw a day as the schema writes it, sentinels among them."""
    sentinels = st.sampled_from(["1900-01-01", "2099-12-31", "9999-12-31", "2000-02-29"])
    return st.dates(FIRST, LAST).map(date.isoformat) | sentinels


def instants() -> SearchStrategy[str]:
    """Draw an instant with its offset."""
    clocks = st.from_regex(r"\A([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]{1,6})?\Z")
    offsets = st.from_regex(r"\A(Z|[+-](0[0-9]|1[0-3]):[0-5][0-9])\Z")
    return st.builds("{}T{}{}".format, st.dates(date(1, 1, 2), date(9999, 12, 30)), clocks, offsets)


@lru_cache(maxsize=32)
def schema_of(kind: str) -> Mapping[str, Any]:
    """Give the JSON Schema of an entity as the model states it."""
    return ENTITIES[kind].model_json_schema()


@lru_cache(maxsize=32)
def documents(kind: str) -> SearchStrategy[dict[str, Any]]:
    """Draw a JSON document that the entity's model accepts."""
    schema = schema_of(kind)
    return _value(schema, schema)


@lru_cache(maxsize=32)
def entities(kind: str) -> SearchStrategy[Any]:
    """Draw an entity of any shape that the schema allows."""
    read = ENTITIES[kind].model_validate_json
    return documents(kind).map(lambda document: read(json.dumps(document)))


def _value(schema: Mapping[str, Any], root: Mapping[str, Any]) -> SearchStrategy[Any]:
    if "$ref" in schema:
        return _value(root["$defs"][schema["$ref"].rpartition("/")[2]], root)
    if "anyOf" in schema:
        return st.one_of([_value(each, root) for each in schema["anyOf"]])
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    if "const" in schema:
        return st.just(schema["const"])
    return _KINDS[schema["type"]](schema, root)


def _object(schema: Mapping[str, Any], root: Mapping[str, Any]) -> SearchStrategy[Any]:
    fields = {name: _value(each, root) for name, each in schema["properties"].items()}
    required = set(schema.get("required", ()))
    optional = {name: each for name, each in fields.items() if name not in required}
    return st.fixed_dictionaries({name: fields[name] for name in fields if name in required}, optional=optional)


def _array(schema: Mapping[str, Any], root: Mapping[str, Any]) -> SearchStrategy[Any]:
    least = schema.get("minItems", 0)
    return st.lists(_value(schema["items"], root), min_size=least, max_size=least + 2)


def _string(schema: Mapping[str, Any], _root: Mapping[str, Any]) -> SearchStrategy[Any]:
    if schema.get("format") == "date":
        return days()
    if schema.get("format") == "date-time":
        return instants()
    least, most = schema.get("minLength", 0), schema.get("maxLength", LONG)
    if schema["pattern"] in FREE:
        return FREE[schema["pattern"]](least, min(most, LONG))
    pattern = schema["pattern"].removeprefix("^").removesuffix("$")
    return st.from_regex(rf"\A(?:{pattern})\Z", alphabet=ASCII).filter(lambda text: least <= len(text) <= most)


def _lines(least: int, most: int) -> SearchStrategy[str]:
    """Draw one line of any characters that a label may hold."""
    return st.text(WIDE_CHARACTERS, min_size=least, max_size=most)


def _texts(least: int, most: int) -> SearchStrategy[str]:
    """Draw text of any characters that XML can carry."""
    return st.text(WIDE_CHARACTERS | st.sampled_from("\t\n\r\x7f\x85"), min_size=least, max_size=most)


def _keys(_least: int, most: int) -> SearchStrategy[str]:
    """Draw a key: one line with no blank at either end."""
    return st.text(WIDE_CHARACTERS, min_size=1, max_size=most).filter(lambda key: key[0] != " " != key[-1])


def _urls(_least: int, most: int) -> SearchStrategy[str]:
    """Draw a web address."""
    return st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1, max_size=most - 8).map(
        "https://{}".format
    )


def _integer(schema: Mapping[str, Any], _root: Mapping[str, Any]) -> SearchStrategy[Any]:
    return st.integers(schema["minimum"], schema["maximum"])


def _number(schema: Mapping[str, Any], _root: Mapping[str, Any]) -> SearchStrategy[Any]:
    cents = st.integers(0, min(round(schema["maximum"] * 100), 10**13 - 1))
    return cents.map(lambda number: number / 100)


FREE: Final[Mapping[str, Callable[[int, int], SearchStrategy[str]]]] = {
    types.TEXT_PATTERN: _texts,
    types.LINE_PATTERN: _lines,
    types.KEY_PATTERN: _keys,
    types.URL_PATTERN: _urls,
}
"""Patterns that allow nearly everything, which a search for matches would be slow at."""
_KINDS: Final[Mapping[str, Callable[[Mapping[str, Any], Mapping[str, Any]], SearchStrategy[Any]]]] = {
    "object": _object,
    "array": _array,
    "string": _string,
    "integer": _integer,
    "number": _number,
    "boolean": lambda _schema, _root: st.booleans(),
    "null": lambda _schema, _root: st.none(),
}


def lifelike(kind: str) -> SearchStrategy[Any]:
    """Draw an entity that also keeps every rule, as the inventor makes them."""
    return st.integers(0, 2**32).map(lambda seed: _invented(kind, Inventor(Random(seed))))  # noqa: S311 - a seed makes it repeat


def _invented(kind: str, inventor: Inventor) -> Entity:
    course = inventor.course_offering()
    dossier = inventor.dossier(course, days=2)
    makers: dict[str, Callable[[], Entity]] = {
        "person": lambda: dossier.person,
        "consent": lambda: inventor.consent(dossier.pact),
        "organisation": inventor.organisation,
        "ambito": inventor.ambito,
        "pact": lambda: dossier.pact,
        "measure": lambda: dossier.measures[0],
        "course_offering": lambda: course,
        "enrolment": lambda: dossier.enrolments[0],
        "attendance_day": lambda: dossier.attendance[0],
        "attendance_month": lambda: inventor.attendance_month(dossier.enrolments[0], dossier.attendance),
        "loan": lambda: inventor.loan(dossier.pact),
        "visit": lambda: inventor.visit(dossier.pact),
        "monitoring_record": lambda: inventor.monitoring_record(dossier.pact),
        "employment": lambda: dealings.employment(inventor, dossier.pact),
        "payment_order": lambda: dealings.payment_order(inventor, inventor.loan(dossier.pact)),
        "movement": lambda: dealings.movement(inventor, inventor.loan(dossier.pact)),
    }
    return makers[kind]()
