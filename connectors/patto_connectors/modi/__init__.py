"""ModI security of REST messages: sign what leaves, verify what comes, by profile (AgID guidelines, CAD art. 71).

Not here: the SOAP profiles, asking for vouchers that are bound to a key (DPoP), trust by the authority that issued a
certificate, and fetching of anybody's keys (`KeySource` is where whoever fetches them comes in).
"""

from patto_connectors.modi.claims import Window
from patto_connectors.modi.keys import (
    Keys,
    Known,
    SigningKey,
    known_certificate,
    known_jwk,
    known_key,
    known_set,
    signing_key,
)
from patto_connectors.modi.message import (
    Incoming,
    Outgoing,
    Profile,
    Signer,
    Tracking,
    Trust,
    Verified,
    Vouchers,
    digest_of,
)
from patto_connectors.modi.refusal import Untrusted
from patto_connectors.modi.seen import Mark, Seen, SeenHere
from patto_connectors.modi.sign import sign
from patto_connectors.modi.sources import FixedKeys, KeySource
from patto_connectors.modi.verify import judge, verify

__all__ = [
    "FixedKeys",
    "Incoming",
    "KeySource",
    "Keys",
    "Known",
    "Mark",
    "Outgoing",
    "Profile",
    "Seen",
    "SeenHere",
    "Signer",
    "SigningKey",
    "Tracking",
    "Trust",
    "Untrusted",
    "Verified",
    "Vouchers",
    "Window",
    "digest_of",
    "judge",
    "known_certificate",
    "known_jwk",
    "known_key",
    "known_set",
    "sign",
    "signing_key",
    "verify",
]
