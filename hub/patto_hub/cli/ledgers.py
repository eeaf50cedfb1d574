"""The ledger, or the whole hub, for one command: opened, checked, closed again."""

from __future__ import annotations

import getpass
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from patto_connectors.ports import World
from patto_hub.compose.hub import ledger_path, open_hub, ready_ledger, register
from patto_hub.ledger import audit, storage
from patto_hub.ledger.store import open_ledger
from patto_hub.observe.logs import set_up_logs

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator, Mapping
    from pathlib import Path

    from patto_hub.cli.shell import Shell
    from patto_hub.compose.hub import Hub
    from patto_hub.ledger.store import Connection, Ledger
    from patto_hub.settings.read import Configuration

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Desk:
    """An open ledger and what a command needs beside it."""

    configuration: Configuration
    ledger: Ledger
    path: Path
    world: World

    @property
    def now(self) -> int:
        """The instant, in milliseconds since 1970 UTC."""
        return self.world.milliseconds()

    def write(
        self, action: str, work: Callable[[Connection], T], tell: Callable[[T], tuple[str, Mapping[str, Any]]]
    ) -> T:
        """Write, and note it in the audit in the same transaction; `tell` gives on what, and the detail."""

        def both(connection: Connection) -> T:
            made = work(connection)
            audit.append(connection, actor(), action, *tell(made), self.now)
            return made

        return self.ledger.write_now(both)


@contextmanager
def desk(shell: Shell) -> Iterator[Desk]:
    """Open the ledger of the settings, partners registered."""
    configuration = shell.configuration()
    path = ledger_path(configuration)
    with damage_named(path):
        ready_ledger(path)
        ledger = open_ledger(path)
        try:
            ledger.write_now(register, configuration)
            yield Desk(configuration, ledger, path, World())
        finally:
            ledger.close()


@asynccontextmanager
async def hub_of(shell: Shell) -> AsyncIterator[Hub]:
    """Open a whole hub, plugins and jobs too, for a command."""
    world = World()
    set_up_logs("info" if shell.debug else "error", "auto", now=world.now)
    configuration = shell.configuration()
    with damage_named(ledger_path(configuration)):
        async with open_hub(configuration, world) as hub:
            yield hub


@contextmanager
def damage_named(path: Path) -> Iterator[None]:
    """Let a damaged ledger be told by the check that it fails; only the service looks through all of it beforehand.

    Raises:
        BadLedger: a command came upon the damage.
    """
    try:
        yield
    except Exception as error:
        damage = storage.damage_of(error, path)
        if damage is None:
            raise
        raise damage from error


def actor() -> str:
    """Name whoever calls the command, for the audit."""
    return f"cli:{getpass.getuser()}"
