"""How a partner's REST service lists its records: where they stand, how pages follow, what is new, how it says no."""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003 - pydantic reads it at run time
from typing import Annotated, Literal

from pydantic import Field

from patto_connectors.http.settings import HttpSettings, Part

JsonPath = Annotated[str, Field(pattern=r"^[^.\s]+(\.[^.\s]+)*$", max_length=200)]
"""Members from the outside in, as `data.results`."""


class OnePage(Part):
    """Everything comes in one answer."""

    style: Literal["one"] = "one"


class CursorPages(Part):
    """Each answer holds an opaque value that asks for the next page."""

    style: Literal["cursor"] = "cursor"
    param: str = "cursor"
    next: JsonPath = "next_cursor"
    """Where the value stands in the answer; absent, null or empty on the last page."""
    more: JsonPath | None = None
    """Where the answer says `true` while more pages follow, where the cursor alone does not say it."""
    lasting: bool = False
    """The last cursor stays good: the next run goes on from it (change feeds)."""


class NumberedPages(Part):
    """Pages have numbers; the last one is empty."""

    style: Literal["page"] = "page"
    param: str = "page"
    first: int = Field(1, ge=0, le=1)
    short_ends: bool = False
    """A page with fewer rows than `size` is the last; only for partners that always give what is asked for."""


class OffsetPages(Part):
    """Pages start at a row's number; the last one is empty."""

    style: Literal["offset"] = "offset"
    param: str = "offset"
    short_ends: bool = False
    """As for numbered pages."""
    overlap: int = Field(0, ge=0)
    """Rows of the page before to ask for again, for lists that shift while they are read."""


class LinkPages(Part):
    """The `Link` header with `rel="next"` leads to the next page (RFC 8288)."""

    style: Literal["link"] = "link"


class NextUrlPages(Part):
    """The answer holds the address of the next page."""

    style: Literal["next_url"] = "next_url"
    next: JsonPath = "next"


Pages = Annotated[
    OnePage | CursorPages | NumberedPages | OffsetPages | LinkPages | NextUrlPages, Field(discriminator="style")
]


class Since(Part):
    """Ask only for what changed: by the partner's own values, never by our clock."""

    param: str = "modified_since"
    field: JsonPath = "modified_at"
    """Where a row holds the value that `param` is compared with."""
    kind: Literal["instant", "number"] = "instant"
    """An ISO 8601 date or instant, or a growing number."""
    overlap: float = Field(300.0, ge=0, le=7 * 86_400)
    """How far before the highest value seen to ask again, in seconds (or in the number's own unit).

    Records that a partner commits late, or that slip between two pages, carry values a little below the highest.
    """


class FailureFlag(Part):
    """How the partner says no inside an answer with status 200."""

    flag: JsonPath | None = "esitoPositivo"
    """Where the flag stands; None when only messages tell. An answer without the flag is no failure."""
    good: bool | int | str = True
    messages: JsonPath | None = "apiMessages"
    code: JsonPath = "codice"
    """Where a message holds its code; only codes are shown, never texts: they quote people."""
    passing: frozenset[str] = frozenset()
    """Codes after which the partner may be asked again later, as `BUSY`."""


class ReadLimits(Part):
    """When a listing that does not end is ended."""

    pages: int = Field(100_000, ge=1)
    records: int = Field(5_000_000, ge=1)
    seconds: float = Field(3_600.0, gt=0)
    stale_pages: int = Field(5, ge=1)
    """Pages in a row without a single new row, empty ones with a next page included."""


class RestSettings(Part):
    """One listing of a partner's REST service."""

    http: HttpSettings
    path: str
    """Below `base_url`, as `pacts`."""
    items: JsonPath | None = "items"
    """Where the rows stand in the answer; None when the answer itself is the list."""
    query: Mapping[str, str] = Field(default_factory=dict)
    """Parameters of every request; never personal data: addresses end up in logs."""
    pages: Pages = CursorPages()
    size: int = Field(500, ge=1, le=10_000)
    """Rows to ask for per page."""
    size_param: str | None = "limit"
    since: Since | None = None
    failure: FailureFlag | None = None
    snapshot: bool = False
    """Each run reads everything, and what is missing at its end has gone at the partner."""
    charset: str = "utf-8"
    """The agreed charset; an answer in another one is refused."""
    limits: ReadLimits = ReadLimits()


class RestSinkSettings(Part):
    """Where and how batches are handed to a partner's REST service."""

    http: HttpSettings
    path: str
    method: Literal["POST", "PUT"] = "POST"
    items: str = "items"
    """The member that holds the rows of what is sent."""
    key_header: str = "Idempotency-Key"
    """Tells the partner that a repeat is one; made of the content, so the same batch always has the same."""
    results: JsonPath | None = None
    """Where the answer holds one result per row, in the order sent (207-like); None: 2xx means all were taken."""
    status: JsonPath = "status"
    """Where a result says how it went: an HTTP-like number or a word."""
    good: frozenset[str] = frozenset({"ok", "OK", "accepted", "created", "updated"})
    code: JsonPath = "code"
    reference: JsonPath | None = None
    """Where the answer holds the partner's own reference."""
    failure: FailureFlag | None = None
