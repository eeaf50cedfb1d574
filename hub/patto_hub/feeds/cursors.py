"""A reader's place in a feed, as a text that only the hub can make and that is good for one reader and one feed.

A place is in the changes of a feed, or in a snapshot of it, which then says what its top is. It says too what was due
to the reader when the cursor was made (`Subscription.due`): what lies behind it was told as it was due then. Cursors
that were issued when there were no snapshots (version 1), or that do not say what was due (version 2), are read still.
"""

from __future__ import annotations

import struct
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error
from dataclasses import dataclass
from hashlib import sha256
from hmac import compare_digest, digest

_OLD = struct.Struct(">BQI")  # version 1: version, number, day of issue
_PLAIN = struct.Struct(">BBQQI")  # version 2: version, kind of place, number, top of the snapshot, day of issue
_SHAPE = struct.Struct(">BBQQII")  # version 3: the same, and what was due
_CHANGES, _SNAPSHOT = 0, 1
_MAC = 16
_LONGEST = 64
DAY_MS = 86_400_000


class Forged(ValueError):  # noqa: N818 - says what is wrong
    """The text was not made by this hub for this reader and this feed."""


class Misplaced(Forged):
    """The cursor is of this hub, but of the other kind: of a snapshot among the changes, or the other way round."""


@dataclass(frozen=True, slots=True)
class Place:
    """The number up to which a reader has read, and the day (since 1970, UTC) on which the hub said so."""

    position: int
    day: int
    top: int | None = None
    """Within a snapshot: the highest number that belongs to it. None: among the changes."""
    due: int | None = None
    """What was due to the reader when the hub said so; None: it did not say."""


def write(key: bytes, feed: str, partner: str, place: Place) -> str:
    """Make the cursor of a place."""
    kind, top = (_CHANGES, 0) if place.top is None else (_SNAPSHOT, place.top)
    said = (kind, place.position, top, place.day)
    body = _PLAIN.pack(2, *said) if place.due is None else _SHAPE.pack(3, *said, place.due)
    return _signed(key, feed, partner, body)


def read(key: bytes, feed: str, partner: str, cursor: str) -> Place:
    """Give the place that a cursor names.

    Raises:
        Forged: any other text than one that `write` gave with the same key, feed and partner, in this version or one
            before.
    """
    if len(cursor) > _LONGEST or not cursor.isascii():
        raise Forged("not a cursor of this hub")
    try:
        raw = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
    except Error as error:
        raise Forged("not a cursor of this hub") from error
    body, mac = raw[:-_MAC], raw[-_MAC:]
    if not compare_digest(mac, _mac(key, feed, partner, body)):
        raise Forged("not a cursor of this hub, of this feed or of this partner")
    if _signed(key, feed, partner, body) != cursor:  # base64 lets one text be spelled in several ways
        raise Forged("not a cursor of this hub")
    return _place(body)


def _place(body: bytes) -> Place:
    """Give the place of a body that this hub has signed; a hub of another version may have signed other shapes."""
    if len(body) == _OLD.size and body[0] == 1:
        _, position, day = _OLD.unpack(body)
        return Place(position, day)
    for version, shape in ((2, _PLAIN), (3, _SHAPE)):
        if len(body) == shape.size and body[0] == version:
            _, kind, position, top, day, *due = shape.unpack(body)
            if kind == _SNAPSHOT:
                return Place(position, day, top, *due)
            if kind == _CHANGES and top == 0:
                return Place(position, day, None, *due)
    raise Forged("not a cursor of this version of the hub")


def _signed(key: bytes, feed: str, partner: str, body: bytes) -> str:
    return urlsafe_b64encode(body + _mac(key, feed, partner, body)).rstrip(b"=").decode()


def _mac(key: bytes, feed: str, partner: str, body: bytes) -> bytes:
    names = b"".join(struct.pack(">I", len(name)) + name for name in (feed.encode(), partner.encode()))
    return digest(key, b"patto feed cursor\0" + names + body, sha256)[:_MAC]
