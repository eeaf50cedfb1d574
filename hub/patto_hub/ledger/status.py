"""What people and monitors ask of the ledger: last runs, what is set aside, who has read how far."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

from patto_hub.ledger import lanes, runs
from patto_hub.ledger.freshness import good_run

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from sqlalchemy import Connection

    from patto_hub.ledger.lanes import LaneName
    from patto_hub.ledger.runs import RunReport


Held: TypeAlias = Literal["removed", "", "failing", "waiting", "disabled"]
_WORSE: Final[tuple[Held, ...]] = ("removed", "", "failing", "waiting", "disabled")


@dataclass(frozen=True, slots=True, kw_only=True)
class JobStanding:
    """How one job stands, in figures."""

    job: str
    last: RunReport | None
    """The newest run, running or ended."""
    last_good: RunReport | None
    """The newest run that read the partner to the end, without trouble."""
    news_at: int | None
    """When the newest run that brought something new or changed began; None: never."""
    quarantined: int
    """Rows set aside and still open."""
    owners: Mapping[str, int]
    """Of those, by who can fix them."""
    parked: int
    """Good records that wait for what they refer to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SetAside:
    """One row in quarantine, as staff see it: never its content."""

    id: int
    position: str
    kind: str | None
    issues: Sequence[Mapping[str, Any]]
    code: str
    owner: str
    state: str
    times: int
    opened_at: int
    last_at: int
    reason: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """How far a partner has read a feed."""

    partner: str
    feed: str
    read_at: int | None
    waiting: bool
    """Whether changes addressed to it come after its position."""
    held: Held = ""
    """What keeps the worst of the lanes by which it is told; empty while they run well, or there is none. `removed`:
    it was told once, and the settings name none of its lanes any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gauges:
    """The figures that monitors watch."""

    changes: int
    parked: int
    quarantined: Mapping[str, int]
    """Open rows by job."""
    last_good_at: Mapping[str, int]
    """Instant of the last good run by job."""
    records: Mapping[tuple[str, str], int]
    """Records by job and class of the balance, in the last good run."""
    lanes: Mapping[tuple[str, str, str], tuple[str, int]] = field(default_factory=dict)
    """State and failures in a row of each lane, by partner, feed and way."""


def standing(connection: Connection, job: str) -> JobStanding:
    """Tell how a job stands."""
    owners = {
        str(row.owner): int(row.n)
        for row in connection.exec_driver_sql(
            "SELECT owner, count(*) AS n FROM quarantine WHERE state = 'open' AND job = ? GROUP BY owner", (job,)
        )
    }
    return JobStanding(
        job=job,
        last=runs.last(connection, job),
        last_good=runs.get(connection, _count(connection, f"SELECT {good_run('?1')}", job)),
        news_at=_news_at(connection, job),
        quarantined=sum(owners.values()),
        owners=owners,
        parked=_count(connection, "SELECT count(*) FROM parked WHERE job = ?", job),
    )


def standings(connection: Connection, jobs: Sequence[str]) -> dict[str, JobStanding]:
    """Tell how each of the jobs stands, in one consistent view."""
    return {job: standing(connection, job) for job in jobs}


def set_aside(
    connection: Connection, job: str, *, states: Sequence[str] = ("open",), before: int | None = None, limit: int = 50
) -> list[SetAside]:
    """List a job's rows in quarantine, newest first; `before` is the last id of the page before."""
    marks = ", ".join("?" * len(states))
    rows = connection.exec_driver_sql(
        "SELECT id, position, kind, issues, code, owner, state, times, opened_at, last_at, reason FROM quarantine"
        f" WHERE job = ? AND state IN ({marks}) AND id < ? ORDER BY id DESC LIMIT ?",
        (job, *states, 2**63 - 1 if before is None else before, limit),
    ).mappings()
    return [SetAside(**{**row, "issues": json.loads(row["issues"])}) for row in rows]


