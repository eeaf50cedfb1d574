"""What every test may ask for."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


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
