"""The staff's routes: each says which roles may use it; a page without roles is for whoever is about to sign in."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Final, get_args

from aiohttp import web

from patto_hub.ledger.staff import Role
from patto_hub.web import console, described, explained, signin
from patto_hub.web.edges import REQUEST_ID
from patto_hub.web.problems import PAGES as PAGES_OF_PROBLEMS
from patto_hub.web.rendering import HEADERS, RENDERER
from patto_hub.web.visits import Turned, Visit, arrive, remember_language, words_of

if TYPE_CHECKING:
    from aiohttp.typedefs import Handler

    from patto_hub.web.problems import Problem
    from patto_hub.web.site import Site
    from patto_hub.web.visits import Act

EVERY_ROLE: Final[frozenset[str]] = frozenset(get_args(Role))
ACTING: Final = frozenset({"region", "engineer"})
"""Roles that may start and pause streams."""


@dataclass(frozen=True, slots=True)
class Page:
    """A route of the staff's pages."""

    method: str
    path: str
    act: Act
    roles: frozenset[str] | None
    """Who may use it; None for whoever is not signed in yet."""
    polled: bool = False
    """Asked for by a page itself, again and again: it does not keep a session alive."""


_STREAM: Final = "/jobs/{partner:[^/]+}/{stream:[^/]+}"  # the default pattern takes no braces
PAGES: Final = (
    Page("GET", "/login", signin.show_signin, None),
    Page("POST", "/login", signin.sign_in, None),
    Page("POST", "/logout", signin.sign_out, None),
    Page("GET", "/setup/{token}", signin.show_setup, None),
    Page("POST", "/setup/{token}", signin.set_up, None),
    Page("GET", "/signin/{token}", signin.sign_in_by_link, None),
    Page("GET", "/docs", described.show, None),
    Page("GET", PAGES_OF_PROBLEMS, explained.index, None),
    Page("GET", PAGES_OF_PROBLEMS + "/{code:[^/]+}", explained.show, None),
    Page("GET", "/", console.overview, EVERY_ROLE),
    Page("GET", "/standing", console.table, EVERY_ROLE, polled=True),
    Page("GET", _STREAM, console.job, EVERY_ROLE),
    Page("POST", _STREAM + "/run", console.run_now, ACTING),
    Page("POST", _STREAM + "/pause", console.pause, ACTING),
    Page("POST", _STREAM + "/resume", console.resume, ACTING),
    Page("POST", _STREAM + "/confirm", console.confirm, ACTING),
)


def serve(site: Site, page: Page) -> Handler:
    """Make aiohttp's handler of a page."""

    async def handler(request: web.Request) -> web.StreamResponse:
        try:
            visit = await arrive(site, request, touch=not page.polled)
            if page.roles is not None and visit.person is None:
                return _stranger(visit, page)
            _check_role(page, visit)
            answer = await page.act(visit)
        except Turned as turned:
            return _turned(_plain_visit(site, request), turned)
        except web.HTTPRedirection as elsewhere:
            elsewhere.headers.update(HEADERS)
            raise
        remember_language(visit, answer)
        return answer

    return handler


def error_page(site: Site, request: web.Request, problem: Problem) -> web.StreamResponse:
    """Say a problem of any route to a person."""
    visit = _plain_visit(site, request)
    words = problem.kind.title[0] if visit.language == "it" else problem.kind.title[1]
    return _show(visit, words, problem.kind.status)


def _check_role(page: Page, visit: Visit) -> None:
    if page.roles is not None and (visit.person is None or visit.person.role not in page.roles):
        raise Turned("error.role", HTTPStatus.FORBIDDEN)


def _stranger(visit: Visit, page: Page) -> web.StreamResponse:
    if page.polled:
        answer = visit.request.app[RENDERER].page(visit, "expired.html")
        answer.set_status(HTTPStatus.UNAUTHORIZED)
        return answer
    had_one = any(name.endswith(("patto", "patto_session")) for name in visit.request.cookies)
    raise web.HTTPSeeOther("/login?notice=signin.expired" if had_one else "/login", headers=HEADERS)


def _turned(visit: Visit, turned: Turned) -> web.StreamResponse:
    return _show(visit, visit.words(turned.key), turned.status)


def _show(visit: Visit, words: str, status: int) -> web.StreamResponse:
    renderer = visit.request.app[RENDERER]
    return renderer.page(visit, "error.html", status=status, words=words, request_id=visit.request[REQUEST_ID])


def _plain_visit(site: Site, request: web.Request) -> Visit:
    return Visit(request=request, site=site, words=words_of(site, request), form={})
