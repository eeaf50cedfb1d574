"""What tests of bank messages may ask for: an account, invented statements, and a bank day that stands still."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from stdnum import iban

from patto_connectors.iso20022 import read_camt
from patto_connectors.ports import WORLD
from patto_connectors.testing.camt import Account, Booking, Statement, camt
from patto_connectors.testing.clock import StillClock
from patto_schemas.identity.numbers import cin

OURS = "IT60X0542811101000000123456"
DAY = date(2026, 3, 2)
AT = datetime(2026, 3, 3, 6, 0, tzinfo=UTC)
MESSAGES = tuple(f"camt.{name}.001.{version}" for name in ("053", "054") for version in ("02", "03", "04", "08"))


@pytest.fixture
def clock():
    clock = StillClock()
    token = WORLD.set(clock.world())
    yield clock
    WORLD.reset(token)


@pytest.fixture
def italian():
    """Make an Italian IBAN of an account number."""

    def of(number: int) -> str:
        coordinates = f"0306904013{number:012}"
        bare = f"IT00{cin(coordinates)}{coordinates}"
        return f"IT{iban.calc_check_digits(bare)}{bare[4:]}"

    return of


@pytest.fixture
def booking():
    """Make an entry of 12.50 euros that came in, changed as asked."""

    def of(**changed) -> Booking:
        usual = {"amount": Decimal("12.50"), "booked_on": DAY, "value_on": DAY}
        return Booking(**{**usual, **changed})

    return of


@pytest.fixture
def written():
    """Write a message of one statement."""

    def of(*bookings, message="camt.053.001.02", message_id="M-1", **changed) -> bytes:
        usual = {"statement_id": "S-1", "account": Account(iban=OURS), "opening": Decimal("100.00"), "created_at": AT}
        statement = Statement(bookings=bookings, **{**usual, **changed})
        return camt(message, [statement], message_id=message_id, created_at=AT)

    return of


@pytest.fixture
def read():
    """Read a message; gives its rows, and its troubles as code and place."""

    def of(content: bytes, **options):
        pages = list(read_camt(content, **options))
        rows = [row for page in pages for row in page.rows]
        return rows, [(code, place) for page in pages for place, code, _ in page.troubles]

    return of


@pytest.fixture
def at():
    """The morning after the bank's day."""
    return AT
