"""Bytes as they came from partners: once per content, compressed, until retention removes them."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

from patto_hub.ledger.raw import raw, scalar

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from patto_hub.ledger.runs import Run


def keep(  # noqa: PLR0913 - what is known of a page
    connection: Connection,
    run: Run,
    *,
    digest: bytes,
    content: bytes | None,
    size: int,
    name: str,
    media_type: str,
    now: int,
) -> int:
    """Keep a page under its digest (BLAKE2b-128 of the bytes) and give its number; known bytes are not kept twice.

    `content` is compressed by zlib; None says that `has` has found it. Bytes that retention had removed are kept again.
    """
    raw(connection).execute(
        "INSERT INTO inbox (digest, job, run_id, name, media_type, size, content, received_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (digest) DO UPDATE SET content = excluded.content,"
        " received_at = excluded.received_at WHERE inbox.content IS NULL AND excluded.content IS NOT NULL",
        (digest, run.job, run.id, name, media_type, size, content, now),
    )
    return int(scalar(connection, "SELECT id FROM inbox WHERE digest = ?", digest))


def has(connection: Connection, digest: bytes) -> bool:
    """Say whether the bytes with this digest are here."""
    return scalar(connection, "SELECT 1 FROM inbox WHERE digest = ? AND content IS NOT NULL", digest) is not None


def content(connection: Connection, inbox_id: int) -> bytes | None:
    """Give the bytes of a page as they came; None where retention has removed them or there is no such page."""
    found = scalar(connection, "SELECT content FROM inbox WHERE id = ?", inbox_id)
    return None if found is None else zlib.decompress(found)
