"""Planned runs: whoever inserts a slot first has claimed it for all hubs, and it waits here until its run is done."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy import Connection

LOOKED_BACK = 20
"""Newest runs of a job among which the earlier attempts of a slot are looked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A slot whose run has still to be made."""

    job: str
    slot_key: str
    due_at: int
    attempt: int
    """1, or one more than the last attempt at this slot."""


def claim(
    connection: Connection, job: str, planned: Sequence[tuple[str, int]], now: int, *, keep_all: bool = False
) -> int:
    """Put planned runs (key, due instant) into the table; gives how many of them were new.

    A new one takes the place of older ones that still wait (they become `skipped`: one run fetches all that there is),
    unless `keep_all`.
    """
    new = 0
    for key, due_at in planned:
        new += connection.exec_driver_sql(
            "INSERT INTO slot (job, slot_key, due_at, claimed_at, state) VALUES (?, ?, ?, ?, 'waiting')"
            " ON CONFLICT (job, slot_key) DO NOTHING",
            (job, key, due_at, now),
        ).rowcount
    if new and not keep_all:
        connection.exec_driver_sql(
            "UPDATE slot SET state = 'skipped' WHERE job = ? AND state = 'waiting' AND due_at < ?",
            (job, max(due_at for _, due_at in planned)),
        )
    return new


def last_due(connection: Connection, jobs: Iterable[str], now: int) -> dict[str, int]:
    """Give for each job when its newest slot was due; jobs without one are left out.

    Slots due after `now` were claimed under a clock that ran ahead; they do not count.
    """
    rows = connection.exec_driver_sql(
        "SELECT value AS job, (SELECT max(due_at) FROM slot WHERE job = value AND due_at <= ?) AS due_at"
        " FROM json_each(?)",
        (now, json.dumps(list(jobs))),
    )
    return {row.job: row.due_at for row in rows if row.due_at is not None}


def waiting(connection: Connection) -> list[Waiting]:
    """List the slots that wait for a run, the longest due first."""
    rows = connection.exec_driver_sql(
        "SELECT job, slot_key, due_at, 1 + coalesce((SELECT max(attempt) FROM (SELECT attempt, slot_key FROM run"
        " WHERE run.job = slot.job ORDER BY id DESC LIMIT ?) AS r WHERE r.slot_key = slot.slot_key), 0) AS attempt"
        " FROM slot WHERE state = 'waiting' ORDER BY due_at, job",
        (LOOKED_BACK,),
    )
    return [Waiting(**row) for row in rows.mappings()]


def forget(connection: Connection, before: int) -> int:
    """Remove ended slots that were due before an instant; gives how many."""
    return connection.exec_driver_sql(
        "DELETE FROM slot WHERE due_at < ? AND state IN ('done', 'skipped')", (before,)
    ).rowcount
