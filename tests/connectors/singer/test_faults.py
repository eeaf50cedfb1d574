"""Faults of what a tap says: a line costs itself, and what breaks off is never a success."""

from __future__ import annotations

import json

import pytest

from patto_connectors.errors import Trouble
from patto_connectors.json import parse_strict

CUT = '{"type":"RECORD","stream":"pacts","record":{"pact_id":"P-9"}}'


def rows(pages):
    return [json.loads(row) for page in pages for row in page.rows]


def said(text):
    """Write a text so that the tap says its UTF-8 bytes."""
    return ["raw", text.encode().decode("latin-1")]


@pytest.mark.parametrize("at", range(1, len(CUT), 12))
async def test_F23_a_record_that_breaks_off_is_no_record_and_the_run_no_success(tap, at):
    pages, trouble = await tap.read({"rows": 3, "then": [["raw", CUT[:at]], ["exit", 1]]})

    assert isinstance(trouble, Trouble)
    assert [row["pact_id"] for row in rows(pages)] == ["P-1", "P-2", "P-3"]


async def test_F24_a_web_page_among_the_messages_is_set_aside_line_by_line(tap):
    page = ["raw", "<!DOCTYPE html>\n<html><body>Manutenzione</body></html>\n"]

    pages, trouble = await tap.read({"rows": 2, "first": [page]})

    assert trouble is None
    assert [code for page in pages for _, code, _ in page.troubles] == ["tap.line"] * 2
    assert len(rows(pages)) == 2


async def test_F25_a_record_in_another_character_set_is_handed_on_as_it_came_and_nobody_can_take_it(tap):
    record = '{"pact_id":"perch\xe9"}'

    pages, trouble = await tap.read(
        {"rows": 1, "first": [["raw", f'{{"type":"RECORD","stream":"pacts","record":{record}}}\n']]}
    )

    first, second = (row for page in pages for row in page.rows)
    assert (trouble, first) == (None, record.encode("latin-1"))
    assert parse_strict(second)["pact_id"] == "P-1"
    with pytest.raises(ValueError, match=r"UTF-8|unicode"):
        parse_strict(first)  # what the road does with each row: it is quarantined alone


@pytest.mark.shared
async def test_F38_odd_texts_come_through_exactly(tap, shared):
    texts = json.loads((shared / "bad_input/naughty_strings/blns.json").read_bytes())
    lines = "".join(
        json.dumps({"type": "RECORD", "stream": "pacts", "record": {"note": text}}, ensure_ascii=False) + "\n"
        for text in texts
    )

    pages, trouble = await tap.read({"first": [said(lines)]})

    assert trouble is None
    assert [row["note"] for row in rows(pages)] == texts


async def test_F49_where_to_go_on_is_the_taps_own_word_whatever_any_clock_says(tap):
    pages, _ = await tap.read({"rows": 4, "state_every": 2, "then": [said('{"type":"STATE","value":{"at":2}}\n')]})

    again, _ = await tap.read({"rows": 4}, after=pages[-1].cursor)

    assert tap.seen["state"] == {"at": 2}
    assert [row["pact_id"] for row in rows(again)] == ["P-3", "P-4"]
