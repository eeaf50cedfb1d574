"""One stream of a tap as a source: pages, STATE, and every way in which a tap misbehaves."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from patto_connectors.errors import Malformed, Refused, Unreachable
from patto_connectors.singer.settings import ReadyMade, TapLimits

SECRET = "c4n4ry-t0ken-0815"


def ids(pages):
    return [json.loads(row)["pact_id"] for page in pages for row in page.rows]


def numbers(first, last):
    return [f"P-{number}" for number in range(first, last + 1)]


async def test_records_come_in_pages_as_the_bytes_that_the_tap_wrote(tap):
    pages, trouble = await tap.read({"rows": 250}, page=100)

    assert trouble is None
    assert [len(page.rows) for page in pages] == [100, 100, 50]
    assert pages[0].rows[:2] == [b'{"pact_id": "P-1"}', b'{"pact_id": "P-2"}']
    assert pages[0].content.split(b"\n") == pages[0].rows
    assert pages[2].position(49) == "riga 50"


async def test_a_page_carries_the_last_state_that_came_before_it_was_closed(tap):
    pages, _ = await tap.read({"rows": 250, "state_every": 60}, page=100)

    assert [json.loads(page.cursor["state"]) for page in pages] == [{"at": 60}, {"at": 180}, {"at": 240}]


async def test_a_state_after_the_last_record_moves_the_cursor_too(tap):
    pages, _ = await tap.read({"rows": 100, "state_every": 100}, page=100)

    assert [(len(page.rows), page.cursor) for page in pages] == [(100, None), (0, {"state": '{"at": 100}'})]


async def test_without_a_state_everything_is_read_and_no_cursor_is_given(tap):
    pages, trouble = await tap.read({"rows": 5})

    assert trouble is None
    assert [page.cursor for page in pages] == [None]


async def test_reading_goes_on_from_every_state(tap):
    first, _ = await tap.read({"rows": 250, "state_every": 30}, page=100)

    for page in first:
        again, _ = await tap.read({"rows": 250, "state_every": 30}, after=page.cursor)
        at = json.loads(page.cursor["state"])["at"]
        assert tap.seen["state"] == {"at": at}
        assert ids(again) == numbers(at + 1, 250)


async def test_a_state_comes_back_as_it_was_written(tap):
    state = '{"at":0, "mark": 1.00000000000000000001}'

    pages, _ = await tap.read({"then": [["raw", f'{{"type":"STATE","value":{state}}}\n']]})

    assert pages[-1].cursor == {"state": state}


async def test_the_first_state_of_the_settings_is_given_until_there_is_another(tap):
    pages, _ = await tap.read({"rows": 30}, start_state={"at": 20})

    assert ids(pages) == numbers(21, 30)


async def test_only_the_wanted_stream_and_fields_are_selected(tap):
    await tap.read({"rows": 1}, fields=("pact_id",), replication_key="modified_at")

    pacts, people = tap.seen["catalog"]["streams"]
    marks = {tuple(each["breadcrumb"]): each["metadata"] for each in pacts["metadata"]}
    assert marks[()] == {"selected": True, "replication-method": "INCREMENTAL", "replication-key": "modified_at"}
    assert marks["properties", "pact_id"]["selected"] is True
    assert marks["properties", "note"]["selected"] is False
    assert [each["metadata"]["selected"] for each in people["metadata"]] == [False]


async def test_a_tap_that_knows_no_choice_is_not_asked_for_one(tap):
    pages, trouble = await tap.read({"rows": 1, "discovering": [["exit", 1]]}, select="none")

    assert trouble is None
    assert tap.seen["catalog"] is None
    assert ids(pages) == ["P-1"]


async def test_a_snapshot_says_so_on_its_last_page_and_starts_over(tap):
    pages, _ = await tap.read({"rows": 150, "state_every": 50}, after={"state": '{"at": 100}'}, page=100, snapshot=True)

    assert [(len(page.rows), page.cursor, page.complete) for page in pages] == [(100, None, False), (50, None, True)]
    assert tap.seen["state"] is None


async def test_a_snapshot_that_breaks_off_is_not_complete(tap):
    pages, trouble = await tap.read({"rows": 150, "then": [["exit", 3]]}, snapshot=True)

    assert trouble.code == "tap.failed"
    assert [page.complete for page in pages] == [False]


async def test_an_empty_snapshot_is_told(tap):
    pages, _ = await tap.read({"rows": 0}, snapshot=True)

    assert [(len(page.rows), page.complete) for page in pages] == [(0, True)]


async def test_records_do_not_wait_for_a_page_to_be_full(tap, gone):
    source = tap.source({"rows": 5, "then": [["hang"]]}, page_seconds=0.2).read(None)

    page = await anext(source)
    await source.aclose()

    assert len(page.rows) == 5
    assert await gone(tap.seen["pid"]) == []


async def test_a_state_without_records_waits_and_is_told_at_the_end(tap):
    pages, trouble = await tap.read({"then": [["raw", '{"type":"state","value":{"at":7}}\n' * 3]]})

    assert trouble is None
    assert [(page.rows, page.cursor) for page in pages] == [([], {"state": '{"at":7}'})]


async def test_records_of_other_streams_and_unknown_messages_are_no_concern_of_ours(tap):
    others = (
        '{"type":"RECORD","stream":"people","record":{"person_id":"1"}}\n'
        '{"type":"ACTIVATE_VERSION","stream":"pacts","version":1}\n{"type":"WEATHER","sun":true}\n\n'
    )

    pages, trouble = await tap.read({"first": [["raw", others]], "rows": 2})

    assert trouble is None
    assert ids(pages) == numbers(1, 2)
    assert pages[0].troubles == []


@pytest.mark.parametrize(
    ("then", "kind", "code"),
    [
        (["exit", 3], Unreachable, "tap.failed"),
        (["raise", SECRET], Unreachable, "tap.failed"),
        (["signal", 9], Unreachable, "tap.killed"),
        (["signal", 11], Unreachable, "tap.killed"),
    ],
    ids=str,
)
async def test_F60_F61_a_tap_that_fails_after_good_records_keeps_them_and_is_never_a_success(tap, then, kind, code):
    pages, trouble = await tap.read({"rows": 100, "state_every": 40, "then": [then]})

    assert isinstance(trouble, kind)
    assert trouble.code == code
    assert ids(pages) == numbers(1, 100)
    assert json.loads(pages[-1].cursor["state"]) == {"at": 80}


async def test_F65_a_tap_that_needs_too_much_memory_is_told_so(tap):
    limits = TapLimits(memory=200 * 2**20)

    pages, trouble = await tap.read({"rows": 5, "then": [["memory", 2**30]]}, limits=limits)

    assert isinstance(trouble, Refused)
    assert trouble.code == "tap.memory"
    assert ids(pages) == numbers(1, 5)


async def test_an_error_is_told_by_its_class_and_never_by_its_words(tap):
    _, trouble = await tap.read({"then": [["raise", SECRET]]})

    assert "(ConnectionError)" in trouble.detail
    assert SECRET not in trouble.detail + trouble.hint


async def test_what_a_failed_tap_said_is_kept_where_the_settings_ask_for_it(tap, tmp_path):
    path = tmp_path / "said.txt"

    await tap.read({"then": [["complain", 5_000], ["raise", "word"]]}, stderr=path)

    assert path.stat().st_mode & 0o777 == 0o600
    assert path.stat().st_size == 65_536
    assert path.read_text().endswith("ConnectionError: https://partner.example/?key=word\n")


async def test_a_tap_that_complains_without_end_is_read_all_the_same(tap):
    pages, trouble = await tap.read({"first": [["complain", 40_000]], "rows": 3})

    assert trouble is None
    assert ids(pages) == numbers(1, 3)


@pytest.mark.parametrize("then", [["hang"], ["close"]], ids=str)
async def test_F62_a_tap_that_hangs_is_ended_and_what_it_said_is_kept(tap, gone, then):
    pages, trouble = await tap.read({"rows": 3, "then": [then]}, limits=TapLimits(silence=0.5))

    assert isinstance(trouble, Unreachable)
    assert trouble.code == "tap.silent"
    assert ids(pages) == numbers(1, 3)
    assert await gone(tap.seen["pid"]) == []


@pytest.mark.parametrize("then", [["hang"], ["no_stop"]], ids=str)
async def test_F62_a_tap_is_ended_at_its_deadline(tap, gone, then):
    _, trouble = await tap.read({"rows": 3, "then": [then]}, limits=TapLimits(run=0.5))

    assert isinstance(trouble, Unreachable)
    assert trouble.code == "tap.deadline"
    assert await gone(tap.seen["pid"]) == []


@pytest.mark.parametrize(
    ("discovering", "kind", "code"),
    [
        (["hang"], Unreachable, "tap.deadline"),
        (["no_stop"], Malformed, "tap.catalog"),
        (["raw", "Hello!"], Malformed, "tap.catalog"),
        (["exit", 1], Unreachable, "tap.failed"),
        (["exit", 2], Refused, "tap.usage"),
    ],
    ids=str,
)
async def test_a_tap_that_cannot_tell_its_streams_says_why(tap, discovering, kind, code):
    limits = TapLimits(discover=1.0, catalog=1_000_000)

    _, trouble = await tap.read({"discovering": [discovering]}, limits=limits)

    assert isinstance(trouble, kind)
    assert trouble.code == code


async def test_a_stream_that_the_tap_does_not_have_is_told_with_those_that_it_has(tap):
    _, trouble = await tap.read(stream="patti")

    assert isinstance(trouble, Refused)
    assert trouble.detail == "the tap has no stream patti; it has: pacts, people"


async def test_a_tap_that_is_not_there_is_told(tap):
    _, trouble = await tap.read(executable="b-tap")

    assert isinstance(trouble, Refused)
    assert trouble.code == "tap.missing"


async def test_a_program_that_cannot_be_started_is_told(tap):
    (tap.folder / "bin/a-tap").write_text("#!/no/such/python\n")

    _, trouble = await tap.read()

    assert trouble.code == "tap.missing"


async def test_a_ready_made_environment_may_be_named_relative_to_where_the_hub_is(tap, monkeypatch):
    monkeypatch.chdir(tap.folder.parent)

    _, trouble = await tap.read({"rows": 1}, tap=ReadyMade(folder=Path(tap.folder.name)))

    assert trouble is None
