"""What is said to a receiver: there is something new (thin), or the news themselves (full).

The body follows Standard Webhooks 1.0.0, "Payload structure": `type`, `timestamp`, `data`. A thin message names nobody:
it says how many changes wait, and from where to where they can be pulled; whoever reads it on the way, or in a log of
the receiver, learns nothing about anyone.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

AVAILABLE = "patto.changes.available"
"""Type of a thin message."""
CHANGES = "patto.changes"
"""Type of a full message."""
JSON = "application/json"


@dataclass(frozen=True, slots=True)
class Message:
    """What is sent, as it is sent; signed at each attempt anew."""

    id: str
    """`webhook-id`: the same whenever the same is sent again."""
    body: bytes = field(repr=False)
    media_type: str = JSON
    headers: Mapping[str, str] = field(default_factory=dict)
    """Beside the type of the body and the signature: what a CloudEvent in binary mode says of itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """What happened, before it is wrapped for the way."""

    id: str
    """Made of the range of change numbers, so that the same range has the same id."""
    type: str
    at: datetime
    """When the last of the changes was recorded."""
    data: bytes = field(repr=False)
    media_type: str = JSON
    """Of `data`."""
    subject: str = ""
    """What it is about: the feed's name; never a record, never a person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hint:
    """What a thin message tells."""

    feed: str
    items: int
    """How many changes wait."""
    after: str
    """Cursor from which they can be pulled, opaque."""
    until: str
    """Cursor of the last of them, opaque."""
    pull: str
    """Where they can be pulled: an address without token and without personal data."""
    token: str = field(default="", repr=False)
    """Short-lived, opaque: lets its bearer pull exactly this range, sent as `Authorization: Bearer`. Empty: the
    receiver pulls with its own key, so that nothing in a message opens anything by itself."""
    record: str = ""
    """The public id of the one record that it is all about, where it is about one."""


def thin(message_id: str, at: datetime, hint: Hint) -> Event:
    """Say that changes wait; no personal data."""
    data: dict[str, str | int] = {
        "feed": hint.feed,
        "items": hint.items,
        "from": hint.after,
        "to": hint.until,
        "pull": hint.pull,
    }
    data |= {name: value for name, value in (("pull_token", hint.token), ("record", hint.record)) if value}
    return Event(id=message_id, type=AVAILABLE, at=at, data=_compact(data), subject=hint.feed)


def full(message_id: str, at: datetime, feed: str, page: bytes, media_type: str = JSON) -> Event:
    """Send the changes themselves.

    Args:
        message_id: made of the range of change numbers.
        at: when the last of the changes was recorded.
        feed: its name.
        page: as the pull feed gives it, byte for byte.
        media_type: of the page.
    """
    return Event(id=message_id, type=CHANGES, at=at, data=page, media_type=media_type, subject=feed)


def plain(event: Event) -> Message:
    """Wrap an event as Standard Webhooks recommends; one that is not JSON travels as it is."""
    if event.media_type.partition(";")[0].strip() != JSON:
        return Message(event.id, event.data, event.media_type)
    head = _compact({"type": event.type, "timestamp": instant(event.at)})
    return Message(event.id, head[:-1] + b',"data":' + event.data.strip() + b"}")


def instant(at: datetime) -> str:
    """Give an instant in UTC, to the millisecond (RFC 3339)."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _compact(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
