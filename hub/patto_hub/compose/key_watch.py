"""Keys while the hub runs: when they were used is written down; that they and other things end soon is told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import structlog

from patto_hub.ledger import keys, storage
from patto_hub.web.endings import endings, sources_of

if TYPE_CHECKING:
    from patto_hub.web.site import Site

EVERY_S: Final = 60.0
"""How often the uses of keys are written down: never while a partner waits, and all of them at once."""

log = structlog.get_logger(__name__)


async def watch_keys(site: Site) -> None:
    """Write down every minute when keys were used, and remind once a day of what ends soon; until cancelled."""
    told = None
    try:
        while True:
            today = site.place.local(site.world.milliseconds()).date()
            if today != told:
                told = today
                await _remind(site)
            await site.world.sleep(EVERY_S)
            await _note(site)
    finally:
        await _note(site)


async def _note(site: Site) -> None:
    uses = site.doorkeeper.used()
    if not uses:
        return
    try:
        await site.ledger.write(keys.note_uses, uses)
    except Exception as error:
        trouble = storage.trouble_of(error)
        if trouble is None:
            raise
        log.warning("key.use_not_noted", code=trouble.code)


async def _remind(site: Site) -> None:
    """Say what ends within thirty days; of keys that sign messages `compose.secret_watch` does."""
    now = site.world.milliseconds()
    for each in await endings(site.ledger, sources_of(site), now):
        if each.reminder(now) is None:
            return  # all others end later
        days = each.days_left(now)
        if each.kind == "key":
            log.warning("key.ending", partner=each.partner, prefix=each.name, days=days)
        elif each.kind != "webhook_secret":
            log.warning("ending.near", kind=each.kind, partner=each.partner or None, name=each.name, days=days)
