"""What the hub has handed to partners: the receipt of every batch; how far each was served stands in its lane."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from patto_hub.ledger.lanes import LaneName
from patto_hub.ledger.raw import raw, scalar

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One attempt to hand a batch of changes to a partner."""

    partner: str
    feed: str
    way: str
    """`webhook`, `signals`, or the name of the stream that wrote it: with partner and feed, the lane."""
    from_seq: int
    to_seq: int
    items: int
    view: str
    """The views that the items left through, by name and version."""
    digest: bytes
    """SHA-256 of the items."""
    at: int
    state: str
    """done | partial | failed."""
    receipt: Mapping[str, object]

    @property
    def lane(self) -> LaneName:
        """Say which lane it went by."""
        return LaneName(self.partner, self.feed, self.way)


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """An attempt that failed."""

    id: int
    way: str
    from_seq: int
    to_seq: int
    attempts: int
    """How often this batch was tried."""


def last_failed(connection: Connection, lane: LaneName, since: int) -> Failed | None:
    """Give a lane's newest attempt since an instant, if it failed."""
    row = (
        raw(connection)
        .execute(
            "SELECT state, id, way, from_seq, to_seq, attempts FROM delivery WHERE partner = ? AND feed = ? AND way = ?"
            " AND at >= ? ORDER BY id DESC LIMIT 1",
            (*lane, since),
        )
        .fetchone()
    )
    if row is None or row[0] != "failed":
        return None
    return Failed(id=row[1], way=row[2], from_seq=row[3], to_seq=row[4], attempts=row[5])


def note(connection: Connection, delivery: Delivery) -> int:
    """Keep an attempt, and give its number; its lane's position moves with it, unless the partner took nothing."""
    attempts = scalar(
        connection,
        "SELECT count(*) FROM delivery WHERE partner = ? AND feed = ? AND from_seq = ? AND way = ?"
        " AND state = 'failed'",
        delivery.partner,
        delivery.feed,
        delivery.from_seq,
        delivery.way,
    )
    kept = raw(connection).execute(
        "INSERT INTO delivery (partner, feed, way, from_seq, to_seq, items, view, digest, at, state, attempts, receipt)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            delivery.partner,
            delivery.feed,
            delivery.way,
            delivery.from_seq,
            delivery.to_seq,
            delivery.items,
            delivery.view,
            delivery.digest,
            delivery.at,
            delivery.state,
            int(attempts) + 1,
            json.dumps(dict(delivery.receipt), sort_keys=True),
        ),
    )
    if delivery.state != "failed":
        move(connection, delivery.lane, delivery.to_seq, delivery.at, delivered=True)
    return int(kept.lastrowid or 0)


def unanswered(connection: Connection, lane: LaneName, limit: int = 100) -> list[tuple[int, str]]:
    """List (number, reference) of a lane's last deliveries of which the receiver has not said yet what became."""
    rows = raw(connection).execute(
        "SELECT id, json_extract(receipt, '$.reference') AS reference FROM (SELECT id, state, receipt FROM delivery"
        " WHERE partner = ? AND feed = ? AND way = ? ORDER BY id DESC LIMIT ?) WHERE state <> 'failed'"
        " AND reference <> '' AND json_extract(receipt, '$.outcome') IS NULL",
        (*lane, limit),
    )
    return [(int(number), str(reference)) for number, reference in rows]


def answered(connection: Connection, number: int, accepted: int, refused: Mapping[str, str]) -> None:
    """Keep what a receiver has said of a delivery, beside its receipt; what was said first stays."""
    outcome = json.dumps({"accepted": accepted, "refused": dict(refused)}, sort_keys=True)
    raw(connection).execute(
        "UPDATE delivery SET receipt = json_set(receipt, '$.outcome', json(?)) WHERE id = ?"
        " AND json_extract(receipt, '$.outcome') IS NULL",
        (outcome, number),
    )


def move(connection: Connection, lane: LaneName, to: int, at: int, *, delivered: bool = False) -> None:
    """Move a lane's position, never back: everything up to `to` was taken, or was not for this partner."""
    raw(connection).execute(
        "INSERT INTO lane (partner, feed, way, position, since, delivered_at) VALUES (?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (partner, feed, way) DO UPDATE SET position = max(position, excluded.position),"
        " delivered_at = coalesce(excluded.delivered_at, delivered_at)",
        (*lane, to, at, at if delivered else None),
    )
