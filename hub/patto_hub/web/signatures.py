"""Signed requests and answers (ModI) at the hub's door: whose token it is, whether it is right, what it is kept by."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from aiohttp import streams, web

from patto_connectors.json import parse_unique
from patto_connectors.modi import Incoming, Outgoing, Profile, Untrusted, sign, verify
from patto_connectors.modi.compact import ALGORITHMS, read_compact
from patto_connectors.modi.message import SIGNATURE
from patto_hub.ledger import audit
from patto_hub.web.problems import Problem

if TYPE_CHECKING:
    from patto_connectors.modi import Trust, Verified
    from patto_connectors.modi.compact import Compact
    from patto_hub.web.admission import Admission, Credentials
    from patto_hub.web.callers import Caller
    from patto_hub.web.site import Site

DOTS: Final = 2
"""Of a signed token in compact form; neither a key nor an access token of the hub has any."""
_OURS: Final = "pdnd.keys_old"
"""What is wrong with the hub, not with what the partner has sent."""
IDENTITY: Final = frozenset({Profile.ID_AUTH_REST_01, Profile.ID_AUTH_REST_02})
INTEGRITY: Final = frozenset({Profile.INTEGRITY_REST_01, Profile.INTEGRITY_REST_02})
_SIGNED_TYPES: Final = ("Content-Type", "Content-Encoding")


def signer_of(admission: Admission, text: str) -> Credentials:
    """Find the partner that a token says it is of; whether that is true, `proved` judges.

    Raises:
        Problem: the token cannot be read, or is of nobody who signs.
    """
    try:
        token = read_compact(text, ALGORITHMS)
        voucher = str(token.header.get("typ", "")).lower() == "at+jwt"
        return admission.partners[_partner(admission, claim_of(token, "client_id" if voucher else "iss"))]
    except Untrusted as refusal:
        raise refused(refusal) from None


def claim_of(token: Compact, name: str) -> str:
    """Give a claim of a token that nobody has verified: only to find out by whose keys it is to be judged.

    Raises:
        Untrusted: `modi.claim`; the payload is no JSON object, or names a claim twice.
    """
    try:
        claims = parse_unique(token.payload)
    except ValueError:
        claims = None
    if not isinstance(claims, dict):
        raise Untrusted("modi.claim", "the token's payload is no JSON object, or names a claim twice")
    value = claims.get(name)
    return value if isinstance(value, str) else ""


def _partner(admission: Admission, name: str) -> str:
    """Give who has this name and is known by its token; where only bodies are signed, nobody would judge the token."""
    partner = admission.issuers.get(name)
    trust = None if partner is None else admission.partners[partner].trust
    if partner is None or trust is None or not (trust.vouchers or trust.profiles & IDENTITY):
        raise Untrusted("modi.issuer", "no partner that is known by its token has this name")
    return partner


async def proved(site: Site, request: web.Request, credentials: Credentials, caller: Caller) -> Caller:
    """Check that a request is signed as agreed with its partner; what it says of who caused it goes into the audit.

    Raises:
        Problem: it is not.
    """
    if credentials.trust is None:
        return caller
    bodiless = not request.can_read_body
    trust = _due(credentials.trust, request, bodiless=bodiless)
    if trust is None:
        return caller
    body = b"" if bodiless else await _body(site, request, credentials.partner, whole=bool(trust.profiles & INTEGRITY))
    try:
        verified = await verify(
            Incoming(
                headers=tuple(request.headers.items()),
                body=body,
                method=request.method,
                address=f"{site.admission.address}{request.rel_url.raw_path}",
            ),
            trust,
        )
    except Untrusted as refusal:
        raise refused(refusal) from None
    if verified.tracking is not None:
        await _keep_tracking(site, request, credentials.partner, verified)
    return replace(caller, digest=verified.digest)


def refused(refusal: Untrusted) -> Problem:
    """Say in both languages why a signed message is not taken: the likely cause, what to do, no word of the token."""
    entry = refusal.entry
    if refusal.code == _OURS:
        return Problem("not-ready", (entry.it, entry.en), headers={"Retry-After": "60"})
    return Problem(
        "signature-refused",
        (f"{entry.it} {entry.fix_it}", f"{entry.en} {entry.fix_en}"),
        headers={"WWW-Authenticate": _challenge(refusal.code)},
        members={"cause": refusal.code},
    )


def _challenge(code: str) -> str:
    """Give the challenge of a refusal (RFC 6750 section 3, RFC 9449 section 7.1)."""
    if code == "modi.dpop":
        return 'DPoP realm="patto", error="invalid_dpop_proof", algs="ES256 RS256"'
    return 'Bearer realm="patto", error="invalid_token"'


def sign_answer(site: Site, caller: Caller, answer: web.StreamResponse) -> None:
    """Sign an answer with the hub's key, for a partner that wants that; it then leaves as it is, uncompressed."""
    credentials = site.admission.partners.get(caller.partner)
    if credentials is None or credentials.signer is None or not isinstance(answer, web.Response):
        return
    body = answer.body
    if not isinstance(body, bytes) or answer.status == web.HTTPNotModified.status_code:
        return
    if answer.compression:
        answer.enable_compression(web.ContentCoding.identity)
    headers = {name: answer.headers[name] for name in _SIGNED_TYPES if name in answer.headers}
    told = Outgoing(audience=credentials.issuer, body=body, headers=headers, answers=caller.digest or None)
    answer.headers.update(sign(told, credentials.signer))


