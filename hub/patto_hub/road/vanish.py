"""What a full snapshot leaves out has disappeared at the partner: tombstones, unless too much is gone at once."""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING

from patto_hub.ledger import job_state, records, runs
from patto_hub.road import troubles
from patto_hub.road.faults import Ended, ended
from patto_hub.road.resolve import Ground, Numbering
from patto_hub.road.route import bury

if TYPE_CHECKING:
    from collections.abc import Sequence

    from patto_hub.ledger.records import Head
    from patto_hub.ledger.runs import Run
    from patto_hub.ledger.store import Connection
    from patto_hub.road.runner import Going

AT_ONCE = 1_000
"""Tombstones in one transaction."""
NOTHING = blake2b(b"", digest_size=16).digest()
"""The digest of a tombstone's content."""


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
        if state.vanished is not None:  # last: a run that was cut off here still has the person's word
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


def entomb(connection: Connection, run: Run, gone: Sequence[Head], now: int) -> None:
    """Give heads a tombstone as their newest version, and tell those who knew them.

    Raises:
        Fenced: another run has taken over.
    """
    runs.guard(connection, run)
    numbers = records.numbers(connection)
    ground = Ground(
        partner_id=run.partner_id, run_id=run.id, now=now, next=Numbering(numbers.head + 1, numbers.version + 1)
    )
    records.recall(connection, gone)
    for head in gone:
        number = ground.next.version
        ground.next.version += 1
        head.last += 1
        head.version_id, head.version, head.tombstone = number, head.last, True
        head.row_digest = head.row_records = None
        ground.touched[head.id] = head
        ground.versions.append(
            (number, head.id, head.last, NOTHING, head.order, now, now, run.id, None, "", None, None, None, 1)
        )
    records.put_heads(connection, run.partner_id, list(ground.touched.values()))
    records.add_versions(connection, ground.versions)
    bury(connection, ground, numbers.change + 1)
