"""Receiving again: from a date, from a bookmark, or one pact; what the hub brings comes again by itself.

Of a feed that the partner fetches nothing needs to be sent: the page gives the bookmark or the address to fetch from.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time
from http import HTTPStatus
from typing import TYPE_CHECKING, Final, Literal
from urllib.parse import urlencode

from aiohttp import web

from patto_hub.feeds import cursors, pages
from patto_hub.lanes import wishes
from patto_hub.lanes.terms import Terms
from patto_hub.ledger import again, lanes, portal, snapshots
from patto_hub.ledger.lanes import LaneName
from patto_hub.web.portal import standing
from patto_hub.web.portal.overview import address_of, feed_title, opened, way_title
from patto_hub.web.portal.visits import HOME
from patto_hub.web.visits import Turned, check_ticket

if TYPE_CHECKING:
    from collections.abc import Mapping

    from patto_hub.feeds.subscriptions import Subscription
    from patto_hub.web.portal.visits import PartnerVisit

PATH: Final = HOME + "/replay"
PULL: Final = "pull"
"""In the place of a lane's way: the partner fetches the feed itself."""
LONGEST: Final = 200
_NOTICES: Final = ("portal.replay.notice_asked", "portal.replay.notice_repeated")
_EMPTY: Final = {"unsent": "portal.replay.unsent", "nothing": "portal.replay.nothing"}


class Unclear(Exception):  # noqa: N818 - says what is wrong
    """What was asked for cannot be told; `field` is where, `key` names the sentence."""

    def __init__(self, field: str, key: str) -> None:
        super().__init__(key)
        self.field = field
        self.key = key


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What is to come again."""

    subscription: Subscription
    way: str
    kind: Literal["date", "cursor", "pact"]
    after: int
    pact: str | None = None
    """The pact's public id."""

    @property
    def lane(self) -> LaneName:
        """The lane that it goes by."""
        return LaneName(self.subscription.partner, self.subscription.feed.name, self.way)


async def show_replay(visit: PartnerVisit) -> web.StreamResponse:
    """Show the form, and what was asked for before."""
    return await _form(visit)


async def consider(visit: PartnerVisit) -> web.StreamResponse:
    """Say what would come again, before anything is done; of a feed that is fetched, say from where."""
    check_ticket(visit)
    try:
        wish = await _wish(visit)
    except Unclear as unclear:
        return await _form(visit, error=(unclear.field, visit.words(unclear.key)))
    feed = wish.subscription.feed
    count = await _count(visit, wish)
    return visit.page(
        "replay_confirm.html",
        home=PATH,
        wish=wish,
        pull=wish.way == PULL,
        title=feed_title(visit, feed.name),
        way=visit.words("portal.way.pull") if wish.way == PULL else way_title(visit, wish.way),
        count=count,
        many=count >= portal.COUNTED,
        address=_address(visit, wish) if wish.way == PULL else "",
        form=visit.form,
    )


async def _count(visit: PartnerVisit, wish: Wish) -> int:
    """Count what would come again: of a lane what it has delivered, of a fetched feed all there is."""
    subscription, read = wish.subscription, visit.site.ledger.read
    until = None if wish.way == PULL else await read(lanes.position, wish.lane)
    terms = visit.site.ways.get(wish.lane)
    return await read(
        portal.waiting,
        visit.partner,
        wish.after,
        kinds=subscription.kinds,
        public=subscription.feed.public,
        until=until,
        own=terms is None or terms.own,
    )


async def confirm(visit: PartnerVisit) -> web.StreamResponse:
    """Ask for what is to come again; the same form sent twice asks once."""
    ticket = check_ticket(visit)
    try:
        wish = await _wish(visit)
    except Unclear as unclear:
        return await _form(visit, error=(unclear.field, visit.words(unclear.key)))
    if wish.way == PULL:
        raise Turned("portal.error.no_way", HTTPStatus.NOT_FOUND)
    try:
        _, fresh = await visit.site.ledger.write(
            again.ask,
            wish.lane,
            key=f"portal-{ticket.partition('.')[0]}",
            after=wish.after,
            pact=wish.pact,
            by=f"partner:{visit.partner}",
            now=visit.words.now,
        )
    except again.KeyReused:
        raise Turned("error.stale_form", HTTPStatus.FORBIDDEN) from None
    notice = "portal.replay.notice_asked" if fresh else "portal.replay.notice_repeated"
    raise web.HTTPSeeOther(f"{PATH}?{urlencode({'notice': notice})}")


async def ways(visit: PartnerVisit) -> Mapping[tuple[str, str], str]:
    """Give the ways by which the partner gets each of its feeds, as (feed, way) -> what people call it."""
    words = visit.words
    found = {
        (each.feed.name, PULL): words(
            "portal.replay.choice", feed=feed_title(visit, each.feed.name), way=words("portal.way.pull")
        )
        for each in _allowed(visit)
    }
    for lane in await visit.site.ledger.read(lanes.among, visit.site.ways.keys(), visit.partner):
        if (lane.feed, PULL) in found and lane.name in visit.site.ways:
            found[lane.feed, lane.way] = words(
                "portal.replay.choice", feed=feed_title(visit, lane.feed), way=way_title(visit, lane.way)
            )
    return dict(sorted(found.items()))


