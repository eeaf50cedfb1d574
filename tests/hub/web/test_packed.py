"""A compressed body is unpacked to its end; one that breaks off, or is not what it says, is refused and not kept."""

from __future__ import annotations

import asyncio
import gzip
import zlib

import pytest
from aiohttp import web
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from patto_hub.web import packed
from patto_hub.web.packed import Broken, read_whole, unpacked
from patto_hub.web.problems import Problem

ROWS = b"".join(b'{"id": %d}\n' % number for number in range(20_000))


def raw_deflate(content):
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(content) + packer.flush()


@pytest.fixture
async def send(aiohttp_client):
    """Hand a body to a server that unpacks it; gives what it came to."""
    came = []

    async def handler(request):
        try:
            came.append(await read(request))
        except Broken:
            came.append(None)
        except Problem as problem:
            came.append(problem.code)
        return web.Response()

    async def read(request):
        if "whole" in request.query:
            return await read_whole(request)
        return b"".join([piece async for piece in unpacked(request)])

    app = web.Application(handler_args={"auto_decompress": False}, client_max_size=len(ROWS))
    app.router.add_post("/", handler)
    client = await aiohttp_client(app)

    async def sent(content, coding, path="/"):
        await client.post(path, data=content, headers={"Content-Encoding": coding} if coding else {})
        return came.pop()

    return sent


@pytest.mark.parametrize(
    ("coding", "pack"),
    [
        ("", bytes),
        ("identity", bytes),
        ("gzip", gzip.compress),
        ("GZIP", gzip.compress),
        ("x-gzip", gzip.compress),
        ("deflate", zlib.compress),
        ("deflate", raw_deflate),
        ("gzip", lambda content: gzip.compress(content[:7]) + gzip.compress(content[7:])),
    ],
)
async def test_what_was_packed_comes_out_as_it_was(send, coding, pack):
    assert await send(pack(ROWS), coding) == ROWS


@pytest.mark.parametrize(("coding", "pack"), [("gzip", gzip.compress), ("deflate", zlib.compress)])
@pytest.mark.parametrize("missing", [1, 8, 9, 5_000])
async def test_F21_a_packed_body_that_breaks_off_is_none(send, coding, pack, missing):
    content = pack(ROWS)

    assert await send(content[:-missing], coding) is None


@pytest.mark.parametrize(
    ("coding", "content"),
    [
        ("gzip", ROWS),
        ("gzip", gzip.compress(ROWS) + b"more"),
        ("gzip", gzip.compress(ROWS)[:-8] + b"\0" * 8),
        ("deflate", zlib.compress(ROWS) + b"more"),
    ],
    ids=["plain", "more behind", "wrong sum", "more behind deflate"],
)
async def test_what_is_not_packed_as_it_says_is_none(send, coding, content):
    assert await send(content, coding) is None


@pytest.mark.parametrize("coding", ["br", "zstd", "gzip, gzip", "klingon"])
async def test_another_way_to_pack_is_named_as_such(send, coding):
    assert await send(ROWS, coding) == "media-type-unsupported"


async def test_a_small_body_that_is_not_packed_as_it_says_is_the_senders_fault(send):
    assert await send(b"{}", "gzip", "/?whole") == "content-broken-off"
    assert await send(gzip.compress(b"{}"), "gzip", "/?whole") == b"{}"


async def test_F21_a_small_body_that_falls_silent_is_ended(send, monkeypatch):
    monkeypatch.setattr(packed, "BODY_S", 0.05)

    never = asyncio.Event()

    async def trickle():
        yield b"{"
        await never.wait()

    assert await send(trickle(), "", "/?whole") == "content-late"


@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(content=st.binary(max_size=300_000), level=st.integers(0, 9))
async def test_any_bytes_come_out_as_they_were(send, content, level):
    assert await send(gzip.compress(content, level), "gzip") == content
