"""A job: one stream of one partner, put together from the configuration and a plugin's connector."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Callable

    from pydantic import BaseModel

    from patto_connectors.contract import Connector
    from patto_hub.clock.schedule import Schedule
    from patto_hub.feeds.spec import FeedSpec
    from patto_hub.feeds.subscriptions import Subscription
    from patto_schemas.model.base import Name

DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one run may take before it is stopped; records so far are kept."""

    seconds: float = 3_600.0
    """Deadline of a whole run."""
    page_seconds: float = 300.0
    """Longest wait for the next page of a source."""
    records: int = 5_000_000
    pages: int = 100_000
    stop_after_bad: int = 1_000
    """Quarantined rows after which the run is held, if they are also more than `stop_at_share` of the rows."""
    stop_at_share: float = 0.05
    vanish_share: float = 0.2
    """Share of a partner's known records that a full snapshot may leave out before deletions wait for a person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One stream of one partner; `name` is `<partner>/<connector>`."""

    name: str
    partner: str
    partner_id: int
    plugin: str
    connector: Connector[Any]
    settings: BaseModel
    schedule: Schedule
    scope: frozenset[Name] | None = None
    """Organisations that this partner may speak for; a record that names none of them is refused. None: no limit."""
    subscription: Subscription | None = None
    """What a job with a sink hands to its partner."""
    withheld: Callable[[], str | None] = lambda: None
    """Why a plugin does not let it have that now (the hook `authorise_feed`), or None."""
    patience_ms: int = 30 * DAY_MS
    """How long a parked record waits before somebody is told."""
    limits: Limits = field(default_factory=Limits)
    isolation: str = "inline"
    """Where the plugin's translate runs: `inline` (a thread of the hub) or `worker` (a process of its own)."""

    @property
    def feed(self) -> FeedSpec | None:
        """The feed that a job with a sink hands over, as it leaves."""
        return None if self.subscription is None else self.subscription.feed


@dataclass(frozen=True, slots=True, kw_only=True)
class Unusable:
    """A stream of a partner that stands in the settings and cannot be run, and why, for people."""

    job: str
    it: str
    en: str
    fault: Literal["settings", "plugin"]
    """What is to be mended: the hub's settings, or the plugin."""

    @property
    def partner(self) -> str:
        """The partner's name."""
        return self.job.partition("/")[0]

    def sentence(self, language: str) -> str:
        """Say it in a language."""
        return self.en if language == "en" else self.it
