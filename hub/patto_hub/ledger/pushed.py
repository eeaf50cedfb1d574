"""What partners hand in: kept before it is answered, read in order of arrival, told what became of it."""

from __future__ import annotations

import json
import zlib
from dataclasses import asdict, dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

from patto_connectors.contract import Pushed
from patto_hub.ledger.raw import raw

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection

    from patto_connectors.contract import Outcome

ERASED = "record.erased"
"""The code of a row that says again what was erased."""
FAST = 1
"""Compression level, as of the inbox."""


class OtherContent(Exception):  # noqa: N818 - says what is wrong
    """The partner has used this Idempotency-Key before, for something else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What a partner has in hand of something that it handed in."""

    receipt: str
    job: str
    media_type: str
    size: int
    received_at: int
    told_at: int | None
    outcome: Mapping[str, Any] | None
    """Counts and rows, once a run has taken it in."""


def digest_of(content: bytes, media_type: str) -> bytes:
    """Give the digest by which a repeat is told from something else under the same key."""
    return blake2b(media_type.encode() + b"\0" + content, digest_size=16).digest()


def take(  # noqa: PLR0913 - what was handed in, by whom, when
    connection: Connection,
    *,
    job: str,
    receipt: str,
    idempotency_key: str | None,
    content: bytes,
    media_type: str,
    now: int,
) -> tuple[Receipt, bool]:
    """Keep a body and give its receipt, and whether it is new; the same key and body again give the first receipt.

    Raises:
        OtherContent: the key was used for another body.
    """
    digest = digest_of(content, media_type)
    if idempotency_key is not None:
        row = (
            raw(connection)
            .execute("SELECT receipt, digest FROM pushed WHERE job = ? AND idempotency_key = ?", (job, idempotency_key))
            .fetchone()
        )
        if row is not None:
            if row[1] != digest:
                raise OtherContent
            return get(connection, job.partition("/")[0], row[0]), False
    raw(connection).execute(
        "INSERT INTO pushed (receipt, job, idempotency_key, digest, media_type, size, content, received_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (receipt, job, idempotency_key, digest, media_type, len(content), zlib.compress(content, FAST), now),
    )
    return get(connection, job.partition("/")[0], receipt), True


def get(connection: Connection, partner: str, receipt: str) -> Receipt:
    """Give a receipt of a partner.

    Raises:
        KeyError: this partner has none of this number.
    """
    row = (
        raw(connection)
        .execute(
            "SELECT receipt, job, media_type, size, received_at, told_at, outcome FROM pushed WHERE receipt = ?",
            (receipt,),
        )
        .fetchone()
    )
    if row is None or row[1].partition("/")[0] != partner:
        raise KeyError(receipt)
    *plain, outcome = row
    found = dict(zip(("receipt", "job", "media_type", "size", "received_at", "told_at"), plain, strict=True))
    return Receipt(**found, outcome=None if outcome is None else json.loads(outcome))


def after(connection: Connection, job: str, number: int) -> Pushed | None:
    """Give the next body that was handed in for a job; None if there is none, or its bytes are no longer kept."""
    row = (
        raw(connection)
        .execute(
            "SELECT id, receipt, content, media_type FROM pushed WHERE job = ? AND id > ? AND content IS NOT NULL"
            " ORDER BY id LIMIT 1",
            (job, number),
        )
        .fetchone()
    )
    if row is None:
        return None
    return Pushed(number=row[0], name=row[1], content=zlib.decompress(row[2]), media_type=row[3])


def tell(connection: Connection, job: str, outcome: Outcome, now: int) -> None:
    """Note on a receipt what became of its rows; a name that is no receipt of the job is nobody's.

    A body that says again what was erased is not kept.
    """
    erased = any(each.code == ERASED for each in outcome.rows)
    raw(connection).execute(
        "UPDATE pushed SET outcome = ?, told_at = ?, content = CASE WHEN ? THEN NULL ELSE content END"
        " WHERE job = ? AND receipt = ?",
        (json.dumps(asdict(outcome), ensure_ascii=False, default=dict), now, erased, job, outcome.name),
    )


def drop_read(connection: Connection, before: int, most: int) -> int:
    """Remove the bytes of bodies older than an instant that were taken in; those not yet read stay."""
    return (
        raw(connection)
        .execute(
            "UPDATE pushed SET content = NULL WHERE id IN (SELECT id FROM pushed WHERE content IS NOT NULL"
            " AND received_at < ? AND told_at IS NOT NULL ORDER BY received_at LIMIT ?)",
            (before, most),
        )
        .rowcount
    )
