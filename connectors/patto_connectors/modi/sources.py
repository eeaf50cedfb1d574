"""Where the keys come from of somebody who changes them without asking: as they are known now, and looked for again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from datetime import datetime

    from patto_connectors.modi.keys import Keys


class KeySource(Protocol):
    """Gives the keys of a publisher, PDND for one."""

    def current(self, now: datetime, /) -> Keys:
        """Give the keys as they are known; without asking anybody.

        Raises:
            Untrusted: `pdnd.keys_old`; they have not been read for too long to be believed.
        """

    async def look_again(self) -> bool:
        """Read them anew where that may be, for a token that names another; says whether that was done."""


@dataclass(frozen=True, slots=True)
class FixedKeys:
    """Keys that stay as they were given."""

    keys: Keys

    def current(self, _now: datetime, /) -> Keys:
        """Give the keys."""
        return self.keys

    async def look_again(self) -> bool:
        """Say that there is nothing to be read."""
        return False
