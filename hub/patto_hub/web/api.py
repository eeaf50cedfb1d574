"""The partners' API: changes of a feed after a cursor, and whether the service works."""

from __future__ import annotations

import asyncio
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any, Final, Literal
from urllib.parse import urlencode

from aiohttp import ETag, web
from pydantic import BaseModel, ConfigDict, Field

from patto_hub.feeds import envelope, pages
from patto_hub.feeds.subscriptions import concealed
from patto_hub.ledger import feed as addressed
from patto_hub.ledger import keys
from patto_hub.web.endpoints import Access, Call, Nothing, endpoint
from patto_hub.web.formats import BY_NAME, MEDIA_TYPES, negotiate
from patto_hub.web.granted import PROBLEMS as GRANT_PROBLEMS
from patto_hub.web.granted import granted, known
from patto_hub.web.places import INSTANT, cursor_from, cursors_judged
from patto_hub.web.places import PROBLEMS as PLACE_PROBLEMS
from patto_hub.web.problems import MEDIA_TYPE, Problem
from patto_hub.web.site import BASE

if TYPE_CHECKING:
    from collections.abc import Callable

    from patto_hub.feeds.spec import FeedSpec
    from patto_hub.feeds.subscriptions import Subscription
    from patto_hub.web.formats import Format

_PROBLEMS: Final = (*PLACE_PROBLEMS, *GRANT_PROBLEMS)
PLACE: Final = {
    "Next-Cursor": "`next_cursor`, for formats that are only a table.",
    "Has-More": "`has_more`: `true` or `false`.",
}


class FeedParams(BaseModel):
    """Which feed."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    feed: str = Field(max_length=60, examples=["pacts"])
    """The feed's name."""


class SchemaParams(FeedParams):
    """Which feed, and whether with names or with pseudonyms."""

    identity: Literal["full", "pseudonym"] = Field(default="full", examples=["full"])
    """`pseudonym` for the pages of a partner that reads under pseudonyms."""


class ChangesParams(FeedParams):
    """Which feed, from where, how much."""

    cursor: str | None = Field(default=None, max_length=200, examples=["AQAAAAAAAAAqAABPGQ"])
    """`next_cursor` of the page before; without it the feed is read from its beginning."""
    since: str | None = Field(default=None, max_length=40, pattern=INSTANT, examples=["2026-11-01"])
    """In the place of a cursor: a day, as it begins in Italy, or an instant, as `2026-11-01T08:30:00Z`."""
    limit: int = Field(default=pages.LIMIT, ge=1, le=pages.MOST, examples=[pages.LIMIT])
    """Items of the page at most."""


class FormatParams(ChangesParams):
    """Which feed, from where, how much, in which format."""

    form: Literal["json", "ndjson", "xml", "csv", "xlsx"] = Field(examples=["csv"])
    """The format; the Accept header is not looked at."""


class Href(BaseModel):
    """A link."""

    href: str


class Links(BaseModel):
    """Where to go on."""

    next: Href


class Item(BaseModel):
    """One change of one record, as one partner says it."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    id: str = Field(examples=["pact-17"])
    """Names the record in this hub, always the same."""
    version: int
    """Counts the record's versions from 1; a lower one never follows a higher one that you hold."""
    change: Literal["upsert", "delete", "withdraw"]
    """`withdraw`: the record still exists but is no longer yours to know; delete your copy."""
    changed_at: datetime
    """When the hub recorded it."""
    kind: str = Field(examples=["pact"])
    """The kind of record."""
    source: str
    """The partner that says it."""
    view: str
    """The view that chose the fields, and its version."""
    data: dict[str, Any] | None
    """The fields that the view lets out; null for a record that is gone."""


