"""Who of the staff is looking: session cookie, language, and proof that a form was sent from our own page."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from hashlib import sha256
from hmac import compare_digest, digest
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from aiohttp import web

from patto_hub.ledger import staff
from patto_hub.web.edges import ACTOR
from patto_hub.web.packed import coding_of
from patto_hub.web.words import Words, language_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from patto_hub.ledger.staff import Staff
    from patto_hub.web.site import Site
    from patto_hub.web.visitor import Visitor
    from patto_hub.web.words import Language

LANGUAGE_COOKIE: Final = "patto_language"
YEAR_S: Final = 365 * 86_400
FORM_S: Final = 30.0
"""Seconds in which a form must have come."""
_NONCE: Final = 16


class Turned(Exception):  # noqa: N818 - says what happened
    """A visitor cannot go on here.

    Args:
        key: the sentence that says why.
        status: the HTTP status of the page that says it.
    """

    def __init__(self, key: str, status: int) -> None:
        super().__init__(key)
        self.key = key
        self.status = status


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One request of somebody of the staff, or of somebody who is about to sign in."""

    request: web.Request
    site: Site
    words: Words
    person: Staff | None = None
    token: str = ""
    form: Mapping[str, str]
    """The fields that were sent; empty for a GET."""

    @property
    def language(self) -> Language:
        """The language of the page."""
        return self.words.language

    def ticket(self) -> str:
        """Make a number for a form: it proves that our page made it for this session, and is good for one wish."""
        return ticket_for(self.site, self.token)


Act = Callable[[Visit], Awaitable[web.StreamResponse]]


async def arrive(site: Site, request: web.Request, *, touch: bool) -> Visit:
    """Tell who is there, in which language; `touch` counts the request as activity of the session.

    Raises:
        Turned: a form that does not come from our own pages.
    """
    form: Mapping[str, str] = {}
    if request.method == "POST":
        if not from_our_pages(request):
            raise Turned("error.origin", 403)
        form = await read_form(request)
    token = shown_token(request, cookie_name(site))
    person = await _person(site, token, touch=touch)
    if person is not None:
        request[ACTOR] = f"staff:{person.name}"
    words = words_of(site, request)
    return Visit(request=request, site=site, words=words, person=person, token=token if person else "", form=form)


def words_of(site: Site, request: web.Request) -> Words:
    """Give the words of the language that a request asks for."""
    wanted = request.query.get("lang") or request.cookies.get(LANGUAGE_COOKIE)
    return Words(language_of(wanted), site.world.milliseconds(), site.place)


def ticket_for(site: Site, token: str) -> str:
    """Make a number for a form of a session; `check_ticket` knows it again."""
    nonce = site.world.token(_NONCE)
    return f"{nonce}.{seal(token, nonce)}"


def check_ticket(visit: Visitor) -> str:
    """Give the ticket that was sent with a form.

    Raises:
        Turned: our page did not make it for this session.
    """
    ticket = visit.form.get("ticket", "")
    nonce, _, mac = ticket.partition(".")
    if not nonce or not compare_digest(mac.encode(), seal(visit.token, nonce).encode()):
        raise Turned("error.stale_form", 403)
    return ticket


def cookie_name(site: Site) -> str:
    """Give the session cookie's name; with https, one that a browser takes from this very host only."""
    return "__Host-patto" if site.settings.secure_cookies else "patto_session"


def shown_token(request: web.Request, cookie: str) -> str:
    """Give the session's token that a request shows in a cookie; empty for none, and for one that is none of ours."""
    token = request.cookies.get(cookie, "")
    return token if token.isascii() else ""


def set_session(site: Site, answer: web.StreamResponse, token: str) -> None:
    """Give the browser a session; an empty token takes it away."""
    answer.set_cookie(
        cookie_name(site),
        token,
        max_age=staff.SESSION_MS // 1000 if token else 0,
        path="/",
        httponly=True,
        samesite="Lax",
        secure=site.settings.secure_cookies,
    )


def remember_language(visit: Visitor, answer: web.StreamResponse) -> None:
    """Keep the language that the request asked for."""
    if "lang" in visit.request.query:
        answer.set_cookie(
            LANGUAGE_COOKIE,
            visit.language,
            max_age=YEAR_S,
            path="/",
            httponly=True,
            samesite="Lax",
            secure=visit.site.settings.secure_cookies,
        )


async def read_form(request: web.Request) -> Mapping[str, str]:
    """Read the fields of a form; one that does not come whole is no request."""
    if coding_of(request):  # no browser compresses a form
        raise web.HTTPBadRequest
    try:
        async with asyncio.timeout(FORM_S):
            sent = await request.post()
    except (LookupError, ValueError):  # an encoding that there is not, bytes that are not of it, no boundary
        raise web.HTTPBadRequest from None
    except (TimeoutError, ConnectionError, web.RequestPayloadError):  # too slow, gone, not compressed as it says
        raise web.HTTPBadRequest from None
    return {name: value for name, value in sent.items() if isinstance(value, str)}


async def _person(site: Site, token: str, *, touch: bool) -> Staff | None:
    if not token:
        return None
    now = site.world.milliseconds()
    found = await site.ledger.read(staff.of_session, token, now)
    if found is None:
        return None
    person, stale = found
    if touch and stale:
        await site.ledger.write(staff.touch_session, token, now)
    return person


def from_our_pages(request: web.Request) -> bool:
    """Whether a form was sent by a page of this very site; a browser says so itself, and a script cannot lie there."""
    origin, site = request.headers.get("Origin"), request.headers.get("Sec-Fetch-Site")
    if origin is None and site is None:
        return False
    try:
        same_origin = origin is None or urlsplit(origin).netloc == request.host
    except ValueError:  # as `http://[`
        return False
    return same_origin and site in (None, "same-origin", "none")


def seal(token: str, nonce: str) -> str:
    """Give the proof that a number was made by our page for the session of this token."""
    return digest(token.encode(), b"patto form\0" + nonce.encode(), sha256).hex()[:32]
