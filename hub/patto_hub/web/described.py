"""The page that shows the API's description: drawn by Swagger UI, a plain table where scripts do not run."""

from __future__ import annotations

from dataclasses import dataclass
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
    return app[RENDERER].page(visit, "api.html", drawn=drawn, operations=list(operations(document)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One line of the description."""

    method: str
    path: str
    summary: str
    problems: frozenset[str]
    """Codes of what it can be refused with."""


def operations(document: Mapping[str, Any]) -> Iterator[Operation]:
    """Give what the API does, line by line."""
    base = document["servers"][0]["url"]
    for path, item in document["paths"].items():
        prefix = item["servers"][0]["url"] if "servers" in item else base
        for method, operation in item.items():
            if method != "servers":
                answers = operation["responses"].values()
                yield Operation(
                    method=method.upper(),
                    path=prefix.rstrip("/") + path,
                    summary=operation["summary"],
                    problems=frozenset(code for each in answers for code in each.get("x-problems", ())),
                )
