"""A tap's virtual environment: one for each set of packages, made once, whole or not at all.

Two taps in one environment break each other (each pins its own singer-python), and none of them may touch the hub's. An
environment cannot be made aside and renamed, as a file can: its programs hold their own path. So it is made in its
place, and a mark that is written last says that it is whole; what has no mark is thrown away and made again.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import platform
import shutil
import sys
import tempfile
from contextlib import asynccontextmanager
from hashlib import blake2b
from typing import TYPE_CHECKING

from packaging.requirements import Requirement

from patto_connectors.files.atomic import put
from patto_connectors.ports import WORLD
from patto_connectors.singer import troubles
from patto_connectors.singer.process import Program
from patto_connectors.singer.settings import Installed

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping
    from pathlib import Path

    from patto_connectors.singer.settings import ReadyMade

_MARK = "patto-ready"
_BETWEEN = 0.25
"""Seconds between two looks whether another run has finished installing."""
_PIP = ("HOME", "TMPDIR", "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
_PIP_TOO = ("PIP_", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY")
"""What pip may see of the hub's environment: how this machine reaches its package index, and no secret of a partner."""
_BASE = {"LANG": "C.UTF-8", "PYTHONUTF8": "1"}


def environment(folder: Path, more: tuple[str, ...]) -> dict[str, str]:
    """Give the environment variables of a tap: where its programs are, UTF-8, and those of the hub that it may see."""
    path = os.pathsep.join((str(folder / "bin"), "/usr/local/bin", "/usr/bin", "/bin"))
    temporary = tempfile.gettempdir()  # the tap gets an empty folder of its own there
    return {
        **_BASE,
        "PATH": path,
        "TMPDIR": temporary,
        **{name: os.environ[name] for name in more if name in os.environ},
    }


def place_of(tap: Installed) -> Path:
    """Give where a tap's environment is: by its packages, and by the Python that it is made with."""
    packages = sorted(tap.packages)
    made_with = (sys.implementation.cache_tag, sys.base_prefix, platform.machine())
    digest = blake2b("\0".join((*packages, *made_with)).encode(), digest_size=8).hexdigest()
    return tap.folder.absolute() / f"{Requirement(tap.packages[0]).name}-{digest}"


async def found(tap: Installed | ReadyMade, executable: str) -> Path:
    """Give the tap's program, installed first where that has not been done.

    Raises:
        Refused: `tap.missing`, `tap.install` or `tap.folder`.
        Unreachable: `tap.index`, or `tap.deadline` for an installation that takes too long.
    """
    folder = await _installed(tap) if isinstance(tap, Installed) else tap.folder.absolute()
    program = folder / "bin" / executable
    if not await asyncio.to_thread(os.access, program, os.X_OK):
        raise troubles.missing()
    return program


async def _installed(tap: Installed) -> Path:
    place = place_of(tap)
    if not await asyncio.to_thread((place / _MARK).is_file):
        try:
            async with asyncio.timeout(tap.seconds), _alone(place):
                if not await asyncio.to_thread((place / _MARK).is_file):  # another run may have made it by now
                    await _make(tap, place)
        except TimeoutError:
            raise troubles.deadline(tap.seconds, "tap.seconds") from None
        except OSError:
            raise troubles.folder() from None
    return place


@asynccontextmanager
async def _alone(place: Path) -> AsyncIterator[None]:
    """Hold the lock of an environment; the kernel gives it back if the hub is killed."""
    world = WORLD.get()
    await asyncio.to_thread(place.parent.mkdir, parents=True, exist_ok=True)
    lock = os.open(place.with_name(f".{place.name}.lock"), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                await world.sleep(_BETWEEN)
        yield
    finally:
        os.close(lock)


async def _make(tap: Installed, place: Path) -> None:
    await asyncio.to_thread(shutil.rmtree, place, ignore_errors=True)
    see = _pip_environment(os.environ)
    if await _ran([sys.executable, "-m", "venv", str(place)], see) is not None:
        raise troubles.folder()
    pip = [str(place / "bin/python"), "-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check"]
    complaints = await _ran([*pip, *tap.packages], see)
    if complaints is not None:
        raise troubles.install(complaints)
    await asyncio.to_thread(put, place / _MARK, "\n".join((*tap.packages, "")).encode())


def _pip_environment(ours: Mapping[str, str]) -> dict[str, str]:
    """Give what pip may see; installing a source package runs that package's code."""
    seen = {name: value for name, value in ours.items() if name in _PIP or name.upper().startswith(_PIP_TOO)}
    return {**_BASE, "PATH": os.environ.get("PATH", os.defpath), **seen}


async def _ran(command: list[str], see: Mapping[str, str]) -> bytes | None:
    """Run a step of an installation; gives its complaints if it failed."""
    async with Program(command=command, environment=see) as step:
        while await step.output.read(65_536):
            pass
        return step.tail.content() if await step.ended() else None
