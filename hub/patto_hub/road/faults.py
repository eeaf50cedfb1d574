"""What ended a run, said as the ledger keeps it: a state, a trouble for people, or a bug's traceback."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from patto_connectors.errors import Malformed, Refused, Rejected, Trouble, Unreachable
from patto_hub.ledger.runs import Fenced
from patto_hub.ledger.storage import shortage_of, trouble_of
from patto_hub.observe.places import where
from patto_hub.road import troubles
from patto_hub.road.read import PluginFault
from patto_hub.road.troubles import Stopped
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
        case Unreachable() | PluginFault() if short := shortage_of(error):
            return Ended(state="failed", trouble=short)
        case Unreachable() | Refused() | Rejected() | Trouble():
            return Ended(state="failed", trouble=error)
    storage = trouble_of(error)
    if storage is not None:
        return Ended(state="failed", trouble=storage)
    return Ended(
        state="failed", trouble=_bug(error), traceback=str(error) if isinstance(error, WorkerFault) else where(error)
    )


def _bug(error: BaseException) -> Trouble:
    if isinstance(error, WorkerDied):
        return troubles.died()
    if isinstance(error, WorkerFault):
        return troubles.bug(str(error).partition("\n")[0][:80])
    threw = error.__cause__ if isinstance(error, PluginFault) and error.__cause__ is not None else error
    return troubles.bug(type(threw).__name__)
