"""The ways in, as the API's description names them (OpenAPI 3.1, security scheme objects)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from patto_hub.web.tokens import PATH

if TYPE_CHECKING:
    from patto_hub.web.site import Site

WAYS: Final = ("key", "token", "certificate", "signature")
"""Each alone opens a route, unless more is agreed on with a partner."""


def ways_in(site: Site, base: str) -> dict[str, Any]:
    """Give the security schemes; a partner's settings say which of them hold for it, and which are needed together."""
    scopes = {name: feed.title.get("it", name) for name, feed in site.feeds.items()}
    flow = {"tokenUrl": f"{site.settings.public_url}{base}{PATH}", "scopes": scopes}
    return {
        "key": {"type": "http", "scheme": "bearer", "description": "La chiave del partner"},
        "token": {
            "type": "oauth2",
            "flows": {"clientCredentials": flow},
            "description": "Un token di dieci minuti, per un'asserzione firmata (private_key_jwt, RFC 7523)",
        },
        "certificate": {"type": "mutualTLS", "description": "Il certificato TLS concordato con il partner"},
        "signature": {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "JWT",
            "description": "Un token firmato dal partner (ModI, ID_AUTH_REST_01 e 02) o un voucher PDND",
        },
    }
