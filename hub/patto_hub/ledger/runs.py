"""Runs and their leases: one writer per job, and a number (fence) by which a late one is recognised."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any

from patto_connectors.errors import Unreachable
from patto_hub.balance import Balance
from patto_hub.ledger import job_state

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sqlalchemy import Connection, RowMapping

    from patto_connectors.errors import Trouble

LEASE_MS = 30_000
"""How long a lease lasts without a heartbeat."""
STAFF = "staff:"
"""How the reason of a run begins that a person asked for; the name follows."""
PUSHED = "push"
"""The reason of a run for what a partner has handed in."""
LONGEST_LEASE_MS = 3_600_000
"""An expiry further ahead than this was written by a clock that ran ahead of ours: the lease counts as expired."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A run that holds its job's lease."""

    id: int
    job: str
    partner_id: int
    attempt: int
    fence: int
    owner: str
    started_at: int
    slot_key: str | None = None
    reason: str = "schedule"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a run came to: what whoever dispatched it needs to decide about the next attempt."""

    run: Run
    state: str
    """One of `done`, `partial`, `failed`, `cancelled`, `stopped`, `lost` (fenced off by another run)."""
    balance: Balance
    trouble: Trouble | None = None
    pacts: Iterable[int] = ()
    """Pacts whose dossiers it has changed, in ascending order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunReport:
    """What the ledger knows of a run, for people."""

    id: int
    job: str
    partner_id: int
    attempt: int
    owner: str
    reason: str
    state: str
    started_at: int
    finished_at: int | None
    slot_key: str | None
    balance: Balance
    trouble_code: str | None
    trouble_detail: str | None
    trouble_hint: str | None
    traceback: str | None


class Fenced(Exception):  # noqa: N818 - the design's word
    """Another run has taken over this job: nothing of this one may be written any more."""


def start(  # noqa: PLR0913 - a run's row is this wide
    connection: Connection,
    *,
    job: str,
    partner_id: int,
    owner: str,
    reason: str,
    now: int,
    lease_ms: int = LEASE_MS,
    slot_key: str | None = None,
    attempt: int = 1,
) -> Run | None:
    """Begin a run and take the job's lease, over an expired one if need be; that one's run becomes `lost`.

    None if somebody else holds the lease, or if the slot is no longer waiting (another hub has made this run).
    """
    if not 0 < lease_ms <= LONGEST_LEASE_MS:
        message = f"a lease lasts between 1 and {LONGEST_LEASE_MS} ms, not {lease_ms}"
        raise ValueError(message)
    held = connection.exec_driver_sql("SELECT fence, expires_at FROM lease WHERE job = ?", (job,)).one_or_none()
    if held is not None and now < held.expires_at <= now + LONGEST_LEASE_MS:
        return None
    _lose(connection, job, now)
    if slot_key is not None and not _take_slot(connection, job, slot_key):
        return None
    if _asked_for(reason):
        _answer_request(connection, job)
    fence = 1 if held is None else held.fence + 1
    connection.exec_driver_sql(
        "INSERT INTO lease (job, owner, fence, expires_at) VALUES (?, ?, ?, ?) ON CONFLICT (job) DO UPDATE"
        " SET owner = excluded.owner, fence = excluded.fence, expires_at = excluded.expires_at",
        (job, owner, fence, now + lease_ms),
    )
    run_id: int = connection.exec_driver_sql(
        "INSERT INTO run (job, partner_id, slot_key, attempt, fence, owner, reason, state, started_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, 'running', ?) RETURNING id",
        (job, partner_id, slot_key, attempt, fence, owner, reason, now),
    ).scalar_one()
    return Run(
        id=run_id,
        job=job,
        partner_id=partner_id,
        attempt=attempt,
        fence=fence,
        owner=owner,
        started_at=now,
        slot_key=slot_key,
        reason=reason,
    )


def guard(connection: Connection, run: Run) -> None:
    """Make sure that this run still holds its job's lease; every commit of a run calls this in its transaction.

    Raises:
        Fenced: the lease was taken over, or has been given back.
    """
    if not _holds(connection, run):
        message = f"run {run.id} of {run.job} no longer holds its lease (fence {run.fence}): another run took over"
        raise Fenced(message)


def heartbeat(connection: Connection, run: Run, now: int, lease_ms: int = LEASE_MS) -> None:
    """Prolong the lease of a run.

    Raises:
        Fenced: the lease was taken over.
    """
    guard(connection, run)
    connection.exec_driver_sql("UPDATE lease SET expires_at = ? WHERE job = ?", (now + lease_ms, run.job))


def fences(connection: Connection, jobs: Iterable[str]) -> dict[str, int]:
    """Give the fencing number that each of these jobs has reached, 0 for one that never ran: a later run has more."""
    names = list(jobs)
    rows = connection.exec_driver_sql(
        "SELECT job, fence FROM lease WHERE job IN (SELECT value FROM json_each(?))", (json.dumps(names),)
    )
    reached = {str(row.job): int(row.fence) for row in rows}
    return {job: reached.get(job, 0) for job in names}


