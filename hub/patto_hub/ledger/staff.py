"""The region's staff: who they are, their sessions, one-time links, and how wrong passwords slow themselves down."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Literal

from patto_hub.ledger import audit

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from patto_connectors.ports import World

MINUTE_MS = 60_000
IDLE_MS = 30 * MINUTE_MS
"""Time without a request after which a session ends."""
SESSION_MS = 12 * 60 * MINUTE_MS
"""Longest life of a session, however busy."""
TOUCH_MS = MINUTE_MS
"""A session's last request is noted once in this time."""
FREE_TRIES = 5
"""Wrong passwords in a row before a name is locked for a while."""
LOCK_MS = 30_000
LONGEST_LOCK_MS = 60 * MINUTE_MS
LINK_MS = 60 * MINUTE_MS
NO_PASSWORD = "!"  # noqa: S105 - says that there is none
"""In place of a hash: this person can sign in by a one-time link only."""

Purpose = Literal["setup", "signin", "form"]
Role = Literal["region", "ambito", "engineer", "auditor", "dpo"]


@dataclass(frozen=True, slots=True)
class Staff:
    """Somebody of the staff."""

    id: int
    name: str
    role: Role


@dataclass(frozen=True, slots=True)
class Try:
    """One try to sign in, already counted as failed until a session begins."""

    staff: Staff | None
    password_hash: str
    locked_until: int | None
    """Set if the name is locked: the password must not even be looked at."""


def anybody(connection: Connection) -> bool:
    """Whether there is any staff user: without one the hub waits to be set up."""
    return connection.exec_driver_sql("SELECT 1 FROM staff LIMIT 1").one_or_none() is not None


def add(connection: Connection, *, name: str, role: Role, password_hash: str, now: int) -> Staff:
    """Add somebody.

    Raises:
        ValueError: the name is taken.
    """
    row = connection.exec_driver_sql(
        "INSERT INTO staff (name, role, password_hash, created_at) VALUES (?, ?, ?, ?) ON CONFLICT (name) DO NOTHING"
        " RETURNING id, name, role",
        (name, role, password_hash, now),
    ).one_or_none()
    if row is None:
        raise ValueError("il nome è già in uso (the name is taken)")
    return Staff(*row)


def make_link(connection: Connection, world: World, purpose: Purpose, *, staff_name: str | None = None) -> str:
    """Make the secret part of a one-time link; it works once, for an hour, and is kept as a digest only."""
    token, now = world.token(32), world.milliseconds()
    connection.exec_driver_sql("DELETE FROM one_time_link WHERE expires_at < ?", (now,))
    connection.exec_driver_sql(
        "INSERT INTO one_time_link (hash, purpose, staff_name, created_at, expires_at) VALUES (?, ?, ?, ?, ?)",
        (_digest(token), purpose, staff_name, now, now + LINK_MS),
    )
    return token


def link_is_good(connection: Connection, purpose: Purpose, token: str, now: int) -> bool:
    """Whether a link could be used now; looking does not use it."""
    return (
        connection.exec_driver_sql(
            "SELECT 1 FROM one_time_link WHERE hash = ? AND purpose = ? AND used_at IS NULL AND expires_at > ?",
            (_digest(token), purpose, now),
        ).one_or_none()
        is not None
    )


def set_up(connection: Connection, token: str, *, name: str, password_hash: str, now: int) -> Staff | None:
    """Make the first staff user by a set-up link; None if the link is no good or somebody was there first."""
    if anybody(connection) or _use(connection, "setup", token, now) is None:
        return None
    return add(connection, name=name, role="region", password_hash=password_hash, now=now)


def signin_link(connection: Connection, world: World, name: str, role: Role = "region") -> str:
    """Make the secret part of a link that signs somebody in, once; makes the user, without a password, if need be.

    For a hub that simulates its partners on loopback, and for an operator who holds the machine anyway.
    """
    connection.exec_driver_sql(
        "INSERT INTO staff (name, role, password_hash, created_at) VALUES (?, ?, ?, ?) ON CONFLICT (name) DO NOTHING",
        (name, role, NO_PASSWORD, world.milliseconds()),
    )
    return make_link(connection, world, "signin", staff_name=name)


def sign_in_by_link(connection: Connection, token: str, now: int) -> Staff | None:
    """Use a sign-in link; None if it is no good."""
    name = _use(connection, "signin", token, now)
    return None if name is None else _by_name(connection, name)


