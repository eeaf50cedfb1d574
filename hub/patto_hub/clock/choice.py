"""Which of the waiting runs may start now: a pure function of what waits, what runs and what holds jobs back."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from patto_hub.clock.backoff import PROBE_S
from patto_hub.ledger.runs import PUSHED, STAFF

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from patto_hub.jobs import Job
    from patto_hub.ledger.job_state import JobState
    from patto_hub.ledger.slots import Waiting

LATE_MS = 120_000
"""A slot that starts later than this after it was due is called a catch-up."""
LONGEST_HOLD_MS = 86_400_000
"""A back-off further ahead than this was set under a clock that ran ahead of ours; it does not count."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Caps:
    """How many runs may go on at once."""

    parallel: int = 64
    """A run mostly waits for its partner: some thirty partners may hang at once and still delay nobody else."""
    per_partner: int = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """A run that may start."""

    job: Job
    reason: str
    slot_key: str | None = None
    attempt: int = 1
    probe: bool = False
    """It is the single try through an open circuit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What starts now, and the instant at which to look again because something held back is free then."""

    starts: list[Start]
    look_again: int | None


@dataclass(slots=True, kw_only=True)
class Outlook:
    """All that a choice depends on; instants in milliseconds since 1970 UTC."""

    jobs: Mapping[str, Job]
    waiting: Sequence[Waiting]
    states: Mapping[str, JobState]
    running: frozenset[str]
    probed: Mapping[str, int] = field(default_factory=dict)
    """When each partner was last tried through an open circuit."""
    held: Mapping[str, int] = field(default_factory=dict)
    """Jobs that this process leaves alone until an instant: another hub runs them, or the disk is full."""
    caps: Caps = field(default_factory=Caps)


def choose(outlook: Outlook, now: int) -> Choice:
    """Choose what starts: what people asked for first, then the longest due; one run per job, within the caps."""
    starts: list[Start] = []
    later: list[int] = []
    busy = set(outlook.running)
    partners = Counter(outlook.jobs[name].partner for name in busy if name in outlook.jobs)
    probed = dict(outlook.probed)
    for start in _candidates(outlook, now):
        partner = start.job.partner
        if len(busy) >= outlook.caps.parallel:
            break
        if start.job.name in busy or partners[partner] >= outlook.caps.per_partner:
            continue
        free_at = _free_at(outlook, start, probed, now)
        if free_at is None:
            continue
        if free_at > now:
            later.append(free_at)
            continue
        starts.append(start)
        busy.add(start.job.name)
        partners[partner] += 1
        if start.probe:
            probed[partner] = now
    return Choice(starts=starts, look_again=min(later, default=None))


def _candidates(outlook: Outlook, now: int) -> Iterator[Start]:
    slots = _next_of_each(outlook)
    asked = [state for state in outlook.states.values() if state.requested_at is not None]
    for state in sorted(asked, key=lambda state: (state.requested_at, state.job)):
        if state.job in outlook.jobs:
            reason = PUSHED if state.requested_by == PUSHED else f"{STAFF}{state.requested_by}"
            yield _start(outlook, state, slots.pop(state.job, None), reason)
    for slot in sorted(slots.values(), key=lambda slot: (slot.due_at, slot.job)):
        reason = "retry" if slot.attempt > 1 else "catch_up" if now - slot.due_at > LATE_MS else "schedule"
        yield _start(outlook, outlook.states[slot.job], slot, reason)


def _next_of_each(outlook: Outlook) -> dict[str, Waiting]:
    """Give the slot of each job that comes next: the newest, which fetches all that there is, or the oldest of all."""
    slots: dict[str, Waiting] = {}
    for slot in outlook.waiting:  # the longest due first
        job = outlook.jobs.get(slot.job)
        if job is not None and (slot.job not in slots or job.schedule.catch_up != "all"):
            slots[slot.job] = slot
    return slots


def _start(outlook: Outlook, state: JobState, slot: Waiting | None, reason: str) -> Start:
    return Start(
        job=outlook.jobs[state.job],
        reason=reason,
        slot_key=None if slot is None else slot.slot_key,
        attempt=1 if slot is None else slot.attempt,
        probe=state.circuit != "closed",
    )


def _free_at(outlook: Outlook, start: Start, probed: Mapping[str, int], now: int) -> int | None:
    """Give the instant from which the run may start; None while only a person can say."""
    state = outlook.states[start.job.name]
    if state.paused_at is not None and state.paused_until is None:
        return None
    free = max(state.paused_until or 0, outlook.held.get(start.job.name, 0))
    if start.reason.startswith(STAFF):  # asked for by a person: no back-off or circuit holds it back
        return free
    if state.not_before is not None and state.not_before - now <= LONGEST_HOLD_MS:
        free = max(free, state.not_before)
    if start.probe and start.job.partner in probed:
        free = max(free, probed[start.job.partner] + round(PROBE_S * 1000))
    return free
