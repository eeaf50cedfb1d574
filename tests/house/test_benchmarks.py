"""Every benchmark runs small, and ends in one line of JSON that two commits can be compared by."""

from __future__ import annotations

import json
import subprocess
import sys
from functools import cache
from itertools import product
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parent.parent.parent / "benchmarks"
BENCHMARKS = sorted(path for path in FOLDER.glob("*.py") if "__main__" in path.read_text("utf-8"))
MORE = {"feeds": ("--changes", "3000", "--seconds", "0.05", "--connections", "1,2")}
"""What else makes a benchmark small."""


@cache
def figures_of(path):
    """Run a benchmark small, once, and give what it says at its end."""
    small = [sys.executable, path, "--records", "300", "--pairs", "1", *MORE.get(path.stem, ())]
    done = subprocess.run(small, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.splitlines()[-1])


def test_there_are_benchmarks():
    assert {path.stem for path in BENCHMARKS} >= {"ingest", "bulk_xml", "feeds"}


@pytest.mark.parametrize("path", BENCHMARKS, ids=lambda path: path.stem)
def test_a_benchmark_runs_and_ends_in_one_line_of_json(path):
    figures = figures_of(path)

    assert figures["name"] == path.stem
    assert figures["records"] >= 300
    assert figures["ratio_to_floor"] > 0


def test_the_benchmark_of_feeds_says_each_ratio_with_what_it_was_made_of():
    figures = figures_of(FOLDER / "feeds.py")
    kinds = ("minimised", "to_joined", "kept", "minimised_gzip", "to_joined_gzip", "kept_gzip", "poll")
    named = [f"{kind}_{count}{what}" for kind, count, what in product(kinds, (1, 2), ("", "_per_s", "_floor_per_s"))]

    assert [name for name in [*named, "slow_reader_p99"] if not figures[name] > 0] == []
