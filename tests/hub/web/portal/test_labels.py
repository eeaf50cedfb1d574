"""What fields are called for people: every field of every view, of the hub and of the plugins, in both languages."""

from __future__ import annotations

from importlib import import_module

import pytest

from patto_hub.extensions.found import installed
from patto_hub.feeds.views import FEEDS
from patto_hub.web.portal.labels import LABELS, label
from patto_hub.web.portal.overview import fields_of
from patto_schemas.model import ENTITIES

_PLUGINS = [import_module(each.module) for each in installed() if each.module.startswith("patto_plugins")]
_ALL = [*FEEDS, *(feed for each in _PLUGINS if hasattr(each, "register_feeds") for feed in each.register_feeds())]
FIELDS = sorted(
    {
        (view.kind, field)
        for feed in _ALL
        for view in feed.views
        for shape in (view.shape, view.under_pseudonyms)
        if shape is not None
        for field in fields_of(shape)
    }
)
HANDED_IN = sorted(
    {
        (kind, field)
        for module in _PLUGINS
        if hasattr(module, "register_connectors")
        for connector in module.register_connectors()
        if connector.door is not None
        for kind in connector.kinds
        for field in fields_of(ENTITIES[kind])
    }
)
"""The fields of what partners hand in by the portal."""
MOST = 60
"""Characters that fit a line of the page beside others."""


@pytest.mark.parametrize("language", ["it", "en"])
def test_every_field_of_every_view_and_of_what_is_handed_in_has_a_name_for_people(language):
    said = {(kind, field): label(kind, field, language) for kind, field in {*FIELDS, *HANDED_IN}}

    assert [where for where, words in said.items() if not words or "_" in words or len(words) > MOST] == []


@pytest.mark.parametrize("language", ["it", "en"])
def test_no_two_fields_of_a_view_are_called_alike(language):
    for feed in _ALL:
        for view in feed.views:
            names = [label(view.kind, field, language) for field in fields_of(view.shape)]
            assert sorted(names) == sorted(set(names)), (feed.name, view.kind)


def test_a_field_within_a_field_is_called_by_both():
    assert label("ambito", "members.valid_from", "it") == "Comuni dell'Ambito: valido dal"
    assert label("course_offering", "presentations.address.postcode", "it") == "Edizioni: indirizzo: CAP"


def test_a_field_that_nobody_has_named_is_called_nothing():
    assert label("visit", "risk_flags", "it") == ""
    assert label("visit", "risk_flags.code", "it") == ""


def test_no_name_is_left_over():
    known = {each for kind, model in ENTITIES.items() for each in _names(kind, model.model_json_schema())}

    assert LABELS.keys() - known == set()


def _names(kind, schema):
    """Give every key by which a field of a kind could be named."""
    definitions = {None: schema, **schema.get("$defs", {})}

    def walk(shape, path):
        for field, facts in shape.get("properties", {}).items():
            here = f"{path}{field}"
            yield from (field, here, f"{kind}.{here}")
            for name in _inner(facts):
                yield from walk(definitions[name], f"{here}.")

    return walk(schema, "")


def _inner(facts):
    if isinstance(facts, dict):
        if "$ref" in facts:
            yield facts["$ref"].rpartition("/")[2]
        for each in facts.values():
            yield from _inner(each)
    elif isinstance(facts, list):
        for each in facts:
            yield from _inner(each)
