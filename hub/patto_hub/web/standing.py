"""How each stream stands, in the words of the staff page: a pure function of judgement, figures and plan."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from patto_hub.balance import CLASSES
from patto_hub.clock import slots
from patto_hub.ledger.runs import PUSHED, STAFF
from patto_hub.web.sentences import SENTENCES
from patto_schemas.catalogue import CATALOGUE, explain
from patto_schemas.issues import Issue, Owner

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from patto_hub.balance import Balance
    from patto_hub.clock.calendar import Place
    from patto_hub.clock.freshness import Freshness
    from patto_hub.clock.schedule import Schedule
    from patto_hub.jobs import Job, Unusable
    from patto_hub.ledger.drift import Drift
    from patto_hub.ledger.job_state import JobState
    from patto_hub.ledger.runs import RunReport
    from patto_hub.ledger.status import JobStanding
    from patto_hub.web.words import Words

LOOK: Final[Mapping[str, str]] = {
    "on_time": "good",
    "late": "bad",
    "failing": "bad",
    "paused": "rest",
    "never": "doubt",
    "unknown": "doubt",
}
"""State -> how it looks: a colour and an icon, always beside its words."""
FIELDS: Final = 5
"""New fields of a partner that its page names."""
_NEWS: Final = ("new", "changed", "parked", "quarantined", "refused")
"""Classes of the balance that mean that the partner sent something that was not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """All that is known of one job at one moment."""

    job: Job
    title: str
    """The partner's title."""
    fresh: Freshness
    standing: JobStanding
    state: JobState


@dataclass(frozen=True, slots=True, kw_only=True)
class JobView:
    """One line of the status page, in words."""

    path: str
    partner: str
    stream: str
    label: str
    state: str
    look: str
    reasons: Sequence[str]
    expected: str
    last: Sequence[str]
    next: str
    quarantined: int
    quarantine: Sequence[str]
    parked: str
    busy: bool
    """A reading is under way or asked for: another would add nothing."""
    paused: bool
    vanished: str
    """What waits for a person's word, if a full list left out too much; else empty."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnusableView:
    """One line of the status page for a stream that could not be put together: why, and who can mend it."""

    partner: str
    stream: str
    reasons: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """The counts above the table."""

    jobs: int
    on_time: int
    attention: int
    paused: int
    quarantined: int
    parked: int


def overview(sights: Sequence[Sight], unusable: int = 0) -> Overview:
    """Count; `unusable` streams that could not be put together need attention too."""
    paused = sum(sight.fresh.state == "paused" for sight in sights)
    attention = sum(needs_attention(sight) for sight in sights)
    return Overview(
        jobs=len(sights) + unusable,
        on_time=len(sights) - paused - attention,
        attention=attention + unusable,
        paused=paused,
        quarantined=sum(sight.standing.quarantined for sight in sights),
        parked=sum(sight.standing.parked for sight in sights),
    )


def needs_attention(sight: Sight) -> bool:
    """Whether somebody should look; a job without a deadline that is read and quiet does not call for it."""
    quiet = sight.fresh.state == "unknown" and sight.fresh.reason == "no_expectation"
    return sight.fresh.state != "paused" and sight.fresh.alarming and not quiet


def urgent_first(sights: Sequence[Sight]) -> list[Sight]:
    """Put those that need attention first, otherwise in the given order."""
    return sorted(sights, key=lambda sight: not needs_attention(sight))


def view(sight: Sight, words: Words, place: Place) -> JobView:
    """Say how one job stands."""
    partner, stream = sight.title or sight.job.partner, stream_title(sight.job, words)
    return JobView(
        path=f"/jobs/{quote(sight.job.name)}",
        partner=partner,
        stream=stream,
        label=f"{partner}, {stream}",
        state=sight.fresh.state,
        look=LOOK[sight.fresh.state],
        reasons=_reasons(sight, words),
        expected=expected(sight.job.schedule, words),
        last=_last(sight, words),
        next=_next(sight, words, place),
        quarantined=sight.standing.quarantined,
        quarantine=[
            words("quarantine.of", rows=words("quarantine.rows", n=count), owner=words(f"owner.{owner}"))
            for owner, count in sorted(sight.standing.owners.items())
        ],
        parked=words("parked.rows", n=sight.standing.parked) if sight.standing.parked else "",
        busy=sight.fresh.running_since is not None or sight.state.requested_at is not None,
        paused=sight.fresh.state == "paused",
        vanished=_vanished(sight.state, words),
    )


def unusable(each: Unusable, title: str, words: Words) -> UnusableView:
    """Say why a stream could not be put together."""
    return UnusableView(
        partner=title or each.partner,
        stream=each.job,
        reasons=[
            words("unusable.why", reason=each.sentence(words.language)),
            words("reason.who", owner=words(f"unusable.who.{each.fault}")),
            words("unusable.then"),
        ],
    )


def stream_title(job: Job, words: Words) -> str:
    """Give a stream's title in the language, or its name."""
    return job.connector.summary.get(words.language, job.connector.name)


