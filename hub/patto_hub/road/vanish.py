"""What a full snapshot leaves out has disappeared at the partner: tombstones, unless too much is gone at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from patto_hub.ledger import job_state, parked, quarantine, records, runs
from patto_hub.road import troubles
from patto_hub.road.faults import Ended, ended
from patto_hub.road.replaced import entomb

if TYPE_CHECKING:
    from patto_hub.ledger.runs import Run
    from patto_hub.ledger.store import Connection
    from patto_hub.road.going import Going

AT_ONCE = 1_000
"""Tombstones in one transaction."""


async def disappear(going: Going) -> Ended:
    """Bury what this run's snapshot did not name; or hold, and say so, where that would be too much."""
    try:
        known = await going.ledger.read(records.of_job, going.job.name)
        gone = [head for head in known if head.id not in going.seen.heads]
        state = await going.ledger.read(job_state.get, going.job.name)
        if gone and going.seen.nameless:
            return Ended(state="partial", trouble=troubles.unsure(len(gone)))
        if len(gone) > max(len(known) * going.job.limits.vanish_share, state.vanish_most or 0):
            await going.ledger.write(hold, going.run, len(gone))
            return Ended(state="partial", trouble=troubles.vanished(going.job.name, len(gone), len(known)))
        for start in range(0, len(gone), AT_ONCE):
            some = gone[start : start + AT_ONCE]
            await going.ledger.write(entomb, going.run, some, going.world.milliseconds())
        await going.ledger.write(_withdraw, going, going.world.milliseconds())
        if state.vanished is not None:  # last: a run that was cut off here still has the person's word
            await going.ledger.write(hold, going.run, None)
    except BaseException as error:  # noqa: BLE001 - the run is closed with whatever ended it
        return ended(error, kept=True)
    return Ended(state="done")


def _withdraw(connection: Connection, going: Going, now: int) -> None:
    """Close what was set aside, and drop what waits, that the snapshot no longer has.

    Raises:
        Fenced: another run has taken over.
    """
    runs.guard(connection, going.run)
    quarantine.withdraw_unseen(connection, going.job.name, going.run.id, now)
    if not going.seen.nameless:
        parked.withdraw(connection, going.job.name, going.seen.waits.__contains__, ("",), now)


async def settle(going: Going) -> Ended:
    """Let nothing wait for a person any more: all cumulative files were taken, the one that had been held too."""
    try:
        state = await going.ledger.read(job_state.get, going.job.name)
        if state.vanished is not None:
            await going.ledger.write(hold, going.run, None)
    except BaseException as error:  # noqa: BLE001 - the run is closed with whatever ended it
        return ended(error, kept=True)
    return Ended(state="done")


def hold(connection: Connection, run: Run, records: int | None) -> None:
    """Note how many records wait for a person's word, or with None that none do any more.

    Raises:
        Fenced: another run has taken over.
    """
    runs.guard(connection, run)
    job_state.hold_vanished(connection, run.job, records)
