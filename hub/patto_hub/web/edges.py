"""What every answer goes through: a request number, the refusals, the headers, one line in the log."""

from __future__ import annotations

import logging
import traceback
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import structlog
from aiohttp import web
from multidict import CIMultiDict

from patto_hub.web.access import admit
from patto_hub.web.again import Told
from patto_hub.web.callers import CALLER
from patto_hub.web.endpoints import NOTHING, Access, Call, Endpoint, Nothing, params_reader, read_body
from patto_hub.web.measures import MEASURES
from patto_hub.web.problems import Problem, of_http
from patto_hub.web.repeats import remember, repeated
from patto_hub.web.signatures import sign_answer
from patto_hub.web.site import SITE

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from aiohttp.typedefs import Handler, Middleware

    from patto_hub.web.callers import Caller
    from patto_hub.web.measures import Measures
    from patto_hub.web.site import Site

LOG = structlog.get_logger("patto.web")
_LINES: Final = logging.getLogger("patto.web")
REQUEST_ID: Final = web.RequestKey("patto_request_id", str)
ACTOR: Final = web.RequestKey("patto_actor", str)
"""Who asked, for the log: `partner:<name>` or `staff:<name>`."""

API_HEADERS: Final[Mapping[str, str]] = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "Link": '</openapi.json>; rel="service-desc", </docs>; rel="service-doc"',
}

HSTS: Final = "max-age=31536000"
"""A year of TLS only; names below the hub's own are not ours to speak for."""
_UNCHANGED: Final = web.HTTPNotModified.status_code
"""Readers that ask every few seconds and get nothing new are counted, and fill no log."""
_OF_NOTHING: Final = frozenset({"Cache-Control", "Vary"})
"""What an answer without content still says of what the reader has (RFC 9110, 15.4.5)."""
_STATIC: Final = "public, max-age=86400"  # pages link to assets with a stamp of their content


class Asked(NamedTuple):
    """What figures and the log say of a request."""

    number: str
    method: str
    route: str
    """Its pattern."""
    actor: str


def outermost(site: Site, error_page: Callable[[web.Request, Problem], web.StreamResponse]) -> Middleware:
    """Make the middleware that numbers requests, turns refusals into answers, and logs one line each but for polls."""

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        started = site.world.monotonic()
        request[REQUEST_ID] = site.world.token(8)
        try:
            answer = await handler(request)
        except web.HTTPRedirection as elsewhere:
            _finish(site, request, elsewhere, site.world.monotonic() - started)
            raise
        except web.HTTPException as error:
            answer = _refused(request, of_http(error))
        except Problem as problem:
            answer = _refused(request, problem)
        except Exception as error:  # noqa: BLE001 - the last place where a bug can become an answer
            _log_bug(request, error)
            words = ("L'hub non è riuscito a rispondere.", "The hub could not answer.")
            answer = _refused(request, Problem("internal", words))
        _finish(site, request, answer, site.world.monotonic() - started)
        return answer

    def _refused(request: web.Request, problem: Problem) -> web.StreamResponse:
        if wants_page(request):
            return error_page(request, problem)
        answer = problem.response(request[REQUEST_ID], site.settings.public_url)
        answer.headers.update(API_HEADERS)
        if (caller := request.get(CALLER)) is not None:
            sign_answer(site, caller, answer)
        return answer

    return middleware


def serve(site: Site, endpoint: Endpoint) -> Handler:
    """Make aiohttp's handler of a route: who may call, then what was sent, then the answer."""
    params = params_reader(endpoint)
    varies = {"Vary": "Accept, Accept-Encoding, Authorization"} if endpoint.access is Access.PARTNER else {}
    headers = {**API_HEADERS, "Cache-Control": endpoint.cached, **varies}
    bare = {name: value for name, value in headers.items() if name in _OF_NOTHING}

    async def handler(request: web.Request) -> web.StreamResponse:
        version = site.shelf.look(site.ledger) if endpoint.repeats else 0  # before anything is worked out
        caller, allowance = await admit(site, request, endpoint.access)
        if caller is not None:
            request[ACTOR] = f"partner:{caller.partner}"
        limits = {} if allowance is None else allowance.headers()
        try:
            call = Call(
                request=request,
                site=site,
                params=params(request),
                body=NOTHING if endpoint.body is Nothing else await read_body(endpoint, request),
                caller=caller,
            )
            answer = await endpoint.handler(call)
        except Problem as problem:
            problem.headers = {**limits, **problem.headers}
            raise
        answer.headers.update(bare if answer.status == _UNCHANGED else headers)
        if endpoint.repeats and caller is not None and isinstance(answer, web.Response):
            remember(site, request, version, _told(call, caller, answer))
        answer.headers.update(limits)
        if caller is not None:
            sign_answer(site, caller, answer)
        return answer

    return handler