async def _wish(visit: PartnerVisit) -> Wish:
    """Give what is asked for, once there is something to send.

    Raises:
        Unclear: what is asked for cannot be told, or would come to nothing.
    """
    wish = await _said(visit)
    if wish.way == PULL and wish.pact is None:
        return wish
    terms = visit.site.ways.get(wish.lane, Terms(own=True))
    reader = pages.Reader(partner=visit.partner, organisation=visit.caller.organisation)
    judged = wishes.Wish(
        lane=wish.lane,
        terms=terms,
        subscription=wish.subscription,
        reader=reader,
        after=wish.after,
        record=wish.pact,
    )
    why = await wishes.empty(visit.site.ledger, judged)
    if why == "record":
        raise Unclear("pact", "portal.replay.pact_none")
    if why is not None and wish.way != PULL:
        of_pact = why == "nothing" and wish.pact is not None
        raise Unclear("from", "portal.replay.nothing_pact" if of_pact else _EMPTY[why])
    return wish


async def _said(visit: PartnerVisit) -> Wish:
    feed, _, way = visit.form.get("what", "").partition("/")
    if (feed, way) not in await ways(visit):
        raise Unclear("what", "portal.replay.no_feed")
    subscription = visit.site.subscriptions[visit.partner, feed]
    match visit.form.get("from", ""):
        case "date":
            return Wish(subscription=subscription, way=way, kind="date", after=await _from_date(visit))
        case "cursor":
            return Wish(subscription=subscription, way=way, kind="cursor", after=_from_cursor(visit, feed))
        case "pact":
            pact = _pact(visit, subscription)
            return Wish(subscription=subscription, way=way, kind="pact", after=0, pact=pact)
        case _:
            raise Unclear("from", "portal.replay.no_point")


async def _from_date(visit: PartnerVisit) -> int:
    try:
        day = date.fromisoformat(visit.form.get("date", "").strip())
        instant = visit.site.place.instant(datetime.combine(day, time()))
    except (ValueError, OverflowError):
        raise Unclear("date", "portal.replay.date_wrong") from None
    if instant > visit.words.now:
        raise Unclear("date", "portal.replay.date_wrong")
    return await visit.site.ledger.read(snapshots.position_at, instant)


def _from_cursor(visit: PartnerVisit, feed: str) -> int:
    text = visit.form.get("cursor", "").strip()[:LONGEST]
    reader = pages.Reader(partner=visit.partner, organisation=None)
    key, now = visit.site.cursor_key, visit.words.now
    try:
        return pages.start(feed=visit.site.feeds[feed], reader=reader, key=key, cursor=text, now=now)
    except cursors.Forged:
        raise Unclear("cursor", "portal.replay.cursor_wrong") from None
    except pages.Stale:
        raise Unclear("cursor", "portal.replay.cursor_old") from None


def _pact(visit: PartnerVisit, subscription: Subscription) -> str:
    text = visit.form.get("pact", "").strip()[:LONGEST]
    if not text.startswith("pact-") or subscription.head_of(text) is None:
        raise Unclear("pact", "portal.replay.pact_wrong")
    return text


def _address(visit: PartnerVisit, wish: Wish) -> str:
    """Give the address to fetch from; a bookmark opens nothing without the partner's key."""
    feed = f"{address_of(visit)}/feeds/{wish.subscription.feed.name}"
    if wish.pact is not None:
        return f"{feed}/records/{wish.pact}"
    if wish.kind == "cursor":
        cursor = visit.form.get("cursor", "").strip()
    else:
        day = visit.words.now // cursors.DAY_MS
        place = cursors.Place(wish.after, day, due=wish.subscription.due)
        cursor = cursors.write(visit.site.cursor_key, wish.subscription.feed.name, visit.partner, place)
    return f"{feed}/changes?{urlencode({'cursor': cursor})}"


def _allowed(visit: PartnerVisit) -> list[Subscription]:
    """Give the feeds that the session's key opens, and that are open now."""
    now = visit.words.place.local(visit.words.now)
    return [
        each
        for each in opened(visit)
        if each.feed.name in visit.caller.scopes
        and not each.ended(now)
        and visit.site.refuse_feed(visit.partner, each.feed.name) is None
    ]


async def _form(visit: PartnerVisit, *, error: tuple[str, str] = ("", "")) -> web.Response:
    notice = visit.request.query.get("notice", "")
    asked = await visit.site.ledger.read(again.of_partner, visit.partner)
    return visit.page(
        "replay.html",
        home=PATH,
        status=HTTPStatus.UNPROCESSABLE_ENTITY if error[0] else HTTPStatus.OK,
        notice=visit.words(notice) if notice in _NOTICES else "",
        error=error,
        form=visit.form,
        ways=await ways(visit),
        technical=standing.technical,
        asked=[(each, feed_title(visit, each.feed), way_title(visit, each.way)) for each in asked],
        today=visit.words.place.local(visit.words.now).date().isoformat(),
    )
