"""From settings and plugins to jobs; a partner that cannot be used says why, and keeps no other from its work."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from patto_hub.clock.schedule import Schedule
from patto_hub.extensions.tell import refusal
from patto_hub.extensions.words import why_not_loaded
from patto_hub.jobs import Job, Limits, Unusable
from patto_hub.settings.mistakes import WrongSettings
from patto_hub.settings.read import stream_settings
from patto_schemas.model.base import Name

if TYPE_CHECKING:
    from collections.abc import Mapping

    from patto_hub.extensions.load import Extensions
    from patto_hub.feeds.spec import FeedSpec
    from patto_hub.feeds.subscriptions import Subscription
    from patto_hub.settings.read import Configuration
    from patto_hub.settings.shape import JobPart, LimitsPart, PartnerPart


@dataclass(frozen=True, slots=True, kw_only=True)
class Stock:
    """What jobs are made from."""

    configuration: Configuration
    extensions: Extensions
    feeds: Mapping[str, FeedSpec]
    numbers: Mapping[str, int]
    """The partners' numbers in the ledger."""
    subscriptions: Mapping[tuple[str, str], Subscription] = field(default_factory=dict)
    """What each partner may be given, by (partner, feed)."""


def make_jobs(stock: Stock) -> tuple[dict[str, Job], list[Unusable]]:
    """Make the jobs of all partners."""
    jobs: dict[str, Job] = {}
    unusable: list[Unusable] = []
    for partner, part in stock.configuration.settings.partners.items():
        for name, plan in part.jobs.items():
            made = _job(stock, partner, name, plan)
            if isinstance(made, Job):
                jobs[made.name] = made
            else:
                unusable.append(made)
    return jobs, unusable


def _job(stock: Stock, partner: str, name: str, plan: JobPart) -> Job | Unusable:
    part = stock.configuration.settings.partners[partner]
    full = f"{partner}/{name}"
    connector = stock.extensions.connector(part.plugin, name)
    if connector is None:
        return _no_connector(stock.extensions, part.plugin, full)
    if not connector.reads and plan.feed not in stock.feeds:
        return _no_feed(stock.feeds, plan.feed, full)
    subscription = stock.subscriptions.get((partner, plan.feed))
    if not connector.reads and (subscription is None or (subscription.pseudonyms and connector.render)):
        return _not_subscribed(subscription, plan.feed, partner, full)
    try:
        settings = stream_settings(stock.configuration, partner, name, connector.settings)
    except WrongSettings as wrong:
        return Unusable(
            job=full,
            it="; ".join(mistake.sentence("it") for mistake in wrong.mistakes),
            en="; ".join(mistake.sentence("en") for mistake in wrong.mistakes),
            fault="settings",
        )
    return Job(
        name=full,
        partner=partner,
        partner_id=stock.numbers[partner],
        plugin=part.plugin,
        connector=connector,
        settings=settings,
        schedule=schedule_of(plan),
        scope=_scope(part),
        subscription=subscription,
        withheld=partial(refusal, stock.extensions, partner, plan.feed),
        patience_ms=round(plan.patience * 1000),
        limits=_limits(plan.limits),
        isolation=plan.isolation,
    )


def _no_connector(extensions: Extensions, plugin: str, job: str) -> Unusable:
    if plugin in extensions.loaded:
        has = ", ".join(each.name for each in extensions.loaded[plugin].connectors) or "-"
        return Unusable(
            job=job,
            it=f"il plugin «{plugin}» non ha questo flusso; ha: {has}",
            en=f"the plugin '{plugin}' has no such stream; it has: {has}",
            fault="settings",
        )
    if verdict := extensions.not_loaded.get(plugin):
        it, en = (why_not_loaded(verdict.code, verdict.values, language) for language in ("it", "en"))
        return Unusable(job=job, it=f"plugin «{plugin}»: {it}", en=f"plugin '{plugin}': {en}", fault="plugin")
    known = ", ".join(extensions.loaded) or "-"
    return Unusable(
        job=job,
        it=f"il plugin «{plugin}» non è installato; ci sono: {known}",
        en=f"the plugin '{plugin}' is not installed; there are: {known}",
        fault="plugin",
    )


def _no_feed(feeds: Mapping[str, FeedSpec], feed: str, job: str) -> Unusable:
    known = ", ".join(feeds)
    if not feed:
        return Unusable(
            job=job,
            it=f"questo flusso consegna al partner: indicare «feed», uno di: {known}",
            en=f"this stream delivers to the partner: 'feed' is needed, one of: {known}",
            fault="settings",
        )
    return Unusable(
        job=job,
        it=f"il flusso in uscita «{feed}» non esiste; ci sono: {known}",
        en=f"there is no feed '{feed}'; there are: {known}",
        fault="settings",
    )


def _not_subscribed(subscription: Subscription | None, feed: str, partner: str, job: str) -> Unusable:
    if subscription is None:
        return Unusable(
            job=job,
            it=f'«{feed}» non è fra i flussi di «{partner}»: aggiungerlo, come feeds = ["{feed}"]',
            en=f"'{feed}' is not among the feeds of '{partner}': add it, as feeds = [\"{feed}\"]",
            fault="settings",
        )
    return Unusable(
        job=job,
        it=f'il connettore scrive i nomi di «{feed}»: sotto pseudonimi non può, serve identity = "full"',
        en=f"the connector writes the names of '{feed}': under pseudonyms it cannot, identity = \"full\" is needed",
        fault="settings",
    )


def schedule_of(plan: JobPart) -> Schedule:
    """Give the clock's form of a plan."""
    return Schedule(
        cron=plan.cron,
        every_s=plan.every,
        jitter_s=plan.jitter,
        catch_up=plan.catch_up,
        expected_by=plan.expected_by,
        expected_within_s=plan.expected_within,
        working_days_only=plan.working_days_only,
    )


def organisation_of(part: PartnerPart) -> Name | None:
    """Give the name by which records call a partner."""
    return None if part.organisation is None else Name(part.organisation.scheme, part.organisation.value)


def _scope(part: PartnerPart) -> frozenset[Name] | None:
    if part.scope == "any":
        return None
    if part.scope is not None:
        return frozenset(part.scope)
    own = organisation_of(part)
    return None if own is None else frozenset({own})


def _limits(part: LimitsPart) -> Limits:
    return Limits(
        seconds=part.time,
        page_seconds=part.page_time,
        records=part.records,
        pages=part.pages,
        stop_after_bad=part.stop_after_bad,
        stop_at_share=part.stop_at_share,
        vanish_share=part.vanish_share,
    )
