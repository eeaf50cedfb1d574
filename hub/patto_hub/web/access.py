"""Who calls the API, by whatever it shows of itself, and how often it has called.

A partner shows a key, an access token of the hub, a token that it signed (ModI), a voucher of PDND, or its TLS
certificate. Where the settings name a certificate or a signature for it, nothing else is enough without that one.
"""

from __future__ import annotations

from datetime import timedelta
from ipaddress import ip_address
from typing import TYPE_CHECKING, Final

from patto_hub.feeds.spec import METRICS
from patto_hub.ledger import keys, tokens
from patto_hub.web import signatures
from patto_hub.web.callers import CALLER, Caller
from patto_hub.web.certificates import address_of, certificate_of
from patto_hub.web.endpoints import Access
from patto_hub.web.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aiohttp import web

    from patto_hub.ledger.store import Connection
    from patto_hub.web.admission import Credentials
    from patto_hub.web.certificates import Certificate
    from patto_hub.web.rates import Allowance
    from patto_hub.web.site import Site

_LONGEST: Final = 200
_FORWARDED = ("Forwarded", "X-Forwarded-For", "X-Real-IP", "Via")
_ELSEWHERE: Final = {
    keys.MARK: (
        "È una chiave dell'hub in esercizio: questo è l'ambiente di prova, che ha chiavi proprie.",
        "This is a key of the hub in operation: here is the sandbox, which has keys of its own.",
    ),
    keys.TRIAL_MARK: (
        "È una chiave dell'ambiente di prova: qui serve quella consegnata dalla Regione per l'esercizio.",
        "This is a key of the sandbox: here the one is needed that the region gave for operation.",
    ),
}
"""By what a key starts with that would be good elsewhere."""
CHALLENGE: Final = {"WWW-Authenticate": 'Bearer realm="patto"'}


async def admit(site: Site, request: web.Request, access: Access) -> tuple[Caller | None, Allowance | None]:
    """Let a request in, or not.

    Raises:
        Problem: it does not show what its partner must show, has not the right scope, or comes too often.
    """
    if access is Access.EVERYBODY or (access is Access.OPERATOR and _is_local(request)):
        return None, None
    try:
        caller = await _recognised(site, request)
    except Problem:
        take(site, stranger(site, request))  # guessing is slowed down by address
        raise
    if site.admission.partners:
        request[CALLER] = caller
    if access is Access.OPERATOR and METRICS not in caller.scopes:
        raise Problem("local-only", ("La chiave non comprende «metrics».", "The key's scopes lack `metrics`."))
    if access is Access.OPERATOR and (reason := site.refuse_feed(caller.partner, METRICS)) is not None:
        raise Problem("local-only", reason)
    if caller.number is not None:
        site.doorkeeper.uses[caller.number] = site.world.milliseconds()
    return caller, take(site, f"partner:{caller.partner}")


def take(site: Site, caller: str) -> Allowance:
    """Count a request.

    Raises:
        Problem: there were too many.
    """
    allowance = site.rates.take(caller, site.world.monotonic())
    if allowance.retry_after_s is not None:
        seconds = allowance.retry_after_s
        it, en = ("un secondo", "a second") if seconds == 1 else (f"{seconds} secondi", f"{seconds} seconds")
        raise Problem(
            "rate-exceeded",
            (f"Riprovare fra {it}.", f"Try again in {en}."),
            headers=allowance.headers(),
            until=site.world.now() + timedelta(seconds=seconds),
        )
    return allowance


def stranger(site: Site, request: web.Request) -> str:
    """Name whoever calls without having shown who it is, for counting."""
    return f"stranger:{address_of(request, site.admission.proxies)}"


def shown_certificate(site: Site, request: web.Request, credentials: Credentials) -> Certificate | None:
    """Check what a partner must show besides; gives the certificate that it has shown, None where it needs none.

    Raises:
        Problem: its settings cannot be used, or it has not shown one of its own that is valid now.
    """
    if credentials.closed is not None:
        raise Problem("feed-withheld", credentials.closed)
    if not credentials.certificates:
        return None
    found = certificate_of(request, site.admission.proxies)
    if found is None:
        it, en = "Il partner deve presentare il proprio certificato TLS.", "The partner must show its TLS certificate."
    elif found.names.isdisjoint(credentials.certificates):
        it, en = "Il certificato TLS non è fra quelli concordati.", "The TLS certificate is not one that was agreed on."
    elif not found.valid(site.world.now()):
        it, en = "Il certificato TLS non è valido in questo momento.", "The TLS certificate is not valid now."
    else:
        site.doorkeeper.note(credentials.partner, found)
        return found
    raise Problem("certificate-missing", (it, en), headers=CHALLENGE)


