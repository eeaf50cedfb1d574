"""Sign a request or an answer: gives the headers to send with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from patto_connectors.modi.evidence import told_by
from patto_connectors.modi.jws import write_token
from patto_connectors.modi.message import (
    AUTHORIZATION,
    DIGEST,
    SIGNATURE,
    SIGNED,
    TRACKING,
    Profile,
    digest_of,
)
from patto_connectors.modi.refusal import Untrusted
from patto_connectors.ports import WORLD

if TYPE_CHECKING:
    from collections.abc import Iterable

    from patto_connectors.modi.message import Outgoing, Signer

_IDENTITY = frozenset({Profile.ID_AUTH_REST_01, Profile.ID_AUTH_REST_02})
_INTEGRITY = frozenset({Profile.INTEGRITY_REST_01, Profile.INTEGRITY_REST_02})


def sign(message: Outgoing, signer: Signer) -> dict[str, str]:
    """Give the headers that the signer's profiles ask for; those of the message itself are not repeated.

    An answer carries the integrity of its body only: identity and tracking belong to requests.

    Args:
        message: exactly as it will be sent.
        signer: who signs, and by which profiles. `Authorization` is left to a PDND voucher where neither
            ID_AUTH_REST_01 nor ID_AUTH_REST_02 is among them.

    Raises:
        Untrusted: `modi.method`; what nobody could verify is not signed.
        ValueError: the profile AUDIT_REST_01 without `tracking`, or AUDIT_REST_02 without `evidence`.
    """
    check_whole(message.method, message.headers)
    claims = _claims(message, signer)
    headers = {}
    if message.answers is None and signer.profiles & _IDENTITY:
        headers[AUTHORIZATION] = "Bearer " + write_token(claims, signer.key)
    if signer.profiles & _INTEGRITY:
        headers[DIGEST] = digest_of(message.body)
        headers[SIGNATURE] = write_token({**claims, **_integrity(message)}, signer.key)
    if message.answers is None and Profile.AUDIT_REST_01 in signer.profiles:
        headers[TRACKING] = write_token({**claims, **_tracking(message)}, signer.key)
    if message.answers is None and Profile.AUDIT_REST_02 in signer.profiles:
        headers[TRACKING] = _bound(message)
    return headers


def check_whole(method: str, names: Iterable[str]) -> None:
    """Refuse what the integrity profiles do not cover: a part of a resource, by method or by the names of headers.

    Raises:
        Untrusted: `modi.method`.
    """
    if method.upper() == "PATCH" or {"range", "content-range"} & {name.lower() for name in names}:
        raise Untrusted("modi.method", "PATCH and Range are not covered by the integrity profile")


def _claims(message: Outgoing, signer: Signer) -> dict[str, Any]:
    """Give the claims that all tokens of one message share, `jti` too: together they are one message."""
    world = WORLD.get()
    now = int(world.now().timestamp())
    claims: dict[str, Any] = {"iss": signer.issuer, "aud": message.audience, "jti": world.token()}
    if signer.subject:
        claims["sub"] = signer.subject
    return {**claims, "iat": now, "nbf": now, "exp": now + signer.life}


def _integrity(message: Outgoing) -> dict[str, Any]:
    given = {name.lower(): value.strip(" \t") for name, value in message.headers.items()}
    signed = [{"digest": digest_of(message.body)}, *({name: given[name]} for name in SIGNED if name in given)]
    return {"signed_headers": signed} | ({"request_digest": message.answers} if message.answers is not None else {})


def _tracking(message: Outgoing) -> dict[str, str]:
    told = message.tracking
    if told is None:
        raise ValueError("AUDIT_REST_01 needs to be told who causes the request: set `tracking`")
    return told_by(told)


def _bound(message: Outgoing) -> str:
    if not message.evidence:
        raise ValueError("AUDIT_REST_02 needs the evidence that the voucher was asked for with: set `evidence`")
    return message.evidence
