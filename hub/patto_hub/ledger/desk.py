"""What staff do to a stream, each in one transaction with its audit entry, and once only however often it is sent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from patto_hub.ledger import audit, job_state, runs, staff

if TYPE_CHECKING:
    from sqlalchemy import Connection

LONGEST_REASON: Final = 200
"""Characters of a reason."""


def run_now(connection: Connection, job: str, *, by: str, form: str, now: int) -> bool:
    """Ask for a run of a job; False if this form was sent before: a double click is one wish."""
    if not staff.first_use(connection, form, now):
        return False
    job_state.request_run(connection, job, by=by, now=now)
    audit.append(connection, f"{runs.STAFF}{by}", "job.run_now", job, {}, now)
    return True


def pause(  # noqa: PLR0913 - who, what, why, how long, and which form
    connection: Connection, job: str, *, by: str, form: str, reason: str, until: int | None, now: int
) -> bool:
    """Pause a job; False if this form was sent before.

    Raises:
        ValueError: no reason, or an end that is not in the future.
    """
    if not staff.first_use(connection, form, now):
        return False
    stop(connection, job, actor=f"{runs.STAFF}{by}", reason=reason, until=until, now=now)
    return True


def stop(connection: Connection, job: str, *, actor: str, reason: str, until: int | None, now: int) -> None:  # noqa: PLR0913 - who, why, how long
    """Pause a job, and note who did so, why and until when.

    Raises:
        ValueError: no reason, a longer one than the pages show, or an end that is not in the future.
    """
    if len(reason.strip()) > LONGEST_REASON:
        raise ValueError(f"a reason has at most {LONGEST_REASON} characters")
    job_state.pause(connection, job, by=actor.removeprefix(runs.STAFF), reason=reason, now=now, until=until)
    audit.append(connection, actor, "job.pause", job, {"reason": reason.strip(), "until": until}, now)


def resume(connection: Connection, job: str, *, by: str, form: str, now: int) -> bool:
    """End a job's pause; False if this form was sent before."""
    if not staff.first_use(connection, form, now):
        return False
    go_on(connection, job, actor=f"{runs.STAFF}{by}", now=now)
    return True


def go_on(connection: Connection, job: str, *, actor: str, now: int) -> None:
    """End a job's pause, and any back-off, and note who did so."""
    job_state.resume(connection, job)
    audit.append(connection, actor, "job.resume", job, {}, now)


def confirm_vanished(connection: Connection, job: str, *, by: str, form: str, reason: str, now: int) -> bool:  # noqa: PLR0913 - who, what, why, which form
    """Let the records that a full list left out be deleted, and ask for the run that does it; False: form sent before.

    Raises:
        ValueError: no reason.
        LookupError: nothing waits to be confirmed.
    """
    if not staff.first_use(connection, form, now):
        return False
    allow_vanished(connection, job, actor=f"{runs.STAFF}{by}", reason=reason, now=now)
    job_state.request_run(connection, job, by=by, now=now)
    return True


def allow_vanished(connection: Connection, job: str, *, actor: str, reason: str, now: int) -> int:
    """Let the next full list leave out the records that wait, and note who said so and why; gives how many they are.

    Raises:
        ValueError: no reason.
        LookupError: nothing waits to be confirmed.
    """
    if not reason.strip():
        raise ValueError("a person who confirms a disappearance says why")
    records = job_state.confirm_vanished(connection, job)
    if records is None:
        raise LookupError(f"{job}: nothing waits to be confirmed")
    audit.append(
        connection, actor, "job.confirm_disappearance", job, {"records": records, "reason": reason.strip()}, now
    )
    return records
