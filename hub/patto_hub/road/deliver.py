"""Deliver: hand a partner the changes that are addressed to it, batch by batch, and keep the receipts.

What leaves is what the pull feed would give, through the same views. A partner's position moves only after its sink has
returned, in the transaction that keeps the receipt; after a crash in between the same batch is handed over again, under
the same name.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from typing import TYPE_CHECKING, Any, TypeVar, cast

import structlog

from patto_connectors.contract import Batch, Receipt
from patto_connectors.errors import Malformed, Refused, Rejected, Trouble
from patto_hub import failpoints
from patto_hub.balance import Balance
from patto_hub.feeds.pages import Reader, organisations
from patto_hub.lanes.batch import record_of
from patto_hub.lanes.schedule import Failure, replay_again
from patto_hub.ledger import again, deliveries, dossiers, feed, lanes, partners, runs, snapshots
from patto_hub.ledger.deliveries import Delivery
from patto_hub.ledger.lanes import LaneName
from patto_hub.road.read import PluginFault, made
from patto_hub.road.route import PERSON
from patto_hub.road.troubles import no_answer, subscription_ended, subscription_withheld

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from patto_connectors.contract import Sink, Told
    from patto_connectors.ports import World
    from patto_hub.feeds.spec import FeedSpec
    from patto_hub.feeds.subscriptions import Subscription
    from patto_hub.jobs import Job
    from patto_hub.ledger.again import Replay
    from patto_hub.ledger.runs import Run
    from patto_hub.ledger.store import Connection, Ledger
    from patto_schemas.model.base import Entity

log = structlog.get_logger(__name__)
T = TypeVar("T")
AT_ONCE = 500
"""Items of a batch."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivering:
    """A job that hands changes over, on its way."""

    job: Job
    subscription: Subscription
    ledger: Ledger
    world: World
    run: Run
    balance: Balance
    """Grows by what is handed over."""


async def deliver(at: Delivering) -> None:
    """Hand over what waits, until nothing does.

    Raises:
        Trouble: the partner's; what it took before is noted as taken.
        Stopped: the partner's right to the feed is over, or a plugin withholds it.
        PluginFault: the sink threw what the contract does not name.
        Fenced: another run has taken over.
    """
    job, spec = at.job, at.subscription.feed
    organisation = await at.ledger.read(partners.organisation_of, job.partner_id)
    reads = organisations(spec, Reader(partner=job.partner, organisation=organisation))
    sink = _sink(job)
    while reads:
        _require_right(at)
        after = await at.ledger.read(lanes.position, lane_of(job, spec))
        page = await at.ledger.read(
            feed.page, organisations=reads, kinds=sorted(spec.kinds), after=after, limit=AT_ONCE
        )
        if page.items:
            beside = await _beside(at, page, organisation)
            at.balance.add(await _hand_over(at, sink, page, after, beside))
        elif page.position > after:
            await at.ledger.write(deliveries.move, lane_of(job, spec), page.position, at.world.milliseconds())
        if not page.more:
            break
    await _repeat(at, sink, reads, organisation)
    await _hear(at, sink)


async def _repeat(at: Delivering, sink: Sink, reads: Sequence[int], organisation: int | None) -> None:
    """Hand over once more what was asked for again, in the batches of the first time, under their names.

    Systems that are written to know no versions: an older version would overwrite what they were given since, so of
    each record only the last goes that they have been given.
    What the receiver refuses of it is tried again by a schedule of its own, and keeps nothing that is new waiting.
    """
    while reads and (wish := await _next_wish(at)) is not None:
        _require_right(at)
        page = await _asked_for(at, reads, wish)
        until = await at.ledger.read(lanes.position, lane_of(at.job, at.subscription.feed))
        page = await at.ledger.read(again.without_overtaken, page, organisations=reads, until=until)
        if page.items:
            beside = await _beside(at, page, organisation)
            try:
                at.balance.add(await _hand_over(at, sink, page, wish.position, beside, wish))
            except (Refused, Malformed) as trouble:
                await _not_repeated(at, wish, trouble)
                continue
        now = at.world.milliseconds()
        await at.ledger.write(again.advance, wish.id, page.position, len(page.items), now)


