"""A partner's right to a feed: which kinds, on which ground, under which names, until when.

Whatever leaves the hub, by any way, leaves through a subscription: it narrows the feed to what is due, and lets each
record out through the feed's views, under pseudonyms where the partner need not know who people are.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import lru_cache
from hashlib import blake2b
from typing import TYPE_CHECKING, Final, Literal
from zoneinfo import ZoneInfo

from patto_hub.feeds.pseudonyms import Pseudonyms, conceal

if TYPE_CHECKING:
    from collections.abc import Mapping
    from collections.abc import Set as AbstractSet
    from datetime import date, datetime, tzinfo

    from patto_hub.feeds.spec import FeedSpec, Projection, View

ROME: Final = ZoneInfo("Europe/Rome")
Identity = Literal["full", "pseudonym"]


class NotGiven(ValueError):  # noqa: N818 - says what is wrong
    """Nothing may leave under such a subscription; says why, in both languages."""

    def __init__(self, it: str, en: str) -> None:
        super().__init__(en)
        self.it = it
        self.en = en


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """What one partner may read of one feed."""

    partner: str
    feed: FeedSpec
    """The feed as it leaves: the views of the kinds that are due, and under pseudonyms those that are made for it."""
    legal_basis: Mapping[str, str] = field(default_factory=dict)
    """What the right rests on besides the law that the views name, by language; empty where there is no more."""
    until: date | None = None
    """The last local day on which it holds; None for no end."""
    zone: tzinfo = ROME
    """Where its last day is counted."""
    pseudonyms: Pseudonyms | None = field(default=None, repr=False)
    """Makes the partner's pseudonyms; None where identity is due."""

    @property
    def identity(self) -> Identity:
        """Whether the partner learns who people are."""
        return "full" if self.pseudonyms is None else "pseudonym"

    @property
    def kinds(self) -> frozenset[str]:
        """The kinds of records that are due."""
        return self.feed.kinds

    @property
    def key(self) -> str:
        """A text that is equal exactly for subscriptions that let out equal bytes of the same record."""
        views = ",".join(sorted(f"{view.kind}:{view.name}" for view in self.feed.views))
        return f"{self.feed.name};{views};{'' if self.pseudonyms is None else self.pseudonyms.id}"

    @property
    def due(self) -> int:
        """A number (32 bits) that another set of kinds, or other names for people, does not have: cursors carry it."""
        return _due(self.feed.kinds, "" if self.pseudonyms is None else self.pseudonyms.id)

    def ended(self, now: datetime) -> bool:
        """Whether its last day is over."""
        return self.until is not None and now.astimezone(self.zone).date() > self.until

    def project(self, kind: str, payload: str, source: str) -> bytes:
        """Give the JSON of what may leave of a record that the partner `source` says, from its canonical JSON.

        Raises:
            KeyError: nothing of this kind may leave.
            TypeError: the record is not of the schema that the view was written for; the message quotes no value.
        """
        view = self.feed.view(kind)
        if self.pseudonyms is None:
            return view.project(payload)
        return view.written(conceal(view, payload, source, self.pseudonyms))

    def show(self, kind: str, payload: str, source: str) -> Projection:
        """Give what `project` gives as a value, for what writes it in another form."""
        view: View = self.feed.view(kind)
        return view.show(payload) if self.pseudonyms is None else conceal(view, payload, source, self.pseudonyms)

    def item_id(self, kind: str, head_id: int) -> str:
        """Give the public id of a record: the same in each of the partner's feeds, always."""
        return f"{kind}-{head_id if self.pseudonyms is None else self.pseudonyms.item(kind, head_id)}"

    def head_of(self, item_id: str) -> int | None:
        """Give the head whose public id this is; None for an id that `item_id` does not give."""
        kind, _, rest = item_id.rpartition("-")
        if kind not in self.kinds:
            return None
        if self.pseudonyms is not None:
            return self.pseudonyms.head(kind, rest)
        plain = rest.isascii() and rest.isdigit() and len(rest) <= 18 and rest == str(int(rest))  # noqa: PLR2004 - 64 bits
        return int(rest) if plain else None


@lru_cache(maxsize=1_024)
def _due(kinds: frozenset[str], names: str) -> int:
    said = "\0".join([names, *sorted(kinds)]).encode()
    return int.from_bytes(blake2b(said, digest_size=4).digest(), "big")


def subscribe(  # noqa: PLR0913 - what a subscription is
    partner: str,
    feed: FeedSpec,
    *,
    legal_basis: str = "",
    until: date | None = None,
    kinds: AbstractSet[str] | None = None,
    zone: tzinfo = ROME,
    pseudonyms: Pseudonyms | None = None,
) -> Subscription:
    """Narrow a feed to what is due to a partner.

    Raises:
        NotGiven: a kind is not of the feed, or nothing of it can leave under pseudonyms.
    """
    due = feed.kinds if kinds is None else kinds
    if strange := sorted(due - feed.kinds):
        has = ", ".join(sorted(feed.kinds))
        raise NotGiven(
            f"il flusso «{feed.name}» non ha {', '.join(strange)}; ha: {has}",
            f"the feed '{feed.name}' has no {', '.join(strange)}; it has: {has}",
        )
    asked = tuple(view for view in feed.views if view.kind in due)
    narrowed = concealed(replace(feed, views=asked)) if pseudonyms is not None else replace(feed, views=asked)
    if narrowed is None or (kinds is not None and narrowed.kinds != due):
        named = sorted(view.kind for view in feed.views if view.kind in due and view.under_pseudonyms is None)
        raise NotGiven(
            f'«{feed.name}» non esce sotto pseudonimi ({", ".join(named)}): serve identity = "full"',
            f"'{feed.name}' does not leave under pseudonyms ({', '.join(named)}): identity = \"full\" is needed",
        )
    basis = {"it": legal_basis, "en": legal_basis} if legal_basis else {}
    return Subscription(
        partner=partner, feed=narrowed, legal_basis=basis, until=until, zone=zone, pseudonyms=pseudonyms
    )


def concealed(feed: FeedSpec) -> FeedSpec | None:
    """Give a feed as it leaves under pseudonyms, without the kinds that do not; None if nothing of it does."""
    views = tuple(view.concealed() for view in feed.views if view.under_pseudonyms is not None)
    return replace(feed, views=views, under_pseudonyms=True) if views else None
