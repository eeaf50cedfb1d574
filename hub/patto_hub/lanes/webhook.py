"""The way `webhook`: a signed message to the partner's own address, which says what to pull, or carries it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from msgspec import json

from patto_connectors.webhook.cloudevents import binary, structured
from patto_connectors.webhook.message import Event, Hint, full, plain, thin
from patto_connectors.webhook.sender import Outcome
from patto_hub.lanes.batch import message_id
from patto_hub.lanes.outlet import Handed
from patto_hub.lanes.schedule import Failure

if TYPE_CHECKING:
    from datetime import datetime

    from patto_connectors.webhook import Answer, Message, Sender, Target
    from patto_hub.lanes.batch import Batch
    from patto_hub.ledger.lanes import LaneName

Payload: TypeAlias = Literal["thin", "full"]
Envelope: TypeAlias = Literal["standard", "cloudevents", "cloudevents-binary"]

WAY: Final = "webhook"
PING: Final = "patto.ping"
"""Type of a message that carries nothing and asks whether the receiver is there."""
THIN_MOST: Final = 1_000
"""Changes that one thin message speaks of: what one page of the pull feed gives."""
FULL_MOST: Final = 500
"""Changes that one full message carries: about half a megabyte."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookOutlet:
    """One partner's address."""

    name: LaneName
    sender: Sender
    target: Target
    key: str
    """Of the subscription: equal as long as the same changes leave, in the same bytes."""
    pull: str
    """Where the partner pulls this feed: an address without a query."""
    source: str
    """Who speaks, in a CloudEvent: an address of the hub."""
    payload: Payload = "thin"
    envelope: Envelope = "standard"

    @property
    def made_as(self) -> str:
        """Name what a message is made by besides its changes."""
        return f"{self.payload} {self.envelope} {self.key}"

    @property
    def at_once(self) -> int:
        """Give the changes of one message at most."""
        return FULL_MOST if self.payload == "full" else THIN_MOST

    async def hand_over(self, batch: Batch) -> Handed:
        """Send one message about these changes, or with them."""
        message = await asyncio.to_thread(self._message, batch)
        return _handed(message, await self.sender.send(message, self.target))

    async def probe(self, message_id: str, at: datetime) -> Handed:
        """Send a signed message without data."""
        message = self._wrapped(ping(message_id, at, self.name.feed))
        return _handed(message, await self.sender.send(message, self.target))

    def _message(self, batch: Batch) -> Message:
        number = message_id(self.name, self.made_as, batch.after, batch.to, batch.part)
        feed = self.name.feed
        if self.payload == "full":
            page = batch.pulled()
            event = full(number, batch.at, feed, page.as_json(f"{self.pull}?cursor={page.next_cursor}"))
        else:
            event = thin(number, batch.at, self._hint(batch))
        return self._wrapped(event)

    def _hint(self, batch: Batch) -> Hint:
        """Say what waits, and from where it can be pulled with the partner's own key; nothing of any record."""
        return Hint(
            feed=self.name.feed,
            items=len(batch.page.items),
            after=batch.cursor(batch.after),
            until=batch.cursor(batch.to),
            pull=self.pull,
            record=batch.part,
        )

    def _wrapped(self, event: Event) -> Message:
        if self.envelope == "cloudevents":
            return structured(event, self.source)
        return binary(event, self.source) if self.envelope == "cloudevents-binary" else plain(event)


def ping(message_id: str, at: datetime, feed: str) -> Event:
    """Make the message that only asks whether somebody is there."""
    return Event(id=message_id, type=PING, at=at, data=json.encode({"feed": feed}), subject=feed)


def failure_of(answer: Answer) -> Failure | None:
    """Give what an answer means for the lane; None: the receiver has it."""
    if answer.outcome is Outcome.DELIVERED:
        return None
    return Failure(
        code=answer.code,
        detail=answer.detail,
        gone=answer.outcome is Outcome.GONE,
        refused=answer.outcome is Outcome.FAILED,
        retry_after=answer.retry_after,
    )


def _handed(message: Message, answer: Answer) -> Handed:
    receipt = {"message": message.id} | ({} if answer.status is None else {"status": answer.status})
    return Handed(digest=sha256(message.body).digest(), failure=failure_of(answer), receipt=receipt)
