"""How a partner's format moves away from the schema: fields that came, went or changed type, each noted once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from patto_hub.ledger.raw import many, raw

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """One field that is not as agreed."""

    field: str
    what: str
    """added | missing | retyped."""
    first_at: int
    last_at: int
    times: int


def note(connection: Connection, job: str, counts: Mapping[tuple[str, str], int], now: int) -> None:
    """Count (field, what) of a page; the first time gives `first_at`."""
    many(
        connection,
        "INSERT INTO drift (job, field, what, first_at, last_at, times) VALUES (?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (job, field, what) DO UPDATE SET last_at = excluded.last_at, times = times + excluded.times",
        [(job, field, what, now, now, times) for (field, what), times in sorted(counts.items())],
    )


def of_job(connection: Connection, job: str) -> list[Drift]:
    """List what is known of a job's drift, by field."""
    rows = raw(connection).execute(
        "SELECT field, what, first_at, last_at, times FROM drift WHERE job = ? ORDER BY field, what", (job,)
    )
    return [
        Drift(field=field, what=what, first_at=first, last_at=last, times=times)
        for field, what, first, last, times in rows
    ]


def jobs(connection: Connection) -> list[str]:
    """List the jobs of which any drift is known."""
    return [str(job) for (job,) in raw(connection).execute("SELECT DISTINCT job FROM drift ORDER BY job")]
