"""The page that shows the API's description: drawn by Swagger UI, a plain table where scripts do not run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from aiohttp import web

from patto_hub.web.rendering import RENDERER

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from patto_hub.web.visits import Visit

DESCRIPTION: Final = web.AppKey("description", dict[str, Any])
"""The OpenAPI document that the application serves."""


async def show(visit: Visit) -> web.StreamResponse:
    """Show the description to whoever asks: it holds nothing of anybody."""
    app = visit.request.app
    drawn = (visit.site.settings.static / "vendor/swagger-ui.js").is_file()
    document: dict[str, Any] = app[DESCRIPTION]
    return app[RENDERER].page(visit, "api.html", drawn=drawn, operations=list(_operations(document)))


def _operations(document: Mapping[str, Any]) -> Iterator[Mapping[str, str]]:
    base = document["servers"][0]["url"]
    for path, item in document["paths"].items():
        prefix = item["servers"][0]["url"] if "servers" in item else base
        for method, operation in item.items():
            if method != "servers":
                yield {
                    "method": method.upper(),
                    "path": prefix.rstrip("/") + path,
                    "summary": operation["summary"],
                }
