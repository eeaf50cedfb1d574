"""Rules on employments: dates in order, and an end where a communication or the state speaks of one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from patto_schemas.codes import table
from patto_schemas.issues import Issue

if TYPE_CHECKING:
    from collections.abc import Iterable

    from patto_schemas.model import Employment
    from patto_schemas.model.employment import Communication


def employment_dates_in_order(employment: Employment) -> Iterable[Issue]:
    """R1 on employments: started, then ended, as planned and in fact."""
    start = employment.started_on
    for field in ("planned_end_on", "ended_on"):
        end = getattr(employment, field)
        if end is not None and end < start:
            yield Issue("R1.end", f"/{field}", values={"earliest": start.isoformat()})


def end_is_known(employment: Employment) -> Iterable[Issue]:
    """An employment that has ended, by its state or by a communication that counts (CES), says when."""
    ceased = any(each.type == "CES" and counts(each) for each in employment.communications)
    if employment.ended_on is None and (ceased or employment.status == "ended"):
        yield Issue("employment.end", "/ended_on")


def counts(communication: Communication) -> bool:
    """Whether a communication still says what holds: it was neither put right nor taken back, and has been validated.

    One of no known state counts.
    """
    if communication.state is None:
        return True
    row = table("co_states").find(communication.state)
    return row is not None and row.more["counts"] == "yes"
