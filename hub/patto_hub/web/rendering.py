"""Renders the pages: templates, the assets that they link to, and the headers that keep anything else out."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, Final

from aiohttp import web
from jinja2 import Environment, PackageLoader, StrictUndefined
from yarl import URL

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from patto_hub.web.visitor import Visitor

HEADERS: Final[Mapping[str, str]] = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self' data:;"
        " connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    ),
    "Referrer-Policy": "same-origin",  # with no-referrer a form's Origin would be null
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cache-Control": "no-store",
}
REFRESH_S: Final = 10
"""Seconds between two refreshes of the status table."""


@dataclass(frozen=True, slots=True)
class Assets:
    """The style sheets and scripts that pages link to."""

    styled: bool
    """Whether Bootstrap Italia and htmx were brought in when the package was built."""
    stamp: str
    """Changes when any of them does, so that browsers may keep them."""


@dataclass(frozen=True, slots=True)
class Renderer:
    """Makes pages out of templates."""

    environment: Environment
    assets: Assets

    def page(self, visit: Visitor, template: str, *, status: int = 200, **values: object) -> web.Response:
        """Make a page."""
        text = self.environment.get_template(template).render(
            visit=visit,
            t=visit.words,
            lang=visit.language,
            person=visit.person,
            assets=self.assets,
            refresh_s=REFRESH_S,
            **{"switch": switch(visit), **values},
        )
        return web.Response(text=text, content_type="text/html", status=status, headers=HEADERS)


def make_renderer(static: Path) -> Renderer:
    """Make the renderer for a folder of assets."""
    environment = Environment(
        loader=PackageLoader("patto_hub.web"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(banner=None, more_sections=())  # for who serves the pages in another guise
    return Renderer(environment, find_assets(static))


def find_assets(static: Path) -> Assets:
    """Look which assets there are."""
    digest = blake2b(digest_size=6)
    for path in sorted(each for each in static.rglob("*") if each.is_file() and each.suffix in (".css", ".js", ".svg")):
        digest.update(path.read_bytes())
    vendor = static / "vendor"
    styled = all((vendor / name).is_file() for name in ("bootstrap-italia.min.css", "htmx.min.js"))
    return Assets(styled, digest.hexdigest())


def switch(visit: Visitor, path: str = "") -> Mapping[str, Any]:
    """Give the link to the same page in the other language; `path` for a page that a form has led to."""
    other = "en" if visit.language == "it" else "it"
    kept = {name: value for name, value in visit.request.query.items() if name in ("refresh", "before", "show")}
    address = URL(path) if path else visit.request.rel_url
    return {"language": other, "href": str(address.with_query({**kept, "lang": other}))}


RENDERER: Final = web.AppKey("renderer", Renderer)
