"""Over real sockets: what is no HTTP is refused like everything else, and who does not ask in time is cut off."""

from __future__ import annotations

import asyncio
import io
import json
from datetime import UTC, datetime

import pytest
from aiohttp import web
from structlog.testing import capture_logs

from patto_hub.observe.logs import set_up_logs
from patto_hub.web.app import make_app
from patto_hub.web.edges import API_HEADERS, answer_ahead
from patto_hub.web.measures import MEASURES
from patto_hub.web.site import BASE, WebSettings
from patto_hub.web.stuck import hurry
from patto_hub.web.wire import HEAD_S, LONGEST_LINE, listen

HEAD = b"GET /livez HTTP/1.1\r\nHost: x\r\n"
GOOD = HEAD + b"\r\n"
SECRET = b"canary4711"
POST = (
    b"POST %s/oauth2/token HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n" % BASE.encode()
)
BROKEN = {
    "no method": b"%s\r\n\r\n" % SECRET,
    "version": b"GET /signin/%s HTTP/9.x\r\nHost: x\r\n\r\n" % SECRET,
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc" + SECRET + b"\r\n\r\n",
    "byte in a header": HEAD + b"Authorization: Bearer %s\x00\r\n\r\n" % SECRET,
    "name of a header": HEAD + b"Author ization: Bearer %s\r\n\r\n" % SECRET,
    "two hosts": HEAD + b"Host: %s\r\n\r\n" % SECRET,
    "long header": HEAD + b"Authorization: Bearer %s%s\r\n\r\n" % (SECRET, b"a" * LONGEST_LINE),
    "long line": b"GET /%s%s HTTP/1.1\r\nHost: x\r\n\r\n" % (SECRET, b"a" * LONGEST_LINE),
    "two lengths": POST + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\n" + SECRET,
    "chunks": POST + b"Transfer-Encoding: chunked\r\n\r\nzz%s\r\n" % SECRET,
    "many headers": HEAD + b"".join(b"X-%d: %s\r\n" % (at, SECRET) for at in range(500)) + b"\r\n",
}


@pytest.fixture
def site(make_site, now):
    made = make_site(world=now, settings=WebSettings(secure_cookies=False, https=True))
    yield made
    made.passwords.close()


@pytest.fixture
async def served(site):
    """Give a hub that listens as a service does: its runner, and its port."""
    runner = web.AppRunner(make_app(site), access_log=None)
    await runner.setup()
    answer_ahead(runner)
    listener = await listen(runner, "127.0.0.1", 0)
    yield runner, listener.sockets[0].getsockname()[1]
    listener.close()
    await runner.cleanup()


@pytest.fixture
async def send(served):
    """Send bytes on a line of their own, and give all that comes back."""

    async def sent(*pieces):
        reader, writer = await asyncio.open_connection("127.0.0.1", served[1])
        for piece in pieces:
            writer.write(piece)
        answer = await asyncio.wait_for(reader.read(), 10)
        writer.close()
        return answer

    return sent


@pytest.fixture
async def line(served):
    """Open a line: gives its ends."""
    opened = []

    async def made():
        opened.append(await asyncio.open_connection("127.0.0.1", served[1]))
        return opened[-1]

    yield made
    for _, writer in opened:
        writer.transport.abort()


@pytest.fixture
def later(served, clock, site):
    """Let time pass, and cut off who is late by then; gives how many lines there were before."""

    def passed(seconds):
        clock.move(seconds=seconds)
        held = len(served[0].server.connections)
        hurry(served[0].server, site.world.monotonic())
        return held

    return passed


def parted(answer):
    """Give the status, the headers and the JSON of an answer."""
    head, _, body = answer.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    return int(first.split()[1]), dict(each.split(": ", 1) for each in lines), json.loads(body)


@pytest.mark.parametrize("sent", BROKEN.values(), ids=BROKEN)
async def test_what_is_no_request_is_a_problem_in_both_languages_that_quotes_nothing(send, sent):
    answer = await send(sent)
    status, headers, problem = parted(answer)

    assert (status, problem["code"]) == (400, "request-malformed")
    assert headers["Content-Type"].startswith("application/problem+json")
    assert all(problem[name] for name in ("title", "title_en", "detail", "detail_en", "what_to_do", "what_to_do_en"))
    assert (problem["who_can_fix"], problem["retry"]) == ("partner", False)
    assert SECRET not in answer


async def test_such_an_answer_has_the_headers_of_every_other_and_ends_the_line(send):
    _, headers, problem = parted(await send(BROKEN["name of a header"]))

    assert API_HEADERS.items() <= headers.items()
    assert headers["Strict-Transport-Security"].startswith("max-age=")
    assert problem["instance"] == f"urn:patto:request:{headers['X-Request-ID']}"


