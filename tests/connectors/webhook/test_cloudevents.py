"""The CloudEvents SDK reads what we send: conformity is judged by others."""

import json
from datetime import UTC, datetime

import pytest
from cloudevents.core.bindings.http import HTTPMessage, from_http_event
from cloudevents.core.formats.json import JSONFormat

from patto_connectors.webhook import Hint, full, thin
from patto_connectors.webhook.cloudevents import binary, structured

AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
SOURCE = "https://hub.regione.example/feeds/pacts"
HINT = Hint(feed="pacts", items=1, after="a", until="b", pull="https://hub.regione.example/api", token="t")
THIN = thin("changes-pacts-1-1", AT, HINT)
ACCENTS = full("changes-pacts-1-1", AT, 'patti e "così" 100%', '{"città":"Forlì"}'.encode())
XML = full("changes-pacts-1-1", AT, "pacts", b"<patti>\xe8</patti>", "application/xml; charset=iso-8859-1")


def _read(message):
    headers = {**message.headers, "content-type": message.media_type}
    return from_http_event(HTTPMessage(headers, message.body), JSONFormat())


@pytest.mark.parametrize("wrap", [structured, binary])
@pytest.mark.parametrize("event", [THIN, ACCENTS])
def test_the_sdk_reads_the_attributes_and_the_data(wrap, event):
    found = _read(wrap(event, SOURCE, "https://hub.regione.example/schemas/changes.json"))

    assert found.get_specversion() == "1.0"
    assert found.get_id() == event.id
    assert found.get_source() == SOURCE
    assert found.get_type() == event.type
    assert found.get_subject() == event.subject
    assert found.get_time() == AT
    assert found.get_datacontenttype() == "application/json"
    assert found.get_dataschema() == "https://hub.regione.example/schemas/changes.json"
    assert found.get_data() == json.loads(event.data)


@pytest.mark.parametrize("wrap", [structured, binary])
def test_the_sdk_reads_data_that_are_not_json(wrap):
    found = _read(wrap(XML, SOURCE))
    data = found.get_data()

    assert found.get_datacontenttype() == XML.media_type
    assert (data if isinstance(data, bytes) else data.encode("utf-8", "surrogateescape")) == XML.data


@pytest.mark.parametrize("wrap", [structured, binary])
def test_an_attribute_that_says_nothing_is_left_out(wrap):
    assert _read(wrap(THIN, SOURCE)).get_dataschema() is None


def test_headers_are_ascii_and_escaped():
    headers = binary(ACCENTS, SOURCE).headers

    assert headers["ce-subject"] == "patti%20e%20%22cos%C3%AC%22%20100%25"


def test_the_structured_mode_names_its_format():
    assert structured(THIN, SOURCE).media_type == "application/cloudevents+json"


async def test_the_attributes_travel_beside_the_signature(sending, receiver):
    async with sending() as (sender, target):
        await sender.send(binary(THIN, SOURCE), target)

    arrived = receiver.arrived[0]
    assert arrived.good
    assert arrived.headers["ce-id"] == arrived.headers["webhook-id"] == THIN.id
    assert arrived.headers["Content-Type"] == "application/json"
