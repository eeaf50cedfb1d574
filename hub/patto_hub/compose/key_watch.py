"""The keys of partners while the hub runs: when they were used is written down, that they end soon is told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import structlog

from patto_hub.ledger import keys, storage

if TYPE_CHECKING:
    from patto_connectors.ports import World
    from patto_hub.clock.calendar import Place
    from patto_hub.ledger.store import Ledger
    from patto_hub.web.admission import Doorkeeper

EVERY_S: Final = 60.0
"""How often the uses of keys are written down: never while a partner waits, and all of them at once."""

log = structlog.get_logger(__name__)


async def watch_keys(ledger: Ledger, world: World, doorkeeper: Doorkeeper, place: Place) -> None:
    """Write down every minute when keys were used, and remind once a day of those that end soon; until cancelled."""
    told = None
    try:
        while True:
            today = world.now().astimezone(place.zone).date()
            if today != told:
                told = today
                await _remind(ledger, world)
            await world.sleep(EVERY_S)
            await _note(ledger, doorkeeper)
    finally:
        await _note(ledger, doorkeeper)


async def _note(ledger: Ledger, doorkeeper: Doorkeeper) -> None:
    uses = doorkeeper.used()
    if not uses:
        return
    try:
        await ledger.write(keys.note_uses, uses)
    except Exception as error:
        trouble = storage.trouble_of(error)
        if trouble is None:
            raise
        log.warning("key.use_not_noted", code=trouble.code)


async def _remind(ledger: Ledger, world: World) -> None:
    now = world.milliseconds()
    for key in await ledger.read(keys.ending, now):
        log.warning("key.ending", partner=key.partner, prefix=key.prefix, days=key.days_left(now))
