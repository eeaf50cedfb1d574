"""Bodies that may come compressed: unpacked piece by piece, and to the end; one that breaks off is no body.

aiohttp takes a gzip stream that ends too early for a whole one, so that half of a list of rows would pass for all of
it. The hub has it leave bodies as they travel (`app.make_app`), and unpacks them here (RFC 9110, 8.4.1).
"""

from __future__ import annotations

import asyncio
import zlib
from typing import TYPE_CHECKING, Final

from aiohttp import web

from patto_hub.web.problems import Problem

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

PROBLEMS: Final = ("media-type-unsupported", "content-broken-off", "content-late")
"""What reading a small body can be answered with, besides that it is too large."""
BODY_S: Final = 30.0
"""Seconds in which all of a small body must have come."""
_PIECE: Final = 64 * 1024
_GZIP: Final = 31
_ZLIB: Final = 15
_RAW: Final = -15
"""Of deflate without zlib's head, as some senders have it."""
_CODINGS: Final = {"gzip": _GZIP, "x-gzip": _GZIP, "deflate": _ZLIB}


class Broken(ValueError):  # noqa: N818 - says what is wrong
    """The bytes are not compressed as Content-Encoding says, or break off."""


def coding_of(request: web.Request) -> str:
    """Say how a body is compressed; empty where it is not."""
    return ",".join(request.headers.getall("Content-Encoding", ())).strip().lower().replace("identity", "")


async def unpacked(request: web.Request) -> AsyncIterator[bytes]:
    """Yield a body piece by piece as it was before it was compressed.

    Raises:
        Problem: it is compressed in a way that the hub does not know.
        Broken: it is not compressed as it says, or not to its end.
    """
    coding = coding_of(request)
    if coding and coding not in _CODINGS:
        known = "Content-Encoding: gzip, deflate"
        raise Problem("media-type-unsupported", (f"Compressioni ammesse: {known}.", f"Compressions taken: {known}."))
    unpacker = _Unpacker(coding) if coding else None
    async for piece in request.content.iter_chunked(_PIECE):
        if unpacker is None:
            yield piece
            continue
        for plain in unpacker.take(piece):
            yield plain
    if unpacker is not None:
        for plain in unpacker.end():
            yield plain


async def read_whole(request: web.Request) -> bytes:
    """Read a small body, unpacked: up to what the application takes, in the time that it may take.

    Raises:
        HTTPRequestEntityTooLarge: it is larger.
        Problem: it breaks off, is too slow, or not compressed as it says.
    """
    pieces, size, most = [], 0, request.client_max_size
    try:
        async with asyncio.timeout(BODY_S):
            async for piece in unpacked(request):
                size += len(piece)
                if size > most:
                    raise web.HTTPRequestEntityTooLarge(max_size=most, actual_size=size)
                pieces.append(piece)
    except TimeoutError:
        words = (
            f"Il contenuto non è arrivato per intero in {BODY_S:.0f} secondi.",
            f"The content did not come whole in {BODY_S:.0f} seconds.",
        )
        raise Problem("content-late", words) from None
    except (Broken, ConnectionError, web.RequestPayloadError):
        words = (
            "Il contenuto si è interrotto, o non è compresso come dice Content-Encoding.",
            "The content broke off, or is not compressed as Content-Encoding says.",
        )
        raise Problem("content-broken-off", words) from None
    return b"".join(pieces)


class _Unpacker:
    """Unpacks what comes in pieces, and gives it in pieces that are never large."""

    def __init__(self, coding: str) -> None:
        self._coding = coding
        self._stream: zlib._Decompress | None = None

    def take(self, piece: bytes) -> Iterator[bytes]:
        """Unpack the next piece; a gzip body may be several streams, one behind the other."""
        while piece:
            stream = self._stream = self._stream or zlib.decompressobj(_bits(self._coding, piece))
            yield from self._unpack(stream, piece)
            piece = stream.unconsumed_tail or stream.unused_data
            if stream.eof and piece:
                if _CODINGS[self._coding] != _GZIP:
                    raise Broken(self._coding)
                self._stream = None

    def end(self) -> Iterator[bytes]:
        """Give what is still held back, and see that nothing is missing."""
        stream, held = self._stream, True
        while stream is not None and not stream.eof and held:
            held = False
            for plain in self._unpack(stream, b""):
                held = True
                yield plain
        if stream is None or not stream.eof:
            raise Broken(self._coding)

    def _unpack(self, stream: zlib._Decompress, piece: bytes) -> Iterator[bytes]:
        try:
            plain = stream.decompress(piece, _PIECE)
        except zlib.error as error:
            raise Broken(self._coding) from error
        if plain:
            yield plain


def _bits(coding: str, start: bytes) -> int:
    """Give how zlib reads a stream that starts so; the low half of zlib's first byte is 8 (RFC 1950, 2.2)."""
    return _RAW if coding == "deflate" and start[0] & 0xF != 8 else _CODINGS[coding]  # noqa: PLR2004 - see above
