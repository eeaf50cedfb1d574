import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

from patto_connectors.webhook import Hint, full, plain, thin

AT = datetime(2026, 3, 2, 10, 0, 0, 123_456, tzinfo=timezone(timedelta(hours=1)))
HINT = Hint(
    feed="pacts",
    items=12,
    after="eyJhIjoxfQ",
    until="eyJhIjoxM30",
    pull="https://hub.regione.example/api/v1/feeds/pacts",
    token="pull-token",
)


def test_a_thin_message_holds_exactly_what_is_agreed():
    assert json.loads(plain(thin("changes-pacts-1-12", AT, HINT)).body) == {
        "type": "patto.changes.available",
        "timestamp": "2026-03-02T09:00:00.123Z",
        "data": {
            "feed": "pacts",
            "items": 12,
            "from": "eyJhIjoxfQ",
            "to": "eyJhIjoxM30",
            "pull": "https://hub.regione.example/api/v1/feeds/pacts",
            "pull_token": "pull-token",
        },
    }


def test_a_thin_message_without_token_or_record_has_no_such_member():
    data = json.loads(thin("changes-pacts-1-12", AT, replace(HINT, token="")).data)

    assert set(data) == {"feed", "items", "from", "to", "pull"}


def test_a_thin_message_about_one_record_names_it_by_its_public_id():
    assert json.loads(thin("changes-pacts-1-12", AT, replace(HINT, record="pact-41")).data)["record"] == "pact-41"


def test_a_full_message_holds_the_page_byte_for_byte():
    page = b'{"items": [{"id":"pact-1","amount":"1.10"}],\n "next":null}'
    body = plain(full("changes-pacts-1-1", AT, "pacts", page)).body

    assert page in body
    assert json.loads(body) == {
        "type": "patto.changes",
        "timestamp": "2026-03-02T09:00:00.123Z",
        "data": json.loads(page),
    }


def test_a_page_that_is_not_json_travels_as_it_is():
    message = plain(full("changes-pacts-1-1", AT, "pacts", b"<patti/>", "application/xml"))

    assert (message.body, message.media_type) == (b"<patti/>", "application/xml")


def test_the_same_said_again_has_the_same_id_and_body():
    again = AT.astimezone(UTC)

    assert plain(thin("changes-pacts-1-12", AT, HINT)) == plain(thin("changes-pacts-1-12", again, HINT))


def test_neither_body_nor_token_is_shown():
    event = thin("changes-pacts-1-12", AT, HINT)

    assert "pull-token" not in repr((HINT, event, plain(event)))