def readings(
    connection: Connection, public: Collection[str] = (), named: Collection[LaneName] | None = None
) -> list[Reading]:
    """Tell how far each partner has read, or was served with, each of its feeds.

    What it pulls goes before what is handed to it. `public` names the feeds that give public records too, `named` the
    lanes that the settings name; None: all are.
    """
    rows = connection.exec_driver_sql(
        "SELECT s.partner, s.feed, s.read_at, EXISTS (SELECT 1 FROM audience a WHERE a.organisation_id ="
        " p.organisation_id AND a.seq > s.position) AS own, EXISTS (SELECT 1 FROM audience a WHERE a.organisation_id ="
        " 0 AND a.seq > s.position) AS common FROM (SELECT partner, feed, position, read_at FROM subscription UNION ALL"
        " SELECT partner, feed, min(position), max(delivered_at) FROM lane l WHERE NOT EXISTS (SELECT 1 FROM"
        " subscription o WHERE o.partner = l.partner AND o.feed = l.feed) GROUP BY 1, 2) s"
        " JOIN partner p ON p.name = s.partner ORDER BY s.partner, s.feed"
    )
    held = _held(connection, named)
    return [
        Reading(
            partner=row.partner,
            feed=row.feed,
            read_at=row.read_at,
            waiting=bool(row.own or (row.common and row.feed in public)),
            held=held.get((row.partner, row.feed), ""),
        )
        for row in rows
    ]


def _held(connection: Connection, named: Collection[LaneName] | None) -> dict[tuple[str, str], Held]:
    """Give what keeps the worst lane of each partner and feed, where something does for longer than a hiccup."""
    worst: dict[tuple[str, str], Held] = {}
    for lane in lanes.every(connection):
        how: Held = "failing" if lane.failures >= lanes.ALARM_AFTER else ""
        how = how if lane.state == "running" else lane.state
        how = how if named is None or lane.name in named else "removed"
        place = lane.partner, lane.feed
        worst[place] = max(worst.get(place, "removed"), how, key=_WORSE.index)
    return worst


def titles(connection: Connection) -> dict[str, str]:
    """Give each partner's title by its name."""
    rows = connection.exec_driver_sql("SELECT name, title FROM partner").all()
    return {str(name): str(title) for name, title in rows}


def domains(connection: Connection) -> dict[str, str]:
    """Give the domain of each partner's organisation by the partner's name; one without an organisation is left out."""
    rows = connection.exec_driver_sql(
        "SELECT p.name, o.domain FROM partner p JOIN organisation o ON o.id = p.organisation_id"
    ).all()
    return {str(name): str(domain) for name, domain in rows}


def gauges(connection: Connection, named: Collection[LaneName] | None = None) -> Gauges:
    """Give the figures that monitors watch; of lanes only those that the settings name (None: all)."""
    quarantined = connection.exec_driver_sql(
        "SELECT job, count(*) FROM quarantine WHERE state = 'open' GROUP BY job"
    ).all()
    good = connection.exec_driver_sql(_GOOD).mappings().all()
    return Gauges(
        changes=_count(connection, "SELECT coalesce(max(seq), 0) FROM change"),
        parked=_count(connection, "SELECT count(*) FROM parked"),
        quarantined={str(job): int(count) for job, count in quarantined},
        last_good_at={str(row["job"]): int(row["finished_at"]) for row in good},
        records={(str(row["job"]), each): int(row[each]) for row in good for each in _CLASSES},
        lanes={
            lane.name: (lane.state, lane.failures)
            for lane in lanes.every(connection)
            if named is None or lane.name in named
        },
    )


def _news_at(connection: Connection, job: str) -> int | None:
    found: int | None = connection.exec_driver_sql(
        "SELECT started_at FROM run WHERE job = ? AND new + changed > 0 ORDER BY id DESC LIMIT 1", (job,)
    ).scalar_one_or_none()
    return found


def _count(connection: Connection, statement: str, *values: object) -> int:
    return int(connection.exec_driver_sql(statement, values).scalar_one())


_CLASSES = ("read", "new", "changed", "unchanged", "duplicate", "parked", "quarantined", "refused")
_GOOD = (
    "WITH RECURSIVE j(job) AS (SELECT min(job) FROM run UNION ALL SELECT (SELECT min(job) FROM run WHERE job > j.job)"
    " FROM j WHERE j.job IS NOT NULL),"  # the names of all jobs, one look-up each however many runs there are
    f" n AS (SELECT {good_run('j.job')} AS id FROM j WHERE j.job IS NOT NULL)"
    f" SELECT run.job, run.finished_at, {', '.join(f'run.{each}' for each in _CLASSES)} FROM n"
    " CROSS JOIN run ON run.id = n.id"
)
