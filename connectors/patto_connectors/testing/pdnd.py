"""A fake PDND: an authorization server that checks all that the real one checks, and tells as little of it.

Source: pagopa, authorizationServerApi.yml and client-assertion-validation.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl
from uuid import UUID

from aiohttp import web

from patto_connectors.modi.claims import Window, check_parties, check_times, text
from patto_connectors.modi.jws import read_token, write_token
from patto_connectors.modi.pdnd import ASSERTION_TYPE
from patto_connectors.modi.refusal import Untrusted
from patto_connectors.ports import WORLD
from patto_connectors.testing.fake import Said, TokenDesk

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from patto_connectors.modi.keys import Known, SigningKey
    from patto_connectors.testing.fake import Asked, FakePartner
    from patto_connectors.testing.faults import Fault

PDND: Final = {
    "pdnd_refuses": "400 with the code that PDND has for nearly everything",
    "pdnd_clock": "PDND's clock is ahead (option: seconds), and it judges and answers by it",
    "pdnd_rate": "429 with PDND's own rate headers and without Retry-After (option: milliseconds)",
    "pdnd_last": "a voucher, and the word that no more are left (option: milliseconds)",
    "pdnd_short": "a voucher that ends soon (option: seconds)",
    "pdnd_no_voucher": "200 without a voucher",
    "pdnd_useless": "a voucher that the e-service does not take",
    "pdnd_keys_down": "503 where the public keys are published",
    "pdnd_keys_broken": "200 and no key set where the public keys are published",
}
"""Faults of the authorization server, to be ordered besides the menu of every fake partner."""

JWKS: Final = "/.well-known/jwks.json"
"""Where PDND publishes its public keys."""
_REFUSED: Final = "015-0008"
_FORM: Final = frozenset({"client_id", "client_assertion", "client_assertion_type", "grant_type"})
_WINDOW: Final = Window(age=timedelta(minutes=10), skew=timedelta(seconds=10))
_LIFE: Final = 600
_DIGEST: Final = 64


@dataclass(frozen=True, slots=True)
class Client:
    """A client as it is registered on the portal."""

    client_id: str
    keys: tuple[Known, ...]
    """Public keys, each with its `kid`."""
    purposes: frozenset[str]
    """Active ones."""


@dataclass(slots=True)
class FakePdnd:
    """Gives vouchers to registered clients, and remembers why it refused the others.

    Args:
        key: signs the vouchers.
        clients: all that are registered.
        audience: what an assertion's `aud` must be.
        issuer: `iss` of the vouchers.
        service: `aud` of the vouchers: the e-service.
    """

    key: SigningKey
    clients: Sequence[Client]
    audience: str = "auth.pdnd.test/client-assertion"
    issuer: str = "pdnd.test"
    service: str = "https://hub.example/rest/patto/v1"
    desk: TokenDesk = field(default_factory=TokenDesk)
    refused: list[str] = field(default_factory=list)
    """Why, for tests only: the answer does not tell."""
    published: list[SigningKey] = field(default_factory=list)
    """Public keys, as everybody may read them at `JWKS`."""
    readings: int = 0
    """How often they were read."""
    _taken: set[tuple[str, str]] = field(default_factory=set)

    def __post_init__(self) -> None:
        """Publish the first key."""
        self.published = self.published or [self.key]

    def rotate(self, key: SigningKey, *, keep: bool = True) -> None:
        """Sign with another key from now on; the one of before stays published, or not."""
        self.published = [key, *(self.published if keep else ())]
        self.key = key

    def publish(self, partner: FakePartner) -> None:
        """Publish the keys at a fake partner's `JWKS`."""
        partner.faults.menu = {**partner.faults.menu, **PDND}

        async def answer(request: web.Request) -> web.Response:
            self.readings += 1
            met = partner.faults.serve(request.path, among={"pdnd_keys_down", "pdnd_keys_broken"})
            if met and met[0].name == "pdnd_keys_down":
                return web.Response(status=503)
            members = [
                {**each.key.as_dict(private=False), "kid": each.kid, "alg": each.algorithm, "use": "sig"}
                for each in self.published
            ]
            return web.json_response([] if met else {"keys": members})

        partner.app.router.add_get(JWKS, answer)

    def serve(self, partner: FakePartner, path: str = "/token.oauth2") -> None:
        """Answer at a path of a fake partner, whose other paths then ask for a voucher."""

        async def head(request: web.Request) -> web.Response:
            met = partner.faults.serve(request.path, among={"pdnd_clock"})
            return web.Response(status=405, headers={"Date": _date(_now(met))})

        partner.desk = self.desk
        partner.app.router.add_head(path, head)
        partner.answering(path, self._answer, PDND, free=True)

    def _answer(self, asked: Asked, faults: Sequence[Fault]) -> Said:
        now = _now(faults)
        fault, option = (faults[0].name, faults[0].option) if faults else ("", "")
        if fault == "pdnd_refuses":
            return _problem(400, _REFUSED, now)
        if fault == "pdnd_rate":
            return _problem(429, "429", now, _rates(0, option or "2000"))
        try:
            client, claims = self._check(asked, now)
        except Untrusted as why:
            self.refused.append(why.code)
            return _problem(400, _REFUSED, now)
        life = int(option or 1) if fault == "pdnd_short" else _LIFE
        answer: dict[str, Any] = {"token_type": "Bearer", "expires_in": life}
        if fault != "pdnd_no_voucher":
            answer["access_token"] = self._voucher(client, claims, now, life, good=fault != "pdnd_useless")
        rates = _rates(0, option or "2000") if fault == "pdnd_last" else _rates(9, "1000")
        return _said(200, answer, "application/json", now, rates)

    def _check(self, asked: Asked, now: datetime) -> tuple[Client, Mapping[str, Any]]:
        form = _form(asked)
        client = next((client for client in self.clients if client.client_id == form["client_id"]), None)
        if client is None or not _uuid(form["client_id"]):
            raise Untrusted("modi.issuer", "no such client")
        token = read_token(form["client_assertion"], client.keys, now, algorithms=frozenset({"RS256"}))
        claims = token.claims
        text(token.header, "kid")
        check_times(claims, now, _WINDOW)
        check_parties(claims, frozenset({self.audience}), client.client_id)
        if text(claims, "sub") != client.client_id:
            raise Untrusted("modi.issuer", "`sub` is not the client")
        purpose = text(claims, "purposeId")
        if not _uuid(purpose) or purpose not in client.purposes:
            raise Untrusted("modi.claim", "no such purpose")
        _check_digest(claims)
        mark = (client.client_id, text(claims, "jti"))
        if mark in self._taken:
            raise Untrusted("modi.replay", "an assertion is good once")
        self._taken.add(mark)
        return client, claims

    def _voucher(self, client: Client, asked: Mapping[str, Any], now: datetime, life: int, *, good: bool) -> str:
        at = int(now.timestamp())
        claims = {"iss": self.issuer, "aud": self.service, "sub": client.client_id, "client_id": client.client_id}
        claims |= {name: asked[name] for name in ("purposeId", "digest") if name in asked}
        times = {"iat": at, "nbf": at, "exp": at + life, "jti": WORLD.get().token()}
        voucher = write_token({**claims, **times}, self.key, kind="at+jwt")
        self.desk.given += 1
        if good:
            self.desk.left[voucher] = self.desk.uses
        return voucher


