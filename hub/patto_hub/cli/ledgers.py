"""The ledger for commands that need no plugin: opened, checked, closed again."""

from __future__ import annotations

import getpass
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from patto_connectors.ports import World
from patto_hub.compose.hub import ledger_path, ready_ledger, register
from patto_hub.ledger.store import open_ledger

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from patto_hub.cli.shell import Shell
    from patto_hub.ledger.store import Ledger
    from patto_hub.settings.read import Configuration


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


@contextmanager
def desk(shell: Shell) -> Iterator[Desk]:
    """Open the ledger of the settings, partners registered."""
    configuration = shell.configuration()
    path = ledger_path(configuration)
    ready_ledger(path)
    ledger = open_ledger(path)
    try:
        ledger.write_now(register, configuration)
        yield Desk(configuration, ledger, path, World())
    finally:
        ledger.close()


def actor() -> str:
    """Name whoever calls the command, for the audit."""
    return f"cli:{getpass.getuser()}"
