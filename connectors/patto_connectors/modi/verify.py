"""Verify a request or an answer by the profiles agreed on with its sender."""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from patto_connectors.modi.claims import check_parties, check_times, text
from patto_connectors.modi.dpop import DPOP, Shown, bound_key, check_proof
from patto_connectors.modi.evidence import bound_to
from patto_connectors.modi.jws import read_token
from patto_connectors.modi.message import (
    AUTHORIZATION,
    DIGEST,
    SIGNATURE,
    SIGNED,
    TRACKING,
    Profile,
    Tracking,
    Verified,
    digest_of,
)
from patto_connectors.modi.refusal import Untrusted
from patto_connectors.modi.seen import Mark
from patto_connectors.modi.sign import check_whole
from patto_connectors.ports import WORLD

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from patto_connectors.modi.jws import Token
    from patto_connectors.modi.message import Incoming, Trust, Vouchers

_IDENTITY: Final = frozenset({Profile.ID_AUTH_REST_01, Profile.ID_AUTH_REST_02})
_AUDIT: Final = frozenset({Profile.AUDIT_REST_01, Profile.AUDIT_REST_02})
_STALE: Final = frozenset({"pdnd.voucher_key", "pdnd.keys_old"})
"""Refusals that PDND's keys of now may undo."""
_NAMED_BY: Final = {
    Profile.INTEGRITY_REST_01: frozenset({"x5c", "x5t#S256"}),
    Profile.INTEGRITY_REST_02: frozenset({"kid"}),
}


@dataclass(slots=True)
class _Reading:
    """One message being judged: what its tokens said so far."""

    message: Incoming
    trust: Trust
    now: datetime
    marks: dict[tuple[str, str], datetime] = field(default_factory=dict)
    """By signer and `jti`, which the tokens of one message may share."""
    tokens: list[Token] = field(default_factory=list)

    def token(self, written: str, *, once: bool = False, lasting: bool = False) -> Token:
        """Judge a token of the partner.

        `once` asks for a `jti`, which is remembered wherever there is one; a token that is `lasting` serves for many
        requests, as the voucher does that it belongs to.
        """
        trust = self.trust
        token = read_token(written, trust.keys, self.now, algorithms=trust.algorithms)
        until = check_times(token.claims, self.now, trust.window, aged=not lasting)
        check_parties(token.claims, trust.audience, trust.issuer)
        jti = text(token.claims, "jti", needed=once)
        if jti and not lasting:
            key = (token.known.thumbprint, jti)
            self.marks[key] = max(until, self.marks.get(key, until))
        self.tokens.append(token)
        return token


async def verify(message: Incoming, trust: Trust) -> Verified:
    """Give what a message says of its sender; its tokens are taken only once.

    Args:
        message: as it travelled.
        trust: what this partner's messages must be like.

    Raises:
        Untrusted: the first thing that is wrong; its `code` and `entry` say what, and the likely cause.
    """
    try:
        verified, marks = judge(message, trust, WORLD.get().now())
    except Untrusted as refusal:
        if not await _looked_again(refusal, trust):
            raise
        verified, marks = judge(message, trust, WORLD.get().now())
    for mark in sorted(marks):
        if not await trust.seen.first(mark):
            raise Untrusted("modi.replay", "a token with this `jti` was taken before")
    return verified


async def _looked_again(refusal: Untrusted, trust: Trust) -> bool:
    """Say whether PDND's keys were read anew, for a voucher that named one which was not among them."""
    if trust.vouchers is None or refusal.code not in _STALE:
        return False
    return await trust.vouchers.keys.look_again()


def judge(message: Incoming, trust: Trust, now: datetime) -> tuple[Verified, frozenset[Mark]]:
    """Give what a message says of its sender, and what it must be remembered by; nothing is remembered here.

    Raises:
        Untrusted: as `verify`, but for `modi.replay`.
        ValueError: the trust names no profile that such a message could fulfil.
    """
    reading = _Reading(message, trust, now)
    request, wanted = message.answers is None, trust.profiles
    voucher = _voucher(reading, trust.vouchers) if request and trust.vouchers else {}
    digest = _integrity(reading)
    if request and not trust.vouchers and wanted & _IDENTITY:
        reading.token(_bearer(message), once=Profile.ID_AUTH_REST_02 in wanted)
    tracking = _tracking(reading, voucher) if request and wanted & _AUDIT else None
    if not reading.tokens:
        raise ValueError("the trust names no profile that such a message could fulfil")
    token = reading.tokens[-1]
    verified = Verified(
        signer=token.known.thumbprint,
        issuer=text(token.claims, "iss", needed=False),
        subject=text(token.claims, "sub", needed=False),
        client_id=text(voucher, "client_id", needed=False),
        purpose=text(voucher, "purposeId", needed=False),
        tracking=tracking,
        digest=digest,
    )
    return verified, frozenset(Mark(*key, until) for key, until in reading.marks.items())


def _bearer(message: Incoming) -> str:
    scheme, _, written = message.need(AUTHORIZATION).partition(" ")
    if scheme.lower() != "bearer" or not written:
        raise Untrusted("modi.missing", f"{AUTHORIZATION} is not `Bearer` and a token")
    return written


