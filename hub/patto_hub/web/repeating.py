"""The partners' API: what a partner was told of and has lost, sent again."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Final, Literal

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from patto_hub.feeds import pages
from patto_hub.lanes.wishes import Wish, empty
from patto_hub.ledger import again, snapshots
from patto_hub.ledger.lanes import LaneName
from patto_hub.web.api import FeedParams
from patto_hub.web.endpoints import Access, Call, Nothing, endpoint
from patto_hub.web.granted import PROBLEMS as GRANT_PROBLEMS
from patto_hub.web.granted import granted
from patto_hub.web.idempotency import PROBLEMS as KEY_PROBLEMS
from patto_hub.web.idempotency import idempotency_key, reused
from patto_hub.web.lanes import lanes_of
from patto_hub.web.places import INSTANT, cursors_judged, instant_of
from patto_hub.web.places import PROBLEMS as PLACE_PROBLEMS
from patto_hub.web.problems import FieldError, Problem
from patto_hub.web.receipts import caller_of, instant, moment

if TYPE_CHECKING:
    from patto_hub.feeds.subscriptions import Subscription
    from patto_hub.ledger.again import Replay
    from patto_hub.web.site import Site

MOST: Final = 50
"""Replays that one answer lists."""


class ReplayWish(BaseModel):
    """What you want to be sent again: after a cursor, from a day or an instant on, or one record with all its own."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    way: str | None = Field(default=None, pattern=r"^[a-z][a-z0-9_]{0,39}$", examples=["webhook"])
    """Needed only where you are told by several ways."""
    cursor: str | None = Field(default=None, max_length=200, examples=["AgAAAAAAAAAAKgAAAAAAAAAAAABPGQ"])
    """Everything after it."""
    since: str | None = Field(default=None, pattern=INSTANT, max_length=40, examples=["2026-11-01"])
    """Everything from this day (Italian time) or instant on."""
    record: str | None = Field(default=None, pattern=r"^[a-z_]{1,40}-[0-9a-z]{1,40}$", examples=["pact-17"])
    """Only this record; of a pact, what hangs on it too."""

    @model_validator(mode="after")
    def _one_of_them(self) -> ReplayWish:
        if sum(each is not None for each in (self.cursor, self.since, self.record)) != 1:
            raise PydanticCustomError("one_of", "name one of {names}", {"names": "cursor, since, record"})
        return self


