"""What a tap says: cut right wherever the pipe cuts it, and every way in which it may be wrong."""

from __future__ import annotations

import asyncio
import json
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patto_connectors.errors import Malformed, Refused
from patto_connectors.singer.messages import Lines
from patto_connectors.singer.settings import TapLimits


def ids(pages):
    return [json.loads(row)["pact_id"] for page in pages for row in page.rows]


def numbers(first, last):
    return [f"P-{number}" for number in range(first, last + 1)]


@given(st.binary(max_size=200).map(lambda each: each.replace(b"x", b"\n")), st.lists(st.integers(1, 30), max_size=40))
def test_lines_are_the_same_in_whatever_pieces_they_come(content, sizes):
    lines, found, at = Lines(1_000), [], 0
    for size in [*sizes, 1_000]:
        lines.feed(content[at : at + size])
        at += size
        while (line := lines.next()) is not None:
            found.append(line)

    assert b"\n".join([*found, lines.rest()]) == content
    assert lines.count == content.count(b"\n")


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("Warning: something is deprecated", "tap.line"),
        ('{"type":"RECORD","stream":"pacts","record":{"pact_id":"P-', "tap.line"),
        ('{"type":"RECORD","stream":"pacts","record":{"amount":NaN}}', "tap.line"),
        ('{"stream":"pacts","record":{}}', "tap.line"),
        ('{"type":"RECORD","stream":"pacts","record":[1]}', "json.row"),
        ('{"type":"RECORD","stream":"pacts"}', "json.row"),
        ('{"type":"STATE","value":"\xff"}', "tap.line"),
        ("[" * 100_000, "tap.line"),
    ],
    ids=str,
)
async def test_F66_a_line_that_is_no_message_is_set_aside_whole_and_its_neighbours_go_on(tap, line, code):
    pages, trouble = await tap.read({"rows": 2, "first": [["raw", f"{line}\n"]]})

    assert trouble is None
    assert pages[0].troubles == [("riga 1", code, line.encode("latin-1"))]
    assert ids(pages) == numbers(1, 2)


async def test_F66_a_tap_that_says_nothing_but_garbage_is_not_believed(tap):
    limits = TapLimits(garbage=10)

    pages, trouble = await tap.read({"rows": 3, "then": [["raw", "<html>\n" * 20]]}, limits=limits)

    assert isinstance(trouble, Malformed)
    assert (trouble.code, trouble.position) == ("tap.garbage", "riga 15")
    assert ids(pages) == numbers(1, 3)


async def test_F66_a_giant_line_ends_the_reading_before_it(tap):
    pages, trouble = await tap.read(
        {"rows": 3, "state_every": 2, "then": [["line", 3_000_000]]}, limits=TapLimits(line=2_000_000)
    )

    assert isinstance(trouble, Malformed)
    assert (trouble.code, trouble.position) == ("tap.line_size", "riga 6")
    assert len(trouble.content) == 4_096
    assert ids(pages) == numbers(1, 3)
    assert json.loads(pages[-1].cursor["state"]) == {"at": 2}


async def test_a_line_longer_than_the_pipe_is_taken(tap):
    pages, trouble = await tap.read({"then": [["line", 3_000_000]]})

    assert trouble is None
    assert len(pages[0].rows[0]) > 3_000_000


async def test_F66_a_line_without_an_end_takes_no_memory(tap):
    tracemalloc.start()
    pages, trouble = await tap.read({"then": [["no_end"]]}, limits=TapLimits(line=2_000_000))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert (pages, trouble.code) == ([], "tap.line_size")
    assert peak < 20_000_000


@pytest.mark.parametrize("what", ["no_stop", "states"])
async def test_F66_a_flood_takes_no_memory_and_has_an_end(tap, what):
    limits = TapLimits(lines=100_000)
    tracemalloc.start()
    most, trouble = 0, None
    try:
        async for page in tap.source({"then": [[what]]}, limits=limits).read(None):
            most = max(most, len(page.rows))
    except Malformed as error:
        trouble = error
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert trouble.code == "tap.endless"
    assert most <= 1_000
    assert peak < 20_000_000


async def test_F66_a_tap_is_held_back_while_nobody_asks_for_the_next_page(tap):
    source = tap.source({"then": [["no_stop"]]}).read(None)
    await anext(source)
    written = [written_by(tap.seen["pid"])]
    while len(written) < 3 or written[-1] != written[-3]:
        await asyncio.sleep(0.1)  # until it is stopped by its full pipe
        written.append(written_by(tap.seen["pid"]))
    await source.aclose()

    assert written[-1] < 2_000_000


def written_by(pid):
    (line,) = [each for each in Path(f"/proc/{pid}/io").read_text().splitlines() if each.startswith("wchar")]
    return int(line.split()[1])


async def test_a_tap_that_sends_files_is_refused(tap):
    _, trouble = await tap.read({"rows": 1, "then": [["raw", '{"type":"BATCH","stream":"pacts","manifest":[]}\n']]})

    assert isinstance(trouble, Refused)
    assert trouble.code == "tap.batch"


async def test_a_state_that_is_too_large_is_not_kept(tap):
    state = '{"type":"STATE","value":"' + "x" * 2_000 + '"}\n'

    pages, trouble = await tap.read({"rows": 1, "then": [["raw", state]]}, limits=TapLimits(state=1_000))

    assert trouble.code == "tap.state"
    assert [(len(page.rows), page.cursor) for page in pages] == [(1, None)]


async def test_a_last_line_without_its_end_is_taken(tap):
    row = '{"type":"RECORD","stream":"pacts","record":{"pact_id":"P-1"}}'

    pages, _ = await tap.read({"then": [["raw", row]]})

    assert ids(pages) == ["P-1"]


async def test_a_line_that_a_dying_tap_cuts_off_is_not_set_aside(tap):
    pages, trouble = await tap.read({"rows": 1, "then": [["raw", '{"type":"RECORD","str'], ["exit", 1]]})

    assert trouble.code == "tap.failed"
    assert [page.troubles for page in pages] == [[]]
