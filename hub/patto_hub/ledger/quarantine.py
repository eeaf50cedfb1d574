"""Rows that could not be taken, with their bytes and the reason, until somebody mends them."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from patto_hub.ledger import snags
from patto_hub.ledger.raw import listed, many, raw, scalar

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

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
    by_job: dict[object, list[object]] = defaultdict(list)
    for row in rows:
        by_job[row[0]].append(row[8])
    for job, digests in by_job.items():
        found = listed(
            connection,
            "SELECT q.id FROM json_each(?) j CROSS JOIN quarantine q ON q.job = ? AND q.row_digest = j.value"
            " WHERE q.state = 'open'",
            digests,
            job,
        )
        snags.follow_rows(connection, [number for (number,) in found], max(int(str(row[13])) for row in rows))


def settle(  # noqa: PLR0913, PLR0917 - the three ways in which a good record is known
    connection: Connection,
    job: str,
    keys: Iterable[tuple[str, str]],
    rows: Iterable[int],
    heads: Iterable[int],
    now: int,
) -> None:
    """Close the open entries of things that have now arrived as good records.

    They are told by (kind, key), by row digest, or by the heads of rows that were known already.
    """
    if not _any_open(connection, job):
        return
    close_it = (
        "UPDATE quarantine SET state = 'fixed', closed_at = ?3, closed_by = 'hub' WHERE state = 'open' AND job = ?2"
    )
    done = listed(
        connection, f"{close_it} AND row_digest IN (SELECT value FROM json_each(?1)) RETURNING id", rows, job, now
    )
    done += listed(
        connection,
        f"{close_it} AND (kind, key) IN"
        " (SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]') FROM json_each(?1)) RETURNING id",
        keys,
        job,
        now,
    )
    done += listed(
        connection,
        f"{close_it} AND key IS NOT NULL AND (SELECT h.id FROM head h WHERE h.partner_id = quarantine.partner_id"
        " AND h.kind = quarantine.kind AND h.key = quarantine.key) IN (SELECT value FROM json_each(?1)) RETURNING id",
        heads,
        job,
        now,
    )
    snags.follow_rows(connection, [number for (number,) in done], now)


def withdraw_unseen(connection: Connection, job: str, run_id: int, now: int) -> int:
    """Close the open entries of a job whose rows a run that has read everything did not meet; gives how many."""
    done = (
        raw(connection)
        .execute(f"{_WITHDRAW} AND run_id <> ? RETURNING id", (now, snags.WITHDRAWN, job, run_id))
        .fetchall()
    )
    snags.follow_rows(connection, [number for (number,) in done], now)
    return len(done)


def withdraw_replaced(
    connection: Connection, job: str, prefixes: Iterable[str], seen: Collection[int], now: int
) -> None:
    """Close the open entries that a cumulative file replaces and that are not among the bad rows which it has.

    It replaces an entry whose key lies under its beginnings of keys, and one that came with a file all of whose
    beginnings lie under them. What it has is marked as come with it.
    """
    if not _any_open(connection, job):
        return
    under = json.dumps(list(prefixes))
    met = json.dumps(list(seen))
    done = raw(connection).execute(_REPLACED, (now, snags.WITHDRAWN, job, met, under)).fetchall()
    raw(connection).execute(_FORGET_SCOPE, (job, met))
    raw(connection).execute(_NOTE_SCOPE, (job, met, under))
    snags.follow_rows(connection, [number for (number,) in done], now)


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
    if done.rowcount:
        snags.follow_rows(connection, [number], now)
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


def _any_open(connection: Connection, job: str) -> bool:
    return scalar(connection, "SELECT 1 FROM quarantine WHERE state = 'open' AND job = ? LIMIT 1", job) is not None


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
_WITHDRAW = (
    "UPDATE quarantine SET state = 'fixed', closed_at = ?, closed_by = 'hub', reason = ?"
    " WHERE state = 'open' AND job = ?"
)
_REPLACED = """
UPDATE quarantine SET state = 'fixed', closed_at = ?1, closed_by = 'hub', reason = ?2
WHERE state = 'open' AND job = ?3 AND row_digest NOT IN (SELECT value FROM json_each(?4)) AND (
  (key IS NOT NULL AND EXISTS (SELECT 1 FROM json_each(?5) j WHERE substr(key, 1, length(j.value)) = j.value))
  OR (
    EXISTS (SELECT 1 FROM quarantine_scope s WHERE s.entry_id = quarantine.id)
    AND NOT EXISTS (
      SELECT 1 FROM quarantine_scope s WHERE s.entry_id = quarantine.id AND NOT EXISTS (
        SELECT 1 FROM json_each(?5) j WHERE substr(s.prefix, 1, length(j.value)) = j.value
      )
    )
  )
) RETURNING id
"""
_OF_SEEN = "SELECT q.id FROM json_each(?2) j CROSS JOIN quarantine q ON q.job = ?1 AND q.row_digest = j.value"
_FORGET_SCOPE = f"DELETE FROM quarantine_scope WHERE entry_id IN ({_OF_SEEN})"
_NOTE_SCOPE = f"""
INSERT INTO quarantine_scope (entry_id, prefix) SELECT o.id, p.value FROM ({_OF_SEEN}) o CROSS JOIN json_each(?3) p
WHERE true ON CONFLICT DO NOTHING
"""
