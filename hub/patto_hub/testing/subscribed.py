"""Subscriptions for tests: a partner's right to a whole feed, as a settings file would give it in the short way."""

from __future__ import annotations

from typing import TYPE_CHECKING

from patto_hub.feeds.subscriptions import Subscription, subscribe

if TYPE_CHECKING:
    from collections.abc import Iterable

    from patto_hub.feeds.spec import FeedSpec


def whole(feed: FeedSpec, partner: str = "p") -> Subscription:
    """Give a partner's right to all that a feed gives, with no end."""
    return subscribe(partner, feed)


def wholes(partners: Iterable[str], feeds: Iterable[FeedSpec]) -> dict[tuple[str, str], Subscription]:
    """Give each partner's right to each feed, as a `Site` wants them."""
    each = list(feeds)
    return {(partner, feed.name): whole(feed, partner) for partner in partners for feed in each}
