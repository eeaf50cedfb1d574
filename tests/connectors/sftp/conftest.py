"""What tests of SFTP may ask for: a fake partner's server on this machine, and a clock that only sleeping moves."""

from __future__ import annotations

import os

import pytest

from patto_connectors.ports import WORLD
from patto_connectors.sftp import SftpSource
from patto_connectors.testing.clock import StillClock
from patto_connectors.testing.sftp import FakeSftp

AGE = 1_760_000_000
"""When dropped files were written, by the partner's clock."""


class Meanwhile(StillClock):
    """A clock that lets something happen while somebody sleeps."""

    meanwhile = staticmethod(lambda: None)

    async def sleep(self, seconds):
        await super().sleep(seconds)
        self.meanwhile()


@pytest.fixture
def clock():
    clock = Meanwhile()
    token = WORLD.set(clock.world())
    yield clock
    WORLD.reset(token)


@pytest.fixture
def fake(clock, tmp_path):
    (tmp_path / "server" / "in").mkdir(parents=True)
    return FakeSftp(tmp_path / "server")


@pytest.fixture
def drop(fake):
    """Put a file into the partner's folder; later ones are younger."""
    ages = iter(range(1_000))

    def dropped(name, content, age=None):
        path = fake.folder / "in" / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        stamp = AGE + next(ages) if age is None else age
        os.utime(path, (stamp, stamp))
        return path

    return dropped


@pytest.fixture
def reading(fake):
    """Read the partner's folder once, on a connection of its own; gives the batches."""

    async def read(after=None, *, source=None, **settings):
        options = source or {}
        source = SftpSource(settings=fake.settings(**{"folder": "/in", **settings}), **options)
        return [batch async for batch in source.read(after)]

    return read


@pytest.fixture
def rows():
    def of(batches):
        return [row for batch in batches for row in batch.rows]

    return of
