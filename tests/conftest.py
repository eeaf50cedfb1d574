"""What every test may ask for."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
CATALOGUE = 76
"""Faults of the catalogue that the tests are named by: F01 to F86, with gaps."""


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how many faults of the catalogue have a test named by them."""
    named = re.compile(r"^ *(?:async )?def test_((?:F\d\d_)+)", re.MULTILINE)
    texts = (path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("test_*.py"))
    faults = {fault for text in texts for ids in named.findall(text) for fault in ids.strip("_").split("_")}
    terminalreporter.write_line(f"faults with a test: {len(faults)} of {CATALOGUE}")


@pytest.fixture(scope="session")
def root() -> Path:
    """The project's root folder."""
    return ROOT


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real and hostile partner files, not shipped with the project; a test says so if it is absent."""
    folder = Path(os.environ.get("PATTO_SHARED", ROOT.parent / "shared"))
    if not (folder / "real").is_dir():
        pytest.skip(f"PATTO_SHARED: no partner files in {folder} (set PATTO_SHARED to read them)")
    return folder
