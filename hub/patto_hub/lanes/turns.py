"""What is kept of an attempt: each in one transaction, behind the lane's lease; a hub that comes late keeps nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from patto_hub.lanes.schedule import after_replay, after_success
from patto_hub.ledger import again, deliveries, lane_leases, lanes

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection

    from patto_hub.lanes.schedule import Failure
    from patto_hub.ledger.again import Replay
    from patto_hub.ledger.deliveries import Delivery
    from patto_hub.ledger.lane_leases import Turn
    from patto_hub.ledger.lanes import Lane


def begin(  # noqa: PLR0913, PLR0917 - which lane as it was read, what is noted of it, who takes it
    connection: Connection, read: Lane, noted: Lane, owner: str, now: int, lease_ms: int
) -> Turn | None:
    """Take a lane's lease, unless another hub has taken the lane on since it was read."""
    turn = lane_leases.take(connection, read.name, owner, now, lease_ms)
    if turn is None:
        return None
    if lanes.get(connection, read.name) != read:
        lane_leases.give_back(connection, turn)
        return None
    lanes.change(connection, read.name, lambda _: noted)
    return turn


def stepped(connection: Connection, turn: Turn, step: Callable[[Lane], Lane]) -> tuple[Lane, Lane]:
    """Take the lane a step on; gives it before and after."""
    lane_leases.give_back(connection, turn)
    return lanes.change(connection, turn.lane, step)


def taken(connection: Connection, turn: Turn, delivery: Delivery, made_as: str) -> tuple[Lane, Lane]:
    """Keep the receipt and move the lane, in one transaction."""

    def step(lane: Lane) -> Lane:
        return replace(after_success(lane, delivery.at), sending_to=None, sending_as=None, delivered_as=made_as)

    lane_leases.give_back(connection, turn)
    deliveries.note(connection, delivery)
    return lanes.change(connection, delivery.lane, step)


def not_taken(
    connection: Connection, turn: Turn, delivery: Delivery, step: Callable[[Lane], Lane]
) -> tuple[int, Lane, Lane]:
    """Keep an attempt that failed, and gives its number; the lane takes a step, and keeps its place."""
    lane_leases.give_back(connection, turn)
    number = deliveries.note(connection, delivery)
    return number, *lanes.change(connection, delivery.lane, step)


def repeated(  # noqa: PLR0913, PLR0917 - what came of it
    connection: Connection, turn: Turn, wish: Replay, to: int, items: int, now: int
) -> None:
    """Note how far a replay has come."""
    lane_leases.give_back(connection, turn)
    again.advance(connection, wish.id, to, items, now)


def replay_not_taken(  # noqa: PLR0913, PLR0917 - what came of it
    connection: Connection, turn: Turn, wish: Replay, failure: Failure, when: int | None, now: int
) -> Lane:
    """Note it in the replay; of a receiver that is away, in its other replays too."""
    lane_leases.give_back(connection, turn)
    if not failure.gone:
        again.failed(connection, wish, failure.code, when, now)
        if when is not None and not failure.refused:
            again.hold(connection, turn.lane, when)
    return lanes.change(connection, turn.lane, lambda lane: after_replay(lane, failure, now))[1]
