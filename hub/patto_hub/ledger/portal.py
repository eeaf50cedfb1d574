"""What a partner may know of its own exchange with the hub; every question is asked in the name of one partner."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from patto_hub.ledger import audit, keys, pushed, staff
from patto_hub.ledger.feed import EVERYBODY
from patto_hub.ledger.raw import raw
from patto_hub.ledger.status import SetAside

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sqlalchemy import Connection

    from patto_connectors.ports import World
    from patto_hub.ledger.keys import Key

COUNTED = 10_000
"""Addresses that are looked at to say what waits for a reader: beyond them the page says "more than"."""
_LAST = 2**63 - 1
_OPEN = "state = 'open'"


@dataclass(frozen=True, slots=True, kw_only=True)
class Handover:
    """One batch that was handed to the partner, or tried."""

    id: int
    feed: str
    way: str
    from_seq: int
    to_seq: int
    items: int
    at: int
    state: str
    attempts: int
    receipt: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class HandedIn:
    """One body that the partner has handed in."""

    id: int
    receipt: str
    job: str
    size: int
    received_at: int
    told_at: int | None
    counts: Mapping[str, int]
    unwell: int
    """Rows that were not taken as they are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A row of one of the partner's streams that waits to be mended; never its content."""

    job: str
    row: SetAside


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """How far the partner has read a feed."""

    position: int
    read_at: int | None
    waiting: int
    """Changes that it has not asked for yet, among the newest `COUNTED` that are addressed to it."""
    newest_at: int | None
    """When the newest change came that is addressed to it; None for none."""


def title(connection: Connection, partner: str) -> str:
    """Give what a partner is called, or its name."""
    row = connection.exec_driver_sql("SELECT title FROM partner WHERE name = ?", (partner,)).one_or_none()
    return partner if row is None or not row.title else str(row.title)


def handovers(connection: Connection, partner: str, *, before: int | None = None, limit: int = 50) -> list[Handover]:
    """List what was handed to a partner, newest first; `before` is the last id of the page before."""
    rows = raw(connection).execute(
        "SELECT id, feed, way, from_seq, to_seq, items, at, state, attempts, receipt FROM delivery WHERE id IN"
        " (SELECT id FROM delivery WHERE partner = ? AND id < ? ORDER BY id DESC LIMIT ?) ORDER BY id DESC",
        (partner, _LAST if before is None else before, limit),
    )
    found = [dict(zip(Handover.__slots__, row, strict=True)) for row in rows]
    return [Handover(**{**each, "receipt": json.loads(each["receipt"] or "{}")}) for each in found]


def handed_in(connection: Connection, partner: str, *, before: int | None = None, limit: int = 50) -> list[HandedIn]:
    """List what a partner has handed in, newest first; `before` is the last id of the page before."""
    rows = raw(connection).execute(
        f"{_jobs('pushed')} SELECT p.id, p.receipt, p.job, p.size, p.received_at, p.told_at, p.outcome FROM j"
        " JOIN pushed p ON p.id IN (SELECT id FROM pushed WHERE job = j.job AND id < ?2 ORDER BY id DESC LIMIT ?3)"
        " WHERE j.job IS NOT NULL ORDER BY p.id DESC LIMIT ?3",
        (partner, _LAST if before is None else before, limit),
    )
    return [_handed_in(*row) for row in rows]


def same_before(connection: Connection, job: str, digest: bytes) -> pushed.Receipt | None:
    """Give the newest receipt of the very same bytes for a stream; None if they were never handed in."""
    row = (
        raw(connection)
        .execute("SELECT receipt FROM pushed WHERE job = ? AND digest = ? ORDER BY id DESC LIMIT 1", (job, digest))
        .fetchone()
    )
    return None if row is None else pushed.get(connection, job.partition("/")[0], row[0])


def refusals(connection: Connection, partner: str, *, before: int | None = None, limit: int = 50) -> list[Refusal]:
    """List the rows of a partner's streams that are open in quarantine, newest first."""
    rows = raw(connection).execute(
        f"{_jobs('quarantine', opened=_OPEN)} SELECT q.job, q.id, q.position, q.kind, q.issues, q.code, q.owner,"
        " q.state, q.times, q.opened_at, q.last_at, q.reason FROM j JOIN quarantine q ON q.id IN"
        " (SELECT id FROM quarantine WHERE state = 'open' AND job = j.job AND id < ?2 ORDER BY id DESC LIMIT ?3)"
        " WHERE j.job IS NOT NULL ORDER BY q.id DESC LIMIT ?3",
        (partner, _LAST if before is None else before, limit),
    )
    return [_refusal(*row) for row in rows]


def count_refusals(connection: Connection, partner: str) -> Mapping[str, int]:
    """Count the open rows of a partner's streams by who can mend them."""
    rows = raw(connection).execute(
        "SELECT owner, count(*) FROM quarantine WHERE state = 'open' AND job >= ?1 || '/' AND job < ?1 || '0'"
        " GROUP BY owner",
        (partner,),
    )
    return {str(owner): int(count) for owner, count in rows}


def reading(connection: Connection, partner: str, feed: str, *, kinds: Iterable[str], public: bool) -> Reading:
    """Tell how far a partner has read a feed, and what of these kinds waits for it."""
    row = connection.exec_driver_sql(
        "SELECT position, read_at FROM subscription WHERE partner = ? AND feed = ?", (partner, feed)
    ).one_or_none()
    position = 0 if row is None else int(row.position)
    kinds = sorted(kinds)
    newest = _addressed(connection, "max(at)", partner, 0, kinds, public=public)
    return Reading(
        position=position,
        read_at=None if row is None else row.read_at,
        waiting=waiting(connection, partner, position, kinds=kinds, public=public),
        newest_at=newest,
    )


