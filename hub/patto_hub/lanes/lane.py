"""One receiver's lane: reads what is new after its place, hands it over, keeps the receipt; waits when it must."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import TYPE_CHECKING, Final

import structlog

from patto_hub import failpoints
from patto_hub.lanes import turns
from patto_hub.lanes.batch import message_id, record_of
from patto_hub.lanes.outlet import Handed
from patto_hub.lanes.schedule import Failure, after_failure, after_success, replay_again
from patto_hub.ledger import again, deliveries, lanes
from patto_hub.ledger.deliveries import Delivery
from patto_hub.ledger.lane_leases import LEASE_MS, Fenced
from patto_hub.ledger.lanes import ALARM_AFTER
from patto_hub.observe.places import where
from patto_hub.outcomes import DeliveryFailure

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from patto_hub.lanes.batch import Batch, Reading
    from patto_hub.lanes.outlet import Outlet
    from patto_hub.ledger.again import Replay
    from patto_hub.ledger.lane_leases import Turn
    from patto_hub.ledger.lanes import Lane, LaneName

LONGEST_S: Final = 60.0
"""Seconds for one attempt, whatever the way out says of itself: a receiver that trickles is one that failed."""
WITHHELD_S: Final = 60.0
"""Seconds until it is looked again whether a partner may read a feed that is withheld from it."""
ELSEWHERE_S: Final = 10.0
"""Seconds until a lane is looked at again that another hub serves."""
WITHHELD: Final = "lane.withheld"
BROKEN: Final = "lane.broken"
AT_ONCE: Final = 0.0

log = structlog.get_logger(__name__)


class Elsewhere(Exception):  # noqa: N818 - says what is the matter
    """Another hub makes this lane's attempt now, or has just made it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """A receiver, what it may read, and how it is reached."""

    name: LaneName
    reading: Reading
    outlet: Outlet
    owner: str
    """Names this process in leases, and no other."""
    lease_ms: int = LEASE_MS
    quiet: Callable[[int], int | None] = lambda _: None
    """Says until when the receiver is left alone, at an instant of its quiet hours; None: it is not."""
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
        if (until := self._waits(lane, now)) is not None:
            return (until - now) / 1000
        lane = await self._judged(lane)
        if lane.trouble == WITHHELD:
            return WITHHELD_S
        try:
            return await self._work(lane)
        except Elsewhere:
            return min(ELSEWHERE_S, self.lease_ms / 1000)
        except Fenced:
            log.warning("lane.fenced", lane=str(self.name))
            return ELSEWHERE_S

    def _waits(self, lane: Lane, now: int) -> int | None:
        """Give the instant until which nothing may go: its schedule says so, or its receiver's quiet hours."""
        waits = lane.not_before is not None and now < lane.not_before
        return lane.not_before if waits else self.quiet(now)

    async def _work(self, lane: Lane) -> float | None:
        if lane.state == "waiting":
            await self._probe(lane)
            return AT_ONCE
        moved = await self._go_on(lane)
        if moved is not None:
            return AT_ONCE
        return await self._repeat(lane)

    async def _judged(self, lane: Lane) -> Lane:
        """Note in the lane whether its partner may read the feed now."""
        held = self.withheld() is not None
        if held == (lane.trouble == WITHHELD):
            return lane
        code = WITHHELD if held else None
        log.info("lane.withheld" if held else "lane.no_longer_withheld", lane=str(self.name))
        _, after = await self.reading.ledger.write(lanes.change, self.name, lambda each: replace(each, trouble=code))
        return after

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
        turn = await self._turn(lane, replace(lane, sending_to=batch.to, sending_as=made_as))
        failpoints.hit("lane.before_send")
        handed = await self._attempt(self.outlet.hand_over(batch))
        failpoints.hit("lane.after_send")
        await self._settle(turn, self._delivery(batch, handed), handed, made_as)
        return handed.failure is None

    async def _repeat(self, lane: Lane) -> float | None:
        """Hand over a batch of what was asked for again, if anything was, cut as it was cut the first time."""
        wish = await self.reading.ledger.read(again.running, self.name)
        if wish is None:
            return None
        now = self.reading.world.milliseconds()
        if wish.not_before is not None and now < wish.not_before:
            return (wish.not_before - now) / 1000
        end = await self.reading.ledger.read(again.first_end, self.name, wish.position)
        until = wish.until if end is None or wish.pact is not None else min(end, wish.until)
        batch = await self._wished(wish, until)
        if not batch.page.items:
            await self.reading.ledger.write(again.advance, wish.id, batch.to, 0, now)
            return AT_ONCE
        turn = await self._turn(lane, lane)
        handed = await self._attempt(self.outlet.hand_over(batch))
        if handed.failure is not None:
            await self._not_repeated(turn, wish, handed.failure)
            return AT_ONCE
        items = len(batch.page.items)
        await self.reading.ledger.write(turns.repeated, turn, wish, batch.to, items, self.reading.world.milliseconds())
        log.info("lane.repeated", lane=str(self.name), replay=wish.id, to=batch.to, items=items)
        return AT_ONCE

    async def _not_repeated(self, turn: Turn, wish: Replay, failure: Failure) -> None:
        """Note that a replay was not taken: by its own schedule, for what is new has nothing to do with it."""
        world = self.reading.world
        now = world.milliseconds()
        when = None if failure.gone else replay_again(wish.failures + 1, failure, now, world.chance)
        after = await self.reading.ledger.write(turns.replay_not_taken, turn, wish, failure, when, now)
        facts = {"lane": str(self.name), "replay": wish.id, "code": failure.code, "attempt": wish.failures + 1}
        if failure.gone:
            log.error("lane.stopped", detail=failure.detail, position=after.position, **facts)
        elif when is None:
            log.warning("lane.replay_given_up", **facts)
        else:
            log.info("lane.replay_not_taken", **facts)

    async def _wished(self, wish: Replay, until: int) -> Batch:
        of = None if wish.pact is None else record_of(self.reading.subscription, wish.pact)
        batch = await self.reading.batch(wish.position, limit=self.outlet.at_once, until=until, of=of)
        return replace(batch, part=wish.pact or "")

    async def _probe(self, lane: Lane) -> None:
        world = self.reading.world
        turn = await self._turn(lane, lane)
        now = world.now()
        stamp = world.milliseconds()
        ping = message_id(self.name, self.outlet.made_as, lane.position, lane.position, f"ping {stamp}")
        handed = await self._attempt(self.outlet.probe(ping, now))
        failure, at = handed.failure, world.milliseconds()
        if failure is None:
            before, after = await self.reading.ledger.write(
                turns.stepped, turn, lambda each: after_success(each, stamp)
            )
            self._tell_back(before, after, stamp)
            return
        before, after = await self.reading.ledger.write(
            turns.stepped, turn, lambda each: after_failure(each, failure, at, world.chance)
        )
        self._tell(before, after, failure)

    async def _turn(self, lane: Lane, noted: Lane) -> Turn:
        """Take the lane for one attempt, and note what goes.

        Raises:
            Elsewhere: another hub has it, or has taken it on since it was read.
        """
        now = self.reading.world.milliseconds()
        turn = await self.reading.ledger.write(turns.begin, lane, noted, self.owner, now, self.lease_ms)
        if turn is None:
            raise Elsewhere
        return turn

    async def _attempt(self, attempt: Awaitable[Handed]) -> Handed:
        """Make one attempt within its time; a fault of ours is one of this lane, and stops no other."""
        try:
            async with asyncio.timeout(LONGEST_S):
                return await attempt
        except TimeoutError:
            failure = Failure(code="http.timeout", detail=f"no answer within {LONGEST_S:.0f} seconds")
        except Exception as error:  # noqa: BLE001 - whatever it is, the other lanes go on
            self._note_bug(error)
            failure = Failure(code=BROKEN, detail=type(error).__name__, refused=True)
        return Handed(digest=sha256(b"").digest(), failure=failure)

    def _note_bug(self, error: Exception) -> None:
        log.error("lane.broken", lane=str(self.name), error=type(error).__name__, where=where(error))

    async def _settle(self, turn: Turn, delivery: Delivery, handed: Handed, made_as: str) -> None:
        failure, world = handed.failure, self.reading.world
        if failure is None:
            before, after = await self.reading.ledger.write(turns.taken, turn, delivery, made_as)
            log.info("lane.delivered", lane=str(self.name), to=delivery.to_seq, items=delivery.items)
            self._tell_back(before, after, delivery.at)
            return

        def step(lane: Lane) -> Lane:
            return after_failure(lane, failure, delivery.at, world.chance)

        number, before, after = await self.reading.ledger.write(turns.not_taken, turn, delivery, step)
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
