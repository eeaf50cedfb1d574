"""Partners' keys: 256 random bits that only the partner knows, found by their prefix, compared by their digest."""

from __future__ import annotations

import json
from dataclasses import dataclass
from hashlib import sha256
from hmac import compare_digest
from typing import TYPE_CHECKING

from patto_hub.ledger import secrets

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sqlalchemy import Connection

    from patto_connectors.ports import World

MARK = "patto"
"""What every key starts with, so that a leaked one is recognised."""
TRIAL_MARK = "pattoprova"
"""What keys start with that open invented data only."""
_MARK = "key-mark"
DAY_MS = 86_400_000
OVERLAP_MS = 14 * DAY_MS
"""How long the old key goes on working after a rotation."""
REMINDERS = (30, 7, 1)
"""Days before a key's end on which its owner and the staff are reminded."""
LIVE = 2
"""Keys that a partner may hold at once: one, and during a rotation its successor."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """What the hub knows of a key; never the key itself."""

    id: int
    partner: str
    prefix: str
    scopes: frozenset[str]
    """Names of the feeds that it opens."""
    created_at: int
    expires_at: int | None
    revoked_at: int | None
    used_at: int | None
    organisation: int | None
    """The organisation that the partner reads for; None: public records only."""

    def days_left(self, now: int) -> int | None:
        """Whole days until it ends, rounded up; None for a key without an end."""
        return None if self.expires_at is None else max(0, -((now - self.expires_at) // DAY_MS))

    def reminder(self, now: int) -> int | None:
        """Which of `REMINDERS` has come: 30, 7 or 1 days before its end; None while there is time."""
        left = self.days_left(now)
        return None if left is None else min((days for days in REMINDERS if left <= days), default=None)

    def live(self, now: int) -> bool:
        """Whether it opens anything now."""
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)


class TooManyKeys(ValueError):  # noqa: N818 - says what is wrong
    """The partner holds two live keys already: revoke one, or wait until the older one has expired."""


def add(
    connection: Connection, world: World, *, partner: str, scopes: Iterable[str], expires_at: int | None = None
) -> tuple[Key, str]:
    """Make a key for a partner; the text is given here once and kept nowhere.

    Raises:
        LookupError: no partner of this name.
        TooManyKeys: two live keys already.
    """
    if connection.exec_driver_sql("SELECT 1 FROM partner WHERE name = ?", (partner,)).one_or_none() is None:
        raise LookupError(f"nessun partner «{partner}» nel registro (no such partner in the ledger)")
    now = world.milliseconds()
    if sum(key.live(now) for key in of_partner(connection, partner)) >= LIVE:
        raise TooManyKeys(
            f"«{partner}» ha già {LIVE} chiavi valide: revocarne una, o attendere la scadenza della più vecchia"
            f" ({partner!r} holds {LIVE} live keys: revoke one, or wait until the older one expires)"
        )
    prefix, secret = world.token(6), world.token(32)
    text = f"{mark(connection)}_{prefix}_{secret}"
    key_id: int = connection.exec_driver_sql(
        "INSERT INTO api_key (partner, prefix, hash, scopes, created_at, expires_at) VALUES (?, ?, ?, ?, ?, ?)"
        " RETURNING id",
        (partner, prefix, _digest(text), json.dumps(sorted(scopes)), now, expires_at),
    ).scalar_one()
    return _list(connection, "k.id = ?", key_id)[0], text


def mark(connection: Connection) -> str:
    """Give what this ledger's keys start with."""
    found = secrets.find(connection, _MARK)
    return MARK if found is None else found.decode()


def mark_with(connection: Connection, text: str, now: int) -> None:
    """Let the keys that are made from now on start otherwise: those of a ledger of invented data."""
    secrets.put(connection, _MARK, text.encode(), now)


def end(connection: Connection, key_id: int, at: int) -> None:
    """Let a key end at an instant, whenever it would have ended."""
    connection.exec_driver_sql("UPDATE api_key SET expires_at = ? WHERE id = ?", (at, key_id))


