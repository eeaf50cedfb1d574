"""The portal's pages to look at: how things stand both ways, deliveries, what leaves under which right, limits."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final, get_args

from pydantic import BaseModel

from patto_hub.feeds import pages
from patto_hub.feeds.digests import Asked
from patto_hub.ledger import acknowledgements, digests, keys, lanes, portal
from patto_hub.ledger.lanes import Lane
from patto_hub.web.console import sights
from patto_hub.web.contracts import contract_body
from patto_hub.web.portal import standing
from patto_hub.web.portal.labels import label
from patto_hub.web.site import BASE
from patto_hub.web.standing import stream_title as stream_words

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from aiohttp import web

    from patto_hub.feeds.subscriptions import Subscription
    from patto_hub.jobs import Job
    from patto_hub.ledger.digests import DayDigest
    from patto_hub.web.portal.visits import PartnerVisit

ROWS: Final = 50
"""Lines on a page."""
_HINTS: Final = ("webhook", "signals")
"""The hub's own ways, which by themselves say that there is news and do not carry it."""
WORDS: Final = 5
"""Latest acknowledgements of each feed."""


async def overview(visit: PartnerVisit) -> web.StreamResponse:
    """Show how the exchange stands both ways, and what there is to do."""
    ledger, words = visit.site.ledger, visit.words
    seen = await sights(visit, {name: job for name, job in jobs_of(visit).items() if not _writes(job)})
    held = await ledger.read(keys.of_partner, visit.partner)
    ends = [standing.key_end(key, words) for key in held if key.live(words.now)]
    return visit.page(
        "overview.html",
        title=await ledger.read(portal.title, visit.partner),
        streams=[standing.stream(each, words) for each in seen],
        feeds=await _feeds(visit),
        lanes=await lanes_of(visit),
        refused=await ledger.read(portal.count_refusals, visit.partner),
        ends=[said for look, said in ends if look != "good"],
    )


async def deliveries(visit: PartnerVisit) -> web.StreamResponse:
    """Show what was handed to the partner, and what keeps the rest."""
    ledger = visit.site.ledger
    rows = await ledger.read(portal.handovers, visit.partner, before=before(visit), limit=ROWS + 1)
    return visit.page(
        "deliveries.html",
        lanes=await lanes_of(visit),
        rows=[
            (row, feed_title(visit, row.feed), way_title(visit, row.way), standing.handover(row.receipt, visit.words))
            for row in rows[:ROWS]
        ],
        older=rows[ROWS - 1].id if len(rows) > ROWS else None,
        words=[
            (
                each.feed.title[visit.language],
                await ledger.read(acknowledgements.history, visit.partner, each.feed.name, limit=WORDS),
            )
            for each in opened(visit)
        ],
    )


async def subscriptions(visit: PartnerVisit) -> web.StreamResponse:
    """Show which fields of which records leave for this partner, why, and until when; as the views say it."""
    return visit.page(
        "subscriptions.html",
        subscriptions=[
            (
                each,
                contract_body(each.feed),
                await _yesterday(visit, each),
                [
                    (
                        view,
                        standing.kind(view.kind, visit.words),
                        [(label(view.kind, field, visit.language), field) for field in fields_of(view.shape)],
                    )
                    for view in each.feed.views
                ],
            )
            for each in opened(visit)
        ],
        now=visit.words.place.local(visit.words.now),
        base=address_of(visit),
    )


async def limits(visit: PartnerVisit) -> web.StreamResponse:
    """Show how often the partner may still call, with all its keys together; looking takes nothing away."""
    site = visit.site
    return visit.page(
        "limits.html",
        allowance=site.rates.take(f"partner:{visit.partner}", site.world.monotonic(), 0),
        window=visit.words.span(site.rates.window_s),
        most=pages.MOST,
        days=pages.RETENTION_DAYS,
        sends=any(job.connector.door is not None for job in jobs_of(visit).values()),
        largest=site.settings.largest_push // 2**20,
        seconds=int(site.settings.push_s),
        at_once=site.pushes.most,
    )


def address_of(visit: PartnerVisit) -> str:
    """Give where the API stands: as the settings say, else where this very page was asked for."""
    settings, request = visit.site.settings, visit.request
    scheme = "https" if settings.https else request.scheme
    return f"{settings.public_url or f'{scheme}://{request.host}'}{BASE}"


def jobs_of(visit: PartnerVisit) -> Mapping[str, Job]:
    """Give the partner's streams."""
    return {name: job for name, job in visit.site.jobs.items() if job.partner == visit.partner}


