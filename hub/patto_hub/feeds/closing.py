"""Closes each day for ever: what every partner was given of every feed becomes a tree, and all trees one signed root.

A partner's tree holds what came after the one before; its first holds everything that it may read. So a day on which
the hub did not run, or whose tree could not be made, is in the next one. Trees grow piece by piece, in readers'
threads: in memory is one piece and the roots of the others.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Final

import structlog

from patto_connectors.webhook.keys import SigningKey
from patto_hub.client import patto_proof
from patto_hub.feeds import digests, merkle, pages, proofs
from patto_hub.ledger import feed, leaves, partners, roots, secrets, snapshots, storage
from patto_hub.ledger.leaves import NONCE, Leaf
from patto_hub.ledger.roots import Begun, Grown, Overtaken, Root

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from random import Random

    from patto_connectors.ports import World
    from patto_hub.clock.calendar import Place
    from patto_hub.feeds.subscriptions import Subscription
    from patto_hub.ledger.store import Connection, Ledger

PIECE: Final = 512
"""Leaves that are kept together; a power of two, as the tree needs it."""
EVERY_S: Final = 900.0
"""Seconds between two looks whether a day is over."""
_NO_KEY: Final = bytes(32)
"""For cursors that nobody gets."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Books:
    """What days are closed of."""

    ledger: Ledger
    world: World
    place: Place
    subscriptions: Mapping[tuple[str, str], Subscription]


async def close_days(books: Books) -> None:
    """Close each day a little after it is over, until cancelled."""
    while True:
        try:
            made = await close_yesterday(books)
            if made is not None:
                log.info("day.closed", day=made.day, number=made.number, trees=made.trees, hash=made.hash.hex())
        except Overtaken:
            log.info("day.left_to_another")
        except Exception as error:  # noqa: BLE001 - whatever it was, the hub goes on and tries again
            _tell("day.not_closed", error)
        await books.world.sleep(EVERY_S)


async def close_yesterday(books: Books) -> Root | None:
    """Close the day before today, with all that was not closed before; None if it is closed.

    Raises:
        Overtaken: somebody else does it at the same time.
    """
    ledger, world = books.ledger, books.world
    today = books.place.local(world.milliseconds()).date()
    day = f"{today - timedelta(days=1)}"
    if await ledger.read(roots.of_day, day) is not None:
        return None
    end = books.place.instant(datetime.combine(today, time()))
    top = await ledger.read(snapshots.position_at, end)
    readers = await ledger.read(partners.readers)
    due = {key: asked for key, each in books.subscriptions.items() if (asked := _asked(books, each, readers))}
    wanted = [_wanted(asked, world.chance) for asked in due.values()]
    grown = []
    for tree in await ledger.write(roots.begin, day, wanted, top):
        try:
            grown.append(await _grow(books, due[tree.partner, tree.feed], tree, top))
        except Exception as error:
            if isinstance(error, Overtaken) or storage.trouble_of(error) is not None:
                raise
            _tell("tree.not_made", error, partner=tree.partner, feed=tree.feed)
            await ledger.write(roots.drop, tree)
    grown.sort(key=lambda each: each.hash)  # so that a tree's place says nothing of whose it is
    return await _close(books, day, grown)


async def _close(books: Books, day: str, grown: Sequence[Grown]) -> Root:
    ledger, world = books.ledger, books.world
    key = SigningKey(await ledger.write(secrets.get, roots.SECRET, world))
    before = await ledger.read(roots.newest)
    made = Root(
        number=1 if before is None else before.number + 1,
        day=day,
        closed_at=world.milliseconds(),
        trees=len(grown),
        root=merkle.root([each.hash for each in grown]),
        before=None if before is None else before.hash,
        key=key.public().raw,
        signature=b"",
        hash=b"",
    )
    said = patto_proof.signed(proofs.statement(made))
    made = replace(made, signature=key.sign(said), hash=sha256(said).digest())
    await ledger.write(roots.close, made, grown)
    return made


def _asked(books: Books, subscription: Subscription, readers: Mapping[str, int | None]) -> digests.Asked | None:
    if subscription.partner not in readers or subscription.ended(books.world.now()):
        return None
    reader = pages.Reader(partner=subscription.partner, organisation=readers[subscription.partner])
    return digests.Asked(subscription=subscription, organisations=pages.organisations(subscription.feed, reader))


def _wanted(asked: digests.Asked, chance: Random) -> Begun:
    return Begun(
        partner=asked.subscription.partner,
        feed=asked.subscription.feed.name,
        audience=asked.audience,
        names=proofs.names_of(asked.subscription),
        nonce=chance.randbytes(NONCE),
    )


async def _grow(books: Books, asked: digests.Asked, tree: Begun, top: int) -> Grown:
    after, more, items = tree.after, True, 0
    held: list[Leaf] = []
    pieces: list[bytes] = []
    while more:
        read, after, more = await books.ledger.read(_leaves, asked, books.world, after, top)
        held += read
        while len(held) >= PIECE or (held and not more):
            piece, held = held[:PIECE], held[PIECE:]
            pieces.append(merkle.root([leaf.hash for leaf in piece]))
            await books.ledger.write(leaves.add, tree, piece, pieces[-1])
            items += len(piece)
    root = merkle.root(pieces)
    said = proofs.tree_shown(tree.partner, tree.feed, items, root, tree.nonce)
    return Grown(tree, items, root, patto_proof.tree_leaf(said))


def _leaves(
    connection: Connection, asked: digests.Asked, world: World, after: int, top: int
) -> tuple[list[Leaf], int, bool]:
    """Read leaves after a number and up to `top`; gives also how far was read, and whether there is more."""
    if after >= top:
        return [], after, False
    subscription = asked.subscription
    kinds = sorted(subscription.kinds)
    sheet = feed.sheet(connection, organisations=asked.organisations, kinds=kinds, after=after, limit=PIECE)
    reader = pages.Reader(partner=subscription.partner, organisation=None)
    page = pages.compose(subscription=subscription, reader=reader, key=_NO_KEY, page=sheet, now=world.milliseconds())
    items = json.loads(page.as_json(""))["items"]  # exactly what the partner gets
    made = [
        _leaf(item, line.seq, world.chance) for item, line in zip(items, sheet.lines, strict=True) if line.seq <= top
    ]
    return made, sheet.position, sheet.more and sheet.position < top


def _leaf(item: Mapping[str, object], seq: int, chance: Random) -> Leaf:
    nonce = chance.randbytes(NONCE)
    return Leaf(seq, patto_proof.leaf_of(item, patto_proof.content_of(item, nonce)), nonce)


def _tell(event: str, error: Exception, **more: str) -> None:
    """Log what went wrong, and not what the exception says: its text may quote a record."""
    trouble = storage.trouble_of(error)
    log.error(event, code=None if trouble is None else trouble.code, error=type(error).__name__, **more)
