"""Signing in and out, the first set-up, and the links that the hub prints for them."""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode

from aiohttp import web

from patto_hub.ledger import staff
from patto_hub.web.passwords import LONGEST, SHORTEST, fault
from patto_hub.web.rendering import RENDERER
from patto_hub.web.visits import set_session

if TYPE_CHECKING:
    from patto_connectors.ports import World
    from patto_hub.ledger.staff import Staff
    from patto_hub.ledger.store import Ledger
    from patto_hub.web.visits import Visit

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]{0,58}[A-Za-z0-9]")
_NOTICES: Final = ("signin.ended", "signin.expired", "signin.link_used")
DEMO: Final = "demo"
_LONGEST_NAME: Final = 60
_NAMES_PER_WINDOW: Final = 20
"""Unknown names that one address may try in the window of the rates: each costs the work of a hash."""


async def setup_link(ledger: Ledger, world: World, address: str) -> str | None:
    """Give the one-time link by which the first staff user is made; None once there is one.

    `address` is where people reach the hub, as `http://127.0.0.1:8080`. The link works for an hour;
    a restart gives another.
    """
    if await ledger.read(staff.anybody):
        return None
    return f"{address}/setup/{await ledger.write(staff.make_link, world, 'setup')}"


async def demo_link(ledger: Ledger, world: World, address: str) -> str:
    """Give a one-time link that signs in at once; only for a hub that simulates its partners on loopback."""
    return f"{address}/signin/{await ledger.write(staff.signin_link, world, DEMO)}"


async def show_signin(visit: Visit) -> web.StreamResponse:
    """Show the sign-in form."""
    if visit.person is not None:
        raise web.HTTPSeeOther("/")
    notice = visit.request.query.get("notice", "")
    return await _form(visit, notice=notice if notice in _NOTICES else "")


async def sign_in(visit: Visit) -> web.StreamResponse:
    """Check name and password, and begin a session under a new token."""
    site, name = visit.site, visit.form.get("name", "").strip()[:_LONGEST_NAME]
    attempt = await site.ledger.write(staff.begin_try, name, visit.words.now)
    locked_until = attempt.locked_until
    if attempt.staff is None:
        locked_until = site.strangers.begin_try(name, visit.words.now) or _overrun(visit)
    if locked_until is not None:
        when = visit.words.when(locked_until)
        return await _form(visit, error=visit.words("signin.locked", when=when), status=HTTPStatus.TOO_MANY_REQUESTS)
    password = visit.form.get("password", "")
    fits = len(password) <= LONGEST and await site.passwords.fits(attempt.password_hash, password)
    if not fits or attempt.staff is None:
        return await _form(visit, error=visit.words("signin.wrong"), status=HTTPStatus.UNAUTHORIZED)
    return await begin_session(visit, attempt.staff, "password")


async def sign_in_by_link(visit: Visit) -> web.StreamResponse:
    """Use a one-time link that signs in."""
    token = visit.request.match_info["token"]
    person = await visit.site.ledger.write(staff.sign_in_by_link, token, visit.words.now)
    if person is None:
        raise _to_signin("signin.link_used")
    return await begin_session(visit, person, "link")


async def sign_out(visit: Visit) -> web.StreamResponse:
    """End the session, here and in the ledger."""
    if visit.token:
        await visit.site.ledger.write(staff.close_session, visit.token)
    answer = _to_signin("signin.ended")
    set_session(visit.site, answer, "")
    raise answer


async def show_setup(visit: Visit) -> web.StreamResponse:
    """Show the form that makes the first user; looking does not use the link up."""
    good = await visit.site.ledger.read(staff.link_is_good, "setup", visit.request.match_info["token"], visit.words.now)
    if not good:
        raise _to_signin("signin.link_used")
    return _setup_form(visit, error="", field="")


async def set_up(visit: Visit) -> web.StreamResponse:
    """Make the first user and begin a session."""
    name, password = visit.form.get("name", "").strip(), visit.form.get("password", "")
    wrong = _setup_fault(name, password, visit.form.get("again", ""))
    if wrong is not None:
        return _setup_form(visit, error=visit.words(wrong[1], n=SHORTEST, most=LONGEST), field=wrong[0])
    password_hash = await visit.site.passwords.hash(password)
    person = await visit.site.ledger.write(
        staff.set_up,
        visit.request.match_info["token"],
        name=name,
        password_hash=password_hash,
        now=visit.words.now,
    )
    if person is None:
        raise _to_signin("signin.link_used")
    return await begin_session(visit, person, "setup")


async def begin_session(visit: Visit, person: Staff, way: str) -> web.StreamResponse:
    """Begin a session under a token that nobody has seen before, and go to the first page."""
    site = visit.site
    token = await site.ledger.write(staff.begin_session, site.world, person, before=visit.token, way=way)
    answer = web.HTTPSeeOther("/")
    set_session(site, answer, token)
    raise answer


def _overrun(visit: Visit) -> int | None:
    """Give until when an address must wait that tries one unknown name after another; None if it need not."""
    site = visit.site
    cost = site.rates.limit / _NAMES_PER_WINDOW
    allowance = site.rates.take(f"signin:{visit.request.remote}", site.world.monotonic(), cost)
    wait = allowance.retry_after_s
    return None if wait is None else visit.words.now + wait * 1000


def _setup_fault(name: str, password: str, again: str) -> tuple[str, str] | None:
    if not _NAME.fullmatch(name):
        return "name", "setup.name_wrong"
    wrong = fault(name, password)
    if wrong is not None:
        return "password", wrong
    return None if password == again else ("again", "setup.password_differs")


def _setup_form(visit: Visit, *, error: str, field: str) -> web.Response:
    return visit.request.app[RENDERER].page(
        visit,
        "setup.html",
        status=HTTPStatus.UNPROCESSABLE_ENTITY if error else HTTPStatus.OK,
        error=error,
        field=field,
        name=visit.form.get("name", ""),
        shortest=SHORTEST,
    )


async def _form(visit: Visit, *, notice: str = "", error: str = "", status: int = 200) -> web.Response:
    return visit.request.app[RENDERER].page(
        visit,
        "signin.html",
        status=status,
        notice=visit.words(notice) if notice else "",
        error=error,
        nobody=not await visit.site.ledger.read(staff.anybody),
        name=visit.form.get("name", ""),
    )


def _to_signin(notice: str) -> web.HTTPSeeOther:
    return web.HTTPSeeOther(f"/login?{urlencode({'notice': notice})}")
