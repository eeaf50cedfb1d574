"""Since when each key signs for a lane: noted by a mark of the key, never by the key, so that its age can be told.

The files and variables that hold keys say nothing of that: a credential's file is made anew at every start.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING

from patto_hub.ledger.keys import DAY_MS, REMINDERS
from patto_hub.ledger.lanes import LaneName
from patto_hub.ledger.raw import listed, raw

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from sqlalchemy import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class Aged:
    """A key that signs for a lane."""

    lane: LaneName
    since: int
    """When the hub first signed, or would have signed, with it."""
    days: int
    """Days after which it is to be changed."""

    def age(self, now: int) -> int:
        """Whole days that it has been in use."""
        return max(0, (now - self.since) // DAY_MS)

    def days_left(self, now: int) -> int:
        """Whole days until it is to be changed, rounded up; 0 from then on, and it signs all the same."""
        return max(0, -((now - self.since - self.days * DAY_MS) // DAY_MS))

    def reminder(self, now: int) -> int | None:
        """Which of the reminders has come: 30, 7 or 1 days before; None while there is time."""
        return min((days for days in REMINDERS if self.days_left(now) <= days), default=None)


def mark_of(secret: bytes) -> bytes:
    """Give what a key is recognised by; it leads back to no key of 24 random bytes or more."""
    return blake2b(secret, digest_size=16, person=b"patto lane key").digest()


def see(connection: Connection, lanes: Mapping[LaneName, Sequence[bytes]], now: int) -> None:
    """Note which keys sign for these lanes now, by their marks: new ones from now on, others of theirs are forgotten.

    What is known of another lane stays: its keys cannot be read at the moment.
    """
    known = set(since(connection, lanes))
    seen = {(lane, mark) for lane, marks in lanes.items() for mark in marks}
    for lane, mark in known - seen:
        raw(connection).execute(
            "DELETE FROM lane_secret WHERE partner = ? AND feed = ? AND way = ? AND mark = ?", (*lane, mark)
        )
    for lane, mark in seen - known:
        raw(connection).execute(
            "INSERT INTO lane_secret (partner, feed, way, mark, since) VALUES (?, ?, ?, ?, ?)", (*lane, mark, now)
        )


def since(connection: Connection, lanes: Iterable[LaneName]) -> dict[tuple[LaneName, bytes], int]:
    """Give since when the keys of these lanes sign, by lane and mark, the oldest first."""
    rows = listed(
        connection,
        "SELECT partner, feed, way, mark, since FROM lane_secret JOIN json_each(?) j ON j.value ->> 0 = partner"
        " AND j.value ->> 1 = feed AND j.value ->> 2 = way ORDER BY since, mark",
        lanes,
    )
    return {(LaneName(*row[:3]), bytes(row[3])): int(row[4]) for row in rows}
