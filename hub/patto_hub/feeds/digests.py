"""The completeness of a reader's copy as a digest: how many records it should hold, and which versions, in 32 bytes.

The digest is the SHA-256 of the lines `id<TAB>version<NL>` of all records that the reader should hold, sorted as bytes.
Each record also belongs to one of 256 buckets, by the first two hex digits of the SHA-256 of its id, and each bucket
has a digest of its own lines: so what is wrong is found without sending all.
"""

from __future__ import annotations

from collections import Counter, OrderedDict
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from patto_hub.ledger import digests
from patto_hub.ledger import feed as addressed

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from patto_hub.feeds.subscriptions import Subscription
    from patto_hub.ledger.store import Connection, Ledger

BUCKETS: Final = 256
_KEPT: Final = 64
"""Digests remembered at most; each holds the digests of its buckets."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bucket:
    """Part of the records, by their ids."""

    name: str
    """Two hex digits."""
    count: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """What a reader should hold at a place."""

    position: int
    counts: Mapping[str, int]
    """Records by kind."""
    sha256: str
    buckets: Sequence[Bucket]
    """Those that are not empty."""
    waiting: int
    """Changes that the reader has not read yet at that place."""
    unsure: int
    """How many of them take records away: whether the reader held these at the place is no longer known."""


@dataclass(slots=True)
class Counted:
    """Digests that were made lately, for as long as the ledger stays as it was."""

    kept: OrderedDict[tuple[str, int, int], Digest] = field(default_factory=OrderedDict)

    async def at(self, ledger: Ledger, asked: Asked, position: int | None) -> Digest:
        """Give the digest at a place; None for as far as the ledger goes."""
        newest = await ledger.read(addressed.newest)
        place = newest if position is None else position
        key = (asked.audience, place, newest)
        if key not in self.kept:
            made = await ledger.read(make, asked, place)
            self.kept[key] = made
            while len(self.kept) > _KEPT:
                self.kept.popitem(last=False)
            return made
        self.kept.move_to_end(key)
        return self.kept[key]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Whose records a digest is of."""

    subscription: Subscription
    organisations: Sequence[int]

    @property
    def audience(self) -> str:
        """A text that is equal for readers that should hold the same records under the same ids."""
        return f"{','.join(map(str, self.organisations))};{self.subscription.key}"

    def lines(self, connection: Connection, position: int) -> Iterable[tuple[str, bytes]]:
        """Yield each record's kind and its line, in no order."""
        name = self.subscription.item_id
        found = digests.held(
            connection, organisations=self.organisations, kinds=sorted(self.subscription.kinds), position=position
        )
        return ((kind, line(name(kind, head), version)) for kind, head, version in found)


def line(name: str, version: int) -> bytes:
    """Give the line of a record."""
    return f"{name}\t{version}\n".encode()


def bucket_of(record: bytes) -> int:
    """Give the bucket of a record's line."""
    return sha256(record.partition(b"\t")[0]).digest()[0]


def make(connection: Connection, asked: Asked, position: int) -> Digest:
    """Read what a reader should hold at a place, and digest it; in memory are the lines, nothing of the records."""
    counts: Counter[str] = Counter()
    lines = []
    for kind, each in asked.lines(connection, position):
        counts[kind] += 1
        lines.append(each)
    lines.sort()
    whole, parts, sizes = sha256(), [sha256() for _ in range(BUCKETS)], [0] * BUCKETS
    for each in lines:
        whole.update(each)
        bucket = bucket_of(each)
        parts[bucket].update(each)
        sizes[bucket] += 1
    waiting, unsure = digests.after(
        connection,
        organisations=asked.organisations,
        kinds=sorted(asked.subscription.kinds),
        position=position,
    )
    return Digest(
        position=position,
        counts=dict(sorted(counts.items())),
        sha256=whole.hexdigest(),
        buckets=[
            Bucket(name=f"{at:02x}", count=sizes[at], sha256=part.hexdigest())
            for at, part in enumerate(parts)
            if sizes[at]
        ],
        waiting=waiting,
        unsure=unsure,
    )


def records(connection: Connection, asked: Asked, position: int, buckets: Collection[int]) -> list[tuple[str, int]]:
    """Give (id, version) of what a reader should hold at a place, of some buckets, sorted as in the digest."""
    found = sorted(each for _, each in asked.lines(connection, position) if bucket_of(each) in buckets)
    pairs = (each.decode().rstrip("\n").split("\t") for each in found)
    return [(name, int(version)) for name, version in pairs]
