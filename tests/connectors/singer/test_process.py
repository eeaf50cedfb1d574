"""When a tap is no longer read, nothing of it is left; while it is, nothing of it shows."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path

import pytest
from pydantic import SecretStr

from patto_connectors.singer.settings import TapLimits

SECRET = "c4n4ry-t0ken-0815"


async def test_a_reader_that_goes_away_ends_the_tap(tap, gone):
    source = tap.source({"then": [["no_stop"]]}).read(None)
    await anext(source)
    pid = tap.seen["pid"]
    before = gone.alive(pid)
    await source.aclose()

    assert before
    assert not gone.alive(pid)


async def test_a_reader_that_forgets_the_source_ends_the_tap(tap, gone):
    source = tap.source({"then": [["no_stop"]]}).read(None)
    await anext(source)
    pid = tap.seen["pid"]
    before = gone.alive(pid)
    del source

    assert before
    assert await gone(pid) == []


async def test_a_cancelled_reading_ends_the_tap(tap, gone):
    async def read():
        async for _ in tap.source({"rows": 1, "then": [["hang"]]}, page_seconds=0.1).read(None):
            begun.set()

    begun = asyncio.Event()
    task = asyncio.create_task(read())
    await asyncio.wait_for(begun.wait(), 20)
    pid = tap.seen["pid"]
    task.cancel()
    await asyncio.wait([task])

    assert task.cancelled()
    assert not gone.alive(pid)


@pytest.mark.parametrize("then", [[["hang"]], []], ids=["hangs", "ends"])
async def test_F65_whatever_a_tap_started_ends_with_it(tap, gone, then, tmp_path):
    pids = tmp_path / "pids"

    await tap.read({"rows": 1, "then": [["parent", str(pids)], *then]}, limits=TapLimits(silence=0.5))

    started = [int(line) for line in pids.read_text().split()]
    assert len(started) == 2
    assert await gone(*started, tap.seen["pid"]) == []


async def test_no_secret_is_where_others_can_read_it(tap, gone, caplog, monkeypatch):
    monkeypatch.setenv("PARTNER_TOKEN", SECRET)
    monkeypatch.setenv("REGION", "puglia")
    caplog.set_level(logging.DEBUG)
    config = {"rows": 1, "token": SecretStr(SECRET), "then": [["complain", 3], ["hang"]]}
    settings = tap.settings(config, environment=("REGION",))
    source = tap.source(config, page_seconds=0.1, environment=("REGION",)).read(None)
    await anext(source)
    seen = tap.seen
    running = [Path(f"/proc/{pid}") for pid in (seen["pid"], gone.parent(seen["pid"]))]
    shown = [(place / name).read_bytes() for place in running for name in ("cmdline", "environ")]
    await source.aclose()

    assert [each for each in shown if SECRET.encode() in each] == []
    assert sorted(seen["environment"]) == ["HOME", "LANG", "PATH", "PYTHONUTF8", "REGION", "TMPDIR"]
    assert SECRET not in repr(settings) + caplog.text


async def test_the_configuration_is_on_no_disk_and_for_one_user_only(tap, nothing_left):
    source = tap.source({"rows": 1, "token": SecretStr(SECRET), "then": [["hang"]]}, page_seconds=0.1).read(None)
    await anext(source)
    files = [path for path in nothing_left.rglob("*") if path.is_file()]
    (home,) = nothing_left.iterdir()
    mode = home.stat().st_mode & 0o777
    await source.aclose()

    assert files == []
    assert (tap.seen["config_mode"], mode) == (0o600, 0o700)
    assert tap.seen["folder"] == str(home)
