"""The JSON Schema and the example of each feed: they agree with each other, with real pages, and with the XSD."""

from __future__ import annotations

import json
from importlib import import_module

import jsonschema_rs
import pytest
from lxml import etree

from patto_hub.extensions.found import installed
from patto_hub.feeds import envelope
from patto_hub.feeds.documents import example, json_schema
from patto_hub.feeds.subscriptions import concealed
from patto_hub.feeds.views import FEEDS

_PLUGINS = [import_module(each.module) for each in installed() if each.module.startswith("patto_plugins")]
_ALL = [*FEEDS, *(feed for each in _PLUGINS if hasattr(each, "register_feeds") for feed in each.register_feeds())]
LEAVING = [*_ALL, *filter(None, map(concealed, _ALL))]
NAMES = [f"{each.name}{' under pseudonyms' if each.under_pseudonyms else ''}" for each in LEAVING]
feeds = pytest.mark.parametrize("feed", LEAVING, ids=NAMES)


@feeds
def test_the_example_is_a_page_with_each_kind_of_record_and_one_that_is_gone(feed):
    page = example(feed)

    assert {each["kind"] for each in page["items"]} == feed.kinds
    assert [each["change"] for each in page["items"]].count("delete") == 1


@feeds
def test_the_example_is_valid_by_the_schema_and_the_schema_by_its_own(feed):
    schema = json_schema(feed)

    assert jsonschema_rs.meta.is_valid(schema)
    assert list(jsonschema_rs.validator_for(schema).iter_errors(example(feed))) == []


@feeds
def test_each_change_of_the_example_is_judged_by_its_own_kind(feed):
    judge, page = jsonschema_rs.validator_for(json_schema(feed)), example(feed)

    for at, item in enumerate(page["items"]):
        for wrong in (
            {**item, "kind": "altro"},
            {**item, "view": "Altro/1"},
            {**item, "version": 0},
            {**item, "data": {}} if item["data"] else {**item, "change": "upsert"},
        ):
            items = [*page["items"][:at], wrong, *page["items"][at + 1 :]]
            assert not judge.is_valid({**page, "items": items}), wrong


@feeds
def test_no_number_is_announced_where_only_texts_leave(feed):
    assert '{"type": "number"}' not in json.dumps(json_schema(feed))


@feeds
def test_the_example_says_the_same_as_the_xsd(feed):
    """The fields of the example are elements of the XSD's types."""
    names = {each.get("name") for each in etree.fromstring(envelope.xsd(feed)).iter("{*}element")}

    for item in example(feed)["items"]:
        assert set(item["data"] or ()) <= names


def test_the_same_people_are_invented_always():
    assert json.dumps(example(FEEDS[0])) == json.dumps(example(FEEDS[0]))


@feeds
def test_each_version_of_a_view_after_the_first_says_what_it_changed(feed):
    for view in feed.views:
        assert set(view.changes) == set(range(2, view.version + 1)), view.name
        assert all(said["it"].strip() and said["en"].strip() for said in view.changes.values())
