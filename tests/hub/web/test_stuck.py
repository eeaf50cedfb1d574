from __future__ import annotations

import asyncio

import pytest
from aiohttp import web
from structlog.testing import capture_logs

from patto_hub.web.stuck import LEAST, PATIENCE_S, StuckReaders, sweep

PAGE = b"x" * (32 << 20)
"""More than a line and both its ends hold."""


@pytest.fixture
async def served():
    """Give a server of one large page and its port."""

    async def page(_request):
        return web.Response(body=PAGE)

    app = web.Application()
    app.router.add_get("/", page)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield runner.server, runner.addresses[0][1]
    await runner.cleanup()


async def asking(port):
    """Ask for the page and take its first bytes only."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1024)
    writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    assert await reader.readexactly(15) == b"HTTP/1.1 200 OK"
    return reader, writer


async def test_a_reader_that_takes_nothing_is_cut_off_and_told_of_by_its_address_only(served):
    server, port = served
    reader, writer = await asking(port)
    stuck = StuckReaders()

    with capture_logs() as lines:
        sweep(server, stuck, 0.0)
        sweep(server, stuck, PATIENCE_S - 1)
        held = len(server.connections)
        sweep(server, stuck, PATIENCE_S)
        with pytest.raises((asyncio.IncompleteReadError, ConnectionResetError)):
            await reader.readexactly(len(PAGE))
    writer.close()

    assert held == 1
    assert [(line["event"], line["peer"]) for line in lines] == [("http.reader_stuck", "127.0.0.1")]


async def test_a_reader_that_has_nothing_to_take_is_left_alone(served):
    server, port = served
    _, writer = await asyncio.open_connection("127.0.0.1", port)
    stuck = StuckReaders()

    for now in (0.0, PATIENCE_S, 10 * PATIENCE_S):
        sweep(server, stuck, now)

    assert not stuck.marks
    writer.close()


def test_a_reader_that_takes_a_little_all_the_time_goes_on():
    stuck, line = StuckReaders(), object()

    for minute in range(10):
        assert stuck.among({line: 10 * LEAST - minute * LEAST}, minute * PATIENCE_S) == []


def test_a_reader_that_takes_less_than_that_is_stuck():
    stuck, line = StuckReaders(), object()

    assert stuck.among({line: 10 * LEAST}, 0.0) == []
    assert stuck.among({line: 9 * LEAST + 1}, PATIENCE_S) == [line]


def test_the_next_answer_on_a_line_is_waited_for_anew():
    stuck, line = StuckReaders(), object()
    stuck.among({line: LEAST}, 0.0)

    assert stuck.among({line: 5 * LEAST}, PATIENCE_S) == []
