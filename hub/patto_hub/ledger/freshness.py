"""The facts by which freshness is judged, for all jobs in two queries that stay fast among millions of runs."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from patto_hub.balance import Balance
from patto_hub.ledger import job_state

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection, RowMapping

    from patto_hub.ledger.job_state import JobState

HISTORY = 10
"""Good runs before the last one against which its volume is judged."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How the newest ended run ended."""

    run_id: int
    state: str
    finished_at: int
    trouble_code: str | None
    trouble_detail: str | None
    trouble_hint: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Good:
    """The newest run that read the partner to the end, without trouble."""

    run_id: int
    started_at: int
    finished_at: int
    balance: Balance


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What the ledger knows of one job's freshness."""

    state: JobState
    running_since: int | None = None
    ended: Ended | None = None
    good: Good | None = None
    news_at: int | None = None
    """When the newest run began that brought something new or changed."""
    volumes: tuple[int, ...] = ()
    """Records read by the good runs before the last one, newest first, at most `HISTORY`."""


def facts(connection: Connection, jobs: Sequence[str]) -> dict[str, Facts]:
    """Give the facts of each of these jobs."""
    names = json.dumps(list(jobs))
    states = job_state.of_jobs(connection, jobs)
    volumes: dict[str, list[int]] = {}
    for row in connection.exec_driver_sql(_VOLUMES, {"jobs": names, "limit": HISTORY + 1}):
        volumes.setdefault(row.job, []).append(row.read)
    rows = connection.exec_driver_sql(_FACTS, {"jobs": names}).mappings()
    return {row["job"]: _facts(row, states[row["job"]], volumes.get(row["job"], [])) for row in rows}


def _facts(row: RowMapping, state: JobState, volumes: list[int]) -> Facts:
    ended = None
    if row["ended_id"] is not None:
        ended = Ended(
            run_id=row["ended_id"],
            state=row["ended_state"],
            finished_at=row["ended_at"],
            trouble_code=row["trouble_code"],
            trouble_detail=row["trouble_detail"],
            trouble_hint=row["trouble_hint"],
        )
    good = None
    if row["good_id"] is not None:
        good = Good(
            run_id=row["good_id"],
            started_at=row["good_started_at"],
            finished_at=row["good_finished_at"],
            balance=Balance(**{name: row[name] for name in _COUNTED}),
        )
    return Facts(
        state=state,
        running_since=row["running_since"],
        ended=ended,
        good=good,
        news_at=row["news_at"],
        volumes=tuple(volumes[1:]),
    )


def good_run(job: str) -> str:
    """Give the SQL of the number of a job's newest good run, 0 for none; `job` is an SQL expression.

    Good is a run that read the partner to the end without trouble: one definition for freshness, pages and figures.
    """
    return (
        f"max(coalesce((SELECT max(id) FROM run WHERE job = {job} AND state = 'done'), 0),"
        f" coalesce((SELECT id FROM run WHERE job = {job} AND state = 'partial' AND trouble_code IS NULL"
        " ORDER BY id DESC LIMIT 1), 0))"
    )


_COUNTED = ("read", "new", "changed", "unchanged", "duplicate", "parked", "quarantined", "refused", "released")
_FACTS = (
    "WITH n AS (SELECT value AS job,"
    " (SELECT max(id) FROM run WHERE job = value AND state = 'running') AS running,"
    " (SELECT id FROM run WHERE job = value AND +state <> 'running' ORDER BY id DESC LIMIT 1) AS ended,"
    f" {good_run('value')} AS good,"
    " (SELECT max(id) FROM run WHERE job = value AND new + changed > 0) AS news FROM json_each(:jobs))"
    " SELECT n.job, r.started_at AS running_since, e.id AS ended_id, e.state AS ended_state, e.finished_at AS ended_at,"
    " e.trouble_code, e.trouble_detail, e.trouble_hint, g.id AS good_id, g.started_at AS good_started_at,"
    f" g.finished_at AS good_finished_at, w.started_at AS news_at, {', '.join(f'g.{each}' for each in _COUNTED)}"
    " FROM n LEFT JOIN run r ON r.id = n.running LEFT JOIN run e ON e.id = n.ended LEFT JOIN run g ON g.id = n.good"
    " LEFT JOIN run w ON w.id = n.news"
)
_VOLUMES = (
    "SELECT j.value AS job, run.read FROM json_each(:jobs) j JOIN run ON run.id IN (SELECT id FROM"
    " (SELECT * FROM (SELECT id FROM run d WHERE d.job = j.value AND d.state = 'done' ORDER BY id DESC LIMIT :limit)"
    " UNION ALL"
    " SELECT * FROM (SELECT id FROM run p WHERE p.job = j.value AND p.state = 'partial' AND p.trouble_code IS NULL"
    "  ORDER BY id DESC LIMIT :limit))"
    " ORDER BY id DESC LIMIT :limit) ORDER BY j.value, run.id DESC"
)
