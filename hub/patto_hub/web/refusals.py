"""A partner's own refusals as a feed: what of its data could not be taken, why, who can mend it, what is settled."""

from __future__ import annotations

from datetime import datetime
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, Final, Literal
from urllib.parse import urlencode

from msgspec import json
from pydantic import BaseModel, ConfigDict, Field

from patto_hub.feeds import cursors, pages
from patto_hub.ledger import partners, snags
from patto_hub.web.api import Links
from patto_hub.web.endpoints import Access, Call, Nothing, endpoint
from patto_hub.web.formats import FORMATS, asked_for
from patto_hub.web.leaving import answer, coding_of, packed
from patto_hub.web.problems import Problem
from patto_hub.web.receipts import caller_of, instant
from patto_hub.web.site import BASE
from patto_schemas.catalogue import CATALOGUE, explain
from patto_schemas.issues import Issue

if TYPE_CHECKING:
    from aiohttp import web

    from patto_hub.ledger.snags import Snag

FEED: Final = "*refusals"
"""What its cursors are signed for; no feed can have this name."""
PATH: Final = f"{BASE}/refusals"
_FORMATS: Final = FORMATS[:2]


class RefusalsParams(BaseModel):
    """From where, how much."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    cursor: str | None = Field(default=None, max_length=200, examples=["AgAAAAAAAAAAKgAAAAAAAAAAAABPGQ"])
    """`next_cursor` of the page before; without it all refusals are read from the first."""
    limit: int = Field(default=pages.LIMIT, ge=1, le=pages.MOST, examples=[pages.LIMIT])
    """Items of the page at most."""


class Fault(BaseModel):
    """One thing that is wrong; no value of the row is repeated."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    pointer: str | None = Field(default=None, examples=["/started_on"])
    """JSON pointer (RFC 6901) into the record, where the fault has a field."""
    code: str = Field(examples=["field.date"])
    """The issue's stable code."""
    detail: str
    """What is wrong, in Italian."""
    detail_en: str
    """What is wrong, in English."""
    what_to_do: str
    """How to mend it, in Italian."""
    what_to_do_en: str
    """How to mend it, in English."""
    example: str | None = Field(default=None, examples=["2026-03-02"])
    """A right value."""


class RefusalItem(BaseModel):
    """Something of yours that could not be taken, as it is now."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    id: str = Field(examples=["refusal-12"])
    """Names it, always the same; when it comes again, what you held of it is out of date."""
    about: Literal["row", "waiting", "finding", "item"]
    """`row`: it could not be taken; `waiting`: it is good, and what it names has not come for long; `finding`: what you
    say and what others say do not agree; `item`: a body that receives it could not take it."""
    state: Literal["open", "fixed", "withdrawn", "returned", "waived"]
    """`fixed`: what came later was right; `withdrawn`: you no longer send it; `returned`: the region has given it back
    to you; `waived`: the region does without it."""
    stream: str | None = Field(default=None, examples=["notifications"])
    """The stream that it came by."""
    position: str = Field(examples=["riga 12"])
    """Where it stood in what came last; for an item, its id in the feeds."""
    kind: str | None = Field(default=None, examples=["pact"])
    receipt: str | None = Field(default=None, examples=["5f2b8f0c9d4e4a3db1c7a6f0e1d2c3b4"])
    """Of what was handed in, under which it came first."""
    since: datetime
    changed_at: datetime
    who_can_fix: Literal["partner", "ambito", "engineer", "region"]
    errors: list[Fault]
    """What is wrong."""


class Refusals(BaseModel):
    """A page of what of yours could not be taken; what was settled comes once more, with its new state."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    items: list[RefusalItem]
    next_cursor: str
    """Keep it: the next page starts here, today or in a year."""
    has_more: bool
    """Whether there is more to read now."""
    links: Links = Field(alias="_links")