def waiting(  # noqa: PLR0913 - for whom, of what, from where to where
    connection: Connection,
    partner: str,
    position: int,
    *,
    kinds: Iterable[str],
    public: bool,
    until: int | None = None,
    own: bool = True,
) -> int:
    """Count the changes of these kinds that are addressed to a partner after a number, and up to `until`.

    Without `own`, what the partner says itself is not counted.
    """
    what, last = "count(DISTINCT seq)", _LAST if until is None else until
    return _addressed(connection, what, partner, position, sorted(kinds), public=public, until=last, own=own) or 0


def rotate_key(connection: Connection, world: World, key: Key, *, form: str) -> tuple[Key, str] | None:
    """Make the successor of a key, which opens no more than it does; None if this form was sent before.

    A key with an end gets a successor that lives as long as it was meant to.

    Raises:
        TooManyKeys: a rotation is under way already.
    """
    now = world.milliseconds()
    if not staff.first_use(connection, form, now):
        return None
    life = None if key.expires_at is None else key.expires_at - key.created_at
    made = keys.rotate(
        connection,
        world,
        partner=key.partner,
        scopes=key.scopes,
        expires_at=None if life is None else now + life,
    )
    _note(connection, key, "key.make", made[0].prefix, now)
    return made


def revoke_key(connection: Connection, key: Key, prefix: str, *, form: str, now: int) -> bool:
    """End one of the partner's own keys by the word of another; False if this form was sent before.

    Raises:
        LookupError: the partner has no such key, or it opens what this one does not.
    """
    wanted = next((each for each in keys.of_partner(connection, key.partner) if each.prefix == prefix), None)
    if wanted is None or not wanted.scopes <= key.scopes:
        raise LookupError(f"no key of {key.partner} that this one may end")
    if not staff.first_use(connection, form, now):
        return False
    keys.revoke(connection, prefix, now)
    _note(connection, key, "key.revoke", prefix, now)
    return True


def note_values(connection: Connection, key: Key, job: str, *, count: int, now: int) -> None:
    """Note that somebody has looked at the values by which a tried file differs from what is held of its sender."""
    audit.append(connection, f"partner:{key.partner}", "portal.values", job, {"records": count}, now)


def _addressed(  # noqa: PLR0913 - what, to whom, after what
    connection: Connection,
    what: str,
    partner: str,
    after: int,
    kinds: list[str],
    *,
    public: bool,
    until: int = _LAST,
    own: bool = True,
) -> int | None:
    theirs = "(SELECT organisation_id FROM partner WHERE name = ?1)"
    whom = (theirs, str(EVERYBODY)) if public else (theirs,)
    seen = [_ADDRESSED.format(whom=each) + ("" if own else _NOT_OWN) for each in whom]
    found: tuple[int | None] = (
        raw(connection)
        .execute(f"SELECT {what} FROM ({' UNION ALL '.join(seen)})", (partner, json.dumps(kinds), after, until))
        .fetchone()
    )
    return found[0]


def _note(connection: Connection, key: Key, action: str, prefix: str, now: int) -> None:
    audit.append(connection, f"partner:{key.partner}", action, prefix, {"partner": key.partner}, now)


def _handed_in(*row: Any) -> HandedIn:  # noqa: ANN401 - SQL values
    *plain, outcome = row
    told = {} if outcome is None else json.loads(outcome)
    found = dict(zip(("id", "receipt", "job", "size", "received_at", "told_at"), plain, strict=True))
    return HandedIn(**found, counts=told.get("counts", {}), unwell=len(told.get("rows", ())))


def _refusal(job: str, *row: Any) -> Refusal:  # noqa: ANN401 - SQL values
    found = dict(zip(SetAside.__slots__, row, strict=True))
    return Refusal(job=job, row=SetAside(**{**found, "issues": json.loads(found["issues"])}))


def _jobs(table: str, *, opened: str = "") -> str:
    """Give the SQL that names the jobs of partner ?1 in a table, one look-up each however many rows there are."""
    where = f"{opened} AND " if opened else ""
    within = f"{where}job < ?1 || '0'"  # `0` follows `/`: a job's name is <partner>/<connector>
    return (
        f"WITH RECURSIVE j(job) AS (SELECT min(job) FROM {table} WHERE {where}job >= ?1 || '/' AND job < ?1 || '0'"
        f" UNION ALL SELECT (SELECT min(job) FROM {table} WHERE {within} AND job > j.job) FROM j"
        " WHERE j.job IS NOT NULL)"
    )


_ADDRESSED = (
    "SELECT c.seq AS seq, c.at AS at FROM (SELECT seq FROM audience WHERE organisation_id = {whom} AND seq > ?3"
    f" AND seq <= ?4 ORDER BY seq DESC LIMIT {COUNTED}) a CROSS JOIN change c ON c.seq = a.seq"
    " WHERE c.kind IN (SELECT value FROM json_each(?2))"
)
_NOT_OWN = (
    " AND NOT EXISTS (SELECT 1 FROM head h JOIN partner p ON p.id = h.partner_id WHERE h.id = c.head_id"
    " AND p.name = ?1)"
)
