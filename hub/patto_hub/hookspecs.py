"""All hooks of the hub: `register_*` declares, `authorise_*` decides (both sync, no I/O), `on_*` informs (async).

A plugin is a module named by an entry point of the group `patto`; it marks its functions with `patto_hub.hookimpl`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pluggy

if TYPE_CHECKING:
    from collections.abc import Iterable

    from patto_connectors.contract import Connector
    from patto_hub.dossier import Check
    from patto_hub.feeds.spec import FeedSpec
    from patto_hub.outcomes import DeliveryFailure, RunOutcome

PROJECT: Final = "patto"
"""pluggy's project name and the entry-point group."""

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


@hookspec
def register_connectors() -> Iterable[Connector[Any]]:
    """Name the partner streams that this plugin can read or write; called once, when the hub starts."""
    raise NotImplementedError


@hookspec
def register_feeds() -> Iterable[FeedSpec]:
    """Name the feeds that this plugin adds to those of the hub; called once, when the hub starts."""
    raise NotImplementedError


@hookspec
def register_checks() -> Iterable[Check]:
    """Name the rules that compare what partners say of one pact; called once, when the hub starts."""
    raise NotImplementedError


@hookspec
def authorise_feed(partner: str, feed: str) -> str | None:
    """Say why `partner` may not read `feed` now, or None; called for each request, any reason refuses it.

    The partner is told the reason; `italiano | English` says it in both languages.
    """
    raise NotImplementedError


@hookspec
async def on_run_finished(outcome: RunOutcome) -> None:
    """Learn that a run has ended; called after its last transaction, in a time of its own that delays nobody."""
    raise NotImplementedError


@hookspec
async def on_delivery_failed(failure: DeliveryFailure) -> None:
    """Learn that changes could not be handed to a partner; called after each attempt that failed."""
    raise NotImplementedError
