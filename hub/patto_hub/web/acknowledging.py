"""The partners' API: a reader's own receipts: what it has taken over of a feed, and what it could not take."""

from __future__ import annotations

import json
from datetime import datetime
from hashlib import sha256
from typing import TYPE_CHECKING, Annotated, Any, Final

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field

from patto_hub.feeds import cursors, pages
from patto_hub.ledger import acknowledgements
from patto_hub.ledger import feed as addressed
from patto_hub.web.api import FeedParams, Links
from patto_hub.web.endpoints import Access, Call, Nothing, endpoint
from patto_hub.web.granted import PROBLEMS as GRANT_PROBLEMS
from patto_hub.web.granted import granted
from patto_hub.web.idempotency import PROBLEMS as KEY_PROBLEMS
from patto_hub.web.idempotency import idempotency_key, reused
from patto_hub.web.places import PROBLEMS as PLACE_PROBLEMS
from patto_hub.web.places import cursors_judged, path
from patto_hub.web.problems import FieldError, Problem
from patto_hub.web.receipts import caller_of, instant, moment

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from patto_hub.feeds.subscriptions import Subscription
    from patto_hub.ledger.acknowledgements import Acknowledgement, Said, Standing

SHOWN: Final = 500
"""Refusals that one request can tell of, and that one answer lists."""
_AGAIN: Final = 3
"""Times that a word is counted anew because another one came in between."""


class Version(BaseModel):
    """A version of a record, as an item of the feed names it."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    id: str = Field(pattern=r"^[a-z_]{1,40}-[0-9a-z]{1,40}$", examples=["pact-17"])
    """The record's `id`."""
    version: Annotated[int, Field(ge=1, le=2**31 - 1, examples=[3])]
    """Its `version`."""


class RefusedVersion(Version):
    """A version that you cannot take, and why."""

    code: str = Field(pattern=r"^[a-z0-9_.-]{1,60}$", examples=["codice_misura_sconosciuto"])
    """Your own code for the reason, always the same for the same reason."""
    reason: str | None = Field(default=None, max_length=200, examples=["La misura non è nel nostro catalogo."])
    """For the people who correct the record; name nobody here."""


class Word(BaseModel):
    """What you have taken over of a feed."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    cursor: str = Field(max_length=200, examples=["AgAAAAAAAAAAKgAAAAAAAAAAAABPGQ"])
    """`next_cursor` of the last page that you mean: everything before it."""
    applied: bool = Field(default=False, examples=[True])
    """False: you have taken it in; true: your own system works with it."""
    refused: Annotated[list[RefusedVersion], Field(max_length=SHOWN)] = []
    """What you cannot take."""
    taken: Annotated[list[Version], Field(max_length=SHOWN)] = []
    """What you had refused and have taken after all, in the same version."""


class Acknowledged(BaseModel):
    """A word of yours, as the hub has kept it."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    number: int
    """Counts the words that the hub has kept."""
    at: datetime
    applied: bool
    accepted: int
    """Changes that it covers beyond your words before, without the refused ones."""
    refused: int


class FeedStanding(BaseModel):
    """How far you are with a feed."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    read_at: datetime | None
    """When the hub last noted that you read a page; every few seconds at most."""
    accepted_at: datetime | None
    accepted_cursor: str | None
    """Everything before it is in your hands, as you said."""
    applied_at: datetime | None
    applied_cursor: str | None
    """Everything before it is in use with you, as you said; changes from here on are given again to who asks."""
    open_refusals: int


class Receipt(Acknowledged):
    """The receipt of a word of yours."""

    repeated: bool
    """Whether you had said the same before: nothing was kept twice."""
    standing: FeedStanding


class Refusal(RefusedVersion):
    """A version that you refused and that is still the current one."""

    at: datetime
    source: str
    """The partner that says the record and can correct it."""


class Acknowledgements(BaseModel):
    """What you have said of a feed, newest first."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    items: list[Acknowledged]
    has_more: bool
    """Whether there are older ones."""
    standing: FeedStanding
    refusals: list[Refusal]
    """What is still refused, newest first."""
    links: Links | None = Field(default=None, alias="_links")


