"""What ended a run, said as the ledger keeps it: a state, a trouble for people, or a bug's traceback."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from patto_connectors.errors import Malformed, Refused, Rejected, Trouble, Unreachable
from patto_hub.ledger.runs import Fenced
from patto_hub.ledger.storage import trouble_of
from patto_hub.road.places import where
from patto_hub.road.read import PluginFault, Stopped
from patto_hub.road.worker import WorkerDied, WorkerFault


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How a run's pages came to their end."""

    state: str
    """As in the ledger: done | partial | failed | lost | cancelled | stopped."""
    trouble: Trouble | None = None
    traceback: str | None = None
    raised: BaseException | None = None
    """What is raised again once the run is closed: a cancellation."""


def ended(error: BaseException | None, *, kept: bool) -> Ended:  # noqa: PLR0911 - a table
    """Name what ended a run; `kept` says whether it had written a page by then."""
    match error:
        case None:
            return Ended(state="done")
        case asyncio.CancelledError():
            return Ended(state="cancelled", raised=error)
        case Fenced():
            return Ended(state="lost")
        case Stopped():
            return Ended(state="stopped", trouble=error)
        case Malformed():
            return Ended(state="partial" if kept else "failed", trouble=error)
        case Unreachable() | Refused() | Rejected() | Trouble():
            return Ended(state="failed", trouble=error)
    storage = trouble_of(error)
    if storage is not None:
        return Ended(state="failed", trouble=storage)
    return Ended(
        state="failed", trouble=_bug(error), traceback=str(error) if isinstance(error, WorkerFault) else where(error)
    )


def stuck(what: str) -> Trouble:
    """Say that a plugin does not come to an end."""
    return Trouble(
        "plugin.stuck",
        f"{what}: the plugin was given up",
        hint="whoever keeps the plugin: it loops, blocks or catches CancelledError; a restart of the hub ends it",
    )


def _bug(error: BaseException) -> Trouble:
    if isinstance(error, WorkerDied):
        return Trouble("plugin.died", str(error), hint="see the plugin's own log; its memory may be limited")
    threw = error.__cause__ if isinstance(error, PluginFault) and error.__cause__ is not None else error
    name = str(error).partition("\n")[0] if isinstance(error, WorkerFault) else type(threw).__name__
    return Trouble(
        "plugin.bug",
        f"the plugin raised {name[:80]}, which its contract does not name",
        hint="whoever keeps the plugin finds the place in the run's traceback; the cursor has not moved",
    )
