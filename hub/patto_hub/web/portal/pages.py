"""The portal's routes: each asks in the name of the session's partner, and of nobody else."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from aiohttp import web

from patto_hub.web.edges import REQUEST_ID
from patto_hub.web.portal import keyring, overview, records, replay, signin, upload
from patto_hub.web.portal.visits import HOME, PartnerVisit, arrive, cookie_name
from patto_hub.web.rendering import HEADERS
from patto_hub.web.visits import Turned, remember_language, words_of

if TYPE_CHECKING:
    from aiohttp.typedefs import Handler

    from patto_hub.web.problems import Problem
    from patto_hub.web.site import Site

Act = Callable[[PartnerVisit], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, slots=True)
class PortalPage:
    """A route of the portal."""

    method: str
    path: str
    act: Act
    open: bool = False
    """For whoever is not signed in yet."""


_RECEIPT: Final = "/receipts/{receipt}"
_TRIAL: Final = "/upload/{trial}"
PAGES: Final = tuple(
    PortalPage(method, HOME + path, act, open=path in ("/login", "/logout"))
    for method, path, act in (
        ("GET", "/login", signin.show_signin),
        ("POST", "/login", signin.sign_in),
        ("POST", "/logout", signin.sign_out),
        ("GET", "", overview.overview),
        ("GET", "/deliveries", overview.deliveries),
        ("GET", "/receipts", records.receipts),
        ("GET", _RECEIPT + ".json", records.receipt_file),
        ("GET", _RECEIPT, records.receipt),
        ("GET", "/refusals", records.refusals),
        ("GET", "/upload", upload.show_upload),
        ("POST", "/upload", upload.try_file),
        ("GET", _TRIAL, upload.show_trial),
        ("POST", _TRIAL, upload.hand_in),
        ("POST", _TRIAL + "/values", upload.show_values),
        ("GET", "/upload/blanks/{blank}", upload.blank),
        ("GET", "/replay", replay.show_replay),
        ("POST", "/replay", replay.consider),
        ("POST", "/replay/confirm", replay.confirm),
        ("GET", "/subscriptions", overview.subscriptions),
        ("GET", "/keys", keyring.show_keys),
        ("POST", "/keys/rotate", keyring.rotate),
        ("POST", "/keys/{prefix}/revoke", keyring.revoke),
        ("GET", "/limits", overview.limits),
    )
)


def owns(request: web.Request) -> bool:
    """Whether an address is the portal's."""
    return request.path == HOME or request.path.startswith(HOME + "/")


def serve(site: Site, page: PortalPage) -> Handler:
    """Make aiohttp's handler of a page."""

    async def handler(request: web.Request) -> web.StreamResponse:
        visit = None
        try:
            visit = await arrive(site, request)
            if not page.open and visit.key is None:
                raise signin.to_signin("signin.expired" if cookie_name(site) in request.cookies else "")
            answer = await page.act(visit)
        except Turned as turned:
            return _turned(visit or _plain(site, request), turned)
        except web.HTTPRedirection as elsewhere:
            elsewhere.headers.update(HEADERS)
            raise
        remember_language(visit, answer)
        return answer

    return handler


def error_page(site: Site, request: web.Request, problem: Problem) -> web.StreamResponse:
    """Say a problem to a person of a partner."""
    visit = _plain(site, request)
    return _show(visit, problem.kind.title[0 if visit.language == "it" else 1], problem.kind.status)


def _turned(visit: PartnerVisit, turned: Turned) -> web.StreamResponse:
    return _show(visit, visit.words(turned.key), turned.status)


def _show(visit: PartnerVisit, words: str, status: int) -> web.StreamResponse:
    home = HOME if visit.request.method == "POST" else ""
    return visit.page(
        "error.html",
        home=home,
        status=status or HTTPStatus.BAD_REQUEST,
        words=words,
        request_id=visit.request[REQUEST_ID],
    )


def _plain(site: Site, request: web.Request) -> PartnerVisit:
    return PartnerVisit(request=request, site=site, words=words_of(site, request), form={})
