"""Which SAP event stands for which state of the hub, and what that does to the IGRUE row SC01; from the code tables.

`sap_events`, `measure_states` and `enrolment_states` say it; these functions look it up.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from patto_schemas.codes import table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from patto_schemas.codes import CodeRow
    from patto_schemas.model.measure import MeasureEvent


def state_of(events: Sequence[MeasureEvent]) -> str | None:
    """Give the state of a measure, as `completed`: what its last event made of it; None before any event."""
    return _row("sap_events", events[-1].code).more["state"] if events else None


def event_of(state: str) -> str:
    """Give the SAP event that leads to a measure's state, as `10` for `completed`.

    Raises:
        KeyError: measures have no such state.
    """
    return _row("measure_states", state).more["event"]


def enrolment_event(status: str) -> str:
    """Give the SAP event that an enrolment's state stands for, as `02` for `enrolled`.

    Raises:
        KeyError: enrolments have no such state.
    """
    return _row("enrolment_states", status).more["event"]


def sc01_effect(state: str) -> str:
    """Give what a measure's state does to its row SC01: `create`, `exit`, `cancel`, `delete`, ...; empty for nothing.

    Raises:
        KeyError: measures have no such state.
    """
    return _row("measure_states", state).more["sc01"]


def _row(name: str, code: str) -> CodeRow:
    row = table(name).find(code)
    if row is None:
        raise KeyError(code)
    return row
