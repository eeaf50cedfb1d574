"""Whole worlds from a seed: a district that changes, hubs that are killed, readers; at the end nothing may be wrong.

    problems = play(draw(seed=7), template, folder)

`template` is the file of an empty, migrated ledger. What is drawn from a seed is a `Script`; a failing seed is repeated
by playing it again, whatever the interpreter's hash seed.
"""

from __future__ import annotations

import asyncio
import shutil
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from patto_connectors.testing.simulation import CALM, PROCESS, SimulatedWorld
from patto_connectors.testing.simulation_partner import HONEST, Register, Service
from patto_hub.clock.calendar import Place
from patto_hub.clock.dispatcher import InProcess
from patto_hub.clock.ticking import Clock
from patto_hub.failpoints import Planted, armed
from patto_hub.ledger import invariants as facts
from patto_hub.ledger import partners
from patto_hub.road import runner
from patto_hub.testing import invariants
from patto_hub.testing.district import (
    MODELS,
    ORGANISATIONS,
    OWNER,
    PROVIDERS,
    District,
    covered,
    expected,
    jobs,
    name_of,
    readable,
)
from patto_hub.testing.mortal import Dead, Life, MortalLedger, open_mortal
from patto_hub.testing.scripts import ON_THE_ROAD, Script, Verdict
from patto_schemas.model.base import Name

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from typing import Any

    from sqlalchemy import Connection

    from patto_connectors.ports import World
    from patto_hub.jobs import Job
    from patto_hub.ledger.runs import Outcome

PORT = 8001
LEASE_AND_MORE = 120.0
"""Seconds after which no killed hub's lease is left."""
APART = 20.0
"""Seconds between two changes of a list that counts its rows: fewer may shift between two pages than pages overlap."""
ROUNDS = 8
"""Rounds of runs without any fault in which a world must come to rest."""


def play(script: Script, template: Path, folder: Path) -> Verdict:
    """Play a world to its end and judge it; `folder` gets the ledger's file, for whoever wants to look."""
    path = folder / f"world-{script.seed}.db"
    shutil.copy(template, path)
    with SimulatedWorld(script.seed, weather=script.weather) as world:
        stage = Stage(script, world, path)
        problems = world.run(stage.play())
        problems.extend(f"nobody looked at: {each}" for each in world.loop.complaints if Dead.__name__ not in each)
        return Verdict(
            problems=problems,
            trace=world.loop.trace,
            kills=stage.kills,
            faults=stage.faults + Counter(world.network.faults) + Counter(stage.service.told),
            requests=stage.service.requests,
            runs=len(stage.said),
            seconds=world.loop.time(),
        )