class HistoryParams(FeedParams):
    """Which feed, from which word back."""

    before: int | None = Field(default=None, ge=1, le=2**31 - 1, examples=[120])
    """The lowest `number` of the page before."""
    limit: int = Field(default=50, ge=1, le=500, examples=[50])
    """Words of the page at most."""


@endpoint(
    "POST",
    "/feeds/{feed}/acknowledgements",
    access=Access.PARTNER,
    params=FeedParams,
    body=Word,
    answers={201: Receipt, 200: Receipt},
    idempotent=True,
    problems=(*PLACE_PROBLEMS, *GRANT_PROBLEMS, *KEY_PROBLEMS, "body-invalid", "too-large"),
)
async def acknowledge(call: Call[FeedParams, Word]) -> web.StreamResponse:
    """Say what you have taken over of a feed and what you could not take; whoever can correct it sees that.

    200 says that you had said the same before. The standing never moves back, whatever the order of your words.
    """
    caller, subscription = caller_of(call), granted(call, caller_of(call))
    reader = pages.Reader(partner=caller.partner, organisation=caller.organisation)
    said = await _said(call, subscription, reader)
    organisations = pages.organisations(subscription.feed, reader)
    ledger, now = call.site.ledger, call.site.world.milliseconds()
    for tried in range(_AGAIN):
        counted = await ledger.read(acknowledgements.covered, said, organisations, sorted(subscription.kinds))
        try:
            kept, fresh = await ledger.write(acknowledgements.note, said, counted, now)
            break
        except LookupError:
            if tried == _AGAIN - 1:
                raise
        except acknowledgements.OtherContent:
            raise reused("per dire altro", "to say something else") from None
    standing = await ledger.read(acknowledgements.standing, caller.partner, subscription.feed.name)
    told = Receipt(
        **_acknowledged(kept).model_dump(), repeated=not fresh, standing=_standing(call, subscription, standing)
    )
    return web.json_response(told.model_dump(mode="json"), status=201 if fresh else 200)


@endpoint(
    "GET",
    "/feeds/{feed}/acknowledgements",
    access=Access.PARTNER,
    params=HistoryParams,
    answers={200: Acknowledgements},
    problems=("params-invalid", *GRANT_PROBLEMS),
)
async def acknowledged(call: Call[HistoryParams, Nothing]) -> web.StreamResponse:
    """List what you have said of a feed, how far you are with it, and what is still refused."""
    caller, subscription = caller_of(call), granted(call, caller_of(call))
    feed, ledger, asked = subscription.feed.name, call.site.ledger, call.params
    words = await ledger.read(
        acknowledgements.history, caller.partner, feed, before=asked.before, limit=asked.limit + 1
    )
    standing = await ledger.read(acknowledgements.standing, caller.partner, feed)
    refusals = await ledger.read(acknowledgements.open_refusals, reader=caller.partner, feed=feed, limit=SHOWN)
    shown = Acknowledgements(
        items=[_acknowledged(each) for each in words[: asked.limit]],
        has_more=len(words) > asked.limit,
        standing=_standing(call, subscription, standing),
        refusals=[
            Refusal(
                id=subscription.item_id(each.kind, each.head_id),
                version=each.version,
                code=each.code,
                reason=each.reason,
                at=instant(each.at),
                source=each.source,
            )
            for each in refusals
        ],
    ).model_dump(mode="json", exclude={"links"})
    if len(words) > asked.limit:
        onward = f"{path(subscription.feed, 'acknowledgements')}?before={words[asked.limit - 1].id}&limit={asked.limit}"
        shown["_links"] = {"next": {"href": onward}}
    return web.json_response(shown)


