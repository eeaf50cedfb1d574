"""Verify a message that came: who sent it, that it is whole, that it is of now and that it was not taken before.

For webhooks that partners send to the hub, and for tests of our own; whatever comes, a message that is not taken has
one name, `Unverified`, which a door answers with 401.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from patto_connectors.errors import Refused
from patto_connectors.modi.seen import Mark
from patto_connectors.webhook.sign import ID, SIGNATURE, TIMESTAMP, to_sign
from patto_schemas.catalogue import CATALOGUE

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from patto_connectors.modi.seen import Seen
    from patto_connectors.webhook.keys import Key

WINDOW = timedelta(minutes=5)
"""How far our clocks may be apart; Standard Webhooks asks for some tolerance, its libraries take five minutes."""
_ID = re.compile(r"[!-\-/-~]{1,256}", re.ASCII)
"""Printable, without blanks, and without the dot that would let a signature fit two messages."""
_SECONDS = re.compile(r"[0-9]{1,11}", re.ASCII)
_MOST = 16
"""Signatures that are looked at: nobody rotates more keys than that."""
_LONGEST = 4_096


class Unverified(Refused):
    """A message is not taken; the one refusal of this module."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(code, detail, hint=CATALOGUE[code].fix_en)


@dataclass(frozen=True, slots=True)
class Verified:
    """A message that is what it says."""

    id: str
    """The same when the message is sent again: take it once."""
    at: datetime
    """When the sender made this attempt."""


def verify(
    headers: Mapping[str, str], body: bytes, keys: Sequence[Key], now: datetime, *, window: timedelta = WINDOW
) -> Verified:
    """Verify a message by its headers and the bytes of its body.

    A replay within the window passes here: see `is_first`.

    Args:
        headers: of the request, in any case.
        body: as it came, before anything parsed it.
        keys: every key that the sender may use now.
        now: the wall clock.
        window: how far the sender's clock may be from ours, either way.

    Raises:
        Unverified: `webhook.headers`, `webhook.time` or `webhook.signature`.
    """
    message_id, seconds, signatures = (_only(headers, name) for name in (ID, TIMESTAMP, SIGNATURE))
    if not _ID.fullmatch(message_id) or not _SECONDS.fullmatch(seconds):
        raise Unverified("webhook.headers", "webhook-id or webhook-timestamp has not the agreed shape")
    at = datetime.fromtimestamp(int(seconds), UTC)
    if abs(now - at) > window:
        raise Unverified("webhook.time", f"the message's time is more than {window.seconds} seconds from ours")
    content = to_sign(message_id, seconds, body)
    for label, signature in _signatures(signatures):
        for key in keys:
            if key.label == label and key.vouches(content, signature):
                return Verified(message_id, at)
    raise Unverified("webhook.signature", "no signature is of a key that we know, over this body")


async def is_first(found: Verified, sender: str, seen: Seen) -> bool:
    """Say whether a message is to be taken; a door answers a repeat with 2xx, for its sender may not have heard that.

    Ids are remembered for longer than a signature is taken, so what was recorded on the way is never taken again.

    Args:
        found: the message, verified.
        sender: who sent it: two senders may choose the same id.
        seen: where ids are remembered.
    """
    digest = hashlib.sha256(found.id.encode()).hexdigest()
    return await seen.first(Mark(f"webhook {sender}", digest, found.at + 2 * WINDOW))


def _only(headers: Mapping[str, str], name: str) -> str:
    """Give a header that must be there once."""
    values = [value for each, value in headers.items() if each.lower() == name]
    if len(values) != 1 or not values[0] or len(values[0]) > _LONGEST:
        raise Unverified("webhook.headers", f"the header {name} must be there once")
    return values[0]


def _signatures(text: str) -> Iterable[tuple[str, bytes]]:
    """Give the signatures that can be read, with their labels; others are passed over."""
    for each in text.split(" ")[:_MOST]:
        label, _, encoded = each.partition(",")
        try:
            yield label, base64.b64decode(encoded.encode("ascii"), validate=True)
        except (binascii.Error, ValueError):
            continue
