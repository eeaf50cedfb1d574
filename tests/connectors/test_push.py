"""What is handed in becomes the rows that a file with the same bytes would give."""

from __future__ import annotations

import json

import pytest

from patto_connectors.contract import Pushed
from patto_connectors.errors import Malformed
from patto_connectors.files import Reading, write_rows
from patto_connectors.push import FORMS, RowDoor
from patto_schemas.model import Pact
from patto_schemas.published.xml_codec import write_list

SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
ROWS = [{"chiave": "1", "nome": "à"}, {"chiave": "2", "nome": "b"}]


def body(content, media_type="application/json"):
    return Pushed(number=1, name="r", content=content, media_type=media_type)


def fields(pages):
    return [row if isinstance(row, dict) else json.loads(row) for page in pages for row in page.rows]


@pytest.mark.parametrize(
    ("form", "media_type"),
    [("ndjson", "application/x-ndjson"), ("csv", "text/csv"), ("xlsx", SHEET)],
)
def test_each_format_gives_the_same_rows(form, media_type):
    door = RowDoor(media_types=tuple(FORMS), kind="pact").door()

    assert fields(door.rows(body(write_rows(form, ROWS).content, media_type))) == ROWS


def test_json_may_be_a_list_or_hold_one():
    listed = RowDoor().rows(body(json.dumps(ROWS).encode()))
    held = RowDoor(reading=Reading(items="righe")).rows(body(json.dumps({"righe": ROWS}).encode()))

    assert fields(listed) == fields(held) == ROWS


@pytest.mark.parametrize("content", [b"{", b"3", b'{"righe": []}', b"\xff\xfe"])
def test_what_is_no_list_of_rows_is_malformed(content):
    with pytest.raises(Malformed):
        list(RowDoor().rows(body(content)))


def test_a_line_that_is_no_row_is_set_aside_alone():
    (page,) = RowDoor().rows(body(b'{"a": 1}\nrubbish\n{"a": 2}\n', "application/x-ndjson"))

    assert (len(page.rows), page.troubles) == (2, [("riga 2", "json.row", b"rubbish")])


def test_a_media_type_that_nobody_can_read_is_no_door():
    with pytest.raises(ValueError, match="text/html"):
        RowDoor(media_types=("text/html",))


PACT = Pact.model_validate(
    {"pact_id": "P-1", "person_id": "RSSMRA85T10A562S", "ambito": "FG/1", "scheme": "ReD_3", "status": "active"}
)


def xml(*entities, kind="pact"):
    return b"".join(write_list(kind, entities))


@pytest.mark.parametrize("media_type", ["application/xml", "text/xml"])
def test_a_list_of_our_published_xsd_gives_canonical_rows(media_type):
    door = RowDoor(media_types=(media_type,), kind="pact")

    pages = list(door.rows(body(xml(PACT, PACT), media_type)))

    rows = [row for page in pages for row in page.rows]
    assert [Pact.model_validate_json(row) for row in rows] == [PACT, PACT]
    assert pages[0].positions == ["riga 3, /pact_list/pact[1]", "riga 4, /pact_list/pact[2]"]
    assert b"".join(page.content for page in pages) == xml(PACT, PACT)


def test_an_element_that_breaks_the_schema_is_set_aside_alone_with_its_place():
    content = xml(PACT, PACT).replace(b"<status>active</status>", b"<status><b/></status>", 1)

    (page,) = RowDoor(media_types=("text/xml",), kind="pact").rows(body(content, "text/xml"))

    [(position, code, kept)] = page.troubles
    assert (len(page.rows), position, code) == (1, "riga 3, /pact_list/pact[1]", "xml.xsd")
    assert b"<b/>" in kept


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (xml(PACT).replace(b"?>\n<", b'?>\n<!DOCTYPE x [<!ENTITY e "e">]>\n<', 1), "xml.doctype"),
        (xml(PACT)[:-5], "xml.syntax"),
        (xml(PACT, kind="pact").replace(b"pact_list", b"person_list"), "page.malformed"),
        (b"<html><body>Accesso</body></html>", "page.malformed"),
        (b"[]", "file.format"),
    ],
)
def test_F31_what_is_no_such_list_is_malformed(content, code):
    with pytest.raises(Malformed) as caught:
        list(RowDoor(media_types=("text/xml",), kind="pact").rows(body(content, "text/xml")))

    assert caught.value.code == code


def test_pages_of_a_long_list_are_cut():
    door = RowDoor(media_types=("text/xml",), kind="pact", reading=Reading(page_rows=100))

    sizes = [len(page.rows) for page in door.rows(body(xml(*[PACT] * 1_000), "text/xml"))]

    assert (sum(sizes), len(sizes) > 1) == (1_000, True)


def test_a_door_for_xml_says_of_which_kind():
    with pytest.raises(ValueError, match="kind"):
        RowDoor(media_types=("text/xml",))
