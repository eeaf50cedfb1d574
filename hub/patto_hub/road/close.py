"""Close: what a snapshot left out, the balance sheet, the run's end in the ledger, word to the source."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from patto_hub import failpoints
from patto_hub.ledger import job_state, runs
from patto_hub.ledger.runs import Fenced, Outcome
from patto_hub.ledger.storage import trouble_of
from patto_hub.road import tell, troubles, vanish
from patto_hub.road.faults import Ended, ended

if TYPE_CHECKING:
    from patto_hub.road.going import Going

HOLD = "run.too_many_bad"
"""The trouble after which a job waits for a person."""


async def close(going: Going, end: Ended) -> Outcome:
    """End a run in the ledger and give what it came to.

    Raises:
        CancelledError: where that is what ended it; its lease has been given back.
    """
    if end.state == "done" and going.seen.complete:
        end = await vanish.disappear(going)
    elif end.state == "done" and going.seen.unsure:
        end = Ended(state="partial", trouble=troubles.unsure(going.seen.unsure))
    elif end.state == "done" and going.seen.replaces:
        end = await vanish.settle(going)
    if end.state != "lost":
        end = await _finish(going, end)
    failpoints.hit("run.closed")
    if end.state in ("done", "partial"):
        await tell.tell(going)
    if end.raised is not None:
        raise end.raised
    return Outcome(run=going.run, state=end.state, balance=going.balance, trouble=end.trouble, pacts=going.pacts)


async def _finish(going: Going, end: Ended) -> Ended:
    failpoints.hit("run.before_close")
    now = going.world.milliseconds()
    if not going.balance.closes:
        end = replace(
            end,
            state="failed",
            trouble=troubles.open_balance(going.run.id, going.balance.read, going.balance.accounted),
        )
    try:
        await going.ledger.write(
            runs.finish,
            going.run,
            end.state,
            now,
            trouble=end.trouble,
            traceback=end.traceback,
        )
        if end.trouble is not None and end.trouble.code == HOLD:
            await going.ledger.write(job_state.pause, going.job.name, by="hub", reason=end.trouble.detail, now=now)
    except Fenced as error:
        return replace(end, state=ended(error, kept=True).state)
    except Exception as error:
        storage = trouble_of(error)
        if storage is None:
            raise
        return replace(end, state="failed", trouble=storage)  # the lease runs out, and the run is found lost
    return end
