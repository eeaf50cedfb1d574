"""A sandbox's first day: all that the invented partners have told by then, kept as a copy to go back to."""

from __future__ import annotations

import asyncio
import json
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from patto_hub.compose.hub import ledger_path, open_hub
from patto_hub.compose.runs import TellingRunner
from patto_hub.demo.keyring import write_private
from patto_hub.ledger import backup, keys, secrets, upgrade

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from patto_connectors.ports import World
    from patto_hub.compose.hub import Hub
    from patto_hub.demo.story import Story
    from patto_hub.ledger.store import Connection
    from patto_hub.sandbox.casting import Cast
    from patto_hub.settings.read import Configuration

COPY: Final = "day_one.db"
SAID: Final = "day_one.json"
KEYS: Final = "keys"
ROUNDS: Final = 6
"""Readings of all streams at most; what hangs on something else comes in a later one."""
REST_S: Final = 1.2
"""Between two readings: files are taken once nobody has touched them for a second."""


async def go_back(configuration: Configuration, cast: Cast, story: Story, folder: Path, world: World) -> None:
    """Put the first day in the place of what there is; it is made, or made larger, where the settings ask for more.

    Each time numbers are skipped, so that a place in what was lost is known as stale for ever.
    """
    ledger, copy = ledger_path(configuration), folder / COPY
    if copy.exists():
        await asyncio.to_thread(backup.restore, copy, ledger, world.milliseconds())
        await asyncio.to_thread(upgrade.upgrade, ledger)
        await asyncio.to_thread(backup.make, ledger, copy, replace=True)
    leftover = f"{ledger.name}.replaced*" if copy.exists() else f"{ledger.name}*"  # a first start that was killed
    for each in ledger.parent.glob(leftover):
        each.unlink()
    made_of = _fingerprint(cast, story)
    if copy.exists() and _kept(folder) == made_of and all(_key_file(folder, name).exists() for name in cast.own):
        return
    async with open_hub(configuration, world) as hub:
        await hub.ledger.write(keys.mark_with, keys.TRIAL_MARK, world.milliseconds())
        await hub.ledger.write(secrets.get, "cursor", world)  # so that cursors of a lost day are stale, and not forged
        await _issue(hub, cast, folder)
        await _read_all(hub)
    await asyncio.to_thread(backup.make, ledger, copy, replace=True)
    (folder / SAID).write_text(json.dumps({"made_of": made_of}), encoding="utf-8")


def key_files(folder: Path, cast: Cast) -> Mapping[str, Path]:
    """Give where each partner's key lies."""
    return {name: _key_file(folder, name) for name in cast.own}


async def _issue(hub: Hub, cast: Cast, folder: Path) -> None:
    """Give each partner of the hub a key for all that it may do; one that it has stays if it opens as much."""
    (folder / KEYS).mkdir(mode=0o700, exist_ok=True)
    for name in cast.own:
        file, opens = _key_file(folder, name), cast.parts[name].opens
        held = file.read_text(encoding="utf-8").strip() if file.exists() else ""
        known = await hub.ledger.read(keys.find, held, hub.world.milliseconds())
        if known is None or known.scopes != frozenset(opens):
            write_private(file, await hub.ledger.write(_new_key, hub.world, name, opens) + "\n")


def _new_key(connection: Connection, world: World, partner: str, opens: tuple[str, ...]) -> str:
    for each in keys.of_partner(connection, partner):
        keys.revoke(connection, each.prefix, world.milliseconds())
    return keys.add(connection, world, partner=partner, scopes=opens)[1]


async def _read_all(hub: Hub) -> None:
    """Read what the simulated partners tell, until nothing is new."""
    run = TellingRunner(extensions=hub.extensions, place=hub.place)
    telling = [job for job in hub.jobs.values() if job.connector.reads and job.connector.door is None]
    for turn in range(ROUNDS):
        news = 0
        for job in telling:
            told = await run(
                job, ledger=hub.ledger, world=hub.world, owner=hub.owner, reason="sandbox", slot_key=None, attempt=1
            )
            if told is not None:
                news += told.balance.read - told.balance.unchanged - told.balance.duplicate
        if not news and turn:
            break
        await hub.world.sleep(REST_S)
    await run.finish(1.0)


def _fingerprint(cast: Cast, story: Story) -> str:
    said = {name: [part.plugin, *sorted(part.jobs), *part.opens] for name, part in cast.parts.items()}
    text = story.world.model_dump_json() + json.dumps(said, sort_keys=True)
    return sha256(text.encode()).hexdigest()


def _kept(folder: Path) -> str:
    file = folder / SAID
    return str(json.loads(file.read_bytes())["made_of"]) if file.exists() else ""


def _key_file(folder: Path, name: str) -> Path:
    return folder / KEYS / f"{name}.key"
