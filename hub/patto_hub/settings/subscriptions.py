"""What may be said of a partner's right to a feed: `[partners.NAME.subscriptions.FEED]`."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from patto_hub.settings.outlets import SignalsPart, WebhookPart


class SubscriptionPart(BaseModel):
    """What a partner may read of one feed, on which ground and until when."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    legal_basis: str = ""
    """What the right rests on besides the law that the feed names, as `Convenzione n. 12 del 3/2/2026, art. 4`."""
    identity: Literal["full", "pseudonym"] = "full"
    """`pseudonym` where the partner's task does not need to know who people are: a pseudonym of this partner's own
    stands for whoever a record is about, and names, tax codes and accounts stay in."""
    until: date | None = None
    """The last local day on which it holds, as `2027-12-31`; without it, for as long as it stands here."""
    kinds: Annotated[tuple[str, ...], Field(min_length=1)] | None = None
    """The kinds of records that are due, as `["pact", "measure"]`; without it, all that the feed gives."""
    webhook: WebhookPart | None = None
    """Where the partner is told of changes at once; it can pull all the same."""
    signals: SignalsPart | None = None
    """Where changes are told as signals, in the shape of PDND's Signal Hub."""