@endpoint(
    "GET",
    "/refusals",
    access=Access.PARTNER,
    params=RefusalsParams,
    answers={200: Refusals, 304: None},
    media_types=tuple(each.media_type for each in _FORMATS),
    problems=("params-invalid", "cursor-forged", "cursor-stale", "not-acceptable"),
)
async def refusals(call: Call[RefusalsParams, Nothing]) -> web.StreamResponse:
    """Give what of your own data could not be taken, or is settled since, in the order in which it came to be so.

    Everything of your own streams, whether the hub reads them or you hand in. Each refusal stands once, as it is now.
    """
    form = asked_for(call.request, _FORMATS)
    partner, now = caller_of(call).partner, call.site.world.milliseconds()
    after = _start(call, partner, now)
    number = (await call.site.ledger.read(partners.numbers)).get(partner, 0)
    page = await call.site.ledger.read(snags.page, number, after, call.params.limit)
    if after > page.newest or 0 < after < page.dropped:
        raise _stale()
    place = cursors.Place(page.position, now // cursors.DAY_MS)
    cursor = cursors.write(call.site.cursor_key, FEED, partner, place)
    link = f"{PATH}?{urlencode({'cursor': cursor, 'limit': call.params.limit})}"
    items = [refusal_item(each).model_dump(mode="json", exclude_none=True) for each in page.snags]
    end = {"next_cursor": cursor, "has_more": page.more, "_links": {"next": {"href": link}}}
    if form.name == "json":
        body = json.encode({"items": items, **end})
    else:
        body = b"".join(json.encode(line) + b"\n" for line in (*items, end))
    etag = blake2b(body, digest_size=12).hexdigest()
    leaving = packed(form, coding_of(call), body, place={}, etag=etag, position=page.position)
    return answer(call.request, leaving)


ENDPOINTS: Final = (refusals,)


def refusal_item(snag: Snag) -> RefusalItem:
    """Give a snag as its partner reads it."""
    return RefusalItem.model_validate(
        {
            "id": f"refusal-{snag.id}",
            "about": snag.sort,
            "state": snag.state,
            "stream": snag.job.partition("/")[2] or None,
            "position": snag.position,
            "kind": snag.kind,
            "receipt": snag.receipt,
            "since": instant(snag.since),
            "changed_at": instant(snag.changed_at),
            "who_can_fix": snag.owner,
            "errors": [_fault(each) for each in snags.issues_of(snag)],
        }
    )


def _fault(told: dict[str, Any]) -> Fault:
    issue = Issue(told["code"], told["where"], values=told["values"])
    entry = CATALOGUE.get(issue.code)
    return Fault(
        pointer=issue.where if issue.where.startswith("/") else None,
        code=issue.code,
        detail=explain(issue),
        detail_en=explain(issue, "en"),
        what_to_do="" if entry is None else entry.fix_it,
        what_to_do_en="" if entry is None else entry.fix_en,
        example=issue.values.get("example") or (None if entry is None else entry.example or None),
    )


def _start(call: Call[RefusalsParams, Nothing], partner: str, now: int) -> int:
    if call.params.cursor is None:
        return 0
    try:
        place = cursors.read(call.site.cursor_key, FEED, partner, call.params.cursor)
    except cursors.Forged:
        raise Problem(
            "cursor-forged",
            (
                "Il cursore non è stato emesso da questo hub per i vostri scarti.",
                "This hub did not issue the cursor for your refusals.",
            ),
        ) from None
    if now // cursors.DAY_MS - place.day > pages.RETENTION_DAYS:
        raise _stale()
    return place.position


def _stale() -> Problem:
    return Problem(
        "cursor-stale",
        (
            f"Il cursore ha più di {pages.RETENTION_DAYS} giorni, o è di un archivio poi ripristinato da copia.",
            f"The cursor is older than {pages.RETENTION_DAYS} days, or of a ledger since restored from a copy.",
        ),
        links={"snapshot": PATH},
    )