class Changes(BaseModel):
    """A page of a feed."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    items: list[Item]
    next_cursor: str
    """Keep it: the next page starts here, today or in a year."""
    has_more: bool
    """Whether there is more to read now."""
    links: Links = Field(alias="_links")


@endpoint(
    "GET",
    "/feeds/{feed}/changes",
    access=Access.PARTNER,
    params=ChangesParams,
    answers={200: Changes, 304: None},
    media_types=MEDIA_TYPES,
    headers=PLACE,
    problems=(*_PROBLEMS, "not-acceptable"),
)
async def changes(call: Call[ChangesParams, Nothing]) -> web.StreamResponse:
    """Give the changes of a feed after a cursor, in the order in which the hub recorded them."""
    return await _changes(call, lambda: negotiate(",".join(call.request.headers.getall("Accept", ()))), "")


@endpoint(
    "GET",
    "/feeds/{feed}/changes.{form}",
    access=Access.PARTNER,
    params=FormatParams,
    answers={200: Changes, 304: None},
    media_types=MEDIA_TYPES,
    headers=PLACE,
    problems=_PROBLEMS,
)
async def changes_in_format(call: Call[FormatParams, Nothing]) -> web.StreamResponse:
    """Give the changes of a feed as `changes` does, in the format that the address ends in."""
    return await _changes(call, lambda: BY_NAME[call.params.form], f".{call.params.form}")


@endpoint(
    "GET",
    "/feeds/{feed}/changes.xsd",
    access=Access.EVERYBODY,
    params=SchemaParams,
    answers={200: None},
    media_types=(BY_NAME["xml"].media_type,),
    problems=("params-invalid", "not-found"),
)
async def changes_schema(call: Call[SchemaParams, Nothing]) -> web.StreamResponse:
    """Give the XML Schema of a feed's pages in XML."""
    feed = known(call) if call.params.identity == "full" else concealed(known(call))
    if feed is None:
        words = ("Il flusso non esce sotto pseudonimi.", "The feed does not leave under pseudonyms.")
        raise Problem("not-found", words)
    schema = await asyncio.to_thread(envelope.xsd, feed)
    return web.Response(body=schema, content_type=BY_NAME["xml"].media_type)


class Standing(BaseModel):
    """The service works; said in the shape of RFC 9457, as a refusal would be."""

    type: Literal["about:blank"]
    status: Literal[200] = Field(json_schema_extra={"format": "int32"})
    title: str
    detail: str


@endpoint("GET", "/status", access=Access.EVERYBODY, answers={200: Standing}, media_types=(MEDIA_TYPE,))
async def status(call: Call[Nothing, Nothing]) -> web.StreamResponse:
    """Say whether the service works, in the shape of RFC 9457 (ModI, RAC_REST_NAME_011)."""
    await call.site.ledger.read(addressed.newest)
    return web.json_response(
        {
            "type": "about:blank",
            "status": 200,
            "title": "OK",
            "detail": "Il servizio funziona. (The service works.)",
        },
        content_type=MEDIA_TYPE,
    )


ENDPOINTS: Final = (changes, changes_schema, changes_in_format, status)
"""The schema stands before the formats: the first address that fits is taken."""


async def _changes(call: Call[Any, Nothing], chosen: Callable[[], Format], ending: str) -> web.StreamResponse:
    """Give a page; `ending` is how the address went on, for the link to the next page."""
    if call.caller is None:
        raise TypeError("the route lets partners in only")
    subscription = granted(call, call.caller)
    feed = subscription.feed
    form = chosen()
    page = await _page(call, subscription, call.caller)
    await note(call, feed, call.caller, page.position)
    tag = ETag(f"{page.etag}-{form.name}", is_weak=True)
    if any(each.value in (tag.value, "*") for each in call.request.if_none_match or ()):
        answer = web.Response(status=304)
    else:
        link = f"{_path(feed)}{ending}?{urlencode({'cursor': page.next_cursor, 'limit': call.params.limit})}"
        answer = await written(form, feed, page, link)
    answer.etag = tag
    answer.headers.update({"Next-Cursor": page.next_cursor, "Has-More": str(page.has_more).lower()})
    return answer


async def written(form: Format, feed: FeedSpec, page: pages.FeedPage, link: str) -> web.Response:
    """Give the page in a format; `link` is where the next one is."""
    write = partial(form.render, feed, page, link)
    body = await asyncio.to_thread(write) if form.slow else write()
    answer = web.Response(body=body, content_type=form.media_type, charset=form.charset)
    if form.filed:
        answer.headers["Content-Disposition"] = f'attachment; filename="{feed.name}.{form.name}"'
    if not form.packed:
        answer.enable_compression()
    return answer


async def _page(call: Call[Any, Nothing], subscription: Subscription, key: keys.Key) -> pages.FeedPage:
    feed, asked = subscription.feed, call.params
    cursor = await cursor_from(call.site, feed, key.partner, asked.cursor, asked.since)
    with cursors_judged(feed):
        return await pages.read(
            call.site.ledger,
            subscription=subscription,
            reader=pages.Reader(partner=key.partner, organisation=key.organisation),
            key=call.site.cursor_key,
            cursor=cursor,
            limit=asked.limit,
            now=call.site.world.milliseconds(),
        )


async def note(call: Call[Any, Nothing], feed: FeedSpec, key: keys.Key, position: int) -> None:
    """Note for the status page how far the partner has read, every few seconds at most."""
    if call.site.sightings.due((key.partner, feed.name), call.site.world.monotonic()):
        at = call.site.world.milliseconds()
        await call.site.ledger.write(keys.note_reading, key.partner, feed=feed.name, position=position, at=at)


def _path(feed: FeedSpec) -> str:
    return f"{BASE}/feeds/{feed.name}/changes"