def expected(schedule: Schedule, words: Words) -> str:
    """Say by when a schedule's data are expected."""
    if schedule.expected_by is not None:
        key = "expected.by_working" if schedule.working_days_only else "expected.by"
        return words(key, time=schedule.expected_by.strftime("%H:%M"))
    if schedule.expected_within_s is not None:
        return words("expected.within", span=words.span(schedule.expected_within_s))
    planned = schedule.cron is not None or schedule.every_s is not None
    return words("expected.planned" if planned else "expected.by_hand")


def balance(balance: Balance, words: Words) -> str:
    """Say a balance sheet: what was read, and what became of it."""
    classes = [(name, int(getattr(balance, name))) for name in CLASSES]
    parts = [words(f"balance.{name}", n=count) for name, count in classes if count]
    read = words("balance.read", n=balance.read)
    return f"{read}: {', '.join(parts)}." if parts else f"{read}."


def run_reason(run: RunReport, words: Words) -> str:
    """Say why a run was made; a reason that has no words is shown as it is."""
    if run.reason.startswith(STAFF):
        return words("run.reason.staff", by=run.reason.removeprefix(STAFF))
    return words(f"run.reason.{run.reason}") if f"run.reason.{run.reason}" in SENTENCES else run.reason


def trouble(code: str, detail: str, words: Words) -> list[str]:
    """Say why a partner could not be read: what, what to do and who, and the plain detail for whoever looks deeper."""
    entry = CATALOGUE.get(code)
    said = [words("reason.bug")] if code == "bug" else []
    if entry is not None:
        said.append(explain(Issue(code, ""), words.language))
        said.append(entry.fix_en if words.language == "en" else entry.fix_it)
        owner = words("service.partner") if entry.owner is Owner.PARTNER else words(f"owner.{entry.owner}")
        said.append(words("reason.who", owner=owner))
    return [*said, words("reason.detail", detail=detail)] if detail else said


def new_fields(found: Sequence[Drift], words: Words) -> list[str]:
    """Name the fields that a partner sends beyond the schema, the newest first; never a value."""
    added = sorted((each for each in found if each.what == "added"), key=lambda each: -each.first_at)
    said = [words("drift.field", field=each.field, since=words.since(each.first_at)) for each in added[:FIELDS]]
    return [*said, words("drift.more", n=len(added) - FIELDS)] if len(added) > FIELDS else said


def _vanished(state: JobState, words: Words) -> str:
    return "" if state.vanished is None or state.vanish_most is not None else words("vanished.wait", n=state.vanished)


def _reasons(sight: Sight, words: Words) -> list[str]:
    fresh, state = sight.fresh, sight.state
    reasons = []
    if fresh.state == "paused":
        by = (state.paused_by or "").removeprefix(STAFF)
        reasons.append(words("reason.paused", by=by, reason=state.pause_reason or ""))
        until = state.paused_until
        reasons.append(
            words("reason.paused_open") if until is None else words("reason.paused_until", when=words.when(until))
        )
    elif fresh.state == "late" and fresh.deadline is not None:
        reasons.append(words("reason.late", when=words.when(fresh.deadline)))
    elif fresh.state == "failing":
        reasons += trouble(fresh.reason, fresh.detail, words)
    elif fresh.state == "unknown":
        reasons.append(words(f"reason.{fresh.reason}"))
    if waiting := _vanished(state, words):
        reasons.append(waiting)
    if fresh.state != "paused" and fresh.volume in ("low", "zero"):
        reasons.append(words(f"volume.{fresh.volume}", read=fresh.read or 0, usual=round(fresh.usual or 0)))
    return reasons


def _last(sight: Sight, words: Words) -> list[str]:
    fresh, good = sight.fresh, sight.standing.last_good
    said = []
    if fresh.running_since is not None:
        said.append(words("last.running", when=words.when(fresh.running_since)))
    elif sight.state.requested_at is not None and sight.state.requested_by == PUSHED:
        said.append(words("last.pushed"))
    elif sight.state.requested_at is not None:
        said.append(words("last.requested", by=(sight.state.requested_by or "").removeprefix(STAFF)))
    if good is None or good.finished_at is None:
        return [*said, words("last.unread_ever" if fresh.state == "failing" else "last.never")]
    if fresh.state in ("late", "failing"):
        since = words("last.unread_since", since=words.since(good.finished_at))
        return [*said, since, words("last.then", balance=balance(good.balance, words))]
    said.append(words("last.read", when=words.when(good.finished_at)))
    if not any(getattr(good.balance, name) for name in _NEWS):
        news = sight.standing.news_at
        said.append(words("last.nothing_ever") if news is None else words("last.nothing_new", since=words.since(news)))
    said.append(balance(good.balance, words))
    return said


def _next(sight: Sight, words: Words, place: Place) -> str:
    schedule, state = sight.job.schedule, sight.state
    if sight.fresh.state == "paused":
        return words("next.paused")
    if state.not_before is not None and state.not_before > words.now:
        return words("next.retry", when=words.when(state.not_before))
    slot = slots.following(schedule, words.now, place, job=sight.job.name)
    return words("next.by_hand") if slot is None else words("next.at", when=words.when(slot.due_at))
