"""When a receiver is tried again: a published schedule of 75 hours, then light probes until it is back.

The steps are those that Standard Webhooks recommends (specification, "Deliverability and reliability"). Where others
give a message up at their end, a lane waits: pull is the truth, so it holds no messages, only its place.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, NamedTuple

from patto_hub.ledger.lanes import HUB

if TYPE_CHECKING:
    from random import Random

    from patto_hub.ledger.lanes import Lane

STEPS_S: Final = (5.0, 300.0, 1_800.0, 7_200.0, 18_000.0, 36_000.0, 50_400.0, 72_000.0, 86_400.0)
"""Seconds between the attempts of one batch; the first is made at once. In all 75.6 hours."""
PROBES_S: Final = (900.0, 1_800.0, 3_600.0)
"""Seconds between the probes of a lane that waits; the last one is repeated for as long as it takes."""
SPREAD: Final = 0.1
"""Share by which a wait is made longer by chance, so that receivers which fell together are not tried together."""
LONGEST_ASKED_S: Final = 86_400.0
"""A receiver's Retry-After is obeyed up to this; ten years are a mistake."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """An attempt that did not succeed."""

    code: str
    """Key of the message catalogue."""
    detail: str = ""
    gone: bool = False
    """The receiver said that nobody is there any more and no attempt should follow (410)."""
    retry_after: float | None = None
    """Seconds that the receiver asked for."""
    refused: bool = False
    """The receiver is there, and does not want this message: another one it may take."""


def after_failure(lane: Lane, failure: Failure, now: int, chance: Random) -> Lane:
    """Give how a lane stands after an attempt or a probe that failed.

    One that a person has stopped meanwhile stays stopped.
    """
    failures = lane.failures + 1
    noted = replace(
        lane,
        failures=failures,
        first_failed_at=now if lane.first_failed_at is None else lane.first_failed_at,
        trouble=failure.code,
        attempted_at=now,
    )
    if lane.state == "disabled":
        return noted
    if failure.gone:
        return replace(noted, state="disabled", since=now, updated_by=HUB, not_before=None)
    noted = replace(noted, not_before=_next(failures, failure, now, chance))
    if failures > len(STEPS_S) and lane.state == "running":
        return replace(noted, state="waiting", since=now, updated_by=HUB)
    return noted


def after_replay(lane: Lane, failure: Failure, now: int) -> Lane:
    """Give how a lane stands after a replay of it was not taken: what is new waits only if the receiver says so.

    It does by a 410, or by a Retry-After, which are not about the message. Whatever else is the replay's own business:
    whether the receiver takes what is new, only that can tell.
    """
    if lane.state == "disabled":
        return lane
    if failure.gone:
        gone = replace(lane, trouble=failure.code, attempted_at=now, not_before=None)
        return replace(gone, state="disabled", since=now, updated_by=HUB)
    if failure.retry_after is None:
        return lane
    asked = now + round(min(failure.retry_after, LONGEST_ASKED_S) * 1000)
    return replace(lane, not_before=max(asked, lane.not_before or 0))


def replay_again(failures: int, failure: Failure, now: int, chance: Random) -> int | None:
    """Give when a replay is tried again after its n-th failure in a row: by the same schedule; None: not any more."""
    return None if failures > len(STEPS_S) else _next(failures, failure, now, chance)


def after_success(lane: Lane, now: int) -> Lane:
    """Give how a lane stands after a batch or a probe that was taken; one that a person has stopped stays stopped."""
    well = replace(lane, failures=0, first_failed_at=None, not_before=None, trouble=None, attempted_at=now)
    if lane.state == "disabled":
        return replace(well, trouble=lane.trouble)
    if lane.state == "waiting" or not lane.since:
        return replace(well, state="running", since=now, updated_by=HUB)
    return well


def _next(failures: int, failure: Failure, now: int, chance: Random) -> int:
    """Give the instant of the attempt after the n-th failure in a row, a little spread, and as late as was asked."""
    wait = _wait(failures) * (1 + SPREAD * chance.random())
    wait = max(wait, min(failure.retry_after or 0.0, LONGEST_ASKED_S))
    return now + round(wait * 1000)


def _wait(failures: int) -> float:
    """Give the seconds after the n-th failure in a row (from 1)."""
    if failures <= len(STEPS_S):
        return STEPS_S[failures - 1]
    return PROBES_S[min(failures - len(STEPS_S) - 1, len(PROBES_S) - 1)]


class Attempt(NamedTuple):
    """One attempt of the schedule, without what chance adds."""

    attempt: int
    wait_s: int
    """Seconds after the attempt before it."""
    after_s: int
    """Seconds after the first one."""


def published() -> list[Attempt]:
    """Give the schedule as data, for people and programs."""
    steps = (0.0, *STEPS_S)
    return [Attempt(number, round(step), round(sum(steps[:number]))) for number, step in enumerate(steps, start=1)]