def opened(visit: PartnerVisit) -> list[Subscription]:
    """Give what the partner may read, by its feeds' names."""
    found = visit.site.subscriptions.items()
    return [each for (partner, _), each in sorted(found, key=lambda item: item[0]) if partner == visit.partner]


def stream_title(visit: PartnerVisit, job: str) -> str:
    """Give what a stream is called."""
    known = visit.site.jobs.get(job)
    return job.partition("/")[2] if known is None else stream_words(known, visit.words)


def feed_title(visit: PartnerVisit, name: str) -> str:
    """Give what a feed is called."""
    known = visit.site.feeds.get(name)
    return name if known is None else known.title[visit.language]


def way_title(visit: PartnerVisit, way: str) -> str:
    """Give what a way out is called: the hub's own ways, or a stream that writes."""
    if way in _HINTS:
        return visit.words(f"portal.way.{way}")
    return stream_title(visit, f"{visit.partner}/{way}")


def before(visit: PartnerVisit) -> int | None:
    """Give the number of the last line of the page before."""
    text = visit.request.query.get("before", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < len(str(2**63)) else None


def fields_of(shape: type[BaseModel], path: str = "") -> Iterator[str]:
    """Name the fields of a view, or of a record, those within fields too, as `measures.started_on`."""
    for name, field in shape.model_fields.items():
        inner = list(_shapes(field.annotation))
        if not inner:
            yield f"{path}{name}"
        for each in inner:
            yield from fields_of(each, f"{path}{name}.")


async def lanes_of(visit: PartnerVisit) -> Sequence[standing.LaneView]:
    """Say how each way out stands, those too that have carried nothing yet."""
    ways, ledger = visit.site.ways, visit.site.ledger
    found = await ledger.read(lanes.among, ways.keys(), visit.partner)
    return [
        standing.lane(
            each,
            ways.get(each.name),
            feed_title(visit, each.feed),
            way_title(visit, each.way),
            await _behind(visit, each),
            visit.words,
        )
        for each in found
    ]


async def _yesterday(visit: PartnerVisit, subscription: Subscription) -> DayDigest | None:
    """Give what the partner had to hold when yesterday ended, if it has asked for that; it is not made for a look."""
    reader = pages.Reader(partner=visit.partner, organisation=visit.caller.organisation)
    asked = Asked(subscription=subscription, organisations=pages.organisations(subscription.feed, reader))
    day = visit.words.place.local(visit.words.now).date() - timedelta(days=1)
    return await visit.site.ledger.read(digests.of_day, asked.audience, day.isoformat())


async def _feeds(visit: PartnerVisit) -> list[standing.FeedView]:
    views, comes = [], await _brought(visit)
    for each in opened(visit):
        reading = await visit.site.ledger.read(
            portal.reading, visit.partner, each.feed.name, kinds=each.kinds, public=each.feed.public
        )
        said = await visit.site.ledger.read(acknowledgements.standing, visit.partner, each.feed.name)
        views.append(standing.feed(each, reading, said, visit.words, comes.get(each.feed.name)))
    return views


async def _brought(visit: PartnerVisit) -> Mapping[str, standing.Brought]:
    """Give the feeds whose very records the hub hands over: a webhook that only says that there is news is not that."""
    carried = {
        (job.feed.name, job.connector.name): Lane(partner=visit.partner, feed=job.feed.name, way=job.connector.name)
        for job in jobs_of(visit).values()
        if job.feed is not None
    }
    for lane in await visit.site.ledger.read(lanes.every, visit.partner):
        if lane.way not in _HINTS or (lane.delivered_as or "").startswith("full "):
            carried[lane.feed, lane.way] = lane
    return {
        feed: standing.Brought(
            way=way_title(visit, way), delivered_at=lane.delivered_at, behind=await _behind(visit, lane)
        )
        for (feed, way), lane in carried.items()
    }


async def _behind(visit: PartnerVisit, lane: Lane) -> int:
    given = visit.site.subscriptions.get((visit.partner, lane.feed))
    feed = visit.site.feeds.get(lane.feed) if given is None else given.feed
    if feed is None:
        return 0
    return await visit.site.ledger.read(
        portal.waiting,
        visit.partner,
        lane.position,
        kinds=feed.kinds,
        public=feed.public,
        own=lane.name not in visit.site.ways or visit.site.ways[lane.name].own,
    )


def _writes(job: Job) -> bool:
    return job.connector.sink is not None


def _shapes(annotation: object) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for each in get_args(annotation):
        yield from _shapes(each)