@pytest.mark.parametrize("sent", BROKEN.values(), ids=BROKEN)
async def test_what_a_broken_request_carried_is_not_logged(send, quiet, sent):
    stream = io.StringIO()
    set_up_logs("info", "json", stream=stream, now=lambda: datetime(2026, 1, 1, tzinfo=UTC))

    await send(sent)

    lines = [json.loads(each) for each in stream.getvalue().splitlines()]
    assert [each["event"] for each in lines] == ["http.malformed"]
    assert SECRET.decode() not in stream.getvalue()


@pytest.mark.parametrize("path", [b"/livez", b"/rest/patto/v1/status", b"/nowhere"])
async def test_what_the_hub_does_not_know_to_do_before_a_body_is_a_problem_that_quotes_nothing(send, path):
    answer = await send(b"GET %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\nExpect: %s\r\n\r\n" % (path, SECRET))
    status, headers, problem = parted(answer)

    assert (status, problem["code"]) == (400, "request-malformed")
    assert "100-continue" in problem["detail"]
    assert API_HEADERS.items() <= headers.items()
    assert problem["instance"] == f"urn:patto:request:{headers['X-Request-ID']}"
    assert SECRET not in answer


async def test_broken_requests_are_counted(served, send):
    await send(BROKEN["version"])

    requests = served[0].app[MEASURES].requests

    assert requests.labels("(none)", "(none)", "400")._value.get() == 1


@pytest.mark.parametrize("piece", [b"zz\r\n", b"4;\x00\r\n", b"4\r\nname=a=b\r\n"], ids=["size", "end", "longer"])
async def test_F21_a_body_that_is_not_chunked_as_it_says_is_refused_at_once_and_once(served, line, piece):
    reader, writer = await line()
    writer.write(POST + b"Transfer-Encoding: chunked\r\n\r\n")
    await _until(served[0].server, lambda each: each.since is None)

    writer.write(b"4\r\nname\r\n" + piece + SECRET)
    status, headers, problem = parted(await asyncio.wait_for(reader.read(), 10))

    assert (status, problem["code"]) == (400, "content-broken-off")
    assert headers["Content-Type"].startswith("application/problem+json")
    assert SECRET.decode() not in json.dumps(problem)


@pytest.mark.parametrize(
    ("before", "sent"),
    [(b"", b""), (b"", b"G"), (b"", HEAD), (GOOD, b"G"), (GOOD, HEAD)],
    ids=["nothing", "a byte", "half", "a byte after another", "half after another"],
)
async def test_F22_a_line_on_which_no_request_ends_is_cut_off(served, line, later, before, sent):
    reader, writer = await line()
    if before:
        writer.write(before)
        await _answer(reader)
    writer.write(sent)
    await _until(served[0].server, lambda each: each.spoke == bool(sent))

    later(HEAD_S - 1)
    held = later(1)
    rest = await asyncio.wait_for(_drained(reader), 10)

    assert (held, rest) == (1, b"")


async def test_F22_a_head_that_comes_byte_by_byte_is_cut_off_all_the_same(line, later):
    reader, writer = await line()

    with capture_logs() as lines:
        for byte in HEAD:
            writer.write(bytes([byte]))
            await asyncio.sleep(0)
            later(2)
        rest = await asyncio.wait_for(_drained(reader), 10)

    assert rest == b""
    assert [(each["event"], each["lines"], each["peers"]) for each in lines] == [("http.head_late", 1, ["127.0.0.1"])]


async def test_a_line_that_is_kept_open_between_two_requests_is_left_alone(line, later):
    reader, writer = await line()
    answers = []

    for _ in range(3):
        writer.write(GOOD)
        answers.append(await _answer(reader))
        later(10 * HEAD_S)

    assert answers == [b"HTTP/1.1 200 OK\r\n"] * 3


async def test_a_body_that_takes_longer_than_a_head_may_is_left_to_its_own_limit(served, line, later):
    reader, writer = await line()
    writer.write(POST + b"Content-Length: 10\r\n\r\nname=")
    await _until(served[0].server, lambda each: each.since is None)

    later(2 * HEAD_S)
    writer.write(b"value")

    assert await _answer(reader) == b"HTTP/1.1 400 Bad Request\r\n"


async def _until(server, holds):
    """Wait until something holds of a line of the hub's."""
    for _ in range(10_000):
        await asyncio.sleep(0)
        if any(map(holds, server.connections)):
            return
    raise TimeoutError


async def _answer(reader):
    head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 10)
    length = next(int(each.split(b":")[1]) for each in head.split(b"\r\n") if each.startswith(b"Content-Length"))
    await reader.readexactly(length)
    return head.split(b"\r\n")[0] + b"\r\n"


async def _drained(reader):
    try:
        return await reader.read()
    except ConnectionResetError:
        return b""
