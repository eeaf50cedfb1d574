"""Puts the web side together: the partners' API, what machines ask, and the staff's pages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from aiohttp import web

from patto_hub.web import (
    acknowledging,
    api,
    contracts,
    digesting,
    door,
    edges,
    handing_out,
    lanes,
    openapi,
    pages,
    probes,
    proving,
    reading,
    receipts,
    refusals,
    repeating,
    tokens,
    validating,
    who,
)
from patto_hub.web.described import DESCRIPTION
from patto_hub.web.measures import MEASURES, make_measures
from patto_hub.web.portal import pages as portal
from patto_hub.web.rendering import RENDERER, make_renderer
from patto_hub.web.site import BASE, SITE
from patto_hub.web.wire import OPTIONS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from aiohttp.typedefs import Handler

    from patto_hub.web.endpoints import Endpoint
    from patto_hub.web.portal.pages import PortalPage
    from patto_hub.web.problems import Problem
    from patto_hub.web.site import Site

ENDPOINTS: Final = {
    BASE: (
        *api.ENDPOINTS,
        *contracts.ENDPOINTS,
        *reading.ENDPOINTS,
        *acknowledging.ENDPOINTS,
        *digesting.ENDPOINTS,
        *proving.ENDPOINTS,
        *lanes.ENDPOINTS,
        *repeating.ENDPOINTS,
        *door.ENDPOINTS,
        *receipts.ENDPOINTS,
        *refusals.ENDPOINTS,
        *validating.ENDPOINTS,
        *tokens.ENDPOINTS,
        *who.ENDPOINTS,
    ),
    "": (*probes.ENDPOINTS, *handing_out.ENDPOINTS, *tokens.WELL_KNOWN),
}
"""Every typed route, by the prefix that it stands under."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Guise:
    """What somebody puts around the hub's own routes who serves them for another purpose; the hub itself wears none."""

    endpoints: Sequence[Endpoint] = ()
    """Further routes under `BASE`."""
    portal: Sequence[PortalPage] = ()
    """Further pages for partners."""
    route: Callable[[Endpoint], Endpoint] = lambda each: each
    """What becomes of each of the hub's own routes."""
    dress: Callable[[web.Application], None] = lambda _: None
    """What is done to the application once it is made."""


OWN: Final = Guise()


def make_app(site: Site, guise: Guise = OWN) -> web.Application:
    """Make the application of a hub; starting and stopping it is the caller's business, and `edges.answer_ahead`."""

    def error_page(request: web.Request, problem: Problem) -> web.StreamResponse:
        show = portal.error_page if portal.owns(request) else pages.error_page
        return show(site, request, problem)

    app = web.Application(
        middlewares=[edges.outermost(site, error_page)],
        client_max_size=site.settings.largest_body,
        handler_args=OPTIONS,
    )
    app[SITE], app[MEASURES] = site, make_measures()
    app[RENDERER] = make_renderer(site.settings.static)
    described = {prefix: tuple(map(guise.route, endpoints)) for prefix, endpoints in ENDPOINTS.items()}
    described[BASE] += tuple(guise.endpoints)
    for prefix, endpoints in described.items():
        for each in endpoints:
            handler = edges.serve(site, each)
            if each.method == "GET":
                app.router.add_get(prefix + each.path, handler)  # HEAD too
            else:
                app.router.add_route(each.method, prefix + each.path, handler)
    for page in pages.PAGES:
        app.router.add_route(page.method, page.path, pages.serve(site, page))
    for part in (*portal.PAGES, *guise.portal):
        app.router.add_route(part.method, part.path, portal.serve(site, part))
    app[DESCRIPTION] = openapi.document(site, BASE, described)
    app.router.add_get("/openapi.json", _description(app[DESCRIPTION]))
    app.router.add_static("/static/", site.settings.static)
    guise.dress(app)
    return app


def _description(document: dict[str, Any]) -> Handler:
    async def handler(_request: web.Request) -> web.StreamResponse:
        return web.json_response(document, headers=edges.API_HEADERS)

    return handler
