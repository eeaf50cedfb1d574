"""Whether the log still has to be emptied after an erasure: a note in the head of the database file.

It is SQLite's `user_version`, which nothing else here uses: it is written by the erasure's own transaction and needs no
table. Odd means owed. It only grows, so that nobody takes another's erasure for the one that was wiped.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from patto_hub.ledger.raw import scalar

if TYPE_CHECKING:
    from sqlalchemy import Connection


def owe(connection: Connection) -> None:
    """Note, in the erasure's transaction, that the log will hold what was erased."""
    noted = _noted(connection)
    connection.exec_driver_sql(f"PRAGMA user_version={noted + 2 if noted % 2 else noted + 1}")


def owed(connection: Connection) -> int | None:
    """Give the note of an erasure whose log is not known to be empty; None if nothing is owed."""
    noted = _noted(connection)
    return noted if noted % 2 else None


def paid(connection: Connection, note: int) -> None:
    """Note that the log was emptied after the erasure of this note; a later one stays owed."""
    if _noted(connection) == note:
        connection.exec_driver_sql(f"PRAGMA user_version={note + 1}")


def _noted(connection: Connection) -> int:
    return int(scalar(connection, "PRAGMA user_version"))
