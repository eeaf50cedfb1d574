"""Who is in the partners' portal, by which key; and the file that somebody has tried there and may yet hand in."""

from __future__ import annotations

import json
import zlib
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from patto_hub.ledger import audit, job_state, keys, pushed, runs
from patto_hub.ledger.raw import raw

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection

    from patto_connectors.ports import World
    from patto_hub.ledger.keys import Key

MINUTE_MS = 60_000
IDLE_MS = 30 * MINUTE_MS
"""Time without a request after which a session ends."""
SESSION_MS = 8 * 60 * MINUTE_MS
"""Longest life of a session, however busy: a working day."""
TOUCH_MS = MINUTE_MS
"""A session's last request is noted once in this time."""
MOST = 10
"""Sessions that one key may have at a time; the one begun first ends when another would be too many."""
UPLOAD_MS = 15 * MINUTE_MS
"""How long a file that was tried is kept for its sender's word."""
FAST = 1
"""Compression level, as of the inbox."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """A file that was tried and not yet handed in."""

    id: str
    job: str
    media_type: str
    digest: bytes
    size: int
    verdict: Mapping[str, Any]
    """What the trial came to."""
    expires_at: int


def begin(connection: Connection, world: World, key: Key, *, before: str) -> str:
    """Begin a session and give its token, for the cookie; the ledger keeps a digest only.

    Ends the session `before` that the browser had: nobody can have set a token for this one.
    """
    token, now = world.token(32), world.milliseconds()
    end(connection, before)
    forget(connection, now)
    connection.exec_driver_sql(
        "INSERT INTO portal_session (hash, key_id, created_at, seen_at, expires_at) VALUES (?, ?, ?, ?, ?)",
        (_digest(token), key.id, now, now, now + SESSION_MS),
    )
    connection.exec_driver_sql(
        "DELETE FROM portal_session WHERE key_id = ?1 AND rowid NOT IN"
        " (SELECT rowid FROM portal_session WHERE key_id = ?1 ORDER BY rowid DESC LIMIT ?2)",
        (key.id, MOST),
    )
    audit.append(connection, f"partner:{key.partner}", "portal.sign_in", f"key/{key.prefix}", {}, now)
    return token


def key_of(connection: Connection, token: str, now: int) -> tuple[Key, bool] | None:
    """Give the key that a live session stands on, and whether its use should be noted again; None for any other token.

    A session ends when its key does: revoked or past its end, it opens nothing.
    """
    row = connection.exec_driver_sql(
        "SELECT k.id, k.partner, v.seen_at FROM portal_session v JOIN api_key k ON k.id = v.key_id"
        " WHERE v.hash = ? AND v.expires_at > ? AND v.seen_at > ?",
        (_digest(token), now, now - IDLE_MS),
    ).one_or_none()
    if row is None:
        return None
    found = next((key for key in keys.of_partner(connection, row.partner) if key.id == row.id), None)
    return None if found is None or not found.live(now) else (found, now - row.seen_at >= TOUCH_MS)


def touch(connection: Connection, token: str, now: int) -> None:
    """Note that a session is in use."""
    connection.exec_driver_sql("UPDATE portal_session SET seen_at = ? WHERE hash = ?", (now, _digest(token)))


def end(connection: Connection, token: str) -> None:
    """End a session, and drop the file that waits in it; ending it again changes nothing."""
    connection.exec_driver_sql("DELETE FROM portal_session WHERE hash = ?", (_digest(token),))


def forget(connection: Connection, now: int) -> None:
    """Remove sessions that are over and files that nobody has given the word for."""
    connection.exec_driver_sql("DELETE FROM portal_session WHERE expires_at <= ? OR seen_at <= ?", (now, now - IDLE_MS))
    connection.exec_driver_sql("DELETE FROM portal_upload WHERE expires_at <= ?", (now,))


def keep_tried(  # noqa: PLR0913 - what was tried, where, and what it came to
    connection: Connection,
    token: str,
    *,
    number: str,
    job: str,
    media_type: str,
    content: bytes,
    verdict: Mapping[str, Any],
    now: int,
) -> None:
    """Keep the bytes of a file that was tried, in place of the one before: a session has one at a time."""
    session = _digest(token)
    connection.exec_driver_sql("DELETE FROM portal_upload WHERE session_hash = ? OR expires_at <= ?", (session, now))
    raw(connection).execute(
        "INSERT INTO portal_upload (id, session_hash, job, media_type, digest, size, content, verdict, expires_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            number,
            session,
            job,
            media_type,
            pushed.digest_of(content, media_type),
            len(content),
            zlib.compress(content, FAST),
            json.dumps(verdict, ensure_ascii=False),
            now + UPLOAD_MS,
        ),
    )


def tried(connection: Connection, token: str, number: str, now: int) -> Tried:
    """Give a file that was tried in this session.

    Raises:
        KeyError: this session has none of this number, or no longer.
    """
    row = (
        raw(connection)
        .execute(
            "SELECT id, job, media_type, digest, size, verdict, expires_at FROM portal_upload"
            " WHERE id = ? AND session_hash = ? AND expires_at > ?",
            (number, _digest(token), now),
        )
        .fetchone()
    )
    if row is None:
        raise KeyError(number)
    found = dict(zip(Tried.__slots__, row, strict=True))
    return Tried(**{**found, "verdict": json.loads(found["verdict"])})


def hand_in(  # noqa: PLR0913 - which file of which session, by whom
    connection: Connection, token: str, number: str, *, receipt: str, by: Key, now: int
) -> tuple[str, bool]:
    """Hand in exactly the bytes that were tried, and give the receipt's number, and whether it is a new one.

    The number of the trial is the Idempotency-Key: the same form sent twice is one hand-in, and a file that takes back
    a correction is one of its own though its bytes were there before. In one transaction with the request for the run.

    Raises:
        KeyError: this session has none of this number, or no longer.
    """
    idempotency_key = f"portal-{number}"
    row = (
        raw(connection)
        .execute(
            "SELECT job, media_type, content FROM portal_upload WHERE id = ? AND session_hash = ? AND expires_at > ?",
            (number, _digest(token), now),
        )
        .fetchone()
    )
    if row is None:
        return _before(connection, by.partner, idempotency_key), False
    job, media_type, content = row
    if job.partition("/")[0] != by.partner:
        raise KeyError(number)
    kept, fresh = pushed.take(
        connection,
        job=job,
        receipt=receipt,
        idempotency_key=idempotency_key,
        content=zlib.decompress(content),
        media_type=media_type,
        now=now,
    )
    connection.exec_driver_sql("DELETE FROM portal_upload WHERE id = ?", (number,))
    if fresh:
        if job_state.get(connection, job).requested_at is None:  # a person's request goes past what holds ours
            job_state.request_run(connection, job, by=runs.PUSHED, now=now)
        audit.append(connection, f"partner:{by.partner}", "portal.hand_in", job, {"receipt": kept.receipt}, now)
    return kept.receipt, fresh


def _before(connection: Connection, partner: str, idempotency_key: str) -> str:
    """Give the receipt of a file that was handed in by the same form before.

    Raises:
        KeyError: there is none.
    """
    row = (
        raw(connection)
        .execute(
            "SELECT receipt FROM pushed WHERE idempotency_key = ? AND job >= ? || '/' AND job < ? || '0'",
            (idempotency_key, partner, partner),
        )
        .fetchone()
    )
    if row is None:
        raise KeyError(idempotency_key)
    return str(row[0])


def _digest(token: str) -> bytes:
    return sha256(token.encode()).digest()
