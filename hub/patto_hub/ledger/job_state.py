"""What staff and outages have set for a job: pause, run now, back-off, circuit."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Connection

OPEN_AFTER = 5
"""Failures in a row after which a job's circuit opens: from then on single, spaced tries."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobState:
    """The state of one job; the defaults are those of a job that runs normally."""

    job: str
    paused_at: int | None = None
    paused_until: int | None = None
    """None while paused: until somebody resumes it."""
    paused_by: str | None = None
    pause_reason: str | None = None
    failures: int = 0
    """Runs in a row that brought nothing because of trouble."""
    outage_since: int | None = None
    not_before: int | None = None
    """No planned run before: back-off, or the time that the partner asked for."""
    circuit: str = "closed"
    requested_at: int | None = None
    requested_by: str | None = None
    vanished: int | None = None
    """Records that the last full list left out, and whose deletion waits for a person."""
    vanish_most: int | None = None
    """Records that a person lets the next full list leave out."""

    def paused(self, now: int) -> bool:
        """Whether the job is paused at this moment; a pause with an end is over by itself."""
        return self.paused_at is not None and (self.paused_until is None or now < self.paused_until)


def get(connection: Connection, job: str) -> JobState:
    """Give the state of one job."""
    return of_jobs(connection, [job])[job]


def of_jobs(connection: Connection, jobs: Iterable[str]) -> dict[str, JobState]:
    """Give the state of each of these jobs."""
    names = list(jobs)
    rows = connection.exec_driver_sql(
        "SELECT job, paused_at, paused_until, paused_by, pause_reason, failures, outage_since, not_before, circuit,"
        " requested_at, requested_by, vanished, vanish_most FROM job_state"
        " WHERE job IN (SELECT value FROM json_each(?))",
        (json.dumps(names),),
    )
    known = {row["job"]: JobState(**row) for row in rows.mappings()}
    return {job: known.get(job) or JobState(job=job) for job in names}


def pause(  # noqa: PLR0913 - who, why and how long belong together
    connection: Connection, job: str, *, by: str, reason: str, now: int, until: int | None = None
) -> None:
    """Let a job make no more runs, until an instant or until somebody resumes it; what is planned meanwhile waits.

    Raises:
        ValueError: no reason is given, or the end is not in the future.
    """
    if not reason.strip():
        message = "Indicare il motivo della sospensione, come «migrazione del gestionale». | Give a reason."
        raise ValueError(message)
    if until is not None and until <= now:
        message = "La fine della sospensione deve essere nel futuro. | The end of a pause must lie in the future."
        raise ValueError(message)
    connection.exec_driver_sql(
        "INSERT INTO job_state (job, paused_at, paused_until, paused_by, pause_reason) VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT (job) DO UPDATE SET paused_at = excluded.paused_at, paused_until = excluded.paused_until,"
        " paused_by = excluded.paused_by, pause_reason = excluded.pause_reason",
        (job, now, until, by, reason.strip()),
    )


def resume(connection: Connection, job: str) -> None:
    """End a pause, and any back-off: the next planned or waiting run may start at once."""
    connection.exec_driver_sql(
        "UPDATE job_state SET paused_at = NULL, paused_until = NULL, paused_by = NULL, pause_reason = NULL,"
        " not_before = NULL WHERE job = ?",
        (job,),
    )


def request_run(connection: Connection, job: str, *, by: str, now: int) -> None:
    """Ask for a run now, whatever the plan and the back-off say; while the job is paused the request waits."""
    connection.exec_driver_sql(
        "INSERT INTO job_state (job, requested_at, requested_by) VALUES (?, ?, ?) ON CONFLICT (job) DO UPDATE SET"
        " requested_at = excluded.requested_at, requested_by = excluded.requested_by",
        (job, now, by),
    )


def failed(connection: Connection, job: str, *, now: int, not_before: int) -> JobState:
    """Note a run that trouble kept from its data, and when the next try may be; gives the new state.

    `failures` is 1 in the state that begins an outage.
    """
    connection.exec_driver_sql(
        "INSERT INTO job_state (job, failures, outage_since, not_before) VALUES (?, 1, ?, ?) ON CONFLICT (job)"
        " DO UPDATE SET failures = failures + 1, outage_since = coalesce(outage_since, excluded.outage_since),"
        " not_before = excluded.not_before, circuit = CASE WHEN failures + 1 >= ? THEN 'open' ELSE circuit END",
        (job, now, not_before, OPEN_AFTER),
    )
    return get(connection, job)


def hold(connection: Connection, job: str, not_before: int) -> None:
    """Let planned runs of a job wait until an instant, without calling it a failure of its partner."""
    connection.exec_driver_sql(
        "INSERT INTO job_state (job, not_before) VALUES (?, ?)"
        " ON CONFLICT (job) DO UPDATE SET not_before = excluded.not_before",
        (job, not_before),
    )


def succeeded(connection: Connection, job: str) -> JobState:
    """Note a run that brought its data; gives the state before: its `outage_since` says whether an outage has ended."""
    before = get(connection, job)
    if before.failures or before.outage_since is not None or before.not_before is not None:
        connection.exec_driver_sql(
            "UPDATE job_state SET failures = 0, outage_since = NULL, not_before = NULL, circuit = 'closed'"
            " WHERE job = ?",
            (job,),
        )
    return before


def probe(connection: Connection, job: str) -> None:
    """Note that one try is on its way through an open circuit."""
    connection.exec_driver_sql("UPDATE job_state SET circuit = 'half_open' WHERE job = ? AND circuit = 'open'", (job,))


def hold_vanished(connection: Connection, job: str, records: int | None) -> None:
    """Note how many records a full list left out whose deletion waits; None: nothing waits (any more).

    What a person had confirmed was for that list, and is over either way.
    """
    connection.exec_driver_sql(
        "INSERT INTO job_state (job, vanished) VALUES (?, ?) ON CONFLICT (job) DO UPDATE SET"
        " vanished = excluded.vanished, vanish_most = NULL",
        (job, records),
    )


def confirm_vanished(connection: Connection, job: str) -> int | None:
    """Let the next full list leave out as many records as wait, and no more; gives how many, None if none wait."""
    most: int | None = connection.exec_driver_sql(
        "UPDATE job_state SET vanish_most = vanished WHERE job = ? AND vanished IS NOT NULL RETURNING vanish_most",
        (job,),
    ).scalar_one_or_none()
    return most