def _now(faults: Sequence[Fault]) -> datetime:
    ahead = sum(float(fault.option or 90) for fault in faults if fault.name == "pdnd_clock")
    return WORLD.get().now() + timedelta(seconds=ahead)


def _date(now: datetime) -> str:
    return format_datetime(now, usegmt=True)


def _form(asked: Asked) -> dict[str, str]:
    """Read the form: each field once, none missing, none besides."""
    kind = asked.headers.get("Content-Type", "").split(";")[0]
    try:
        pairs = parse_qsl(asked.body.decode("ascii"), strict_parsing=True, keep_blank_values=True)
    except ValueError:
        pairs = []
    form = dict(pairs)
    fixed = {"client_assertion_type": ASSERTION_TYPE, "grant_type": "client_credentials"}
    if kind != "application/x-www-form-urlencoded" or len(pairs) != len(form) or form.keys() != _FORM:
        raise Untrusted("modi.missing", "not the form of a token request")
    if any(form[name] != value for name, value in fixed.items()):
        raise Untrusted("modi.claim", "another grant or kind of assertion")
    return form


def _check_digest(claims: Mapping[str, Any]) -> None:
    digest = claims.get("digest", {"alg": "SHA256", "value": "0" * _DIGEST})
    good = isinstance(digest, dict) and digest.keys() == {"alg", "value"} and digest["alg"] == "SHA256"
    if not good or not isinstance(digest["value"], str) or len(digest["value"]) != _DIGEST:
        raise Untrusted("modi.claim", "`digest` is not SHA256 with 64 characters")


def _uuid(written: str) -> bool:
    try:
        return str(UUID(written)) == written.lower()
    except ValueError:
        return False


def _rates(remaining: int, interval: str) -> dict[str, str]:
    return {"X-Rate-Limit-Limit": "10", "X-Rate-Limit-Remaining": str(remaining), "X-Rate-Limit-Interval": interval}


def _problem(status: int, code: str, date: datetime, headers: Mapping[str, str] | None = None) -> Said:
    detail = "Unable to generate a token for the given request"
    problem = {
        "type": "about:blank",
        "status": status,
        "title": "The request contains bad syntax or cannot be fulfilled.",
        "errors": [{"code": code, "detail": detail}],
    }
    return _said(status, problem, "application/problem+json", date, headers or {})


def _said(status: int, answer: Mapping[str, Any], kind: str, date: datetime, headers: Mapping[str, str]) -> Said:
    told = {"Date": _date(date), "Cache-Control": "no-cache, no-store", **headers}
    return Said(json.dumps(answer).encode(), kind, status, told)
