"""What partners were shown, written into the audit while the hub runs, and at its stop."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import structlog

from patto_hub.ledger import storage
from patto_hub.web.shown import write_down

if TYPE_CHECKING:
    from patto_connectors.ports import World
    from patto_hub.ledger.store import Ledger
    from patto_hub.web.shown import Shown

EVERY_S: Final = 5.0
"""How long a page that was shown may wait to be written down."""

log = structlog.get_logger(__name__)


async def watch_shown(ledger: Ledger, world: World, shown: Shown) -> None:
    """Write down what was shown, every few seconds; until cancelled, and then once more."""
    try:
        while True:
            await world.sleep(EVERY_S)
            await note_shown(ledger, world, shown)
    finally:
        await note_shown(ledger, world, shown)


async def note_shown(ledger: Ledger, world: World, shown: Shown) -> None:
    """Write down what was shown by now; what cannot be written for lack of room is kept for the next time."""
    gathered = shown.take()
    if not gathered:
        return
    try:
        await ledger.write(write_down, gathered, world.milliseconds())
    except Exception as error:
        shown.give_back(gathered)
        trouble = storage.trouble_of(error)
        if trouble is None:
            raise
        log.warning("feed.read_not_noted", code=trouble.code)
