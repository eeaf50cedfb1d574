"""Which feed a request is about, and the subscription through which its answer leaves; without one it is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from patto_hub.web.problems import Problem

if TYPE_CHECKING:
    from patto_hub.feeds.spec import FeedSpec
    from patto_hub.feeds.subscriptions import Subscription
    from patto_hub.web.callers import Caller
    from patto_hub.web.endpoints import Call, Nothing
    from patto_hub.web.site import Site

PROBLEMS: Final = ("feed-not-granted", "feed-withheld", "subscription-ended", "not-found")
"""What a route that asks here can answer, besides its own."""


def known(call: Call[Any, Nothing]) -> FeedSpec:
    """Give the feed that `params.feed` names.

    Raises:
        Problem: there is none.
    """
    feed: FeedSpec | None = call.site.feeds.get(call.params.feed)
    if feed is None:
        raise Problem("not-found", ("Non esiste un flusso con questo nome.", "There is no feed of this name."))
    return feed


def granted(call: Call[Any, Any], caller: Caller) -> Subscription:
    """Give the subscription by which a caller may read the feed that `params.feed` names.

    Raises:
        Problem: there is no such feed, what it showed does not open it, or the partner may not read it now.
    """
    feed = known(call)
    if feed.name not in caller.scopes:
        raise Problem(
            "feed-not-granted",
            (f"La chiave non comprende il flusso «{feed.name}».", f"The key's scopes lack the feed `{feed.name}`."),
        )
    reason = call.site.refuse_feed(caller.partner, feed.name)
    if reason is not None:
        raise Problem("feed-withheld", reason)
    return _in_force(call.site, caller.partner, feed.name)


def _in_force(site: Site, partner: str, feed: str) -> Subscription:
    subscription = site.subscriptions.get((partner, feed))
    if subscription is None:
        raise Problem(
            "feed-withheld",
            (f"«{partner}» non è abbonato al flusso «{feed}».", f"`{partner}` has no subscription to `{feed}`."),
        )
    if subscription.until is not None and subscription.ended(site.world.now()):
        last = subscription.until
        raise Problem(
            "subscription-ended",
            (
                f"L'abbonamento a «{feed}» valeva fino al {last:%d/%m/%Y} compreso; lo rinnova la Regione.",
                f"The subscription to `{feed}` held up to and including {last}; the region renews it.",
            ),
        )
    return subscription
