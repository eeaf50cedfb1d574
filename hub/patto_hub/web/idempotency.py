"""The header Idempotency-Key: what a partner asks for twice under one key is done once.

draft-ietf-httpapi-idempotency-key-header; whether the key had come before is known to the part of the ledger that keeps
what was asked for.
"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final

from patto_hub.web.problems import Problem

if TYPE_CHECKING:
    from aiohttp import web

LONGEST: Final = 255
"""Characters of a key at most."""
PROBLEMS: Final = ("idempotency-key-invalid", "idempotency-key-reused")
"""What a route that heeds the header can answer because of it."""


def idempotency_key(request: web.Request) -> str | None:
    """Give the digest of the request's key, or None: a partner may have put a tax code into it.

    Raises:
        Problem: it comes twice, is empty, too long, or no plain text.
    """
    sent: list[Any] = list(request.headers.getall("Idempotency-Key", []))
    if not sent:
        return None
    if len(sent) > 1 or not 0 < len(sent[0]) <= LONGEST or not sent[0].isascii() or not sent[0].isprintable():
        raise Problem(
            "idempotency-key-invalid",
            (
                f"Idempotency-Key: una volta sola, da 1 a {LONGEST} caratteri, come un UUID.",
                f"Idempotency-Key: once, 1 to {LONGEST} characters, as a UUID.",
            ),
        )
    return sha256(str(sent[0]).encode()).hexdigest()


def reused(it: str, en: str) -> Problem:
    """Say that the key had come before, for something else: `per un altro contenuto`, `for another content`."""
    return Problem(
        "idempotency-key-reused",
        (f"Questa Idempotency-Key è già stata usata {it}.", f"This Idempotency-Key was used before, {en}."),
    )