async def _next_wish(at: Delivering) -> Replay | None:
    """Give the replay whose turn it is; None: there is none, or each waits for its next attempt."""
    wish = await at.ledger.read(again.running, lane_of(at.job, at.subscription.feed))
    waits = wish is not None and (wish.not_before or 0) > at.world.milliseconds()
    return None if waits else wish


async def _not_repeated(at: Delivering, wish: Replay, trouble: Trouble) -> None:
    now = at.world.milliseconds()
    when = replay_again(wish.failures + 1, Failure(code=trouble.code), now, at.world.chance)
    await at.ledger.write(again.failed, wish, trouble.code, when, now)
    event = "lane.replay_given_up" if when is None else "lane.replay_not_taken"
    log.warning(event, lane=str(wish.lane), replay=wish.id, code=trouble.code, attempt=wish.failures + 1)


async def _asked_for(at: Delivering, reads: Sequence[int], wish: Replay) -> feed.Page:
    read: Any = partial(
        at.ledger.read, organisations=reads, kinds=sorted(at.subscription.kinds), after=wish.position, limit=AT_ONCE
    )
    if wish.pact is None:
        end = await at.ledger.read(again.first_end, wish.lane, wish.position)
        page = await read(feed.page)
        return again.within(page, wish.until if end is None else min(end, wish.until))
    try:
        page = await read(snapshots.of_dossier, record_of(at.subscription, wish.pact))
    except LookupError:  # withdrawn since: nothing of it is this partner's any more
        page = feed.Page((), wish.until, more=False, newest=wish.until)
    return again.within(page, wish.until)


async def _hear(at: Delivering, sink: Sink) -> None:
    """Keep what the receiver has said since of what it was handed, where the sink can tell."""
    answers: Callable[[Sequence[str]], Awaitable[Sequence[Told]]] | None = getattr(sink, "answers", None)
    if answers is None:
        return
    waiting = await at.ledger.read(deliveries.unanswered, lane_of(at.job, at.subscription.feed))
    if not waiting:
        return
    told = {each.reference: each for each in await _in_time(at, answers(list({name for _, name in waiting})))}
    for number, reference in waiting:
        if (word := told.get(reference)) is not None:
            await at.ledger.write(deliveries.answered, number, word.accepted, word.refused)


def _require_right(at: Delivering) -> None:
    until = at.subscription.until
    if until is not None and at.subscription.ended(at.world.now()):
        raise subscription_ended(at.subscription.feed.name, until)
    reason = at.job.withheld()
    if reason is not None:
        raise subscription_withheld(reason)


def lane_of(job: Job, spec: FeedSpec) -> LaneName:
    """Say which lane a stream delivers on: another one than that of what its partner pulls, or of another stream."""
    return LaneName(job.partner, spec.name, job.connector.name)


async def _beside(at: Delivering, page: feed.Page, organisation: int | None) -> Mapping[int, Sequence[Entity]]:
    """Give what the connector's render wants beside each changed record, by head, as the feed's views show it."""
    kinds = sorted(at.subscription.kinds.intersection(at.job.connector.beside))
    if not kinds or organisation is None:
        return {}
    heads = [item.head_id for item in page.items]
    persons = [item.head_id for item in page.items if item.kind == PERSON]
    found = await at.ledger.read(dossiers.beside, heads, kinds, organisation, persons=persons)
    views = {kind: at.subscription.feed.view(kind) for kind in kinds}
    return {
        head: [cast("Entity", views[kind].show(payload)) for kind, payload in records]
        for head, records in found.items()
    }


