"""What the tests of the published forms share: judges of both kinds, and ways to spoil a document."""

from __future__ import annotations

import copy
import json
from types import SimpleNamespace

import jsonschema_rs
import pytest
from hypothesis import strategies as st
from lxml import etree
from pydantic import ValidationError

from patto_schemas import ENTITIES
from patto_schemas.published import from_xml, json_schema, xsd

ODD_VALUES = [
    None,
    True,
    False,
    0,
    -1,
    1,
    5,
    5.0,
    5.5,
    0.001,
    19.99,
    0.1,
    100000.005,
    1e11,
    1e22,
    -0.0,
    2**53,
    2**53 + 1,
    2**70,
    "",
    " ",
    "a",
    "a ",
    " a",
    "a\n",
    "a\tb",
    "a\rb",
    "\u0085",
    "\u2028",
    "\x7f",
    "à",
    "🙂",
    "x" * 121,
    "x" * 501,
    "x" * 4001,
    "0",
    "5",
    "+5",
    "05",
    "5.0",
    "5.00",
    "5.000",
    "5,00",
    "-0",
    "-1",
    ".5",
    "5.",
    "1e3",
    "1_000",
    "NaN",
    "Infinity",
    "٣",
    "99999999999.99",
    "100000000000",
    "true",
    "True",
    "1",
    "2020-01-31",
    "2020-02-30",
    "2021-02-29",
    "2000-02-29",
    "1900-02-29",
    "0000-01-01",
    "0001-01-01",
    "9999-12-31",
    "10000-01-01",
    "-2020-01-01",
    "2020-01-31Z",
    "2020-01-31+01:00",
    "2020-13-01",
    "2020-1-1",
    "31/12/2020",
    "2020-01-31T08:30:00",
    "2020-01-31T08:30:00Z",
    "2020-01-31T08:30:00+14:00",
    "2020-01-31T08:30:00+14:01",
    "2020-01-31T24:00:00Z",
    "2020-01-31T23:59:60Z",
    "2020-01-31t08:30:00z",
    "2020-01-31 08:30:00Z",
    "2020-02-30T08:30:00Z",
    "2020-01-31T08:30:00.1234567Z",
    "FG/1",
    "FG/123",
    "it",
    "IT",
    "cf",
    "071024",
    "D643",
    "http://x",
    "ftp://x",
    [],
    [""],
    [{}],
    {},
    {"scheme": "cf", "value": "x"},
]
"""Values that one of the three judges may see otherwise than the others."""


@pytest.fixture(scope="session")
def judges():
    """For each kind: whether the model, the JSON Schema and the XSD accept a document, and whether the codec does."""
    return {kind: judge(kind) for kind in ENTITIES}


def judge(kind):
    entity = ENTITIES[kind]
    schema = jsonschema_rs.Draft202012Validator(json.loads(json.dumps(json_schema(kind))), validate_formats=True)
    compiled = etree.XMLSchema(etree.fromstring(xsd(kind)))

    def model(document):
        return accepted(lambda: entity.model_validate_json(json.dumps(document)))

    return SimpleNamespace(
        kind=kind,
        entity=entity,
        model=model,
        schema=schema.is_valid,
        xsd=lambda content: compiled.validate(etree.fromstring(content)),
        codec=lambda content: accepted(lambda: from_xml(content, entity)),
        compiled=compiled,
    )


def accepted(read):
    try:
        read()
    except ValidationError:
        return False
    except ValueError:
        return False
    return True


@st.composite
def spoiled(draw, documents):
    """Draw a document and change it in up to three places: a value, a key, the length of a list."""
    document = copy.deepcopy(draw(documents))
    for _ in range(draw(st.integers(1, 3))):
        spots = list(places(document))
        holder, key = draw(st.sampled_from(spots)) if spots else (document, "pact_id")
        spoil(draw, holder, key)
    return document


def places(value):
    """Yield every (holder, key) in a JSON document."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in list(pairs):
        yield value, key
        yield from places(inner)


def spoil(draw, holder, key):
    how = draw(st.sampled_from(["odd", "odd", "odd", "drop", "add", "twist"]))
    if how == "odd":
        holder[key] = copy.deepcopy(draw(st.sampled_from(ODD_VALUES)))
    elif how == "drop":
        del holder[key]
    elif how == "add":
        holder.update(surprise=1) if isinstance(holder, dict) else holder.append(copy.deepcopy(holder[key]))
    elif isinstance(holder[key], str):
        holder[key] = draw(
            st.sampled_from([holder[key] + "\n", " " + holder[key], holder[key].lower(), holder[key][:-1]])
        )


@pytest.fixture(scope="session")
def spoil_json():
    return spoiled
