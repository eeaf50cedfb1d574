"""Keys that the hub makes for itself at first use: nothing is shipped, nothing is configured."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from patto_connectors.ports import World

SIZE = 32
"""Bytes of a key."""


def get(connection: Connection, name: str, world: World) -> bytes:
    """Give the key of this name, made now if it has none yet; needs a write transaction for that.

    Keys in use: `row-digest` (64-bit digests of rows), `cursor` (signature of feed cursors), `pseudonym`
    (what partners' pseudonyms are made from), `roots` (signature of the roots of days).
    """
    found = find(connection, name)
    if found is not None:
        return found
    value = world.chance.randbytes(SIZE)
    connection.exec_driver_sql(
        "INSERT INTO secret (name, value, created_at) VALUES (?, ?, ?)", (name, value, world.milliseconds())
    )
    return value


def put(connection: Connection, name: str, value: bytes, now: int) -> None:
    """Set what stands under this name, which is then not made by chance."""
    connection.exec_driver_sql(
        "INSERT INTO secret (name, value, created_at) VALUES (?, ?, ?)"
        " ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        (name, value, now),
    )


def find(connection: Connection, name: str) -> bytes | None:
    """Give the key of this name; None where it was never used, so that nothing in the ledger was made with it."""
    found: bytes | None = connection.exec_driver_sql(
        "SELECT value FROM secret WHERE name = ?", (name,)
    ).scalar_one_or_none()
    return found
