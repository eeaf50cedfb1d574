"""Whether each job's data are as fresh as was promised; judged from the ledger alone: an alarm needs no run.

"Nothing new since" (the partner was read and had no news) and "could not be read since" are different facts.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median
from typing import TYPE_CHECKING, Literal, TypeAlias

from patto_hub.clock import slots

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from patto_hub.clock.calendar import Place
    from patto_hub.clock.schedule import Schedule
    from patto_hub.ledger.freshness import Ended, Facts

State: TypeAlias = Literal["on_time", "late", "failing", "paused", "never", "unknown"]
Volume: TypeAlias = Literal["normal", "low", "zero", "unknown"]

GRACE_MS = 3_600_000
"""Time that a planned run gets when its schedule does not say by when its data are expected."""
LEAST_GRACE_MS = 600_000
LOW_SHARE = 0.3
"""Below this share of the usual volume a run's volume is called low."""
LEAST_HISTORY = 3
"""Good runs before the last one without which no volume is usual."""
AHEAD_MS = 86_400_000
"""A good run this far in the future was noted under a wrong clock."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Freshness:
    """The judgement on one job; instants in milliseconds since 1970 UTC."""

    job: str
    state: State
    reason: str
    """Why, as a key of the catalogue of messages: `arrived`, `deadline_passed`, `no_expectation`, a trouble's code."""
    deadline: int | None
    """When the data that are missing were expected (late), or until when the present ones are good enough."""
    last_good_at: int | None
    """When the partner was last read to the end."""
    unread_since: int | None
    """"Could not be read since": set while late or failing, unless it was never read."""
    nothing_new_since: int | None
    """"Nothing new since": set if the last good run found no news, to the last one that did."""
    running_since: int | None
    detail: str
    hint: str
    volume: Volume
    read: int | None
    """Records that the last good run read."""
    usual: float | None
    """Median of the good runs before."""

    @property
    def alarming(self) -> bool:
        """Whether somebody should look; not at a partner whose very first reading is under way."""
        if self.state == "never" and self.running_since is not None:
            return False
        return self.state in ("late", "failing", "never", "unknown") or self.volume in ("low", "zero")


def judge(job: str, schedule: Schedule, facts: Facts, now: int, place: Place) -> Freshness:
    """Judge one job."""
    wanted = _wanted_since(job, schedule, facts, now, place)
    state, reason = _state(facts, now, wanted)
    good, ended = facts.good, facts.ended
    trouble = ended if state == "failing" else None
    quiet = good is not None and good.balance.new + good.balance.changed == 0
    volume, usual = _volume(facts)
    return Freshness(
        job=job,
        state=state,
        reason=reason,
        deadline=None if wanted is None else wanted.deadline,
        last_good_at=good.finished_at if good else None,
        unread_since=good.finished_at if good and state in ("late", "failing") else None,
        nothing_new_since=facts.news_at if quiet else None,
        running_since=facts.running_since,
        detail=(trouble and trouble.trouble_detail) or "",
        hint=(trouble and trouble.trouble_hint) or "",
        volume=volume,
        read=good.balance.read if good else None,
        usual=usual,
    )


def judge_all(
    schedules: Mapping[str, Schedule], facts: Mapping[str, Facts], now: int, place: Place
) -> dict[str, Freshness]:
    """Judge each job of `schedules`."""
    return {job: judge(job, schedule, facts[job], now, place) for job, schedule in schedules.items()}


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A good run that began at or after `since` was wanted by `deadline`."""

    since: int
    deadline: int


def _state(facts: Facts, now: int, wanted: _Wanted | None) -> tuple[State, str]:  # noqa: PLR0911 - one line per state
    good, ended = facts.good, facts.ended
    if facts.state.paused(now):
        return "paused", "paused"
    if ended is not None and _troubled(ended) and (good is None or good.run_id < ended.run_id):
        return "failing", ended.trouble_code or "bug"
    if good is None:
        return "never", "never_read"
    if not good.balance.closes:
        return "unknown", "balance_open"
    if good.finished_at > now + AHEAD_MS:
        return "unknown", "clock_was_wrong"
    if wanted is None:
        return "unknown", "no_expectation"
    if now > wanted.deadline and good.started_at < wanted.since:
        return "late", "deadline_passed"
    return "on_time", "arrived"


def _troubled(ended: Ended) -> bool:
    return ended.state in ("failed", "stopped") or (ended.state == "partial" and ended.trouble_code is not None)


def _wanted_since(job: str, schedule: Schedule, facts: Facts, now: int, place: Place) -> _Wanted | None:
    if schedule.expected_within_s is not None:
        within = round(schedule.expected_within_s * 1000)
        last = facts.good.finished_at if facts.good else now
        return _Wanted(since=now - within, deadline=last + within)
    if schedule.expected_by is not None:
        deadline = _last_deadline(schedule, now, place)
        slot = slots.latest(schedule, None, deadline, place, job=job)
        if slot is not None:
            return _Wanted(since=slot.due_at, deadline=deadline)
        midnight = datetime.combine(place.local(deadline).date(), datetime.min.time())
        return _Wanted(since=place.instant(midnight), deadline=deadline)
    grace = GRACE_MS if schedule.every_s is None else max(round(2000 * schedule.every_s), LEAST_GRACE_MS)
    slot = slots.latest(schedule, None, now - grace, place, job=job)
    return None if slot is None else _Wanted(since=slot.due_at, deadline=slot.due_at + grace)


def _last_deadline(schedule: Schedule, now: int, place: Place) -> int:
    assert schedule.expected_by is not None  # noqa: S101 - told by the caller
    day = place.local(now).date()
    while True:
        deadline = place.instant(datetime.combine(day, schedule.expected_by))
        if deadline <= now and (place.works(day) or not schedule.working_days_only):
            return deadline
        day -= timedelta(days=1)


def _volume(facts: Facts) -> tuple[Volume, float | None]:
    if facts.good is None or len(facts.volumes) < LEAST_HISTORY:
        return "unknown", None
    usual = median(facts.volumes)
    read = facts.good.balance.read
    if read == 0 and usual > 0:
        return "zero", usual
    return ("low" if read < LOW_SHARE * usual else "normal"), usual


def changed(
    before: Mapping[str, Freshness], after: Mapping[str, Freshness]
) -> Sequence[tuple[Freshness | None, Freshness]]:
    """List the jobs whose judgement has changed, with the one before."""
    return [
        (before.get(job), each)
        for job, each in after.items()
        if (old := before.get(job)) is None or (old.state, old.volume) != (each.state, each.volume)
    ]
