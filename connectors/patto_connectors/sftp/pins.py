"""The server's key as it was agreed on: what is pinned, and which algorithms prove it."""

from __future__ import annotations

import base64
import binascii
import re
from hashlib import sha256
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

ALGORITHMS: Final = {
    "ssh-ed25519": ("ssh-ed25519",),
    "ecdsa-sha2-nistp256": ("ecdsa-sha2-nistp256",),
    "ecdsa-sha2-nistp384": ("ecdsa-sha2-nistp384",),
    "ecdsa-sha2-nistp521": ("ecdsa-sha2-nistp521",),
    "ssh-rsa": ("rsa-sha2-512", "rsa-sha2-256"),
}
"""Kinds of host keys and how they may sign; never with SHA-1 (RFC 8332), never DSA."""
EXAMPLE: Final = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAA..."
_FINGERPRINT = re.compile(r"SHA256:[A-Za-z0-9+/]{43}")


class Pin(NamedTuple):
    """A key by its kind (empty where it is not known) and its fingerprint, as `ssh-keygen -l` shows it."""

    kind: str
    fingerprint: str


def fingerprint(blob: bytes) -> str:
    """Give the SHA-256 fingerprint of a public key in its wire form (RFC 4253 section 6.6)."""
    return "SHA256:" + base64.b64encode(sha256(blob).digest()).decode().rstrip("=")


def read_pin(text: str) -> Pin:
    """Read a public key line (also of `known_hosts` or `ssh-keyscan`), or a fingerprint with or without its kind.

    Raises:
        ValueError: it is neither.
    """
    words = text.split()
    kind = next((word for word in words if word in ALGORITHMS), "")
    for word in words:
        if _FINGERPRINT.fullmatch(word):
            return Pin(kind, word)
    following = words[words.index(kind) + 1 :] if kind else []
    if not following:
        raise ValueError(f"must be the server's public key ({EXAMPLE}) or its fingerprint (SHA256: and 43 characters)")
    try:
        blob = base64.b64decode(following[0], validate=True)
    except binascii.Error:
        blob = b""
    named = len(kind).to_bytes(4, "big") + kind.encode()
    if not blob.startswith(named) or len(blob) == len(named):
        raise ValueError(f"must be a whole public key, as {EXAMPLE}")
    return Pin(kind, fingerprint(blob))


def algorithms(pins: Sequence[Pin]) -> list[str]:
    """Give the host key algorithms in the order to ask for: those of the pinned kinds first.

    The others follow, so that a server which changed to another kind shows its new key, whose fingerprint can be told.
    """
    kinds = [kind for kind in ALGORITHMS if any(pin.kind == kind for pin in pins)]
    return [each for kind in dict.fromkeys([*kinds, *ALGORITHMS]) for each in ALGORITHMS[kind]]
