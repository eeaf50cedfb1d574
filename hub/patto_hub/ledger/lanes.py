"""Lanes: how far each receiver has been served on each way out, and what keeps it; one row each, nothing per record."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias, cast

from patto_hub.ledger import audit
from patto_hub.ledger.raw import raw, scalar

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

    from sqlalchemy import Connection

State: TypeAlias = Literal["running", "waiting", "disabled"]
PAUSED = "lane.paused"
"""What keeps a lane that a person has stopped."""
ALARM_AFTER = 4
"""Failures in a row, half an hour's worth, after which people are told, once: until then it may be a hiccup."""
HUB = "hub"
"""Who changes a lane where no person does."""


class LaneName(NamedTuple):
    """Which lane: whose, of which feed, which way out."""

    partner: str
    feed: str
    way: str
    """`webhook`, `signals`, or the name of a stream that writes to the partner."""

    def __str__(self) -> str:
        """Write it as logs and pages do."""
        return "/".join(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """How a lane stands; the defaults are those of one that was never used."""

    partner: str
    feed: str
    way: str
    position: int = 0
    """The number up to which everything was taken."""
    state: State = "running"
    """`waiting`: the schedule of attempts is used up, probes go on; `disabled`: until a person starts it again."""
    since: int = 0
    """Instant from which on it is in this state; 0 for a lane that was never used."""
    failures: int = 0
    """Failed attempts in a row."""
    first_failed_at: int | None = None
    not_before: int | None = None
    """No attempt before this instant."""
    trouble: str | None = None
    """Code of the last failed attempt; None while all is well."""
    attempted_at: int | None = None
    delivered_at: int | None = None
    updated_by: str = HUB
    """Who set its state: the hub, or a person as the audit names it."""
    sending_to: int | None = None
    """The end of the batch that is, or was at a kill, on its way."""
    sending_as: str | None = None
    """What that batch was made by (view, form): as long as it is the same, the same batch is made again."""
    delivered_as: str | None = None
    """What the last batch was made by that was taken."""

    @property
    def name(self) -> LaneName:
        """Say which lane it is."""
        return LaneName(self.partner, self.feed, self.way)


_NAMES = tuple(each.name for each in fields(Lane))
_KEYS = ("partner", "feed", "way")
_SELECT = f"SELECT {', '.join(_NAMES)} FROM lane"
_KEEP = (
    f"INSERT INTO lane ({', '.join(_NAMES)}) VALUES ({', '.join('?' * len(_NAMES))})"
    " ON CONFLICT (partner, feed, way) DO UPDATE SET "
    + ", ".join(f"{name} = excluded.{name}" for name in _NAMES if name not in _KEYS)
)


def get(connection: Connection, name: LaneName) -> Lane:
    """Give a lane; one that was never used stands at the feed's beginning."""
    row = raw(connection).execute(f"{_SELECT} WHERE partner = ? AND feed = ? AND way = ?", name).fetchone()
    return Lane(partner=name.partner, feed=name.feed, way=name.way) if row is None else _of(row)


def every(connection: Connection, partner: str | None = None) -> list[Lane]:
    """List the lanes that were used, of one partner or of all."""
    where, values = ("", ()) if partner is None else (" WHERE partner = ?", (partner,))
    return [_of(row) for row in raw(connection).execute(f"{_SELECT}{where} ORDER BY partner, feed, way", values)]


def among(connection: Connection, named: Collection[LaneName], partner: str | None = None) -> list[Lane]:
    """List the lanes that were used, and those of `named` that were not yet, of one partner or of all."""
    used = {lane.name: lane for lane in every(connection, partner)}
    unused = {name: Lane(**name._asdict()) for name in named if partner in (None, name.partner) and name not in used}
    return [lane for _, lane in sorted({**used, **unused}.items())]


def change(connection: Connection, name: LaneName, step: Callable[[Lane], Lane]) -> tuple[Lane, Lane]:
    """Take a lane one step on from how it stands now, in this transaction; gives it before and after."""
    before = get(connection, name)
    after = step(before)
    if after != before:
        raw(connection).execute(_KEEP, tuple(getattr(after, each) for each in _NAMES))
    return before, after


def stop(connection: Connection, name: LaneName, *, by: str, reason: str, now: int) -> bool:
    """Let a lane hand over nothing until a person starts it again; False if it was stopped already."""
    before, after = change(connection, name, lambda lane: _set(lane, "disabled", by, now))
    if before.state != after.state:
        audit.append(connection, by, "lane.pause", str(name), {"reason": reason.strip()}, now)
    return before.state != after.state


def start(connection: Connection, name: LaneName, *, by: str, now: int) -> bool:
    """Let a lane go on at once from its place, and its replays, whatever kept them; False if nothing did."""
    before, after = change(connection, name, lambda lane: _set(lane, "running", by, now))
    waited = raw(connection).execute(
        "UPDATE replay SET not_before = NULL WHERE partner = ? AND feed = ? AND way = ? AND state = 'running'"
        " AND not_before IS NOT NULL",
        name,
    )
    kept = before.state != after.state or before.not_before is not None or bool(waited.rowcount)
    if kept:
        audit.append(connection, by, "lane.resume", str(name), {"was": before.state, "trouble": before.trouble}, now)
    return kept


def _set(lane: Lane, state: State, by: str, now: int) -> Lane:
    """Set a lane's state by a person's word; one that goes on begins its schedule anew."""
    if state == "running":
        kept = replace(lane, failures=0, first_failed_at=None, not_before=None, trouble=None)
    else:
        kept = lane if lane.state == state else replace(lane, trouble=PAUSED, not_before=None)
    return kept if kept == lane and lane.state == state else replace(kept, state=state, since=now, updated_by=by)


def attempted(lane: Lane, at: int, trouble: str | None) -> Lane:
    """Give how the lane of a stream stands after an attempt; when it is tried again is its plan's business."""
    if trouble is None:
        return replace(lane, failures=0, first_failed_at=None, trouble=None, attempted_at=at)
    first = at if lane.first_failed_at is None else lane.first_failed_at
    return replace(lane, failures=lane.failures + 1, first_failed_at=first, trouble=trouble, attempted_at=at)


def position(connection: Connection, name: LaneName) -> int:
    """Give the number up to which a receiver has taken everything; 0 before its first delivery."""
    found = scalar(connection, "SELECT position FROM lane WHERE partner = ? AND feed = ? AND way = ?", *name)
    return 0 if found is None else int(found)


def waits(connection: Connection, organisations: Iterable[int], after: int) -> bool:
    """Say whether anything addressed to one of the organisations comes after a number."""
    return any(
        scalar(connection, "SELECT 1 FROM audience WHERE organisation_id = ? AND seq > ? LIMIT 1", each, after)
        for each in organisations
    )


def touched(connection: Connection) -> tuple[int, int, int, int]:
    """Give figures that change when there may be work: the newest change, what people set, what was asked for again."""
    row = raw(connection).execute(
        "SELECT (SELECT coalesce(max(seq), 0) FROM change),"
        " (SELECT coalesce(sum(since), 0) FROM lane WHERE updated_by <> 'hub'),"
        " (SELECT coalesce(max(id), 0) FROM replay),"
        " (SELECT count(*) FROM replay WHERE state = 'running' AND not_before IS NULL)"
    )
    return cast("tuple[int, int, int, int]", tuple(row.fetchone()))


def _of(row: tuple[Any, ...]) -> Lane:
    return Lane(**dict(zip(_NAMES, row, strict=True)))