def beat(connection: Connection, owner: str, jobs: Mapping[str, int], now: int, lease_ms: int = LEASE_MS) -> int:
    """Prolong the leases of the runs that this owner has in hand; gives how many they are.

    `jobs` gives for each job the fence before its run: a lease that an earlier run of this owner could not give back
    (the disk was full) is not prolonged, and runs out.
    """
    return connection.exec_driver_sql(
        "UPDATE lease SET expires_at = ? WHERE owner = ? AND expires_at > 0"
        " AND EXISTS (SELECT 1 FROM json_each(?) j WHERE j.key = lease.job AND lease.fence > j.value)",
        (now + lease_ms, owner, json.dumps(dict(jobs))),
    ).rowcount


def add(connection: Connection, run: Run, balance: Balance) -> None:
    """Add a page's balance to the run's own, in the transaction that keeps the page."""
    connection.exec_driver_sql(_ADD, {"id": run.id, **asdict(balance)})


def finish(  # noqa: PLR0913 - a run's end is this wide
    connection: Connection,
    run: Run,
    state: str,
    now: int,
    *,
    trouble: Trouble | None = None,
    traceback: str | None = None,
) -> None:
    """End a run and give its lease back; doing it again with the same state is harmless.

    A slot whose run was cancelled, or found its partner unreachable, waits again; otherwise the slot is done. So does
    what a partner has handed in, which no plan may ever read.

    Raises:
        Fenced: the lease was taken over before.
    """
    if not _holds(connection, run) and _state(connection, run.id) == state:
        return
    guard(connection, run)
    connection.exec_driver_sql(
        "UPDATE run SET state = ?, finished_at = ?, trouble_code = ?, trouble_detail = ?, trouble_hint = ?,"
        " traceback = ? WHERE id = ?",
        (state, now, *_words(trouble), traceback, run.id),
    )
    connection.exec_driver_sql("UPDATE lease SET expires_at = 0 WHERE job = ?", (run.job,))
    if state == "cancelled" or (run.reason == PUSHED and isinstance(trouble, Unreachable)):
        _again(connection, run, now)
    _end_slot(connection, run.job, run.slot_key, "waiting" if isinstance(trouble, Unreachable) else "done")


def leased(connection: Connection) -> bool:
    """Whether any lease is held at all."""
    return connection.exec_driver_sql("SELECT 1 FROM lease WHERE expires_at > 0 LIMIT 1").one_or_none() is not None


def expire(connection: Connection, now: int) -> list[Run]:
    """End the runs whose lease has run out: they are `lost`, their fence is passed, their slots wait again."""
    rows = connection.exec_driver_sql(
        "SELECT job FROM lease WHERE expires_at > 0 AND (expires_at <= ? OR expires_at > ?) ORDER BY job",
        (now, now + LONGEST_LEASE_MS),
    ).all()
    return [run for row in rows for run in release(connection, row.job, now)]


def give_up(  # noqa: PLR0913 - a run's end is this wide
    connection: Connection, job: str, owner: str, now: int, *, trouble: Trouble | None, traceback: str | None = None
) -> Run | None:
    """End the run that this owner has left open as `failed`; None if it has none (any more)."""
    row = (
        connection.exec_driver_sql(
            "SELECT run.id, run.job, run.partner_id, run.attempt, run.fence, run.owner, run.started_at, run.slot_key,"
            " run.reason FROM run JOIN lease ON lease.job = run.job AND lease.fence = run.fence"
            " WHERE run.job = ? AND run.owner = ? AND run.state = 'running' AND lease.expires_at > 0",
            (job, owner),
        )
        .mappings()
        .one_or_none()
    )
    if row is None:
        return None
    run = Run(**row)
    finish(connection, run, "failed", now, trouble=trouble, traceback=traceback)
    return run


def beat_and_expire(
    connection: Connection, owner: str, jobs: Mapping[str, int], now: int, lease_ms: int = LEASE_MS
) -> list[Run]:
    """Prolong the leases of this owner's runs in hand (see `beat`), then end all runs whose lease has run out."""
    beat(connection, owner, jobs, now, lease_ms)
    return expire(connection, now)


def release(connection: Connection, job: str, now: int, *, owner: str | None = None) -> list[Run]:
    """Take a job's lease away from whoever holds it (or only if it is `owner`); its run is `lost`, and is given."""
    taken = connection.exec_driver_sql(
        "UPDATE lease SET fence = fence + 1, expires_at = 0"
        " WHERE job = ? AND expires_at > 0 AND owner = coalesce(?, owner)",
        (job, owner),
    )
    return _lose(connection, job, now) if taken.rowcount else []


