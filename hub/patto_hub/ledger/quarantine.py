"""Rows that could not be taken, with their bytes and the reason, until somebody mends them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from patto_hub.ledger.raw import listed, many, raw, scalar

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy import Connection

CLOSED_BY_HAND = ("returned", "waived")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why a run has set rows aside: one code, how often, and the issues of one of the rows."""

    code: str
    owner: str
    rows: int
    issues: str
    """JSON list of issues of one of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Quarantined:
    """A row that was set aside."""

    id: int
    job: str
    run_id: int
    partner_id: int
    inbox_id: int | None
    position: str
    kind: str | None
    key: str | None
    row: bytes
    """The original bytes of the row: personal data, only for who may see them."""
    row_digest: int
    issues: str
    """JSON list of issues."""
    code: str
    owner: str
    state: str
    times: int
    opened_at: int
    last_at: int
    closed_at: int | None
    closed_by: str | None
    reason: str | None


def add(connection: Connection, rows: Sequence[tuple[object, ...]]) -> None:
    """Set rows aside: (job, run, partner, inbox, position, kind, key, row, row digest, issues, code, owner, now, now).

    The same bad row again is the same entry, seen once more; one that was thought fixed is open again.
    """
    many(connection, _ADD, rows)


def settle(connection: Connection, job: str, keys: Iterable[tuple[str, str]], rows: Iterable[int], now: int) -> None:
    """Close the open entries of things that have now arrived as good records, by (kind, key) or by row digest."""
    if scalar(connection, "SELECT 1 FROM quarantine WHERE state = 'open' AND job = ? LIMIT 1", job) is None:
        return
    close_it = (
        "UPDATE quarantine SET state = 'fixed', closed_at = ?3, closed_by = 'hub' WHERE state = 'open' AND job = ?2"
    )
    listed(connection, f"{close_it} AND row_digest IN (SELECT value FROM json_each(?1))", rows, job, now)
    listed(
        connection,
        f"{close_it} AND (kind, key) IN"
        " (SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]') FROM json_each(?1))",
        keys,
        job,
        now,
    )


def close(  # noqa: PLR0913 - who, why and when belong together
    connection: Connection, number: int, *, state: str, by: str, reason: str, now: int
) -> bool:
    """Let a person close an entry: `returned` to the partner, or `waived` with a reason; False if it was not open.

    Raises:
        ValueError: another state, or no reason.
    """
    if state not in CLOSED_BY_HAND or not reason.strip():
        raise ValueError(f"a person closes an entry as {' or '.join(CLOSED_BY_HAND)}, and says why")
    done = raw(connection).execute(
        "UPDATE quarantine SET state = ?, closed_at = ?, closed_by = ?, reason = ? WHERE id = ? AND state = 'open'",
        (state, now, by, reason, number),
    )
    return done.rowcount > 0


def get(connection: Connection, number: int) -> Quarantined | None:
    """Give one entry with its bytes."""
    return next(iter(_read(connection, "id = ?", (number,), 1)), None)


def open_entries(
    connection: Connection, *, job: str | None = None, after: int = 0, limit: int = 1_000
) -> list[Quarantined]:
    """List open entries, oldest first, of one job or of all."""
    return _read(connection, "state = 'open' AND (?1 IS NULL OR job = ?1) AND id > ?2", (job, after), limit)


def reasons(connection: Connection, job: str, run_id: int, limit: int = 5) -> list[Reason]:
    """Tell why a run has set rows aside, the most frequent reason first."""
    found = raw(connection).execute(
        "SELECT code, owner, count(*), min(issues) FROM quarantine WHERE state = 'open' AND job = ? AND run_id = ?"
        " GROUP BY code, owner ORDER BY count(*) DESC, code LIMIT ?",
        (job, run_id, limit),
    )
    return [Reason(code=code, owner=owner, rows=rows, issues=issues) for code, owner, rows, issues in found]


def count(connection: Connection, job: str | None = None, state: str = "open") -> int:
    """Count entries in a state, of one job or of all."""
    return int(
        scalar(connection, "SELECT count(*) FROM quarantine WHERE state = ?2 AND (?1 IS NULL OR job = ?1)", job, state)
    )


def _read(connection: Connection, where: str, values: tuple[object, ...], limit: int) -> list[Quarantined]:
    columns = ", ".join(Quarantined.__slots__)
    found = raw(connection).execute(
        f"SELECT {columns} FROM quarantine WHERE {where} ORDER BY id LIMIT {int(limit)}",
        values,
    )
    return [Quarantined(**dict(zip(Quarantined.__slots__, row, strict=True))) for row in found]


_ADD = """
INSERT INTO quarantine (job, run_id, partner_id, inbox_id, position, kind, key, row, row_digest, issues, code, owner,
  opened_at, last_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (job, row_digest) DO UPDATE SET
  times = times + 1, last_at = excluded.last_at, run_id = excluded.run_id,
  inbox_id = coalesce(excluded.inbox_id, inbox_id),
  position = excluded.position, issues = excluded.issues, code = excluded.code, owner = excluded.owner,
  state = CASE state WHEN 'waived' THEN 'waived' ELSE 'open' END,
  closed_at = CASE state WHEN 'waived' THEN closed_at END,
  closed_by = CASE state WHEN 'waived' THEN closed_by END,
  reason = CASE state WHEN 'waived' THEN reason END
"""
