"""What is handed in becomes the rows that a file with the same bytes would give."""

from __future__ import annotations

import json

import pytest

from patto_connectors.contract import Pushed
from patto_connectors.errors import Malformed
from patto_connectors.files import Reading, write_rows
from patto_connectors.push import FORMS, RowDoor

ROWS = [{"chiave": "1", "nome": "à"}, {"chiave": "2", "nome": "b"}]


def body(content, media_type="application/json"):
    return Pushed(number=1, name="r", content=content, media_type=media_type)


def fields(pages):
    return [row if isinstance(row, dict) else json.loads(row) for page in pages for row in page.rows]


@pytest.mark.parametrize(
    ("form", "media_type"),
    [("ndjson", "application/x-ndjson"), ("csv", "text/csv"), ("xlsx", list(FORMS)[3])],
)
def test_each_format_gives_the_same_rows(form, media_type):
    door = RowDoor(media_types=tuple(FORMS)).door()

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
