"""Makes a job's run and tells of it: the log, the counters, the plugins; what they do delays no run."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import structlog

from patto_connectors.errors import Refused
from patto_hub.extensions.tell import tell
from patto_hub.judge import judge
from patto_hub.ledger import deliveries
from patto_hub.observe.logs import in_hand
from patto_hub.outcomes import DeliveryFailure, RunOutcome
from patto_hub.road import runner
from patto_hub.road.deliver import lane_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from patto_connectors.ports import World
    from patto_hub.clock.calendar import Place
    from patto_hub.extensions.load import Extensions
    from patto_hub.extensions.tell import Told
    from patto_hub.jobs import Job
    from patto_hub.ledger.runs import Outcome
    from patto_hub.ledger.store import Ledger
    from patto_hub.observe.metrics import Metrics
    from patto_hub.road.going import Progress

log = structlog.get_logger(__name__)


@dataclass(slots=True, kw_only=True)
class TellingRunner:
    """Runs jobs for the dispatcher; each end is counted, logged and told to the plugins, in a task of its own."""

    extensions: Extensions
    place: Place
    metrics: Metrics | None = None
    progress: Progress | None = None
    heard: Callable[[RunOutcome], None] | None = None
    """Told of each run that ends, besides the plugins."""
    ended: Callable[[], None] = lambda: None
    """Called when a run has ended: it may have left something to hand over."""
    telling: set[asyncio.Task[tuple[Told, ...]]] = field(default_factory=set)

    async def __call__(  # noqa: PLR0913 - what a run is told
        self,
        job: Job,
        *,
        ledger: Ledger,
        world: World,
        owner: str,
        reason: str,
        slot_key: str | None,
        attempt: int,
    ) -> Outcome | None:
        """Run a job to its end."""
        with in_hand(job=job.name):
            outcome = await runner.run(
                job,
                ledger=ledger,
                world=world,
                owner=owner,
                reason=reason,
                slot_key=slot_key,
                attempt=attempt,
                progress=self.progress,
            )
        self.ended()
        if outcome is not None:
            await judge(ledger, world, self.place, self.extensions.checks, outcome.pacts)
            told = outcome_of(job, outcome, world.now())
            self._note(told)
            if self.heard is not None:
                self.heard(told)
            self._tell("on_run_finished", {"outcome": told})
            failure = await delivery_failure(ledger, job, outcome)
            if failure is not None:
                self.failed(failure)
        return outcome

    def failed(self, failure: DeliveryFailure) -> None:
        """Count and tell of changes that could not be handed over."""
        self._tell("on_delivery_failed", {"failure": failure})
        if self.metrics is not None:
            self.metrics.count_failure(failure)

    def _tell(self, hook: str, facts: Mapping[str, object]) -> None:
        task = asyncio.get_running_loop().create_task(tell(self.extensions, hook, facts), name=f"tell {hook}")
        self.telling.add(task)
        task.add_done_callback(self.telling.discard)

    async def finish(self, seconds: float) -> None:
        """Give the plugins that are still being told some time, then take it back."""
        telling = set(self.telling)
        if not telling:
            return
        _, late = await asyncio.wait(telling, timeout=seconds)
        for task in late:
            task.cancel()
        await asyncio.gather(*telling, return_exceptions=True)

    def _note(self, outcome: RunOutcome) -> None:
        if self.metrics is not None:
            self.metrics.count_run(outcome)
        balance = outcome.balance
        log.info(
            "run.finished",
            job=outcome.job,
            run=outcome.run,
            state=outcome.state,
            read=balance.read,
            new=balance.new,
            changed=balance.changed,
            unchanged=balance.unchanged,
            quarantined=balance.quarantined,
            parked=balance.parked,
            code=outcome.trouble_code,
        )
        if not balance.closes:
            log.error("run.balance_open", job=outcome.job, run=outcome.run)


async def delivery_failure(ledger: Ledger, job: Job, outcome: Outcome) -> DeliveryFailure | None:
    """Give what plugins are told of a delivery that failed in this run; None if none did."""
    if job.feed is None or outcome.trouble is None:
        return None
    failed = await ledger.read(deliveries.last_failed, lane_of(job, job.feed), outcome.run.started_at)
    if failed is None:
        return None
    return DeliveryFailure(
        delivery=failed.id,
        partner=job.partner,
        feed=job.feed.name,
        way=failed.way,
        from_seq=failed.from_seq,
        to_seq=failed.to_seq,
        attempts=failed.attempts,
        trouble_code=outcome.trouble.code,
        trouble_detail=outcome.trouble.detail,
        last=isinstance(outcome.trouble, Refused),
    )


def outcome_of(job: Job, outcome: Outcome, finished_at: datetime) -> RunOutcome:
    """Give what plugins are told of a run."""
    trouble = outcome.trouble
    return RunOutcome(
        run=outcome.run.id,
        job=job.name,
        partner=job.partner,
        state=outcome.state,
        reason=outcome.run.reason,
        started_at=datetime.fromtimestamp(outcome.run.started_at / 1000, UTC),
        finished_at=finished_at,
        balance=outcome.balance,
        trouble_code=None if trouble is None else trouble.code,
        trouble_detail=None if trouble is None else trouble.detail,
    )
