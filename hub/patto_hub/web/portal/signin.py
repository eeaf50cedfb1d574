"""Signing in to the portal with a partner's key, and out again."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode

from aiohttp import web

from patto_hub.ledger import keys, portal_sessions
from patto_hub.web.access import elsewhere
from patto_hub.web.certificates import address_of
from patto_hub.web.portal.visits import HOME, check_credentials, set_session
from patto_hub.web.words import LANGUAGES

if TYPE_CHECKING:
    from patto_hub.web.portal.visits import PartnerVisit

LONGEST_KEY: Final = 200
_NOTICES: Final = ("signin.ended", "signin.expired", "portal.signin.key_ended")
_TRIES_PER_WINDOW: Final = 20
"""Keys that one address may try in the window of the rates, right ones too."""


async def show_signin(visit: PartnerVisit) -> web.StreamResponse:
    """Show the sign-in form."""
    if visit.key is not None:
        raise web.HTTPSeeOther(HOME)
    notice = visit.request.query.get("notice", "")
    return visit.page("signin.html", notice=visit.words(notice) if notice in _NOTICES else "", error="")


async def sign_in(visit: PartnerVisit) -> web.StreamResponse:
    """Look whether the key is a live one, and begin a session under a new token.

    Tries are counted by address, before the key is looked at. None is counted against a key: 256 random bits are
    beyond guessing, and whoever knows a key's prefix must not be able to shut its partner out.
    """
    site = visit.site
    wait = _wait(visit)
    if wait is not None:
        when = visit.words.when(visit.words.now + wait * 1000)
        error = visit.words("portal.signin.locked", when=when)
        return visit.page("signin.html", notice="", error=error, home=HOME + "/login", status=429)
    text = "".join(visit.form.get("key", "").split())
    key = None
    if 0 < len(text) <= LONGEST_KEY and text.isascii():
        key = await site.ledger.read(keys.find, text, visit.words.now)
    if key is None:
        words = await elsewhere(site, text)
        error = visit.words("portal.signin.wrong") if words is None else words[LANGUAGES.index(visit.language)]
        return visit.page("signin.html", notice="", error=error, home=HOME + "/login", status=HTTPStatus.UNAUTHORIZED)
    check_credentials(site, visit.request, key)
    token = await site.ledger.write(portal_sessions.begin, site.world, key, before=visit.token)
    answer = web.HTTPSeeOther(HOME)
    set_session(site, answer, token)
    raise answer


async def sign_out(visit: PartnerVisit) -> web.StreamResponse:
    """End the session, here and in the ledger; a file that waits for a word goes with it."""
    if visit.token:
        await visit.site.ledger.write(portal_sessions.end, visit.token)
    answer = to_signin("signin.ended")
    set_session(visit.site, answer, "")
    raise answer


def to_signin(notice: str) -> web.HTTPSeeOther:
    """Lead to the sign-in form, which says why."""
    return web.HTTPSeeOther(f"{HOME}/login?{urlencode({'notice': notice})}" if notice else f"{HOME}/login")


def _wait(visit: PartnerVisit) -> int | None:
    """Give how many seconds an address must wait that tries one key after another; None if it need not."""
    rates = visit.site.rates
    cost = rates.limit / _TRIES_PER_WINDOW
    return rates.take(
        f"portal-signin:{address_of(visit.request, visit.site.admission.proxies)}", visit.site.world.monotonic(), cost
    ).retry_after_s
