from __future__ import annotations

import pytest

from patto_connectors.ports import WORLD
from patto_connectors.testing.clock import StillClock
from patto_plugins.social_districts.fake import FakeSettings, service
from patto_schemas.chronicle import Rates

RIGHT = Rates(late=0, mistakes=0, missing=0)


@pytest.fixture(autouse=True)
def clock():
    clock = StillClock()
    token = WORLD.set(clock.world())
    yield clock
    WORLD.reset(token)


@pytest.fixture
def folder(root):
    return root / "plugins/patto_plugins/social_districts"


@pytest.fixture
def right():
    """People of whom nobody says anything wrong or late."""
    return FakeSettings(people=10, rates=RIGHT)


@pytest.fixture
def town(right):
    return service(right, remember=True)