def get(connection: Connection, run_id: int) -> RunReport | None:
    """Give one run; None if there is none of this number."""
    row = connection.exec_driver_sql(f"{_REPORT} WHERE id = ?", (run_id,)).mappings().one_or_none()
    return None if row is None else _report(row)


def last(connection: Connection, job: str) -> RunReport | None:
    """Give the newest run of a job, running or ended."""
    return next(iter(newest(connection, job=job, limit=1)), None)


def newest(
    connection: Connection, *, job: str | None = None, before: int | None = None, limit: int = 50
) -> list[RunReport]:
    """List runs, newest first, of one job or of all; `before` is the last run number of the page before."""
    rows = connection.exec_driver_sql(
        f"{_REPORT} WHERE id < ? {'' if job is None else 'AND job = ?'} ORDER BY id DESC LIMIT ?",
        (_BEYOND if before is None else before, *(() if job is None else (job,)), limit),
    )
    return [_report(row) for row in rows.mappings()]


def _report(row: RowMapping) -> RunReport:
    facts: dict[str, Any] = dict(row)
    balance = Balance(**{each.name: facts.pop(each.name) for each in fields(Balance)})
    return RunReport(balance=balance, **facts)


def _lose(connection: Connection, job: str, now: int) -> list[Run]:
    rows = connection.exec_driver_sql(
        "UPDATE run SET state = 'lost', finished_at = ? WHERE job = ? AND state = 'running'"
        " RETURNING id, job, partner_id, attempt, fence, owner, started_at, slot_key, reason",
        (now, job),
    ).mappings()
    lost = [Run(**row) for row in rows.all()]
    for run in lost:
        _again(connection, run, now)
    return lost


def _again(connection: Connection, run: Run, now: int) -> None:
    """Leave what the run was for to be done again."""
    _end_slot(connection, run.job, run.slot_key, "waiting")
    if _asked_for(run.reason):
        job_state.request_run(connection, run.job, by=run.reason.removeprefix(STAFF), now=now)


def _asked_for(reason: str) -> bool:
    """Whether a run was made because somebody asked: a person, or a partner that handed something in."""
    return reason == PUSHED or reason.startswith(STAFF)


def _holds(connection: Connection, run: Run) -> bool:
    return (
        connection.exec_driver_sql(
            "SELECT 1 FROM lease WHERE job = ? AND fence = ? AND expires_at > 0", (run.job, run.fence)
        ).one_or_none()
        is not None
    )


def _state(connection: Connection, run_id: int) -> str | None:
    state: str | None = connection.exec_driver_sql("SELECT state FROM run WHERE id = ?", (run_id,)).scalar_one_or_none()
    return state


def _take_slot(connection: Connection, job: str, slot_key: str) -> bool:
    taken = connection.exec_driver_sql(
        "UPDATE slot SET state = 'running' WHERE job = ? AND slot_key = ? AND state = 'waiting'", (job, slot_key)
    )
    if taken.rowcount:  # what waited for longer is fetched by this run as well
        connection.exec_driver_sql(
            "UPDATE slot SET state = 'skipped' WHERE job = ? AND state = 'waiting'"
            " AND due_at < (SELECT due_at FROM slot WHERE job = ? AND slot_key = ?)",
            (job, job, slot_key),
        )
        return True
    known = connection.exec_driver_sql("SELECT 1 FROM slot WHERE job = ? AND slot_key = ?", (job, slot_key))
    return known.one_or_none() is None


def _end_slot(connection: Connection, job: str, slot_key: str | None, state: str) -> None:
    connection.exec_driver_sql(
        "UPDATE slot SET state = ? WHERE job = ? AND slot_key = ? AND state = 'running'", (state, job, slot_key)
    )


def _answer_request(connection: Connection, job: str) -> None:
    connection.exec_driver_sql("UPDATE job_state SET requested_at = NULL, requested_by = NULL WHERE job = ?", (job,))


def _words(trouble: Trouble | None) -> tuple[str | None, str | None, str | None]:
    return (None, None, None) if trouble is None else (trouble.code, trouble.detail, trouble.hint or None)


_BEYOND = 2**63 - 1  # higher than any run's number

_REPORT = (
    "SELECT id, job, partner_id, attempt, owner, reason, state, started_at, finished_at, slot_key, trouble_code,"
    " trouble_detail, trouble_hint, traceback, pages, bytes, read, new, changed, unchanged, duplicate, parked,"
    " quarantined, refused, released FROM run"
)
_ADD = (
    "UPDATE run SET pages = pages + :pages, bytes = bytes + :bytes, read = read + :read, new = new + :new,"
    " changed = changed + :changed, unchanged = unchanged + :unchanged, duplicate = duplicate + :duplicate,"
    " parked = parked + :parked, quarantined = quarantined + :quarantined, refused = refused + :refused,"
    " released = released + :released WHERE id = :id"
)
