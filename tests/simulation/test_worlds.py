"""Hundreds of worlds from seeds: kills, bad networks, lying partners, two hubs; nothing may be lost, nothing doubled.

`PATTO_SEEDS=50000` plays more of them (nightly); `PATTO_SEED=17` plays one. A seed that fails is printed; once it is
understood it goes into `FOUND`, so that it is played for ever.
"""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from patto_hub.testing.scripts import draw
from patto_hub.testing.worlds import play

COUNT = int(os.environ.get("PATTO_SEEDS", "400"))
CHUNK = 20
FOUND: list[int] = []
"""Seeds that once found a fault."""


def chunks():
    if "PATTO_SEED" in os.environ:
        return [[int(os.environ["PATTO_SEED"])]]
    return [list(range(start, min(start + CHUNK, COUNT))) for start in range(0, COUNT, CHUNK)] + (
        [FOUND] if FOUND else []
    )


@pytest.mark.timeout(600)
@pytest.mark.parametrize("seeds", chunks(), ids=lambda seeds: f"{seeds[0]}-{seeds[-1]}")
def test_nothing_is_lost_or_doubled_whatever_happens(seeds, template, stage):
    wrong = {seed: verdict.problems for seed in seeds if (verdict := play(draw(seed), template, stage)).problems}

    assert wrong == {}, f"repeat one with PATTO_SEED={next(iter(wrong))}"


def test_the_worlds_are_as_bad_as_they_say(template, stage):
    verdicts = [play(draw(seed), template, stage) for seed in range(1_000_000, 1_000_040)]
    faults = sum((verdict.faults for verdict in verdicts), start=verdicts[0].faults.__class__())

    assert sum(verdict.kills for verdict in verdicts) > 40
    assert sum(verdict.runs for verdict in verdicts) > 200
    assert {"reset", "cut", "stall", "refuse", "unavailable", "busy", "half", "duplicates", "older"} <= set(faults)


def test_a_world_is_the_same_under_any_hash_seed_and_whenever_the_collector_runs(template, stage):
    code = (
        "import gc, sys, pathlib, structlog\n"
        "gc.set_threshold(int(sys.argv[3]))\n"
        "structlog.configure(logger_factory=structlog.ReturnLoggerFactory(), processors=[lambda *_: ''])\n"
        "from patto_hub.testing.scripts import draw\nfrom patto_hub.testing.worlds import play\n"
        "template, stage = map(pathlib.Path, sys.argv[1:3])\n"
        "for seed in (3, 11, 1_000_009): print(play(draw(seed), template, stage).trace)\n"
    )
    traces = {
        subprocess.run(
            [sys.executable, "-c", code, template, stage, threshold],
            env={**os.environ, "PYTHONHASHSEED": hash_seed},
            capture_output=True,
            check=True,
            text=True,
        ).stdout
        for hash_seed, threshold in (("0", "700"), ("1", "100"), ("2", "50"))
    }

    assert len(traces) == 1
    assert len(set(traces.pop().split())) == 3
