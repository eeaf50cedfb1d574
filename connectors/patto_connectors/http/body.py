"""Read an answer's body piece by piece, decoded, within the caps: never more in memory than was agreed."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

from patto_connectors.errors import Malformed, Unreachable

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

    from aiohttp import StreamReader

    from patto_connectors.http.settings import Caps, Timeouts

ENCODINGS = "gzip, deflate"
_PIECE = 64 * 1024
_GZIP = 16 + zlib.MAX_WBITS
_ZLIB_HEADER = 0x78
"""First byte of a zlib stream with the usual window (RFC 1950); some servers send `deflate` without any header."""


async def pieces(
    reader: StreamReader, encoding: str, caps: Caps, patience: Timeouts, monotonic: Callable[[], float]
) -> AsyncIterator[bytes]:
    """Give the decoded body in pieces of at most 64 KiB.

    aiohttp would decode by itself, but a bomb is 400 MB by the time that can be seen; here the decoder is asked for one
    piece at a time.

    Raises:
        Malformed: `http.too_large`, `http.ratio` or `http.encoding`.
        Unreachable: `http.too_slow`, or `http.truncated` where a compressed body ends early.
    """
    decoder = _Decoder(encoding)
    travelled = decoded = in_window = 0
    window = monotonic()
    async for chunk in reader.iter_any():
        travelled += len(chunk)
        in_window += len(chunk)
        now = monotonic()
        if now - window >= patience.rate_window:
            if in_window < patience.rate * (now - window):
                raise Unreachable("http.too_slow", f"the answer came at less than {patience.rate} bytes per second")
            window, in_window = now, 0
        for piece in decoder.feed(chunk):
            decoded += len(piece)
            if decoded > caps.decoded:
                raise Malformed("http.too_large", f"the answer is larger than {caps.decoded} bytes")
            if decoded > caps.ratio_after and decoded > caps.ratio * travelled:
                raise Malformed("http.ratio", f"the answer expands more than {caps.ratio:g} times")
            yield piece
    if not decoder.finished():
        raise Unreachable("http.truncated", "the compressed answer ends early")


class _Decoder:
    """Decodes one body: nothing, gzip (also several members), or deflate with and without its header."""

    def __init__(self, encoding: str) -> None:
        self._encoding = encoding.strip().lower()
        if self._encoding not in ("", "identity", "gzip", "x-gzip", "deflate"):
            raise Malformed("http.encoding", "the answer is encoded in a way that was not asked for")
        self._inner: zlib._Decompress | None = None

    def feed(self, chunk: bytes) -> Iterator[bytes]:
        if self._encoding in ("", "identity"):
            yield chunk
            return
        rest, piece = chunk, b""
        while rest or len(piece) == _PIECE:  # a full piece: more may wait inside the decoder
            if self._inner is None or (self._inner.eof and self._encoding != "deflate"):
                if not rest:
                    return
                self._inner = zlib.decompressobj(self._window(rest[0]))
            if self._inner.eof and rest:
                raise Malformed("http.encoding", "something follows the compressed answer")
            try:
                piece = self._inner.decompress(rest, _PIECE)
            except zlib.error as error:
                raise Malformed("http.encoding", "the answer cannot be decompressed") from error
            rest = self._inner.unconsumed_tail or self._inner.unused_data
            if piece:
                yield piece

    def finished(self) -> bool:
        return self._inner is None or self._inner.eof

    def _window(self, first: int) -> int:
        if self._encoding != "deflate":
            return _GZIP
        return zlib.MAX_WBITS if first & 0x0F == _ZLIB_HEADER & 0x0F else -zlib.MAX_WBITS
