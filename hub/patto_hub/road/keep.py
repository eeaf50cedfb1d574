"""Keep: the bytes of a page as they came, under their digest, and a digest for each of its rows."""

from __future__ import annotations

import json
import zlib
from dataclasses import replace
from hashlib import blake2b
from typing import TYPE_CHECKING

import msgspec

from patto_hub.road.entry import Page

if TYPE_CHECKING:
    from patto_connectors.contract import Batch, Row

FAST = 1
"""Compression level: the next ones cost more time than they save disk."""

_encode = msgspec.json.Encoder(order="sorted", enc_hook=str).encode


def keep(batch: Batch, key: bytes) -> Page:
    """Give a page its digests; `key` is the ledger's own, so that nobody can prepare two rows that collide."""
    raw = [row if type(row) is bytes else row_bytes(row) for row in batch.rows]
    return Page(
        batch=batch,
        raw=raw,
        digests=[short_digest(row, key) for row in raw],
        trouble_digests=[
            short_digest(b"\0".join((code.encode(), content or position.encode())), key)
            for position, code, content in batch.troubles
        ],
        content_digest=blake2b(batch.content, digest_size=16).digest(),
    )


def compressed(page: Page) -> Page:
    """Give a page with its bytes compressed, for the inbox; not needed for those that it has already."""
    return replace(page, content=zlib.compress(page.batch.content, FAST))


def row_bytes(row: Row) -> bytes:
    """Give a row as bytes: its own, or JSON of its fields in a fixed order."""
    if isinstance(row, bytes):
        return row
    try:
        return _encode(dict(row))
    except (UnicodeEncodeError, TypeError, ValueError, OverflowError):  # lone surrogates, odd keys, huge integers
        return json.dumps(dict(row), sort_keys=True, default=str, ensure_ascii=True, skipkeys=True).encode()


def short_digest(content: bytes, key: bytes) -> int:
    """Give 64 bits of a keyed BLAKE2b as a signed integer, as SQLite keeps them."""
    return int.from_bytes(blake2b(content, digest_size=8, key=key).digest(), "big", signed=True)
