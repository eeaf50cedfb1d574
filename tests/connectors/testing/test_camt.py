"""The fake bank's statements: version 08 differs where ISO 20022 says so.

There is no sample and no schema of version 08 among the partner files: this is written after the structure of the
message (`Sts/Cd`, `Dbtr/Pty/Nm`), from memory, and was compared once with a public copy of its schema.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from lxml import etree

from patto_connectors.testing.camt import Account, Booking, Statement, camt

AT = datetime(2026, 3, 3, 6, tzinfo=UTC)
BOOKING = Booking(
    amount=Decimal("12.50"),
    booked_on=date(2026, 3, 2),
    end_to_end_id="A",
    name="Ada Rossi",
    iban="NL56AGDH9619008421",
)
STATEMENT = Statement(
    statement_id="S-1",
    account=Account(iban="IT60X0542811101000000123456"),
    opening=Decimal(100),
    bookings=[BOOKING],
    created_at=AT,
)


def find(message: str, path: str, *statements: Statement) -> list[str | None]:
    content = camt(message, statements or [STATEMENT], message_id="M-1", created_at=AT)
    steps = "/".join(f"{{*}}{step}" for step in path.split("/"))
    return [element.text for element in etree.fromstring(content).findall(f".//{steps}")]


@pytest.mark.parametrize(
    ("path", "old", "new"),
    [
        ("Ntry/Sts", ["BOOK"], [None]),
        ("Ntry/Sts/Cd", [], ["BOOK"]),
        ("Dbtr/Nm", ["Ada Rossi"], []),
        ("Dbtr/Pty/Nm", [], ["Ada Rossi"]),
        ("TtlNtries/TtlNetNtryAmt", ["12.50"], []),
        ("TtlNtries/TtlNetNtry/Amt", [], ["12.50"]),
        ("TxDtls/Amt", [], ["12.50"]),
        ("TxDtls/AmtDtls/TxAmt/Amt", ["12.50"], []),
    ],
)
def test_versions_02_and_08_differ_in_this(path, old, new):
    found = find("camt.053.001.02", path), [(text or "").strip() or None for text in find("camt.053.001.08", path)]

    assert found == (old, new)


def test_the_closing_balance_is_what_adds_up():
    assert find("camt.053.001.08", "Bal/Amt") == ["100.00", "112.50"]


def test_what_is_not_booked_does_not_change_the_balance():
    pending = replace(STATEMENT, bookings=[replace(BOOKING, status="PDNG")])

    assert find("camt.053.001.08", "Bal/Amt", pending) == ["100.00", "100.00"]


def test_a_notice_has_no_balances():
    assert find("camt.054.001.08", "Bal") == []
    assert find("camt.054.001.08", "Ntfctn/Id") == ["S-1"]
