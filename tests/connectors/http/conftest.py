"""What tests of the HTTP layer may ask for: a fake partner, a clock that only sleeping moves, settings for both."""

from __future__ import annotations

from contextlib import asynccontextmanager

import pytest

from patto_connectors.http.client import open_client
from patto_connectors.http.settings import HttpSettings
from patto_connectors.ports import WORLD
from patto_connectors.testing.clock import StillClock
from patto_connectors.testing.fake import FakePartner


@pytest.fixture
def clock():
    clock = StillClock()
    token = WORLD.set(clock.world())
    yield clock
    WORLD.reset(token)


@pytest.fixture
def fake(clock):
    return FakePartner(seed=7)


@pytest.fixture
def calling(fake):
    """Open a client to the running fake partner; further settings as arguments."""

    @asynccontextmanager
    async def call(**settings):
        async with fake.running() as url, open_client(HttpSettings(base_url=url, **settings)) as client:
            yield client

    return call
