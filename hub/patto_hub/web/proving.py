"""Proofs to third parties: the published roots of days, and what proves that a change was given to a partner."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Final, Literal

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field

from patto_hub.feeds import pages, proofs
from patto_hub.ledger import roots
from patto_hub.web.api import FeedParams, Href, Links
from patto_hub.web.digesting import LocalDay
from patto_hub.web.endpoints import Access, Call, Nothing, endpoint
from patto_hub.web.granted import PROBLEMS as GRANT_PROBLEMS
from patto_hub.web.granted import granted
from patto_hub.web.problems import Problem
from patto_hub.web.receipts import caller_of
from patto_hub.web.site import BASE

if TYPE_CHECKING:
    from collections.abc import Mapping

PATH: Final = f"{BASE}/roots"
_HEX: Final = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
_LARGEST: Final = 2**53
"""The largest number that JSON carries everywhere."""
_NO_PROOF: Final = (
    "Di questa scheda non c'è una prova per voi, in una giornata chiusa.",
    "There is no proof of this record for you, in a day that is closed.",
)


class RootsParams(BaseModel):
    """From which root back."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    before: int | None = Field(default=None, ge=1, le=_LARGEST, examples=[12])
    """The last number of the page before."""
    limit: int = Field(default=31, ge=1, le=366, examples=[31])
    """Roots of the page at most."""


class RootParams(BaseModel):
    """Which day."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    day: LocalDay = Field(examples=["2026-11-25"])
    """A day that was closed."""


class ProofParams(FeedParams):
    """Which record of which feed."""

    record: str = Field(max_length=80, examples=["pact-17"])
    """The record's `id`."""
    version: int | None = Field(default=None, ge=1, le=_LARGEST, examples=[3])
    """Which version; without it, the newest that lies in a closed day."""
    day: LocalDay | None = Field(default=None, examples=["2026-11-25"])
    """In the tree of which day; without it, the newest that has it."""


class RootBody(BaseModel):
    """What stands for all that the hub has given on a day; the same for everybody, for ever."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    format: Literal["patto-root-1"]
    number: int
    """Counts the roots from 1."""
    day: date
    """Local. What came since the root before is in it, so also days on which the hub did not run."""
    closed_at: datetime
    trees: int
    """How many trees of partners it is made of."""
    root: str = Field(examples=[_HEX])
    """Root over the trees' leaves (RFC 9162, section 2.1.1), in hex like all that follows."""
    before: str | None = Field(examples=[_HEX])
    """`hash` of the root before; null for the first."""
    key: str = Field(examples=[_HEX])
    """The hub's public key: ed25519, 32 bytes."""
    hash: str = Field(examples=[_HEX])
    """SHA-256 of the members above as one line of JSON (RFC 8785)."""
    signature: str
    """Of that line, by the key: 64 bytes."""


class RootsBody(BaseModel):
    """The roots, newest first."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    items: list[RootBody]
    has_more: bool
    """Whether there are earlier ones."""
    links: Links | None = Field(default=None, alias="_links")


class ChangeProved(BaseModel):
    """The change that is proved."""

    id: str = Field(examples=["pact-17"])
    version: int
    change: Literal["upsert", "delete", "withdraw", "erase"]
    changed_at: datetime


class LeafBody(BaseModel):
    """The change's leaf in your tree of the day."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    hash: str = Field(examples=[_HEX])
    """SHA-256 of a zero byte and of JSON (RFC 8785) with `id`, `version`, `change` and `content`: the SHA-256, in hex,
    of the nonce's bytes and of the item as it left in JSON (RFC 8785)."""
    nonce: str = Field(examples=["5f0d5f0d5f0d5f0d5f0d5f0d5f0d5f0d"])
    """Hides the item from everybody to whom you do not show it."""
    index: int
    path: list[str]
    """RFC 9162, section 2.1.3.1."""


class TreeBody(BaseModel):
    """Your tree of the day, and its leaf in the tree of all."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    partner: str
    feed: str
    items: int
    """Its leaves."""
    root: str = Field(examples=[_HEX])
    nonce: str
    index: int
    path: list[str]
    """To `root` of the day; the leaf is SHA-256 of a zero byte and of JSON with `partner`, `feed`, `items`, `root` and
    `nonce`."""


class ProofBody(BaseModel):
    """What proves that you were given a change; with the item beside it, as `item`, anybody can verify it offline."""

    format: Literal["patto-proof-1"]
    change: ChangeProved
    leaf: LeafBody
    tree: TreeBody
    root: RootBody


@endpoint(
    "GET",
    "/roots",
    access=Access.EVERYBODY,
    params=RootsParams,
    answers={200: RootsBody},
    problems=("params-invalid",),
    cached="public, max-age=300",
)
async def roots_of_days(call: Call[RootsParams, Nothing]) -> web.StreamResponse:
    """List the roots of the days that were closed, newest first: no partner and nobody is named in them.

    Keep them: each names the one before, so the hub can tell nobody another history later.
    """
    params = call.params
    found = await call.site.ledger.read(roots.listed_roots, before=params.before, limit=params.limit + 1)
    body: dict[str, Any] = {"items": list(map(proofs.shown, found[: params.limit])), "has_more": False}
    if len(found) > params.limit:
        onward = f"{PATH}?before={found[params.limit - 1].number}&limit={params.limit}"
        body |= {"has_more": True, "_links": Links(next=Href(href=onward)).model_dump()}
    return web.json_response(body)


@endpoint(
    "GET",
    "/roots/{day}",
    access=Access.EVERYBODY,
    params=RootParams,
    answers={200: RootBody},
    problems=("params-invalid", "not-found"),
    cached="public, max-age=86400",
)
async def root_of_day(call: Call[RootParams, Nothing]) -> web.StreamResponse:
    """Give the root of a day; it never changes."""
    found = await call.site.ledger.read(roots.of_day, call.params.day.isoformat())
    if found is None:
        raise Problem("not-found", ("La giornata non è chiusa.", "The day has not been closed."))
    return web.json_response(proofs.shown(found))


@endpoint(
    "GET",
    "/feeds/{feed}/proofs/{record}",
    access=Access.PARTNER,
    params=ProofParams,
    answers={200: ProofBody},
    problems=("params-invalid", "proof-missing", *GRANT_PROBLEMS),
)
async def proof_of_record(call: Call[ProofParams, Nothing]) -> web.StreamResponse:
    """Give the proof, for third parties, that you were given a change of a record on a day that is closed.

    It holds nothing of the record: put the item beside it as you have read it.
    """
    caller, params = caller_of(call), call.params
    subscription = granted(call, caller)
    reader = pages.Reader(partner=caller.partner, organisation=caller.organisation)
    found: Mapping[str, Any] | None = await call.site.ledger.read(
        proofs.prove,
        subscription,
        pages.organisations(subscription.feed, reader),
        params.record,
        params.version,
        None if params.day is None else params.day.isoformat(),
    )
    if found is None:
        raise Problem("proof-missing", _NO_PROOF)
    return web.json_response(found)


ENDPOINTS: Final = (roots_of_days, root_of_day, proof_of_record)
