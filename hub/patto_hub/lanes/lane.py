"""One receiver's lane: reads what is new after its place, hands it over, keeps the receipt; waits when it must."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import TYPE_CHECKING, Final

import structlog

from patto_hub import failpoints
from patto_hub.lanes.batch import message_id, record_of
from patto_hub.lanes.outlet import Handed
from patto_hub.lanes.schedule import Failure, after_failure, after_success
from patto_hub.ledger import again, deliveries, lanes
from patto_hub.ledger.deliveries import Delivery
from patto_hub.ledger.lanes import ALARM_AFTER
from patto_hub.observe.places import where
from patto_hub.outcomes import DeliveryFailure

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from sqlalchemy import Connection

    from patto_hub.lanes.batch import Batch, Reading
    from patto_hub.lanes.outlet import Outlet
    from patto_hub.ledger.again import Replay
    from patto_hub.ledger.lanes import Lane, LaneName

LONGEST_S: Final = 60.0
"""Seconds for one attempt, whatever the way out says of itself: a receiver that trickles is one that failed."""
WITHHELD_S: Final = 60.0
"""Seconds until it is looked again whether a partner may read a feed that is withheld from it."""
WITHHELD: Final = "lane.withheld"
BROKEN: Final = "lane.broken"
AT_ONCE: Final = 0.0

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """A receiver, what it may read, and how it is reached."""

    name: LaneName
    reading: Reading
    outlet: Outlet
    withheld: Callable[[], str | None] = lambda: None
    """Says why the partner may not read the feed now, as the pull feed would; None: it may."""
    told: Callable[[DeliveryFailure], None] = lambda _: None
    """Learns of each attempt that failed."""

    async def step(self) -> float | None:
        """Do the next thing, if there is one; gives the seconds until there may be another, None: until somebody says.

        Raises:
            Exception: the ledger's; whatever the receiver or the way out does is noted in the lane.
        """
        lane = await self.reading.ledger.read(lanes.get, self.name)
        now = self.reading.world.milliseconds()
        if lane.state == "disabled":
            return None
        if lane.not_before is not None and now < lane.not_before:
            return (lane.not_before - now) / 1000
        if await self._is_withheld(lane):
            return WITHHELD_S
        if lane.state == "waiting":
            await self._probe(lane)
            return AT_ONCE
        moved = await self._go_on(lane)
        repeated = moved is not False and await self._repeat()
        return AT_ONCE if moved is not None or repeated else None

    async def _is_withheld(self, lane: Lane) -> bool:
        held = self.withheld() is not None
        if held != (lane.trouble == WITHHELD):
            code = WITHHELD if held else None
            await self._change(lambda each: replace(each, trouble=code))
            log.info("lane.withheld" if held else "lane.no_longer_withheld", lane=str(self.name))
        return held

    async def _go_on(self, lane: Lane) -> bool | None:
        """Hand over what is new; None: nothing is, False: it was not taken."""
        made_as = self.outlet.made_as
        under_way = lane.sending_as == made_as and (lane.sending_to or 0) > lane.position  # else nothing was left of it
        until = lane.sending_to if under_way else None
        batch = await self.reading.batch(lane.position, limit=self.outlet.at_once, until=until)
        batch = replace(batch, before=lane.delivered_as)
        if not batch.page.items:
            if batch.to <= lane.position:
                return None
            now = self.reading.world.milliseconds()
            await self.reading.ledger.write(deliveries.move, self.name, batch.to, now)
            return True
        if (lane.sending_to, lane.sending_as) != (batch.to, made_as):
            await self._change(lambda each: replace(each, sending_to=batch.to, sending_as=made_as))
        failpoints.hit("lane.before_send")
        handed = await self._attempt(self.outlet.hand_over(batch))
        failpoints.hit("lane.after_send")
        await self._settle(self._delivery(batch, handed), handed, made_as)
        return handed.failure is None

    async def _repeat(self) -> bool:
        """Hand over a batch of what was asked for again, if anything was, cut as it was cut the first time."""
        wish = await self.reading.ledger.read(again.running, self.name)
        if wish is None:
            return False
        end = await self.reading.ledger.read(again.first_end, self.name, wish.position)
        until = wish.until if end is None or wish.pact is not None else min(end, wish.until)
        batch = await self._wished(wish, until)
        now = self.reading.world.milliseconds()
        if not batch.page.items:
            await self.reading.ledger.write(again.advance, wish.id, batch.to, 0, now)
            return True
        handed = await self._attempt(self.outlet.hand_over(batch))
        if handed.failure is None:
            items = len(batch.page.items)
            await self.reading.ledger.write(again.advance, wish.id, batch.to, items, now)
            log.info("lane.repeated", lane=str(self.name), replay=wish.id, to=batch.to, items=items)
        else:
            await self._failed(handed.failure)
        return True

    async def _wished(self, wish: Replay, until: int) -> Batch:
        of = None if wish.pact is None else record_of(self.reading.subscription, wish.pact)
        batch = await self.reading.batch(wish.position, limit=self.outlet.at_once, until=until, of=of)
        return replace(batch, part=wish.pact or "")

    async def _probe(self, lane: Lane) -> None:
        now = self.reading.world.now()
        stamp = self.reading.world.milliseconds()
        ping = message_id(self.name, self.outlet.made_as, lane.position, lane.position, f"ping {stamp}")
        handed = await self._attempt(self.outlet.probe(ping, now))
        if handed.failure is not None:
            await self._failed(handed.failure)
            return
        before, after = await self._change(lambda each: after_success(each, stamp))
        self._tell_back(before, after, stamp)

    async def _attempt(self, attempt: Awaitable[Handed]) -> Handed:
        """Make one attempt within its time; a fault of ours is one of this lane, and stops no other."""
        try:
            async with asyncio.timeout(LONGEST_S):
                return await attempt
        except TimeoutError:
            failure = Failure(code="http.timeout", detail=f"no answer within {LONGEST_S:.0f} seconds")
        except Exception as error:  # noqa: BLE001 - whatever it is, the other lanes go on
            self._note_bug(error)
            failure = Failure(code=BROKEN, detail=type(error).__name__)
        return Handed(digest=sha256(b"").digest(), failure=failure)

    def _note_bug(self, error: Exception) -> None:
        log.error("lane.broken", lane=str(self.name), error=type(error).__name__, where=where(error))

    async def _settle(self, delivery: Delivery, handed: Handed, made_as: str) -> None:
        failure, world = handed.failure, self.reading.world
        if failure is None:
            before, after = await self.reading.ledger.write(_taken, delivery, made_as)
            log.info("lane.delivered", lane=str(self.name), to=delivery.to_seq, items=delivery.items)
            self._tell_back(before, after, delivery.at)
            return

        def step(lane: Lane) -> Lane:
            return after_failure(lane, failure, delivery.at, world.chance)

        number, before, after = await self.reading.ledger.write(_not_taken, delivery, step)
        self._tell(before, after, failure)
        last = after.state != "running"
        self.told(
            DeliveryFailure(
                delivery=number,
                partner=delivery.partner,
                feed=delivery.feed,
                way=delivery.way,
                from_seq=delivery.from_seq,
                to_seq=delivery.to_seq,
                attempts=after.failures,
                trouble_code=failure.code,
                trouble_detail=failure.detail,
                last=last,
            )
        )

    async def _failed(self, failure: Failure) -> None:
        """Note a probe, or a repeat, that was not taken; it is no delivery and leaves no row."""
        world = self.reading.world
        now = world.milliseconds()
        before, after = await self._change(lambda each: after_failure(each, failure, now, world.chance))
        self._tell(before, after, failure)

    def _tell(self, before: Lane, after: Lane, failure: Failure) -> None:
        """Note each attempt; raise the alarm once in an outage: when it is no hiccup any more, or a person must act."""
        facts = {"lane": str(self.name), "code": failure.code, "attempt": after.failures, "position": after.position}
        if after.state == "disabled" != before.state:
            log.error("lane.stopped", detail=failure.detail, **facts)
        elif after.failures == ALARM_AFTER:
            log.error("lane.down", detail=failure.detail, **facts)
        elif after.state != before.state:
            log.warning("lane.waiting", **facts)
        else:
            log.info("lane.not_taken", **facts)

    def _tell_back(self, before: Lane, after: Lane, now: int) -> None:
        if before.failures >= ALARM_AFTER:
            hours = (now - (before.first_failed_at or now)) / 3_600_000
            log.warning("lane.back", lane=str(self.name), state=after.state, hours=round(hours, 1))

    async def _change(self, step: Callable[[Lane], Lane]) -> tuple[Lane, Lane]:
        return await self.reading.ledger.write(lanes.change, self.name, step)

    def _delivery(self, batch: Batch, handed: Handed) -> Delivery:
        views = self.reading.subscription.feed.views
        failure = handed.failure
        return Delivery(
            partner=self.name.partner,
            feed=self.name.feed,
            way=self.name.way,
            from_seq=batch.after + 1,
            to_seq=batch.to,
            items=len(batch.page.items),
            view=" ".join(sorted(view.name for view in views)),
            digest=handed.digest,
            at=self.reading.world.milliseconds(),
            state="done" if failure is None else "failed",
            receipt=handed.receipt if failure is None else {**handed.receipt, "code": failure.code},
        )


def _taken(connection: Connection, delivery: Delivery, made_as: str) -> tuple[Lane, Lane]:
    """Keep the receipt and move the lane, in one transaction."""

    def step(lane: Lane) -> Lane:
        return replace(after_success(lane, delivery.at), sending_to=None, sending_as=None, delivered_as=made_as)

    deliveries.note(connection, delivery)
    return lanes.change(connection, delivery.lane, step)


def _not_taken(connection: Connection, delivery: Delivery, step: Callable[[Lane], Lane]) -> tuple[int, Lane, Lane]:
    number = deliveries.note(connection, delivery)
    return number, *lanes.change(connection, delivery.lane, step)
