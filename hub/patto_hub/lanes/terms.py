"""What the settings say of a lane besides where it leads: what people see of it, and what judges wishes for it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from patto_hub.clock.quiet import Quiet

if TYPE_CHECKING:
    from patto_hub.clock.calendar import Place
    from patto_hub.ledger.lanes import Lane


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """A lane of the settings; one without terms is no longer configured."""

    own: bool = False
    """Whether what the receiver says itself goes to it too."""
    quiet: Quiet = field(default_factory=Quiet)
    """When it is left alone, in the hub's local time."""
    secret_days: int = 0
    """Days after which a key that signs is to be changed; 0: none signs here."""

    def next_attempt(self, lane: Lane, now: int, place: Place) -> int | None:
        """Give the instant before which nothing is sent by a lane; None: at once, or not until a person starts it."""
        if lane.state == "disabled":
            return None
        quiet = self.quiet.until(max(lane.not_before or 0, now), place)
        return lane.not_before if quiet is None else quiet
