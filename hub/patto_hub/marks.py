"""A set of ledger numbers as bits: a million of them take 125 kB, whatever a run touches."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

CHUNK = 4_096
"""Bytes by which the set grows at least."""


@dataclass(slots=True)
class Marks:
    """A growing set of whole numbers from 0; it iterates in ascending order."""

    bits: bytearray = field(default_factory=bytearray)

    def add(self, numbers: Iterable[int]) -> None:
        """Note numbers."""
        for number in numbers:
            byte = number >> 3
            if byte >= len(self.bits):
                self.bits.extend(bytes(max(byte + 1 - len(self.bits), CHUNK)))
            self.bits[byte] |= 1 << (number & 7)

    def __contains__(self, number: int) -> bool:
        byte = number >> 3
        return byte < len(self.bits) and bool(self.bits[byte] & 1 << (number & 7))

    def __iter__(self) -> Iterator[int]:
        for place, byte in enumerate(self.bits):
            if byte:
                yield from (place * 8 + bit for bit in range(8) if byte & 1 << bit)
