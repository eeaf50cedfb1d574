import pytest

from patto_schemas.chronicle import Rates, WorldSettings, chronicle

HONEST = Rates(late=0, mistakes=0, missing=0, differing=0, rectified=0, corrections=0)


@pytest.fixture(scope="session")
def world():
    """The default world, made once: 45 Ambiti, two years."""
    return chronicle()


@pytest.fixture(scope="session")
def everything(world):
    """All that every partner of the default world tells, by teller."""
    return {teller: world.told(teller) for teller in world.tellers()}


@pytest.fixture(scope="session")
def honest():
    """Three Ambiti in which nobody is late, forgets or errs."""
    return chronicle(WorldSettings(ambiti=("LE/1", "FG/4", "BA/1"), rates=HONEST))
