"""What tests of webhooks may ask for: a still clock, a receiver that verifies, and a sender that may call it."""

from __future__ import annotations

from contextlib import asynccontextmanager

import pytest

from patto_connectors.http.guard import Rules, networks
from patto_connectors.ports import WORLD
from patto_connectors.testing.clock import StillClock
from patto_connectors.testing.webhook import FakeReceiver, checking
from patto_connectors.webhook import Message, Target, fresh_secret, open_sender, secret_key

HERE = Rules(allow=networks(["127.0.0.0/8"]))


@pytest.fixture
def clock():
    return StillClock()


@pytest.fixture
def world(clock):
    world = clock.world()
    token = WORLD.set(world)
    yield world
    WORLD.reset(token)


@pytest.fixture
def secret(world):
    return fresh_secret(world)


@pytest.fixture
def receiver(secret):
    return FakeReceiver(checking(secret))


@pytest.fixture
def message():
    return Message("changes-pacts-1-12", b'{"type":"patto.changes.available"}')


@pytest.fixture
def sending(world, secret, receiver):
    """Open a sender that may call this machine, and a target for the running receiver; settings as arguments."""

    @asynccontextmanager
    async def send(tls_context=None, patience=15.0, **target):
        async with (
            receiver.running(tls=tls_context) as url,
            open_sender(world, HERE, patience=patience) as sender,
        ):
            yield sender, Target("ambito", url, (secret_key(secret),), **target)

    return send
