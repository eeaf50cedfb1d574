"""Close: what a snapshot left out, the balance sheet, the run's end in the ledger, word to the source."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from patto_hub import failpoints
from patto_hub.ledger import job_state, runs
from patto_hub.ledger.runs import Fenced, Outcome
from patto_hub.ledger.storage import trouble_of
from patto_hub.marks import Marks
from patto_hub.road import tell, troubles, vanish
from patto_hub.road.faults import Ended, ended

if TYPE_CHECKING:
    from collections.abc import Iterable

    from patto_hub.road.runner import Going

HOLD = "run.too_many_bad"
"""The trouble after which a job waits for a person."""


@dataclass(slots=True)
class Seen:
    """Which heads a run's pages have named."""

    heads: Marks = field(default_factory=Marks)
    waits: Marks = field(default_factory=Marks)
    """Numbers of the parked records that they have named."""
    complete: bool = False
    """Whether the source has said that this was its full snapshot."""
    replaces: bool = False
    """Whether some page was the last one of a cumulative file."""
    nameless: bool = False
    """Whether some row could not be read far enough to know whom it names."""
    unsure: int = 0
    """Records that cumulative files left out, and that stay because rows of those files could not be read."""


@dataclass(slots=True)
class File:
    """Which heads the pages of the file in hand have named; a cumulative file replaces the others (rule R13)."""

    name: str = ""
    heads: Marks = field(default_factory=Marks)
    nameless: bool = False
    aside: set[int] = field(default_factory=set)
    """Digests of its rows that were set aside."""
    waits: Marks = field(default_factory=Marks)

    def of(self, name: str) -> File:
        """Give what was named under this name so far; nothing for another file than the one in hand."""
        return self if name == self.name else File(name)

    def add(
        self, name: str, heads: Iterable[int], *, nameless: bool, aside: Iterable[int] = (), waits: Iterable[int] = ()
    ) -> None:
        """Take note of a page that is written."""
        if name != self.name:
            self.name, self.heads, self.nameless, self.aside, self.waits = name, Marks(), False, set(), Marks()
        self.heads.add(heads)
        self.nameless = self.nameless or nameless
        self.aside.update(aside)
        self.waits.add(waits)


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