async def _hand_over(  # noqa: PLR0913, PLR0917 - what, from where, beside what, and which part of it
    at: Delivering,
    sink: Sink,
    page: feed.Page,
    after: int,
    beside: Mapping[int, Sequence[Entity]],
    wish: Replay | None = None,
) -> Balance:
    rows = [_row(at, item, beside.get(item.head_id, ())) for item in page.items]
    part = "" if wish is None or wish.pact is None else f"-{wish.pact}"
    span = {"from": after + 1, "to": page.position}
    batch = Batch(rows=rows, name=f"{at.subscription.feed.name}-{after + 1}-{page.position}{part}", cursor=span)
    refused: Mapping[str, Any] = {}
    try:
        receipt = await _write(at, sink, batch)
    except Rejected as rejected:
        refused = {str(page.items[item.index].seq): item.code for item in rejected.items}
        receipt = Receipt(accepted=len(rows) - len(refused))
    except Trouble as trouble:
        failed = _delivery(at, page, after, rows, "failed", {"code": trouble.code})
        await at.ledger.write(_note, at.run, failed, None, new=wish is None)
        raise
    failpoints.hit("delivery.sent")
    told = {"accepted": receipt.accepted, "reference": receipt.reference, "digest": receipt.digest, "refused": refused}
    balance = Balance(read=len(rows), new=len(rows) - len(refused), refused=len(refused), pages=1)
    state = "partial" if refused else "done"
    done = _delivery(at, page, after, rows, state, told)
    await at.ledger.write(_note, at.run, done, balance, new=wish is None)
    return balance


async def _in_time(at: Delivering, work: Awaitable[T]) -> T:
    """Wait for a sink within the job's patience; what it throws besides troubles is a fault of the plugin."""
    seconds = at.job.limits.page_seconds
    try:
        async with asyncio.timeout(seconds):
            return await work
    except TimeoutError:
        raise no_answer(seconds) from None
    except (Trouble, asyncio.CancelledError):
        raise
    except BaseException as error:
        raise PluginFault from error


async def _write(at: Delivering, sink: Sink, batch: Batch) -> Receipt:
    receipt = await _in_time(at, _called(sink, batch))
    if not isinstance(receipt, Receipt):
        raise PluginFault from TypeError(f"write gave a {type(receipt).__name__}, not a Receipt")
    return receipt


async def _called(sink: Sink, batch: Batch) -> Receipt:
    return await sink.write(batch)


def _row(at: Delivering, item: feed.Item, beside: Sequence[Entity]) -> Mapping[str, Any]:
    """Give an item as it leaves: only what its view names; a plugin's render sees no other field either."""
    head = {
        "id": at.subscription.item_id(item.kind, item.head_id),
        "version": item.version,
        "change": item.op if item.payload is not None or item.op != "upsert" else "erase",
        "kind": item.kind,
        "source": item.partner,
    }
    if head["change"] != "upsert" or item.payload is None:
        return head
    if at.job.connector.render is None:
        return head | {"data": json.loads(at.subscription.project(item.kind, item.payload, item.partner))}
    shown = cast("Any", at.subscription.show(item.kind, item.payload, item.partner))
    render = cast("Any", at.job.connector.render)
    return head | {"data": dict(render(shown, beside) if at.job.connector.beside else render(shown))}


def _delivery(  # noqa: PLR0913, PLR0917 - what is known of it
    at: Delivering,
    page: feed.Page,
    after: int,
    rows: Sequence[Mapping[str, Any]],
    state: str,
    receipt: Mapping[str, object],
) -> Delivery:
    content = json.dumps(rows, sort_keys=True, ensure_ascii=False, default=str).encode()
    return Delivery(
        partner=at.job.partner,
        feed=at.subscription.feed.name,
        way=at.job.connector.name,
        from_seq=after + 1,
        to_seq=page.position,
        items=len(rows),
        view=" ".join(sorted(view.name for view in at.subscription.feed.views)),
        digest=sha256(content).digest(),
        at=at.world.milliseconds(),
        state=state,
        receipt=receipt,
    )


def _note(connection: Connection, run: Run, delivery: Delivery, balance: Balance | None, *, new: bool) -> None:
    runs.guard(connection, run)
    deliveries.note(connection, delivery)
    trouble = str(delivery.receipt["code"]) if delivery.state == "failed" else None
    if new:  # a replay says nothing of how what is new fares
        lanes.change(connection, delivery.lane, lambda lane: lanes.attempted(lane, delivery.at, trouble))
    if balance is not None:
        runs.add(connection, run, balance)


def _sink(job: Job) -> Sink:
    if job.connector.sink is None:
        raise ValueError(f"{job.name}: the connector {job.connector.name} has no sink")
    return made(job.connector.sink, job.settings)
