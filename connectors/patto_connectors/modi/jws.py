"""Sign claims, and verify a signature with a key that was given to us; reading and choosing the key come before."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from joserfc import jws
from joserfc.errors import JoseError

from patto_connectors.json import parse_unique
from patto_connectors.modi.compact import LONGEST, Compact, read_compact
from patto_connectors.modi.keys import Known, find_key
from patto_connectors.modi.refusal import Untrusted

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from patto_connectors.modi.keys import Keys, SigningKey

ALLOWED: Final = frozenset({"RS256", "ES256"})
"""Algorithms taken unless a partner's trust names others."""
_OLD_NAME: Final = "EdDSA"


@dataclass(frozen=True, slots=True)
class Token:
    """A token whose signature is right; its claims are still to be judged."""

    header: Mapping[str, Any]
    claims: Mapping[str, Any]
    known: Known


def write_token(claims: Mapping[str, Any], key: SigningKey, *, kind: str = "JWT") -> str:
    """Sign claims; gives the compact form."""
    header = {**key.header(), "typ": kind}
    payload = json.dumps(claims, ensure_ascii=False, separators=(",", ":")).encode()
    return jws.serialize_compact(header, payload, key.key, registry=_registry(key.algorithm))


def read_token(
    text: str,
    keys: Keys,
    now: datetime,
    *,
    algorithms: frozenset[str] = ALLOWED,
    kinds: frozenset[str] = frozenset({"jwt"}),
) -> Token:
    """Give the claims of a token that one of the known keys has signed.

    Args:
        text: the token.
        keys: those that may have signed.
        now: for certificates' validity.
        algorithms: allowed ones.
        kinds: what `typ` may be, in lower case (RFC 7515 section 4.1.9).

    Raises:
        Untrusted: whatever is wrong with it.
    """
    token = read_compact(text, algorithms)
    kind = token.header.get("typ")
    if not isinstance(kind, str) or kind.lower() not in kinds:
        raise Untrusted("modi.header", f"the token's `typ` is not {' or '.join(sorted(kinds))}")
    known = find_key(keys, token.header, now)
    verify(token, known)
    try:
        claims = parse_unique(token.payload)
    except ValueError:
        raise Untrusted("modi.claim", "the token's payload is not JSON, or names a claim twice") from None
    if not isinstance(claims, dict):
        raise Untrusted("modi.claim", "the token's payload is no JSON object")
    return Token(token.header, claims, known)


def verify(token: Compact, known: Known) -> None:
    """Check a token's signature with this key, which must be meant for its algorithm and for signatures.

    Raises:
        Untrusted: `modi.signature`.
    """
    try:
        if token.algorithm == _OLD_NAME:
            good = _edwards(token, known)
        else:
            good = bool(jws.deserialize_compact(token.text, known.key, registry=_registry(token.algorithm)))
    except (JoseError, ValueError):  # ValueError: header parameters of a wrong type, an EC signature of a wrong length
        good = False
    if not good:
        raise Untrusted("modi.signature", "the token's signature is not that of the key it names")


def _edwards(token: Compact, known: Known) -> bool:
    """Check a signature under the older name of Ed25519, of which the library itself would only warn."""
    signed, _, signature = token.text.rpartition(".")
    algorithm = jws.JWSRegistry.algorithms["Ed25519"]
    algorithm.check_key(known.key)
    return bool(algorithm.verify(signed.encode(), base64.urlsafe_b64decode(signature + "=="), known.key))


def _registry(algorithm: str) -> jws.JWSRegistry:
    registry = jws.JWSRegistry(algorithms=[algorithm], strict_check_header=False)
    registry.max_header_length = registry.max_payload_length = LONGEST  # the library's 512 bytes hold no certificate
    return registry
