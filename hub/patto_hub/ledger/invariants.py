"""Questions about the whole ledger by which tests prove that nothing was lost, doubled or overtaken; all only read."""

from __future__ import annotations

import json
from collections import defaultdict
from typing import TYPE_CHECKING, Any, NamedTuple

from patto_hub.balance import CLASSES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sqlalchemy import Connection


class Sheet(NamedTuple):
    """The balance sheet of a run, as the ledger keeps it."""

    run: int
    job: str
    state: str
    read: int
    classes: int


class Bad(NamedTuple):
    """A quarantined row: its kind and key where they could be read, and its bytes."""

    kind: str | None
    key: str | None
    row: bytes


class Step(NamedTuple):
    """One kept version of a record."""

    head: int
    name: str
    id: int
    version: int
    digest: bytes
    ord: int | None
    tombstone: int
    current: bool


class Commit(NamedTuple):
    """Something that a run has written, in the order of writing within its table."""

    table: str
    id: int
    job: str
    run: int
    fence: int


def unbalanced(connection: Connection) -> Iterator[Sheet]:
    """Give the runs whose `read` is not the sum of the classes."""
    total = " + ".join(CLASSES)
    for row in connection.exec_driver_sql(
        f"SELECT id, job, state, read, {total} FROM run WHERE read <> {total} ORDER BY id"
    ):
        yield Sheet(*row)


def sheets(connection: Connection) -> dict[int, tuple[str, int]]:
    """Give the state of each run and the records that it has read, by its number."""
    return {row[0]: (row[1], row[2]) for row in connection.exec_driver_sql("SELECT id, state, read FROM run")}


def held(connection: Connection, partner_id: int) -> set[tuple[str, str]]:
    """Give (kind, key) of all that a partner's records are known by: current, deleted, parked."""
    return {
        (kind, key)
        for table in ("head", "parked")
        for kind, key in connection.exec_driver_sql(
            f"SELECT kind, key FROM {table} WHERE partner_id = ?", (partner_id,)
        )
    }


def current(connection: Connection, partner_id: int) -> dict[tuple[str, str], Mapping[str, Any]]:
    """Give the payload of each record of a partner that is in force, by (kind, key)."""
    rows = connection.exec_driver_sql(
        "SELECT head.kind, head.key, record_version.payload FROM head"
        " JOIN record_version ON record_version.id = head.version_id"
        " WHERE head.partner_id = ? AND head.tombstone = 0 AND record_version.payload IS NOT NULL",
        (partner_id,),
    )
    return {(kind, key): json.loads(payload) for kind, key, payload in rows}


def set_aside(connection: Connection, partner_id: int) -> list[Bad]:
    """Give the quarantined rows of a partner that are not fixed."""
    rows = connection.exec_driver_sql(
        "SELECT kind, key, row FROM quarantine WHERE partner_id = ? AND state <> 'fixed' ORDER BY id", (partner_id,)
    )
    return [Bad(*row) for row in rows]


def cursor(connection: Connection, job: str) -> Mapping[str, Any] | None:
    """Give the stored cursor of a job."""
    text = connection.exec_driver_sql("SELECT value FROM cursor WHERE job = ?", (job,)).scalar_one_or_none()
    return None if text is None else json.loads(text)


def twice_current(connection: Connection) -> Iterator[tuple[int, str, str, int]]:
    """Give (partner, kind, key, how many) of records that are current more than once."""
    for row in connection.exec_driver_sql(
        "SELECT partner_id, kind, key, count(*) FROM head GROUP BY partner_id, kind, key HAVING count(*) > 1"
    ):
        yield row[0], row[1], row[2], row[3]


def histories(connection: Connection) -> Iterator[list[Step]]:
    """Give the versions of each record in the order in which they were written."""
    steps: defaultdict[int, list[Step]] = defaultdict(list)
    for row in connection.exec_driver_sql(
        "SELECT head.id, head.partner_id || '/' || head.kind || '/' || head.key, v.id, v.version, v.digest, v.ord,"
        " v.tombstone, head.version_id = v.id FROM head LEFT JOIN record_version v ON v.head_id = head.id"
        " ORDER BY head.id, v.id"
    ):
        steps[row[0]].append(Step(*row))
    yield from steps.values()


