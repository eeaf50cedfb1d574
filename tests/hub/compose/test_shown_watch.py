"""What partners were shown within the last seconds outlives the hub that showed it."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager
from types import SimpleNamespace

import pytest

from patto_connectors.ports import World
from patto_hub.compose.shown_watch import watch_shown
from patto_hub.ledger import audit
from patto_hub.web.shown import Shown, What
from patto_hub.web.shown_file import PATTERN

PACTS = What("cpi", "pacts", "changes")
PAGES = [SimpleNamespace(items=2, first=1, last=2), SimpleNamespace(items=3, first=7, last=9)]
BOTH = {"part": "changes", "pages": 2, "items": 5, "first": 1, "last": 9}


@pytest.fixture
def folder(ledger, tmp_path):
    """The ledger's own folder."""
    assert tmp_path in (tmp_path / str(ledger.engine.url.database)).parents
    return (tmp_path / str(ledger.engine.url.database)).parent


@pytest.fixture
def noted(ledger):
    """Give what the audit says of readings, and when."""
    return lambda: [(each.at, json.loads(each.detail)) for each in ledger.read_now(lambda c: list(audit.entries(c)))]


@asynccontextmanager
async def watched(ledger, shown):
    """Let the watch work for the length of the block, from the moment that it has looked at what was left."""
    ready = asyncio.Event()

    async def sleep(_seconds):
        ready.set()
        await asyncio.Event().wait()

    watching = asyncio.create_task(watch_shown(ledger, World(sleep=sleep), shown))
    await ready.wait()
    yield
    watching.cancel()
    await asyncio.gather(watching, return_exceptions=True)


async def served(ledger, shown, *, killed=False):
    """Show two pages, then stop; `killed` as kill -9 does it, which writes nothing more."""
    async with watched(ledger, shown):
        for at, page in enumerate(PAGES, 1_000):
            shown.add(PACTS, page, at)
        if killed:
            shown.file.close(keep=True)
            shown.file, shown.gathered = SimpleNamespace(close=lambda **_: None), {}


async def test_what_a_killed_hub_had_shown_is_in_the_audit_once_the_next_one_runs(ledger, folder, noted):
    await served(ledger, Shown(), killed=True)
    before, left = noted(), [*folder.glob(PATTERN)]

    async with watched(ledger, Shown()):
        after = noted()

    assert (before, len(left)) == ([], 1)
    assert after == noted() == [(1_001, BOTH)]
    assert [*folder.glob(PATTERN)] == []


async def test_a_stop_leaves_no_file(ledger, folder, noted):
    await served(ledger, Shown())

    assert [detail for _, detail in noted()] == [BOTH]
    assert [*folder.glob(PATTERN)] == []


async def test_the_file_of_a_hub_that_runs_is_left_alone(ledger, folder, noted):
    running = Shown()
    async with watched(ledger, running):
        running.add(PACTS, PAGES[0], 1_000)
        await served(ledger, Shown())
        held = [*folder.glob(PATTERN)]

    assert len(held) == 1
    assert [detail["pages"] for _, detail in noted()] == [2, 1], "each told of its own"


async def test_half_a_line_takes_nothing_else_away(ledger, folder, noted):
    await served(ledger, Shown(), killed=True)
    (file,) = folder.glob(PATTERN)
    file.write_bytes(file.read_bytes()[:-5])

    await served(ledger, Shown())

    assert [(each["pages"], each["items"]) for _, each in noted()] == [(1, 2), (2, 5)]


async def test_the_file_holds_only_what_is_not_in_the_audit(ledger, folder):
    shown = Shown()
    async with watched(ledger, shown):
        shown.add(PACTS, PAGES[0], 1_000)
        taken = shown.take()
        shown.add(PACTS, PAGES[1], 1_001)
        (file,) = folder.glob(PATTERN)
        both = file.read_text("utf-8")
        shown.noted(taken, 1_002)
        one = file.read_text("utf-8")

    assert both.splitlines() == [
        '[1000, ["cpi", "pacts", "changes", ""], [1, 2, 1, 2]]',
        '[1001, ["cpi", "pacts", "changes", ""], [1, 3, 7, 9]]',
    ]
    assert one.splitlines() == ['[1002, ["cpi", "pacts", "changes", ""], [1, 3, 7, 9]]']
