"""Read a compact JWS strictly, before any library sees it: RFC 7515 section 7.1, and nothing else.

Libraries are lenient where a signature is at stake: two of the 355 invalid cases of Wycheproof's file (padding within
base64url) pass joserfc 1.8.0.
"""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from patto_connectors.json import parse_unique
from patto_connectors.modi.refusal import Untrusted

if TYPE_CHECKING:
    from collections.abc import Mapping

ALGORITHMS: Final = frozenset({"RS256", "ES256", "PS256", "EdDSA", "Ed25519"})
"""What can be allowed at all: asymmetric (Linee Guida sulla sicurezza; RFC 8725 section 3.1). `EdDSA` is the older
name of `Ed25519` (RFC 9864), which most libraries still write; both are left out of ModI."""
LONGEST: Final = 16 * 1024
"""Characters of a token; a chain of three certificates takes about 6,000."""

_PART = re.compile(r"[A-Za-z0-9_-]*", re.ASCII)
_PARTS = 3
_FORBIDDEN: Final = ("jku", "jwk")
"""Keys that the sender itself would name (RFC 7515 sections 4.1.2 and 4.1.3): an attacker's way in."""


@dataclass(frozen=True, slots=True)
class Compact:
    """A token that is well-formed; nothing of it is verified yet."""

    text: str
    header: Mapping[str, Any]
    payload: bytes

    @property
    def algorithm(self) -> str:
        """Of the signature."""
        return str(self.header["alg"])


def read_compact(text: str, algorithms: frozenset[str], *, brings: str = "") -> Compact:
    """Take a token apart.

    Args:
        text: the token as it came.
        algorithms: those allowed here, of `ALGORITHMS`.
        brings: the header parameter in which this kind of token brings its own key, as `jwk` of a proof of possession
            (RFC 9449); what that key is worth is told elsewhere.

    Raises:
        Untrusted: `modi.token`, `modi.header`, `modi.algorithm` or `modi.remote_key`.
    """
    if len(text) > LONGEST:
        raise Untrusted("modi.token", f"the token is longer than {LONGEST} characters")
    parts = text.split(".")
    if len(parts) != _PARTS:
        raise Untrusted("modi.token", f"the token has {len(parts)} parts instead of three")
    header, payload, _ = (
        _bytes(part, name) for part, name in zip(parts, ("header", "payload", "signature"), strict=True)
    )
    return Compact(text, _header(header, algorithms, brings), payload)


def _bytes(part: str, name: str) -> bytes:
    """Decode base64url in its one canonical spelling: no padding, no other character, no bit left over."""
    if _PART.fullmatch(part) and len(part) % 4 != 1:
        content = base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
        if base64url(content) == part:
            return content
    raise Untrusted("modi.token", f"the token's {name} is not base64url without padding")


def _header(content: bytes, algorithms: frozenset[str], brings: str) -> Mapping[str, Any]:
    try:
        header = parse_unique(content)
    except ValueError:
        raise Untrusted("modi.header", "the token's header is not JSON, or names a key twice") from None
    if not isinstance(header, dict):
        raise Untrusted("modi.header", "the token's header is no JSON object")
    algorithm = header.get("alg")
    if not isinstance(algorithm, str) or algorithm not in algorithms & ALGORITHMS:
        raise Untrusted("modi.algorithm", f"the token's `alg` is not one of {', '.join(sorted(algorithms))}")
    for name in ("crit", "b64", "zip", "enc"):
        if name in header:
            raise Untrusted("modi.header", f"the token's header holds `{name}`, which is not agreed on")
    for name in _FORBIDDEN:
        if name in header and name != brings:
            raise Untrusted("modi.remote_key", f"the token's header brings its own key in `{name}`")
    return header


def base64url(content: bytes) -> str:
    """Write base64url without padding (RFC 7515 section 2)."""
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()
