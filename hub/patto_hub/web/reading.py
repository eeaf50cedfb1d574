"""The partners' API: a feed in other orders than change by change: what is current, and the history of one record."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal

from pydantic import Field

from patto_hub.feeds import pages, snapshot
from patto_hub.web.api import PLACE, Changes, FeedParams, show
from patto_hub.web.endpoints import Access, Call, Nothing, endpoint
from patto_hub.web.formats import BY_NAME, MEDIA_TYPES, asked_for
from patto_hub.web.granted import PROBLEMS as GRANT_PROBLEMS
from patto_hub.web.granted import granted
from patto_hub.web.leaving import Wanted, coding_of, written
from patto_hub.web.places import PROBLEMS as PLACE_PROBLEMS
from patto_hub.web.places import cursors_judged, path
from patto_hub.web.problems import Problem
from patto_hub.web.shown import What

if TYPE_CHECKING:
    from aiohttp import web

    from patto_hub.feeds.subscriptions import Subscription
    from patto_hub.web.callers import Caller
    from patto_hub.web.formats import Format
    from patto_hub.web.written import Leaving

_PROBLEMS: Final = (*PLACE_PROBLEMS, *GRANT_PROBLEMS)
_COMPLETE: Final = {**PLACE, "Snapshot-Complete": "`true` at the last page: its cursor is a place in the changes."}


class SnapshotParams(FeedParams):
    """Which feed, from where, how much."""

    cursor: str | None = Field(default=None, max_length=200, examples=["AgEAAAAAAAAAKgAAAAAAAABkAABPGQ"])
    """`next_cursor` of the snapshot's page before; without it a new snapshot is begun."""
    limit: int = Field(default=pages.LIMIT, ge=1, le=pages.MOST, examples=[pages.LIMIT])
    """Items of the page at most."""


class SnapshotFormatParams(SnapshotParams):
    """Which feed, from where, how much, in which format."""

    form: Literal["json", "ndjson", "xml", "csv", "xlsx"] = Field(examples=["csv"])
    """The format; the Accept header is not looked at."""


class RecordParams(SnapshotParams):
    """Which record of which feed."""

    record: str = Field(pattern=r"^[a-z_]{1,40}-[0-9a-z]{1,40}$", examples=["pact-17"])
    """The record's `id` in the feed."""
    cursor: str | None = Field(default=None, max_length=200, examples=["AgAAAAAAAAAAKgAAAAAAAAAAAABPGQ"])
    """`next_cursor` of this record's page before; without it its history is read from the beginning."""


@endpoint(
    "GET",
    "/feeds/{feed}/snapshot",
    access=Access.PARTNER,
    params=SnapshotParams,
    answers={200: Changes, 304: None},
    media_types=MEDIA_TYPES,
    headers=_COMPLETE,
    problems=(*_PROBLEMS, "not-acceptable"),
)
async def current(call: Call[SnapshotParams, Nothing]) -> web.StreamResponse:
    """Give the records that you should hold now, without those that are gone.

    What changes while you page leaves the snapshot and comes with the changes: follow `_links.next` to the end, it goes
    over into the changes at the right place. At the end of a snapshot delete what you hold and it did not name.
    """
    form = asked_for(call.request)
    return await _snapshot(call, form, "")


@endpoint(
    "GET",
    "/feeds/{feed}/snapshot.{form}",
    access=Access.PARTNER,
    params=SnapshotFormatParams,
    answers={200: Changes, 304: None},
    media_types=MEDIA_TYPES,
    headers=_COMPLETE,
    problems=_PROBLEMS,
)
async def current_in_format(call: Call[SnapshotFormatParams, Nothing]) -> web.StreamResponse:
    """Give a snapshot as `current` does, in the format that the address ends in."""
    return await _snapshot(call, BY_NAME[call.params.form], f".{call.params.form}")


@endpoint(
    "GET",
    "/feeds/{feed}/records/{record}",
    access=Access.PARTNER,
    params=RecordParams,
    answers={200: Changes, 304: None},
    media_types=MEDIA_TYPES,
    headers=PLACE,
    problems=(*_PROBLEMS, "not-acceptable"),
)
async def history(call: Call[RecordParams, Nothing]) -> web.StreamResponse:
    """Give again every change of one record that was addressed to you.

    Of a pact it gives what hangs on it too: measures, enrolments, the person. Ids and versions are those of the first
    time.
    """
    caller, subscription = _asked(call)
    form, record = asked_for(call.request), call.params.record
    with cursors_judged(subscription.feed):
        try:
            page = await snapshot.read_record(
                call.site.ledger,
                subscription=subscription,
                reader=_reader(caller),
                key=call.site.cursor_key,
                record=record,
                cursor=call.params.cursor,
                limit=call.params.limit,
                now=call.site.world.milliseconds(),
            )
        except LookupError:
            words = ("Nessuna scheda con questo «id» fra le vostre.", "No record of yours has this `id`.")
            raise Problem("not-found", words) from None
    leaving = await _written(call, form, subscription, page, f"records/{record}")
    return await show(call, What(caller.partner, subscription.feed.name, "record", record), leaving, None)


ENDPOINTS: Final = (current, current_in_format, history)


async def _snapshot(call: Call[Any, Nothing], form: Format, ending: str) -> web.StreamResponse:
    caller, subscription = _asked(call)
    feed = subscription.feed
    with cursors_judged(feed):
        piece = await snapshot.read(
            call.site.ledger,
            subscription=subscription,
            reader=_reader(caller),
            key=call.site.cursor_key,
            cursor=call.params.cursor,
            limit=call.params.limit,
            now=call.site.world.milliseconds(),
        )
    onward = "changes" if piece.complete else "snapshot"
    leaving = await _written(call, form, subscription, piece.page, onward + ending)
    what = What(caller.partner, feed.name, "snapshot")
    answer = await show(call, what, leaving, piece.page.position if piece.complete else None)
    answer.headers["Snapshot-Complete"] = str(piece.complete).lower()
    return answer


async def _written(
    call: Call[Any, Nothing], form: Format, subscription: Subscription, page: pages.FeedPage, onward: str
) -> Leaving:
    """Write a page; `onward` is the part of the feed that its cursor belongs to."""
    feed, coding = subscription.feed, coding_of(call)
    wanted = Wanted(form=form, coding=coding, onward=path(feed, onward), limit=call.params.limit)
    return await written(wanted, feed, page)


def _asked(call: Call[Any, Nothing]) -> tuple[Caller, Subscription]:
    if call.caller is None:
        raise TypeError("the route lets partners in only")
    return call.caller, granted(call, call.caller)


def _reader(caller: Caller) -> pages.Reader:
    return pages.Reader(partner=caller.partner, organisation=caller.organisation)
