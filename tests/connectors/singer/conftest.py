from __future__ import annotations

import asyncio
import json
import stat
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import pytest

from patto_connectors.errors import Trouble
from patto_connectors.singer.settings import ReadyMade, SingerSettings, TapLimits
from patto_connectors.singer.source import SingerSource

A_TAP = Path(__file__).with_name("a_tap.py")


@dataclass
class Tap:
    """A tap of our own in a ready-made environment, and what came of running it."""

    folder: Path

    @property
    def seen(self) -> dict:
        """What the tap saw when it was started."""
        return json.loads((self.folder / "seen.json").read_text())

    def settings(self, config=None, **more) -> SingerSettings:
        config = {"note": str(self.folder / "seen.json"), **(config or {})}
        return SingerSettings(
            **{
                "tap": ReadyMade(folder=self.folder),
                "executable": "a-tap",
                "config": config,
                "stream": "pacts",
                "limits": TapLimits(silence=20, run=60, discover=20),
                **more,
            }
        )

    def source(self, config=None, **more) -> SingerSource:
        return SingerSource(self.settings(config, **more))

    async def read(self, config=None, after=None, **more):
        """Give all pages, and the trouble that ended them."""
        pages = []
        try:
            async for page in self.source(config, **more).read(after):
                pages.append(page)  # noqa: PERF401 - those before a trouble count
        except Trouble as trouble:
            return pages, trouble
        return pages, None


@pytest.fixture
def tap(tmp_path) -> Tap:
    program = tmp_path / "bin/a-tap"
    program.parent.mkdir()
    program.write_text(f"#!{sys.executable} -IS\n{A_TAP.read_text()}")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return Tap(tmp_path)


def alive(pid: int) -> bool:
    """Say whether a process is there, and is more than a name that nobody has asked for yet."""
    try:
        return Path(f"/proc/{pid}/stat").read_text("latin-1").rpartition(")")[2].split()[0] not in ("Z", "X")
    except OSError:
        return False


def parent(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text("latin-1").rpartition(")")[2].split()[1])


@pytest.fixture
def gone():
    """Waits until processes are gone; gives those that are not."""

    async def wait(*pids: int) -> list[int]:
        for _ in range(200):
            if not any(map(alive, pids)):
                return []
            await asyncio.sleep(0.05)  # the kernel ends them; there is nothing to wait on for a process of others
        return [pid for pid in pids if alive(pid)]

    wait.alive, wait.parent = alive, parent
    return wait


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


@pytest.fixture(autouse=True)
async def nothing_left(tmp_path, monkeypatch):
    """No tap leaves a folder or a file behind, nor an open file with the hub."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    before = open_files()
    yield folder
    assert list(folder.iterdir()) == []
    assert open_files() == before
