"""What receivers asked to be sent once more; it goes beside what is new, and moves no lane's own place."""

from __future__ import annotations

import json
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from patto_hub.ledger import audit, lanes
from patto_hub.ledger.lanes import LaneName
from patto_hub.ledger.raw import listed, raw, scalar

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from patto_hub.ledger.feed import Page

State: TypeAlias = Literal["running", "done", "cancelled", "failed"]


class KeyReused(ValueError):  # noqa: N818 - says what is wrong
    """The same idempotency key came with another wish."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """A range, or what it holds of one pact, that is sent again."""

    id: int
    partner: str
    feed: str
    way: str
    idempotency_key: str
    after: int
    """Nothing at or below this number."""
    until: int
    """Nothing above it: the lane's place when it was asked for; what is newer comes by the lane itself."""
    pact: str | None
    """Only what belongs to this pact, by the public id that its partner knows it by."""
    position: int
    """How far it has come."""
    items: int
    """Changes handed over so far."""
    state: State
    """`failed`: the receiver did not take it by the schedule's end; it can be asked for anew."""
    asked_by: str
    asked_at: int
    ended_at: int | None
    failures: int = 0
    """Failed attempts in a row: a replay has a schedule of its own, and holds up nothing that is new."""
    not_before: int | None = None
    """No attempt before this instant."""
    trouble: str | None = None
    """Code of the last failed attempt."""

    @property
    def lane(self) -> LaneName:
        """Say whose lane it goes by."""
        return LaneName(self.partner, self.feed, self.way)


_NAMES = tuple(each.name for each in fields(Replay))
_SELECT = f"SELECT {', '.join(_NAMES)} FROM replay"
_LANE = "partner = ? AND feed = ? AND way = ?"


def ask(  # noqa: PLR0913 - what, from where, under which key, by whom
    connection: Connection, lane: LaneName, *, key: str, after: int, pact: str | None, by: str, now: int
) -> tuple[Replay, bool]:
    """Ask for everything after a number once more; gives the replay, and whether it is a new one.

    The same key again gives the same replay, however far it has come.

    Raises:
        KeyReused: the key was used for another range or pact.
    """
    before = _first(connection, f"{_LANE} AND idempotency_key = ?", *lane, key)
    if before is not None:
        if (before.after, before.pact) != (after, pact):
            raise KeyReused(key)
        return before, False
    until = max(lanes.position(connection, lane), after)
    done = until == after
    raw(connection).execute(
        "INSERT INTO replay (partner, feed, way, idempotency_key, after, until, pact, position, state, asked_by,"
        " asked_at, ended_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (*lane, key, after, until, pact, after, "done" if done else "running", by, now, now if done else None),
    )
    made = _first(connection, f"{_LANE} AND idempotency_key = ?", *lane, key)
    if made is None:
        raise LookupError("the replay that was just kept is not there")
    audit.append(connection, by, "lane.replay", str(lane), {"after": after, "until": until, "pact": pact}, now)
    return made, True


def known(connection: Connection, lane: LaneName, key: str) -> bool:
    """Say whether something was asked for under this key before."""
    return _first(connection, f"{_LANE} AND idempotency_key = ?", *lane, key) is not None


def get(connection: Connection, number: int) -> Replay | None:
    """Give a replay by its number; None if there is none."""
    return _first(connection, "id = ?", number)


def of_partner(connection: Connection, partner: str, limit: int = 50) -> list[Replay]:
    """List what was asked for again of a partner's lanes, newest first."""
    rows = raw(connection).execute(f"{_SELECT} WHERE partner = ? ORDER BY id DESC LIMIT ?", (partner, limit))
    return [_of(row) for row in rows]


def running(connection: Connection, lane: LaneName) -> Replay | None:
    """Give the replay of a lane whose turn is next: the oldest that waits for nothing, else the first to end its wait.

    None if none is under way.
    """
    return _first(connection, f"{_LANE} AND state = 'running' ORDER BY coalesce(not_before, 0), id", *lane)


