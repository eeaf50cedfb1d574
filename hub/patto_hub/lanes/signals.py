"""The way `signals`: that something changed, in the shape of PDND's Signal Hub, to it or to a partner's own address.

Sources: pagopa/interop-signalhub-core, OpenAPI 1.3 of the push service, and its error codes.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final, Protocol

from patto_connectors.errors import Refused, Trouble, Unreachable
from patto_connectors.http.client import Answer, Call, HttpClient
from patto_connectors.webhook import plain
from patto_connectors.webhook import signals as shapes
from patto_connectors.webhook.signals import Signal, SignalType
from patto_hub.lanes.outlet import Handed
from patto_hub.lanes.schedule import Failure
from patto_hub.lanes.webhook import failure_of, ping

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from patto_connectors.webhook import Message, Sender, Target
    from patto_hub.feeds.subscriptions import Subscription
    from patto_hub.lanes.batch import Batch
    from patto_hub.ledger.feed import Item
    from patto_hub.ledger.lanes import LaneName

WAY: Final = "signals"
KNOWN: Final = "0002"
"""Ends the code by which the Signal Hub says that it has this signal already: it was sent before a crash."""
_BAD = 400


HUB_MOST: Final = 20
"""Signals of one batch to the Signal Hub, which takes one by one: they must all be taken in one attempt's time."""


class Line(Protocol):
    """Where signals go."""

    @property
    def most(self) -> int:
        """Give the signals that it takes at once at most."""
        ...

    async def send(self, signals: Sequence[Signal], after: str) -> Handed:
        """Hand over signals, in order; those that the receiver has already do no harm.

        `after` is the cursor from which the receiver can pull, with its own key, the changes that they are about.
        """
        ...

    async def probe(self, message_id: str, at: datetime) -> Handed:
        """Ask whether the receiver is there."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalsOutlet:
    """Tells of changes without saying of what, but to whoever holds the record."""

    line: Line
    subscription: Subscription
    eservice_id: str
    seed: str

    @property
    def made_as(self) -> str:
        """Name what signals are made by: another seed is announced before it is used."""
        return f"signals {self.eservice_id} {sha256(self.seed.encode()).hexdigest()[:16]}"

    @property
    def at_once(self) -> int:
        """Give the signals of one message at most; one place is kept for a new seed."""
        return self.line.most - 1

    async def hand_over(self, batch: Batch) -> Handed:
        """Send a signal for each change."""
        firsts = await batch.reading.firsts(batch)
        signals = [self._signal(item, first=item.seq in firsts) for item in batch.page.items]
        if batch.before is not None and batch.before != self.made_as:
            signals.insert(0, shapes.new_seed(batch.after, self.eservice_id))
        return await self.line.send(signals, batch.cursor(batch.after))

    async def probe(self, message_id: str, at: datetime) -> Handed:
        """Ask whether the receiver is there."""
        return await self.line.probe(message_id, at)

    def _signal(self, item: Item, *, first: bool) -> Signal:
        """Give the signal of a change; of a record that the receiver does not hold, whatever its version, CREATE."""
        gone = item.op != "upsert" or item.payload is None
        created = SignalType.CREATE if first else SignalType.UPDATE
        return Signal(
            id=shapes.change_signal(item.seq),
            type=SignalType.DELETE if gone else created,
            object_id=shapes.hashed(self.subscription.item_id(item.kind, item.head_id), self.seed),
            object_type=item.kind,
            eservice_id=self.eservice_id,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnAddress:
    """A partner's own address: a page of signals in one signed message."""

    name: LaneName
    sender: Sender
    target: Target
    pull: str
    """Where the partner pulls this feed: a record that is new to it, it can know by no hash."""

    @property
    def most(self) -> int:
        """Give the signals of one page at most."""
        return shapes.MOST

    async def send(self, signals: Sequence[Signal], after: str) -> Handed:
        """Send one message."""
        return await self._sent(shapes.page(signals, self.pull, after))

    async def probe(self, message_id: str, at: datetime) -> Handed:
        """Send a signed message without data."""
        return await self._sent(plain(ping(message_id, at, self.name.feed)))

    async def _sent(self, message: Message) -> Handed:
        answer = await self.sender.send(message, self.target)
        receipt: dict[str, Any] = {"message": message.id} | ({} if answer.status is None else {"status": answer.status})
        return Handed(digest=sha256(message.body).digest(), failure=failure_of(answer), receipt=receipt)


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalHub:
    """PDND's Signal Hub: one request for each signal, with a voucher."""

    client: HttpClient

    @property
    def most(self) -> int:
        """Give the signals of one batch at most."""
        return HUB_MOST

    async def send(self, signals: Sequence[Signal], after: str) -> Handed:
        """Push signals one by one; stops at the first that is not taken."""
        del after  # every consumer of the service reads what is pushed here
        digest = sha256()
        taken = 0
        try:
            for signal in signals:
                body = shapes.one(signal).body
                digest.update(body)
                await self.client.fetch(_push(body), _understood)
                taken += 1
        except Trouble as trouble:
            return Handed(digest=digest.digest(), failure=_failure(trouble), receipt={"signals": taken})
        return Handed(digest=digest.digest(), receipt={"signals": taken})

    async def probe(self, message_id: str, at: datetime) -> Handed:
        """Ask the Signal Hub how it is."""
        del message_id, at  # its own question carries nothing
        nothing = sha256(b"").digest()
        try:
            await self.client.ask(Call(path="status"))
        except Trouble as trouble:
            return Handed(digest=nothing, failure=_failure(trouble))
        return Handed(digest=nothing)


def _push(body: bytes) -> Call:
    return Call(
        method="POST",
        path="signals",
        headers={"Content-Type": "application/json"},
        body=body,
        statuses=frozenset({_BAD}),
    )


def _understood(answer: Answer) -> None:
    """Take a signal as taken, also one that the Signal Hub had before.

    Raises:
        Refused: it refuses the signal.
    """
    if answer.status == _BAD and not any(code.endswith(KNOWN) for code in _codes(answer.body)):
        raise Refused("webhook.refused", f"{answer.host} refuses a signal (400)", hint="check eservice_id")


def _codes(body: bytes) -> Iterator[str]:
    try:
        errors = json.loads(body).get("errors", [])
        yield from (str(error.get("code", "")) for error in errors)
    except (ValueError, AttributeError, TypeError):
        return


def _failure(trouble: Trouble) -> Failure:
    wait = trouble.retry_after if isinstance(trouble, Unreachable) else None
    refused = not isinstance(trouble, Unreachable)
    return Failure(code=trouble.code, detail=trouble.detail, retry_after=wait, refused=refused)
