"""Snags: what of a partner's own data could not be taken, in one sequence that a reader can follow.

Written in the transaction that opens or closes the thing itself. A snag has one row, which gets a new number whenever
it changes: who reads after a number learns of each snag as it is now, and once. Closed ones are kept for as long as a
reader's place is good; what is open stays.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from patto_hub.ledger.raw import listed, raw, scalar

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy import Connection

WITHDRAWN: Final = "withdrawn"
"""The reason of a quarantine entry that was closed because its partner no longer sends the row."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Snag:
    """Something that a partner has to know of, as it is now."""

    id: int
    seq: int
    sort: str
    """`row`, `waiting`, `finding` or `item`."""
    job: str
    position: str
    kind: str | None
    owner: str
    issues: str
    """JSON list of issues."""
    receipt: str | None
    state: str
    """`open`, `fixed`, `withdrawn`, `returned` or `waived`."""
    since: int
    changed_at: int


@dataclass(frozen=True, slots=True)
class Page:
    """Snags in the order of their numbers."""

    snags: Sequence[Snag]
    position: int
    """The number after which the next page starts."""
    more: bool
    newest: int
    """The highest number in use: a reader beyond it knows a ledger that was lost."""
    dropped: int
    """The highest number of this partner's that is no longer kept: a reader before it may have missed a closing."""


def page(connection: Connection, partner_id: int, after: int, limit: int) -> Page:
    """Give a partner's snags whose numbers are above `after`."""
    columns = tuple(Snag.__slots__)
    rows = (
        raw(connection)
        .execute(
            f"SELECT {', '.join(columns)} FROM snag WHERE partner_id = ? AND seq > ? ORDER BY seq LIMIT ?",
            (partner_id, after, limit + 1),
        )
        .fetchall()
    )
    found = [Snag(**dict(zip(columns, row, strict=True))) for row in rows[:limit]]
    newest = int(scalar(connection, "SELECT coalesce(max(seq), 0) FROM snag"))
    dropped = int(scalar(connection, "SELECT coalesce(max(seq), 0) FROM snag_dropped WHERE partner_id = ?", partner_id))
    return Page(found, found[-1].seq if found else after, more=len(rows) > limit, newest=newest, dropped=dropped)


def follow_rows(connection: Connection, entries: Iterable[int], now: int) -> None:
    """Bring the snags of these quarantine entries to what the entries are now."""
    listed(connection, _ROWS, entries, now, WITHDRAWN)


def follow_waiting(connection: Connection, parked: Iterable[int], now: int) -> None:
    """Open snags for parked records whose patience is over; what they wait for is told by its kind."""
    listed(connection, _WAITING, parked, now)


def follow_findings(connection: Connection, pact_id: int, now: int) -> None:
    """Open snags for a pact's findings that hold now, one for each partner that can mend them."""
    raw(connection).execute(_FINDINGS, (pact_id, now))


def open_items(connection: Connection, refused: Iterable[tuple[int, int, str]], now: int) -> None:
    """Open snags for records (head, version, reader's code) that a reader could not take, for who says them."""
    listed(connection, _ITEMS, refused, now)


def end(connection: Connection, sort: str, refs: Iterable[int], state: str, now: int) -> None:
    """Close open snags of a sort; the number of what waited may be given again, so that a closed one lets go of it."""
    listed(connection, _END, refs, sort, state, now)


def end_items(connection: Connection, heads: Sequence[int], now: int) -> None:
    """Close the snags of records that have a newer version, or that no reader refuses any more."""
    if scalar(connection, "SELECT 1 FROM snag WHERE sort = 'item' AND state = 'open' LIMIT 1") is not None:
        end(connection, "item", heads, "fixed", now)


def drop(connection: Connection, before: int, most: int) -> int:
    """Remove snags that were closed before an instant; gives how many.

    The highest number and the highest id stay, so that neither is ever given again.
    """
    gone = raw(connection).execute(_CLOSED, (before, most)).fetchall()
    raw(connection).executemany(_DROPPED, [(partner, seq) for _, partner, seq in gone])
    raw(connection).executemany("DELETE FROM snag WHERE id = ?", [(number,) for number, _, _ in gone])
    return len(gone)


