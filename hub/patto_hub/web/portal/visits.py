"""Who of a partner is looking: a session that stands on one of the partner's keys, and what a form has brought."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from aiohttp import BodyPartReader, web
from aiohttp.http_exceptions import BadHttpMessage

from patto_hub.ledger import portal_sessions
from patto_hub.web.access import shown_certificate, take
from patto_hub.web.edges import ACTOR
from patto_hub.web.packed import coding_of
from patto_hub.web.rendering import RENDERER, switch
from patto_hub.web.visits import Turned, from_our_pages, read_form, shown_token, ticket_for, words_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from patto_hub.ledger.keys import Key
    from patto_hub.web.site import Site
    from patto_hub.web.words import Language, Words

HOME: Final = "/portal"
_LONGEST_FIELD: Final = 4_096
NO_FORM: Final = (ValueError, AssertionError, RuntimeError, BadHttpMessage)
"""What aiohttp raises for a form that is none: no boundary, a broken part, bytes that are no text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """A file that came with a form."""

    content: bytes
    ending: str
    """What its name ends in, as `csv`; the rest of the name is not kept: it may name people."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PartnerVisit:
    """One request of somebody of a partner, or of somebody who is about to sign in."""

    request: web.Request
    site: Site
    words: Words
    key: Key | None = None
    """The key that the session stands on; None for whoever is not signed in."""
    token: str = ""
    form: Mapping[str, str]
    """The fields that were sent; empty for a GET."""
    file: Sent | None = None

    @property
    def person(self) -> None:
        """Nobody of the staff, ever: the two kinds of session open nothing of each other."""

    @property
    def language(self) -> Language:
        """The language of the page."""
        return self.words.language

    @property
    def caller(self) -> Key:
        """The key that the session stands on.

        Raises:
            TypeError: nobody is signed in; the route should not have led here.
        """
        if self.key is None:
            raise TypeError("the route lets partners in only")
        return self.key

    @property
    def partner(self) -> str:
        """The partner in whose name everything is asked."""
        return self.caller.partner

    def ticket(self) -> str:
        """Make a number for a form: it proves that our page made it for this session, and is good for one wish."""
        return ticket_for(self.site, self.token)

    def page(self, template: str, *, status: int = 200, home: str = "", **values: object) -> web.Response:
        """Make a page of the portal; `home` is the page that a form has led to, for the switch of the language."""
        renderer = self.request.app[RENDERER]
        return renderer.page(
            self, f"portal/{template}", status=status, key=self.key, switch=switch(self, home), **values
        )


async def arrive(site: Site, request: web.Request) -> PartnerVisit:
    """Tell who is there, in which language, and read what was sent.

    Raises:
        Turned: a form that does not come from our own pages, or a file that is too large.
        Problem: the partner has asked too often.
    """
    if request.method == "POST" and not from_our_pages(request):
        raise Turned("error.origin", 403)
    token = shown_token(request, cookie_name(site))
    key = await _key(site, token)
    if key is not None:
        check_credentials(site, request, key)
        request[ACTOR] = f"partner:{key.partner}"
        take(site, f"portal:{key.partner}")
    form, file = await _sent(site, request, key)
    return PartnerVisit(
        request=request,
        site=site,
        words=words_of(site, request),
        key=key,
        token="" if key is None else token,
        form=form,
        file=file,
    )


def check_credentials(site: Site, request: web.Request, key: Key) -> None:
    """Check what the settings want of a partner besides its key; a browser cannot sign what it sends.

    Raises:
        Turned: its settings cannot be used, or it signs its requests: no key alone opens anything of it.
        Problem: it must show a TLS certificate and has not.
    """
    credentials = site.admission.partners.get(key.partner)
    if credentials is None:
        return
    if credentials.closed is not None or credentials.trust is not None:
        raise Turned("portal.error.closed", HTTPStatus.FORBIDDEN)
    shown_certificate(site, request, credentials)


def cookie_name(site: Site) -> str:
    """Give the session cookie's name; with https, one that a browser takes from this very host only."""
    return "__Host-patto-portal" if site.settings.secure_cookies else "patto_portal"


def set_session(site: Site, answer: web.StreamResponse, token: str) -> None:
    """Give the browser a session; an empty token takes it away."""
    answer.set_cookie(
        cookie_name(site),
        token,
        max_age=portal_sessions.SESSION_MS // 1000 if token else 0,
        path="/",
        httponly=True,
        samesite="Strict",
        secure=site.settings.secure_cookies,
    )


async def _key(site: Site, token: str) -> Key | None:
    if not token:
        return None
    now = site.world.milliseconds()
    found = await site.ledger.read(portal_sessions.key_of, token, now)
    if found is None:
        return None
    key, stale = found
    if stale:
        await site.ledger.write(portal_sessions.touch, token, now)
    return key


async def _sent(site: Site, request: web.Request, key: Key | None) -> tuple[Mapping[str, str], Sent | None]:
    if request.method != "POST":
        return {}, None
    if request.content_type != "multipart/form-data":
        return await read_form(request), None
    if key is None:  # a stranger's file is not read
        return {}, None
    if coding_of(request):
        raise web.HTTPBadRequest
    try:
        async with site.pushes.of(key.partner), asyncio.timeout(site.settings.push_s):
            return await _parts(site, request)
    except NO_FORM:
        raise web.HTTPBadRequest from None
    except (TimeoutError, ConnectionError, web.RequestPayloadError):
        raise web.HTTPBadRequest from None


async def _parts(site: Site, request: web.Request) -> tuple[Mapping[str, str], Sent | None]:
    fields: dict[str, str] = {}
    file: Sent | None = None
    async for part in await request.multipart():
        if not isinstance(part, BodyPartReader) or part.name is None:
            raise web.HTTPBadRequest
        if part.filename is None:
            fields[part.name] = (await _read(part, _LONGEST_FIELD)).decode("utf-8")
        elif file is None:
            content = await _read(part, site.settings.largest_push)
            file = Sent(content=content, ending=part.filename.rpartition(".")[2].lower()) if part.filename else None
    return fields, file


async def _read(part: BodyPartReader, most: int) -> bytes:
    pieces, size = [], 0
    while piece := await part.read_chunk():
        size += len(piece)
        if size > most:
            raise Turned("portal.upload.too_large", 413)
        pieces.append(piece)
    return b"".join(pieces)
