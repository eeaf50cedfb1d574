"""A page of a feed on its way out: written in its format, packed as the reader takes it, and told apart by a tag."""

from __future__ import annotations

import asyncio
import re
import zlib
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, Literal
from urllib.parse import urlencode

from aiohttp import web

from patto_hub.web.written import Leaving

if TYPE_CHECKING:
    from collections.abc import Mapping

    from patto_hub.feeds.pages import FeedPage
    from patto_hub.feeds.spec import FeedSpec
    from patto_hub.web.endpoints import Call
    from patto_hub.web.formats import Format

Coding = Literal["gzip", "identity"]

_LEVEL: Final = 1
"""Of compression: the sixth part of the bytes for a third of the time that the usual level takes."""
_WORTH: Final = 512
"""Bytes below which packing saves nothing."""
_GZIP: Final = 31
_REFUSED: Final = re.compile(r"gzip\s*;\s*q\s*=\s*0(\.0*)?\s*(,|$)", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """How a request wants its page."""

    form: Format
    coding: Coding
    onward: str
    """The address that the page's cursor belongs to."""
    limit: int


def write(wanted: Wanted, feed: FeedSpec, page: FeedPage) -> Leaving:
    """Write a page as it is wanted."""
    form, query = wanted.form, urlencode({"cursor": page.next_cursor, "limit": wanted.limit})
    body = form.render(feed, page, f"{wanted.onward}?{query}")
    place = {"Next-Cursor": page.next_cursor, "Has-More": str(page.has_more).lower()}
    leaving = packed(form, wanted.coding, body, place=place, etag=page.etag, position=page.position)
    filed = {"Content-Disposition": f'attachment; filename="{feed.name}.{form.name}"'} if form.filed else {}
    lines = page.sheet.lines
    first, last = (lines[0].seq, lines[-1].seq) if lines else (0, 0)
    return replace(leaving, content={**leaving.content, **filed}, items=len(lines), first=first, last=last)


def packed(  # noqa: PLR0913 - all that an answer says
    form: Format, coding: Coding, body: bytes, *, place: Mapping[str, str], etag: str, position: int
) -> Leaving:
    """Pack what is written in a format as its reader takes it."""
    charset = "" if form.charset is None else f"; charset={form.charset}"
    content = {"Content-Type": f"{form.media_type}{charset}"}
    if coding == "gzip" and len(body) >= _WORTH and not form.packed:
        body = zlib.compress(body, _LEVEL, wbits=_GZIP)
        content["Content-Encoding"] = coding
    tag = f'W/"{etag}-{form.name}"'
    return Leaving(tag, {"ETag": tag, **place}, content, body, position)


async def written(wanted: Wanted, feed: FeedSpec, page: FeedPage) -> Leaving:
    """Write a page in a thread."""
    return await asyncio.to_thread(write, wanted, feed, page)


def answer(request: web.Request, page: Leaving) -> web.Response:
    """Give the page, or say that the reader has it already (RFC 9110, 13.1.2)."""
    if _has(request, page.tag):
        return web.Response(status=304, headers=page.place)
    return web.Response(body=page.body, headers={**page.place, **page.content})


def coding_of(call: Call[Any, Any]) -> Coding:
    """Give how a request takes what it gets (RFC 9110, 12.5.3); what is signed leaves as it is."""
    sent = call.request.headers.get("Accept-Encoding")
    credentials = None if call.caller is None else call.site.admission.partners.get(call.caller.partner)
    signed = credentials is not None and credentials.signer is not None
    return "identity" if sent is None or signed else _coding(sent)


@lru_cache(maxsize=64)
def _coding(sent: str) -> Coding:
    return "gzip" if "gzip" in sent.lower() and not _REFUSED.search(sent.lower()) else "identity"


def _has(request: web.Request, tag: str) -> bool:
    sent = request.headers.get("If-None-Match")
    if sent is None or sent == tag:
        return sent is not None
    plain = tag.removeprefix("W/").strip('"')
    return any(each.value in (plain, "*") for each in request.if_none_match or ())