@dataclass(slots=True)
class Stage:
    """A world while it is played."""

    script: Script
    world: SimulatedWorld
    path: Path
    register: Register = field(init=False)
    service: Service = field(init=False)
    district: District = field(init=False)
    jobs: Mapping[str, Job] = field(init=False)
    partners: dict[str, int] = field(init=False)
    readers: dict[Name, invariants.Reader] = field(default_factory=dict)
    lives: dict[str, Life] = field(default_factory=dict)
    said: list[Outcome] = field(default_factory=list)
    """What hubs have said that runs came to: it must be in the ledger."""
    problems: list[str] = field(default_factory=list)
    faults: Counter[str] = field(default_factory=Counter)
    kills: int = 0
    over: bool = False

    async def play(self) -> list[str]:
        """Set the stage, let the trouble happen, let it end, judge."""
        await self.begin()
        async with asyncio.TaskGroup() as readers:
            for organisation in (*ORGANISATIONS.values(), Name("piva", PROVIDERS[0])):
                readers.create_task(self.reader(organisation))
            await self.trouble()
            await self.calm()
            await self.come_to_rest()
            self.over = True
        return [*self.problems, *self.judge()]

    async def trouble(self) -> None:
        """Let people work and hubs die."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self.people())
            for number in range(self.script.hubs):
                tasks.create_task(self.hub(f"hub{number}"))

    async def begin(self) -> None:
        """Enter the first rows, start the partner's service, register the partner."""
        world, script = self.world, self.script
        self.register = Register(world.now)
        self.district = District(self.register, world.stream("people"), removes=script.snapshot)
        self.district.begin(script.rows)
        self.service = Service(self.register, world.stream("lies"), asyncio.sleep)
        self.service.lies = script.lies
        address = await world.network.serve(self.service.app(), PORT)
        with self.ledger() as ledger:
            self.partners = {
                partner: ledger.write_now(
                    partners.register, name=partner, plugin="simulated", organisation=organisation
                )
                for partner, organisation in ORGANISATIONS.items()
            }
        self.jobs = jobs(self.partners, address, size=script.size, by_offset=script.by_offset, snapshot=script.snapshot)

    def ledger(self, life: Life | None = None) -> _Opened:
        """Open the ledger for a simulated process."""
        return _Opened(open_mortal(self.path, life or Life()))

    async def people(self) -> None:
        """Let the people of the district work."""
        chance, script = self.world.stream("work"), self.script
        for _ in range(script.changes):
            pause = chance.expovariate(script.changes / script.seconds)
            await asyncio.sleep(max(pause, APART) if script.by_offset else pause)
            self.district.work()

    async def reader(self, name: Name) -> None:
        """Read the feed page by page while everything goes on, and judge what was read at the end."""
        chance = self.world.stream("reader")
        with self.ledger() as ledger:
            number = ledger.write_now(partners.organisations, (name,))[name]
            reader = self.readers[name] = invariants.Reader(number, sorted(MODELS))
            while not self.over:
                ledger.read_now(reader.read, limit=chance.randint(1, 9))
                await asyncio.sleep(chance.uniform(1, 30))
            ledger.read_now(reader.catch_up)
            self.problems.extend(ledger.read_now(reader.violations))

    async def hub(self, name: str) -> None:
        """Run a hub, end it in a drawn way, start it again, until the trouble is over."""
        chance = self.world.stream(name)
        until = self.world.loop.time() + self.script.seconds
        for number in range(self.script.ends + 1):
            process, life = f"{name}.{number}", Life()
            self.lives[process] = life
            left = until - self.world.loop.time()
            if left <= 0:
                break
            way = "time" if number == self.script.ends else chance.choice(self.script.ways)
            await self._one_life(process, life, min(chance.uniform(1, 60), left), way)
            await asyncio.sleep(chance.uniform(0.1, 45))

    async def _one_life(self, process: str, life: Life, seconds: float, way: str) -> None:
        dead = asyncio.Event()
        chance = self.world.stream(f"end of {process}")
        with ExitStack() as stack:
            ledger = stack.enter_context(self.ledger(life))
            task = await self.world.start_process(process, self.work(process, ledger))
            if way == "step":
                step = self.world.loop.steps + chance.randint(1, 3_000)
                self.world.loop.at_step[step] = partial(_die_between, life, dead)
            elif way == "point":
                point, nth = chance.choice(ON_THE_ROAD), chance.randint(1, 6)
                stack.enter_context(armed(point, nth, partial(_die_at, process, life, dead)))
            elif way == "error":
                kind, nth = chance.choice(("error", "error_after")), chance.randint(1, 20)
                stack.enter_context(armed("ledger.before_commit", nth, kind))
            elif way == "freeze":
                await asyncio.sleep(chance.uniform(0, 5))
                self.world.loop.freeze(process, chance.uniform(35, 70))
                seconds += 80
            waiting = asyncio.ensure_future(dead.wait())
            await asyncio.wait({task, waiting}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
            waiting.cancel()
            await self.kill(process)
        if task.done() and not task.cancelled() and isinstance(error := task.exception(), Exception):
            if isinstance(error, ExceptionGroup) and not error.split(Planted)[1]:
                self.faults["planted error"] += 1  # a heartbeat could not be written: the whole hub stops and says so
            else:
                self.problems.append(f"{process} ended by itself: {error!r}")
        self.check_honesty()

    async def kill(self, process: str) -> None:
        """Kill a hub."""
        self.kills += 1
        self.lives[process].over = True
        await self.world.kill(process)

    async def work(self, process: str, ledger: MortalLedger) -> None:
        """Be a hub."""
        world = self.world.ports(process)
        hub = InProcess(ledger=ledger, world=world, jobs=self.jobs, run=runner.run, owner=process)
        if self.script.planned:
            await self._by_plan(hub, world)
        while True:
            for job in self.jobs.values():
                try:
                    outcome = await hub.once(job, "schedule")
                except Planted:
                    self.faults["planted error"] += 1
                else:
                    if outcome is not None:
                        self.said.append(outcome)
                await world.sleep(world.chance.uniform(0.5, 15))

    async def _by_plan(self, hub: InProcess, world: World) -> None:
        clock = Clock(ledger=hub.ledger, world=world, jobs=self.jobs, place=Place(), wake=hub.wake)
        begun = world.milliseconds()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(hub.serve())
            while True:
                try:
                    await clock.compare(self.jobs, begun)
                except Planted:
                    self.faults["planted error"] += 1
                await world.sleep(10)

    async def calm(self) -> None:
        """End the trouble: fair weather, an honest partner, time for leases to run out."""
        self.world.network.weather = CALM
        self.service.lies = HONEST
        self.district.settle()
        await asyncio.sleep(LEASE_AND_MORE)

    async def come_to_rest(self) -> None:
        """Run the jobs until nothing new comes, and let readers read to the end."""
        process = "hub.last"
        self.lives[process] = Life()
        with self.ledger(self.lives[process]) as ledger:
            task = await self.world.start_process(process, self._rest(ledger, process))
            await asyncio.wait({task})
            await task

    async def _rest(self, ledger: MortalLedger, process: str) -> None:
        dispatcher = InProcess(
            ledger=ledger, world=self.world.ports(process), jobs=self.jobs, run=runner.run, owner=process
        )
        for _ in range(ROUNDS):
            outcomes = [await dispatcher.once(job, "cli") for job in self.jobs.values()]
            self.said.extend(outcome for outcome in outcomes if outcome is not None)
            if all(outcome is not None and _quiet(outcome) for outcome in outcomes):
                return
        self.problems.append(f"after {ROUNDS} rounds without faults there is still news: {outcomes}")

    def check_honesty(self) -> None:
        """Check what must hold at any moment: cursors and balances."""
        with self.ledger() as ledger:
            self.problems.extend(ledger.read_now(self._honest))

    def _honest(self, connection: Connection) -> list[str]:
        found = invariants.balance(connection)
        for name, job in self.jobs.items():
            found += invariants.cursor_honesty(
                connection,
                job.partner_id,
                name,
                partial(covered, self.register, job.connector.name),
                name_of=name_of,
            )
        return found

    def judge(self) -> list[str]:
        """Check everything at the end: the invariants, what hubs have said, and the partner's register row by row."""
        with self.ledger() as ledger:
            return ledger.read_now(self._judge)

    def _judge(self, connection: Connection) -> list[str]:
        found = [*invariants.everything(connection), *self._honest(connection)]
        held: dict[tuple[str, str], Mapping[str, Any]] = {}
        for partner, number in self.partners.items():
            had = {name for name in self.register.versions if OWNER[name[0]] == partner}
            offered, gone = had - self.register.gone, had & self.register.gone
            found += invariants.conservation(connection, number, offered, gone=gone, name_of=name_of)
            held |= facts.current(connection, number)
        found += [
            f"{name} was removed by its partner and is still in force" for name in self.register.gone & held.keys()
        ]
        for kind in MODELS:
            found += [
                f"{kind} {key} is not as the partner has it: {held.get((kind, key))} for {payload}"
                for key, payload in expected(self.register, kind).items()
                if held.get((kind, key)) != payload
            ]
        for organisation, reader in self.readers.items():
            has = {name_of((item.payload or "").encode()) for item in reader.holds.values()}
            may = set(readable(organisation, held))
            if has != may:
                found.append(f"{organisation} reads {has - may} without a right and lacks {may - has}")
        found += self._said(connection)
        return found

    def _said(self, connection: Connection) -> list[str]:
        """Compare what hubs have said of their runs with what the ledger has."""
        found = []
        sheets = facts.sheets(connection)
        for said in self.said:
            state, read = sheets.get(said.run.id, ("nowhere", 0))
            if state != said.state or read < said.balance.read or (state == "done" and read > said.balance.read):
                found.append(f"run {said.run.id} was said to be {said} and is {state} with {read} records")
        return found


@dataclass(slots=True)
class _Opened:
    """A ledger as a `with` block; its threads were never started."""

    ledger: MortalLedger

    def __enter__(self) -> MortalLedger:
        return self.ledger

    def __exit__(self, *_error: object) -> None:
        self.ledger.engine.dispose()


def _die_at(process: str, life: Life, dead: asyncio.Event, point: str) -> None:
    if PROCESS.get() == process:
        dead.set()
        life.end(point)


def _die_between(life: Life, dead: asyncio.Event) -> None:
    life.over = True
    dead.set()


def _quiet(outcome: Outcome) -> bool:
    balance = outcome.balance
    return outcome.state in ("done", "partial") and balance.new + balance.changed + balance.released == 0
