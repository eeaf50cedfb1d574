"""What the API and the pages are given when they are put together; nothing is looked up from a global."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from aiohttp import web

from patto_hub.clock.calendar import italy
from patto_hub.feeds.digests import Counted
from patto_hub.feeds.shelf import PageShelf
from patto_hub.web.admission import Admission, Doorkeeper
from patto_hub.web.again import Again
from patto_hub.web.passwords import Passwords, Strangers
from patto_hub.web.rates import InHand
from patto_hub.web.shown import Shown

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from patto_connectors.ports import World
    from patto_hub.clock.calendar import Place
    from patto_hub.feeds.spec import FeedSpec
    from patto_hub.feeds.subscriptions import Subscription
    from patto_hub.jobs import Job, Unusable
    from patto_hub.lanes.terms import Terms
    from patto_hub.ledger.lanes import LaneName
    from patto_hub.ledger.store import Ledger
    from patto_hub.web.rates import Rates
    from patto_hub.web.sightings import Sightings
    from patto_hub.web.written import Leaving

BASE: Final = "/rest/patto/v1"
"""Where the partners' API stands, after the naming rules of the public administration (ModI)."""

PUSHES: Final = 4
"""Bodies that one partner may hand in at the same time; further ones wait on the line."""
TRIALS: Final = 2
"""Bodies that may be on trial at the same time: reading and translating are the processor's work."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WebSettings:
    """What whoever runs the hub may decide about its web side."""

    calls: int = 600
    """Requests that one key may make in `window_s`."""
    window_s: float = 60.0
    largest_body: int = 64 * 1024
    """Bytes of a request's body at most."""
    largest_push: int = 16 * 1024 * 1024
    """Bytes that a partner may hand in at once, after decompression."""
    push_s: float = 120.0
    """Seconds in which they must have come."""
    secure_cookies: bool = True
    """Whether the session's cookie travels over https only; False on loopback without TLS."""
    https: bool = False
    """Whether the hub is reached by TLS only, by itself or behind a proxy: then browsers are told so."""
    contact: str = "Regione - sezione inclusione sociale"
    """Who answers for the hub, in the API's description."""
    contact_url: str = "https://www.regione.puglia.it"
    title: str = "Patto"
    public_url: str = ""
    """Address by which partners reach the hub, without a slash at its end; empty when it has none of its own."""
    static: Path = field(default_factory=lambda: Path(__file__).parent / "static")


Probe = Callable[[], Awaitable[str | None]]
"""Says what is wrong with a part of the hub, in one sentence, or None."""


def _allow(_partner: str, _feed: str) -> tuple[str, str] | None:
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """The parts that the web side works with."""

    ledger: Ledger
    world: World
    settings: WebSettings
    feeds: Mapping[str, FeedSpec]
    """All feeds by name; what of them a partner may read is its subscription."""
    cursor_key: bytes
    """Signs cursors; `ledger.secrets.get(connection, "cursor", world)`."""
    rates: Rates
    sightings: Sightings
    admission: Admission = field(default_factory=Admission)
    """What partners may show instead of a key, and must show besides."""
    shown: Shown = field(default_factory=Shown)
    """What partners were shown and is not in the audit yet."""
    doorkeeper: Doorkeeper = field(default_factory=Doorkeeper)
    """Remembers for a moment whose a key is."""
    shelf: PageShelf[Leaving] = field(default_factory=PageShelf)
    """Pages that were given before."""
    again: Again = field(default_factory=Again)
    """What the very same requests were told a moment ago."""
    pushes: InHand = field(default_factory=lambda: InHand(PUSHES))
    """How many bodies of one partner are in memory."""
    digests: Counted = field(default_factory=Counted)
    """Digests of readers' copies that were made lately."""
    counting: InHand = field(default_factory=lambda: InHand(1))
    """Whose turn it is among the digests of one partner."""
    trials: InHand = field(default_factory=lambda: InHand(1))
    """Whose turn it is among the trials of one partner."""
    all_trials: InHand = field(default_factory=lambda: InHand(TRIALS))
    """How many bodies are on trial, whosever."""
    subscriptions: Mapping[tuple[str, str], Subscription] = field(default_factory=dict)
    """What each partner may read, by (partner, feed); what does not stand here is refused."""
    ways: Mapping[LaneName, Terms] = field(default_factory=dict)
    """The lanes that the settings name; one that does not stand here is no longer configured."""
    jobs: Mapping[str, Job] = field(default_factory=dict)
    """The jobs by name, in the order in which people see them."""
    unusable: Sequence[Unusable] = ()
    """Streams of the settings that could not be put together."""
    place: Place = field(default_factory=italy)
    wake: Callable[[], None] = lambda: None
    """Tells the dispatcher that staff asked for something."""
    passwords: Passwords = field(default_factory=Passwords)
    strangers: Strangers = field(default_factory=Strangers)
    probes: Mapping[str, Probe] = field(default_factory=dict)
    """Parts that must be well for `/readyz`, by name: `migrations`, `clock`, ..."""
    refuse_feed: Callable[[str, str], tuple[str, str] | None] = _allow
    """Why a partner may not read a feed now, in Italian and English (the settings, or the hook `authorise_feed`)."""


SITE: Final = web.AppKey("site", Site)
