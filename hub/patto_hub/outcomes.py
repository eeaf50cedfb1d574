"""What plugins are told when something has happened: a run has finished, a delivery has failed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from patto_hub.balance import Balance


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOutcome:
    """A run that has ended, well or badly."""

    run: int
    job: str
    """`<partner>/<connector>`."""
    partner: str
    state: str
    """done | partial | failed | lost | cancelled | stopped."""
    reason: str
    """Why it ran: schedule | catch_up | staff:<name> | cli | replay | retry."""
    started_at: datetime
    finished_at: datetime
    balance: Balance
    trouble_code: str | None = None
    """Key of the message catalogue; None where nothing went wrong."""
    trouble_detail: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryFailure:
    """Changes that could not be handed to a partner; they stay in its feed and are tried again."""

    delivery: int
    partner: str
    feed: str
    way: str
    """webhook | file | rest."""
    from_seq: int
    to_seq: int
    attempts: int
    trouble_code: str
    trouble_detail: str
    last: bool
    """Whether no further attempt is planned: a person must act."""