def rotate(  # noqa: PLR0913 - a key has this many sides
    connection: Connection,
    world: World,
    *,
    partner: str,
    scopes: Iterable[str] | None = None,
    overlap_ms: int = OVERLAP_MS,
    expires_at: int | None = None,
) -> tuple[Key, str]:
    """Make the successor of a partner's newest live key; the old one ends after the overlap.

    Args:
        connection: an open connection to the ledger.
        world: for the instant and the secret.
        partner: whose key.
        scopes: the feeds that it opens; None for those of the old one.
        overlap_ms: how long the old one goes on working.
        expires_at: when the new one ends; None for never.

    Raises:
        LookupError: the partner has no live key to follow.
        TooManyKeys: a rotation is under way already.
    """
    now = world.milliseconds()
    live = [key for key in of_partner(connection, partner) if key.live(now)]
    if not live:
        raise LookupError(f"«{partner}» non ha chiavi valide da ruotare ({partner!r} has no live key to rotate)")
    opens = live[-1].scopes if scopes is None else scopes
    made = add(connection, world, partner=partner, scopes=opens, expires_at=expires_at)
    end = now + overlap_ms
    connection.exec_driver_sql(
        "UPDATE api_key SET expires_at = min(coalesce(expires_at, ?), ?) WHERE id = ?", (end, end, live[-1].id)
    )
    return made


def revoke(connection: Connection, prefix: str, now: int) -> Key:
    """End a key at once; ending it again changes nothing.

    Raises:
        LookupError: no key of this prefix.
    """
    changed = connection.exec_driver_sql(
        "UPDATE api_key SET revoked_at = coalesce(revoked_at, ?) WHERE prefix = ?", (now, prefix)
    )
    if not changed.rowcount:
        raise LookupError(f"nessuna chiave con prefisso «{prefix}» (no key with this prefix)")
    return _list(connection, "k.prefix = ?", prefix)[0]


def find(connection: Connection, text: str, now: int) -> Key | None:
    """Give the live key that this text is, or None; an unknown prefix takes the same path as a wrong secret."""
    _, _, rest = text.partition("_")
    prefix, _, _ = rest.partition("_")
    known: bytes | None = connection.exec_driver_sql(
        "SELECT hash FROM api_key WHERE prefix = ?", (prefix,)
    ).scalar_one_or_none()
    if not compare_digest(_digest(text), b"\0" * 32 if known is None else known):
        return None
    return next((key for key in _list(connection, "k.prefix = ?", prefix) if key.live(now)), None)


def of_partner(connection: Connection, partner: str) -> list[Key]:
    """List a partner's keys, oldest first, ended ones too."""
    return _list(connection, "k.partner = ?", partner)


def note_uses(connection: Connection, uses: Mapping[int, int]) -> None:
    """Note when keys were last used: number of the key -> instant; an earlier one never replaces a later one."""
    for number, at in uses.items():
        connection.exec_driver_sql(
            "UPDATE api_key SET used_at = max(coalesce(used_at, 0), ?) WHERE id = ?", (at, number)
        )


def note_reading(connection: Connection, partner: str, *, feed: str, position: int, at: int) -> None:
    """Note how far a partner has read a feed; the partner's own cursor stays the truth."""
    connection.exec_driver_sql(
        "INSERT INTO subscription (partner, feed, position, read_at) VALUES (?, ?, ?, ?)"
        " ON CONFLICT (partner, feed) DO UPDATE SET position = excluded.position, read_at = excluded.read_at",
        (partner, feed, position, at),
    )


def ending(connection: Connection, now: int, *, within_days: int = REMINDERS[0]) -> list[Key]:
    """List the live keys that end soon, the first to end first; one that has a live successor too."""
    until = now + within_days * DAY_MS
    found = [key for key in _list(connection, "k.expires_at <= ?", until) if key.live(now)]
    return sorted(found, key=lambda key: (key.expires_at or 0, key.id))


def _digest(text: str) -> bytes:
    return sha256(text.encode()).digest()


def _list(connection: Connection, where: str, value: object) -> list[Key]:
    rows = connection.exec_driver_sql(
        "SELECT k.id, k.partner, k.prefix, k.scopes, k.created_at, k.expires_at, k.revoked_at, k.used_at,"
        f" p.organisation_id AS organisation FROM api_key k JOIN partner p ON p.name = k.partner WHERE {where}"
        " ORDER BY k.id",
        (value,),
    ).mappings()
    return [Key(**{**row, "scopes": frozenset(json.loads(row["scopes"]))}) for row in rows]
