"""Leases of lanes: one hub at a time makes a lane's attempt, and a number (fence) tells a late one.

A lease is taken for one attempt, which is shorter, and given back in the transaction that keeps what came of it. So it
needs no heartbeat, and nothing is written while lanes rest; that of a hub which was killed runs out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from patto_hub.ledger.raw import raw

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from patto_hub.ledger.lanes import LaneName

LEASE_MS = 75_000
"""How long a lease lasts: longer than any attempt (`lanes.lane.LONGEST_S`)."""

LONGEST_MS = 600_000
"""How far ahead an expiry may lie: more than a lease lasts, for two hubs do not ask for the time at one moment."""


@dataclass(frozen=True, slots=True)
class Turn:
    """The right to make one attempt of a lane."""

    lane: LaneName
    fence: int


class Fenced(Exception):  # noqa: N818 - the design's word
    """Another hub has taken over this lane: nothing of this attempt may be written any more."""


def take(connection: Connection, lane: LaneName, owner: str, now: int, lease_ms: int = LEASE_MS) -> Turn | None:
    """Take a lane's lease, over one that has run out if need be; None: another hub has it.

    What this owner could not give back (the disk was full) it may take again: it makes one attempt of a lane at a time.
    An expiry further ahead than `LONGEST_MS` was written by a clock that ran ahead of ours: it counts as run out.
    """
    held = raw(connection).execute(
        "INSERT INTO lane_lease (partner, feed, way, owner, fence, expires_at) VALUES (?1, ?2, ?3, ?4, 1, ?5 + ?6)"
        " ON CONFLICT (partner, feed, way) DO UPDATE SET owner = ?4, fence = fence + 1, expires_at = ?5 + ?6"
        " WHERE owner = ?4 OR expires_at <= ?5 OR expires_at > ?5 + ?7 RETURNING fence",
        (*lane, owner, now, lease_ms, LONGEST_MS),
    )
    rows = held.fetchall()
    return Turn(lane, int(rows[0][0])) if rows else None


def give_back(connection: Connection, turn: Turn) -> None:
    """End a lease; every transaction that keeps what came of an attempt calls this first.

    Raises:
        Fenced: it has run out, and another hub has taken it over.
    """
    given = raw(connection).execute(
        "UPDATE lane_lease SET expires_at = 0 WHERE partner = ? AND feed = ? AND way = ? AND fence = ?"
        " AND expires_at > 0",
        (*turn.lane, turn.fence),
    )
    if not given.rowcount:
        raise Fenced(f"lane {turn.lane}: fence {turn.fence} is passed, another hub has taken over")


def end(connection: Connection, owner: str) -> None:
    """End every lease of a hub that stops, so that whoever comes next need not wait until they run out."""
    raw(connection).execute("UPDATE lane_lease SET expires_at = 0 WHERE owner = ? AND expires_at > 0", (owner,))
