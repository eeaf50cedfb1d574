"""Say who we are: the Authorization header for each way of the settings, and the token that calls share."""

from __future__ import annotations

import base64
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import quote_plus, urlencode

from patto_connectors.errors import Malformed, Refused, Unreachable
from patto_connectors.http.line import Token, bound
from patto_connectors.http.settings import ApiKey, Basic, Bearer, ClientCredentials, Pdnd
from patto_connectors.http.signing import evidence_of
from patto_connectors.json import parse_strict
from patto_connectors.modi.evidence import LIFE, digest_of_evidence
from patto_connectors.modi.pdnd import token_form
from patto_connectors.modi.selfcheck import likely_causes

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from patto_connectors.http.line import Line
    from patto_connectors.http.settings import Auth, HttpSettings, Signing
    from patto_connectors.ports import World

    AskToken = Callable[[str, dict[str, str], bytes], Awaitable[bytes]]

_EARLY = 30.0
"""Seconds before its end at which a token is renewed, so that none ends on its way."""
_LIFE = 300.0
"""Life of a token that does not say how long it lives (RFC 6749 section 5.1 only recommends `expires_in`)."""


def fixed_headers(auth: Auth) -> dict[str, str]:
    """Give the headers of credentials that do not change; none for OAuth 2.0, whose token is asked for."""
    if isinstance(auth, ApiKey):
        return {auth.header: auth.key.get_secret_value()}
    if isinstance(auth, Basic):
        return {"Authorization": _basic(auth.user, auth.password.get_secret_value())}
    if isinstance(auth, Bearer):
        return {"Authorization": f"Bearer {auth.token.get_secret_value()}"}
    return {}


async def token(settings: HttpSettings, line: Line, world: World, ask: AskToken, stale: str) -> Token:
    """Give the partner's current token; of all who find it missing, old or refused, one asks for a new one.

    Args:
        settings: the client's credentials, and how its requests are signed.
        line: where the token is shared.
        world: clocks and chance.
        ask: makes the request to the token address: (address, headers, body) to the answer's body.
        stale: the token that was just refused, or empty.

    Raises:
        Trouble: the token could not be had.
        TypeError: these settings ask for none.
    """
    auth = settings.auth
    if not isinstance(auth, ClientCredentials | Pdnd):
        raise TypeError("these settings ask for no token")
    async with line.refresh:
        current = line.token
        now = world.monotonic()
        if current.value and current.value != stale and now < current.until:
            return current
        if now < line.token_rest_until:
            wait = line.token_rest_until - now
            code = "pdnd.rate" if isinstance(auth, Pdnd) else "http.rate"
            raise Unreachable(code, "the token address gives nothing more for now", retry_after=wait)
        headers: dict[str, str] = {}
        evidence = ""
        if isinstance(auth, Pdnd):
            form, evidence = _asked_signed(auth, bound(settings), world)
        else:
            headers, form = _asked_with_secret(auth)
        headers["Content-Type"] = "application/x-www-form-urlencoded"
        found = _read(await ask(auth.token_url, headers, urlencode(form).encode()), world.monotonic())
        until = min(found.until, now + LIFE - _EARLY) if evidence else found.until
        line.token = replace(found, until=until, evidence=evidence)
        return line.token


def _asked_with_secret(auth: ClientCredentials) -> tuple[dict[str, str], dict[str, str]]:
    form = {"grant_type": "client_credentials"}
    form |= {name: value for name, value in (("scope", auth.scope), ("audience", auth.audience)) if value}
    secret = auth.client_secret.get_secret_value()
    if auth.send == "basic":
        return {"Authorization": _basic(quote_plus(auth.client_id), quote_plus(secret))}, form
    return {}, form | {"client_id": auth.client_id, "client_secret": secret}


def _asked_signed(auth: Pdnd, signing: Signing | None, world: World) -> tuple[dict[str, str], str]:
    """Give the form with a fresh assertion, and what the voucher is to be bound to.

    What PDND would refuse without a reason is told here with it.
    """
    causes = likely_causes(auth, world.now())
    if causes:
        raise causes[0]
    evidence = "" if signing is None else evidence_of(signing, auth.purpose_id)
    return token_form(auth, world, digest_of_evidence(evidence) if evidence else ""), evidence


def _read(content: bytes, now: float) -> Token:
    try:
        answer: Any = parse_strict(content)
        value, life = answer["access_token"], float(answer.get("expires_in") or _LIFE)
    except (ValueError, KeyError, TypeError, AttributeError):
        raise Malformed("oauth.answer", "the token address does not answer as RFC 6749 section 5.1 says") from None
    if not isinstance(value, str) or not value.isascii() or not value.isprintable() or not value:
        raise Refused("oauth.answer", "the token address gave a token that no header can carry")
    return Token(value, now + max(life - _EARLY, min(life, 1.0)))


def _basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()