def _voucher(reading: _Reading, vouchers: Vouchers) -> Mapping[str, Any]:
    """Judge PDND's voucher: it serves for many requests, so it has no `jti` to be remembered by."""
    scheme, _, written = reading.message.need(AUTHORIZATION).partition(" ")
    if scheme.lower() not in {"bearer", "dpop"} or not written:
        raise Untrusted("modi.missing", f"{AUTHORIZATION} is neither `Bearer` nor `DPoP` and a token")
    keys = vouchers.keys.current(reading.now)
    try:
        token = read_token(written, keys, reading.now, algorithms=frozenset({"RS256"}), kinds=frozenset({"at+jwt"}))
    except Untrusted as refusal:
        if refusal.code != "modi.key_unknown":
            raise
        raise Untrusted("pdnd.voucher_key", "PDND publishes no key of the name that the voucher tells") from None
    check_times(token.claims, reading.now, reading.trust.window, aged=False)
    check_parties(token.claims, vouchers.audience, vouchers.issuer)
    client = text(token.claims, "client_id")
    if reading.trust.issuer and client != reading.trust.issuer:
        raise Untrusted("modi.issuer", "the voucher's `client_id` is not the partner that is expected")
    _possessed(reading, token, written, bound=scheme.lower() == "dpop")
    reading.tokens.append(token)
    return token.claims


def _possessed(reading: _Reading, token: Token, written: str, *, bound: bool) -> None:
    """Judge the proof of a voucher that is bound to a key; one that is must be shown so, and no other may be."""
    message, thumbprint = reading.message, bound_key(token.claims)
    if bound != bool(thumbprint):
        scheme = "`DPoP`, with a proof" if thumbprint else "`Bearer`"
        raise Untrusted("modi.dpop", f"this voucher is to be shown as {scheme}")
    if not bound:
        return
    if not message.address:
        raise ValueError("a proof of possession is judged by the address of the request: set `address`")
    shown = Shown(voucher=written, thumbprint=thumbprint, method=message.method, address=message.address)
    mark = check_proof(message.need(DPOP), shown, reading.now, reading.trust.window)
    reading.marks[mark.signer, mark.jti] = mark.until


def _integrity(reading: _Reading) -> str:
    """Judge the signature of the body; gives the verified `Digest`, empty where no integrity is agreed on."""
    message, digest = reading.message, ""
    for profile, names in _NAMED_BY.items():
        if profile in reading.trust.profiles:
            check_whole(message.method, [name for name, _ in message.headers])
            token = reading.token(message.need(SIGNATURE))
            if not names & token.header.keys():
                raise Untrusted("modi.header", f"{SIGNATURE} does not name its key by {' or '.join(sorted(names))}")
            digest = _signed(message, token.claims)
            if not hmac.compare_digest(digest_of(message.body).encode(), digest.encode()):
                raise Untrusted("modi.digest", f"{DIGEST} is not that of the {len(message.body)} bytes of the body")
            _answers(message, token.claims, told=Profile.NON_REPUDIATION_01 in reading.trust.profiles)
    return digest


def _signed(message: Incoming, claims: Mapping[str, Any]) -> str:
    """Compare the signed headers with those that came; gives the `Digest`."""
    listed = claims.get("signed_headers")
    if not isinstance(listed, list) or not all(isinstance(item, dict) and len(item) == 1 for item in listed):
        raise Untrusted("modi.signed_headers", "`signed_headers` is no list of objects with one header each")
    pairs = [pair for item in listed for pair in item.items()]
    signed: dict[str, str] = dict(pairs)
    if len(signed) < len(pairs) or not all(isinstance(value, str) and name == name.lower() for name, value in pairs):
        raise Untrusted("modi.signed_headers", "`signed_headers` names a header twice, in capitals, or without text")
    for name in dict.fromkeys((DIGEST.lower(), *SIGNED, *signed)):
        come = message.need(DIGEST) if name == DIGEST.lower() else message.find(name)
        if come != signed.get(name):
            raise Untrusted("modi.signed_headers", f"the header {name} is not the one that was signed")
    return signed[DIGEST.lower()]


def _answers(message: Incoming, claims: Mapping[str, Any], *, told: bool) -> None:
    """Compare the request that an answer says it answers with the one that was sent."""
    if (
        message.answers is not None
        and (told or "request_digest" in claims)
        and claims.get("request_digest") != message.answers
    ):
        raise Untrusted("modi.request_digest", "`request_digest` is not the Digest of our request")


def _tracking(reading: _Reading, voucher: Mapping[str, Any]) -> Tracking:
    """Judge who caused the request; a voucher that was asked for with the evidence's digest must fit it.

    Such evidence lasts as long as its voucher: the two are made together, and together serve for many requests.
    """
    written = reading.message.need(TRACKING)
    bound = bound_to(written, voucher, needed=Profile.AUDIT_REST_02 in reading.trust.profiles)
    claims = reading.token(written, lasting=bound).claims
    if bound and text(claims, "purposeId", needed=False) not in {"", text(voucher, "purposeId", needed=False)}:
        raise Untrusted("modi.unbound", f"the {TRACKING} is for another `purposeId` than the voucher")
    return Tracking(user=text(claims, "userID"), location=text(claims, "userLocation"), level=text(claims, "LoA"))
