"""Sign a message: three headers by which the receiver knows that it is ours, whole, and of now.

Source: Standard Webhooks 1.0.0, "Webhook headers". While a key is changed, both sign, and both signatures travel.
"""

from __future__ import annotations

import base64
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from patto_connectors.webhook.keys import SecretKey

ID, TIMESTAMP, SIGNATURE = "webhook-id", "webhook-timestamp", "webhook-signature"
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)


def signed(message_id: str, at: datetime, body: bytes, keys: Sequence[SecretKey]) -> dict[str, str]:
    """Give the three headers of a message.

    Args:
        message_id: the same however often the message is sent; letters, digits, `_` and `-`, for a dot would let a
            signature fit two messages.
        at: when this attempt is made.
        body: exactly the bytes that are sent.
        keys: every key that is alive.

    Raises:
        ValueError: there is no key, or the id has another shape: both are faults of the caller.
    """
    if not keys:
        raise ValueError("a message without a signature is never sent: give at least one key")
    if not _ID.fullmatch(message_id):
        raise ValueError("an id has 1 to 64 letters, digits, `_` and `-`")
    seconds = str(int(at.timestamp()))
    content = to_sign(message_id, seconds, body)
    signatures = (f"{key.label},{base64.b64encode(key.sign(content)).decode()}" for key in keys)
    return {ID: message_id, TIMESTAMP: seconds, SIGNATURE: " ".join(signatures)}


def to_sign(message_id: str, seconds: str, body: bytes) -> bytes:
    """Give what is signed: id, time and body, with dots between them."""
    return f"{message_id}.{seconds}.".encode() + body
