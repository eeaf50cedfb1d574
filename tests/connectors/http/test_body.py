import asyncio
import gzip
import zlib

import pytest

from patto_connectors.errors import Malformed, Unreachable
from patto_connectors.http.body import pieces
from patto_connectors.http.settings import Caps, Timeouts

TEXT = b"patto individuale " * 20_000


async def _read(body, encoding, step=7_919):
    class Reader:
        async def iter_any(self):
            for start in range(0, len(body), step):
                yield body[start : start + step]

    return b"".join([piece async for piece in pieces(Reader(), encoding, Caps(ratio=2_000), Timeouts(), lambda: 0.0)])


def _raw_deflate(text):
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(text) + packer.flush()


@pytest.mark.parametrize(
    ("body", "encoding"),
    [
        (TEXT, ""),
        (TEXT, "identity"),
        (gzip.compress(TEXT), "gzip"),
        (gzip.compress(TEXT), "GZIP"),
        (gzip.compress(TEXT[:1000]) + gzip.compress(TEXT[1000:]), "gzip"),
        (zlib.compress(TEXT), "deflate"),
        (_raw_deflate(TEXT), "deflate"),
    ],
)
@pytest.mark.parametrize("step", [1, 13, 100_000])
async def test_every_encoding_is_decoded_however_it_is_cut(body, encoding, step):
    if step == 1 and encoding in ("", "identity"):
        body = body[:1_000]

    assert TEXT.startswith(await _read(body, encoding, step))


async def test_decoded_text_is_whole():
    assert await _read(gzip.compress(TEXT), "gzip") == TEXT


async def test_F23_compressed_body_that_ends_early_is_truncated():
    body = gzip.compress(TEXT)
    for end in range(1, len(body), 10):
        with pytest.raises(Unreachable) as caught:
            await _read(body[:end], "gzip")
        assert caught.value.code == "http.truncated"


@pytest.mark.parametrize(
    ("body", "encoding"), [(b"no gzip at all", "gzip"), (zlib.compress(TEXT) + b"x", "deflate"), (b"x", "br")]
)
async def test_what_cannot_be_decoded_is_malformed(body, encoding):
    with pytest.raises(Malformed) as caught:
        await _read(body, encoding)

    assert caught.value.code == "http.encoding"


@pytest.mark.parametrize(
    ("packed", "encoding"), [(gzip.compress, "gzip"), (zlib.compress, "deflate"), (_raw_deflate, "deflate")]
)
async def test_F26_memory_stays_small_while_a_bomb_is_cut(packed, encoding):
    longest = 0

    async def read():
        nonlocal longest

        class Reader:
            async def iter_any(self):
                yield packed(b"0" * 30_000_000)

        async for piece in pieces(Reader(), encoding, Caps(), Timeouts(), lambda: 0.0):
            longest = max(longest, len(piece))

    with pytest.raises(Malformed) as caught:
        await asyncio.wait_for(read(), 10)

    assert caught.value.code == "http.ratio"
    assert longest <= 64 * 1024
