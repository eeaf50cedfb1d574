"""Signed tokens that have been taken: none opens twice, whoever asks, however many ask at once, after any kill.

RFC 7519 section 4.1.7: a `jti` prevents replay only if it is remembered for as long as its token can be valid.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from patto_connectors.modi.seen import Mark
    from patto_hub.ledger.store import Ledger


@dataclass(frozen=True, slots=True)
class SeenInLedger:
    """The memory of the protocol `patto_connectors.modi.Seen` that all processes on one ledger share."""

    ledger: Ledger

    async def first(self, mark: Mark) -> bool:
        """Remember a token in one step, and say whether it is the first time."""
        return await self.ledger.write(take, mark)


def take(connection: Connection, mark: Mark) -> bool:
    """Remember a token, and say whether it is the first time; committed with whatever it opens."""
    done = connection.exec_driver_sql(
        "INSERT INTO seen_token (hash, until) VALUES (?, ?) ON CONFLICT (hash) DO NOTHING",
        (_digest(mark), int(mark.until.timestamp() * 1000)),
    )
    return done.rowcount == 1


def forget(connection: Connection, before: int, piece: int) -> int:
    """Forget some of the tokens that could no longer be valid before `before`; gives how many."""
    return connection.exec_driver_sql(
        "DELETE FROM seen_token WHERE hash IN (SELECT hash FROM seen_token WHERE until < ? ORDER BY until LIMIT ?)",
        (before, piece),
    ).rowcount


def _digest(mark: Mark) -> bytes:
    """Give what a token is remembered by; the length comes first, so that no two pairs read alike."""
    return sha256(f"{len(mark.signer)}:{mark.signer}{mark.jti}".encode()).digest()