def begin_try(connection: Connection, name: str, now: int) -> Try:
    """Count a try to sign in before the password is looked at: parallel guesses are counted too."""
    row = connection.exec_driver_sql(
        "SELECT id, name, role, password_hash, failures, locked_until FROM staff WHERE name = ?", (name,)
    ).one_or_none()
    if row is None:
        return Try(None, NO_PASSWORD, None)
    person = Staff(row.id, row.name, row.role)
    if row.locked_until is not None and now < row.locked_until:
        return Try(person, row.password_hash, row.locked_until)
    lock = lock_ms(row.failures + 1)
    connection.exec_driver_sql(
        "UPDATE staff SET failures = failures + 1, locked_until = ? WHERE id = ?", (now + lock, row.id)
    )
    if lock:
        audit.append(connection, "hub", "staff.lock", f"staff/{row.id}", {"seconds": lock // 1000}, now)
    return Try(person, row.password_hash, None)


def lock_ms(failures: int) -> int:
    """Give how long a name is locked after so many wrong passwords in a row: 0, then 30 s, doubling up to an hour."""
    over = failures - FREE_TRIES
    return 0 if over < 0 else int(min(LONGEST_LOCK_MS, LOCK_MS * 2 ** min(over, 20)))


def begin_session(connection: Connection, world: World, person: Staff, *, before: str, way: str) -> str:
    """Begin a session and give its token, for the cookie; the ledger keeps a digest only.

    Forgets the failed tries, and ends the session `before` that the browser had: nobody can have set a token for this
    one. `way` says how the person came in: `password`, `link` or `setup`.
    """
    token, now = world.token(32), world.milliseconds()
    close_session(connection, before)
    connection.exec_driver_sql("UPDATE staff SET failures = 0, locked_until = NULL WHERE id = ?", (person.id,))
    connection.exec_driver_sql("DELETE FROM session WHERE expires_at < ? OR seen_at < ?", (now, now - IDLE_MS))
    connection.exec_driver_sql(
        "INSERT INTO session (hash, staff_id, created_at, seen_at, expires_at) VALUES (?, ?, ?, ?, ?)",
        (_digest(token), person.id, now, now, now + SESSION_MS),
    )
    audit.append(connection, f"staff:{person.name}", "staff.sign_in", f"staff/{person.id}", {"way": way}, now)
    return token


def of_session(connection: Connection, token: str, now: int) -> tuple[Staff, bool] | None:
    """Give whose live session a token is, and whether its use should be noted again; None for any other token."""
    row = connection.exec_driver_sql(
        "SELECT s.id, s.name, s.role, v.seen_at FROM session v JOIN staff s ON s.id = v.staff_id"
        " WHERE v.hash = ? AND v.expires_at > ? AND v.seen_at > ?",
        (_digest(token), now, now - IDLE_MS),
    ).one_or_none()
    return None if row is None else (Staff(row.id, row.name, row.role), now - row.seen_at >= TOUCH_MS)


def touch_session(connection: Connection, token: str, now: int) -> None:
    """Note that a session is in use."""
    connection.exec_driver_sql("UPDATE session SET seen_at = ? WHERE hash = ?", (now, _digest(token)))


def close_session(connection: Connection, token: str) -> None:
    """End a session; ending it again changes nothing."""
    connection.exec_driver_sql("DELETE FROM session WHERE hash = ?", (_digest(token),))


def first_use(connection: Connection, form: str, now: int) -> bool:
    """Whether a form is sent for the first time; a repeat (double click, reload) is told from a new wish by this."""
    connection.exec_driver_sql("DELETE FROM one_time_link WHERE expires_at < ?", (now,))
    done = connection.exec_driver_sql(
        "INSERT INTO one_time_link (hash, purpose, created_at, expires_at, used_at) VALUES (?, 'form', ?, ?, ?)"
        " ON CONFLICT (hash) DO NOTHING",
        (_digest(form), now, now + SESSION_MS, now),
    )
    return done.rowcount == 1


def _use(connection: Connection, purpose: Purpose, token: str, now: int) -> str | None:
    row = connection.exec_driver_sql(
        "UPDATE one_time_link SET used_at = ? WHERE hash = ? AND purpose = ? AND used_at IS NULL AND expires_at > ?"
        " RETURNING coalesce(staff_name, '')",
        (now, _digest(token), purpose, now),
    ).one_or_none()
    return None if row is None else str(row[0])


def _by_name(connection: Connection, name: str) -> Staff | None:
    row = connection.exec_driver_sql("SELECT id, name, role FROM staff WHERE name = ?", (name,)).one_or_none()
    return None if row is None else Staff(*row)


def _digest(token: str) -> bytes:
    return sha256(token.encode()).digest()
