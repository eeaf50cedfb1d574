"""Access tokens (RFC 6749) that the hub gave: opaque, good for minutes, found by their digest, ended at any time."""

from __future__ import annotations

import json
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

from patto_hub.ledger import audit, replays

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from sqlalchemy import Connection

    from patto_connectors.modi.seen import Mark
    from patto_connectors.ports import World

MARK = "pattot_"
"""What every access token starts with, so that a leaked one is recognised and none is taken for a key."""
LIFE_S = 600
"""Ten minutes: a stolen one is of little use, and a partner asks for few."""


class TakenBefore(ValueError):  # noqa: N818 - says what is wrong
    """The assertion had been used."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """What the hub knows of an access token; never the token itself."""

    partner: str
    scopes: frozenset[str]
    thumbprint: str
    """SHA-256, in hex, of the certificate that it was asked for with; it opens with that one only. Empty: none."""
    expires_at: int
    organisation: int | None
    """The organisation that the partner reads for; None: public records only."""


def give(  # noqa: PLR0913 - a token has this many sides
    connection: Connection, world: World, *, partner: str, scopes: Iterable[str], assertion: Mark, thumbprint: str = ""
) -> str:
    """Give a token for an assertion, once: that it was taken, the token and the audit's entry commit together.

    Raises:
        TakenBefore: the assertion had been used.
    """
    if not replays.take(connection, assertion):
        raise TakenBefore
    now = world.milliseconds()
    text = f"{MARK}{world.token(32)}"
    opens = sorted(scopes)
    connection.exec_driver_sql(
        "INSERT INTO access_token (hash, partner, scopes, thumbprint, created_at, expires_at)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        (_digest(text), partner, json.dumps(opens), thumbprint, now, now + LIFE_S * 1000),
    )
    audit.append(
        connection, f"partner:{partner}", "token.give", partner, {"scopes": opens, "by": assertion.signer}, now
    )
    return text


def find(connection: Connection, text: str, now: int) -> Token | None:
    """Give the live token that this text is, or None."""
    row = (
        connection.exec_driver_sql(
            "SELECT t.partner, t.scopes, t.thumbprint, t.expires_at, p.organisation_id AS organisation"
            " FROM access_token t JOIN partner p ON p.name = t.partner WHERE t.hash = ? AND t.expires_at > ?",
            (_digest(text), now),
        )
        .mappings()
        .one_or_none()
    )
    return None if row is None else Token(**{**row, "scopes": frozenset(json.loads(row["scopes"]))})


def live(connection: Connection, partner: str, now: int) -> int:
    """Count a partner's tokens that open something now."""
    return int(
        connection.exec_driver_sql(
            "SELECT count(*) FROM access_token WHERE partner = ? AND expires_at > ?", (partner, now)
        ).scalar_one()
    )


def end(connection: Connection, partner: str) -> int:
    """End all tokens of a partner at once; gives how many rows went."""
    return connection.exec_driver_sql("DELETE FROM access_token WHERE partner = ?", (partner,)).rowcount


def keep_only(connection: Connection, partners: Collection[str]) -> int:
    """End the tokens of everybody who is not among these partners; gives how many rows went."""
    return connection.exec_driver_sql(
        "DELETE FROM access_token WHERE partner NOT IN (SELECT value FROM json_each(?))",
        (json.dumps(sorted(partners)),),
    ).rowcount


def forget(connection: Connection, before: int, piece: int) -> int:
    """Forget some of the tokens that ended before `before`; gives how many."""
    return connection.exec_driver_sql(
        "DELETE FROM access_token WHERE hash IN"
        " (SELECT hash FROM access_token WHERE expires_at < ? ORDER BY expires_at LIMIT ?)",
        (before, piece),
    ).rowcount


def _digest(text: str) -> bytes:
    return sha256(text.encode()).digest()
