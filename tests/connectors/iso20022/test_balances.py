from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patto_connectors.iso20022 import read_camt
from patto_connectors.testing.camt import Account, Booking, Statement, camt

ACCOUNT = Account(iban="IT60X0542811101000000123456")
AT = datetime(2026, 3, 3, 6, 0, tzinfo=UTC)
MESSAGES = [f"camt.{name}.001.{version}" for name in ("053", "054") for version in ("02", "03", "04", "08")]

cents = st.integers(1, 10**10).map(lambda number: Decimal(number) / 100)
bookings = st.lists(
    st.builds(
        Booking,
        amount=cents,
        direction=st.sampled_from(["CRDT", "DBIT"]),
        status=st.sampled_from(["BOOK", "BOOK", "PDNG", "INFO"]),
        reversal=st.booleans(),
        booked_on=st.dates(date(2016, 1, 1), date(2030, 1, 1)),
        end_to_end_id=st.none() | st.text("ABC123", min_size=1, max_size=6),
        bank_reference=st.none() | st.text("ABC123", min_size=1, max_size=12),
    ),
    max_size=8,
)
statements = st.builds(
    Statement,
    statement_id=st.text("ABC123", min_size=1, max_size=6),
    account=st.just(ACCOUNT),
    opening=st.integers(-(10**8), 10**8).map(lambda number: Decimal(number) / 100),
    bookings=bookings,
    created_at=st.just(AT),
    opening_code=st.sampled_from(["OPBD", "PRCD"]),
)


@given(st.sampled_from(MESSAGES), st.lists(statements, min_size=1, max_size=4), st.integers(1, 5))
def test_what_adds_up_is_read_without_a_trouble_and_nothing_is_lost(message, several, page_rows):
    content = camt(message, several, message_id="M-1", created_at=AT)

    pages = list(read_camt(content, page_rows=page_rows))

    rows = [row for page in pages for row in page.rows]
    assert [trouble for page in pages for trouble in page.troubles] == []
    assert [(row["statement_id"], Decimal(row["amount"]), row["direction"], row["status"]) for row in rows] == [
        (each.statement_id, booking.amount, booking.direction, booking.status)
        for each in several
        for booking in each.bookings
    ]
    assert b"".join(page.content for page in pages) == content


@given(statements, st.integers(-(10**6), 10**6).filter(bool))
def test_any_cent_that_is_missing_is_told_with_statement_and_difference(statement, wrong):
    off = Decimal(wrong) / 100
    content = camt("camt.053.001.08", [replace(statement, closing=statement.end + off)], message_id="M", created_at=AT)

    pages = list(read_camt(content))

    ((place, code, _),) = [trouble for page in pages for trouble in page.troubles]
    assert code == "camt.balance"
    assert f"estratto {statement.statement_id}," in place
    assert f"differenza {off:.2f} " in place
    assert sum(len(page.rows) for page in pages) == len(statement.bookings)


@pytest.mark.parametrize("message", MESSAGES)
@pytest.mark.parametrize(
    ("old", "new", "where"),
    [
        (b"<NbOfNtries>2</NbOfNtries>", b"<NbOfNtries>3</NbOfNtries>", "TtlNtries/NbOfNtries: letti 2"),
        (b"<Sum>20.00</Sum>", b"<Sum>20.50</Sum>", "TtlNtries/Sum: differenza 0.50"),
        (b">10.00</TtlNet", b">11.00</TtlNet", "TtlNtries/TtlNetNtry: differenza 1.00"),
        (b"<Sum>15.00</Sum>", b"<Sum>x</Sum>", "TtlCdtNtries/Sum: differenza ?"),
    ],
    ids=["count", "sum", "net", "no number"],
)
def test_control_sums_are_checked(written, booking, read, message, *, old, new, where):
    content = written(booking(amount=Decimal(15)), booking(amount=Decimal(5), direction="DBIT"), message=message)
    if b"<TtlNetNtry>" in content:
        content = content.replace(b"<Amt>10.00</Amt>", b"<Amt>11.00</Amt>") if b"TtlNet" in old else content
    changed = content.replace(old, new, 1)

    rows, ((code, place),) = read(changed)

    assert (len(rows), code) == (2, "camt.totals")
    assert where in place


def test_a_balance_in_another_currency_does_not_close_the_statement(written, booking, read):
    content = written(booking())
    at = content.index(b"CLBD")
    content = content[:at] + content[at:].replace(b'Ccy="EUR"', b'Ccy="SEK"', 1)

    _, ((code, place),) = read(content)

    assert code == "camt.balance"
    assert "saldo iniziale in EUR, saldo finale in SEK" in place


def test_without_a_closing_balance_there_is_nothing_to_check(written, booking, read):
    _, troubles = read(written(booking(), closing=Decimal(1)).replace(b"CLBD", b"CLAV"))

    assert troubles == []


def test_a_page_of_a_statement_is_checked_by_its_intermediate_balances(written, booking, read):
    content = written(booking(), closing=Decimal(1))
    balance = re.compile(rb"(<Cd>CLBD</Cd>\s*</CdOrPrtry>)")
    assert balance.search(content)

    _, troubles = read(balance.sub(rb"\1<SubTp><Cd>INTM</Cd></SubTp>", content))

    assert [code for code, _ in troubles] == ["camt.balance"]
