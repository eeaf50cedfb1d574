"""F08: a tap does not outlive its hub, however the hub dies."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys

import pytest

READS = """
import asyncio, json, sys, tempfile
from patto_connectors.singer.settings import SingerSettings
from patto_connectors.singer.source import SingerSource

async def read(settings):
    async for page in SingerSource(settings).read(None):
        print(len(page.rows), flush=True)

tempfile.tempdir = sys.argv[2]
asyncio.run(read(SingerSettings.model_validate_json(sys.argv[1])))
"""


@pytest.fixture
async def hub(tap, nothing_left):
    """Starts a process that reads a tap of our own, and gives it when the first page is there."""
    started = []

    async def start(config):
        settings = tap.settings(config, page_seconds=0.1).model_dump(mode="json")
        settings["config"] = {"note": str(tap.folder / "seen.json"), **config}
        words = [sys.executable, "-c", READS, json.dumps(settings), str(nothing_left)]
        process = await asyncio.create_subprocess_exec(*words, stdout=asyncio.subprocess.PIPE)
        started.append(process)
        async with asyncio.timeout(30):
            await process.stdout.readline()
        return process

    yield start
    for process in started:
        await process.communicate()


@pytest.mark.parametrize("way", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT], ids=lambda way: way.name)
async def test_F08_a_tap_and_all_that_it_started_die_with_the_hub(hub, tap, gone, nothing_left, way):
    pids = tap.folder / "pids"
    process = await hub({"rows": 1, "first": [["parent", str(pids)]], "then": [["hang"]]})
    tree = [tap.seen["pid"], *map(int, pids.read_text().split())]
    before = [gone.alive(pid) for pid in tree]

    process.send_signal(way)
    await process.wait()
    left = await gone(*tree)
    for _ in range(100):
        if not list(nothing_left.iterdir()):
            break
        await asyncio.sleep(0.05)  # the launcher removes the tap's folder last

    assert before == [True, True, True]
    assert left == []
    assert list(nothing_left.iterdir()) == []


async def test_F08_a_tap_dies_with_its_launcher_too(hub, tap, gone, nothing_left):
    process = await hub({"rows": 1, "then": [["hang"]]})
    pid = tap.seen["pid"]
    launcher = gone.parent(pid)

    os.kill(launcher, signal.SIGKILL)
    await process.wait()
    (nothing_left / tap.seen["folder"]).rmdir()

    assert await gone(pid) == []


async def test_a_signal_to_everybody_leaves_it_to_the_hub_when_the_tap_ends(hub, tap, gone):
    process = await hub({"rows": 1, "then": [["hang"]]})
    pid = tap.seen["pid"]
    launcher = gone.parent(pid)

    os.kill(launcher, signal.SIGTERM)
    await asyncio.sleep(0.3)  # time in which it would die
    running = [gone.alive(pid), gone.alive(launcher)]
    process.kill()
    await process.wait()

    assert running == [True, True]
    assert await gone(pid, launcher) == []
