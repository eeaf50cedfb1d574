"""Partners' keys: 256 random bits that only the partner knows, found by their prefix, compared by their digest."""

from __future__ import annotations

import json
from dataclasses import dataclass
from hashlib import sha256
from hmac import compare_digest
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Connection, Row

    from patto_connectors.ports import World

MARK = "patto"
"""What every key starts with, so that a leaked one is recognised."""
DAY_MS = 86_400_000
OVERLAP_MS = 14 * DAY_MS
"""How long the old key goes on working after a rotation."""
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
    text = f"{MARK}_{prefix}_{secret}"
    row = connection.exec_driver_sql(
        f"INSERT INTO api_key (partner, prefix, hash, scopes, created_at, expires_at) VALUES (?, ?, ?, ?, ?, ?)"
        f" RETURNING {_COLUMNS}",
        (partner, prefix, _digest(text), json.dumps(sorted(scopes)), now, expires_at),
    ).one()
    return _key(row), text


def rotate(
    connection: Connection,
    world: World,
    *,
    partner: str,
    overlap_ms: int = OVERLAP_MS,
    expires_at: int | None = None,
) -> tuple[Key, str]:
    """Make the successor of a partner's newest live key, with its scopes; the old one ends after the overlap.

    Raises:
        LookupError: the partner has no live key to follow.
        TooManyKeys: a rotation is under way already.
    """
    now = world.milliseconds()
    live = [key for key in of_partner(connection, partner) if key.live(now)]
    if not live:
        raise LookupError(f"«{partner}» non ha chiavi valide da ruotare ({partner!r} has no live key to rotate)")
    made = add(connection, world, partner=partner, scopes=live[-1].scopes, expires_at=expires_at)
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
    row = connection.exec_driver_sql(
        f"UPDATE api_key SET revoked_at = coalesce(revoked_at, ?) WHERE prefix = ? RETURNING {_COLUMNS}", (now, prefix)
    ).one_or_none()
    if row is None:
        raise LookupError(f"nessuna chiave con prefisso «{prefix}» (no key with this prefix)")
    return _key(row)


def find(connection: Connection, text: str, now: int) -> Key | None:
    """Give the live key that this text is, or None; an unknown prefix takes the same path as a wrong secret."""
    _, _, rest = text.partition("_")
    prefix, _, _ = rest.partition("_")
    row = connection.exec_driver_sql(f"SELECT {_COLUMNS}, hash FROM api_key WHERE prefix = ?", (prefix,)).one_or_none()
    same = compare_digest(_digest(text), b"\0" * 32 if row is None else bytes(row.hash))
    if row is None or not same:
        return None
    key = _key(row[:-1])
    return key if key.live(now) else None


def of_partner(connection: Connection, partner: str) -> list[Key]:
    """List a partner's keys, oldest first, ended ones too."""
    rows = connection.exec_driver_sql(f"SELECT {_COLUMNS} FROM api_key WHERE partner = ? ORDER BY id", (partner,))
    return [_key(row) for row in rows]


def note_use(connection: Connection, key_id: int, at: int) -> None:
    """Note when a key was last used."""
    connection.exec_driver_sql("UPDATE api_key SET used_at = ? WHERE id = ?", (at, key_id))


def _digest(text: str) -> bytes:
    return sha256(text.encode()).digest()


def _key(row: Row[tuple[object, ...]] | tuple[object, ...]) -> Key:
    facts = dict(zip(_NAMES, row, strict=True))
    facts["scopes"] = frozenset(json.loads(str(facts["scopes"])))
    return Key(**facts)  # type: ignore[arg-type]  # the columns are the fields


_NAMES = ("id", "partner", "prefix", "scopes", "created_at", "expires_at", "revoked_at", "used_at")
_COLUMNS = ", ".join(_NAMES)
