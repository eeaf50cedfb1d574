"""The partners' API: digests by which a reader proves that its copy of a feed is complete."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

from aiohttp import web
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from patto_hub.feeds import cursors, digests, pages
from patto_hub.ledger import digests as kept
from patto_hub.ledger import feed as addressed
from patto_hub.ledger import snapshots
from patto_hub.web.api import FeedParams, Href, Links
from patto_hub.web.endpoints import Access, Call, Nothing, endpoint
from patto_hub.web.granted import PROBLEMS as GRANT_PROBLEMS
from patto_hub.web.granted import granted
from patto_hub.web.places import PROBLEMS as PLACE_PROBLEMS
from patto_hub.web.places import cursors_judged, path
from patto_hub.web.problems import Problem
from patto_hub.web.receipts import caller_of

if TYPE_CHECKING:
    from patto_hub.web.site import Site

_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
MOST_BUCKETS: Final = 16
"""Buckets whose records one answer lists."""


def _written_as_a_day(value: object) -> object:
    """Let a day through as it is written, and no number of seconds, which the library would take for one too."""
    if isinstance(value, str) and not _DAY.fullmatch(value):
        raise ValueError("not a day")
    return value


LocalDay = Annotated[date, BeforeValidator(_written_as_a_day)]


class DigestParams(FeedParams):
    """Which feed, at which place, in how much detail."""

    cursor: str | None = Field(default=None, max_length=200, examples=["AgAAAAAAAAAAKgAAAAAAAAAAAABPGQ"])
    """`next_cursor` of the last page that you have kept; without it: as far as the feed goes now."""
    detail: Literal["none", "buckets"] = Field(default="none", examples=["buckets"])
    """`buckets` adds the digests of the 256 buckets."""
    records: str | None = Field(
        default=None, pattern=rf"^[0-9a-f]{{2}}(,[0-9a-f]{{2}}){{0,{MOST_BUCKETS - 1}}}$", examples=["3f,a0"]
    )
    """Buckets, two hex digits each and commas between them: adds the ids and versions that belong into them."""


class DayParams(FeedParams):
    """Which feed, which day."""

    day: LocalDay = Field(examples=["2026-11-25"])
    """A day that is over in Italy."""


class DaysParams(FeedParams):
    """Which feed, from which day back."""

    before: LocalDay | None = Field(default=None, examples=["2026-11-01"])
    """The earliest day of the page before."""
    limit: int = Field(default=31, ge=1, le=366, examples=[31])
    """Days of the page at most."""


class BucketDigest(BaseModel):
    """The digest of some of the records."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    bucket: str = Field(examples=["3f"])
    """The first two hex digits of the SHA-256 of the records' ids."""
    count: int
    sha256: str
    """Of the lines of these records, as in the whole digest."""


class HeldVersion(BaseModel):
    """A record that you should hold."""

    id: str = Field(examples=["pact-17"])
    version: int


class DigestBody(BaseModel):
    """What you should hold at a place of a feed."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    day: date | None = None
    """The local day at whose end it holds; null for a place of your own."""
    cursor: str
    """The place."""
    count: int
    """Records that you should hold."""
    counts: dict[str, int]
    """By kind."""
    sha256: str = Field(examples=["e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"])
    """SHA-256, in hex, of the lines `id<TAB>version<NL>` of these records, sorted as bytes."""
    waiting: int
    """Changes that come after the place now."""
    unsure: int
    """How many of them take records away. The hub no longer knows whether you held those at the place; if the digest
    is not yours and this is not 0, read on first."""
    buckets: list[BucketDigest] | None = None
    """Those that are not empty, if asked for."""
    records: list[HeldVersion] | None = None
    """Of the buckets that were asked for, sorted."""


class Day(BaseModel):
    """A day that has a digest."""

    day: date
    href: str = Field(examples=["/rest/patto/v1/feeds/pacts/digests/2026-11-25"])


class Days(BaseModel):
    """The days that have a digest, newest first."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    items: list[Day]
    has_more: bool
    """Whether there are earlier ones."""
    links: Links | None = Field(default=None, alias="_links")


@endpoint(
    "GET",
    "/feeds/{feed}/digest",
    access=Access.PARTNER,
    params=DigestParams,
    answers={200: DigestBody},
    problems=(*PLACE_PROBLEMS, *GRANT_PROBLEMS),
)
async def digest(call: Call[DigestParams, Nothing]) -> web.StreamResponse:
    """Give the digest of what you should hold at a place of the feed.

    If it is not the digest of your copy, ask for the buckets, and for the records of those that differ.
    """
    asked, params, ledger = _asked(call), call.params, call.site.ledger
    position = await _position(call, asked)
    async with call.site.counting.of(asked.subscription.partner):
        found = await call.site.digests.at(ledger, asked, position)
        listed = None
        if params.records is not None:
            wanted = {int(each, 16) for each in params.records.split(",")}
            pairs = await ledger.read(digests.records, asked, found.position, wanted)
            listed = [HeldVersion(id=name, version=version) for name, version in pairs]
    buckets = [BucketDigest(bucket=each.name, count=each.count, sha256=each.sha256) for each in found.buckets]
    body = DigestBody(
        cursor=_cursor(call.site, asked, found.position),
        count=sum(found.counts.values()),
        counts=dict(found.counts),
        sha256=found.sha256,
        waiting=found.waiting,
        unsure=found.unsure,
        buckets=buckets if params.detail == "buckets" else None,
        records=listed,
    )
    return web.json_response(body.model_dump(mode="json", exclude_none=True))