def _told(call: Call[Any, Any], caller: Caller, answer: web.Response) -> Told:
    body = answer.body
    if body is not None and not isinstance(body, bytes):
        raise TypeError("a page is bytes")
    return Told(
        caller=caller,
        feed=call.params.feed,
        route=route_of(call.request),
        status=answer.status,
        headers=CIMultiDict(answer.headers),
        body=body,
        at=call.site.world.milliseconds(),
    )


def answer_ahead(runner: web.AppRunner) -> None:
    """Let a started runner answer the very same request again before it looks for the request's route."""
    server, app = runner.server, runner.app
    if server is None:
        raise ValueError("a runner has its server once it is set up")
    site, measures, others = app[SITE], app[MEASURES], server.request_handler

    async def handler(request: web.BaseRequest) -> web.StreamResponse:
        started = site.world.monotonic()
        found = repeated(site, request)
        if found is None:
            try:
                return await others(request)
            except web.HTTPExpectationFailed:  # aiohttp looks at it before any middleware, and quotes it
                return _unexpected(site, measures, request, site.world.monotonic() - started)
        told, answer = found
        asked = Asked(site.world.token(8), request.method, told.route, f"partner:{told.caller.partner}")
        _tell(site, measures, asked, answer, site.world.monotonic() - started)
        return answer

    server.request_handler = handler


def _unexpected(site: Site, measures: Measures, request: web.BaseRequest, seconds: float) -> web.Response:
    """Refuse a request that expects of the hub what it does not know."""
    words = ("Di `Expect` si conosce solo «100-continue».", "Of `Expect` only `100-continue` is known.")
    asked = Asked(site.world.token(8), request.method, "(none)", "")
    answer = Problem("request-malformed", words).response(asked.number, site.settings.public_url)
    answer.headers.update(API_HEADERS)
    _tell(site, measures, asked, answer, seconds)
    return answer


def wants_page(request: web.Request) -> bool:
    """Whether the answer is for a person's browser."""
    return not request.path.startswith("/rest/") and "text/html" in request.headers.get("Accept", "")


def route_of(request: web.Request) -> str:
    """Give the pattern of the request's route: addresses may hold a one-time token, patterns never do."""
    resource = request.match_info.route.resource
    return "(none)" if resource is None else resource.canonical


def _finish(site: Site, request: web.Request, answer: web.StreamResponse, seconds: float) -> None:
    """Put on the headers that every answer has, count it, and log it in one line."""
    headers = answer.headers
    if "Cache-Control" not in headers:
        headers["Cache-Control"] = _STATIC if request.path.startswith("/static/") else "no-store"
    if "X-Content-Type-Options" not in headers and answer.status != _UNCHANGED:
        headers["X-Content-Type-Options"] = "nosniff"
    asked = Asked(request[REQUEST_ID], request.method, route_of(request), request.get(ACTOR, ""))
    _tell(site, request.app[MEASURES], asked, answer, seconds)


def _tell(site: Site, measures: Measures, asked: Asked, answer: web.StreamResponse, seconds: float) -> None:
    answer.headers["X-Request-ID"] = asked.number
    if site.settings.https:
        answer.headers["Strict-Transport-Security"] = HSTS
    measures.saw(asked.route, asked.method, answer.status, seconds)
    if answer.status == _UNCHANGED and not _LINES.isEnabledFor(logging.DEBUG):
        return
    LOG.info(
        "http.request",
        request_id=asked.number,
        method=asked.method,
        route=asked.route,
        status=answer.status,
        milliseconds=round(seconds * 1000),
        actor=asked.actor,
    )


def _log_bug(request: web.Request, error: Exception) -> None:
    """Log where it happened, not what the exception says: its text may quote a record."""
    frames = [f"{frame.filename}:{frame.lineno}:{frame.name}" for frame in traceback.extract_tb(error.__traceback__)]
    LOG.error(
        "http.failed",
        request_id=request[REQUEST_ID],
        route=route_of(request),
        error=type(error).__name__,
        frames=frames,
    )
