"""The keys of a demonstration's partners: made at its first start, kept in its folder, good at the next ones too."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from patto_hub.feeds.spec import PUSH
from patto_hub.ledger import keys
from patto_hub.web.site import BASE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from patto_connectors.ports import World
    from patto_hub.compose.serve import Serving
    from patto_hub.ledger.store import Connection


async def open_door(file: Path, started: Serving, given: Mapping[str, str]) -> None:
    """Tell the simulated partners that hand in where the hub is, each with a key that can do nothing else.

    `given` are the partners that have one key for all they do: a partner holds two at most.
    """
    known = json.loads(_text(file) or '{"keys": {}}')["keys"]
    found = {
        name: given[name] if name in given else await _key(started, name, [PUSH], known.get(name, ""))
        for name, part in started.hub.configuration.settings.partners.items()
        if PUSH in part.feeds
    }
    write_private(file, json.dumps({"address": started.listening + BASE, "keys": found}))


async def reading_key(file: Path, started: Serving, partner: str, feeds: Sequence[str]) -> str:
    """Give a partner's key for all that it does, which is that of the last time if it is still good."""
    key = await _key(started, partner, feeds, _text(file).strip())
    write_private(file, key + "\n")
    return key


def write_private(file: Path, text: str) -> None:
    """Write a file for the hub's own user alone, whole or not at all."""
    writing = file.with_suffix(".tmp")
    writing.unlink(missing_ok=True)
    writing.touch(mode=0o600)
    writing.write_text(text, encoding="utf-8")
    writing.replace(file)


def _text(file: Path) -> str:
    return file.read_text(encoding="utf-8") if file.exists() else ""


async def _key(started: Serving, partner: str, scopes: Sequence[str], known: str) -> str:
    ledger, world = started.hub.ledger, started.hub.world
    if known and await ledger.read(keys.find, known, world.milliseconds()) is not None:
        return known
    return await ledger.write(_new_key, world, partner, scopes)


def _new_key(connection: Connection, world: World, partner: str, scopes: Sequence[str]) -> str:
    """Make a key in the place of those that nobody holds: a start that was killed had not written them down."""
    now = world.milliseconds()
    for each in keys.of_partner(connection, partner):
        keys.revoke(connection, each.prefix, now)
    _, text = keys.add(connection, world, partner=partner, scopes=scopes)
    return text
