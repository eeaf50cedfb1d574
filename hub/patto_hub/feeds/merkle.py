"""Hash trees: one hash that stands for many, and the few hashes that prove that one of them was among them.

Source: RFC 9162, sections 2.1.1 (tree) and 2.1.3.1 (inclusion proofs), with SHA-256. Where their number is odd the last
one goes up as it is. So the roots of equal pieces of a power of two, of which the last may be shorter, make the same
tree as all leaves do: a tree can be made, and a proof be read, piece by piece.
"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

EMPTY: Final = sha256(b"").digest()
"""The root over nothing."""


def root(hashes: Sequence[bytes]) -> bytes:
    """Give the root over the hashes of leaves, or over the roots of equal pieces."""
    level = hashes
    while len(level) > 1:
        level = _above(level)
    return level[0] if level else EMPTY


def path(hashes: Sequence[bytes], index: int) -> list[bytes]:
    """Give what proves that the hash at `index` is among them, from its neighbour upwards."""
    level, found = hashes, []
    while len(level) > 1:
        if index ^ 1 < len(level):
            found.append(level[index ^ 1])
        level, index = _above(level), index >> 1
    return found


def _above(level: Sequence[bytes]) -> list[bytes]:
    even = len(level) & ~1
    pairs = [sha256(b"\x01" + level[at] + level[at + 1]).digest() for at in range(0, even, 2)]
    return [*pairs, *level[even:]]
