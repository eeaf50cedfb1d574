from __future__ import annotations

import pytest

from patto_connectors.ports import WORLD
from patto_connectors.testing.clock import StillClock


@pytest.fixture(autouse=True)
def clock():
    clock = StillClock()
    token = WORLD.set(clock.world())
    yield clock
    WORLD.reset(token)


@pytest.fixture
def folder(root):
    return root / "plugins/patto_plugins/social_districts"
