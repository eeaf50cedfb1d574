"""What the simulated partners of a demonstration share: one invented world, one pace, a folder each, the hub's door."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, cast

from patto_connectors.ports import WORLD

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    from patto_schemas.chronicle import Calendar, Chronicle, Told

LOOK_S: Final = 1.0
"""Longest sleep between two looks at what is due, so that a partner of many tellers is never far behind."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """Where a plugin's simulated partners stand, and what they tell by now."""

    folder: Path
    """Theirs to write to; what they find in it is from an earlier demonstration."""
    chronicle: Chronicle
    calendar: Calendar
    began: datetime
    """The real instant at which the telling began, in the first of the demonstrations in this folder."""
    door_file: Path | None = None
    """Where the hub says how it is reached, once it listens; None: it has no door."""

    def now(self) -> datetime:
        """Give the simulated instant, by the world's clock."""
        return self.calendar.at((WORLD.get().now() - self.began).total_seconds())

    def due(self, teller: str) -> Sequence[Told]:
        """Give all that a teller has told by now, in order."""
        return self.chronicle.told(teller, until=self.now())

    async def follow(self, tellers: Iterable[str], show: Callable[[Told], None]) -> None:
        """Show what each teller tells, what is due at once and the rest as time passes; until cancelled."""
        world, shown = WORLD.get(), dict.fromkeys(tellers, datetime.min.replace(tzinfo=UTC))
        while True:
            until = self.now()
            for teller, after in shown.items():
                for told in self.chronicle.told(teller, until=until, after=after):
                    show(told)
                shown[teller] = until
            await world.sleep(min(LOOK_S, self.calendar.day_seconds))

    def door(self) -> Mapping[str, Any] | None:
        """Give the hub's `address` and the partners' `keys` by name, for those who hand in; None until it listens."""
        if self.door_file is None or not self.door_file.exists():
            return None
        return cast("Mapping[str, Any]", json.loads(self.door_file.read_bytes()))
