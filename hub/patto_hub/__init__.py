"""Who, when, what if: clock, runner, ledger, feeds, API, staff console and command line.

What a plugin may use of the hub is what this module lists; each name is loaded when it is first asked for, so that the
command line starts fast.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from patto_connectors.contract import (
        Batch,
        Connector,
        Cursor,
        Door,
        Given,
        Pushed,
        Receipt,
        Row,
        Sink,
        Source,
        Subject,
        Subjects,
        Translate,
    )
    from patto_connectors.errors import Malformed, Refused, Rejected, RejectedItem, Trouble, Unreachable
    from patto_hub.dossier import Check, Dossier, Finding, Statement
    from patto_hub.feeds.marked import Pseudonym
    from patto_hub.feeds.spec import FeedSpec, Projection, View
    from patto_hub.hookspecs import hookimpl
    from patto_hub.outcomes import DeliveryFailure, RunOutcome

__all__ = [
    "Batch",
    "Check",
    "Connector",
    "Cursor",
    "DeliveryFailure",
    "Door",
    "Dossier",
    "FeedSpec",
    "Finding",
    "Given",
    "Malformed",
    "Projection",
    "Pseudonym",
    "Pushed",
    "Receipt",
    "Refused",
    "Rejected",
    "RejectedItem",
    "Row",
    "RunOutcome",
    "Sink",
    "Source",
    "Statement",
    "Subject",
    "Subjects",
    "Translate",
    "Trouble",
    "Unreachable",
    "View",
    "__version__",
    "hookimpl",
]

__version__ = "0.1.0"

_HOMES = {
    "patto_connectors.contract": (
        "Batch",
        "Connector",
        "Cursor",
        "Door",
        "Given",
        "Pushed",
        "Receipt",
        "Row",
        "Sink",
        "Source",
        "Subject",
        "Subjects",
        "Translate",
    ),
    "patto_connectors.errors": ("Malformed", "Refused", "Rejected", "RejectedItem", "Trouble", "Unreachable"),
    "patto_hub.dossier": ("Check", "Dossier", "Finding", "Statement"),
    "patto_hub.feeds.marked": ("Pseudonym",),
    "patto_hub.feeds.spec": ("FeedSpec", "Projection", "View"),
    "patto_hub.hookspecs": ("hookimpl",),
    "patto_hub.outcomes": ("DeliveryFailure", "RunOutcome"),
}


def __getattr__(name: str) -> Any:  # noqa: ANN401 - a module's attribute is of any type
    """Load a public name from the module that defines it."""
    for home, names in _HOMES.items():
        if name in names:
            return getattr(import_module(home), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
