"""Good records that wait for what they refer to; the transaction that brings it lets them go on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from patto_hub.ledger import snags
from patto_hub.ledger.raw import listed, many, raw, scalar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from sqlalchemy import Connection

    from patto_hub.ledger.identifiers import Wanted


@dataclass(frozen=True, slots=True, kw_only=True)
class Parked:
    """A record that waits, as the ledger keeps it."""

    id: int
    job: str
    run_id: int
    partner_id: int
    since: int
    inbox_id: int | None
    position: str
    record: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A record that waits, for people: no content."""

    id: int
    job: str
    kind: str
    waits_kind: str
    waits_scheme: str
    since: int
    patience_until: int


def any_waits(connection: Connection) -> bool:
    """Say whether anything waits at all."""
    return scalar(connection, "SELECT 1 FROM parked LIMIT 1") is not None


def add(connection: Connection, rows: Sequence[tuple[object, ...]]) -> None:
    """Park records; a row has the columns of the statement, in their order.

    The same content that waits already stays as it is.
    """
    many(
        connection,
        "INSERT INTO parked (job, run_id, partner_id, kind, key, digest, waits_kind, waits_scheme, waits_value, since,"
        " patience_until, inbox_id, position, record) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (partner_id, kind, key, digest) DO NOTHING",
        rows,
    )


def contents(
    connection: Connection, partner_id: int, wanted: Iterable[tuple[str, str, int]]
) -> dict[tuple[str, str, int], int]:
    """Give the numbers of those of a partner's records (kind, key, digest) that wait."""
    rows = listed(
        connection,
        "SELECT p.kind, p.key, p.digest, p.id FROM json_each(?) j CROSS JOIN parked p ON p.partner_id = ?"
        " AND p.kind = json_extract(j.value, '$[0]') AND p.key = json_extract(j.value, '$[1]')"
        " AND p.digest = json_extract(j.value, '$[2]')",
        wanted,
        partner_id,
    )
    return {(kind, key, digest): number for kind, key, digest, number in rows}


def waiting_for(connection: Connection, names: Iterable[Wanted]) -> list[Parked]:
    """Give what waits for any of these names, in the order in which it was parked."""
    rows = listed(
        connection,
        "SELECT p.id, p.job, p.run_id, p.partner_id, p.since, p.inbox_id, p.position, p.record FROM json_each(?) j"
        " CROSS JOIN parked p ON p.waits_scheme = json_extract(j.value, '$[1][0]')"
        " AND p.waits_value = json_extract(j.value, '$[1][1]') AND p.waits_kind = json_extract(j.value, '$[0]')"
        " ORDER BY p.id",
        names,
    )
    return [
        Parked(
            id=number,
            job=job,
            run_id=run,
            partner_id=partner,
            since=since,
            inbox_id=inbox,
            position=position,
            record=record,
        )
        for number, job, run, partner, since, inbox, position, record in rows
    ]


def release(connection: Connection, numbers: Sequence[int], now: int) -> None:
    """Take records out of waiting: they have been recorded."""
    _take_out(connection, numbers, "fixed", now)


def withdraw(connection: Connection, job: str, named: Callable[[int], bool], prefixes: Iterable[str], now: int) -> int:
    """Drop what waits of a job under these beginnings of keys and was not named, by its number: nobody says it now."""
    found = listed(
        connection,
        "SELECT p.id FROM json_each(?) j CROSS JOIN parked p"
        " ON p.job = ? AND substr(p.key, 1, length(j.value)) = j.value",
        prefixes,
        job,
    )
    gone = sorted({number for (number,) in found if not named(number)})
    _take_out(connection, gone, snags.WITHDRAWN, now)
    return len(gone)


def _take_out(connection: Connection, numbers: Sequence[int], state: str, now: int) -> None:
    if numbers:
        many(connection, "DELETE FROM parked WHERE id = ?", [(number,) for number in numbers])
        snags.end(connection, "waiting", numbers, state, now)


def wait_for(connection: Connection, rows: Sequence[tuple[int, Wanted]]) -> None:
    """Let records wait for another name than before: what they waited for has come, and something else is missing."""
    many(
        connection,
        "UPDATE parked SET waits_kind = ?, waits_scheme = ?, waits_value = ? WHERE id = ?",
        [(kind, *name, number) for number, (kind, name) in rows],
    )


def impatient(connection: Connection, now: int, limit: int = 1_000) -> list[Waiting]:
    """Give those that have waited too long and that nobody was told of yet, and note that somebody is told now."""
    rows = raw(connection).execute(
        "UPDATE parked SET told_at = ? WHERE id IN (SELECT id FROM parked WHERE patience_until <= ? AND told_at IS NULL"
        " ORDER BY patience_until LIMIT ?) RETURNING id, job, kind, waits_kind, waits_scheme, since, patience_until",
        (now, now, limit),
    )
    told = [
        Waiting(
            id=number,
            job=job,
            kind=kind,
            waits_kind=waits_kind,
            waits_scheme=waits_scheme,
            since=since,
            patience_until=until,
        )
        for number, job, kind, waits_kind, waits_scheme, since, until in rows.fetchall()
    ]
    snags.follow_waiting(connection, [each.id for each in told], now)
    return told


def count(connection: Connection, job: str | None = None) -> int:
    """Count what waits, of one job or of all."""
    return int(scalar(connection, "SELECT count(*) FROM parked WHERE ? IS NULL OR job = ?", job, job))
