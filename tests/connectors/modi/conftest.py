"""Key pairs, certificates and a clock for tests of signed messages."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from patto_connectors.ports import WORLD
from patto_connectors.testing.clock import StillClock
from patto_connectors.testing.pairs import pair_of

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@pytest.fixture(scope="session")
def rsa_pair():
    return pair_of(rsa.generate_private_key(65537, 2048), NOW)


@pytest.fixture(scope="session")
def ec_pair():
    return pair_of(ec.generate_private_key(ec.SECP256R1()), NOW)


@pytest.fixture(scope="session")
def other_pair():
    return pair_of(ec.generate_private_key(ec.SECP256R1()), NOW)


@pytest.fixture(scope="session", params=["rsa", "ec"])
def pair(request, rsa_pair, ec_pair):
    return rsa_pair if request.param == "rsa" else ec_pair


@pytest.fixture
def clock():
    clock = StillClock(start=NOW)
    token = WORLD.set(clock.world())
    yield clock
    WORLD.reset(token)
