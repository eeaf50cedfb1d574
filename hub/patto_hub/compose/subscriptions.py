"""From the settings and the feeds to what each partner may read; what cannot be is told and not given."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from patto_hub.feeds.pseudonyms import pseudonyms_of
from patto_hub.feeds.spec import RIGHTS
from patto_hub.feeds.subscriptions import NotGiven, Subscription, subscribe
from patto_hub.settings.mistakes import Mistake
from patto_hub.settings.subscriptions import SubscriptionPart

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import tzinfo

    from patto_hub.feeds.spec import FeedSpec
    from patto_hub.settings.lines import Path
    from patto_hub.settings.read import Configuration
    from patto_hub.settings.shape import PartnerPart

Subscriptions = dict[tuple[str, str], Subscription]
"""By (partner, feed)."""
NO_SECRET: Final = b""
"""For whoever only asks what is subscribed to: pseudonyms made from it are nobody's."""


def make_subscriptions(
    configuration: Configuration, feeds: Mapping[str, FeedSpec], secret: bytes
) -> tuple[Subscriptions, list[Mistake]]:
    """Make the subscriptions of all partners; `secret` is the ledger's, from which pseudonyms are made."""
    made: Subscriptions = {}
    zone = ZoneInfo(configuration.settings.hub.time_zone)
    mistakes: list[Mistake] = []
    for name, part in configuration.settings.partners.items():
        for path, feed, said in _said(name, part):
            try:
                made[name, feed] = _subscription(feeds, name, part, feed, said, secret, zone)
            except NotGiven as why:
                mistakes.append(Mistake(place=configuration.place(path), path=path, it=why.it, en=why.en))
    return made, mistakes


def _said(name: str, part: PartnerPart) -> Iterator[tuple[Path, str, SubscriptionPart]]:
    """Yield the partner's feeds, each with where it stands and what is said of it."""
    for feed in part.feeds:
        if feed not in RIGHTS:
            yield ("partners", name, "feeds"), feed, SubscriptionPart()
    for feed, said in part.subscriptions.items():
        yield ("partners", name, "subscriptions", feed), feed, said


def _subscription(  # noqa: PLR0913, PLR0917 - what it is made of
    feeds: Mapping[str, FeedSpec],
    name: str,
    part: PartnerPart,
    feed: str,
    said: SubscriptionPart,
    secret: bytes,
    zone: tzinfo,
) -> Subscription:
    if feed not in feeds:
        known = ", ".join(sorted(feeds))
        raise NotGiven(
            f"il flusso «{feed}» non esiste; ci sono: {known}", f"there is no feed '{feed}'; there are: {known}"
        )
    return subscribe(
        name,
        feeds[feed],
        legal_basis=said.legal_basis,
        until=said.until,
        zone=zone,
        kinds=None if said.kinds is None else frozenset(said.kinds),
        pseudonyms=pseudonyms_of(secret, name, part.pseudonyms) if said.identity == "pseudonym" else None,
    )
