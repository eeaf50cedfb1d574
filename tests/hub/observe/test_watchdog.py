from __future__ import annotations

import asyncio
import sys
import threading
import time
from pathlib import Path

from patto_hub.observe.watchdog import Blocked, blame, watched_loop

HERE = str(Path(__file__).parent)


async def test_F64_a_plugin_that_blocks_the_loop_is_named_with_its_line() -> None:
    reports: list[Blocked] = []
    seen = threading.Event()

    def report(blocked: Blocked) -> None:
        reports.append(blocked)
        seen.set()

    def blocking_translate() -> None:
        assert seen.wait(20)  # holds the loop up until the watchdog has seen it

    async with watched_loop({"guilty": HERE}, report, monotonic=time.monotonic, still_s=0.05):
        blocking_translate()
        await asyncio.sleep(0)

    (blocked,) = reports
    assert blocked.plugin == "guilty"
    assert blocked.place.startswith("test_watchdog.py:")
    assert blocked.place.endswith("in blocking_translate")
    assert blocked.seconds >= 0.05


async def test_a_loop_that_beats_is_left_alone() -> None:
    reports: list[Blocked] = []
    lags: list[float] = []
    beaten = asyncio.Event()

    def lag(seconds: float) -> None:
        lags.append(seconds)
        beaten.set()

    async with watched_loop({}, reports.append, monotonic=time.monotonic, lag=lag, still_s=60):
        await beaten.wait()

    assert reports == []
    assert lags[0] >= 0


def test_without_a_plugin_on_the_stack_the_innermost_line_is_named() -> None:
    blocked = blame(sys._getframe(), {"other": "/nowhere"}, 1.0)

    assert blocked.plugin == ""
    assert "test_without_a_plugin" in blocked.place