ENDPOINTS: Final = (acknowledge, acknowledged)


async def _said(call: Call[Any, Word], subscription: Subscription, reader: pages.Reader) -> Said:
    """Give what was said, with the hub's own numbers in the place of public ids.

    Raises:
        Problem: the cursor is not one of the reader's changes, or a version was never given to it.
    """
    feed, body = subscription.feed, call.body
    with cursors_judged(feed):
        position = pages.start(
            feed=feed,
            reader=reader,
            key=call.site.cursor_key,
            cursor=body.cursor,
            now=call.site.world.milliseconds(),
        )
        if not await call.site.ledger.read(addressed.in_use, position):
            raise pages.Stale("no number of this ledger")
    named = [*body.refused, *body.taken]
    heads = {each.id: subscription.head_of(each.id) for each in named}
    reads = pages.organisations(feed, reader)
    told = await call.site.ledger.read(acknowledgements.told, reads, [each for each in heads.values() if each])
    known = {each for each in told if each[0] in subscription.kinds}
    gone = await call.site.ledger.read(acknowledgements.withdrawn, reads, [each for each in heads.values() if each])
    if wrong := list(_unknown(body, heads, known, gone)):
        words = ("Ci sono versioni che non vi sono state date.", "There are versions that were never given to you.")
        raise Problem("body-invalid", words, errors=wrong)
    refused = [
        acknowledgements.Refused(_known(heads[each.id]), each.version, each.code, each.reason)
        for each in body.refused
        if heads[each.id] not in gone  # meanwhile it is no longer theirs to know: nobody has to correct it for them
    ]
    taken = [(_known(heads[each.id]), each.version) for each in body.taken if heads[each.id] not in gone]
    content = json.dumps([position, body.applied, refused, taken], separators=(",", ":"))
    return acknowledgements.Said(
        partner=reader.partner,
        feed=feed.name,
        position=position,
        applied=body.applied,
        refused=refused,
        taken=taken,
        digest=sha256(content.encode()).digest(),
        idempotency_key=idempotency_key(call.request),
    )


def _unknown(
    body: Word, heads: Mapping[str, int | None], known: set[tuple[str, int, int]], gone: set[int]
) -> Iterator[FieldError]:
    lists: Mapping[str, Sequence[Version]] = {"refused": body.refused, "taken": body.taken}
    for name, versions in lists.items():
        for at, each in enumerate(versions):
            head = heads[each.id]
            if head not in gone and (each.id.rpartition("-")[0], head, each.version) not in known:
                yield FieldError(
                    pointer=f"/{name}/{at}/id",
                    place="body",
                    code="unknown_version",
                    detail="servono «id» e «version» di una variazione che avete ricevuto in questo flusso",
                    detail_en="`id` and `version` of a change of this feed that you were given are needed",
                    example="pact-17",
                )


def _known(head: int | None) -> int:
    if head is None:
        raise TypeError("an unknown record was let through")
    return head


def _acknowledged(kept: Acknowledgement) -> Acknowledged:
    return Acknowledged(
        number=kept.id, at=instant(kept.at), applied=kept.applied, accepted=kept.accepted, refused=kept.refused
    )


def _standing(call: Call[Any, Any], subscription: Subscription, found: Standing) -> FeedStanding:
    day = call.site.world.milliseconds() // cursors.DAY_MS

    def cursor(position: int, at: int | None) -> str | None:
        place = cursors.Place(position, day, due=subscription.due)
        partner, feed = subscription.partner, subscription.feed.name
        return None if at is None else cursors.write(call.site.cursor_key, feed, partner, place)

    return FeedStanding(
        read_at=moment(found.read_at),
        accepted_at=moment(found.accepted_at),
        accepted_cursor=cursor(found.accepted, found.accepted_at),
        applied_at=moment(found.applied_at),
        applied_cursor=cursor(found.applied, found.applied_at),
        open_refusals=found.open_refusals,
    )
