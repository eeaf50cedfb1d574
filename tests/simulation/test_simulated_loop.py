"""The simulated world itself: if it were not deterministic, its findings could not be repeated."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import aiohttp
import pytest
from aiohttp import web

from patto_connectors.ports import WORLD
from patto_connectors.testing.simulation import (
    PROCESS,
    Abandoned,
    Endless,
    LostWakeUp,
    SimulatedConnector,
    SimulatedWorld,
    Weather,
)

STORY = """
import asyncio, aiohttp
from aiohttp import web
from patto_connectors.ports import WORLD
from patto_connectors.testing.simulation import SimulatedWorld, Weather

async def story(world):
    async def page(request):
        await asyncio.sleep(world.stream(request.query["n"]).uniform(0, 2))
        return web.json_response({"filler": "x" * 4000})
    app = web.Application()
    app.router.add_get("/", page)
    url = await world.network.serve(app, 81)
    async def fetch(session, n):
        for _ in range(4):
            try:
                async with session.get(f"{url}/?n={n}") as response:
                    world.loop.note("got", n, len(await response.read()))
                    await asyncio.to_thread(len, "work")
                    return
            except (aiohttp.ClientError, TimeoutError) as error:
                world.loop.note("error", n, type(error).__name__)
                await asyncio.sleep(1)
    timeout = aiohttp.ClientTimeout(total=30)
    async with aiohttp.ClientSession(connector=WORLD.get().dial(), timeout=timeout) as session:
        async with asyncio.TaskGroup() as group:
            for n in range(12):
                group.create_task(fetch(session, n))

def trace(seed):
    with SimulatedWorld(seed, weather=Weather(refuse=0.1, reset=0.15, cut=0.15, stall=0.1, slice=0.5)) as world:
        world.run(story(world))
        return world.loop.trace

print(*[trace(seed) for seed in range(20)])
"""


def test_equal_seeds_give_equal_histories_under_any_hash_seed():
    traces = {
        subprocess.run(
            [sys.executable, "-c", STORY],
            env={**os.environ, "PYTHONHASHSEED": hash_seed},
            capture_output=True,
            check=True,
            text=True,
        ).stdout
        for hash_seed in ("0", "1", "2")
    }

    assert len(traces) == 1
    assert len(set(traces.pop().split())) == 20


def test_days_pass_at_once():
    with SimulatedWorld(1) as world:
        begin = world.now()
        world.run(asyncio.sleep(3 * 86_400))

        assert (world.now() - begin).total_seconds() == pytest.approx(3 * 86_400)
        assert world.loop.steps < 20


def test_a_lost_wake_up_is_an_error_instead_of_a_hang():
    async def wait_for_nothing():
        await asyncio.get_running_loop().create_future()

    world = SimulatedWorld(1)

    with pytest.raises(LostWakeUp, match="nothing left to wait for"):
        world.run(wait_for_nothing())
    world.loop.close()


def test_spinning_ends_at_the_budget_of_steps():
    async def spin():
        while True:  # noqa: ASYNC110 - the fault itself
            await asyncio.sleep(0)

    world = SimulatedWorld(1, max_steps=500)

    with pytest.raises(Endless):
        world.run(spin())
    world.loop.close()


def test_work_for_a_thread_runs_in_order_and_takes_time():
    done = []

    async def work():
        loop, pool = asyncio.get_running_loop(), ThreadPoolExecutor(1)
        futures = [loop.run_in_executor(pool, done.append, n) for n in range(20)]
        first = loop.time()
        await asyncio.gather(*futures)
        return loop.time() - first

    with SimulatedWorld(1) as world:
        took = world.run(work())

    assert done == list(range(20))
    assert took > 0


def test_the_error_of_a_thread_reaches_whoever_waits():
    with SimulatedWorld(1) as world, pytest.raises(ZeroDivisionError):
        world.run(asyncio.to_thread(lambda: 1 / 0))


def test_a_killed_process_ends_with_its_tasks_and_its_server_goes_on():
    ended = []

    async def reader(url):
        try:
            async with aiohttp.ClientSession(connector=WORLD.get().dial()) as session, asyncio.TaskGroup() as group:
                for _ in range(3):
                    group.create_task(session.get(url))
        finally:
            ended.append(PROCESS.get())

    async def slow(_request):
        await asyncio.sleep(5)
        return web.Response(text="late")

    async def play(world):
        app = web.Application()
        app.router.add_get("/", slow)
        url = await world.network.serve(app, 81)
        task = await world.start_process("hub-1", reader(url))
        await asyncio.sleep(1)
        await world.kill("hub-1")
        async with aiohttp.ClientSession(connector=WORLD.get().dial()) as session, session.get(url) as response:
            return task.cancelled(), await response.text()

    with SimulatedWorld(3) as world:
        cancelled, text = world.run(play(world))

    assert (cancelled, text, ended) == (True, "late", ["hub-1"])
    assert world.loop.tasks_of("hub-1") == []


def test_a_process_that_swallows_its_end_is_named():
    async def stubborn():
        while True:
            try:
                await asyncio.sleep(3_600)
            except asyncio.CancelledError:
                continue

    async def play(world):
        await world.start_process("stubborn", stubborn())
        await asyncio.sleep(1)
        await world.kill("stubborn")

    world = SimulatedWorld(1)

    with pytest.raises(Abandoned, match="stubborn"):
        world.run(play(world))
    world.loop.close()


def test_a_page_cut_short_is_noticed_by_its_length():
    async def page(_request):
        return web.Response(body=b"x" * 5_000)

    async def play(world):
        app = web.Application()
        app.router.add_get("/", page)
        url = await world.network.serve(app, 81)
        async with aiohttp.ClientSession(connector=WORLD.get().dial()) as session, session.get(url) as response:
            await response.read()

    with SimulatedWorld(1, weather=Weather(cut=1.0, fault_within=3_000)) as world:
        with pytest.raises(aiohttp.ClientError):
            world.run(play(world))

        assert world.network.faults == {"cut": 1}


def test_there_is_no_way_out_of_the_world():
    async def leave():
        await asyncio.open_connection("127.0.0.1", 80)

    with SimulatedWorld(1) as world, pytest.raises(RuntimeError, match="no sockets"):
        world.run(leave())


def test_the_seam_of_aiohttp_that_the_connector_uses_is_still_there():
    assert SimulatedConnector._create_connection is not aiohttp.BaseConnector._create_connection
    assert hasattr(aiohttp.BaseConnector, "_create_connection")
