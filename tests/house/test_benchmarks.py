"""Every benchmark runs small, and ends in one line of JSON that two commits can be compared by."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parent.parent.parent / "benchmarks"
BENCHMARKS = sorted(path for path in FOLDER.glob("*.py") if "__main__" in path.read_text("utf-8"))


def test_there_are_benchmarks():
    assert {path.stem for path in BENCHMARKS} >= {"ingest", "bulk_xml"}


@pytest.mark.parametrize("path", BENCHMARKS, ids=lambda path: path.stem)
def test_a_benchmark_runs_and_ends_in_one_line_of_json(path):
    done = subprocess.run(
        [sys.executable, path, "--records", "300", "--pairs", "1"], capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stderr[-3000:]
    figures = json.loads(done.stdout.splitlines()[-1])
    assert figures["name"] == path.stem
    assert figures["records"] >= 300
    assert figures["ratio_to_floor"] > 0
