"""Where each job goes on; a cursor moves only in the transaction that keeps what it covers."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from patto_hub.ledger.raw import raw, scalar

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection

    from patto_hub.ledger.runs import Run


def get(connection: Connection, job: str) -> Mapping[str, Any] | None:
    """Give a job's cursor; None before its first page."""
    value = scalar(connection, "SELECT value FROM cursor WHERE job = ?", job)
    if value is None:
        return None
    cursor: Mapping[str, Any] = json.loads(value)
    return cursor


def move(connection: Connection, run: Run, value: Mapping[str, Any], now: int) -> None:
    """Move the cursor of a run's job, in the transaction that keeps the page."""
    raw(connection).execute(
        "INSERT INTO cursor (job, value, run_id, moved_at) VALUES (?, ?, ?, ?) ON CONFLICT (job) DO UPDATE"
        " SET value = excluded.value, run_id = excluded.run_id, moved_at = excluded.moved_at",
        (run.job, json.dumps(dict(value), sort_keys=True), run.id, now),
    )


def forget(connection: Connection, job: str) -> None:
    """Let a job start from the beginning next time; what is known stays known, so only news is written."""
    raw(connection).execute("DELETE FROM cursor WHERE job = ?", (job,))
