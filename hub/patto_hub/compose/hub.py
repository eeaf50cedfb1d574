"""Opens a hub for the length of a `with` block: for the service and for each command that works on the ledger."""

from __future__ import annotations

import os
import socket
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

import structlog

from patto_connectors.ports import WORLD
from patto_hub.clock.calendar import italy
from patto_hub.compose.jobs import Stock, make_jobs, organisation_of
from patto_hub.compose.subscriptions import make_subscriptions
from patto_hub.extensions.start import load_for_start
from patto_hub.feeds.pseudonyms import SECRET
from patto_hub.feeds.spec import RIGHTS, by_name
from patto_hub.feeds.views import FEEDS
from patto_hub.ledger import partners, secrets, storage, upgrade
from patto_hub.ledger.store import open_ledger, opened

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping, Sequence
    from pathlib import Path

    from patto_connectors.ports import World
    from patto_hub.clock.calendar import Place
    from patto_hub.extensions.load import Extensions
    from patto_hub.feeds.spec import FeedSpec
    from patto_hub.feeds.subscriptions import Subscription
    from patto_hub.jobs import Job, Unusable
    from patto_hub.ledger.store import Connection, Ledger
    from patto_hub.settings.mistakes import Mistake
    from patto_hub.settings.read import Configuration

LEDGER: Final = "ledger.db"

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hub:
    """The parts of an open hub."""

    configuration: Configuration
    world: World
    ledger: Ledger
    path: Path
    """The ledger's file."""
    place: Place
    extensions: Extensions
    jobs: Mapping[str, Job]
    unusable: Sequence[Unusable]
    feeds: Mapping[str, FeedSpec]
    subscriptions: Mapping[tuple[str, str], Subscription]
    """What each partner may read, by (partner, feed)."""
    not_given: Sequence[Mistake]
    """Subscriptions of the settings that could not be made."""
    owner: str
    """Names this process in leases."""


def ledger_path(configuration: Configuration) -> Path:
    """Give the ledger's file."""
    return configuration.data_dir / LEDGER


def ready_ledger(path: Path, *, sound: bool = False) -> None:
    """Make a new ledger where there is none; one that exists must be of this version.

    With `sound` its pages are looked through as well, which takes as long as reading the whole file: for the service.

    Raises:
        WrongSchema: it is older or newer; the message says what to do.
        BadLedger: its pages do not hold together.
    """
    if not path.exists():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)  # of persons: for the hub's own user alone
        upgrade.upgrade(path)
        return
    if sound:
        storage.require_sound(path)  # first: it alone opens the file read-only
    upgrade.require_current(path)
    finish_erasures(path)


def finish_erasures(path: Path) -> None:
    """Empty the ledger's log where a process died between an erasure and that; nobody has to do anything about it."""
    ledger = open_ledger(path)
    try:
        if not ledger.wipe_now():
            log.warning("erasure.log_not_emptied", path=str(path))
    finally:
        ledger.close()


@asynccontextmanager
async def open_hub(configuration: Configuration, world: World, *, sound: bool = False) -> AsyncIterator[Hub]:
    """Put a hub together; whatever is wrong with one plugin or partner is told in it and stops no other.

    With `sound` every page of the ledger is looked through first.

    Raises:
        WrongSchema: the ledger is not of this version.
        BadLedger: the ledger is damaged.
        ValueError: two feeds have one name.
    """
    path = ledger_path(configuration)
    ready_ledger(path, sound=sound)
    token = WORLD.set(world)
    try:
        async with opened(path) as ledger:
            own = by_name(FEEDS)
            extensions = load_for_start(configuration.data_dir, taken_feeds={*own, *RIGHTS})
            numbers = await ledger.write(register, configuration)
            feeds = own | by_name(extensions.feeds)
            secret = await ledger.write(secrets.get, SECRET, world)
            subscriptions, not_given = make_subscriptions(configuration, feeds, secret)
            jobs, unusable = make_jobs(
                Stock(
                    configuration=configuration,
                    extensions=extensions,
                    feeds=feeds,
                    numbers=numbers,
                    subscriptions=subscriptions,
                )
            )
            yield Hub(
                configuration=configuration,
                world=world,
                ledger=ledger,
                path=path,
                place=place_of(configuration),
                extensions=extensions,
                jobs=jobs,
                unusable=unusable,
                feeds=feeds,
                subscriptions=subscriptions,
                not_given=not_given,
                owner=f"{socket.gethostname()}:{os.getpid()}:{world.token(2)}",
            )
    finally:
        WORLD.reset(token)


def place_of(configuration: Configuration) -> Place:
    """Give the hub's time zone and the Italian holidays."""
    return replace(italy(), zone=ZoneInfo(configuration.settings.hub.time_zone))


def register(connection: Connection, configuration: Configuration) -> dict[str, int]:
    """Make the partners of the settings known to the ledger and give their numbers."""
    return {
        name: partners.register(
            connection,
            name=name,
            plugin=part.plugin,
            organisation=organisation_of(part),
            domain="" if part.organisation is None else part.organisation.domain,
            title=part.title,
        )
        for name, part in configuration.settings.partners.items()
    }
