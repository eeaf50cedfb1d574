"""The partners' API: changes of a feed after a cursor, and whether the service works."""

from __future__ import annotations

import asyncio
from datetime import datetime
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final, Literal

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field

from patto_hub.feeds import cursors, envelope, pages
from patto_hub.feeds.shelf import Kept
from patto_hub.feeds.subscriptions import concealed
from patto_hub.ledger import feed as addressed
from patto_hub.ledger import keys, watch
from patto_hub.web.endpoints import Access, Call, Nothing, endpoint
from patto_hub.web.formats import BY_NAME, MEDIA_TYPES, asked_for
from patto_hub.web.granted import PROBLEMS as GRANT_PROBLEMS
from patto_hub.web.granted import granted, known
from patto_hub.web.leaving import Wanted, answer, coding_of, write
from patto_hub.web.places import INSTANT, cursor_from, cursors_judged
from patto_hub.web.places import PROBLEMS as PLACE_PROBLEMS
from patto_hub.web.problems import MEDIA_TYPE, Problem
from patto_hub.web.shown import What, write_down
from patto_hub.web.site import BASE

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from patto_hub.feeds.spec import FeedSpec
    from patto_hub.feeds.subscriptions import Subscription
    from patto_hub.ledger.store import Connection, Ledger
    from patto_hub.web.formats import Format
    from patto_hub.web.shown import Pages
    from patto_hub.web.written import Leaving

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
    change: Literal["upsert", "delete", "withdraw", "erase"]
    """`upsert`: new (version 1) or corrected. `delete`: its source has cancelled it. `withdraw`: it exists still, but
    is no longer yours to know. `erase`: it is gone for good; delete it and what you made of it, wherever you keep it.
    """
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
    repeats=True,
    problems=(*_PROBLEMS, "not-acceptable"),
)
async def changes(call: Call[ChangesParams, Nothing]) -> web.StreamResponse:
    """Give the changes of a feed after a cursor, in the order in which the hub recorded them."""
    return await _changes(call, lambda: asked_for(call.request), "")


@endpoint(
    "GET",
    "/feeds/{feed}/changes.{form}",
    access=Access.PARTNER,
    params=FormatParams,
    answers={200: Changes, 304: None},
    media_types=MEDIA_TYPES,
    headers=PLACE,
    repeats=True,
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
    schema = await asyncio.to_thread(envelope.xsd, described(call))
    return web.Response(body=schema, content_type=BY_NAME["xml"].media_type)


def described(call: Call[SchemaParams, Nothing]) -> FeedSpec:
    """Give the feed that is to be described, as it leaves with names or without.

    Raises:
        Problem: there is none, or nothing of it leaves under pseudonyms.
    """
    feed = known(call) if call.params.identity == "full" else concealed(known(call))
    if feed is None:
        words = ("Il flusso non esce sotto pseudonimi.", "The feed does not leave under pseudonyms.")
        raise Problem("not-found", words)
    return feed


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
    page = await _page(call, subscription, chosen(), ending)
    return await show(call, What(call.caller.partner, subscription.feed.name, "changes"), page, page.position)


async def _page(call: Call[Any, Nothing], subscription: Subscription, form: Format, ending: str) -> Leaving:
    """Give the page that is asked for: from the shelf if it was given before, else from the ledger."""
    site, feed, limit = call.site, subscription.feed, call.params.limit
    reader = _reader(call)
    cursor, since = call.params.cursor, call.params.since
    if since is not None:
        cursor = await cursor_from(site, feed, reader.partner, cursor, since)
    now, coding = site.world.milliseconds(), coding_of(call)
    question = (
        reader.partner,
        reader.organisation,
        feed.name,
        cursor,
        limit,
        form.name,
        ending,
        coding,
        now // cursors.DAY_MS,
    )
    kept = site.shelf.peek(site.ledger, question, subscription)
    if kept is None and question in site.shelf.pages:
        kept = await site.shelf.find(site.ledger, question, subscription)
    if kept is not None:
        return kept
    with cursors_judged(feed):
        due = subscription.due
        after = pages.start(feed=feed, reader=reader, key=site.cursor_key, cursor=cursor, now=now, due=due)

        def ask(connection: Connection) -> tuple[pages.FeedPage, watch.Standing]:
            page = pages.page(
                connection,
                subscription=subscription,
                reader=reader,
                key=site.cursor_key,
                after=after,
                limit=limit,
                now=now,
            )
            return page, watch.standing(connection)

        wanted = Wanted(form=form, coding=coding, onward=f"{_path(feed)}{ending}", limit=limit)
        page, standing, leaving = await _made(site.ledger, ask, partial(write, wanted, feed), slow=form.slow)
    site.shelf.put(question, Kept(leaving, standing, subscription, lasting=page.has_more, size=len(leaving.body)))
    return leaving


async def _made(
    ledger: Ledger,
    ask: Callable[[Connection], tuple[pages.FeedPage, watch.Standing]],
    put: Callable[[pages.FeedPage], Leaving],
    *,
    slow: bool,
) -> tuple[pages.FeedPage, watch.Standing, Leaving]:
    """Read and write a page in a thread of the ledger; a slow format is written where it holds up no other reader."""
    if slow:
        page, standing = await ledger.read(ask)
        return page, standing, await asyncio.to_thread(put, page)

    def at_once() -> tuple[pages.FeedPage, watch.Standing, Leaving]:
        page, standing = ledger.read_now(ask)
        return page, standing, put(page)

    return await asyncio.get_running_loop().run_in_executor(ledger.readers, at_once)


def _reader(call: Call[Any, Nothing]) -> pages.Reader:
    if call.caller is None:
        raise TypeError("the route lets partners in only")
    return pages.Reader(partner=call.caller.partner, organisation=call.caller.organisation)


async def show(call: Call[Any, Nothing], what: What, page: Leaving, position: int | None) -> web.Response:
    """Give a page, once the audit knows of it; `position` is how far the partner has read the changes with it.

    Both are written down every few seconds at most, and what is shown meanwhile a moment later (`compose.shown_watch`).
    """
    site, told = call.site, answer(call.request, page)
    if told.status == HTTPStatus.OK and call.request.method == "GET":
        site.shown.add(what, page, site.world.milliseconds())
    sighting = what.feed if position is not None else f"{what.feed}/{what.part}"
    if not site.sightings.due((what.partner, sighting), site.world.monotonic()):
        return told
    gathered = site.shown.take()
    try:
        await site.ledger.write(_note, what, position, gathered, site.world.milliseconds())
    except BaseException:
        site.shown.give_back(gathered)
        raise
    site.shown.noted(gathered, site.world.milliseconds())
    return told


def _note(connection: Connection, what: What, position: int | None, gathered: Mapping[What, Pages], now: int) -> None:
    if position is not None:
        keys.note_reading(connection, what.partner, feed=what.feed, position=position, at=now)
    write_down(connection, gathered, now)


def _path(feed: FeedSpec) -> str:
    return f"{BASE}/feeds/{feed.name}/changes"
