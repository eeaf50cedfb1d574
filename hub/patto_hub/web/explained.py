"""A page for each problem of the API, where its `type` leads: what it is, why, what to do, who can, where it occurs."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from patto_hub.web.causes import CAUSES
from patto_hub.web.described import DESCRIPTION, operations
from patto_hub.web.kinds import KINDS
from patto_hub.web.rendering import RENDERER
from patto_hub.web.visits import Turned
from patto_hub.web.words import LANGUAGES
from patto_schemas.catalogue import OWNERS
from patto_schemas.issues import Owner

if TYPE_CHECKING:
    from aiohttp import web

    from patto_hub.web.visits import Visit


async def index(visit: Visit) -> web.StreamResponse:
    """List all problems."""
    at = LANGUAGES.index(visit.language)
    rows = [(code, kind.status, kind.title[at], kind.todo[at]) for code, kind in KINDS.items()]
    return visit.request.app[RENDERER].page(visit, "problems.html", rows=rows)


async def show(visit: Visit) -> web.StreamResponse:
    """Explain one problem; it is the same for everybody, and nothing of any request."""
    code = visit.request.match_info["code"]
    kind = KINDS.get(code)
    if kind is None:
        raise Turned("problem.unknown", HTTPStatus.NOT_FOUND)
    at, app = LANGUAGES.index(visit.language), visit.request.app
    document: dict[str, Any] = app[DESCRIPTION]
    return app[RENDERER].page(
        visit,
        "problem.html",
        code=code,
        kind=kind,
        title=kind.title[at],
        why=CAUSES[code][at],
        todo=kind.todo[at],
        who=OWNERS[visit.language][Owner(kind.owner)],
        where=[each for each in operations(document) if code in each.problems],
    )
