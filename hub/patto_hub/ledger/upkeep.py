"""What keeps a ledger from growing and slowing down: retention, checkpoints, space given back; in small pieces.

Evidence, errors and payloads have clocks of their own. Records, changes, quarantine and the audit are not touched here.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import structlog

from patto_hub.ledger import portal_sessions, pushed, replays, slots, snags, storage, tokens
from patto_hub.ledger.raw import raw

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection

    from patto_connectors.ports import World
    from patto_hub.ledger.store import Ledger

DAY_MS = 86_400_000
PIECE = 200
"""Rows that one transaction changes at most: a run waits for no more than that."""
PAGES_AT_A_TIME = 1_000
"""Free pages (4 kB) given back in one go; a run waits for no more than that."""
MOST_GOES = 250
"""Goes of one tidying: 1 GB."""
EVERY_S = 3_600.0
SEEN_SLACK_MS = DAY_MS
"""How much longer than needed the `jti` of a signed token is kept: a clock that was put right opens no old one."""
_Piece: TypeAlias = "Callable[[Connection, int], int]"

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """How many days things are kept."""

    bytes_days: int = 90
    """Raw pages of partners; their digests and names stay."""
    traceback_days: int = 180
    """Where a plugin's bug was raised."""
    slot_days: int = 400
    """Planned runs that are done or skipped."""
    snag_days: int = 401
    """What was to be mended and is: a day longer than a reader's place is good (`pages.RETENTION_DAYS`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tidied:
    """What one tidying removed or gave back."""

    pages_of_partners: int
    tracebacks: int
    slots: int
    snags: int
    tokens: int
    """Access tokens that have ended, and signed tokens that could no longer be taken."""
    bytes_given_back: int


async def upkeep(ledger: Ledger, world: World, retention: Retention) -> None:
    """Tidy every hour until cancelled; a full or locked disk leaves it to the next hour."""
    while True:
        try:
            tidied = await tidy(ledger, world.milliseconds(), retention)
            log.info("ledger.tidied", **{name: getattr(tidied, name) for name in Tidied.__slots__})
        except Exception as error:
            trouble = storage.trouble_of(error)
            if trouble is None:
                raise
            log.warning("ledger.not_tidied", code=trouble.code)
        await world.sleep(EVERY_S)


async def tidy(ledger: Ledger, now: int, retention: Retention) -> Tidied:
    """Remove what is older than it is kept, piece by piece, then give free space back and shorten the journal."""
    pages = await _in_pieces(ledger, _drop_bytes, now - retention.bytes_days * DAY_MS)
    pages += await _in_pieces(ledger, _drop_pushed, now - retention.bytes_days * DAY_MS)
    tracebacks = await _in_pieces(ledger, _drop_tracebacks, now - retention.traceback_days * DAY_MS)
    short_lived = await _in_pieces(ledger, _drop_tokens, now)
    short_lived += await _in_pieces(ledger, _drop_seen, now - SEEN_SLACK_MS)
    await ledger.write(portal_sessions.forget, now)
    planned = await ledger.write(slots.forget, now - retention.slot_days * DAY_MS)
    settled = await _in_pieces(ledger, _drop_snags, now - retention.snag_days * DAY_MS)
    given_back = await _give_back(ledger)
    return Tidied(
        pages_of_partners=pages,
        tracebacks=tracebacks,
        slots=planned,
        snags=settled,
        tokens=short_lived,
        bytes_given_back=given_back,
    )


async def _give_back(ledger: Ledger) -> int:
    loop, total = asyncio.get_running_loop(), 0
    for _ in range(MOST_GOES):
        given = await loop.run_in_executor(ledger.writer, give_back, ledger)
        if not given:
            break
        total += given
    return total


def give_back(ledger: Ledger) -> int:
    """Give some free pages back to the disk and shorten the journal; gives the bytes. Runs in the writer's thread."""
    with ledger.engine.connect() as connection:
        page = int(connection.exec_driver_sql("PRAGMA page_size").scalar_one())
        before = int(connection.exec_driver_sql("PRAGMA freelist_count").scalar_one())
        raw(connection).executescript(f"PRAGMA incremental_vacuum({PAGES_AT_A_TIME})")  # steps it to its end
        after = int(connection.exec_driver_sql("PRAGMA freelist_count").scalar_one())
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").all()
    ledger.wipe_now()
    return (before - after) * page


async def _in_pieces(ledger: Ledger, work: _Piece, before: int) -> int:
    total = 0
    while done := await ledger.write(work, before):
        total += done
    return total


def _drop_bytes(connection: Connection, before: int) -> int:
    return connection.exec_driver_sql(
        "UPDATE inbox SET content = NULL WHERE id IN (SELECT id FROM inbox WHERE content IS NOT NULL"
        " AND received_at < ? ORDER BY received_at LIMIT ?)",
        (before, PIECE),
    ).rowcount


def _drop_pushed(connection: Connection, before: int) -> int:
    return pushed.drop_read(connection, before, PIECE)


def _drop_tokens(connection: Connection, before: int) -> int:
    return tokens.forget(connection, before, PIECE)


def _drop_seen(connection: Connection, before: int) -> int:
    return replays.forget(connection, before, PIECE)


def _drop_snags(connection: Connection, before: int) -> int:
    return snags.drop(connection, before, PIECE)


def _drop_tracebacks(connection: Connection, before: int) -> int:
    return connection.exec_driver_sql(
        "UPDATE run SET traceback = NULL WHERE id IN (SELECT id FROM run WHERE traceback IS NOT NULL"
        " AND started_at < ? ORDER BY id LIMIT ?)",
        (before, PIECE),
    ).rowcount
