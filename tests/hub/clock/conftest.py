"""A hub's clock and dispatcher in virtual time, on a real ledger; runs are scripted coroutines."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

import pytest
from apscheduler.schedulers import base as apscheduler_base
from pydantic import BaseModel

from patto_connectors.contract import Connector
from patto_connectors.errors import Trouble
from patto_connectors.testing.simulation import SimulatedWorld
from patto_hub.balance import Balance
from patto_hub.clock.calendar import EPOCH, Place
from patto_hub.clock.dispatcher import InProcess
from patto_hub.clock.schedule import Schedule
from patto_hub.clock.ticking import Clock
from patto_hub.jobs import Job
from patto_hub.ledger import partners, runs, store
from patto_hub.ledger.store import Ledger, open_ledger
from patto_hub.ledger.tables import metadata

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

NIGHT = datetime.fromisoformat("2027-05-01T20:00+02:00")


class NoSettings(BaseModel):
    pass


@dataclass(frozen=True)
class Made:
    """A run that was begun."""

    job: str
    at: int
    reason: str
    slot_key: str | None
    attempt: int
    owner: str


@dataclass
class Script:
    """Makes runs as told: each item for a job is a trouble to end in, seconds to take, or a function to call."""

    items: dict[str, deque] = field(default_factory=dict)
    made: list[Made] = field(default_factory=list)
    at_once: list[int] = field(default_factory=list)
    going: int = 0

    def then(self, job: str, *items) -> None:
        self.items.setdefault(job, deque()).extend(items)

    async def __call__(self, job, *, ledger, world, owner, reason, slot_key, attempt):
        now = world.milliseconds()
        run = await ledger.write(
            runs.start,
            job=job.name,
            partner_id=job.partner_id,
            owner=owner,
            reason=reason,
            now=now,
            slot_key=slot_key,
            attempt=attempt,
        )
        if run is None:
            return None
        self.made.append(Made(job.name, now, reason, slot_key, attempt, owner))
        self.going += 1
        self.at_once.append(self.going)
        try:
            trouble = await self._act(job.name, run, ledger)
        except asyncio.CancelledError:
            await ledger.write(runs.finish, run, "cancelled", world.milliseconds())
            raise
        finally:
            self.going -= 1
        balance = Balance(read=0 if trouble else 3, new=0 if trouble else 3)
        await ledger.write(runs.add, run, balance)
        state = "failed" if trouble else "done"
        await ledger.write(runs.finish, run, state, world.milliseconds(), trouble=trouble)
        return runs.Outcome(run=run, state=state, balance=balance, trouble=trouble)

    async def _act(self, job: str, run: runs.Run, ledger: Ledger) -> Trouble | None:
        script = self.items.get(job)
        item = script.popleft() if script else 0
        if isinstance(item, Trouble):
            return item
        if isinstance(item, BaseException):
            raise item
        if callable(item):
            act: Callable[[runs.Run, Ledger], Awaitable[Trouble | None]] = item
            return await act(run, ledger)
        await asyncio.sleep(item)
        return None


@dataclass
class Town:
    """A ledger, a world and as many hubs on it as a test starts."""

    world: SimulatedWorld
    ledger: Ledger
    jobs: dict[str, Job] = field(default_factory=dict)
    script: Script = field(default_factory=Script)
    place: Place = field(default_factory=Place)

    def job(self, name: str = "foggia/pacts", **schedule) -> Job:
        partner = name.partition("/")[0]
        number = self.ledger.write_now(partners.register, name=partner, plugin="test")
        job = Job(
            name=name,
            partner=partner,
            partner_id=number,
            plugin="test",
            connector=Connector(name=name.partition("/")[2], settings=NoSettings),
            settings=NoSettings(),
            schedule=Schedule(**schedule),
        )
        self.jobs[name] = job
        return job

    def dispatcher(self, owner: str = "hub", **more) -> InProcess:
        return InProcess(
            ledger=self.ledger,
            world=self.world.ports(owner),
            jobs=self.jobs,
            run=self.script,
            owner=owner,
            poll_s=60.0,
            **more,
        )

    async def hub(self, dispatcher: InProcess) -> None:
        """A hub until it is stopped: clock and dispatcher."""
        clock = Clock(
            ledger=self.ledger,
            world=dispatcher.world,
            jobs=self.jobs,
            place=self.place,
            wake=dispatcher.wake,
        )
        async with asyncio.TaskGroup() as tasks:
            ticking = tasks.create_task(clock.serve())
            await dispatcher.serve()
            ticking.cancel()

    def live(self, seconds: float, *, owner: str = "hub", meanwhile=None, **more) -> InProcess:
        """Let a hub live so long, then stop it as SIGTERM does; `meanwhile` runs beside it."""
        dispatcher = self.dispatcher(owner, **more)

        async def life() -> None:
            async with asyncio.TaskGroup() as tasks:
                hub = tasks.create_task(self.hub(dispatcher))
                beside = tasks.create_task(meanwhile(dispatcher)) if meanwhile else None
                await asyncio.sleep(seconds)
                dispatcher.stop()
                await hub
                if beside:
                    beside.cancel()

        self.world.run(life())
        return dispatcher

    def to(self, wall: datetime) -> None:
        """Set the wall clock to a local time."""
        moment = wall.replace(tzinfo=self.place.zone)
        self.world.skew += moment - self.world.now()

    def now(self) -> int:
        return self.world.ports().milliseconds()

    def local_times(self) -> list[str]:
        return [self.place.local(made.at).strftime("%d %H:%M") for made in self.script.made]

    def sql(self, statement: str, *values) -> list[tuple]:
        return [tuple(row) for row in self.ledger.read_now(lambda c: c.exec_driver_sql(statement, values).all())]

    def write(self, work, *args, **named):
        return self.ledger.write_now(work, *args, **named)


@pytest.fixture
def town(tmp_path, monkeypatch):
    """A town on the evening of 1 May 2027; set `begin` before anything else to start at another moment."""
    with town_at(NIGHT, tmp_path, monkeypatch) as made:
        yield made


@pytest.fixture
def towns(tmp_path, monkeypatch):
    """Make a town at a given moment."""
    return lambda start: town_at(start, tmp_path, monkeypatch)


class town_at:  # noqa: N801 - used as a `with` block
    def __init__(self, start, tmp_path, monkeypatch):
        self.world = SimulatedWorld(seed=7, start=start)
        monkeypatch.setattr(store, "BUSY_TIMEOUT_MS", 20)  # real milliseconds, while the world's time stands still
        self.ledger = open_ledger(tmp_path / "ledger.db")
        metadata.create_all(self.ledger.engine)
        world = self.world

        class VirtualDatetime(datetime):
            @classmethod
            def now(cls, tz=None):
                return world.now().astimezone(tz)

        monkeypatch.setattr(apscheduler_base, "datetime", VirtualDatetime)

    def __enter__(self) -> Town:
        self.world.__enter__()
        return Town(self.world, self.ledger)

    def __exit__(self, *error):
        self.world.__exit__(*error)
        self.ledger.close()


__all__ = ["EPOCH", "Made", "Script", "Town"]