async def _recognised(site: Site, request: web.Request) -> Caller:
    """Say whose request it is, and check all that this partner must show."""
    text = _bearer(request)
    if text.count(".") == signatures.DOTS:
        return await _signed(site, request, text)
    caller = await _known(site, text) if text else _by_certificate(site, request)
    if caller is None:
        words = await elsewhere(site, text) or (
            "Nessuna chiave valida nella richiesta.",
            "The request has no valid key.",
        )
        raise Problem("key-missing", words, headers=CHALLENGE)
    credentials = site.admission.partners.get(caller.partner)
    if credentials is None:
        return caller
    _check(site, request, credentials, caller)
    return await signatures.proved(site, request, credentials, caller)


async def _signed(site: Site, request: web.Request, text: str) -> Caller:
    credentials = signatures.signer_of(site.admission, text)
    caller = Caller(
        partner=credentials.partner,
        scopes=credentials.scopes,
        organisation=credentials.organisation,
        way="voucher" if credentials.trust and credentials.trust.vouchers else "signature",
    )
    _check(site, request, credentials, caller)
    return await signatures.proved(site, request, credentials, caller)


def _check(site: Site, request: web.Request, credentials: Credentials, caller: Caller) -> None:
    """Check what a partner must show besides, and that a token is shown by whom it was given to.

    Raises:
        Problem: one of them is not so.
    """
    certificate = shown_certificate(site, request, credentials)
    if caller.thumbprint and (certificate is None or certificate.thumbprint != caller.thumbprint):
        raise Problem(
            "certificate-missing",
            ("Il token è stato chiesto con un altro certificato.", "The token was asked for with another certificate."),
            headers=CHALLENGE,
        )


def _bearer(request: web.Request) -> str:
    """Give what stands in `Authorization: Bearer`, or a voucher in `DPoP`; empty where there is no such header.

    Raises:
        Problem: there is another scheme, or the header is there twice.
    """
    sent: Sequence[str] = request.headers.getall("Authorization", ())
    if not sent:
        return ""
    scheme, _, text = sent[0].partition(" ")
    text = text.strip()
    signed = text.count(".") == signatures.DOTS
    known = scheme.lower() == "bearer" or (signed and scheme.lower() == "dpop")
    short = signed or 0 < len(text) <= _LONGEST
    if not (known and short and len(sent) == 1 and text.isascii() and text.isprintable()):
        raise Problem(
            "key-missing",
            ("Nessuna chiave valida nella richiesta.", "The request carries no valid key."),
            headers=CHALLENGE,
        )
    return text


async def _known(site: Site, text: str) -> Caller | None:
    """Say whose key or token this is, or None; what was found is remembered for a moment."""
    now, monotonic = site.world.milliseconds(), site.world.monotonic()
    caller = site.doorkeeper.find(text, monotonic)
    if caller is None:
        caller = await site.ledger.read(_look_up, text, now)
        if caller is not None:
            site.doorkeeper.remember(text, caller, monotonic)
    return None if caller is None or (caller.expires_at is not None and now >= caller.expires_at) else caller


async def elsewhere(site: Site, text: str) -> tuple[str, str] | None:
    """Say where a key that is none of ours would be one: partners have keys for invented data too; None if nowhere."""
    shown = text.partition("_")[0]
    if shown not in _ELSEWHERE or shown == await site.ledger.read(keys.mark):
        return None
    return _ELSEWHERE[shown]


def _look_up(connection: Connection, text: str, now: int) -> Caller | None:
    if text.startswith(tokens.MARK):
        token = tokens.find(connection, text, now)
        return (
            None
            if token is None
            else Caller(
                partner=token.partner,
                scopes=token.scopes,
                organisation=token.organisation,
                way="token",
                expires_at=token.expires_at,
                thumbprint=token.thumbprint,
            )
        )
    key = keys.find(connection, text, now)
    return (
        None
        if key is None
        else Caller(
            partner=key.partner,
            scopes=key.scopes,
            organisation=key.organisation,
            number=key.id,
            expires_at=key.expires_at,
        )
    )


def _by_certificate(site: Site, request: web.Request) -> Caller | None:
    """Say whose certificate was shown, or None; it is checked with all the rest."""
    if not site.admission.certificates:
        return None
    found = certificate_of(request, site.admission.proxies)
    names = sorted(found.names) if found is not None else ()
    partner = next(filter(None, (site.admission.certificates.get(name) for name in names)), None)
    if partner is None:
        return None
    credentials = site.admission.partners[partner]
    return Caller(partner=partner, scopes=credentials.scopes, organisation=credentials.organisation, way="certificate")


def _is_local(request: web.Request) -> bool:
    """Whether the caller is on this machine, asks for it by its own name, and is no proxy that speaks for others.

    A page of elsewhere whose name was made to lead here (DNS rebinding) still sends that name as the host.
    """
    if any(name in request.headers for name in _FORWARDED):
        return False
    name = (request.url.host or "").rstrip(".").lower()
    return _is_loopback(request.remote or "") and (name == "localhost" or _is_loopback(name))


def _is_loopback(address: str) -> bool:
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return False