def commits(connection: Connection) -> Iterator[Commit]:
    """Give what runs have written, table by table, with the fence that each run held."""
    for table, order in (("run", "id"), ("inbox", "id"), ("record_version", "id"), ("change", "seq")):
        link = "id" if table == "run" else "run_id"
        for row in connection.exec_driver_sql(
            f"SELECT '{table}', t.{order}, run.job, run.id, run.fence FROM {table} t JOIN run ON run.id = t.{link}"
            f" ORDER BY t.{order}"
        ):
            yield Commit(*row)


def slots_made_twice(connection: Connection) -> list[tuple[str, str, int]]:
    """Give (job, slot, runs) of planned runs that more than one run has brought to a good end."""
    rows = connection.exec_driver_sql(
        "SELECT job, slot_key, count(*) FROM run WHERE slot_key IS NOT NULL AND state = 'done'"
        " GROUP BY job, slot_key HAVING count(*) > 1"
    )
    return [(row[0], row[1], row[2]) for row in rows]


def addressed(connection: Connection, organisation: int) -> dict[int, tuple[int, bool]]:
    """Give, by head, the version that an organisation must hold at the end, and whether it was told to drop it."""
    rows = connection.exec_driver_sql(
        "SELECT change.head_id, head.version, change.op FROM audience"
        " JOIN change ON change.seq = audience.seq JOIN head ON head.id = change.head_id"
        " WHERE audience.organisation_id = ? ORDER BY audience.seq",
        (organisation,),
    )
    return {head: (version, op != "upsert") for head, version, op in rows}


def without_change(connection: Connection) -> list[str]:
    """Name the current versions that no change tells of: no reader would ever learn them."""
    rows = connection.exec_driver_sql(
        "SELECT head.partner_id || '/' || head.kind || '/' || head.key FROM head WHERE NOT EXISTS"
        " (SELECT 1 FROM change WHERE change.head_id = head.id AND change.version_id = head.version_id)"
    )
    return [row[0] for row in rows]


def untold(connection: Connection) -> list[tuple[str, str, bool]]:
    """Give (job, receipt, told) of what was handed in and told but not read, or read but not told.

    The cursor of a stream with a door says up to which number it has read.
    """
    rows = connection.exec_driver_sql(
        "SELECT p.job, p.receipt, p.told_at IS NOT NULL FROM pushed p LEFT JOIN cursor c ON c.job = p.job"
        " WHERE (p.told_at IS NOT NULL) <> (p.id <= coalesce(json_extract(c.value, '$.pushed'), 0)) ORDER BY p.id"
    )
    return [(row[0], row[1], bool(row[2])) for row in rows]


def mistold(connection: Connection) -> list[tuple[str, int, str | None]]:
    """Give what a partner's refusals say wrongly: (sort, number there, the state told or None for not at all).

    Rows in quarantine and findings are told as they are, until what is closed is no longer kept; of what waits, only
    what its partner was told of.
    """
    return [
        *map(
            tuple,
            connection.exec_driver_sql(
                "SELECT 'row', q.id, s.state FROM quarantine q LEFT JOIN snag s ON s.sort = 'row' AND s.ref = q.id"
                " LEFT JOIN snag_dropped d ON d.partner_id = q.partner_id"
                " WHERE s.state IS NOT CASE WHEN q.state = 'fixed' AND q.reason = 'withdrawn' THEN 'withdrawn'"
                " ELSE q.state END AND (s.state IS NOT NULL OR q.state = 'open' OR d.seq IS NULL)"
                " UNION ALL SELECT 'waiting', p.id, s.state FROM parked p LEFT JOIN snag s ON s.sort = 'waiting'"
                " AND s.ref = p.id WHERE p.told_at IS NOT NULL AND s.state IS NOT 'open'"
                " UNION ALL SELECT 'waiting', s.ref, s.state FROM snag s LEFT JOIN parked p ON p.id = s.ref"
                " WHERE s.sort = 'waiting' AND s.state = 'open' AND p.id IS NULL"
                " UNION ALL SELECT 'finding', f.id, s.state FROM snag s LEFT JOIN finding f ON f.id = s.ref"
                " WHERE s.sort = 'finding' AND (s.state = 'open') <> (f.closed_at IS NULL)"
            ),
        )
    ]


def organisations(connection: Connection) -> list[int]:
    """Give the organisations that anything is addressed to."""
    return [
        row[0]
        for row in connection.exec_driver_sql("SELECT DISTINCT organisation_id FROM audience ORDER BY organisation_id")
    ]


def kinds(connection: Connection) -> list[str]:
    """Give the kinds that there are changes of."""
    return [row[0] for row in connection.exec_driver_sql("SELECT DISTINCT kind FROM change ORDER BY kind")]
