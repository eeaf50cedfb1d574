"""Puts the web side together: the partners' API, what machines ask, and the staff's pages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from aiohttp import web

from patto_hub.web import (
    acknowledging,
    api,
    digesting,
    door,
    edges,
    handing_out,
    lanes,
    openapi,
    pages,
    probes,
    reading,
    receipts,
    refusals,
    tokens,
    validating,
    who,
)
from patto_hub.web.described import DESCRIPTION
from patto_hub.web.measures import MEASURES, make_measures
from patto_hub.web.portal import pages as portal
from patto_hub.web.rendering import RENDERER, make_renderer
from patto_hub.web.site import BASE

if TYPE_CHECKING:
    from aiohttp.typedefs import Handler

    from patto_hub.web.problems import Problem
    from patto_hub.web.site import Site

ENDPOINTS: Final = {
    BASE: (
        *api.ENDPOINTS,
        *reading.ENDPOINTS,
        *acknowledging.ENDPOINTS,
        *digesting.ENDPOINTS,
        *lanes.ENDPOINTS,
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


def make_app(site: Site) -> web.Application:
    """Make the application of a hub; starting and stopping it is the caller's business."""

    def error_page(request: web.Request, problem: Problem) -> web.StreamResponse:
        show = portal.error_page if portal.owns(request) else pages.error_page
        return show(site, request, problem)

    app = web.Application(
        middlewares=[edges.outermost(site, error_page)],
        client_max_size=site.settings.largest_body,
        handler_args={"auto_decompress": False},  # `packed` sees whether what was compressed came to its end
    )
    app[MEASURES] = make_measures()
    app[RENDERER] = make_renderer(site.settings.static)
    for prefix, endpoints in ENDPOINTS.items():
        for each in endpoints:
            handler = edges.serve(site, each)
            if each.method == "GET":
                app.router.add_get(prefix + each.path, handler)  # HEAD too
            else:
                app.router.add_route(each.method, prefix + each.path, handler)
    for page in pages.PAGES:
        app.router.add_route(page.method, page.path, pages.serve(site, page))
    for part in portal.PAGES:
        app.router.add_route(part.method, part.path, portal.serve(site, part))
    app[DESCRIPTION] = openapi.document(site, BASE, ENDPOINTS)
    app.router.add_get("/openapi.json", _description(app[DESCRIPTION]))
    app.router.add_static("/static/", site.settings.static)
    return app


def _description(document: dict[str, Any]) -> Handler:
    async def handler(_request: web.Request) -> web.StreamResponse:
        return web.json_response(document, headers=edges.API_HEADERS)

    return handler
