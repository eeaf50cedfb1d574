"""The calendar of what ends: one list, the first to end first, with what to do; all of it, or a partner's own."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, Final, Literal

from patto_hub.clock.calendar import milliseconds
from patto_hub.endings import OF_PARTNERS, Ending, of_jobs
from patto_hub.ledger import keys, lane_secrets
from patto_hub.ledger.lane_secrets import Aged

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from patto_hub.clock.calendar import Place
    from patto_hub.feeds.subscriptions import Subscription
    from patto_hub.jobs import Job
    from patto_hub.ledger.lanes import LaneName
    from patto_hub.ledger.store import Connection, Ledger
    from patto_hub.web.admission import Admission, Doorkeeper
    from patto_hub.web.site import Site
    from patto_hub.web.words import Words

AHEAD_DAYS: Final = 90
"""How far the status page looks; the command line tells all."""
_EVER_DAYS: Final = 36_500
_FRESH: Final = timedelta(hours=1)
"""PDND's keys end a day after each reading: that is told once readings fail, not always."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """What is known of endings besides the ledger."""

    admission: Admission
    subscriptions: Iterable[Subscription]
    jobs: Iterable[Job]
    secret_days: Mapping[LaneName, int]
    """For each lane that signs, the days after which its keys are to be changed."""
    place: Place
    doorkeeper: Doorkeeper | None = None
    """Knows the certificates that were shown; None outside of the hub that serves."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EndingView:
    """An ending, as a page shows it."""

    when: str
    left: str
    what: str
    todo: str
    look: Literal["good", "doubt", "bad"]
    partner: str


def sources_of(site: Site) -> Sources:
    """Give what a hub that serves knows."""
    return Sources(
        admission=site.admission,
        subscriptions=site.subscriptions.values(),
        jobs=site.jobs.values(),
        secret_days={name: terms.secret_days for name, terms in site.ways.items() if terms.secret_days},
        place=site.place,
        doorkeeper=site.doorkeeper,
    )


async def endings(ledger: Ledger, sources: Sources, now: int, partner: str | None = None) -> list[Ending]:
    """Give all that ends, the first to end first; for a partner, what is its own to know."""
    kept = await ledger.read(_in_ledger, now, sources.secret_days)
    ours = await asyncio.to_thread(of_jobs, sources.jobs, sources.place.zone) if partner is None else []
    moment = datetime.fromtimestamp(now / 1000, UTC)
    found = [*kept, *ours, *_of_admission(sources, moment), *map(_of_subscription, _ending(sources.subscriptions))]
    mine = [each for each in found if partner is None or (each.partner == partner and each.kind in OF_PARTNERS)]
    return sorted(set(mine), key=lambda each: (each.at, each.partner, each.kind, each.name))


def view(ending: Ending, words: Words, *, own: bool) -> EndingView:
    """Say an ending to people: to the partner whose it is (`own`), or to staff."""
    left, due = ending.days_left(words.now), ending.reminder(words.now)
    return EndingView(
        when=words.when(ending.at),
        left=words("ending.left", n=left) if left else words("ending.over"),
        what=words(f"ending.{ending.kind}", name=ending.name),
        todo=words(f"ending.{ending.kind}.{'own' if own else 'todo'}", partner=ending.partner, name=ending.name),
        look="good" if due is None else "doubt" if due == keys.REMINDERS[0] else "bad",
        partner=ending.partner,
    )


def _in_ledger(connection: Connection, now: int, secret_days: Mapping[LaneName, int]) -> list[Ending]:
    found = keys.ending(connection, now, within_days=_EVER_DAYS)
    held = [
        Ending(at=key.expires_at, kind="key", name=key.prefix, partner=key.partner) for key in found if key.expires_at
    ]
    signing = lane_secrets.since(connection, secret_days)
    aged = [Aged(lane=lane, since=since, days=secret_days[lane]) for (lane, _), since in signing.items()]
    return [*held, *map(_of_secret, aged)]


def _of_secret(key: Aged) -> Ending:
    at = key.since + key.days * keys.DAY_MS
    return Ending(at=at, kind="webhook_secret", name=f"{key.lane.feed}/{key.lane.way}", partner=key.lane.partner)


def _ending(subscriptions: Iterable[Subscription]) -> Iterator[Subscription]:
    return (each for each in subscriptions if each.until is not None)


def _of_subscription(each: Subscription) -> Ending:
    return Ending(at=over(each), kind="subscription", name=each.feed.name, partner=each.partner)


def over(subscription: Subscription) -> int:
    """Give the instant at which the last day of a subscription is over.

    Raises:
        TypeError: it has no end.
    """
    if subscription.until is None:
        raise TypeError("a subscription without an end is never over")
    return milliseconds(datetime.combine(subscription.until + timedelta(days=1), time(), subscription.zone))


def _of_admission(sources: Sources, now: datetime) -> Iterator[Ending]:
    """Give what the settings tell of certificates, and those that were shown since the hub serves."""
    admission = sources.admission
    yield from admission.own
    for partner, each in admission.partners.items():
        for known in (*each.keys, *(each.trust.keys if each.trust else ())):
            if known.until is not None:
                name = known.kid or known.thumbprint
                yield Ending(at=milliseconds(known.until), kind="signing_certificate", name=name, partner=partner)
        yield from each.endings
    if sources.doorkeeper is not None:
        yield from sources.doorkeeper.shown.values()
    published = admission.voucher_keys
    if published is None or published.until is None or published.read_at is None:
        return
    if published.trouble or now - published.read_at > _FRESH:
        yield Ending(at=milliseconds(published.until), kind="pdnd_keys", name=published.place)