@endpoint(
    "GET",
    "/feeds/{feed}/digests/{day}",
    access=Access.PARTNER,
    params=DayParams,
    answers={200: DigestBody},
    problems=("params-invalid", *GRANT_PROBLEMS),
)
async def digest_of_day(call: Call[DayParams, Nothing]) -> web.StreamResponse:
    """Give the digest of what you had to hold when a day ended in Italy; once it was given it stays the same."""
    asked, day, ledger = _asked(call), call.params.day, call.site.ledger
    if day >= _today(call.site) or day.year < 1970:  # noqa: PLR2004 - where our instants begin
        raise Problem("not-found", ("Il giorno non è ancora finito.", "The day is not over yet."))
    async with call.site.counting.of(asked.subscription.partner):
        found = await ledger.read(kept.of_day, asked.audience, day.isoformat())
        if found is None:
            end = call.site.place.instant(datetime.combine(day + timedelta(days=1), time()))
            made = await call.site.digests.at(ledger, asked, await ledger.read(snapshots.position_at, end))
            fresh = kept.DayDigest(
                position=made.position, counts=made.counts, sha256=bytes.fromhex(made.sha256), unsure=made.unsure
            )
            now = call.site.world.milliseconds()
            found = await ledger.write(kept.keep, asked.audience, day.isoformat(), fresh, now)
    waiting, _ = await ledger.read(
        kept.after,
        organisations=asked.organisations,
        kinds=sorted(asked.subscription.kinds),
        position=found.position,
    )
    body = DigestBody(
        day=day,
        cursor=_cursor(call.site, asked, found.position),
        count=sum(found.counts.values()),
        counts=dict(found.counts),
        sha256=found.sha256.hex(),
        waiting=waiting,
        unsure=found.unsure,
    )
    return web.json_response(body.model_dump(mode="json", exclude_none=True))


@endpoint(
    "GET",
    "/feeds/{feed}/digests",
    access=Access.PARTNER,
    params=DaysParams,
    answers={200: Days},
    problems=("params-invalid", *GRANT_PROBLEMS),
)
async def days(call: Call[DaysParams, Nothing]) -> web.StreamResponse:
    """List the days that have a digest, newest first: from yesterday to the first day of the ledger."""
    asked, params = _asked(call), call.params
    first = await call.site.ledger.read(kept.first_at)
    today = _today(call.site)
    start = today if params.before is None else min(params.before, today)
    oldest = start if first is None else call.site.place.local(first).date()
    count = max(0, min((start - oldest).days, params.limit))
    shown = [start - timedelta(days=each) for each in range(1, count + 1)]
    feed = asked.subscription.feed
    body: dict[str, Any] = {
        "items": [{"day": f"{each}", "href": path(feed, f"digests/{each}")} for each in shown],
        "has_more": bool(shown) and shown[-1] > oldest,
    }
    if body["has_more"]:
        onward = f"{path(feed, 'digests')}?before={shown[-1]}&limit={params.limit}"
        body["_links"] = Links(next=Href(href=onward)).model_dump()
    return web.json_response(body)


ENDPOINTS: Final = (digest, days, digest_of_day)


def _asked(call: Call[Any, Nothing]) -> digests.Asked:
    caller = caller_of(call)
    subscription = granted(call, caller)
    reader = pages.Reader(partner=caller.partner, organisation=caller.organisation)
    return digests.Asked(subscription=subscription, organisations=pages.organisations(subscription.feed, reader))


async def _position(call: Call[DigestParams, Nothing], asked: digests.Asked) -> int | None:
    feed, caller = asked.subscription.feed, caller_of(call)
    if call.params.cursor is None:
        return None
    with cursors_judged(feed):
        position = pages.start(
            feed=feed,
            reader=pages.Reader(partner=caller.partner, organisation=caller.organisation),
            key=call.site.cursor_key,
            cursor=call.params.cursor,
            now=call.site.world.milliseconds(),
            due=asked.subscription.due,
        )
        if not await call.site.ledger.read(addressed.in_use, position):
            raise pages.Stale("no number of this ledger")
    return position


def _cursor(site: Site, asked: digests.Asked, position: int) -> str:
    subscription = asked.subscription
    place = cursors.Place(position, site.world.milliseconds() // cursors.DAY_MS, due=subscription.due)
    return cursors.write(site.cursor_key, subscription.feed.name, subscription.partner, place)


def _today(site: Site) -> date:
    return site.place.local(site.world.milliseconds()).date()
