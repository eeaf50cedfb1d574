"""A reader's place in a feed, as a text that only the hub can make and that is good for one reader and one feed."""

from __future__ import annotations

import struct
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error
from dataclasses import dataclass
from hashlib import sha256
from hmac import compare_digest, digest

_SHAPE = struct.Struct(">BQI")  # version of the shape, number, day of issue
_VERSION = 1
_MAC = 16
_LONGEST = 64
DAY_MS = 86_400_000


class Forged(ValueError):  # noqa: N818 - says what is wrong
    """The text was not made by this hub for this reader and this feed."""


@dataclass(frozen=True, slots=True)
class Place:
    """The number up to which a reader has read, and the day (since 1970, UTC) on which the hub said so."""

    position: int
    day: int


def write(key: bytes, feed: str, partner: str, place: Place) -> str:
    """Make the cursor of a place."""
    body = _SHAPE.pack(_VERSION, place.position, place.day)
    return urlsafe_b64encode(body + _mac(key, feed, partner, body)).rstrip(b"=").decode()


def read(key: bytes, feed: str, partner: str, cursor: str) -> Place:
    """Give the place that a cursor names.

    Raises:
        Forged: any other text than one that `write` gave with the same key, feed and partner.
    """
    if len(cursor) > _LONGEST or not cursor.isascii():
        raise Forged("not a cursor of this hub")
    try:
        raw = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
    except Error as error:
        raise Forged("not a cursor of this hub") from error
    body, mac = raw[: _SHAPE.size], raw[_SHAPE.size :]
    if not compare_digest(mac, _mac(key, feed, partner, body)) or len(body) != _SHAPE.size:
        raise Forged("not a cursor of this hub, of this feed or of this partner")
    version, position, day = _SHAPE.unpack(body)
    place = Place(position, day)
    if version != _VERSION or write(key, feed, partner, place) != cursor:  # one place has one spelling
        raise Forged("not a cursor of this hub")
    return place


def _mac(key: bytes, feed: str, partner: str, body: bytes) -> bytes:
    names = b"".join(struct.pack(">I", len(name)) + name for name in (feed.encode(), partner.encode()))
    return digest(key, b"patto feed cursor\0" + names + body, sha256)[:_MAC]
