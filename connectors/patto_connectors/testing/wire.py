"""Send an answer badly: the wire faults of the menu, written onto the bare connection where aiohttp is too correct."""

from __future__ import annotations

import asyncio
import gzip
from typing import TYPE_CHECKING

from aiohttp import web

from patto_connectors.ports import WORLD

if TYPE_CHECKING:
    from collections.abc import Callable

    from patto_connectors.testing.faults import Fault

_MIB = 1024 * 1024
_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n"


async def send_badly(request: web.Request, fault: Fault, body: bytes, closed: asyncio.Event) -> web.StreamResponse:
    """Answer a request as a wire fault wants it.

    Args:
        request: to answer.
        fault: a wire fault.
        body: what a good answer would hold.
        closed: set when the fake partner stops, so that nothing hangs longer.
    """
    if fault.name in _PLAIN:
        return _PLAIN[fault.name](fault.option, body)
    if fault.name == "slow":
        await WORLD.get().sleep(float(fault.option or 1))
        return web.Response(body=body, content_type="application/json")
    if fault.name in ("endless", "gzip_bomb"):
        return await _flood(request, fault)
    if fault.name == "loris":
        return await _loris(request, float(fault.option or 1), body, closed)
    if fault.name == "disconnect" and request.transport is not None:
        request.transport.abort()
    elif fault.name == "malformed":
        _write(request, b"HTTP/1.1 OK 200 \x00\r\nContent-Length: many\r\n: nothing\r\n\r\n")
    else:
        await _half(request, fault, body, closed)
    return _end(request)


def _status(status: int, option: str) -> web.Response:
    headers = {"Retry-After": option} if option else {}
    return web.Response(status=status, headers=headers, text="{}", content_type="application/problem+json")


def _html() -> web.Response:
    page = "<!DOCTYPE html><title>Manutenzione</title><p>Sig. RSSMRA80A01H501U, torni domani"
    return web.Response(text=page, content_type="text/html")


def _charset(body: bytes, named: str) -> web.Response:
    latin = body.decode().replace('"', '"\u00e0', 1).encode("latin-1", "replace")
    return web.Response(body=latin, headers={"Content-Type": f"application/json; charset={named}"})


_PLAIN: dict[str, Callable[[str, bytes], web.Response]] = {
    "rate": lambda option, _: _status(429, option),
    "unavailable": lambda option, _: _status(503, option),
    "error": lambda option, _: _status(500, option),
    "unauthorised": lambda option, _: _status(401, option),
    "html": lambda *_: _html(),
    "charset": lambda option, body: _charset(body, option or "klingon"),
    "redirect": lambda option, _: web.Response(status=302, headers={"Location": option or "http://inside.test/"}),
    "header_bomb": lambda _, body: web.Response(body=body, headers={f"X-Bomb-{n}": "x" * 100 for n in range(1_000)}),
}


async def _flood(request: web.Request, fault: Fault) -> web.StreamResponse:
    """Send zeros without end, or a compressed stream of them."""
    bomb = fault.name == "gzip_bomb"
    response = web.StreamResponse(headers={"Content-Type": "application/json"})
    if bomb:
        response.headers["Content-Encoding"] = "gzip"
    await response.prepare(request)
    if bomb:
        member = gzip.compress(b"0" * _MIB)
        for _ in range(int(fault.option or 400)):
            await response.write(member)
        return response
    while request.transport is not None:
        await response.write(b"[0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0" * 2_048)
    return response


async def _half(request: web.Request, fault: Fault, body: bytes, closed: asyncio.Event) -> None:
    length = b"Content-Length: %d\r\n" % len(body) if fault.name != "truncated_close" else b""
    _write(request, _HEAD + length + b"\r\n" + body[: len(body) // 2])
    if fault.name == "hang":
        await closed.wait()


async def _loris(request: web.Request, wait: float, body: bytes, closed: asyncio.Event) -> web.StreamResponse:
    _write(request, _HEAD + b"Content-Length: %d\r\n\r\n" % len(body))
    for index in range(len(body)):
        if request.transport is None or closed.is_set():
            break
        _write(request, body[index : index + 1])
        await WORLD.get().sleep(wait)
    return _end(request)


def _write(request: web.Request, content: bytes) -> None:
    if isinstance(request.transport, asyncio.Transport) and not request.transport.is_closing():
        request.transport.write(content)


def _end(request: web.Request) -> web.StreamResponse:
    """Close the connection; the response that aiohttp wants of a request cannot be sent any more."""
    if request.transport is not None:
        request.transport.close()
    return web.Response()