def _due(trust: Trust, request: web.Request, *, bodiless: bool) -> Trust | None:
    """Give what this request must be signed like: one without a body has nothing whose integrity could be signed."""
    profiles = trust.profiles
    if bodiless and request.method in {"GET", "HEAD", "DELETE"} and SIGNATURE not in request.headers:
        profiles -= INTEGRITY
    needed = profiles & (IDENTITY | INTEGRITY | {Profile.AUDIT_REST_01, Profile.AUDIT_REST_02})
    return replace(trust, profiles=profiles) if needed or trust.vouchers else None


async def _body(site: Site, request: web.Request, partner: str, *, whole: bool) -> bytes:
    """Read a body before the route does, and leave it there for the route.

    aiohttp has no public way to put a body back, so that its stream is replaced: better than every route that reads a
    body having to think of its signature.

    Raises:
        Problem: it is too large, too slow, or compressed: then its bytes as they travelled are no longer known.
    """
    if not whole:
        return b""
    if request.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise refused(Untrusted("modi.digest", "a signed body must come uncompressed"))
    most, pieces, size = site.settings.largest_push, [], 0
    try:
        async with site.pushes.of(partner), asyncio.timeout(site.settings.push_s):
            async for piece in request.content.iter_any():
                size += len(piece)
                if size > most:
                    raise Problem("too-large", (f"Al massimo {most} byte.", f"At most {most} bytes."))
                pieces.append(piece)
    except TimeoutError:
        raise Problem("content-late", ("Il contenuto non è arrivato.", "The content did not come whole.")) from None
    except (web.RequestPayloadError, ConnectionError):
        raise Problem("content-broken-off", ("Il contenuto si è interrotto.", "The content broke off.")) from None
    body = b"".join(pieces)
    again = streams.StreamReader(request.protocol, max(size, 1), loop=asyncio.get_running_loop())
    again.feed_data(body)
    again.feed_eof()
    request._payload = again  # noqa: SLF001 - see above
    return body


async def _keep_tracking(site: Site, request: web.Request, partner: str, verified: Verified) -> None:
    """Keep who caused a request (AUDIT_REST_01), by the partner's own name for the person; it can be blanked later."""
    told = verified.tracking
    if told is None:
        return
    resource = request.match_info.route.resource
    detail = {"user": told.user, "location": told.location, "level": told.level, "method": request.method}
    detail |= {"route": resource.canonical if resource else "", "purpose": verified.purpose}
    now = site.world.milliseconds()
    await site.ledger.write(audit.append, f"partner:{partner}", "request.tracked", partner, detail, now)