_CLOSED = """
SELECT id, partner_id, seq FROM snag WHERE state <> 'open' AND changed_at < ?
  AND seq < (SELECT max(seq) FROM snag) AND id < (SELECT max(id) FROM snag) ORDER BY changed_at LIMIT ?
"""
_DROPPED = """
INSERT INTO snag_dropped (partner_id, seq) VALUES (?, ?)
ON CONFLICT (partner_id) DO UPDATE SET seq = max(seq, excluded.seq)
"""
_INTO = """
INSERT INTO snag (seq, partner_id, sort, ref, job, position, kind, owner, issues, receipt, state, since, changed_at)
"""
_NEXT = "(SELECT coalesce(max(seq), 0) FROM snag) + row_number() OVER (ORDER BY {order})"
_RENEW = """
ON CONFLICT (sort, ref, partner_id) DO UPDATE SET
  seq = excluded.seq, job = excluded.job, position = excluded.position, kind = excluded.kind, owner = excluded.owner,
  issues = excluded.issues, receipt = excluded.receipt, state = excluded.state, since = excluded.since,
  changed_at = excluded.changed_at
WHERE snag.state <> excluded.state OR snag.issues <> excluded.issues OR snag.position <> excluded.position
  OR snag.receipt IS NOT excluded.receipt
"""
_ROWS = f"""
{_INTO}
SELECT {_NEXT.format(order="q.id")}, q.partner_id, 'row', q.id, q.job, q.position, q.kind, q.owner, q.issues,
  p.receipt, CASE WHEN q.state = 'fixed' AND q.reason = ?3 THEN 'withdrawn' ELSE q.state END, q.opened_at, ?2
FROM json_each(?1) j CROSS JOIN quarantine q ON q.id = j.value
LEFT JOIN inbox i ON i.id = q.inbox_id LEFT JOIN pushed p ON p.receipt = i.name AND p.job = q.job
WHERE true {_RENEW}
"""
_WAITING = f"""
{_INTO}
SELECT {_NEXT.format(order="p.id")}, p.partner_id, 'waiting', p.id, p.job, p.position, p.kind, 'partner',
  json_array(json_object('code', 'need.unknown', 'where', '', 'severity', 'error',
    'values', json_object('kind', p.waits_kind))), u.receipt, 'open', p.since, ?2
FROM json_each(?1) j CROSS JOIN parked p ON p.id = j.value
LEFT JOIN inbox i ON i.id = p.inbox_id LEFT JOIN pushed u ON u.receipt = i.name AND u.job = p.job
WHERE true {_RENEW}
"""
_FINDINGS = f"""
{_INTO}
SELECT {_NEXT.format(order="f.id, s.id")}, s.id, 'finding', f.id, '', f.subject, NULL, f.owner,
  json_array(json_object('code', f.rule, 'where', '', 'severity', 'error', 'values', json_object())),
  NULL, 'open', f.since, ?2
FROM finding f CROSS JOIN json_each(f.sources) j CROSS JOIN partner s ON s.name = j.value
WHERE f.pact_id = ?1 AND f.closed_at IS NULL AND f.owner = 'partner' {_RENEW}
"""
_ITEMS = f"""
{_INTO}
SELECT {_NEXT.format(order="h.id")}, h.partner_id, 'item', h.id, coalesce(r.job, ''), h.kind || '-' || h.id,
  h.kind, 'partner',
  json_array(json_object('code', 'item.refused', 'where', '', 'severity', 'error',
    'values', json_object('code', json_extract(j.value, '$[2]')))), NULL, 'open', ?2, ?2
FROM json_each(?1) j CROSS JOIN head h ON h.id = json_extract(j.value, '$[0]')
  AND h.version = json_extract(j.value, '$[1]') LEFT JOIN run r ON r.id = h.run_id
WHERE true {_RENEW}
"""
_END = """
UPDATE snag SET state = ?3, changed_at = ?4, ref = CASE sort WHEN 'waiting' THEN -id ELSE ref END,
  seq = (SELECT max(seq) FROM snag) + n.place
FROM (
  SELECT s.id AS snag_id, row_number() OVER (ORDER BY s.id) AS place FROM json_each(?1) j
  CROSS JOIN snag s ON s.sort = ?2 AND s.ref = j.value AND s.state = 'open'
) n
WHERE snag.id = n.snag_id
"""


def issues_of(snag: Snag) -> list[dict[str, object]]:
    """Give a snag's issues."""
    found: list[dict[str, object]] = json.loads(snag.issues)
    return found