class ReplayState(BaseModel):
    """What is sent to you again, and how far that has come."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    number: Annotated[int, Field(ge=1)]
    way: str
    state: Literal["running", "done", "cancelled", "failed"]
    """`failed`: you did not take it by the end of the schedule; ask again when you can."""
    record: str | None
    items: Annotated[int, Field(ge=0)]
    """Changes sent so far."""
    trouble: str | None = Field(examples=["webhook.refused"])
    """Code of its last failed attempt; null while all is well. What is new does not wait for it."""
    next_attempt_at: datetime | None
    """Not before this instant; null: as soon as its turn comes."""
    asked_at: datetime
    ended_at: datetime | None


class Asked(ReplayState):
    """A replay that you have asked for."""

    repeated: bool
    """Whether you had asked for the same under this Idempotency-Key: nothing is sent twice."""


class ReplayStates(BaseModel):
    """What you have asked for again of a feed, newest first."""

    items: list[ReplayState]


@endpoint(
    "POST",
    "/feeds/{feed}/replays",
    access=Access.PARTNER,
    params=FeedParams,
    body=ReplayWish,
    answers={202: Asked, 200: Asked},
    idempotent=True,
    problems=(
        *PLACE_PROBLEMS,
        *GRANT_PROBLEMS,
        *KEY_PROBLEMS,
        "body-invalid",
        "too-large",
        "way-missing",
        "record-missing",
        "nothing-to-repeat",
    ),
)
async def ask_again(call: Call[FeedParams, ReplayWish]) -> web.StreamResponse:
    """Ask to be sent again what you have lost; ids and versions are those of the first time.

    What is new goes on meanwhile. What you fetch yourself you need not ask for: fetch it from an earlier cursor.
    200 says that you had asked for the same under this Idempotency-Key. Where there is nothing to send, it is said so.
    """
    caller, subscription = caller_of(call), granted(call, caller_of(call))
    name = await _chosen(call, subscription)
    after = await _after(call, subscription)
    now = call.site.world.milliseconds()
    key = idempotency_key(call.request) or f"none-{call.site.world.token()}"
    by = f"partner:{caller.partner}"
    if not await call.site.ledger.read(again.known, name, key):
        await _require_something(
            call.site,
            Wish(
                lane=name,
                terms=call.site.ways[name],
                subscription=subscription,
                reader=pages.Reader(partner=caller.partner, organisation=caller.organisation),
                after=after,
                record=call.body.record,
            ),
        )
    try:
        wish, fresh = await call.site.ledger.write(
            again.ask, name, key=key, after=after, pact=call.body.record, by=by, now=now
        )
    except again.KeyReused:
        raise reused("per chiedere altro", "to ask for something else") from None
    told = Asked(**_replay(wish).model_dump(), repeated=not fresh)
    return web.json_response(told.model_dump(mode="json"), status=202 if fresh else 200)


@endpoint(
    "GET",
    "/feeds/{feed}/replays",
    access=Access.PARTNER,
    params=FeedParams,
    answers={200: ReplayStates},
    problems=("params-invalid", *GRANT_PROBLEMS),
)
async def replays(call: Call[FeedParams, Nothing]) -> web.StreamResponse:
    """List what you have asked for again of a feed, and how far each replay has come."""
    subscription = granted(call, caller_of(call))
    found = await call.site.ledger.read(again.of_partner, subscription.partner, MOST)
    mine = [_replay(each) for each in found if each.feed == subscription.feed.name]
    return web.json_response(ReplayStates(items=mine).model_dump(mode="json"))


ENDPOINTS: Final = (ask_again, replays)


async def _require_something(site: Site, wish: Wish) -> None:
    """Take no wish that would come to nothing.

    Raises:
        Problem: the partner has no such record, or nothing of what it asks for was sent to it.
    """
    why = await empty(site.ledger, wish)
    if why == "record":
        words = ("Nessuna scheda con questo «id» fra le vostre.", "No record of yours has this `id`.")
        raise Problem("record-missing", words)
    if why == "unsent":
        words = (
            "Per questa via non vi è stato ancora inviato nulla: la prima consegna arriva da sé.",
            "Nothing was sent to you this way yet: the first delivery comes by itself.",
        )
        raise Problem("nothing-to-repeat", words)
    if why == "nothing":
        words = (
            "Di quanto chiedete non vi è stato inviato nulla per questa via: non c'è nulla da ripetere.",
            "Nothing of what you ask for was sent to you this way: there is nothing to repeat.",
        )
        raise Problem("nothing-to-repeat", words)


async def _chosen(call: Call[FeedParams, ReplayWish], subscription: Subscription) -> LaneName:
    """Give the lane that is meant.

    Raises:
        Problem: the partner is told by no way, or by several and names none of them.
    """
    found = await lanes_of(call.site, subscription)
    ways = [lane.way for lane in found if lane.name in call.site.ways]
    gone = [lane.way for lane in found if lane.name not in call.site.ways]
    way = call.body.way
    if way in gone or (gone and not ways):
        raise Problem("way-missing", _removed(way or gone[0]))
    if not ways:
        words = (
            "Di questo flusso non vi viene inviato nulla: lo leggete voi, anche di nuovo da un cursore precedente.",
            "Nothing of this feed is sent to you: you fetch it, also again, from an earlier cursor.",
        )
        raise Problem("way-missing", words)
    if way is None and len(ways) == 1:
        return LaneName(subscription.partner, subscription.feed.name, ways[0])
    if way not in ways:
        listed = ", ".join(ways)
        wrong = _wrong("way", f"indicare una delle vie: {listed}", f"name one of the ways: {listed}", ways[0])
        raise Problem("body-invalid", ("La via non è fra le vostre.", "The way is none of yours."), errors=[wrong])
    return LaneName(subscription.partner, subscription.feed.name, way)


def _removed(way: str) -> tuple[str, str]:
    return (
        f"La via «{way}» non è più nelle impostazioni dell'hub: per essa non parte più nulla.",
        f"The way `{way}` is no longer in the hub's settings: nothing goes by it any more.",
    )


async def _after(call: Call[FeedParams, ReplayWish], subscription: Subscription) -> int:
    """Give the number after which is to be sent.

    Raises:
        Problem: the cursor is none, the instant does not exist, or the record is none of the feed.
    """
    body, site = call.body, call.site
    if body.cursor is not None:
        reader = pages.Reader(partner=subscription.partner, organisation=None)
        now = site.world.milliseconds()
        with cursors_judged(subscription.feed):
            return pages.start(feed=subscription.feed, reader=reader, key=site.cursor_key, cursor=body.cursor, now=now)
    if body.since is not None:
        at = instant_of(site.place, body.since)
        if at is None:
            wrong = _wrong("since", "questo giorno non esiste", "there is no such day", "2026-11-01")
            raise Problem("body-invalid", ("«since» non esiste.", "`since` does not exist."), errors=[wrong])
        if at > site.world.milliseconds():
            wrong = _wrong("since", "serve un momento già passato", "an instant that is past is needed", "2026-11-01")
            raise Problem("body-invalid", ("«since» è nel futuro.", "`since` is in the future."), errors=[wrong])
        return await site.ledger.read(snapshots.position_at, at)
    if subscription.head_of(body.record or "") is None:
        wrong = _wrong("record", "serve l'«id» di una scheda", "the `id` of a record is needed", "pact-17")
        raise Problem("body-invalid", ("La scheda non esiste.", "There is no such record."), errors=[wrong])
    return 0


def _wrong(name: str, it: str, en: str, example: str) -> FieldError:
    return FieldError(pointer=f"/{name}", place="body", code=name, detail=it, detail_en=en, example=example)


def _replay(wish: Replay) -> ReplayState:
    return ReplayState(
        number=wish.id,
        way=wish.way,
        state=wish.state,
        record=wish.pact,
        items=wish.items,
        trouble=wish.trouble,
        next_attempt_at=moment(wish.not_before if wish.state == "running" else None),
        asked_at=instant(wish.asked_at),
        ended_at=moment(wish.ended_at),
    )
