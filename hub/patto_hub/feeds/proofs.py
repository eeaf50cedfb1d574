"""Proofs to third parties: that a change was given to a partner, and that everybody was told the same of that day.

Three levels: the items that a partner was given of a feed on a day make a tree; the trees of all partners make the
tree of the day; each day's root names the root before and is signed. A leaf is hidden by a nonce that stands in its own
proof only, so a proof tells nothing of its neighbours. What is hashed stands in the program that verifies it
(`client/patto_proof.py`).
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from patto_hub.client import patto_proof
from patto_hub.feeds import merkle
from patto_hub.ledger import leaves

if TYPE_CHECKING:
    from collections.abc import Sequence

    from patto_hub.feeds.subscriptions import Subscription
    from patto_hub.ledger.leaves import Found, Told
    from patto_hub.ledger.roots import Root
    from patto_hub.ledger.store import Connection

ROOT_FORMAT: Final = "patto-root-1"


def prove(  # noqa: PLR0913, PLR0917 - to whom, of what
    connection: Connection,
    subscription: Subscription,
    organisations: Sequence[int],
    record: str,
    version: int | None,
    day: str | None,
) -> dict[str, Any] | None:
    """Give the proof of the newest change of a record that lies in a closed day; None if there is none.

    What a reader may no longer know, it gets no proof of either; of what was erased there is none any more.
    """
    head, kind = subscription.head_of(record), record.rpartition("-")[0]
    if head is None or not organisations:
        return None
    for told in leaves.told(connection, head, organisations=organisations, kind=kind, version=version):
        found = leaves.find(
            connection,
            told.seq,
            partner=subscription.partner,
            feed=subscription.feed.name,
            names=names_of(subscription),
            day=day,
        )
        if found is not None:
            return _written(subscription, record, told, found)
    return None


def names_of(subscription: Subscription) -> str:
    """Give under which pseudonyms a subscription lets out: none is proved of a leaf that names somebody otherwise."""
    return "" if subscription.pseudonyms is None else subscription.pseudonyms.id


def statement(root: Root) -> dict[str, Any]:
    """Give what is signed of a root."""
    return {
        "format": ROOT_FORMAT,
        "number": root.number,
        "day": root.day,
        "closed_at": instant(root.closed_at),
        "trees": root.trees,
        "root": root.root.hex(),
        "before": None if root.before is None else root.before.hex(),
        "key": root.key.hex(),
    }


def shown(root: Root) -> dict[str, Any]:
    """Give a root as it is published."""
    return {**statement(root), "hash": root.hash.hex(), "signature": root.signature.hex()}


def tree_shown(partner: str, feed: str, items: int, root: bytes, nonce: bytes) -> dict[str, Any]:
    """Give what is hashed of a partner's tree into the tree of the day."""
    return {"partner": partner, "feed": feed, "items": items, "root": root.hex(), "nonce": nonce.hex()}


def instant(milliseconds: int) -> str:
    """Give an instant as feeds write it."""
    moment = datetime.fromtimestamp(milliseconds / 1000, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _written(subscription: Subscription, record: str, told: Told, found: Found) -> dict[str, Any]:
    path = merkle.path(found.neighbours, found.at) + merkle.path(found.pieces, found.piece)
    tree = tree_shown(subscription.partner, subscription.feed.name, found.items, found.tree, found.tree_nonce)
    return {
        "format": patto_proof.FORMAT,
        "change": {"id": record, "version": told.version, "change": told.op, "changed_at": instant(told.at)},
        "leaf": {
            "hash": found.neighbours[found.at].hex(),
            "nonce": found.nonce.hex(),
            "index": found.index,
            "path": [each.hex() for each in path],
        },
        "tree": {
            **tree,
            "index": found.place,
            "path": [each.hex() for each in merkle.path(found.trees, found.place)],
        },
        "root": shown(found.root),
    }
