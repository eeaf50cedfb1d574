"""The values that are signed and verified: a request or an answer, who speaks, and whom we believe."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from patto_connectors.modi.claims import Window
from patto_connectors.modi.jws import ALLOWED
from patto_connectors.modi.refusal import Untrusted

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from patto_connectors.modi.keys import Keys, SigningKey
    from patto_connectors.modi.seen import Seen
    from patto_connectors.modi.sources import KeySource

AUTHORIZATION: Final = "Authorization"
DIGEST: Final = "Digest"
SIGNATURE: Final = "Agid-JWT-Signature"
TRACKING: Final = "Agid-JWT-TrackingEvidence"
SIGNED: Final = ("content-type", "content-encoding")
"""Headers that are signed whenever they travel (INTEGRITY_REST_01, processing rule A3)."""


class Profile(StrEnum):
    """Security profiles of the ModI guidelines."""

    ID_AUTH_REST_01 = "ID_AUTH_REST_01"
    ID_AUTH_REST_02 = "ID_AUTH_REST_02"
    """The same, and each token is taken once."""
    INTEGRITY_REST_01 = "INTEGRITY_REST_01"
    """The signer's key is named by its certificate."""
    INTEGRITY_REST_02 = "INTEGRITY_REST_02"
    """The signer's key is named by its `kid` at PDND."""
    AUDIT_REST_01 = "AUDIT_REST_01"
    AUDIT_REST_02 = "AUDIT_REST_02"
    """The same, and the voucher of PDND tells the digest of the evidence that it was given for."""
    NON_REPUDIATION_01 = "PROFILE_NON_REPUDIATION_01"
    """A signed answer tells the digest of the request that it answers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tracking:
    """Who caused a request within the sender's organisation (AUDIT_REST_01 and 02)."""

    user: str = field(repr=False)
    """`userID`: as the sender's own register knows the person; never written to a log."""
    location: str
    """`userLocation`: the workstation or system."""
    level: str
    """`LoA`: level of assurance of the person's login, as agreed, for example `SPID_L2`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """What is to be sent: exactly these bytes with exactly these headers."""

    audience: str
    """`aud`: the receiver's service; of an answer, the client that asked."""
    body: bytes = field(default=b"", repr=False)
    headers: Mapping[str, str] = field(default_factory=dict)
    """Those that travel besides; Content-Type and Content-Encoding among them are signed."""
    method: str = "POST"
    tracking: Tracking | None = None
    evidence: str = field(default="", repr=False)
    """For AUDIT_REST_02: the tracking evidence whose digest the voucher tells (`modi.evidence`)."""
    answers: str | None = None
    """For an answer: the `Digest` of the request, told as `request_digest`; None for a request."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """What has come, byte by byte."""

    headers: Sequence[tuple[str, str]] = field(repr=False)
    """All of them, with repeats, as `tuple(request.headers.items())`."""
    body: bytes = field(default=b"", repr=False)
    """As it travelled: before any Content-Encoding is undone."""
    method: str = "POST"
    address: str = ""
    """For a request: where the sender reaches us with it; needed to judge vouchers that are bound to a key (DPoP)."""
    answers: str | None = None
    """For an answer: the `Digest` of our own request; None for a request."""

    def find(self, name: str) -> str | None:
        """Give the one value of a header.

        Raises:
            Untrusted: `modi.missing`; it is there more than once.
        """
        values = [value.strip(" \t") for given, value in self.headers if given.lower() == name.lower()]
        if len(values) > 1:
            raise Untrusted("modi.missing", f"the header {name} is there {len(values)} times")
        return values[0] if values else None

    def need(self, name: str) -> str:
        """Give the one value of a header that must be there.

        Raises:
            Untrusted: `modi.missing`.
        """
        value = self.find(name)
        if not value:
            raise Untrusted("modi.missing", f"the header {name} is missing")
        return value


@dataclass(frozen=True, slots=True, kw_only=True)
class Signer:
    """Who we are when we sign."""

    key: SigningKey
    profiles: frozenset[Profile]
    issuer: str
    """`iss`: our name as agreed with the receiver; with PDND, our client's identifier."""
    subject: str = ""
    life: int = 120
    """Seconds from `iat` to `exp`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Vouchers:
    """PDND, where it is PDND's voucher that stands in `Authorization`."""

    keys: KeySource
    """PDND's own."""
    issuer: str
    """`iss`, as `interop.pagopa.it`."""
    audience: frozenset[str]
    """`aud` of the e-service, as set on the portal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    """What one partner's messages must be like."""

    keys: Keys
    """The partner's."""
    profiles: frozenset[Profile]
    """All that a message must fulfil."""
    audience: frozenset[str]
    """Who we are: what `aud` may say."""
    seen: Seen
    issuer: str = ""
    """Expected `iss` (and a voucher's `client_id`); empty takes any that the partner's key has signed."""
    vouchers: Vouchers | None = None
    algorithms: frozenset[str] = ALLOWED
    window: Window = field(default_factory=Window)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """What a message that fulfils its profiles says of its sender."""

    signer: str
    """Thumbprint of the partner's key; of PDND's, for a voucher alone."""
    issuer: str
    subject: str = ""
    client_id: str = ""
    """Of the voucher."""
    purpose: str = ""
    """Of the voucher: `purposeId`."""
    tracking: Tracking | None = None
    digest: str = ""
    """The verified `Digest`; an answer to this message tells it as `request_digest`."""


def digest_of(body: bytes) -> str:
    """Give the value of the `Digest` header (RFC 3230) of these very bytes."""
    return "SHA-256=" + base64.b64encode(sha256(body).digest()).decode()
