"""Limits how often a repeated fact is written down: once every few seconds is enough for people."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Final

_KEPT: Final = 10_000


@dataclass(slots=True)
class Sightings:
    """When each thing was last written down."""

    every_s: float = 5.0
    last: OrderedDict[tuple[str, str], float] = field(default_factory=OrderedDict)

    def waits(self, thing: tuple[str, str], now: float) -> bool:
        """Whether the thing is to be written down again; asking changes nothing."""
        return thing not in self.last or now - self.last[thing] >= self.every_s

    def due(self, thing: tuple[str, str], now: float) -> bool:
        """Whether the thing is to be written down again; saying yes counts as having done so."""
        if not self.waits(thing, now):
            return False
        self.last[thing] = now
        self.last.move_to_end(thing)
        if len(self.last) > _KEPT:
            self.last.popitem(last=False)
        return True
