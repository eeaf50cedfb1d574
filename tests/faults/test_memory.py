"""F18: whatever the partner sends, and however much, a hub with little memory reads it in little memory."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import threading
from contextlib import contextmanager
from pathlib import Path

import pytest
from aiohttp import web

from patto_hub.ledger import upgrade

pytestmark = pytest.mark.skipif(not Path("/proc").is_dir(), reason="reads the peak from /proc")
PROCESS = Path(__file__).with_name("rationed_process.py")
MIB = 1024 * 1024
ADDRESS_SPACE = 1024 * MIB
"""What the process may map; threads' stacks and libraries count too."""
MOST_MIB = 160
"""What a run may add to the memory that a hub holds anyway."""
LARGEST_PAGES_MIB = 560
"""What pages as large as a page may be (64 MiB) add at most: some eight of them are in hand in one form or another."""
VALUES = (1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23)
"""What the letters of a tax code count in odd places; digits count as the first ten."""
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def tax_code(number):
    """Give one of a million valid codes: nobody has a million pacts."""
    first = "".join(LETTERS[number // 26**place % 26] for place in range(5)) + "A85T10A562"
    counts = [int(each) if each.isdigit() else LETTERS.index(each) for each in first]
    total = sum(VALUES[each] if place % 2 == 0 else each for place, each in enumerate(counts))
    return first + LETTERS[total % 26]


def row(number, padding):
    rest = {"ambito": "FG/1", "scheme": "ReD_3", "status": "active", "person_id": tax_code(number)}
    return json.dumps({"pact_id": f"P-{number}", **rest, "note_of_theirs": "x" * padding})


class Listing:
    """A partner whose listing is made while it is read, `page` rows at a time; an endless one is one row."""

    def __init__(self, records, padding=0, *, page=1_000, endless=False):
        self.records, self.padding, self.page, self.endless = records, padding, page, endless
        self.sent = 0

    async def answer(self, request):
        answer = web.StreamResponse(headers={"Content-Type": "application/json"})
        await answer.prepare(request)
        if self.endless:
            await self.say_one_row_without_an_end(answer)
        else:
            await self.say_page(answer, int(request.query.get("cursor") or 0))
        return answer

    async def say_page(self, answer, first):
        end = min(first + self.page, self.records)
        rows = ",".join(row(number, self.padding) for number in range(first, end))
        following = json.dumps(None if end == self.records else str(end))
        body = f'{{"items":[{rows}],"next_cursor":{following}}}'.encode()
        self.sent += len(body)
        await answer.write(body)

    async def say_one_row_without_an_end(self, answer):
        await answer.write(b'{"items":[{"pact_id":"')
        while True:
            await answer.write(b"x" * MIB)
            self.sent += MIB


@contextmanager
def served(listing):
    """Serve a listing from a thread on loopback; gives its address."""
    loop, ready, found = asyncio.new_event_loop(), threading.Event(), {}

    async def serve():
        app = web.Application()
        app.router.add_get("/pacts", listing.answer)
        made = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await made.setup()
        await web.TCPSite(made, "127.0.0.1", 0).start()
        found["address"], found["stop"] = f"http://127.0.0.1:{made.addresses[0][1]}", asyncio.Event()
        ready.set()
        await found["stop"].wait()
        await made.cleanup()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    assert ready.wait(10)
    try:
        yield found["address"]
    finally:
        loop.call_soon_threadsafe(found["stop"].set)
        thread.join()
        loop.close()


@pytest.fixture
def read(tmp_path):
    """Let a hub with little memory read a listing, and give what it tells."""
    path = tmp_path / "ledger.db"
    upgrade.upgrade(path)

    def done(listing):
        with served(listing) as address:
            command = [sys.executable, str(PROCESS), str(path), address, str(ADDRESS_SPACE)]
            ended = subprocess.run(command, check=False, capture_output=True, text=True)
        assert ended.returncode == 0, ended.stderr[-2000:]
        return json.loads(ended.stdout)

    return done


def test_F18_a_listing_of_many_times_the_memory_is_read_in_little(read):
    listing = Listing(7_500, padding=40_000, page=250)

    told = read(listing)

    assert (told["state"], told["read"], told["kept"]) == ("done", 7_500, 7_500)
    assert listing.sent > 280 * MIB
    assert told["peak"] - told["before"] < MOST_MIB, told


def test_F18_one_row_without_an_end_is_given_up_before_it_fills_the_memory(read):
    listing = Listing(1, endless=True)

    told = read(listing)

    assert (told["state"], told["kept"]) == ("failed", 0)
    assert told["code"] is not None
    assert told["peak"] - told["before"] < MOST_MIB, told


@pytest.mark.slow
def test_F18_pages_as_large_as_a_page_may_be_stay_within_a_few_of_them(read):
    listing = Listing(3_000, padding=110_000, page=500)

    told = read(listing)

    assert (told["state"], told["kept"]) == ("done", 3_000)
    assert listing.sent / 6 > 50 * MIB
    assert told["peak"] - told["before"] < LARGEST_PAGES_MIB, told


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_F18_a_million_records_are_read_in_little_memory(read):
    listing = Listing(1_000_000)

    told = read(listing)

    assert (told["state"], told["read"], told["kept"]) == ("done", 1_000_000, 1_000_000)
    assert told["peak"] < 512, told
    assert told["peak"] - told["before"] < MOST_MIB, told
