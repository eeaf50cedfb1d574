"""Starts the runs that are due and sees each to its end; the ledger is the queue: nothing is lost with this process."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

import structlog

from patto_hub.clock import backoff, heartbeat
from patto_hub.clock.choice import Caps, Outlook, Start, choose
from patto_hub.ledger import job_state, runs, slots, storage
from patto_hub.observe.places import where

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from patto_connectors.errors import Trouble
    from patto_connectors.ports import World
    from patto_hub.jobs import Job
    from patto_hub.ledger.runs import Outcome
    from patto_hub.ledger.storage import StorageTrouble
    from patto_hub.ledger.store import Ledger

POLL_S = 2.0
"""Seconds between looks at the ledger for what other processes put there (the command line's requests)."""
STOP_S = 7.0
"""Seconds that runs get to end once the hub stops; the whole stop stays under 10."""
ELSEWHERE_S = 10.0
"""Seconds until a job is tried again whose lease somebody else holds."""
STORAGE_S = 15.0
"""Seconds until the ledger is tried again that could not be written."""

log = structlog.get_logger(__name__)


class RunJob(Protocol):
    """Makes one run of a job, as `patto_hub.road.runner.run`."""

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
        """Run the job; None if somebody else holds its lease. A cancelled run gives its lease back and raises."""
        ...


@dataclass(slots=True, kw_only=True, eq=False)
class InProcess:
    """The dispatcher for one process: runs are tasks of its event loop, at most one per job."""

    ledger: Ledger
    world: World
    jobs: Mapping[str, Job]
    run: RunJob
    owner: str
    """Names this process and no other, as `host:4711:9f3c`: a lease's holder."""
    caps: Caps = field(default_factory=Caps)
    room: Callable[[], Trouble | None] = lambda: None
    """Looks whether another run may start at all (disk space); asked before each start."""
    poll_s: float = POLL_S
    _running: dict[str, int] = field(default_factory=dict)
    _passed: dict[str, int] = field(default_factory=dict)
    """The fence that each running job had reached before its run."""
    _held: dict[str, int] = field(default_factory=dict)
    _probed: dict[str, int] = field(default_factory=dict)
    _woken: asyncio.Event = field(default_factory=asyncio.Event)
    _stopping: bool = False
    _no_room: bool = False

    def wake(self) -> None:
        """Say that the ledger has something new to start."""
        self._woken.set()

    def stop(self) -> None:
        """Start nothing more; runs in hand are cancelled and give their leases back, then `serve` returns."""
        self._stopping = True
        self.wake()

    def running(self) -> Mapping[str, int]:
        """Give the jobs that run in this process now, with the instant at which each began."""
        return dict(self._running)

    async def serve(self) -> None:
        """Start what is due until told to stop or cancelled; at its end no lease of this process is left."""
        async with asyncio.TaskGroup() as tasks:
            beating = tasks.create_task(
                heartbeat.beat(self.ledger, self.world, self.owner, self._in_hand, lost=self.wake)
            )
            making: set[asyncio.Task[None]] = set()
            while not self._stopping:
                self._woken.clear()
                rest_s = await self._look(tasks, making)
                await self._rest(rest_s)
            for task in making:
                task.cancel()
            await asyncio.gather(*making, return_exceptions=True)
            beating.cancel()

    async def once(self, job: Job, reason: str) -> Outcome | None:
        """Make one run now and wait for its end (command line); None if somebody else holds the job's lease."""
        start = Start(job=job, reason=reason)
        self._passed |= await self.ledger.read(runs.fences, [job.name])
        self._running[job.name] = self.world.milliseconds()
        async with heartbeat.beating(self.ledger, self.world, self.owner, self._in_hand):
            try:
                outcome = await self._run(start)
            except Exception as error:
                await self._broken(start, error)
                raise
            finally:
                del self._running[job.name]
            await self._settle(start, outcome)
        return outcome

    def _in_hand(self) -> Mapping[str, int]:
        return {job: self._passed[job] for job in self._running}

    async def _look(self, tasks: asyncio.TaskGroup, making: set[asyncio.Task[None]]) -> float:
        now = self.world.milliseconds()
        choice = choose(await self._outlook(), now)
        if choice.starts and not self._has_room():
            return STORAGE_S
        if choice.starts:
            self._passed |= await self.ledger.read(runs.fences, [start.job.name for start in choice.starts])
        for start in choice.starts:
            self._running[start.job.name] = now
            if start.probe:
                self._probed[start.job.partner] = now
            task = tasks.create_task(self._make(start), name=f"run {start.job.name}")
            making.add(task)
            task.add_done_callback(making.discard)
        return self.poll_s if choice.look_again is None else min(self.poll_s, max(choice.look_again - now, 1) / 1000)

    async def _outlook(self) -> Outlook:
        return Outlook(
            jobs=self.jobs,
            waiting=await self.ledger.read(slots.waiting),
            states=await self.ledger.read(job_state.of_jobs, list(self.jobs)),
            running=frozenset(self._running),
            probed=self._probed,
            held=self._held,
            caps=self.caps,
        )

    def _has_room(self) -> bool:
        trouble = self.room()
        if (trouble is None) == self._no_room:
            self._no_room = trouble is not None
            log.warning("storage.low" if self._no_room else "storage.room_again")
        return trouble is None

    async def _rest(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._woken.wait()
        except TimeoutError:
            return

    async def _make(self, start: Start) -> None:
        job = start.job.name
        try:
            if start.probe:
                await self.ledger.write(job_state.probe, job)
            await self._settle(start, await self._run(start))
        except runs.Fenced:
            log.warning("run.fenced", job=job)
        except Exception as error:  # noqa: BLE001 - one job's fault must not stop the others
            await self._broken(start, error)
        finally:
            self._running.pop(job, None)
            self.wake()

    async def _run(self, start: Start) -> Outcome | None:
        work = asyncio.ensure_future(self._guarded(start))
        try:
            return await asyncio.shield(work)
        except asyncio.CancelledError:
            work.cancel()
            await asyncio.wait({work}, timeout=STOP_S)
            if not work.done():  # it swallowed the cancellation: let it be, its fence is passed
                log.warning("run.abandoned", job=start.job.name)
            await self.ledger.write(runs.release, start.job.name, self.world.milliseconds(), owner=self.owner)
            raise

    async def _guarded(self, start: Start) -> Outcome | None:
        try:
            return await self.run(
                start.job,
                ledger=self.ledger,
                world=self.world,
                owner=self.owner,
                reason=start.reason,
                slot_key=start.slot_key,
                attempt=start.attempt,
            )
        except SystemExit as error:  # would end the whole hub, with every other partner's runs
            message = "the run asked the whole program to exit"
            raise RuntimeError(message) from error

    async def _settle(self, start: Start, outcome: Outcome | None) -> None:
        job, now = start.job.name, self.world.milliseconds()
        if outcome is None:
            self._held[job] = now + round(ELSEWHERE_S * 1000)
        elif isinstance(outcome.trouble, storage.StorageTrouble):
            self._held[job] = now + round(STORAGE_S * 1000)
        elif outcome.trouble is not None or outcome.state in ("failed", "stopped"):
            await self._failed(job, outcome.trouble)
        elif outcome.state in ("done", "partial"):
            before = await self.ledger.write(job_state.succeeded, job)
            if before.outage_since is not None:
                seconds = (now - before.outage_since) // 1000
                log.warning("job.outage_ended", job=job, seconds=seconds, failures=before.failures)

    async def _failed(self, job: str, trouble: Trouble | None) -> None:
        now = self.world.milliseconds()
        before = (await self.ledger.read(job_state.of_jobs, [job]))[job]
        asked = getattr(trouble, "retry_after", None)
        wait = backoff.delay(before.failures + 1, self.world.chance, retry_after=asked)
        state = await self.ledger.write(job_state.failed, job, now=now, not_before=now + round(wait * 1000))
        if state.failures == 1:
            code = "bug" if trouble is None else trouble.code
            log.warning("job.outage_started", job=job, code=code, detail="" if trouble is None else trouble.detail)

    async def _broken(self, start: Start, error: Exception) -> None:
        job, trouble = start.job.name, storage.trouble_of(error)
        places = None if trouble is not None else where(error)
        log.error("run.broken", job=job, error=type(error).__name__, code=trouble and trouble.code, where=places)
        while not await self._given_up(job, trouble, places):
            await self.world.sleep(STORAGE_S)
        if trouble is not None:
            self._held[job] = self.world.milliseconds() + round(STORAGE_S * 1000)

    async def _given_up(self, job: str, trouble: StorageTrouble | None, places: str | None) -> bool:
        now = self.world.milliseconds()
        try:
            await self.ledger.write(runs.give_up, job, self.owner, now, trouble=trouble, traceback=places)
            if trouble is None:
                await self._failed(job, None)
        except Exception as error:
            if storage.trouble_of(error) is None:
                raise
            return False
        return True