def advance(connection: Connection, number: int, to: int, items: int, now: int) -> None:
    """Note that a replay has come to a number; at its end it is done."""
    raw(connection).execute(
        "UPDATE replay SET position = ?1, items = items + ?2, state = CASE WHEN ?1 >= until THEN 'done' ELSE state END,"
        " ended_at = CASE WHEN ?1 >= until THEN ?3 END, failures = 0, not_before = NULL, trouble = NULL"
        " WHERE id = ?4 AND state = 'running'",
        (to, items, now, number),
    )


def failed(connection: Connection, wish: Replay, trouble: str, not_before: int | None, now: int) -> None:
    """Note that a replay was not taken, and when it is tried again; None: not any more."""
    raw(connection).execute(
        "UPDATE replay SET failures = failures + 1, trouble = ?1, not_before = ?2,"
        " state = CASE WHEN ?2 IS NULL THEN 'failed' ELSE state END, ended_at = CASE WHEN ?2 IS NULL THEN ?3 END"
        " WHERE id = ?4 AND state = 'running'",
        (trouble, not_before, now, wish.id),
    )


def hold(connection: Connection, lane: LaneName, until: int) -> None:
    """Let no replay of a lane be tried before an instant: its receiver is away, for all of them."""
    raw(connection).execute(
        f"UPDATE replay SET not_before = max(coalesce(not_before, 0), ?) WHERE {_LANE} AND state = 'running'",
        (until, *lane),
    )


def cancel(connection: Connection, number: int, *, by: str, now: int) -> bool:
    """End a replay that is not at its end; False if there is no such."""
    done = raw(connection).execute(
        "UPDATE replay SET state = 'cancelled', ended_at = ? WHERE id = ? AND state = 'running'", (now, number)
    )
    if done.rowcount:
        audit.append(connection, by, "lane.replay_cancelled", f"replay-{number}", {}, now)
    return bool(done.rowcount)


def first_end(connection: Connection, lane: LaneName, after: int) -> int | None:
    """Give where the batch that begins after a number ended the first time, or where the next one began; else None."""
    same = scalar(
        connection,
        f"SELECT to_seq FROM delivery WHERE {_LANE} AND from_seq = ? AND state <> 'failed' ORDER BY id LIMIT 1",
        *lane,
        after + 1,
    )
    if same is not None:
        return int(same)
    following = scalar(
        connection,
        f"SELECT from_seq - 1 FROM delivery WHERE {_LANE} AND from_seq > ? AND state <> 'failed'"
        " ORDER BY from_seq LIMIT 1",
        *lane,
        after + 1,
    )
    return None if following is None else int(following)


def within(page: Page, until: int) -> Page:
    """Leave out what is numbered above `until`; where nothing more follows, everything up to it has been looked at."""
    if page.position > until:
        return replace(page, items=[item for item in page.items if item.seq <= until], position=until)
    return page if page.items or page.more else replace(page, position=until)


def without_overtaken(connection: Connection, page: Page, *, organisations: Sequence[int], until: int) -> Page:
    """Leave out what the receiver has been told anew since, by a change numbered at most `until`."""
    overtaken = {
        seq
        for (seq,) in listed(
            connection,
            "SELECT c.seq FROM json_each(?1) j CROSS JOIN change c ON c.seq = j.value WHERE EXISTS (SELECT 1"
            " FROM change newer CROSS JOIN audience told ON told.seq = newer.seq WHERE newer.head_id = c.head_id"
            " AND newer.seq > c.seq AND newer.seq <= ?2"
            " AND told.organisation_id IN (SELECT value FROM json_each(?3)))",
            [item.seq for item in page.items],
            until,
            json.dumps(list(organisations)),
        )
    }
    return replace(page, items=[item for item in page.items if item.seq not in overtaken])


def _first(connection: Connection, where: str, *values: object) -> Replay | None:
    row = raw(connection).execute(f"{_SELECT} WHERE {where} LIMIT 1", values).fetchone()
    return None if row is None else _of(row)


def _of(row: tuple[Any, ...]) -> Replay:
    return Replay(**dict(zip(_NAMES, row, strict=True)))
