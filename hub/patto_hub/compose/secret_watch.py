"""The keys that sign messages to partners, while the hub runs: since when each is used, and that one grows old."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import structlog

from patto_connectors.webhook.keys import SharedKey
from patto_hub.ledger import lane_secrets, storage
from patto_hub.ledger.lane_secrets import Aged

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from patto_connectors.ports import World
    from patto_connectors.webhook import SecretKey
    from patto_hub.clock.calendar import Place
    from patto_hub.compose.lanes import Way
    from patto_hub.ledger.lanes import LaneName
    from patto_hub.ledger.store import Ledger

EVERY_S: Final = 3_600.0
"""How often it is looked whether another day has begun."""

log = structlog.get_logger(__name__)


async def watch_secrets(ledger: Ledger, world: World, ways: Iterable[Way], place: Place) -> None:
    """Note which keys sign now, and remind once a day of those that are to be changed soon; until cancelled."""
    signing = {way.name: way for way in ways if way.keys}
    told = None
    while True:
        today = world.now().astimezone(place.zone).date()
        if today != told and await _seen(ledger, world, signing):
            told = today
        await world.sleep(EVERY_S)


async def _seen(ledger: Ledger, world: World, ways: Mapping[LaneName, Way]) -> bool:
    now = world.milliseconds()
    try:
        await ledger.write(lane_secrets.see, {name: marks(way.keys) for name, way in ways.items()}, now)
        found = await ledger.read(lane_secrets.since, ways)
    except Exception as error:
        trouble = storage.trouble_of(error)
        if trouble is None:
            raise
        log.warning("webhook.secret_not_noted", code=trouble.code)
        return False
    for key in aged(found, ways):
        _remind(key, now)
    return True


def aged(found: Mapping[tuple[LaneName, bytes], int], ways: Mapping[LaneName, Way]) -> list[Aged]:
    """Give the age of each key that signs, the oldest first."""
    return [Aged(lane=lane, since=since, days=ways[lane].part.secret_days) for (lane, _), since in found.items()]


def marks(keys: Sequence[SecretKey]) -> list[bytes]:
    """Give what keys are recognised by."""
    return [lane_secrets.mark_of(key.secret if isinstance(key, SharedKey) else key.seed) for key in keys]


def _remind(key: Aged, now: int) -> None:
    if key.reminder(now) is None:
        return
    if key.days_left(now):
        log.warning("webhook.secret_ageing", lane=str(key.lane), days=key.days_left(now))
    else:
        log.warning("webhook.secret_old", lane=str(key.lane), age=key.age(now), limit=key.days)
